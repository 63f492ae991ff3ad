"""A fact: an event that was taken, with its lane, when the rules say it happened, and what is odd about it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, structs

from parking import clocks, plates
from parking.cases import Reason
from parking.clocks import CLOCK_OFF_MAX, Spell
from parking.device_events import DeviceEvent
from parking.doubts import Doubt, doubt
from parking.events import NO_TIME, EventRejected, GateEvent, Refusal, content_hash
from parking.gateways import Gateway
from parking.lanes import Lane
from parking.lots import CAPACITY_MAX, Direction
from parking.plates import PlateColor, PlateForm

# Repeats are recognised for 40 days and replays taken for 35: a gateway may hand in a month that it was cut off.
REPLAY_AGE_MAX = timedelta(days=35)
REPEATS_KEPT = timedelta(days=40)
# Nothing that is told live happens later than it is told; a clock that is ahead by less keeps reads of one array apart.
LIVE_AHEAD_MAX = timedelta(seconds=10)
CONFIDENCE_MIN = 0.6
# A year beyond them is no time that a clock could show, and has no instant in every zone.
_YEAR_MIN, _YEAR_MAX = 1900, 2200


class Fact(Struct, frozen=True):
    """A vehicle at a lane. Times are UTC.

    `occurred_at` is what the device says, `effective_at` what the rules go by; `clock_ahead` is what was taken off for
    its clock. `plate` and `plate_color` are made
    comparable; what was read stands in `event`. `doubt`: why a person should look. A fact that does not `apply` is
    recorded and changes no stay. `doubts`: what of the event was not sent in its form. `of_device`: what is odd about
    the device or the lot and not about this car; a person is told of it once a day (`once_a_day`).
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
    clock_ahead: timedelta | None = None


def accept(
    event: GateEvent,
    *,
    lane: Lane | None,
    gateway: Gateway,
    received_at: datetime,
    id: UUID,  # noqa: A002
    doubts: tuple[Doubt, ...] = (),
    way_of_lane: bool = False,
    no_plate_texts: Collection[str] = (),
    capacity: int = CAPACITY_MAX,
    spells: Sequence[Spell] = (),
) -> Fact:
    """An event as a fact of a known lane, its time settled and its oddities named.

    doubts: of what was read. way_of_lane: its kind is its lane's. no_plate_texts: what cameras of this operator
    say when they read no plate, beside what `plates` knows, made comparable. capacity: the lot's spaces. spells: when
    the clock was wrong, the latest first.

    What is known of a wrong clock is taken off. A live event stands for a car at the gate now: if its time is off all
    the same, that of receipt is the right one. A replayed event with an impossible time says nothing about when, so it
    is kept and not applied.

    Raises:
        EventRejected: the lane is unknown or another gateway's.
    """
    lane = own(lane, event, gateway)
    if event.remaining_spaces is not None and event.remaining_spaces > capacity:
        doubts += (doubt("remaining_spaces", f"{event.remaining_spaces} of {capacity}"),)
    timed = settle_time(event.occurred_at, received_at, spells, replay=event.replay)
    clock = timed.doubt
    unsaid = way_of_lane or any(each.field == "kind" and each.read is None for each in doubts)
    event, direction = _going(event, lane, timed.effective_at, unsaid=unsaid)
    if event.ticket is None:
        plate = plates.normalise(event.plate)
        plate = "" if plate in no_plate_texts else plate
    else:
        # How sure the camera was says nothing of it.
        plate, event = plates.of_ticket(event.ticket), structs.replace(event, confidence=1.0)
    reason = _reason(event, direction, plate, clock if event.replay else None)
    return Fact(
        id=id,
        lot_id=lane.lot_id,
        gateway_id=gateway.id,
        lane_id=lane.id,
        direction=direction,
        event=event,
        plate=plate,
        plate_color=plates.settle_color(plate, event.plate_color),
        occurred_at=timed.occurred_at,
        received_at=received_at,
        effective_at=timed.effective_at,
        content_hash=content_hash(event),
        doubt=reason,
        applies=reason not in (Reason.KIND_CONTRADICTS_LANE, Reason.NO_PLATE) and not (clock and event.replay),
        doubts=doubts,
        clock_ahead=timed.clock_ahead,
    )


def _going(event: GateEvent, lane: Lane, at: datetime, *, unsaid: bool) -> tuple[GateEvent, Direction]:
    """The event, and which way its vehicle went; one that leaves that unsaid says what its lane does."""
    direction = lane.settled(None if unsaid else event.kind, at)
    return structs.replace(event, kind=direction) if unsaid else event, direction


class Timed(NamedTuple):
    """When something happened: by its device, what was taken off for its clock, by the rules; and what is odd of it."""

    occurred_at: datetime
    clock_ahead: timedelta | None
    effective_at: datetime
    doubt: Reason | None


def settle_time(said_at: datetime, received_at: datetime, spells: Sequence[Spell], *, replay: bool) -> Timed:
    """When something happened that a device says; `spells`: when its clock was wrong, the latest first.

    A lane whose clock is ahead within what is let pass would have a car come in after it has left by another.
    """
    occurred_at = by_device(said_at)
    ahead = None
    if spells and occurred_at != NO_TIME:
        ahead = clocks.shift(occurred_at, received_at, spells, replay=replay)
    at = occurred_at if ahead is None else occurred_at - ahead
    doubt_ = clock_doubt(at, received_at, replay=replay)
    is_by_receipt = not replay and (doubt_ is not None or at > received_at + LIVE_AHEAD_MAX)
    return Timed(occurred_at, ahead, received_at if is_by_receipt else at, doubt_)


def by_device(at: datetime) -> datetime:
    """What a device's clock says, where it is a time that a clock could show."""
    return at.astimezone(UTC) if _YEAR_MIN <= at.year <= _YEAR_MAX else NO_TIME


def own(lane: Lane | None, event: GateEvent | DeviceEvent, gateway: Gateway) -> Lane:
    """The lane of an event.

    Raises:
        EventRejected: it is unknown or another gateway's.
    """
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


class OfDevice(NamedTuple):
    """That something is odd about a gateway or its lot, on a day (UTC)."""

    lot_id: int
    gateway_id: int
    reason: Reason
    day: date


def once_a_day(facts: Iterable[Fact], said: Collection[OfDevice]) -> list[Fact]:
    """The facts, in which what is odd about a device or its lot is a doubt of the first car of a day (UTC) that has no
    other.

    said: what a person was told already.
    """
    known = set(said)
    told = []
    for fact in facts:
        day = fact.received_at.date()
        new = [OfDevice(fact.lot_id, fact.gateway_id, reason, day) for reason in fact.of_device]
        if fact.doubt is None and (first := next((each for each in new if each not in known), None)):
            known.add(first)
            told.append(structs.replace(fact, doubt=first.reason))
        else:
            told.append(fact)
    return told


def clock_doubt(occurred_at: datetime, received_at: datetime, *, replay: bool) -> Reason | None:
    """What is odd about the clock of a device: a live event is of now, a replay of the time that replays are taken."""
    if occurred_at > received_at + CLOCK_OFF_MAX:
        return Reason.CLOCK_AHEAD
    if occurred_at < received_at - (REPLAY_AGE_MAX if replay else CLOCK_OFF_MAX):
        return Reason.CLOCK_BEHIND
    return None


def _reason(event: GateEvent, direction: Direction, plate: str, clock: Reason | None) -> Reason | None:
    if event.kind is not direction:
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
