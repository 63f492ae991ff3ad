"""How many spaces a lot has left: the count of its gates, anchored on what the lot itself last reported.

    inside      vehicles with an open stay; moves with every entry and exit (the raw count)
    correction  what the lot's own last report says the raw count is off by (the drift)
    published   occupied = inside + correction, kept between nothing and the capacity; free is the rest

A missed car makes the raw count wrong for ever. A report corrects what is published at once and leaves the raw count
as it is, so the drift stays in sight as a measure of how well the lot's cameras see.

The counts of a batch are moved where they are kept, by one statement (`move_counts` in sql/parking/gate.sql). `moved`
and `report` are the rule that statement has to keep; tests/parking/test_occupancy.py compares the two.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

ALMOST_FULL_FREE_PERCENT = 10


class LotStatus(StrEnum):
    """What a driver wants to know first. ALMOST_FULL: at most ALMOST_FULL_FREE_PERCENT of the spaces are free."""

    OPEN = "open"
    ALMOST_FULL = "almost_full"
    FULL = "full"


class Count(Struct, frozen=True):
    """The count of one lot. `version` grows by one with each write of it, so of two readings the greater one holds.

    `updated_at` is None for a lot that was never counted. `inside` counts stays, so it may pass the capacity.
    """

    lot_id: int
    inside: int = 0
    correction: int = 0
    reported_free: int | None = None
    reported_at: datetime | None = None
    version: int = 0
    updated_at: datetime | None = None


class Published(Struct, frozen=True):
    """What is said of a lot: `free + occupied == capacity`, none of them negative.

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


def publish(count: Count, capacity: int) -> Published:
    """What to say of a lot with `capacity` spaces (at least 1)."""
    occupied = min(max(count.inside + count.correction, 0), capacity)
    return Published(
        free=capacity - occupied,
        occupied=occupied,
        capacity=capacity,
        status=status(capacity - occupied, capacity),
        updated_at=count.updated_at,
        counted_at=count.reported_at,
        raw_inside=count.inside,
        drift=count.correction,
    )


def status(free: int, capacity: int) -> LotStatus:
    """The status of a lot with `free` of `capacity` spaces left."""
    if free <= 0:
        return LotStatus.FULL
    return LotStatus.ALMOST_FULL if free * 100 <= capacity * ALMOST_FULL_FREE_PERCENT else LotStatus.OPEN


def doubt(capacity: int, reported_free: int) -> str | None:
    """Why a reported number of free spaces is not taken, or None if it is plausible."""
    if reported_free < 0:
        return f"{reported_free} free spaces were reported; a lot cannot have fewer than none."
    if reported_free > capacity:
        return f"{reported_free} free spaces were reported; the lot has {capacity} in all."
    return None


def report(count: Count, capacity: int, reported_free: int, at: datetime) -> Count:
    """The count once the lot has said that `reported_free` spaces were free at `at`.

    A number the lot cannot have changes nothing, and neither does a report older than the one held: it says how the
    lot was before. The version is left alone, as the report is written together with the movement it came with.
    """
    if doubt(capacity, reported_free) is not None or (count.reported_at is not None and at < count.reported_at):
        return count
    # Under this correction the raw count publishes exactly what was reported.
    correction = (capacity - reported_free) - count.inside
    return msgspec.structs.replace(count, correction=correction, reported_free=reported_free, reported_at=at)


def moved(count: Count, by: int, at: datetime) -> Count:
    """The count after `by` more stays are open (negative: fewer), written at `at`."""
    return msgspec.structs.replace(count, inside=count.inside + by, version=count.version + 1, updated_at=at)


def newer(held: Count | None, found: Count) -> bool:
    """Whether `found` is a later reading of its lot than the one held, if one is."""
    return held is None or found.version > held.version
