"""What vehicles that are inside were quoted."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.plates import PlateColor
from parking.prepayments import Prepayment
from parking.spans import STAY_MAX
from parking.store.inside import Found
from payments import ids

_SQL = sql.load("parking/prepayments")


class Waiting(Prepayment, frozen=True, kw_only=True):
    """A quote that waits to be paid, and whether its stay is open still, or billed since."""

    is_open: bool
    is_billed: bool


async def asked(db: sql.Connection, stay_ids: Collection[UUID]) -> dict[UUID, list[Prepayment]]:
    """The quotes of stays that have some, the first one first."""
    wanted = list(stay_ids)
    found: dict[UUID, list[Prepayment]] = {}
    lots = [ids.shard_of(id_) for id_ in wanted]
    for each in await sql.every(db, Prepayment, _SQL["asked"], lots, wanted):
        found.setdefault(each.stay_id, []).append(each)
    return found


async def add(db: sql.Connection, made: Prepayment) -> None:
    await db.execute(_SQL["add"], made.lot_id, made.stay_id, made.n, made.asked_at, made.pay_by, made.fee_fen)


async def finish(db: sql.Connection, stay_ids: Sequence[UUID], *, now: datetime) -> None:
    """Nobody waits any more for quotes of these stays to be paid."""
    await db.execute(_SQL["finish"], [ids.shard_of(id_) for id_ in stay_ids], stay_ids, now)


async def lots_waiting(db: sql.Connection, *, now: datetime, after: int, limit: int) -> list[int]:
    """Lots with quotes that have lapsed, those after a lot first."""
    return [row["lot_id"] for row in await db.fetch(_SQL["lots_waiting"], now, after, limit)]


async def waiting(db: sql.Connection, lot_id: int, *, now: datetime, limit: int) -> Sequence[Waiting]:
    """Quotes of a lot that have lapsed."""
    return await sql.every(db, Waiting, _SQL["waiting"], lot_id, now, limit)


async def inside(
    db: sql.Connection, lot_id: int, plate: str, color: PlateColor | None, *, now: datetime
) -> Found | None:
    """A vehicle that is inside, by its whole plate."""
    return await sql.one(db, Found, _SQL["inside"], lot_id, plate, color, now - STAY_MAX)
