"""What is known of one vehicle in several lots: stays that it cannot all have had.

A plate can be cloned, a read be another vehicle's, and a long stay be two of which the middle was not seen. Where two
stays contradict each other, neither is taken from an account by itself until a person has looked.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from parking.cases import Case, Reason
from parking.facts import CONFIDENCE_MIN
from parking.lots import LONGEST_USUAL, Lot
from parking.plates import PlateColor, PlateForm, form
from parking.positions import Point, distance_m
from parking.reads import NumberPlate
from parking.stays import Doubt, State, Stay
from parking.surroundings import lies_in

# In a straight line: roads are longer and there are lights, so nobody gets anywhere as fast as this.
SPEED_MAX_KMH = 120
# What the clocks of two devices may be off together, and a minute.
CLOCKS_OFF_MAX = timedelta(minutes=5)
# Stays that end and begin further apart never contradict each other: no two lots of a city lie so far from each other.
REACH = timedelta(hours=12)
_EVER = datetime.max.replace(tzinfo=UTC)


class Kind(StrEnum):
    """How two stays contradict each other.

    at_once: in both lots at a time. alibi: a whole stay in one lot during a whole stay in the other. travel: from one
    to the other faster than anybody drives.
    """

    AT_ONCE = "at_once"
    ALIBI = "alibi"
    TRAVEL = "travel"


class Span(NamedTuple):
    """From when until when a vehicle was in a lot, and whether both were seen."""

    since: datetime
    until: datetime
    is_whole: bool


class OtherStay(Struct, frozen=True):
    """The stay in another lot that a case names beside its own, as a person is shown it."""

    id: UUID
    lot: str
    state: str
    entered_at: datetime | None
    left_at: datetime | None

    def contradicts(self, state: str | None, entered_at: datetime | None, left_at: datetime | None) -> Kind | None:
        """How it contradicts the case's own stay, as far as that is known."""
        one, other = _told(state, entered_at, left_at), _told(self.state, self.entered_at, self.left_at)
        return None if one is None or other is None else kind_between(one, other)


def _told(state: str | None, entered_at: datetime | None, left_at: datetime | None) -> Span | None:
    since, until = entered_at or left_at, left_at or entered_at
    if since is None or until is None:
        return None
    return Span(since, _EVER if state == State.OPEN else until, state == State.CLOSED)


class Contradiction(Struct, frozen=True):
    """Two stays in two lots of which one is not this vehicle's. `other` began first."""

    stay: Stay
    other: Stay
    kind: Kind

    @property
    def case(self) -> Case:
        """The one case of both: by the event with which the later of them began."""
        event_id = self.stay.entry_event_id or self.stay.exit_event_id
        assert event_id is not None
        return Case(self.stay.lot_id, event_id, Reason.ELSEWHERE, self.stay.id, self.other.id)


class KnownCase(Struct, frozen=True):
    """A case of two stays as it is stored."""

    id: UUID
    stay_id: UUID
    other_stay_id: UUID
    resolved_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether nobody has resolved it, and it has not settled itself."""
        return self.resolved_by is None

    @property
    def is_decided(self) -> bool:
        """Whether a person has resolved it."""
        return self.resolved_by not in (None, "facts")


class Findings(Struct, frozen=True):
    """What follows: cases that are new (or open again), and such that are moot."""

    opened: list[Case]
    moot: list[UUID]


def is_certain(stay: Stay) -> bool:
    """Whether a stay says where its vehicle was: its plate was read surely and has the form of one."""
    return (
        form(stay.plate) is not PlateForm.UNKNOWN
        and stay.plate_color is not PlateColor.UNKNOWN
        and stay.confidence >= CONFIDENCE_MIN
        and stay.matched_id is None
        and Doubt.READ_DOUBTFUL not in stay.doubts
        and stay.state is not State.MERGED
    )


def contradictions(stays: Iterable[Stay], lots: Mapping[int, Lot]) -> list[Contradiction]:
    """The contradictions among stays of one vehicle."""
    ordered = sorted((stay for stay in stays if is_certain(stay)), key=lambda stay: (stay.first_at, stay.id))
    found = []
    for earlier, later in combinations(ordered, 2):
        kind = kind_of(later, earlier, lots)
        if kind is not None:
            found.append(Contradiction(later, earlier, kind))
    return found


def that_matter(
    found: Iterable[Contradiction], linked: Collection[NumberPlate], lots: Mapping[int, Lot]
) -> list[Contradiction]:
    """Those that a person looks at: where an account could be charged twice, and where a vehicle left the lot around
    and is in the one inside for whatever was seen.
    """
    return [each for each in found if each.stay.vehicle.number_plate in linked or _in_one_nest(each, lots)]


def _in_one_nest(found: Contradiction, lots: Mapping[int, Lot]) -> bool:
    one, other, at = lots[found.stay.lot_id], lots[found.other.lot_id], _both_began(found.stay, found.other)
    return lies_in(one, other, lots, at) or lies_in(other, one, lots, at)


def _both_began(one: Stay, other: Stay) -> datetime:
    """Where lots lie counts as it was when the vehicle came to the second one."""
    return max(one.first_at, other.first_at)


def kind_of(one: Stay, other: Stay, lots: Mapping[int, Lot]) -> Kind | None:
    """How two stays of a vehicle contradict each other, if they do."""
    if one.lot_id == other.lot_id or one.lot_id not in lots or other.lot_id not in lots:
        return None
    here, there = lots[one.lot_id], lots[other.lot_id]
    first, second = _span(one, here), _span(other, there)
    # Who is in the inner lot is in the outer one as well, until it leaves that.
    at = _both_began(one, other)
    if lies_in(here, there, lots, at):
        return kind_between(first, second) if _outlasts(first, other) else None
    if lies_in(there, here, lots, at):
        return kind_between(second, first) if _outlasts(second, one) else None
    if _between(first, second) + CLOCKS_OFF_MAX >= travel_min(here, there):
        return None
    return kind_between(first, second)


def _outlasts(inner: Span, outer: Stay) -> bool:
    """Whether a stay goes on in a lot of which the vehicle left the lot around."""
    return (
        outer.left_at is not None
        and inner.since < outer.left_at
        and outer.left_at + CLOCKS_OFF_MAX < inner.until
        and (outer.entered_at is None or outer.entered_at <= inner.since + CLOCKS_OFF_MAX)
    )


def kind_between(one: Span, other: Span) -> Kind:
    """How two spans contradict each other that do."""
    if _between(one, other) >= timedelta(0):
        return Kind.TRAVEL
    within = one.since >= other.since and one.until <= other.until
    around = one.since <= other.since and one.until >= other.until
    return Kind.ALIBI if one.is_whole and other.is_whole and (within or around) else Kind.AT_ONCE


def _between(one: Span, other: Span) -> timedelta:
    return max(one.since - other.until, other.since - one.until)


def _span(stay: Stay, lot: Lot) -> Span:
    """When a vehicle is known to have been in a lot. Who was not seen to leave may be inside as long as is usual there,
    until it comes again.
    """
    until = stay.first_at + LONGEST_USUAL[lot.kind] if stay.state is State.OPEN else stay.last_at
    return Span(stay.first_at, until, stay.state is State.CLOSED)


def travel_min(here: Lot, there: Lot) -> timedelta:
    """The least time in which anybody gets from one lot to another."""
    apart_m = distance_m(Point(here.latitude, here.longitude), Point(there.latitude, there.longitude))
    return min(timedelta(hours=apart_m / 1000 / SPEED_MAX_KMH), REACH)


def findings(found: Sequence[Contradiction], known: Collection[KnownCase]) -> Findings:
    """What follows from all contradictions among some stays. `known`: the cases that name any of these.

    What a person has decided of two stays holds, whatever still contradicts. A case is moot once its stays contradict
    each other no more, or one of them is gone.
    """
    by_id = {case.id: case for case in known}
    decided = {(case.stay_id, case.other_stay_id) for case in known if case.is_decided}
    waiting = {each.case.id: each.case for each in found if (each.stay.id, each.other.id) not in decided}
    opened = [case for id_, case in waiting.items() if id_ not in by_id or not by_id[id_].is_open]
    return Findings(opened, [case.id for case in known if case.is_open and case.id not in waiting])


def held(stays: Iterable[Stay], known: Iterable[KnownCase]) -> set[UUID]:
    """The stays that are held back: those that an open case names, unless a person found the stay right."""
    named = {stay_id for case in known if case.is_open for stay_id in (case.stay_id, case.other_stay_id)}
    return {stay.id for stay in stays if stay.id in named and Doubt.LOOKED_AT not in stay.doubts}
