"""Arrears as PostgreSQL has them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.arrears import ARREARS_MAX, Arrear, OwedByVehicle
from parking.plates import PlateColor
from parking.reads import NumberPlate
from parking.stays import DOUBTED_FOR

_SQL = sql.load("parking/arrears")


class LeftUnpaid(Struct, frozen=True):
    """A stay whose vehicle left without paying, and the read at the exit."""

    lot_id: int
    stay_id: UUID
    event_id: UUID


async def owed_by(db: sql.Connection, plate: str, color: PlateColor, *, since: datetime) -> Sequence[Arrear]:
    """What a vehicle owes of stays that ended since an instant and wait for no person, the oldest first."""
    return await sql.every(db, Arrear, _SQL["owed_by"], plate, color, since, ARREARS_MAX, DOUBTED_FOR)


async def owed_by_vehicles(
    db: sql.Connection, plates: Collection[NumberPlate], *, since: datetime, beside: Collection[UUID]
) -> dict[NumberPlate, OwedByVehicle]:
    """What vehicles owe in all of stays that ended since an instant, but for the stays `beside`."""
    texts, colors = zip(*plates, strict=True)
    rows = await sql.every(db, OwedByVehicle, _SQL["owed_by_vehicles"], texts, colors, since, list(beside), DOUBTED_FOR)
    return {(row.plate, row.plate_color): row for row in rows}


async def left_unpaid(
    db: sql.Connection,
    *,
    since: UUID,
    left_since: datetime,
    left_before: datetime,
    last_read_before: datetime,
    limit: int,
) -> Sequence[LeftUnpaid]:
    """Stays whose vehicles have left a lot with a barrier and owe what these cost, of charges from a number on."""
    times = left_before, last_read_before
    return await sql.every(db, LeftUnpaid, _SQL["left_unpaid"], since, *times, limit, DOUBTED_FOR, left_since)


async def left_unpaid_no_more(db: sql.Connection, *, since: UUID, limit: int) -> list[UUID]:
    """Cases of such that nobody has to look at any more."""
    return [row["id"] for row in await db.fetch(_SQL["left_unpaid_no_more"], since, limit, DOUBTED_FOR)]
