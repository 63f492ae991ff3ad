"""What a gateway decides by while it is cut off."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from msgspec import Struct

import sql
from parking.entitlements import ExemptVehicle
from parking.lots import Lot
from parking.offline import REGULAR_WITHIN, VEHICLES_OF_SECTION_MAX
from parking.passes import Pass
from parking.plates import PlateColor
from parking.reads import NumberPlate
from parking.stays import Stay
from parking.store import events as event_store
from parking.store.events import LotWindow
from payments import ids

_SQL = sql.load("parking/offline")
T = TypeVar("T")


class PlateRow(Struct, frozen=True):
    """A vehicle by its plate."""

    plate: str
    plate_color: PlateColor


class TicketRow(PlateRow, frozen=True):
    """A vehicle and the number of the ticket that was merged with its plate."""

    number: str


class PackRow(Struct, frozen=True):
    """The last pack of a gateway; `entries` is JSON text."""

    version: int
    key_id: str
    entries: str


class Fetched(Struct, Generic[T], frozen=True):
    """What fits into a section, and whether there is more."""

    rows: Sequence[T]
    is_cut: bool


async def at_exits(db: sql.Connection, lot: Lot, *, since: datetime, came_since: datetime) -> Fetched[UUID]:
    """Of the vehicles that came since an instant the stays that ended at an exit of a lot of late, and those that were
    not seen to pass it, where passages are told; whoever was read last first.
    """
    rows = await db.fetch(_SQL["at_exits"], lot.id, since, came_since, VEHICLES_OF_SECTION_MAX + 1)
    return fitting([row["id"] for row in rows])


async def inside(db: sql.Connection, window: LotWindow) -> list[Stay]:
    """The vehicles inside a lot that came within a window, one more than fit: who counts there first, and of these who
    came last.
    """
    return await event_store.latest_inside(db, window, limit=VEHICLES_OF_SECTION_MAX + 1)


async def kept_out(db: sql.Connection, lot: Lot, *, since: datetime) -> list[UUID]:
    """The stays of those that were held at a way in of a lot for a ban since an instant, one more than fit; whoever was
    last first.
    """
    rows = await db.fetch(_SQL["kept_out"], lot.id, since, VEHICLES_OF_SECTION_MAX + 1)
    return [row["id"] for row in rows]


async def tickets(
    db: sql.Connection, lot: Lot, vehicles: Sequence[NumberPlate], *, since: UUID
) -> dict[NumberPlate, str]:
    """The last ticket that was merged with the plate of each of these vehicles for which there is one."""
    rows = await sql.every(db, TicketRow, _SQL["tickets"], lot.id, *zip(*vehicles, strict=True), since)
    return {(row.plate, row.plate_color): row.number for row in rows}


async def linked_regulars(db: sql.Connection, lot: Lot, now: datetime) -> Fetched[NumberPlate]:
    """Who was in a lot of late and for whom an account pays, whoever came last first."""
    since = ids.floor(now - REGULAR_WITHIN)
    rows = await sql.every(db, PlateRow, _SQL["linked_regulars"], lot.id, since, now, VEHICLES_OF_SECTION_MAX + 1)
    return fitting([(row.plate, row.plate_color) for row in rows])


async def exempt_within(db: sql.Connection, lot: Lot, since: datetime, until: datetime) -> Fetched[ExemptVehicle]:
    """What vehicles are known for in a lot at any moment of a time, what was said of this lot first."""
    reach = (lot.id, lot.operator_id, since, until)
    return fitting(await sql.every(db, ExemptVehicle, _SQL["exempt_within"], *reach, VEHICLES_OF_SECTION_MAX + 1))


async def passes_within(db: sql.Connection, lot: Lot, since: date, until: date) -> Fetched[Pass]:
    """The passes that hold in a lot on any of some days, those of the fewest lots first."""
    return fitting(await sql.every(db, Pass, _SQL["passes_within"], lot.id, since, until, VEHICLES_OF_SECTION_MAX + 1))


def fitting(rows: Sequence[T]) -> Fetched[T]:
    """Of rows, the first first, those that fit."""
    return Fetched(rows[:VEHICLES_OF_SECTION_MAX], len(rows) > VEHICLES_OF_SECTION_MAX)


async def pack(db: sql.Connection, lot_id: int, gateway_id: int) -> PackRow | None:
    """The last pack of a lot that a gateway was given."""
    return await sql.one(db, PackRow, _SQL["pack"], lot_id, gateway_id)


async def keep_pack(
    db: sql.Connection, lot_id: int, gateway_id: int, version: int, key_id: str, entries: bytes, now: datetime
) -> None:
    """Keeps a pack in the place of the last."""
    await db.execute(_SQL["keep_pack"], lot_id, gateway_id, version, key_id, now, entries.decode())
