"""A fact: an event that was taken, with its lane, when the rules say it happened, and what is odd about it."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from parking import plates
from parking.cases import Reason
from parking.doubts import Doubt, doubt
from parking.events import NO_TIME, EventRejected, GateEvent, Refusal, content_hash
from parking.lots import CAPACITY_MAX, Direction, Gateway, Lane
from parking.plates import PlateColor, PlateForm

# A live event stands for a car at the gate now: what its device's clock may be off, either way.
CLOCK_OFF_MAX = timedelta(minutes=2)
# Repeats are recognised for 40 days and replays taken for 35: a gateway may hand in a month that it was cut off.
REPLAY_AGE_MAX = timedelta(days=35)
REPEATS_KEPT = timedelta(days=40)
# Whose device says that it is older has its turn with what is handed in late: it may be no car that waits.
AT_GATE_MAX = timedelta(minutes=10)
CONFIDENCE_MIN = 0.6
# A year beyond them is no time that a clock could show, and has no instant in every zone.
_YEAR_MIN, _YEAR_MAX = 1900, 2200


class Fact(Struct, frozen=True):
    """A vehicle at a lane. Times are UTC.

    `occurred_at` is what the device says, `effective_at` what the rules go by. `plate` and `plate_color` are made
    comparable; what was read stands in `event`. `doubt`: why a person should look. A fact that does not `apply` is
    recorded and changes no stay. `doubts`: what of the event was not sent in its form. `of_device`: what is odd about
    the device and not about this car; a person is told of it once a day (`once_a_day`).
    """

    id: UUID
    lot_id: int
    gateway_id: int
    lane_id: int
    direction: Direction
    event: GateEvent
    plate: str
    plate_color: PlateColor
    occurred_at: datetime
    received_at: datetime
    effective_at: datetime
    content_hash: bytes
    doubt: Reason | None
    applies: bool
    doubts: tuple[Doubt, ...] = ()
    of_device: tuple[Reason, ...] = ()


def accept(
    event: GateEvent,
    *,
    lane: Lane | None,
    gateway: Gateway,
    received_at: datetime,
    id: UUID,  # noqa: A002
    doubts: tuple[Doubt, ...] = (),
    no_plate_texts: Collection[str] = (),
    capacity: int = CAPACITY_MAX,
) -> Fact:
    """An event as a fact of a known lane, its time settled and its oddities named.

    doubts: of what was read. no_plate_texts: what cameras of this operator say when they read no plate, beside what
    `plates` knows, made comparable. capacity: the lot's spaces.

    A live event stands for a car at the gate now: if the device's clock is off, the time of receipt is the right one.
    A replayed event with an impossible time says nothing about when, so it is kept and not applied.

    Raises:
        EventRejected: the lane is unknown or another gateway's.
    """
    lane = _own(lane, event, gateway)
    if any(each.field == "kind" and each.read is None for each in doubts):
        event = structs.replace(event, kind=lane.direction)
    if event.remaining_spaces is not None and event.remaining_spaces > capacity:
        doubts += (doubt("remaining_spaces", f"{event.remaining_spaces} of {capacity}"),)
    has_time = _YEAR_MIN <= event.occurred_at.year <= _YEAR_MAX
    occurred_at = event.occurred_at.astimezone(UTC) if has_time else NO_TIME
    clock = _clock_doubt(occurred_at, received_at, replay=event.replay)
    plate = plates.normalise(event.plate)
    if plate in no_plate_texts:
        plate = ""
    reason = _reason(event, lane, plate, clock if event.replay else None)
    return Fact(
        id=id,
        lot_id=lane.lot_id,
        gateway_id=gateway.id,
        lane_id=lane.id,
        direction=lane.direction,
        event=event,
        plate=plate,
        plate_color=plates.settle_color(plate, event.plate_color),
        occurred_at=occurred_at,
        received_at=received_at,
        effective_at=occurred_at if clock is None or event.replay else received_at,
        content_hash=content_hash(event),
        doubt=reason,
        applies=reason not in (Reason.KIND_CONTRADICTS_LANE, Reason.NO_PLATE) and not (clock and event.replay),
        doubts=doubts,
        of_device=(clock,) if clock is not None and not event.replay else (),
    )


def _own(lane: Lane | None, event: GateEvent, gateway: Gateway) -> Lane:
    if lane is None:
        raise EventRejected(
            f"No lane has the code {event.lane!r}.",
            reason=Refusal.UNKNOWN_LANE,
            field="lane",
            event_id=event.event_id,
        )
    if lane.gateway_id != gateway.id:
        raise EventRejected(
            "This lane belongs to another gateway.",
            reason=Refusal.LANE_NOT_YOURS,
            field="lane",
            event_id=event.event_id,
        )
    return lane


def unapplied(fact: Fact) -> Fact:
    """The event as a bare fact: recorded and reviewed, without touching any stay."""
    return structs.replace(fact, doubt=Reason.COULD_NOT_APPLY, applies=False)


def once_a_day(facts: Iterable[Fact], said: Collection[tuple[int, Reason, date]]) -> list[Fact]:
    """The facts, in which what is odd about a device is a doubt of the first car of its day (UTC) that has no other.

    said: what a person was told already: gateway, reason and day.
    """
    known = set(said)
    told = []
    for fact in facts:
        day = fact.received_at.date()
        new = [(fact.gateway_id, reason, day) for reason in fact.of_device]
        if fact.doubt is None and (first := next((each for each in new if each not in known), None)):
            known.add(first)
            told.append(structs.replace(fact, doubt=first[1]))
        else:
            told.append(fact)
    return told


def _clock_doubt(occurred_at: datetime, received_at: datetime, *, replay: bool) -> Reason | None:
    if occurred_at > received_at + CLOCK_OFF_MAX:
        return Reason.CLOCK_AHEAD
    if occurred_at < received_at - (REPLAY_AGE_MAX if replay else CLOCK_OFF_MAX):
        return Reason.CLOCK_BEHIND
    return None


def _reason(event: GateEvent, lane: Lane, plate: str, clock: Reason | None) -> Reason | None:
    if event.kind is not lane.direction:
        return Reason.KIND_CONTRADICTS_LANE
    if not plates.names_vehicle(plate):
        return Reason.NO_PLATE
    if clock is not None:
        return clock
    if event.confidence < CONFIDENCE_MIN:
        return Reason.LOW_CONFIDENCE
    if plates.form(plate) is PlateForm.UNKNOWN:
        return Reason.UNKNOWN_PLATE_FORM
    return None


def is_at_gate(fact: Fact) -> bool:
    """Whether a vehicle may be waiting for the answer, as far as the event tells."""
    return not fact.event.replay and fact.received_at - fact.occurred_at <= AT_GATE_MAX
