"""What is held of the vehicles that an account pays for, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Raw, structs

import sql
from parking.exports import (
    BanHeld,
    BookingOfDriver,
    ChargingOfDriver,
    Exemption,
    ExemptionOfDriver,
    PaidLink,
    PassOfDriver,
    TicketOfDriver,
)
from parking.plates import PlateColor

_SQL = sql.load("parking/exports")
# Plates, colours, since when and until when the account paid for each.
Links: TypeAlias = tuple[list[str], list[PlateColor], list[datetime], list[datetime | None]]


class ExemptionRow(Exemption, frozen=True, kw_only=True):
    """As it is read: `facts` is JSON text."""

    facts: str


async def paid_links(db: sql.Connection, account_id: int) -> Sequence[PaidLink]:
    """The times in which an account paid for plates and nobody contests that, the oldest first."""
    return await sql.every(db, PaidLink, _SQL["paid_links"], account_id)


def columns(links: Sequence[PaidLink]) -> Links:
    """Links side by side, as queries ask for them."""
    return (
        [each.plate for each in links],
        [each.plate_color for each in links],
        [each.since for each in links],
        [each.until for each in links],
    )


async def exempt(db: sql.Connection, links: Links, *, limit: int) -> Sequence[ExemptionOfDriver]:
    """What the vehicles were known for while the account paid for them."""
    rows = await sql.every(db, ExemptionRow, _SQL["exempt"], *links, limit)
    return [ExemptionOfDriver(**{**structs.asdict(row), "facts": Raw(row.facts.encode())}) for row in rows]


async def bans(db: sql.Connection, links: Links, account_id: int, *, limit: int) -> Sequence[BanHeld]:
    """Bans of the vehicles that held then."""
    return await sql.every(db, BanHeld, _SQL["bans"], *links, limit, account_id)


async def passes(db: sql.Connection, links: Links, *, limit: int) -> Sequence[PassOfDriver]:
    """Passes that the vehicles were on then."""
    return await sql.every(db, PassOfDriver, _SQL["passes"], *links, limit)


async def bookings(db: sql.Connection, links: Links, *, limit: int) -> Sequence[BookingOfDriver]:
    """Spaces that were kept for the vehicles then."""
    return await sql.every(db, BookingOfDriver, _SQL["bookings"], *links, limit)


async def tickets(db: sql.Connection, links: Links, *, limit: int) -> Sequence[TicketOfDriver]:
    """Tickets that were merged with the plates of the vehicles then."""
    return await sql.every(db, TicketOfDriver, _SQL["tickets"], *links, limit)


async def charging(db: sql.Connection, links: Links, *, limit: int) -> Sequence[ChargingOfDriver]:
    """When the vehicles were charged then."""
    return await sql.every(db, ChargingOfDriver, _SQL["charging"], *links, limit)
