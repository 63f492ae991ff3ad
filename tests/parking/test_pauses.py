"""When the clock of a stay stood, by where else its vehicle was."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from parking.pauses import Nest, Present, affected, paused
from parking.plates import PlateColor, VehicleClass
from parking.stays import State, Stay
from tests.conftest import NOW

OUTER, INNER, OTHER = 1, 2, 3
PLATE, COLOR = "鲁A12345", PlateColor.BLUE
AROUND, INSIDE = Nest(inner=frozenset((INNER,))), Nest(outer=frozenset((OUTER,)))


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


def test_what_changes_bears_on_the_other_lots_of_the_nest() -> None:
    assert [(each.lot_id, each.since) for each in affected(stay(INNER, 0, 240), INSIDE)] == [(OUTER, at(0))]
    both = [(OUTER, at(240)), (INNER, at(240))]
    assert [(each.lot_id, each.since) for each in affected(stay(OUTER, 0, 240), AROUND)] == both
