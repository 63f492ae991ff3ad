"""Passes that were sold, and when the vehicles of one were in lots."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.passes import Parked, Pass
from parking.plates import PlateColor
from parking.reads import By, NumberPlate, Vehicle

_SQL = sql.load("parking/passes")


class ParkedRow(Struct, frozen=True):
    """When a vehicle was in a lot, as it is stored."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: PlateColor
    entered_at: datetime
    left_at: datetime | None


async def add_pass(db: sql.Connection, new: Pass) -> None:
    """A pass with its vehicles."""
    where = (new.id, new.group_id, new.operator_id, new.code, new.lot_ids, len(new.plates), new.bays)
    await db.execute(_SQL["add_pass"], *where, new.valid_from, new.valid_through, new.note, new.added_by, new.added_at)
    await db.execute(_SQL["add_vehicles"], new.id, new.plates, new.colors)


async def sold(db: sql.Connection, id_: UUID) -> Pass | None:
    """The pass of a number."""
    return await sql.one(db, Pass, _SQL["sold"], id_)


async def passes(
    db: sql.Connection, *, operator_id: int | None, plate: str | None, holding_on: date | None, after: UUID, limit: int
) -> Sequence[Pass]:
    """A page of passes: of an operator (None: all), of a plate, without those that were over on a day."""
    return await sql.every(db, Pass, _SQL["passes"], operator_id, plate, holding_on, after, limit)


async def passes_of_vehicles(db: sql.Connection, plates: Sequence[NumberPlate], since: date) -> Sequence[Pass]:
    """The passes of vehicles that held on a day or later."""
    return await sql.every(db, Pass, _SQL["passes_of_vehicles"], *zip(*plates, strict=True), since)


async def end_pass(db: sql.Connection, id_: UUID, through: date, *, by: str, now: datetime, reason: str) -> bool:
    """It holds through a day and no longer; False if it was ended before."""
    return await db.fetchval(_SQL["end_pass"], id_, through, by, now, reason) is not None


async def stays_of_vehicles(
    db: sql.Connection, vehicles: Sequence[Vehicle], since: datetime, until: datetime, id_range: tuple[UUID, UUID]
) -> list[Parked]:
    """When vehicles were in lots within a time. `id_range`: of their stays."""
    rows = await sql.every(
        db, ParkedRow, _SQL["stays_of_vehicles"], *zip(*vehicles, strict=True), since, until, *id_range
    )
    return [Parked(*[getattr(row, name) for name in ParkedRow.__struct_fields__]) for row in rows]


async def ask_sharing(
    db: sql.Connection,
    changed: Sequence[tuple[int, str, PlateColor, datetime, UUID]],
    id_range: tuple[UUID, UUID],
    *,
    now: datetime,
) -> None:
    """The closed stays of those who share bays with vehicles whose stays have changed (lot, plate, colour, since when,
    which stay) are to be priced again. `id_range`: of the stays that are looked for.
    """
    await db.execute(_SQL["ask_sharing"], *zip(*changed, strict=True), now, *id_range, By.SHARED_BAYS)
