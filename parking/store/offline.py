"""What a gateway decides by while it is cut off."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

import sql
from parking.gateways import Gateway
from parking.lots import Lot
from parking.offline import REGULAR_WITHIN, VEHICLES_OF_SECTION_MAX
from parking.plates import PlateColor
from parking.reads import NumberPlate
from payments import ids

_SQL = sql.load("parking/offline")


class PlateRow(Struct, frozen=True):
    """A vehicle by its plate."""

    plate: str
    plate_color: PlateColor


class PackRow(Struct, frozen=True):
    """The last pack of a gateway; `entries` is JSON text."""

    version: int
    key_id: str
    entries: str


async def linked_regulars(db: sql.Connection, lot: Lot, now: datetime) -> list[NumberPlate]:
    """Who was in a lot of late and for whom an account pays."""
    since = ids.floor(now - REGULAR_WITHIN)
    rows = await sql.every(db, PlateRow, _SQL["linked_regulars"], lot.id, since, now, VEHICLES_OF_SECTION_MAX)
    return _plates(rows)


async def exempt_at(db: sql.Connection, lot: Lot, now: datetime) -> list[NumberPlate]:
    """Who is registered as known for something in a lot."""
    rows = await sql.every(db, PlateRow, _SQL["exempt_at"], lot.id, lot.operator_id, now, VEHICLES_OF_SECTION_MAX)
    return _plates(rows)


async def holding_passes_at(db: sql.Connection, lot: Lot, day: date) -> list[NumberPlate]:
    """Who holds a pass in a lot around a day."""
    return _plates(await sql.every(db, PlateRow, _SQL["holding_passes_at"], lot.id, day, VEHICLES_OF_SECTION_MAX))


def _plates(rows: Sequence[PlateRow]) -> list[NumberPlate]:
    return [(row.plate, row.plate_color) for row in rows]


async def pack(db: sql.Connection, gateway: Gateway) -> PackRow | None:
    """The last pack that a gateway was given."""
    return await sql.one(db, PackRow, _SQL["pack"], gateway.lot_id, gateway.id)


async def keep_pack(
    db: sql.Connection, gateway: Gateway, version: int, key_id: str, entries: bytes, now: datetime
) -> None:
    """Keeps a pack in the place of the last."""
    await db.execute(_SQL["keep_pack"], gateway.lot_id, gateway.id, version, key_id, now, entries.decode())
