"""Tickets that were handed out, in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sql
from parking import plates
from parking.plates import PlateColor
from parking.tickets import Ticket, TicketKey

_SQL = sql.load("parking/tickets")


async def of_event(db: sql.Connection, lot_id: int, gateway_id: int, event_id: str, *, since: UUID) -> Ticket | None:
    """The ticket that a gateway was given for a number of its own, from an identifier on."""
    return await sql.one(db, Ticket, _SQL["of_event"], lot_id, gateway_id, event_id, since)


async def of_number(db: sql.Connection, lot_id: int, number: str, *, since: UUID) -> Ticket | None:
    """The ticket of a number, from an identifier on."""
    return await sql.one(db, Ticket, _SQL["of_number"], lot_id, number, since)


async def add(db: sql.Connection, ticket: Ticket) -> None:
    """Writes a ticket."""
    who = (ticket.lot_id, ticket.id, ticket.gateway_id, ticket.event_id, ticket.lane_id)
    await db.execute(_SQL["add"], *who, ticket.number, ticket.issued_at)


async def claim(
    db: sql.Connection, lot_id: int, ticket_id: UUID, plate: str, color: PlateColor, *, by: str, now: datetime
) -> Ticket | None:
    """Writes which plate a ticket was merged with; None: it is merged with one already."""
    return await sql.one(db, Ticket, _SQL["claim"], lot_id, ticket_id, plate, color, now, by)


async def release(db: sql.Connection, lot_id: int, ticket_id: UUID) -> None:
    """A ticket is merged with no plate any more."""
    await db.execute(_SQL["release"], lot_id, ticket_id)


async def decided(db: sql.Connection, lot_id: int, ticket_id: UUID) -> list[UUID]:
    """The reads of which decisions say that they were of a plate by this ticket."""
    return [row["fact_id"] for row in await db.fetch(_SQL["decided"], lot_id, ticket_id)]


async def claimed(db: sql.Connection, held: Collection[TicketKey], *, since: UUID) -> dict[TicketKey, Ticket]:
    """Those of these tickets, each by its lot and the text that vehicles are compared by, that have a plate."""
    wanted = {(lot_id, text.removeprefix(plates.TICKET_MARK)): (lot_id, text) for lot_id, text in held}
    rows = await sql.every(db, Ticket, _SQL["claimed"], *zip(*wanted, strict=True), since)
    return {wanted[(row.lot_id, row.number)]: row for row in rows}


async def reads(db: sql.Connection, ticket: Ticket, *, since: UUID) -> list[UUID]:
    """The reads by a ticket from an identifier on, in their order."""
    text = plates.of_ticket(ticket.number)
    return [row["id"] for row in await db.fetch(_SQL["reads"], ticket.lot_id, text, since)]
