"""Stays, derived: what the passings of one vehicle in one lot come to, whatever the order in which they were told.

Nothing is stepped by what arrives: a passing that is told late changes the result as if it had always been there
(`spans`). Stays know no price.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, structs

from parking.cases import Case, Reason
from parking.exits import NOWHERE, Exits
from parking.facts import CONFIDENCE_MIN
from parking.lots import LONGEST_USUAL, LotKind
from parking.passings import Passing
from parking.plates import PlateColor, VehicleClass
from parking.reads import LetOut, Vehicle
from parking.spans import Span, passed_at, spans_of, surest
from payments.errors import OneLotError

# How far back the other visits to a lot are looked at; further where its price remembers longer.
HISTORY_WINDOW = timedelta(hours=96)


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
    """Why a stay may not be what it looks like. While there is one, no account is charged for it by itself, and
    nobody is told of it as owed from before.

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
    when its vehicle came again. `counted`: of an open one, whether it is among the cars inside; one that was kept out
    never was.

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


def leaving_at(inside: Stay, at: datetime, exits: Exits) -> Stay:
    """The stay of a vehicle that is inside, if it came to an exit at an instant and left; not before it came, or was
    read at an exit last. That a person let it out then holds as long as it may take to leave.
    """
    at = max(at, inside.last_at)
    if inside.left_at is None:
        return structs.replace(inside, state=State.CLOSED, left_at=at)
    stood = (*(inside.exits or (inside.left_at,)), at)
    leaving = structs.replace(inside, left_at=at, exits=stood)
    if at - inside.left_at > exits.leave_within(inside.lot_id):
        leaving = structs.replace(leaving, let_out=None, set_fen=None)
    return leaving


def derive(passings: Sequence[Passing], exits: Exits = NOWHERE) -> list[Stay]:
    """The stays of one vehicle in one lot, in the order in which they began."""
    stays = [_stay(span, exits) for span in spans_of(passings, exits)]
    return stays if len(stays) == 1 else sorted(stays, key=lambda stay: (stay.first_at, stay.id))


def _stay(span: Span, exits: Exits) -> Stay:
    came, left = span.came, span.left
    passings, known = [*came, *left], came or left
    first = known[0]
    leaving = span.leaving
    let_out = None if leaving is None else span.let_out(leaving.at - exits.leave_within(first.vehicle.lot_id))
    return Stay(
        lot_id=first.vehicle.lot_id,
        id=span.id,
        plate=first.vehicle.plate,
        plate_color=first.vehicle.plate_color,
        vehicle_class=_class(passings),
        state=_state(span),
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
        counted=bool(left) or not span.is_kept_out,
        let_out=None if let_out is None else let_out.let_out,
        set_fen=None if let_out is None else let_out.set_fen,
        at_exit=span.is_last and span.waits and not passed_at(left),
        exits=span.exits,
    )


def _state(span: Span) -> State:
    if not span.came:
        return State.EXIT_ONLY
    if span.left:
        return State.CLOSED
    return State.OPEN if span.is_last and not span.is_kept_out else State.SUPERSEDED


def _doubts(span: Span) -> tuple[Doubt, ...]:
    if [read for passing in span.left for read in passing.reads if read.looked_at]:
        return (Doubt.LOOKED_AT,)
    if not (span.came and span.left):
        return ()
    doubts = []
    if surest(span.left).is_doubtful:
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
# What `doubt_of` says of stays.
DOUBTED_FOR = (*_OF_DOUBT.values(), Reason.LONG_STAY)


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
        if stay.seen_again_at is not None and stay.counted:
            return [Case(stay.lot_id, stay.entry_event_id, Reason.ENTRY_WHILE_INSIDE, stay.id)]
        if stay.confidence < CONFIDENCE_MIN:
            return [Case(stay.lot_id, stay.entry_event_id, Reason.LOW_CONFIDENCE, stay.id)]
    return []


def _cases_of_whole(stay: Stay, kind: LotKind) -> list[Case]:
    was_inside = stay.matched_half is not State.SUPERSEDED and (stay.state is State.OPEN or stay.at_exit)
    too_long = was_inside and not stay.counted
    doubt = doubt_of(stay, kind)
    if doubt is None and not too_long:
        return []
    found = ((stay.exit_event_id, doubt), (stay.entry_event_id, _TOO_LONG if too_long else None))
    return [Case(stay.lot_id, fact, why, stay.id) for fact, why in found if fact is not None and why is not None]
