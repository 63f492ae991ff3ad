"""Stays and how events make them: a history of one vehicle in one lot, and the history after its next passing.

The order in which passings arrive is not the order in which they happened. `follow` therefore looks at the time of a
passing, not at its turn: whatever can be put in its place is, and what contradicts the rest is left for review.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, structs

from parking.cases import Reason
from parking.lots import Direction
from parking.matching import Vehicle
from parking.passings import Passing
from parking.plates import PlateColor, VehicleClass
from parking.tariffs import STAY_DAYS_MAX
from payments.errors import OneLotError

# A camera often fires twice for one passing; vendors' default is a minute.
REPEAT_WINDOW = timedelta(seconds=60)
# Halves that arrive apart are joined only when they lie this close: a missing exit never becomes a month's bill.
LATE_PAIR_MAX = timedelta(hours=72)
# Longer stays are priced and shown to a person before anybody's account is charged.
LONG_STAY = timedelta(days=7)
STAY_MAX = timedelta(days=STAY_DAYS_MAX)
# How far back the other visits to a lot are looked at; further where its price remembers longer.
HISTORY_WINDOW = timedelta(hours=96)


class State(StrEnum):
    """How a stay ended."""

    CLOSED = "closed"
    SUPERSEDED = "superseded"
    EXIT_ONLY = "exit_only"


class UnknownStay(OneLotError):
    """The lot has no stay of this id."""


class OpenStay(Struct, frozen=True):
    """A vehicle that is inside."""

    lot_id: int
    plate: str
    plate_color: PlateColor
    id: UUID
    vehicle_class: VehicleClass
    entered_at: datetime
    entry_lane_id: int
    entry_event_id: UUID

    @property
    def vehicle(self) -> Vehicle:
        """Whose stay it is."""
        return Vehicle(self.lot_id, self.plate, self.plate_color)


class Stay(Struct, frozen=True):
    """A stay that is over, or the half of one that is known."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    state: State
    entered_at: datetime | None
    left_at: datetime | None
    entry_lane_id: int | None
    exit_lane_id: int | None
    entry_event_id: UUID | None
    exit_event_id: UUID | None

    @property
    def vehicle(self) -> Vehicle:
        """Whose stay it is."""
        return Vehicle(self.lot_id, self.plate, self.plate_color)


class History(Struct, frozen=True):
    """What is known of one vehicle in one lot around the time of a passing; `finished` is in order of time."""

    open: OpenStay | None
    finished: tuple[Stay, ...]


class Transition(Struct, frozen=True):
    """The history after a passing. `closed`: the stay that it completed, still without a price.

    `repeat_of` is the stay whose exit this passing repeats; its charge decides what the barrier does.
    """

    history: History
    stay_id: UUID | None = None
    reason: Reason | None = None
    closed: Stay | None = None
    repeat_of: Stay | None = None


def follow(history: History, passing: Passing, *, new_id: UUID) -> Transition:
    """The history after `passing`."""
    if passing.direction is Direction.ENTRY:
        return _enter(history, passing, new_id)
    return _leave(history, passing, new_id)


def _enter(history: History, passing: Passing, new_id: UUID) -> Transition:
    at = passing.effective_at
    opened = history.open
    if opened is not None and _repeats(history, opened, at):
        # Two reads of one passing: the earlier time holds, whichever came first.
        first = structs.replace(opened, entered_at=min(at, opened.entered_at))
        return Transition(structs.replace(history, open=first), opened.id)
    if opened is not None and opened.entered_at < at:
        left_behind = _superseded(opened)
        inside = _opened(passing, new_id)
        return Transition(History(inside, _in_order(*history.finished, left_behind)), new_id, Reason.ENTRY_WHILE_INSIDE)

    lone_exit = _next_lone_exit(history, at)
    if lone_exit is not None:
        whole = structs.replace(
            lone_exit,
            entered_at=at,
            entry_lane_id=passing.lane_id,
            entry_event_id=passing.id,
            vehicle_class=_known(passing.event.vehicle_class, lone_exit.vehicle_class),
        )
        return _close(history, whole)
    during = _stay_around(history, at)
    if during is not None:
        repeats = during.entered_at is not None and at - during.entered_at <= REPEAT_WINDOW
        return Transition(history, during.id, None if repeats else Reason.ENTRY_DURING_STAY)
    if opened is not None or any(last_at(stay) > at for stay in history.finished):
        return _enter_in_the_past(history, passing, new_id)
    return Transition(structs.replace(history, open=_opened(passing, new_id)), new_id)


def _repeats(history: History, opened: OpenStay, at: datetime) -> bool:
    """Whether an entry at `at` is the one that opened the stay, read again: close to it, nothing ended in between."""
    if abs(at - opened.entered_at) > REPEAT_WINDOW:
        return False
    return at >= opened.entered_at or not any(last_at(stay) > at for stay in history.finished)


def _enter_in_the_past(history: History, passing: Passing, new_id: UUID) -> Transition:
    """An entry older than what is known: its exit may still come, so it waits as half a stay."""
    for stay in history.finished:
        if stay.state is State.SUPERSEDED and abs(last_at(stay) - passing.effective_at) <= REPEAT_WINDOW:
            return Transition(history, stay.id)
    waiting = _superseded(_opened(passing, new_id))
    finished = _in_order(*history.finished, waiting)
    return Transition(structs.replace(history, finished=finished), new_id, Reason.ENTRY_OUT_OF_ORDER)


def _leave(history: History, passing: Passing, new_id: UUID) -> Transition:
    at = passing.effective_at
    opened = history.open
    if opened is not None and at - opened.entered_at > STAY_MAX:
        # Nobody parks for years: the exit of that visit was missed, and the entry of this one too.
        forgotten = _in_order(*history.finished, _superseded(opened), _exit_only(passing, new_id))
        return Transition(History(None, forgotten), new_id, Reason.EXIT_WITHOUT_ENTRY)
    if opened is not None and opened.entered_at <= at:
        whole = _with_exit(_superseded(opened), passing)
        return _close(structs.replace(history, open=None), whole)
    for stay in reversed(history.finished):
        if _repeats_exit(stay, at):
            reason = Reason.EXIT_WITHOUT_ENTRY if stay.state is State.EXIT_ONLY else None
            return Transition(history, stay.id, reason, repeat_of=stay)
    lone_entry = _previous_lone_entry(history, at)
    if lone_entry is not None:
        return _close(history, _with_exit(lone_entry, passing))
    during = _stay_around(history, at)
    if during is not None:
        return Transition(history, during.id, Reason.EXIT_DURING_STAY)
    alone = _exit_only(passing, new_id)
    finished = _in_order(*history.finished, alone)
    return Transition(structs.replace(history, finished=finished), new_id, Reason.EXIT_WITHOUT_ENTRY)


def repeatable(history: History, passing: Passing) -> list[Stay]:
    """The closed stays whose exit this passing may repeat."""
    if passing.direction is Direction.ENTRY:
        return []
    at = passing.effective_at
    return [stay for stay in history.finished if stay.state is State.CLOSED and _repeats_exit(stay, at)]


def _repeats_exit(stay: Stay, at: datetime) -> bool:
    return stay.left_at is not None and timedelta(0) <= at - stay.left_at <= REPEAT_WINDOW


def _close(history: History, whole: Stay) -> Transition:
    closed = structs.replace(whole, state=State.CLOSED)
    others = [stay for stay in history.finished if stay.id != whole.id]
    reason = Reason.LONG_STAY if is_long(closed) else None
    return Transition(History(history.open, _in_order(*others, closed)), closed.id, reason, closed=closed)


def is_long(stay: Stay) -> bool:
    """Whether a closed stay lasted so long that a missed exit is more likely than a vehicle that stood there."""
    return stay.entered_at is not None and stay.left_at is not None and stay.left_at - stay.entered_at > LONG_STAY


def _next_lone_exit(history: History, at: datetime) -> Stay | None:
    """The exit without an entry that an entry at `at` belongs to: the next thing that happened after it."""
    if history.open is not None and history.open.entered_at <= at:
        return None
    later = [stay for stay in history.finished if last_at(stay) >= at]
    following = min(later, key=_first_at, default=None)
    if following is None or following.state is not State.EXIT_ONLY or last_at(following) - at > LATE_PAIR_MAX:
        return None
    if history.open is not None and history.open.entered_at < last_at(following):
        return None
    return following


def _previous_lone_entry(history: History, at: datetime) -> Stay | None:
    """The entry without an exit that an exit at `at` belongs to: the last thing that happened before it."""
    earlier = [stay for stay in history.finished if _first_at(stay) <= at]
    previous = max(earlier, key=last_at, default=None)
    if previous is None or previous.state is not State.SUPERSEDED or at - last_at(previous) > LATE_PAIR_MAX:
        return None
    return previous


def _stay_around(history: History, at: datetime) -> Stay | None:
    """The whole stay during which `at` falls, its start included and its end not."""
    for stay in history.finished:
        if stay.state is State.CLOSED and _first_at(stay) <= at < last_at(stay):
            return stay
    return None


def last_at(stay: Stay) -> datetime:
    """When a stay, or the known half of it, ended."""
    at = stay.left_at or stay.entered_at
    assert at is not None
    return at


def _first_at(stay: Stay) -> datetime:
    at = stay.entered_at or stay.left_at
    assert at is not None
    return at


def _in_order(*finished: Stay) -> tuple[Stay, ...]:
    return tuple(sorted(finished, key=last_at)) if len(finished) > 1 else finished


def _known(at_entry: VehicleClass, at_exit: VehicleClass) -> VehicleClass:
    """The class read at the entry, or the one at the exit where the entry camera could not tell."""
    return at_exit if at_entry is VehicleClass.UNKNOWN else at_entry


def _opened(passing: Passing, new_id: UUID) -> OpenStay:
    return OpenStay(
        lot_id=passing.lot_id,
        plate=passing.plate,
        plate_color=passing.plate_color,
        id=new_id,
        vehicle_class=passing.event.vehicle_class,
        entered_at=passing.effective_at,
        entry_lane_id=passing.lane_id,
        entry_event_id=passing.id,
    )


def _superseded(opened: OpenStay) -> Stay:
    return Stay(
        lot_id=opened.lot_id,
        id=opened.id,
        plate=opened.plate,
        plate_color=opened.plate_color,
        vehicle_class=opened.vehicle_class,
        state=State.SUPERSEDED,
        entered_at=opened.entered_at,
        left_at=None,
        entry_lane_id=opened.entry_lane_id,
        exit_lane_id=None,
        entry_event_id=opened.entry_event_id,
        exit_event_id=None,
    )


def _exit_only(passing: Passing, new_id: UUID) -> Stay:
    return Stay(
        lot_id=passing.lot_id,
        id=new_id,
        plate=passing.plate,
        plate_color=passing.plate_color,
        vehicle_class=passing.event.vehicle_class,
        state=State.EXIT_ONLY,
        entered_at=None,
        left_at=passing.effective_at,
        entry_lane_id=None,
        exit_lane_id=passing.lane_id,
        entry_event_id=None,
        exit_event_id=passing.id,
    )


def _with_exit(half: Stay, passing: Passing) -> Stay:
    return structs.replace(
        half,
        left_at=passing.effective_at,
        exit_lane_id=passing.lane_id,
        exit_event_id=passing.id,
        vehicle_class=_known(half.vehicle_class, passing.event.vehicle_class),
    )
