"""How many spaces a lot has left: the count of its gates, anchored on what the lot itself last reported.

    inside      vehicles with an open stay; moves with every entry and exit (the raw count)
    correction  what the lot's own last report says the raw count is off by (the drift)
    published   occupied = inside + correction, kept between nothing and the capacity; free is the rest, less
                the spaces that are kept for bookings whose vehicles have not come

A missed car makes the raw count wrong for ever. A report corrects what is published at once and leaves the raw count
as it is, so the drift stays in sight as a measure of how well the lot's cameras see.

What is published of it goes by when the lot was last heard of: a lot that never sent anything is unknown and not empty,
one that has been silent for STALE_AFTER is stale, whatever way its count comes.

The counts of a batch are moved by one statement (`move_counts` in sql/parking/events.sql), because a correction depends
on the raw count at that moment; tests/parking/test_occupancy.py compares it with the rule in words.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

ALMOST_FULL_FREE_PERCENT = 10
# Events, counts and heartbeats of a gateway come more often by far; whoever is silent for so long may be cut off.
STALE_AFTER = timedelta(minutes=30)
# Cars that go out say of a lot that lives that it does, but not that its count is right: that, its own reports do.
REPORTED_LATELY = timedelta(days=1)
DRIFT_SMALL_PERCENT, DRIFT_LARGE_PERCENT = 5, 15


class LotStatus(StrEnum):
    """What a driver wants to know first. ALMOST_FULL: at most ALMOST_FULL_FREE_PERCENT of the spaces are free. UNKNOWN:
    the lot never sent anything. STALE: it has not been heard of for STALE_AFTER.
    """

    OPEN = "open"
    ALMOST_FULL = "almost_full"
    FULL = "full"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    STALE = "stale"


class Confidence(StrEnum):
    """How far a count is to be believed. HIGH: the lot's own reports of the last day differ little from its gates.
    MEDIUM: it does not report, or they differ. LOW: it is stale, or they differ much. NONE: it is unknown.
    """

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


class Count(Struct, frozen=True):
    """The count of one lot. `version` grows by one with each write of it, so of two readings the greater one holds.

    `updated_at` is None for a lot that was never counted. `inside` counts stays, so it may pass the capacity.
    `booked`: spaces that are kept for who has not come. `heard_at`: when the lot last sent anything; None: never.
    """

    lot_id: int
    inside: int = 0
    correction: int = 0
    reported_free: int | None = None
    reported_at: datetime | None = None
    version: int = 0
    updated_at: datetime | None = None
    booked: int = 0
    heard_at: datetime | None = None


class Published(Struct, frozen=True):
    """What is published of a lot: `free + occupied + booked == capacity`, none of them negative; of a closed
    lot none is free, of an unknown one nobody knows (None).

    `updated_at`: when the count last moved. `counted_at`: when the lot itself last reported its free spaces.
    `heard_at`: when it last sent anything. `raw_inside` and `drift` (what the reports add to it) are for staff who look
    after the cameras.
    """

    free: int | None
    occupied: int
    capacity: int
    status: LotStatus
    updated_at: datetime | None
    counted_at: datetime | None
    raw_inside: int
    drift: int
    booked: int = 0
    heard_at: datetime | None = None
    confidence: Confidence = Confidence.NONE

    @property
    def certain_free(self) -> int:
        """How many spaces are free for sure: none where nobody knows."""
        return self.free or 0

    def age_min(self, now: datetime) -> int | None:
        """For how many minutes nothing was heard of it; None: it never sent anything."""
        return None if self.heard_at is None else max(timedelta(0), now - self.heard_at) // timedelta(minutes=1)


def publish(count: Count, capacity: int, *, now: datetime, is_closed: bool = False) -> Published:
    """The figures to publish at `now` of a lot with `capacity` spaces (at least 1)."""
    occupied = min(max(count.inside + count.correction, 0), capacity)
    booked = min(count.booked, capacity - occupied)
    free = capacity - occupied - booked
    said = _state(count, free, capacity, now, is_closed=is_closed)
    unknown = None if count.heard_at is None else free
    return Published(
        free=0 if is_closed else unknown,
        occupied=occupied,
        capacity=capacity,
        status=said,
        updated_at=count.updated_at,
        counted_at=count.reported_at,
        raw_inside=count.inside,
        drift=count.correction,
        booked=booked,
        heard_at=count.heard_at,
        confidence=_confidence(count, capacity, now),
    )


def _state(count: Count, free: int, capacity: int, now: datetime, *, is_closed: bool) -> LotStatus:
    if is_closed:
        return LotStatus.CLOSED
    if count.heard_at is None:
        return LotStatus.UNKNOWN
    return LotStatus.STALE if is_stale(count, now) else status(free, capacity)


def is_stale(count: Count, now: datetime) -> bool:
    """Whether a lot that was heard of has been silent for too long."""
    return count.heard_at is not None and now - count.heard_at >= STALE_AFTER


def _confidence(count: Count, capacity: int, now: datetime) -> Confidence:
    if count.heard_at is None:
        return Confidence.NONE
    off_percent = abs(count.correction) * 100
    if is_stale(count, now) or off_percent > capacity * DRIFT_LARGE_PERCENT:
        return Confidence.LOW
    reports = count.reported_at is not None and now - count.reported_at < REPORTED_LATELY
    return Confidence.HIGH if reports and off_percent <= capacity * DRIFT_SMALL_PERCENT else Confidence.MEDIUM


def status(free: int, capacity: int) -> LotStatus:
    """How a lot is that is heard of, with `free` of `capacity` spaces left."""
    if free <= 0:
        return LotStatus.FULL
    return LotStatus.ALMOST_FULL if free * 100 <= capacity * ALMOST_FULL_FREE_PERCENT else LotStatus.OPEN


class Sighting(Struct, frozen=True):
    """What a gate event changes of its lot's count: cars more inside (-1, 0 or 1), and the free spaces it reports."""

    lot_id: int
    capacity: int
    at: datetime
    moved: int
    reported_free: int | None


class Move(Struct):
    """How a lot's count moves in a batch.

    `moved`: cars more inside. `reported_free` and `reported_at`: the lot's own last report, if there was one.
    `moved_since`: the cars more inside after that report, or in all.
    """

    lot_id: int
    moved: int = 0
    reported_free: int | None = None
    reported_at: datetime | None = None
    moved_since: int = 0


def moves(sightings: Iterable[Sighting]) -> list[Move]:
    """The moves of the lots whose count changes, by lot. A report that the lot cannot have is left out."""
    by_lot: dict[int, Move] = {}
    for seen in sightings:
        move = by_lot.setdefault(seen.lot_id, Move(seen.lot_id))
        move.moved += seen.moved
        move.moved_since += seen.moved
        if seen.reported_free is not None and is_plausible(seen.reported_free, seen.capacity):
            move.reported_free, move.reported_at, move.moved_since = seen.reported_free, seen.at, 0
    return [move for _, move in sorted(by_lot.items()) if move.moved or move.reported_free is not None]


def is_plausible(reported_free: int, capacity: int) -> bool:
    """Whether a lot can have so many free spaces."""
    return 0 <= reported_free <= capacity


def newer(known: Count | None, read: Count) -> bool:
    """Whether `read` is a later count of its lot than the one that is known, if any is."""
    return known is None or read.version > known.version
