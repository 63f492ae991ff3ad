"""Coupons, and where they were presented."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.coupons import Cost, Coupon, Inside, Presenting
from parking.plates import PlateColor
from parking.reads import By

_SQL = sql.load("parking/coupons")


class UseOfFact(Struct, frozen=True):
    """A coupon that goes with a fact, and the discount that it stands for."""

    lot_id: int
    fact_id: UUID
    coupon_id: UUID
    discount: str
    presented_at: datetime


class Use(Struct, frozen=True):
    """A coupon that goes with a fact."""

    lot_id: int
    fact_id: UUID
    coupon_id: UUID


class Counted(Struct, frozen=True):
    """With how many stays a coupon goes as its row says, may go, and does."""

    id: UUID
    used: int
    uses_max: int
    counted: int


async def add_coupons(db: sql.Connection, coupons: Sequence[Coupon]) -> set[UUID]:
    """Coupons that are alike but for their codes; the numbers of those whose code was free."""
    one = coupons[0]
    about = (one.operator_id, one.lot_ids, one.discount, one.uses_max, one.valid_from, one.valid_until)
    rows = await db.fetch(
        _SQL["add_coupons"],
        [each.id for each in coupons],
        [each.code for each in coupons],
        *about,
        one.merchant,
        one.note,
        one.added_by,
        one.added_at,
    )
    return {row["id"] for row in rows}


async def coupon(db: sql.Connection, code: str) -> Coupon | None:
    return await sql.one(db, Coupon, _SQL["coupon"], code)


async def coupons(
    db: sql.Connection, *, operator_id: int | None, holding_at: datetime | None, after: UUID, limit: int
) -> Sequence[Coupon]:
    """A page of coupons: of an operator (None: all), without those that were over at an instant."""
    return await sql.every(db, Coupon, _SQL["coupons"], operator_id, holding_at, after, limit)


async def end_coupon(db: sql.Connection, id_: UUID, *, by: str, now: datetime) -> bool:
    """It is taken no more; False if it was ended before."""
    return await db.fetchval(_SQL["end_coupon"], id_, by, now) is not None


async def lock_coupons(db: sql.Connection, codes: Sequence[str]) -> dict[str, Coupon]:
    """The coupons of codes, by code: nobody else presents them until the transaction ends."""
    return {row.code: row for row in await sql.every(db, Coupon, _SQL["lock_coupons"], codes)}


async def to_give_back(db: sql.Connection, coupon_ids: Sequence[UUID], *, limit: int) -> Sequence[Use]:
    """Uses of coupons of which nothing came."""
    return await sql.every(db, Use, _SQL["to_give_back"], coupon_ids, limit)


async def give_back(db: sql.Connection, uses: Sequence[Use], *, now: datetime) -> Counter[UUID]:
    """These uses of locked coupons are none; of how many of each that is new."""
    rows = await db.fetch(
        _SQL["give_back"],
        [each.lot_id for each in uses],
        [each.fact_id for each in uses],
        [each.coupon_id for each in uses],
        now,
    )
    return Counter(row["coupon_id"] for row in rows)


async def count_uses(db: sql.Connection, more: Mapping[UUID, int]) -> None:
    """Locked coupons go with so many more stays, or less."""
    await db.execute(_SQL["count_uses"], list(more), list(more.values()))


async def after(db: sql.Connection, coupon_id: UUID, *, now: datetime, limit: int) -> Sequence[Counted]:
    """The next coupons that may be presented, by their numbers."""
    return await sql.every(db, Counted, _SQL["after"], coupon_id, now, limit)


async def lock_coupon(db: sql.Connection, coupon_id: UUID) -> None:
    """Nobody else presents it until the transaction ends."""
    await db.execute(_SQL["lock_coupon"], coupon_id)


async def count_anew(db: sql.Connection, coupon_id: UUID) -> None:
    """How many stays a locked coupon goes with."""
    await db.execute(_SQL["count_anew"], coupon_id)


async def uses(
    db: sql.Connection, coupon_ids: Sequence[UUID], facts: Sequence[tuple[int, UUID]]
) -> dict[UUID, set[UUID]]:
    """With which of these facts, each with its lot, coupons go."""
    found: dict[UUID, set[UUID]] = {}
    for row in await db.fetch(_SQL["uses"], *zip(*facts, strict=True), coupon_ids):
        found.setdefault(row["coupon_id"], set()).add(row["fact_id"])
    return found


async def add_uses(db: sql.Connection, taken: Sequence[tuple[Presenting, UUID]]) -> None:
    """Coupons, by their numbers, go with facts."""
    rows = [(each.lot_id, each.fact_id, coupon_id, each.at, each.by) for each, coupon_id in taken]
    await db.execute(_SQL["add_uses"], *zip(*rows, strict=True))


async def uses_of_facts(db: sql.Connection, facts: Mapping[UUID, int]) -> Sequence[UseOfFact]:
    """The coupons that go with facts, each of a lot, in the order in which they were presented."""
    return await sql.every(db, UseOfFact, _SQL["uses_of_facts"], list(facts.values()), list(facts))


async def set_stays(db: sql.Connection, priced: Sequence[tuple[int, UUID, UUID, UUID]]) -> None:
    """Which stay was priced with the use (lot, fact, coupon) of a coupon."""
    await db.execute(_SQL["set_stays"], *zip(*priced, strict=True))


async def stay_of_id(db: sql.Connection, lot_id: int, stay_id: UUID, since: datetime) -> Inside | None:
    """The vehicle of a stay that goes on, or ended since an instant."""
    return await sql.one(db, Inside, _SQL["stay_of_id"], lot_id, stay_id, since)


async def stay_of_vehicle(db: sql.Connection, lot_id: int, plate: str, color: PlateColor) -> Inside | None:
    """The stay of a vehicle that is inside."""
    return await sql.one(db, Inside, _SQL["stay_of_vehicle"], lot_id, plate, color)


async def ask_again(db: sql.Connection, stay: Inside, coupon_id: UUID, *, now: datetime) -> None:
    """A stay that has ended is to be priced again."""
    await db.execute(
        _SQL["ask_again"], stay.lot_id, stay.plate, stay.plate_color, coupon_id, stay.left_at, now, By.COUPON
    )


async def costs(
    db: sql.Connection, *, operator_id: int | None, since: datetime, until: datetime, first: UUID
) -> Sequence[Cost]:
    """What coupons took off, of stays that ended within a time. `first`: the lowest number of such a stay."""
    return await sql.every(db, Cost, _SQL["costs"], operator_id, since, until, first)
