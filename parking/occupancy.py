"""How many spaces a lot has left: the count of its gates, anchored on what the lot itself last reported.

    inside      vehicles with an open stay; moves with every entry and exit (the raw count)
    correction  what the lot's own last report says the raw count is off by (the drift)
    published   occupied = inside + correction, kept between nothing and the capacity; free is the rest, less
                the spaces that are kept for bookings whose vehicles have not come

A missed car makes the raw count wrong for ever. A report corrects what is published at once and leaves the raw count
as it is, so the drift stays in sight as a measure of how well the lot's cameras see.

The counts of a batch are moved by one statement (`move_counts` in sql/parking/events.sql), because a correction depends
on the raw count at that moment; tests/parking/test_occupancy.py compares it with the rule in words.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

ALMOST_FULL_FREE_PERCENT = 10


class LotStatus(StrEnum):
    """What a driver wants to know first. ALMOST_FULL: at most ALMOST_FULL_FREE_PERCENT of the spaces are free."""

    OPEN = "open"
    ALMOST_FULL = "almost_full"
    FULL = "full"
    CLOSED = "closed"


class Count(Struct, frozen=True):
    """The count of one lot. `version` grows by one with each write of it, so of two readings the greater one holds.

    `updated_at` is None for a lot that was never counted. `inside` counts stays, so it may pass the capacity.
    `booked`: spaces that are kept for who has not come.
    """

    lot_id: int
    inside: int = 0
    correction: int = 0
    reported_free: int | None = None
    reported_at: datetime | None = None
    version: int = 0
    updated_at: datetime | None = None
    booked: int = 0


class Published(Struct, frozen=True):
    """What is published of a lot: `free + occupied + booked == capacity`, none of them negative; of a closed
    lot none is free.

    `updated_at`: when the count last moved. `counted_at`: when the lot itself last reported its free spaces.
    `raw_inside` and `drift` (what the reports add to it) are for staff who look after the cameras.
    """

    free: int
    occupied: int
    capacity: int
    status: LotStatus
    updated_at: datetime | None
    counted_at: datetime | None
    raw_inside: int
    drift: int
    booked: int = 0


def publish(count: Count, capacity: int, *, is_closed: bool = False) -> Published:
    """The figures to publish of a lot with `capacity` spaces (at least 1)."""
    occupied = min(max(count.inside + count.correction, 0), capacity)
    booked = min(count.booked, capacity - occupied)
    free = capacity - occupied - booked
    return Published(
        free=0 if is_closed else free,
        occupied=occupied,
        capacity=capacity,
        status=LotStatus.CLOSED if is_closed else status(free, capacity),
        updated_at=count.updated_at,
        counted_at=count.reported_at,
        raw_inside=count.inside,
        drift=count.correction,
        booked=booked,
    )


def status(free: int, capacity: int) -> LotStatus:
    """The status of a lot with `free` of `capacity` spaces left."""
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
