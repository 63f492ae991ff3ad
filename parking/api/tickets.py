"""Tickets for vehicles without a plate: handed out to gateways, and merged with a plate by whoever holds one."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from parking import tickets
from parking.api.dependencies import Dialogue, LiveCounts, Network
from parking.commands import UnknownLane
from parking.device_events import ID_CHARACTERS_MAX
from parking.flow import tickets as flow
from parking.lots import Code
from parking.plates import PlateColor
from parking.scope import lots_named
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import Audience


class TicketWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A ticket for the car at a lane. `event_id`: the gateway's own number, as of an event."""

    event_id: Annotated[str, Meta(min_length=1, max_length=ID_CHARACTERS_MAX)]
    lane: Code


class HandedOut(Struct, frozen=True):
    """A ticket. `ticket` goes with the events of its car, `shown` is printed, and `qr` is what its QR code says."""

    ticket: str
    shown: str
    qr: str
    issued_at: datetime


class TicketClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """The ticket, as printed or as its QR code says, that a lot handed out, and the plate of its car."""

    lot: Code
    ticket: Annotated[str, Meta(min_length=1, max_length=128)]
    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    plate_color: PlateColor | None = None


class TicketMerged(Struct, frozen=True):
    """The plate that a ticket is merged with, and the stay of it, where that changed by it."""

    plate: str
    plate_color: PlateColor
    stay_id: UUID | None


@post(
    "/v1/gateway/tickets",
    operation_id="handOutTicket",
    summary="A ticket for a car without a plate",
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,)},
    status_code=200,
)
async def hand_out_ticket(
    *,
    data: JSONBody[TicketWanted],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> HandedOut:
    """To be printed, or shown on the driver's phone. Asked again with the same `event_id` it is the same ticket."""
    gateway = network.snapshot.gateways[principal.id]
    lane = network.snapshot.lanes.get(data.lane)
    if lane is None or lane.gateway_id != gateway.id:
        raise UnknownLane(f"This gateway has no lane {data.lane!r}.", field="lane")
    ticket = await flow.hand_out(db, gateway, lane, data.event_id, now=now, random_bits=random_bits)
    code = network.snapshot.lots[ticket.lot_id].code
    return HandedOut(ticket.number, ticket.shown, tickets.payload(code, ticket.number), ticket.issued_at)


@post(
    "/v1/tickets/claim",
    operation_id="claimTicket",
    summary="Say which plate a ticket is of",
    tags=["drivers", "operators"],
    opt={"audience": (Audience.DRIVER, Audience.BOOTH, Audience.CLERK, Audience.ADMIN), "guessable": True},
    status_code=200,
)
async def claim_ticket(
    *,
    data: JSONBody[TicketClaim],
    principal: Principal,
    network: Network,
    live_counts: LiveCounts,
    dialogue: Dialogue,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> TicketMerged:
    """The stay of the ticket is that of the plate then, with its fee, rights and account, and its exit may be read by
    either. Staff say so in their lots, a driver with an account of a plate that the account pays for.
    """
    if principal.audience is not Audience.DRIVER:
        lots_named(principal, network.snapshot, data.lot)
    merged = await flow.claim(
        db,
        network.lot(data.lot),
        data.ticket,
        data.plate,
        data.plate_color,
        by=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    live_counts.queue(merged.counts)
    dialogue.ring(merged.told)
    return TicketMerged(merged.plate, merged.plate_color, None if merged.stay is None else merged.stay.id)


ROUTES: list[HTTPRouteHandler] = [hand_out_ticket, claim_ticket]
