"""Which passings of one vehicle in one lot are of one stay: those of its entry, and those of its exit.

`spans_of` goes through passings in the order of their times, whatever the order in which they were told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from parking.exits import Exits
from parking.lots import Direction
from parking.passings import Passing, recorded_first
from parking.reads import Read
from parking.tariffs import STAY_DAYS_MAX

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
# Who was kept out and is read at an exit so soon had come in all the same; later it came another time, unseen, unless
# somebody is known to have opened for it.
KEPT_OUT_MAX = timedelta(hours=72)
STAY_MAX = timedelta(days=STAY_DAYS_MAX)
# Of one stay; the first of more are left out.
EXITS_MAX = 200


class Span:
    """A stay while its passings are gone through. `waits`: the lot tells passages, so that it is not over before one.
    `is_last`: nothing later is known of its vehicle. `turned_round`: it parked on after a barrier had opened for it.
    """

    __slots__ = ("came", "is_last", "left", "seen_again_at", "turned_round", "waits")

    def __init__(self, came: list[Passing], left: list[Passing], *, waits: bool = False) -> None:
        self.came = came
        self.left = left
        self.waits = waits
        self.is_last = False
        self.turned_round = False
        self.seen_again_at: datetime | None = None

    @property
    def id(self) -> UUID:
        """The number of its stay: that of the read recorded first among those of its first passing, or its exit."""
        return recorded_first([read for passing in self.came or self.left for read in passing.reads]).id

    @property
    def began_at(self) -> datetime:
        """When it, or the known half of it, began."""
        return (self.came or self.left)[0].at

    @property
    def is_kept_out(self) -> bool:
        """Whether its vehicle came to a way in that did not open for it. It may have come in all the same."""
        return bool(self.came) and all(passing.is_kept_out for passing in self.came)

    @property
    def longest(self) -> timedelta:
        """How long its vehicle may have stayed that is read at an exit."""
        if not self.is_kept_out or any(read.opened_for for passing in self.came for read in passing.reads):
            return STAY_MAX
        return KEPT_OUT_MAX

    @property
    def stops(self) -> Sequence[Passing]:
        """The first passing of each time that its vehicle stood at an exit."""
        if len(self.left) < 2:
            return self.left
        again = [after for before, after in pairwise(self.left) if after.at - before.until > STANDS_MAX]
        return [self.left[0], *again]

    @property
    def leaving(self) -> Passing | None:
        """The passing with which its vehicle left, as far as is known."""
        if not self.left:
            return None
        # While it stood there it was told what it costs when it was read first, but where it has to be seen to pass.
        return self.left[-1] if self.waits else self.stops[-1]

    @property
    def exits(self) -> tuple[datetime, ...]:
        """When its vehicle came to an exit, if that was more than once."""
        stood = self.left if self.waits else self.stops
        return tuple([passing.at for passing in stood[-EXITS_MAX:]]) if len(stood) > 1 else ()

    @property
    def drove_by(self) -> bool:
        """Whether its vehicle came to an exit so soon that most of these only drive by it."""
        return self.left[0].at - self.came[0].at <= TURNED_ROUND_MAX

    def let_out(self, since: datetime) -> Read | None:
        """The last read at an exit, since an instant, about which it was decided to let the vehicle out."""
        found = [read for passing in self.left if passing.at >= since for read in passing.reads if read.let_out]
        return found[-1] if found else None

    def opened_at(self, until: datetime, exits: Exits) -> datetime | None:
        """When a barrier opened for its vehicle as it stood at an exit last, as far as that is known at an instant."""
        stopped = self.stops[-1]
        return exits.opened_at(stopped.vehicle, self.id, stopped.at, until)


def spans_of(passings: Sequence[Passing], exits: Exits) -> list[Span]:
    """The stays of one vehicle in one lot.

    At one instant who is inside leaves before coming again, and who is not comes before leaving: what was before an
    arrival does not matter to what comes after it.
    """
    spans: list[Span] = []
    inside: Span | None = None
    gone: Span | None = None
    ordered = list(passings)
    if len(ordered) > 1:
        ordered.sort(key=lambda p: (p.at, p.direction is Direction.ENTRY, p.reads[0].id))
    for n in range(len(ordered)):
        if inside is None:
            _let_come(ordered, n)
        if ordered[n].direction is Direction.ENTRY:
            inside = _enter(spans, inside, gone, ordered[n])
        else:
            gone = _leave(spans, inside, gone, ordered[n], exits)
            inside = None
    last = inside or gone
    if last is not None:
        last.is_last = True
    return spans


def _let_come(ordered: list[Passing], n: int) -> None:
    """Puts an entry of the same instant before an exit, of who is not inside."""
    for later in range(n + 1, len(ordered)):
        if ordered[n].direction is Direction.ENTRY or ordered[later].at != ordered[n].at:
            return
        if ordered[later].direction is Direction.ENTRY:
            ordered.insert(n, ordered.pop(later))


def _enter(spans: list[Span], inside: Span | None, gone: Span | None, passing: Passing) -> Span | None:
    """What is inside after an entry."""
    if inside is not None:
        if passing.at - inside.came[-1].until <= STANDS_MAX and not _has_passed(inside.came, passing.at):
            inside.came.append(passing)
            return inside
        if passing.is_doubtful and not (inside.came[0].is_doubtful or inside.is_kept_out):
            # Another vehicle, more likely, that was read as this one.
            spans.append(Span([passing], []))
            return inside
        inside.seen_again_at = passing.at
    elif gone is not None and gone.came and passing.at - gone.came[0].at <= SEEN_AGAIN_MAX:
        gone.came.append(passing)
        return None
    spans.append(Span([passing], []))
    return spans[-1]


def _leave(spans: list[Span], inside: Span | None, gone: Span | None, passing: Passing, exits: Exits) -> Span:
    """The stay that an exit ends."""
    waits = exits.confirmed(passing.vehicle.lot_id, passing.at)
    if inside is not None:
        if passing.at - inside.came[0].at <= inside.longest:
            inside.left.append(passing)
            inside.waits = waits
            return inside
        # Nobody parks for years: the exit of that visit was missed, and the entry of this one too.
    elif gone is not None and passing.at - gone.began_at <= STAY_MAX and not _has_passed(gone.left, passing.at):
        if passing.at - gone.left[-1].until <= STANDS_MAX:
            gone.left.append(passing)
            return gone
        if gone.came and surest(gone.left).is_doubtful and not passing.is_doubtful:
            # What was read then was another vehicle, more likely: this one leaves now.
            spans.append(Span([], gone.left))
            gone.left = [passing]
            return gone
        if _stands_there(gone, passing, exits):
            gone.left.append(passing)
            return gone
        if _parked_on(gone, passing, exits):
            # If a barrier had opened for it, it might as well have left and come again unseen.
            gone.turned_round |= gone.drove_by or gone.opened_at(passing.at, exits) is not None
            gone.left.append(passing)
            return gone
    spans.append(Span([], [passing], waits=waits))
    return spans[-1]


def _stands_there(gone: Span, passing: Passing, exits: Exits) -> bool:
    """Whether a vehicle that was read at an exit has not left there yet: it has to pass first, or has just paid."""
    return bool(gone.waits and gone.came) or exits.may_leave(passing.vehicle.lot_id, gone.id, passing.at)


def _parked_on(gone: Span, passing: Passing, exits: Exits) -> bool:
    """Whether a vehicle that was read at an exit did not leave there, since it is read there again and was not seen to
    come again. One for which a barrier opened most likely left, and one that a person let out certainly.
    """
    if not gone.came or gone.waits:
        return False
    if gone.let_out(gone.stops[-1].at) is not None:
        return False
    since, opened_at = gone.left[-1].until, None if gone.drove_by else gone.opened_at(passing.at, exits)
    if opened_at is None:
        return passing.at - since <= READ_AGAIN_MAX
    return not passing.is_doubtful and passing.at - max(opened_at, since) <= LET_OUT_READ_AGAIN_MAX


def _has_passed(stood: Sequence[Passing], again_at: datetime) -> bool:
    """Whether a vehicle was seen to pass since it was read at a lane, so that what is read of it now is something new.

    A camera may see the back of it for a moment.
    """
    passed = passed_at(stood)
    return bool(passed) and again_at > max(passed) + SEEN_AGAIN_MAX


def passed_at(stood: Sequence[Passing]) -> list[datetime]:
    """When a vehicle was seen to pass after it was read at a lane."""
    return [read.passed_at for passing in stood for read in passing.reads if read.passed_at is not None]


def surest(passings: Sequence[Passing]) -> Passing:
    """The one whose plate was read most surely."""
    return passings[0] if len(passings) == 1 else max(passings, key=lambda passing: passing.confidence)
