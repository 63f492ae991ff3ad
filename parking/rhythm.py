"""When the silence of a lot is not usual any more, by how many of its spaces usually change in each quarter of an hour.

A busy lot in which nothing moves at noon is silent after minutes; of one in which nothing ever moves at night nothing
is expected. Of a lot without a past nobody knows what is usual.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from parking.forecast import QUARTER_MIN
from parking.occupancy import STALE_AFTER

# So many cars that would have moved are no accident: where they are usual, none comes in one of 3,000 such times.
MISSED_MIN = 8
# Nothing is said of less; whoever is not heard of for the default is silent where anything is usual, or where nobody
# knows; nobody is silent for longer and not told of.
SHORTEST, DEFAULT, LONGEST = timedelta(minutes=5), STALE_AFTER, timedelta(hours=3)
_QUARTER = timedelta(minutes=QUARTER_MIN)
_QUARTER_S = 60 * QUARTER_MIN


class Rhythm(Struct, frozen=True):
    """How many spaces usually change in the quarters of an hour from `first` on, one after the other; None: that is not
    known.
    """

    first: datetime
    moves: Sequence[int | None]

    def missed(self, since: datetime, now: datetime) -> int | None:
        """How many cars usually would have moved between two instants; None: that is not known of all of it."""
        if since < self.first:
            return None
        car_s, at = 0, self.first
        for moves in self.moves:
            within = min(now, at + _QUARTER) - max(since, at)
            if within > timedelta(0):
                if moves is None:
                    return None
                car_s += moves * int(within.total_seconds())
            at += _QUARTER
        return car_s // _QUARTER_S if now <= at else None


UNKNOWN = Rhythm(datetime.max.replace(tzinfo=UTC), ())


def first_of(now: datetime) -> datetime:
    """From when on what is usual has to be known, for what is silent at `now`."""
    return now - LONGEST - _QUARTER


def may_be_silent(heard_at: datetime | None, moved_at: datetime | None, now: datetime) -> bool:
    """Whether it has to be known what is usual."""
    last = heard_at if moved_at is None else min(moved_at, heard_at or moved_at)
    return last is not None and now - last >= SHORTEST


def is_silent(heard_at: datetime, moved_at: datetime | None, rhythm: Rhythm, now: datetime) -> bool:
    """Whether somebody has to see to a lot that was last heard of, and in which a car last moved, at these instants."""
    silence = now - heard_at
    if silence >= LONGEST:
        return True
    if silence >= DEFAULT and rhythm.missed(heard_at, now) != 0:
        return True
    if moved_at is None or now - moved_at < SHORTEST:
        return False
    missed = rhythm.missed(max(moved_at, now - LONGEST), now)
    return missed is not None and missed >= MISSED_MIN
