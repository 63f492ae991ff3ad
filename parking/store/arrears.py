"""Arrears as PostgreSQL has them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.arrears import ARREARS_MAX, Arrear, OwedByVehicle
from parking.plates import PlateColor
from parking.reads import NumberPlate

_SQL = sql.load("parking/arrears")


async def owed_by(db: sql.Connection, plate: str, color: PlateColor, *, since: datetime) -> Sequence[Arrear]:
    """What a vehicle owes of stays that ended since an instant, the oldest first."""
    return await sql.every(db, Arrear, _SQL["owed_by"], plate, color, since, ARREARS_MAX)


async def owed_by_vehicles(
    db: sql.Connection, plates: Collection[NumberPlate], *, since: datetime, beside: Collection[UUID]
) -> dict[NumberPlate, OwedByVehicle]:
    """What vehicles owe in all of stays that ended since an instant, but for the stays `beside`."""
    texts, colors = zip(*plates, strict=True)
    rows = await sql.every(db, OwedByVehicle, _SQL["owed_by_vehicles"], texts, colors, since, list(beside))
    return {(row.plate, row.plate_color): row for row in rows}
