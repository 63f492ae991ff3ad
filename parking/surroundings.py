"""Where lots lie, at any instant: which one inside of which, and which along one road."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, NamedTuple, Protocol, TypeVar

from msgspec import Meta, Struct

from parking import dated
from parking.dated import Version
from parking.lots import ROAD_WITHIN_MIN_MAX, Around, Code, InnerClock
from payments.errors import OneLotError

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Surroundings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a lot lies, as a `LotPlan` says it: all of it, what is left out is not so."""

    inside_of: Code | None = None
    inner_clock: InnerClock = InnerClock.RUNS
    road: Code | None = None
    road_within_min: Annotated[int, Meta(ge=1, le=ROAD_WITHIN_MIN_MAX)] = 10

    def __post_init__(self) -> None:
        if self.inner_clock is InnerClock.STOPS and self.inside_of is None:
            raise ValueError("a lot stops the clock of the one that it lies in: say `inside_of`")

    def around(self, inside_of: int | None) -> Around:
        """The same with the number of the lot around."""
        return Around(inside_of, self.inner_clock, self.road, None if self.road is None else self.road_within_min)


class InsideItself(OneLotError):
    """A lot cannot lie inside of one that lies inside of it."""


class Period(NamedTuple):
    """From an instant until before another."""

    since: datetime
    until: datetime


Periods = tuple[Period, ...]
ALWAYS = (Period(EARLIEST, LATEST),)


class Located(Protocol):
    """A lot, as far as it lies somewhere."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def surroundings(self) -> tuple[Version[Around], ...]:
        """Where it came to lie since it was registered, or will."""

    def around_at(self, at: datetime) -> Around:
        """Where it lies at an instant."""


L = TypeVar("L", bound=Located)


class Placed(Struct, frozen=True):
    """A lot of an operator, and where it lies: `first` from the beginning until the first of the versions."""

    id: int
    operator_id: int
    first: Around
    surroundings: tuple[Version[Around], ...] = ()

    def around_at(self, at: datetime) -> Around:
        """Where it lies at an instant."""
        return dated.at(self.first, self.surroundings, at)

    def moved(self, begins: Version[Around]) -> "Placed":
        """The lot as it lies once another version begins, in the place of one of its instant."""
        others = [each for each in self.surroundings if each.valid_from != begins.valid_from]
        return Placed(self.id, self.operator_id, self.first, tuple(sorted([*others, begins], key=_begins)))


def _begins(version: Version[Around]) -> datetime:
    return version.valid_from


def periods(lots: Iterable[Located]) -> list[Period]:
    """The times within which no lot comes to lie anywhere else, from the first to the last."""
    changes = {each.valid_from for lot in lots for each in lot.surroundings}
    return [Period(*each) for each in pairwise(sorted({EARLIEST, *changes, LATEST}))]


def holds(when: Periods, at: datetime) -> bool:
    """Whether an instant lies in one of some periods."""
    return any(each.since <= at < each.until for each in when)


def clipped(since: datetime, until: datetime, when: Periods) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a time that lie in some periods."""
    for each in when:
        if max(since, each.since) < min(until, each.until):
            yield max(since, each.since), min(until, each.until)


def around(lot: L, lots: Mapping[int, L], at: datetime) -> list[L]:
    """The lots that a lot lies in at an instant, the nearest first. The last is the lot itself if it lies in itself."""
    found: list[L] = []
    inside_of = lot.around_at(at).inside_of
    while inside_of is not None and (outer := lots.get(inside_of)) is not None and outer not in found:
        found.append(outer)
        inside_of = outer.around_at(at).inside_of
    return found


def lies_in(inner: L, outer: L, lots: Mapping[int, L], at: datetime) -> bool:
    """Whether a lot lies inside of another at an instant, or inside of one that does."""
    return any(each.id == outer.id for each in around(inner, lots, at))


def check_place(lot: Placed, lots: Mapping[int, Placed], since: datetime) -> None:
    """Refuses a lot that would come to lie in itself.

    Raises:
        InsideItself: it would.
    """
    for period in periods(lots.values()):
        if period.until > since and any(each.id == lot.id for each in around(lot, lots, period.since)):
            raise InsideItself("That lot lies inside of this one.", field="inside_of")


def in_nests(lots: Mapping[int, Located]) -> frozenset[int]:
    """The lots that lie inside of others or did, and those others."""
    places = [(lot.id, each.inside_of) for lot in lots.values() for each in _all(lot)]
    return frozenset(id_ for inner, outer in places if outer is not None for id_ in (inner, outer))


def stopping(lots: Iterable[L]) -> list[L]:
    """The lots that stop the clocks of those around, did or will."""
    return [lot for lot in lots if any(each.inner_clock is InnerClock.STOPS for each in _all(lot))]


def _all(lot: Located) -> list[Around]:
    return [lot.around_at(EARLIEST), *(each.value for each in lot.surroundings)]


def when(
    lots: Iterable[L], within: Iterable[Period], related: Callable[[L, datetime], Iterable[L]]
) -> dict[tuple[int, int], Periods]:
    """When lots are related to others, by both numbers. `related`: to which ones at an instant, and so in the whole of
    the period of `within` that it begins.
    """
    of_interest = list(lots)
    found: dict[tuple[int, int], list[Period]] = {}
    for period in within:
        for lot in of_interest:
            for other in related(lot, period.since):
                so_far = found.setdefault((lot.id, other.id), [])
                if so_far and so_far[-1].until == period.since:
                    so_far[-1] = Period(so_far[-1].since, period.until)
                else:
                    so_far.append(period)
    return {pair: tuple(each) for pair, each in found.items()}


def counting_on(lots: Iterable[Located]) -> dict[int, list[Version[int | None]]]:
    """Within how many minutes who drives on from another stretch is counted on, from when on, by lot; None where a lot
    is no stretch then, or the only one. The first of each holds from the beginning. Lots that never are have none.
    """
    along = [lot for lot in lots if any(each.road is not None for each in _all(lot))]
    # Most roads are as they were from the beginning, and are looked at once.
    moving = {each.road for lot in along if lot.surroundings for each in _all(lot)}
    rest = [lot for lot in along if not lot.surroundings and lot.around_at(EARLIEST).road not in moving]
    changing = [lot for lot in along if lot.surroundings or lot.around_at(EARLIEST).road in moving]
    return _counting_on(rest) | _counting_on(changing)


def _counting_on(along: Sequence[Located]) -> dict[int, list[Version[int | None]]]:
    found: dict[int, list[Version[int | None]]] = {lot.id: [] for lot in along}
    for since, _ in periods(along):
        places = [lot.around_at(since) for lot in along]
        stretches = Counter(each.road for each in places)
        for lot, place in zip(along, places, strict=True):
            within_min = place.road_within_min if place.road is not None and stretches[place.road] > 1 else None
            if not found[lot.id] or found[lot.id][-1].value != within_min:
                found[lot.id].append(Version(since, within_min))
    return {id_: each for id_, each in found.items() if any(one.value is not None for one in each)}


def concerned(lot: Placed, lots: Mapping[int, Placed], said: Around) -> set[int]:
    """The lots in which something may have been decided by where a lot lies, or will lie: itself, those around, those
    inside, and the other stretches of its roads.
    """
    found = {lot.id}
    roads = {each.road for each in (*_all(lot), said) if each.road is not None}
    for since, _ in periods(lots.values()):
        for other in lots.values():
            chain = {each.id for each in around(other, lots, since)}
            if other.id == lot.id or lot.id in chain or other.id == said.inside_of:
                found |= {other.id, *chain}
            if other.around_at(since).road in roads:
                found.add(other.id)
    return found
