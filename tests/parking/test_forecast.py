"""What is usual: the middle of what was, on days of one kind, by the clock of the lot."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import forecast
from parking.forecast import DAYS_MIN, QUARTERS, DayKind, Seen, Usual, UsualDay

SHANGHAI = "Asia/Shanghai"
MONDAY = datetime(2026, 11, 16, 9, 5, tzinfo=ZoneInfo(SHANGHAI))


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-11-16", DayKind.WORK),
        ("2026-11-21", DayKind.OFF),
        ("2026-11-22", DayKind.OFF),
        # National Day, and a Saturday that is worked for it.
        ("2026-10-01", DayKind.OFF),
        ("2026-10-10", DayKind.WORK),
    ],
)
def test_days_are_of_a_kind(day: str, kind: DayKind) -> None:
    assert forecast.kind_of(date.fromisoformat(day)) is kind


def test_an_instant_is_a_quarter_of_the_clock_on_the_wall() -> None:
    assert forecast.when(MONDAY.astimezone(UTC), SHANGHAI) == (DayKind.WORK, 36)
    assert forecast.when(MONDAY, "Asia/Kathmandu") == (DayKind.WORK, 27)
    assert forecast.begun(MONDAY) == MONDAY.replace(minute=0)


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-11-16T09:00+08:00", [(DayKind.WORK, 36, 40)]),
        ("2026-11-16T23:30+08:00", [(DayKind.WORK, 94, 95), (DayKind.WORK, 0, 2)]),
        ("2026-11-20T23:45+08:00", [(DayKind.WORK, 95, 95), (DayKind.OFF, 0, 3)]),
    ],
)
def test_quarters_that_follow_each_other_are_stretches_of_days(
    since: str, found: list[tuple[DayKind, int, int]]
) -> None:
    assert forecast.stretches(datetime.fromisoformat(since), 5, SHANGHAI) == found


def days(*free: int) -> list[Seen]:
    """So many were free on working days at nine, one after the other."""
    mondays = [MONDAY.replace(minute=0) + timedelta(weeks=week) for week in range(len(free))]
    return [Seen(at, each) for at, each in zip(mondays, free, strict=True)]


def of(usual: list[UsualDay], kind: DayKind) -> UsualDay:
    return next(each for each in usual if each.kind is kind)


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        ((), None),
        ((5, 5), None),
        ((1, 2, 3), Usual(2, 2, 3, 3)),
        ((0, 10, 20, 30, 40), Usual(10, 20, 30, 5)),
        ((40, 0, 30, 10, 20), Usual(10, 20, 30, 5)),
        ((7, 7, 7, 7), Usual(7, 7, 7, 4)),
    ],
)
def test_what_is_usual_is_the_middle(free: tuple[int, ...], expected: Usual | None) -> None:
    usual = forecast.usual(days(*free), SHANGHAI)
    work = of(usual, DayKind.WORK)
    assert len(work.quarters) == QUARTERS
    assert work.quarters[36] == expected
    assert work.quarters[35] is work.quarters[37] is None
    assert of(usual, DayKind.OFF).quarters[36] is None


def test_how_much_moves_is_the_middle_of_what_moved_between_quarters_that_follow_each_other() -> None:
    quarter = timedelta(minutes=15)
    nine = [(each.at, each.free) for each in days(10, 50, 30)]
    later = [(at + quarter, free + moved) for (at, free), moved in zip(nine, (-4, 9, 5), strict=True)]
    # What was seen after a gap says nothing of the quarters in between.
    after_gap = [(at + 3 * quarter, 0) for at, _ in nine]
    seen = [Seen(at, free) for at, free in (*later, *after_gap, *nine)]
    moves = forecast.moves(seen, SHANGHAI)
    assert len(moves[DayKind.WORK]) == QUARTERS
    assert [moves[DayKind.WORK][at] for at in (35, 36, 37, 38, 39)] == [None, 5, None, None, None]
    assert set(moves[DayKind.OFF]) == {None}


@given(st.lists(st.integers(0, 1000), min_size=DAYS_MIN, max_size=40))
def test_the_half_of_all_days_lies_around_the_middle(free: list[int]) -> None:
    quarter = of(forecast.usual(days(*free), "UTC"), DayKind.WORK).quarters[4]
    assert quarter is not None
    assert min(free) <= quarter.free_low <= quarter.free_median <= quarter.free_high <= max(free)
    assert quarter.days == len(free)
