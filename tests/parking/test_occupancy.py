"""The laws of the count: whatever cameras miss and lots report, what is published is possible."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sql
from parking.occupancy import (
    STALE_AFTER,
    Confidence,
    Count,
    LotStatus,
    Move,
    Sighting,
    is_plausible,
    moves,
    newer,
    publish,
    status,
)
from parking.store import events as store
from parking.store.occupancy import counts_of
from tests.parking import network

AT = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
capacities = st.integers(1, 100_000)
counts = st.builds(
    Count, lot_id=st.just(1), inside=st.integers(-50, 200_000), correction=st.integers(-200_000, 200_000)
)


def report(count: Count, capacity: int, free: int, at: datetime) -> Count:
    """The rule: once a lot has said that `free` spaces were free, that is what is published."""
    if count.reported_at is not None and at < count.reported_at:
        return count
    correction = capacity - free - count.inside
    return msgspec.structs.replace(count, correction=correction, reported_free=free, reported_at=at, heard_at=at)


def moved(count: Count, by: int, at: datetime) -> Count:
    """The rule: `by` more stays are open, written at `at`."""
    return msgspec.structs.replace(
        count, inside=count.inside + by, version=count.version + 1, updated_at=at, heard_at=at
    )


@given(counts, capacities)
def test_what_is_published_is_possible(count: Count, capacity: int) -> None:
    said = publish(msgspec.structs.replace(count, heard_at=AT), capacity, now=AT)
    assert said.free is not None
    assert 0 <= said.free <= capacity
    assert said.free + said.occupied == capacity
    assert (said.status is LotStatus.FULL) == (said.free == 0)


@given(counts, capacities, st.data())
def test_a_report_is_published_as_it_is_and_leaves_the_raw_count(
    count: Count, capacity: int, data: st.DataObject
) -> None:
    free = data.draw(st.integers(0, capacity))
    anchored = report(count, capacity, free, AT)
    said = publish(anchored, capacity, now=AT)
    assert said.free == free
    assert said.raw_inside == count.inside
    assert said.drift == (capacity - free) - count.inside
    assert (said.counted_at, anchored.version) == (AT, count.version)


@given(counts, capacities, st.data())
def test_after_a_report_every_car_counts_as_one(count: Count, capacity: int, data: st.DataObject) -> None:
    free = data.draw(st.integers(0, capacity))
    by = data.draw(st.integers(free - capacity, free))
    after = moved(report(count, capacity, free, AT), by, AT)
    assert publish(after, capacity, now=AT).free == free - by


@given(capacities, st.integers(-300_000, 300_000))
def test_only_plausible_reports_are_taken(capacity: int, free: int) -> None:
    assert is_plausible(free, capacity) == (0 <= free <= capacity)
    taken = moves([Sighting(1, capacity, AT, 0, free)])
    assert taken == ([Move(1, 0, free, AT, 0)] if 0 <= free <= capacity else [])


def test_the_moves_of_a_batch_are_one_a_lot_and_anchored_on_its_last_report() -> None:
    later = AT + timedelta(minutes=1)
    batch = [
        Sighting(2, 50, AT, 1, None),
        Sighting(1, 100, AT, 1, 40),
        Sighting(1, 100, later, 1, 39),
        Sighting(1, 100, later, 1, 101),
        Sighting(3, 50, AT, 0, None),
        Sighting(1, 100, later, -1, None),
    ]
    assert moves(batch) == [Move(1, 2, 39, later, 0), Move(2, 1, None, None, 1)]


def test_an_older_report_changes_nothing() -> None:
    held = report(Count(1, inside=10), 100, 80, AT)
    assert report(held, 100, 20, AT - timedelta(seconds=1)) == held


@pytest.mark.parametrize(
    ("free", "capacity", "expected"),
    [
        (0, 1, LotStatus.FULL),
        (1, 1, LotStatus.OPEN),
        (1, 10, LotStatus.ALMOST_FULL),
        (2, 10, LotStatus.OPEN),
        (10, 100, LotStatus.ALMOST_FULL),
        (11, 100, LotStatus.OPEN),
    ],
)
def test_status_says_when_a_lot_is_nearly_full(free: int, capacity: int, expected: LotStatus) -> None:
    assert status(free, capacity) is expected


LATER = AT + STALE_AFTER
HEARD = Count(1, inside=50, version=1, updated_at=AT, heard_at=AT)


@pytest.mark.parametrize(
    ("count", "at", "is_closed", "expected"),
    [
        (Count(1), AT, False, (LotStatus.UNKNOWN, None, Confidence.NONE)),
        # Spaces are kept in it, and it was written down: it has not sent anything for that.
        (Count(1, version=9, updated_at=AT, booked=1), AT, False, (LotStatus.UNKNOWN, None, Confidence.NONE)),
        (Count(1), AT, True, (LotStatus.CLOSED, 0, Confidence.NONE)),
        (HEARD, AT, False, (LotStatus.OPEN, 50, Confidence.MEDIUM)),
        (HEARD, LATER - timedelta(seconds=1), False, (LotStatus.OPEN, 50, Confidence.MEDIUM)),
        (HEARD, LATER, False, (LotStatus.STALE, 50, Confidence.LOW)),
        (HEARD, LATER, True, (LotStatus.CLOSED, 0, Confidence.LOW)),
        (report(HEARD, 100, 46, AT), AT, False, (LotStatus.OPEN, 46, Confidence.HIGH)),
        (report(HEARD, 100, 44, AT), AT, False, (LotStatus.OPEN, 44, Confidence.MEDIUM)),
        (report(HEARD, 100, 34, AT), AT, False, (LotStatus.OPEN, 34, Confidence.LOW)),
        (report(HEARD, 100, 50, AT - timedelta(days=1)), AT, False, (LotStatus.OPEN, 50, Confidence.MEDIUM)),
    ],
)
def test_a_lot_is_unknown_until_it_sends_something_and_stale_when_it_is_silent(
    count: Count, at: datetime, *, is_closed: bool, expected: tuple[LotStatus, int | None, Confidence]
) -> None:
    count = msgspec.structs.replace(count, heard_at=count.heard_at and AT)
    said = publish(count, 100, now=at, is_closed=is_closed)
    assert (said.status, said.free, said.confidence) == expected


def test_of_two_readings_the_greater_version_holds() -> None:
    first = Count(1, version=3)
    assert newer(None, first)
    assert not newer(first, first)
    assert newer(first, moved(first, 1, AT))


async def test_the_database_counts_by_the_same_rule(db: sql.Connection) -> None:
    lots = await network.register(db)
    capacity_of = dict(zip(lots, (plan.capacity for plan in network.PLANS), strict=True))
    rng = random.Random(20261116)
    held = {count.lot_id: count for count in await counts_of(db, lots)}
    for minute in range(200):
        now = AT + timedelta(minutes=minute)
        batch: list[Move] = []
        for lot_id in sorted(rng.sample(lots, rng.randint(1, len(lots)))):
            before, since = rng.randint(-9, 9), rng.randint(-9, 9)
            if reports := rng.random() < 0.7:
                free, at = (
                    rng.randint(0, capacity_of[lot_id]),
                    now - timedelta(seconds=rng.choice((0, 30, 90))),
                )
                batch.append(Move(lot_id, before + since, free, at, since))
            else:
                batch.append(Move(lot_id, before + since, None, None, before + since))
            count = moved(held[lot_id], before, now)
            if reports:
                count = report(count, capacity_of[lot_id], free, at)
            # One statement, so one version, however many cars passed.
            held[lot_id] = msgspec.structs.replace(moved(count, since, now), version=held[lot_id].version + 1)
        assert list(await store.move_counts(db, now, batch, heard_at=now)) == [held[move.lot_id] for move in batch]
    assert {count.lot_id: count for count in await counts_of(db, lots)} == held
