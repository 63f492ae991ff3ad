"""Bookings, and how lots take them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.bookings import Booking, BookingRule
from parking.reads import Vehicle

_SQL = sql.load("parking/bookings")


async def rule(db: sql.Connection, lot_id: int) -> BookingRule | None:
    """How a lot takes bookings, if it does."""
    return await sql.one(db, BookingRule, _SQL["rule"], lot_id)


async def set_rule(db: sql.Connection, lot_id: int, new: BookingRule) -> None:
    await db.execute(_SQL["set_rule"], lot_id, new.spaces, new.early_min, new.late_min)


async def booking(db: sql.Connection, lot_id: int, reference: str) -> Booking | None:
    """The booking that somebody knows by a reference."""
    return await sql.one(db, Booking, _SQL["booking"], lot_id, reference)


async def bookings(
    db: sql.Connection, lot_id: int, *, plate: str | None, holding_at: datetime | None, after: UUID, limit: int
) -> Sequence[Booking]:
    """A page of the bookings of a lot: of a plate, without those that were over at an instant or cancelled."""
    return await sql.every(db, Booking, _SQL["bookings"], lot_id, plate, holding_at, after, limit)


async def bookings_within(db: sql.Connection, lot_id: int, since: datetime, until: datetime) -> Sequence[Booking]:
    """Those that may take a space of a lot within a time."""
    return await sql.every(db, Booking, _SQL["bookings_within"], lot_id, since, until)


async def bookings_of_vehicles(
    db: sql.Connection, vehicles: Sequence[Vehicle], since: datetime, until: datetime
) -> Sequence[Booking]:
    """Those of vehicles that touch a time, but for when they came."""
    return await sql.every(db, Booking, _SQL["bookings_of_vehicles"], *zip(*vehicles, strict=True), since, until)


async def add_booking(db: sql.Connection, new: Booking) -> None:
    when = (new.starts_at, new.ends_at, new.holds_from, new.holds_until)
    about = (new.lot_id, new.id, new.reference, new.plate, new.plate_color)
    await db.execute(_SQL["add_booking"], *about, *when, new.note, new.added_by, new.added_at)


async def change_booking(db: sql.Connection, new: Booking) -> None:
    """Its vehicle, its time and its note are others."""
    when = (new.starts_at, new.ends_at, new.holds_from, new.holds_until)
    about = (new.lot_id, new.id, new.plate, new.plate_color)
    await db.execute(_SQL["change_booking"], *about, *when, new.note, new.changed_by, new.changed_at)


async def end_booking(db: sql.Connection, known: Booking, *, by: str, now: datetime, reason: str) -> None:
    """It is cancelled."""
    await db.execute(_SQL["end_booking"], known.lot_id, known.id, by, now, reason)
