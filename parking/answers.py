"""What a gateway is answered: for an event that is new, for the same event again, and the text of the lane's screen."""

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from parking import barrier
from parking.barrier import Command, Decision, Payment
from parking.bookings import BookingSeen
from parking.cases import UNREAD, Reason
from parking.coupons import Presented
from parking.doubts import Doubt
from parking.facts import Fact
from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass
from parking.texts import amounts
from payments.charges import ChargeState

# A lot, one of its gateways, and the gateway's own number of the event.
EventKey: TypeAlias = tuple[int, int, str]
# What the lots of the city charge in.
CURRENCY = "CNY"
_NOTHING: Mapping[UUID, "StayNow"] = MappingProxyType({})


class Status(StrEnum):
    """What became of an event."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    REVIEW = "review"
    REJECTED = "rejected"


class Display(Struct, frozen=True):
    """The short text for the lane's screen."""

    zh: str
    en: str


class Owing(Struct, frozen=True):
    """What a vehicle owes of earlier stays that no account pays for, and since which day, by the lot's clock."""

    owed_fen: int
    since: date


class Answer(Struct, frozen=True, omit_defaults=True):
    """The answer to one event that was taken.

    `charge_reference` is what the driver pays by at the gate, or contests a charge to an account that is not theirs;
    `reason` says why an event is in review; `doubts` are for whoever runs the gateway: what was not sent in its form.
    `coupons`: what became of those that came with it. `arrears`: where the lot says what a car owes from before.
    `booking`: by which the vehicle comes in.
    """

    event_id: str | None
    status: Status
    gate: Command
    stay_id: UUID | None = None
    fee_fen: int | None = None
    payment: Payment | None = None
    charge_reference: UUID | None = None
    display: Display | None = None
    reason: str | None = None
    doubts: tuple[Doubt, ...] = ()
    coupons: tuple[Presented, ...] = ()
    arrears: Owing | None = None
    booking: BookingSeen | None = None


class Instruction(Struct, frozen=True, omit_defaults=True):
    """What a lane does whose event was not taken. No display: the barrier is left alone."""

    event_id: str | None
    gate: Command
    display: Display | None = None


class EventRecord(Struct, frozen=True):
    """What is kept of an event to recognise it when it comes again, and to answer it as the first time.

    `first_id`: it is one more read of that event. `plate` and what follows: as it was read and is compared.
    """

    lot_id: int
    gateway_id: int
    event_id: str
    id: UUID
    lane_id: int
    occurred_at: datetime
    received_at: datetime
    content_hash: bytes
    gate: Command
    stay_id: UUID | None
    fee_fen: int | None
    payment: Payment | None
    reason: Reason | None
    effective_at: datetime
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    confidence: float
    charge_reference: UUID | None = None
    first_id: UUID | None = None

    @property
    def key(self) -> EventKey:
        """What tells events apart."""
        return self.lot_id, self.gateway_id, self.event_id


class StayNow(Struct, frozen=True):
    """A stay and what its barrier may do now. `paid_until`: its vehicle is inside, paid there, and leaves until then
    without paying.
    """

    stay_id: UUID
    state: str
    entered_at: datetime | None
    left_at: datetime | None
    gate: Command
    fee_fen: int | None
    payment: Payment | None
    charge_reference: UUID | None
    charge_state: ChargeState | None
    paid_until: datetime | None = None


def instruct(event_id: str | None, direction: Direction | None, gate: Command) -> Instruction:
    """The instruction that goes with a command."""
    if gate is Command.NONE:
        return Instruction(event_id, gate)
    return Instruction(event_id, gate, display(direction or Direction.EXIT, gate, None, None))


def key_of(fact: Fact) -> EventKey:
    """The key under which an event is recorded."""
    return fact.lot_id, fact.gateway_id, fact.event.event_id


def answers(
    facts: Sequence[Fact],
    first: Mapping[UUID, UUID],
    records: Mapping[UUID, EventRecord],
    now: Mapping[UUID, StayNow] = _NOTHING,
    presented: Mapping[UUID, tuple[Presented, ...]] | None = None,
    booked: Mapping[UUID, BookingSeen] = MappingProxyType({}),
    let_in: Container[UUID] = (),
) -> list[Answer]:
    """The answers in the order of the facts. `first`: see `repeats.Sorted`; `records` by their identifiers. `now`: how
    the stays of repeated events that wait stand, by the numbers that were answered. `presented`: what became of
    coupons, by event; `booked`: by which bookings vehicles come in. `let_in`: events of entries that people said to be
    of vehicles.
    """
    found = [
        _answer(fact, record) if record.id == fact.id else _repeated(fact, _as_it_is(fact, record, now), let_in)
        for fact, record in ((fact, records[first[fact.id]]) for fact in facts)
    ]
    if presented:
        with_coupons = zip(facts, found, strict=True)
        found = [structs.replace(answer, coupons=presented.get(fact.id, ())) for fact, answer in with_coupons]
    if booked:
        found = [_booked(answer, booked.get(fact.id)) for fact, answer in zip(facts, found, strict=True)]
    return found


def _booked(answer: Answer, booking: BookingSeen | None) -> Answer:
    if booking is None:
        return answer
    shown = answer.display if answer.gate is Command.HOLD else Display("预约车辆 欢迎光临", "Booked, welcome")
    return structs.replace(answer, booking=booking, display=shown)


def waits(fact: Fact, record: EventRecord) -> bool:
    """Whether an exit that is told again may find that its car has paid since, or was found to belong to an entry."""
    is_exit = fact.direction is Direction.EXIT and record.stay_id is not None
    return is_exit and not fact.event.replay and record.gate is not Command.OPEN


def may_be_named(fact: Fact, record: EventRecord) -> bool:
    """Whether a person may have said meanwhile which car it is that was held and is told of again."""
    if fact.event.replay:
        return False
    if fact.direction is Direction.ENTRY:
        return barrier.is_held_at_entry(_doubted_for(fact, record))
    return record.stay_id is None and record.gate is not Command.OPEN


def _doubted_for(fact: Fact, record: EventRecord) -> Reason | None:
    """Why an entry that is told again is in doubt now: who was kept out may be let in by now, or the other way round.
    One that does not count is not let in, as nobody would know of it at the exit; whose plate is not read this time is
    who it was.
    """
    is_as_before = record.reason in (*UNREAD, Reason.CLOSED) or fact.doubt in UNREAD
    return record.reason if is_as_before else fact.doubt


def _as_it_is(fact: Fact, record: EventRecord, now: Mapping[UUID, StayNow]) -> EventRecord:
    """What is answered for an exit that waits: the same as to whoever asks for its stay."""
    stay = now.get(record.stay_id) if record.stay_id is not None and waits(fact, record) else None
    # One that is no exit any more, since somebody decided so, waits as it did.
    if stay is None or stay.gate is Command.NONE:
        return record
    return structs.replace(
        record,
        gate=stay.gate,
        stay_id=stay.stay_id,
        fee_fen=stay.fee_fen,
        payment=stay.payment,
        charge_reference=stay.charge_reference,
    )


def _answer(fact: Fact, record: EventRecord) -> Answer:
    return Answer(
        event_id=record.event_id,
        status=Status.REVIEW if record.reason else Status.RECORDED,
        gate=record.gate,
        stay_id=record.stay_id,
        fee_fen=record.fee_fen,
        payment=record.payment,
        charge_reference=record.charge_reference,
        display=display(fact.direction, record.gate, record.fee_fen, record.payment),
        reason=record.reason,
        doubts=fact.doubts,
    )


def _repeated(fact: Fact, record: EventRecord, let_in: Container[UUID]) -> Answer:
    gate = repeat_command(fact, record, let_in=record.id in let_in)
    answer = _answer(fact, structs.replace(record, gate=gate))
    return structs.replace(answer, status=Status.DUPLICATE)


def repeat_command(fact: Fact, record: EventRecord, *, let_in: bool = False) -> Command:
    """What the barrier does for an event that was recorded before."""
    first = Decision(record.gate, record.fee_fen, record.payment)
    reason = _doubted_for(fact, record)
    return barrier.decide_repeat(first, fact.direction, reason, replay=fact.event.replay, let_in=let_in)


def as_read(fact: Fact) -> dict[str, Any]:
    """What the record of a fact says of what was read."""
    return {
        "effective_at": fact.effective_at,
        "plate": fact.plate,
        "plate_color": fact.plate_color,
        "vehicle_class": fact.event.vehicle_class,
        "confidence": fact.event.confidence,
    }


def record_of_read(fact: Fact, record: EventRecord) -> EventRecord:
    """What is kept of one more read of a recorded event."""
    return EventRecord(
        *key_of(fact),
        id=fact.id,
        lane_id=fact.lane_id,
        occurred_at=fact.occurred_at,
        received_at=fact.received_at,
        content_hash=fact.content_hash,
        gate=repeat_command(fact, record),
        stay_id=None,
        fee_fen=None,
        payment=None,
        reason=None,
        **as_read(fact),
        first_id=record.id,
    )


def display(direction: Direction, gate: Command, fee_fen: int | None, payment: Payment | None) -> Display:
    """The lane's text: short enough for two lines of an LED screen, and without the plate."""
    if direction is Direction.ENTRY:
        return (
            Display("欢迎光临", "Welcome")
            if gate is not Command.HOLD
            else Display("请联系值守", "Please call for help")
        )
    if fee_fen is None:
        return Display("请联系值守", "Please call for help") if gate is Command.HOLD else Display("一路平安", "Goodbye")
    if fee_fen == 0 or payment is Payment.NOT_NEEDED:
        return Display("免费 一路平安", "Free, goodbye")
    zh, en = amounts.narrow(fee_fen, CURRENCY)
    if payment is Payment.WILL_BE_CHARGED:
        return Display(f"{zh} 自动扣费", f"{en} charged to your account")
    if gate is Command.OPEN:
        return Display(f"{zh} 已支付", f"{en} paid, goodbye")
    return Display(f"请付{zh}", f"Please pay {en}")


# For what is refused before anybody has looked into it: a car may wait.
HELD = instruct(None, None, Command.HOLD)
