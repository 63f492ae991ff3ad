"""Handing out tickets, and merging one with the plate of its vehicle: its stay, fee and account follow."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

import sql
from parking import decisions, plates, tickets
from parking.decisions import Decision, DecisionUnfit, Standing
from parking.device_facts import Told
from parking.facts import Fact
from parking.flow import decisions as decisions_flow
from parking.flow.derivation import RandomBits
from parking.flow.verdicts import Change, read_of_fact
from parking.gateways import Gateway
from parking.lanes import Lane
from parking.lots import Lot
from parking.network import Network
from parking.occupancy import Count
from parking.plates import PlateColor
from parking.reads import read_of
from parking.stays import Stay
from parking.store import decisions as decision_store
from parking.store import events as event_store
from parking.store import plates as plate_store
from parking.store import tickets as store
from parking.tickets import PlateNotYours, Ticket, UnknownTicket
from payments import ids
from payments.identity import Audience, Principal
from payments.store import audit as audit_store

_NOTE = "the holder of the ticket says which plate it is of"


class Merged(Struct, frozen=True):
    """The plate that a ticket is merged with, the stay that it is part of, what counts moved and which gateways were
    told of it.
    """

    plate: str
    plate_color: PlateColor
    stay: Stay | None = None
    counts: Sequence[Count] = ()
    told: Collection[int] = ()


async def hand_out(
    db: sql.Connection, gateway: Gateway, lane: Lane, event_id: str, *, now: datetime, random_bits: RandomBits
) -> Ticket:
    """A ticket for the vehicle at a lane of a gateway; asked again under the same number of the gateway's, it is the
    same. `db` is in a transaction.
    """
    await event_store.lock_lots(db, [lane.lot_id])
    known = await store.of_event(db, lane.lot_id, gateway.id, event_id, since=tickets.since(now))
    if known is not None:
        return known
    id_ = ids.new(now, lane.lot_id, random_bits())
    number = tickets.number_of(random_bits())
    ticket = Ticket(lane.lot_id, id_, gateway.id, event_id, lane.id, number, now)
    await store.add(db, ticket)
    return ticket


async def claim(
    db: sql.Connection,
    lot: Lot,
    number: str,
    plate: str,
    color: PlateColor | None,
    *,
    by: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Merged:
    """Merges a ticket of a lot with a plate: what was read of it is that vehicle's, and what will be.
    The same again is the same. `db` is in a transaction, and staff may act for the lot.

    Raises:
        UnknownTicket: the lot has handed out none of this number.
        TicketClaimed: it was merged with another plate.
        PlateNotYours: the driver's account does not pay for the plate.
        DecisionUnfit: the text names no vehicle.
    """
    text, settled = plates.identity(plate, color or PlateColor.UNKNOWN)
    if not plates.is_plate(text):
        raise DecisionUnfit("This text has the form of no plate.", field="plate")
    if by.audience is Audience.DRIVER:
        holder = await plate_store.plate_holder(db, text, settled)
        if holder is None or holder.account_id != by.id:
            raise PlateNotYours("Your account does not pay for this plate.", field="plate")
    telling = await event_store.lock_lots(db, [lot.id])
    since = tickets.since(now)
    known = await store.of_number(db, lot.id, tickets.number_said(number), since=since)
    if known is None:
        raise UnknownTicket("There is no such ticket.", field="ticket")
    ticket = await store.claim(db, lot.id, known.id, text, settled, by=by.subject, now=now)
    if ticket is None:
        tickets.same_claim(known, text, settled)
        return Merged(text, settled)
    reads = await store.reads(db, ticket, since=since)
    found = [_change(*await read_of_fact(db, read_id), ticket, now) for read_id in reads]
    # The stay is that of the last read that counts.
    of_it = (each for each in found if tickets.goes_by(ticket, each.was.read))
    changes = sorted(of_it, key=lambda each: each.now.counts)
    merged = Merged(text, settled)
    if changes:
        decided = await decisions_flow.follow(
            db, changes, telling=telling, network=network, now=now, random_bits=random_bits
        )
        merged = Merged(text, settled, decided.stay, decided.counts, decided.told)
    await audit_store.record(
        db,
        lot.operator_id,
        actor=by.subject,
        action="ticket.claim",
        subject=f"ticket:{ticket.id}",
        detail={"stay_id": None if merged.stay is None else merged.stay.id},
        now=now,
        random_bits=random_bits(),
    )
    return merged


def _change(recorded: Standing, earlier: Sequence[Decision], ticket: Ticket, now: datetime) -> Change:
    """That a read was of the plate of its ticket, since who holds that says so."""
    assert ticket.claimed_by is not None
    rulings = [each.ruling for each in earlier]
    ruling = tickets.ruling(ticket)
    stands = decisions.standing(recorded, [*rulings, ruling])
    made = decisions.made(
        stands,
        ruling,
        n=len(rulings) + 1,
        case_id=None,
        note=_NOTE,
        by=ticket.claimed_by,
        now=now,
        request_key=None,
    )
    return Change(made, decisions.standing(recorded, rulings), stands)


# -- in a batch of events


async def with_plates(db: sql.Connection, told: Sequence[Told], now: datetime) -> tickets.Merged:
    """A batch, in which reads by a ticket that was merged are of its plate. Without tickets nothing is read."""
    held = tickets.held(told)
    claimed = await store.claimed(db, held, since=tickets.since(now)) if held else {}
    return tickets.merged(told, claimed) if claimed else tickets.Merged(told, {})


async def keep(db: sql.Connection, merged: tickets.Merged, new: Sequence[Fact], now: datetime) -> None:
    """Writes of new reads by a ticket that was merged that they are of its plate, so that it can be undone."""
    for fact in new:
        if fact.id in merged.as_read:
            as_read, ticket = merged.as_read[fact.id]
            recorded = Standing(read_of(as_read), counts=fact.applies)
            await decision_store.add_decision(db, _change(recorded, (), ticket, now).decision)
