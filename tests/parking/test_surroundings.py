"""Where lots lie at any instant: around, inside, along roads, and never in themselves."""

from datetime import datetime, timedelta

import pytest

from parking.dated import Version
from parking.lots import Around
from parking.surroundings import (
    EARLIEST,
    InsideItself,
    Period,
    Placed,
    around,
    check_place,
    concerned,
    counting_on,
    in_nests,
    lies_in,
    periods,
)
from tests.conftest import NOW

HOUR = timedelta(hours=1)
HALL, DECK, CELLAR, ROAD_A, ROAD_B = range(1, 6)


def lot(id_: int, inside_of: int | None = None, *versions: tuple[int, Around], road: str | None = None) -> Placed:
    first = Around(inside_of, road=road, road_within_min=None if road is None else 10)
    return Placed(id_, 1001, first, tuple(Version(hour(at), place) for at, place in versions))


def hour(number: int) -> datetime:
    return NOW + number * HOUR


LOTS = {
    each.id: each
    for each in (
        lot(HALL),
        lot(DECK, HALL),
        # The cellar comes to lie in the deck, and later in nothing.
        lot(CELLAR, None, (1, Around(DECK)), (3, Around())),
        lot(ROAD_A, road="lishan"),
        lot(ROAD_B, None, (2, Around(road="lishan", road_within_min=15)), (4, Around(road="other", road_within_min=5))),
    )
}


@pytest.mark.parametrize(
    ("number", "at", "outer"),
    [(DECK, 0, [HALL]), (CELLAR, 0, []), (CELLAR, 1, [DECK, HALL]), (CELLAR, 2, [DECK, HALL]), (CELLAR, 3, [])],
)
def test_the_lots_around(number: int, at: int, outer: list[int]) -> None:
    assert [each.id for each in around(LOTS[number], LOTS, hour(at))] == outer
    inside_of = [each.id for each in LOTS.values() if lies_in(LOTS[number], each, LOTS, hour(at))]
    assert inside_of == sorted(outer)


def test_who_ever_lay_inside_or_around() -> None:
    assert in_nests(LOTS) == {HALL, DECK, CELLAR}
    assert len(periods(LOTS.values())) == 5
    assert periods([]) == [Period(EARLIEST, datetime.max.replace(tzinfo=NOW.tzinfo))]


@pytest.mark.parametrize(
    ("begins", "place", "is_refused"),
    [
        (0, Around(DECK), True),
        (0, Around(HALL), True),
        (0, Around(), False),
        # In the cellar: while that lies in the deck, and so in the hall, and before it does.
        (1, Around(CELLAR), True),
        (0, Around(CELLAR), True),
        (3, Around(CELLAR), False),
    ],
)
def test_no_lot_lies_in_itself(begins: int, place: Around, is_refused: bool) -> None:
    moved = LOTS[HALL].moved(Version(hour(begins), place))
    if is_refused:
        with pytest.raises(InsideItself):
            check_place(moved, {**LOTS, HALL: moved}, hour(begins))
    else:
        check_place(moved, {**LOTS, HALL: moved}, hour(begins))


def test_stretches_count_on_while_there_are_two() -> None:
    both = {
        id_: [(each.valid_from, each.value) for each in found] for id_, found in counting_on([*LOTS.values()]).items()
    }
    assert both == {
        ROAD_A: [(EARLIEST, None), (hour(2), 10), (hour(4), None)],
        ROAD_B: [(EARLIEST, None), (hour(2), 15), (hour(4), None)],
    }


@pytest.mark.parametrize(
    ("number", "said", "found"),
    [
        (ROAD_A, Around(), {ROAD_A, ROAD_B}),
        (ROAD_B, Around(road="third", road_within_min=5), {ROAD_A, ROAD_B}),
        (DECK, Around(), {HALL, DECK, CELLAR}),
        (HALL, Around(), {HALL, DECK, CELLAR}),
        (ROAD_A, Around(CELLAR), {ROAD_A, ROAD_B, CELLAR, DECK, HALL}),
        (ROAD_A, Around(HALL), {ROAD_A, ROAD_B, HALL}),
    ],
)
def test_what_is_concerned_by_where_a_lot_lies(number: int, said: Around, found: set[int]) -> None:
    assert concerned(LOTS[number], LOTS, said) == found
