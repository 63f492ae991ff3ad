"""Tickets that the service hands out to vehicles without a plate, and the plates that they are merged with.

Their numbers are random: whoever holds one came with that vehicle.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from parking import plates
from parking.decisions import Decision, Kind, Ruling
from parking.device_facts import Told
from parking.facts import Fact
from parking.plates import PlateColor, PlateForm
from parking.reads import Read
from payments import ids
from payments.errors import OneLotError

# None that is taken for another on paper or by ear: 32 of them, five bits each.
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
NUMBER_CHARACTERS = 12
# After so long a number is nobody's any more.
HOLDS = timedelta(days=40)
# A lot, and a number as vehicles are compared by it.
TicketKey: TypeAlias = tuple[int, str]


class UnknownTicket(OneLotError):
    """The lot has handed out no ticket of this number, or too long ago."""


class TicketClaimed(OneLotError):
    """It was merged with another plate."""


class PlateNotYours(OneLotError):
    """The account does not pay for this plate."""


class Ticket(Struct, frozen=True):
    """A ticket as it stands. `number`: as it is printed, without hyphens. `plate`: that it was merged with, by whom."""

    lot_id: int
    id: UUID
    gateway_id: int
    event_id: str
    lane_id: int
    number: str
    issued_at: datetime
    plate: str | None = None
    plate_color: PlateColor | None = None
    claimed_by: str | None = None

    @property
    def shown(self) -> str:
        """The number as people read it."""
        return "-".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))


def since(now: datetime) -> UUID:
    """The lowest identifier of the tickets that hold, and of the reads by them."""
    return ids.floor(now - HOLDS)


def number_of(random_bits: int) -> str:
    """The number of a ticket, of 60 random bits."""
    return "".join(LETTERS[(random_bits >> 5 * at) & 31] for at in range(NUMBER_CHARACTERS))


def payload(lot_code: str, number: str) -> str:
    """What a QR code of a ticket says: no address, so that nobody is led anywhere by it."""
    return f"onelot:ticket/{lot_code}/{number}"


def number_said(text: str) -> str:
    """The number that somebody reads off a ticket or its QR code."""
    read = text.rsplit("/", 1)[-1].removeprefix(plates.TICKET_MARK)
    return plates.of_ticket(read).removeprefix(plates.TICKET_MARK)


def same_claim(known: Ticket, plate: str, color: PlateColor) -> None:
    """Recognises a repeat.

    Raises:
        TicketClaimed: it was merged with another plate.
    """
    if (known.plate, known.plate_color) != (plate, color):
        raise TicketClaimed("This ticket was merged with another plate.")


def held(told: Sequence[Told]) -> set[TicketKey]:
    """The tickets by which reads of a batch were sent."""
    return {(each.lot_id, each.plate) for each in told if isinstance(each, Fact) and _is_ticket(each)}


def _is_ticket(fact: Fact) -> bool:
    return fact.event.ticket is not None and plates.form(fact.plate) is PlateForm.TICKET


class Merged(Struct, frozen=True):
    """The events of a batch, and those of them that are of a plate by a ticket that was merged: as they were read."""

    told: Sequence[Told]
    as_read: Mapping[UUID, tuple[Fact, Ticket]]

    def recorded(self, fact: Fact) -> Fact:
        """A fact of the batch as it is recorded: by its ticket, of which a decision says whose it is."""
        known = self.as_read.get(fact.id)
        return fact if known is None else structs.replace(fact, plate=known[0].plate, plate_color=known[0].plate_color)


def merged(told: Sequence[Told], claimed: Mapping[TicketKey, Ticket]) -> Merged:
    """The events of a batch, those with a ticket that was merged as of its plate."""
    as_read = {
        each.id: (each, ticket)
        for each in told
        if isinstance(each, Fact) and (ticket := claimed.get((each.lot_id, each.plate))) is not None
    }
    return Merged([_of_plate(*as_read[each.id]) if each.id in as_read else each for each in told], as_read)


def _of_plate(fact: Fact, ticket: Ticket) -> Fact:
    assert ticket.plate is not None
    assert ticket.plate_color is not None
    return structs.replace(fact, plate=ticket.plate, plate_color=ticket.plate_color)


def ruling(ticket: Ticket) -> Ruling:
    """That a read was of the plate that its ticket was merged with."""
    return Ruling(Kind.TICKET, ticket.plate, ticket.plate_color, about_id=ticket.id)


def goes_by(ticket: Ticket, read: Read) -> bool:
    """Whether a read as it stands is of nobody but the ticket: no person named another plate."""
    return read.plate == plates.of_ticket(ticket.number)


def first_of(rulings: Sequence[Decision]) -> Decision:
    """Of the decisions by which reads are of the plate of a ticket, at least one, the first that said of which."""
    last = max(rulings, key=lambda each: each.decided_at)
    return min((each for each in rulings if each.plate == last.plate), key=lambda each: each.decided_at)
