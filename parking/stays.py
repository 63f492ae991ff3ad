"""Stays, derived: what the passings of one vehicle in one lot come to, whatever the order in which they were told.

`derive` goes through passings in the order of their times. Nothing is stepped by what arrives: a passing that is told
late changes the result as if it had always been there. Stays know no price.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from msgspec import Struct

from parking.cases import Case, Reason
from parking.exits import NOWHERE, Exits
from parking.facts import CONFIDENCE_MIN
from parking.lots import LONGEST_USUAL, Direction, LotKind
from parking.passings import Passing, recorded_first
from parking.plates import PlateColor, VehicleClass
from parking.reads import LetOut, Read, Vehicle
from parking.tariffs import STAY_DAYS_MAX
from payments.errors import OneLotError

# A car that stands at a lane is read again and again; what is read of it within so much time is one passing.
STANDS_MAX = timedelta(minutes=15)
# An entry camera that sees the back of a car which has just left again reads the same entry once more.
SEEN_AGAIN_MAX = timedelta(seconds=60)
# Who comes to the exit so soon drives by it, more likely than out, if it is read there again.
TURNED_ROUND_MAX = timedelta(minutes=30)
# So long after it was read at an exit a vehicle that was not let out is there still, if it is read there again; and so
# long one that was. Later that came back unseen, more likely.
READ_AGAIN_MAX = timedelta(hours=24)
LET_OUT_READ_AGAIN_MAX = timedelta(hours=3)
# Who was kept out and is read at an exit so soon had come in all the same; later it came another time, unseen.
KEPT_OUT_MAX = timedelta(hours=72)
STAY_MAX = timedelta(days=STAY_DAYS_MAX)
# How far back the other visits to a lot are looked at; further where its price remembers longer.
HISTORY_WINDOW = timedelta(hours=96)
# Of one stay; the first of more are left out.
EXITS_MAX = 200


class State(StrEnum):
    """What is known of a stay.

    open: the vehicle is inside. closed: it came and left. superseded: it came, and came again before anybody saw it
    leave; or it was kept out. exit_only: it left, and nobody saw it come. merged: what was taken for a stay is part of
    another one.
    """

    OPEN = "open"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    EXIT_ONLY = "exit_only"
    MERGED = "merged"


class Doubt(StrEnum):
    """Why a stay may not be what it looks like. While there is one, no account is charged for it by itself.

    looked_at: a person found it right, whatever else there may be to doubt.
    """

    MATCH_PROBABLE = "match_probable"
    READ_DOUBTFUL = "read_doubtful"
    TURNED_ROUND = "turned_round"
    LONG_STAY = "long_stay"
    LOOKED_AT = "looked_at"


class UnknownStay(OneLotError):
    """The lot has no stay of this id."""


class Stay(Struct, frozen=True):
    """A stay, or the half of one that is known.

    `id`: of the read recorded first among those of its first passing. `facts`: the reads it stands on, and `read_until`
    when the last of them was. `confidence`: of the plate at its first passing. `seen_again_at`: of a superseded one,
    when its vehicle came again. `counted`: of an open one, whether it is among the cars inside.

    `matched_id`: the half whose exit ended it, read with another text; `matched_half`: what it was without. Of a merged
    one `merged_into` is the stay that it is part of (None: its reads no longer count); it has no facts unless it is
    such a half. `let_out`: a person opened the barrier for it, and `set_fen` what that person said that it costs.

    `exits`: when its vehicle came to stand at an exit, if that was more than once. Where the lot tells passages that
    is at each read there; and `at_exit`: it was not seen to pass, and counts as inside.
    """

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
    confidence: float = 1.0
    facts: tuple[UUID, ...] = ()
    read_until: datetime | None = None
    doubts: tuple[Doubt, ...] = ()
    seen_again_at: datetime | None = None
    counted: bool = True
    matched_id: UUID | None = None
    matched_half: State | None = None
    merged_into: UUID | None = None
    let_out: LetOut | None = None
    set_fen: int | None = None
    at_exit: bool = False
    exits: tuple[datetime, ...] = ()

    @property
    def is_inside(self) -> bool:
        """Whether its vehicle is among those that are counted inside."""
        return self.counted and (self.state is State.OPEN or (self.state is State.CLOSED and self.at_exit))

    @property
    def vehicle(self) -> Vehicle:
        """Whose stay it is."""
        return tuple.__new__(Vehicle, (self.lot_id, self.plate, self.plate_color))

    @property
    def first_at(self) -> datetime:
        """When it, or the known half of it, began."""
        at = self.entered_at or self.left_at
        assert at is not None
        return at

    @property
    def last_at(self) -> datetime:
        """When it, or the known half of it, ended."""
        at = self.left_at or self.entered_at
        assert at is not None
        return at


class _Span:
    """A stay while its passings are gone through: those of its entry, and those of its exit. `waits`: the lot tells
    passages, so that it is not over before one.
    """

    __slots__ = ("came", "left", "seen_again_at", "turned_round", "waits")

    def __init__(self, came: list[Passing], left: list[Passing]) -> None:
        self.came = came
        self.left = left
        self.turned_round = False
        self.waits = False
        self.seen_again_at: datetime | None = None

    @property
    def is_kept_out(self) -> bool:
        """Whether its vehicle came to a way in that did not open for it. It may have come in all the same."""
        return bool(self.came) and all(passing.is_kept_out for passing in self.came)


def derive(passings: Sequence[Passing], exits: Exits = NOWHERE) -> list[Stay]:
    """The stays of one vehicle in one lot, in the order in which they began."""
    spans: list[_Span] = []
    inside: _Span | None = None
    gone: _Span | None = None
    # By time; at one instant a vehicle leaves before it comes again, unless it has not come yet.
    ordered = list(passings)
    if len(ordered) > 1:
        ordered.sort(key=lambda p: (p.at, p.direction is Direction.ENTRY, p.reads[0].id))
    for n in range(len(ordered)):
        if inside is None and _comes_at_once(ordered, n):
            ordered[n], ordered[n + 1] = ordered[n + 1], ordered[n]
        if ordered[n].direction is Direction.ENTRY:
            inside = _enter(spans, inside, gone, ordered[n])
        else:
            gone = _leave(spans, inside, gone, ordered[n], exits)
            inside = None
    last = None if inside is not None else gone
    stays = [_stay(span, exits, is_open=span is inside, is_last=span is last) for span in spans]
    return stays if len(stays) == 1 else sorted(stays, key=lambda stay: (stay.first_at, stay.id))


def _comes_at_once(ordered: Sequence[Passing], n: int) -> bool:
    """Whether an exit is followed by an entry of the same instant."""
    if n + 1 == len(ordered) or ordered[n].direction is Direction.ENTRY:
        return False
    return ordered[n + 1].at == ordered[n].at and ordered[n + 1].direction is Direction.ENTRY


def _enter(spans: list[_Span], inside: _Span | None, gone: _Span | None, passing: Passing) -> _Span | None:
    """What is inside after an entry."""
    if inside is not None:
        if passing.at - inside.came[-1].until <= STANDS_MAX and not _has_passed(inside.came, passing.at):
            inside.came.append(passing)
            return inside
        if passing.is_doubtful and not (inside.came[0].is_doubtful or inside.is_kept_out):
            # Another vehicle, more likely, that was read as this one.
            spans.append(_Span([passing], []))
            return inside
        if not inside.is_kept_out:
            inside.seen_again_at = passing.at
    elif gone is not None and gone.came and passing.at - gone.came[0].at <= SEEN_AGAIN_MAX:
        gone.came.append(passing)
        return None
    spans.append(_Span([passing], []))
    return spans[-1]


def _leave(spans: list[_Span], inside: _Span | None, gone: _Span | None, passing: Passing, exits: Exits) -> _Span:
    """The stay that an exit ends."""
    waits = exits.confirmed(passing.vehicle.lot_id, passing.at)
    if inside is not None:
        if passing.at - inside.came[0].at <= (KEPT_OUT_MAX if inside.is_kept_out else STAY_MAX):
            inside.left.append(passing)
            inside.waits = waits
            return inside
        # Nobody parks for years: the exit of that visit was missed, and the entry of this one too.
    elif gone is not None and not _has_passed(gone.left, passing.at):
        if passing.at - gone.left[-1].until <= STANDS_MAX:
            gone.left.append(passing)
            return gone
        if gone.came and _surest(gone.left).is_doubtful and not passing.is_doubtful:
            # What was read then was another vehicle, more likely: this one leaves now.
            spans.append(_Span([], gone.left))
            gone.left = [passing]
            return gone
        if _stands_there(gone, passing, exits):
            gone.left.append(passing)
            return gone
        if _parked_on(gone, passing, exits):
            gone.turned_round = gone.turned_round or _may_have_left(gone, passing.at, exits)
            gone.left.append(passing)
            return gone
    spans.append(_Span([], [passing]))
    spans[-1].waits = waits
    return spans[-1]


def _stands_there(gone: _Span, passing: Passing, exits: Exits) -> bool:
    """Whether a vehicle that was read at an exit has not left there yet: it has to pass first, or has just paid."""
    if gone.waits and gone.came:
        return passing.at - gone.came[0].at <= STAY_MAX
    return exits.may_leave(passing.vehicle.lot_id, _id(gone), passing.at)


def _parked_on(gone: _Span, passing: Passing, exits: Exits) -> bool:
    """Whether a vehicle that was read at an exit did not leave there, since it is read there again and was not seen to
    come again. One for which a barrier opened most likely left, and one that a person let out certainly.
    """
    if not gone.came or gone.waits or passing.at - gone.came[0].at > STAY_MAX:
        return False
    stopped = _stops(gone.left)[-1]
    if _let_out([each for each in gone.left if each.at >= stopped.at]) is not None:
        return False
    let_out_at = None if _drove_by(gone) else exits.let_out_at(passing.vehicle, _id(gone), stopped.at, passing.at)
    if let_out_at is None:
        return passing.at - gone.left[-1].until <= READ_AGAIN_MAX
    return not passing.is_doubtful and passing.at - max(let_out_at, gone.left[-1].until) <= LET_OUT_READ_AGAIN_MAX


def _drove_by(gone: _Span) -> bool:
    return gone.left[0].at - gone.came[0].at <= TURNED_ROUND_MAX


def _may_have_left(gone: _Span, again_at: datetime, exits: Exits) -> bool:
    """Whether a vehicle that parked on might as well have left and come again unseen: a barrier opened for it."""
    stopped = _stops(gone.left)[-1]
    return _drove_by(gone) or exits.let_out_at(stopped.vehicle, _id(gone), stopped.at, again_at) is not None


def _has_passed(stood: Sequence[Passing], again_at: datetime) -> bool:
    """Whether a vehicle was seen to pass since it was read at a lane, so that what is read of it now is something new.

    A camera may see the back of it for a moment.
    """
    passed = _passed(stood)
    return bool(passed) and again_at > max(passed) + SEEN_AGAIN_MAX


def _passed(stood: Sequence[Passing]) -> list[datetime]:
    return [read.passed_at for passing in stood for read in passing.reads if read.passed_at is not None]


def _surest(passings: Sequence[Passing]) -> Passing:
    return passings[0] if len(passings) == 1 else max(passings, key=lambda passing: passing.confidence)


def _id(span: _Span) -> UUID:
    return recorded_first([read for passing in span.came or span.left for read in passing.reads]).id


def _stay(span: _Span, exits: Exits, *, is_open: bool, is_last: bool) -> Stay:
    came, left = span.came, span.left
    passings, known = [*came, *left], came or left
    first = known[0]
    leaving = _leaving(span)
    let_out = None if leaving is None else _let_out(_stop(span, leaving, exits))
    return Stay(
        lot_id=first.vehicle.lot_id,
        id=_id(span),
        plate=first.vehicle.plate,
        plate_color=first.vehicle.plate_color,
        vehicle_class=_class(passings),
        state=_state(span, is_open=is_open),
        entered_at=came[0].at if came else None,
        left_at=None if leaving is None else leaving.at,
        entry_lane_id=came[0].lane_id if came else None,
        exit_lane_id=None if leaving is None else leaving.lane_id,
        entry_event_id=came[0].reads[0].id if came else None,
        exit_event_id=None if leaving is None else leaving.reads[0].id,
        confidence=max([passing.confidence for passing in known]),
        facts=tuple([read.id for passing in passings for read in passing.reads]),
        read_until=max([passing.until for passing in passings]),
        doubts=_doubts(span),
        seen_again_at=span.seen_again_at,
        let_out=None if let_out is None else let_out.let_out,
        set_fen=None if let_out is None else let_out.set_fen,
        at_exit=is_last and span.waits and not _passed(left),
        exits=_exits(span),
    )


def _exits(span: _Span) -> tuple[datetime, ...]:
    stood = span.left if span.waits else _stops(span.left)
    return tuple([passing.at for passing in stood[-EXITS_MAX:]]) if len(stood) > 1 else ()


def _leaving(span: _Span) -> Passing | None:
    """The passing with which a vehicle left, as far as is known."""
    if not span.left:
        return None
    # While it stood there it was told what it costs when it was read first, but where it has to be seen to pass.
    return span.left[-1] if span.waits else _stops(span.left)[-1]


def _stop(span: _Span, leaving: Passing, exits: Exits) -> Sequence[Passing]:
    """The passings of the time that a vehicle stood at an exit and left there."""
    since = leaving.at - exits.leave_within(leaving.vehicle.lot_id)
    return [passing for passing in span.left if passing.at >= since]


def _let_out(left: Sequence[Passing]) -> Read | None:
    """The last read at an exit about which it was decided to let the vehicle out."""
    return next((read for passing in reversed(left) for read in reversed(passing.reads) if read.let_out), None)


def _stops(left: Sequence[Passing]) -> Sequence[Passing]:
    """The first passing of each time that a vehicle stood at an exit."""
    if len(left) < 2:
        return left
    return [left[0], *(after for before, after in pairwise(left) if after.at - before.until > STANDS_MAX)]


def _state(span: _Span, *, is_open: bool) -> State:
    if not span.came:
        return State.EXIT_ONLY
    if span.left:
        return State.CLOSED
    return State.OPEN if is_open and not span.is_kept_out else State.SUPERSEDED


def _doubts(span: _Span) -> tuple[Doubt, ...]:
    if [read for passing in span.left for read in passing.reads if read.looked_at]:
        return (Doubt.LOOKED_AT,)
    if not (span.came and span.left):
        return ()
    doubts = []
    if _surest(span.left).is_doubtful:
        doubts.append(Doubt.READ_DOUBTFUL)
    if span.turned_round:
        doubts.append(Doubt.TURNED_ROUND)
    return tuple(doubts)


def _class(passings: Sequence[Passing]) -> VehicleClass:
    """The class read at the entry, or the one at the exit where the entry camera could not tell."""
    for passing in passings:
        if passing.vehicle_class is not VehicleClass.UNKNOWN:
            return passing.vehicle_class
    return VehicleClass.UNKNOWN


# -- what a person should look at


_TOO_LONG = Reason.INSIDE_TOO_LONG
_OF_DOUBT = {
    Doubt.MATCH_PROBABLE: Reason.MATCH_PROBABLE,
    Doubt.READ_DOUBTFUL: Reason.LOW_CONFIDENCE,
    Doubt.TURNED_ROUND: Reason.TURNED_ROUND,
}


def doubt_of(stay: Stay, kind: LotKind) -> Reason | None:
    """Why no account is charged for a closed stay by itself, if there is a reason."""
    if stay.state is not State.CLOSED:
        return None
    if Doubt.LOOKED_AT in stay.doubts:
        return None
    if stay.doubts:
        return _OF_DOUBT[stay.doubts[0]]
    assert stay.entered_at is not None
    assert stay.left_at is not None
    return Reason.LONG_STAY if stay.left_at - stay.entered_at > LONGEST_USUAL[kind] else None


def cases_of(stay: Stay, kind: LotKind) -> list[Case]:
    """The cases that a stay gives rise to, by the event that is odd about it."""
    if stay.state in (State.OPEN, State.CLOSED):
        return _cases_of_whole(stay, kind)
    if stay.state is State.EXIT_ONLY:
        assert stay.exit_event_id is not None
        return [Case(stay.lot_id, stay.exit_event_id, Reason.EXIT_WITHOUT_ENTRY, stay.id)]
    if stay.state is State.SUPERSEDED:
        assert stay.entry_event_id is not None
        if stay.seen_again_at is not None:
            return [Case(stay.lot_id, stay.entry_event_id, Reason.ENTRY_WHILE_INSIDE, stay.id)]
        if stay.confidence < CONFIDENCE_MIN:
            return [Case(stay.lot_id, stay.entry_event_id, Reason.LOW_CONFIDENCE, stay.id)]
    return []


def _cases_of_whole(stay: Stay, kind: LotKind) -> list[Case]:
    too_long = not stay.counted and (stay.state is State.OPEN or stay.at_exit)
    doubt = doubt_of(stay, kind)
    if doubt is None and not too_long:
        return []
    found = ((stay.exit_event_id, doubt), (stay.entry_event_id, _TOO_LONG if too_long else None))
    return [Case(stay.lot_id, fact, why, stay.id) for fact, why in found if fact is not None and why is not None]
