"""When the clock of a stay stood, by where else its vehicle was."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from parking.pauses import Nest, Present, affected, paused
from parking.plates import PlateColor, VehicleClass
from parking.stays import State, Stay
from parking.surroundings import ALWAYS, EARLIEST, LATEST, Period
from tests.conftest import NOW

OUTER, INNER, OTHER = 1, 2, 3
PLATE, COLOR = "鲁A12345", PlateColor.BLUE
AROUND, INSIDE = Nest(inner={INNER: ALWAYS}), Nest(outer={OUTER: ALWAYS})


def at(minutes: int | None) -> datetime | None:
    return None if minutes is None else NOW + timedelta(minutes=minutes)


def there(lot: int, since: int | None, until: int | None) -> Present:
    return Present(lot, UUID(int=10_000 * lot + (since or until or 0)), PLATE, COLOR, at(since), at(until))


def stay(lot: int, since: int, until: int) -> Stay:
    ends = (at(since), at(until), 1, 2, UUID(int=8), UUID(int=9))
    return Stay(lot, UUID(int=7), PLATE, COLOR, VehicleClass.SMALL, State.CLOSED, *ends)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([there(INNER, 60, 120)], [(60, 120)]),
        ([there(INNER, 60, 120), there(INNER, 150, 160)], [(60, 120), (150, 160)]),
        ([there(OTHER, 60, 120)], []),
        ([there(INNER, 60, None)], [(60, 240)]),  # it was there until it left this lot
        ([there(INNER, 60, None), there(INNER, 90, 100)], [(60, 90), (90, 100)]),  # or until it came again
        ([there(INNER, 200, 300)], [(200, 240)]),
        ([there(INNER, -60, 30)], [(0, 30)]),
        ([there(INNER, -600, 30), there(OUTER, -700, -500)], []),  # it had left since
        ([there(INNER, -600, 30), there(OUTER, None, -500)], []),
        ([there(INNER, -100, -50), there(INNER, 300, 400), there(INNER, None, 100)], []),
    ],
)
def test_the_clock_stands_while_a_vehicle_is_in_a_lot_inside(
    known: list[Present], expected: list[tuple[int, int]]
) -> None:
    found = paused(stay(OUTER, 0, 240), AROUND, known, since=NOW)
    assert list(found) == [(at(since), at(until)) for since, until in expected]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([there(OUTER, -10, 60)], [(60, 240)]),
        ([there(OUTER, None, 60)], [(60, 240)]),
        ([there(OUTER, -10, 239)], []),  # clocks of two lots may be off
        ([there(OUTER, -10, None), there(OUTER, -100, -20)], []),
        ([there(OUTER, 30, 60)], []),
        ([there(OTHER, -10, 60)], []),
    ],
)
def test_who_left_the_lot_around_is_not_inside(known: list[Present], expected: list[tuple[int, int]]) -> None:
    found = paused(stay(INNER, 0, 240), INSIDE, known, since=NOW)
    assert list(found) == [(at(since), at(until)) for since, until in expected]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        # While the lot lies inside, of two hours in it: a move within, before and after them.
        ((None, 90), [(60, 90)]),
        ((90, None), [(90, 120)]),
        ((None, 60), []),
        ((120, None), []),
        ((70, 80), [(70, 80)]),
        ((None, None), [(60, 120)]),
    ],
)
def test_a_lot_counts_while_it_lies_inside(
    minutes: tuple[int | None, int | None], expected: list[tuple[int, int]]
) -> None:
    when = (Period(at(minutes[0]) or EARLIEST, at(minutes[1]) or LATEST),)
    found = paused(stay(OUTER, 0, 240), Nest(inner={INNER: when}), [there(INNER, 60, 120)], since=NOW)
    assert list(found) == [(at(since), at(until)) for since, until in expected]
    # Who left the lot around at 60 had left the one inside if that lay there then.
    gone = paused(stay(INNER, 0, 240), Nest(outer={OUTER: when}), [there(OUTER, -10, 60)], since=NOW)
    lay_inside = (minutes[0] is None or minutes[0] <= 60) and (minutes[1] is None or minutes[1] > 60)
    assert list(gone) == ([(at(60), at(240))] if lay_inside else [])


def test_what_changes_bears_on_the_other_lots_of_the_nest() -> None:
    assert [(each.lot_id, each.since) for each in affected(stay(INNER, 0, 240), INSIDE)] == [(OUTER, at(0))]
    both = [(OUTER, at(240)), (INNER, at(240))]
    assert [(each.lot_id, each.since) for each in affected(stay(OUTER, 0, 240), AROUND)] == both
