"""Sets of days: those that always exist, the holidays of the State Council's notices, and a document's own."""

from datetime import date, timedelta
from typing import Any

import pytest

from parking.tariffs.language.days import ALWAYS, DaySets
from parking.tariffs.language.holidays import CN_HOLIDAYS, CN_YEARS, HOLIDAYS, WORKED
from tests.parking.tariffs.documents import days, read

CN = DaySets(read(calendar="CN"))
PLAIN = DaySets(read())


def own(*found: dict[str, Any], calendar: str = "CN") -> DaySets:
    return DaySets(read(**days(*found, calendar=calendar)))


def on(text: str) -> date:
    return date.fromisoformat(text)


def test_some_sets_always_exist_and_holidays_with_their_calendar() -> None:
    assert PLAIN.names() == ALWAYS
    assert CN.names() == (*ALWAYS, *CN_HOLIDAYS)
    assert own({"code": "fair"}).names()[-1] == "fair"


@pytest.mark.parametrize(
    ("day", "sets"),
    [
        ("2025-11-18", {"every_day", "monday_to_friday", "workday"}),
        ("2025-11-22", {"every_day", "weekend", "non_workday"}),
        # A Wednesday off, a Sunday worked for it.
        ("2025-10-01", {"every_day", "monday_to_friday", "non_workday", "national_day"}),
        ("2025-09-28", {"every_day", "weekend", "workday"}),
        # Two holidays of one notice.
        ("2025-10-06", {"every_day", "monday_to_friday", "non_workday", "national_day", "mid_autumn"}),
        ("2025-10-08", {"every_day", "monday_to_friday", "non_workday", "national_day"}),
        # The weekend that the notice for 2024 adjoins to New Year is a weekend.
        ("2023-12-31", {"every_day", "weekend", "non_workday"}),
        ("2022-12-31", {"every_day", "weekend", "non_workday", "new_year"}),
        # No notice yet, or none here: the weekday alone.
        ("2027-10-01", {"every_day", "monday_to_friday", "workday"}),
        ("2022-10-03", {"every_day", "monday_to_friday", "workday"}),
    ],
)
def test_the_calendar_of_the_notices(day: str, sets: set[str]) -> None:
    assert CN.on(on(day)) == sets
    for code in CN.names():
        assert CN.holds(code, on(day)) == (code in sets)


def test_without_a_calendar_monday_to_friday_are_workdays() -> None:
    assert PLAIN.on(on("2025-10-01")) == {"every_day", "monday_to_friday", "workday"}
    assert PLAIN.on(on("2025-09-28")) == {"every_day", "weekend", "non_workday"}


# The law gives so many days a year (13 since 2025) and makes up for those on a weekend. All other days off are swapped.
@pytest.mark.parametrize(("year", "given"), [(2023, 11), (2024, 11), (2025, 13), (2026, 13)])
def test_the_notices_give_what_the_law_gives(year: int, given: int) -> None:
    days_off = [day for day in HOLIDAYS if day.year == year]
    assert (
        len([day for day in days_off if day.weekday() < 5]) - len([day for day in WORKED if day.year == year]) == given
    )
    assert {code for day in days_off for code in HOLIDAYS[day]} == set(CN_HOLIDAYS)
    assert year in CN_YEARS


def test_worked_days_are_weekends_that_are_no_holidays() -> None:
    assert all(day.weekday() >= 5 and day not in HOLIDAYS for day in WORKED)


def test_every_condition_must_fit_and_no_exception_hold() -> None:
    sets = own(
        {
            "code": "peak",
            "weekdays": ["sat", "sun"],
            "workday": False,
            "seasons": [{"from": "03-15", "to": "05-31"}, {"from": "09-15", "to": "11-30"}],
            "except": ["short", "labour_day"],
        },
        {"code": "short", "holidays": ["qingming", "dragon_boat", "mid_autumn"]},
    )
    assert sets.holds("peak", on("2026-03-15"))
    assert not sets.holds("peak", on("2026-03-14"))
    assert not sets.holds("peak", on("2026-03-16"))
    assert sets.holds("peak", on("2026-05-31"))
    assert not sets.holds("peak", on("2026-06-06"))
    assert not sets.holds("peak", on("2026-05-09")), "worked"
    assert not sets.holds("peak", on("2026-05-02")), "an exception of the calendar's"
    assert not sets.holds("peak", on("2026-04-04")), "an exception of the document's, named before it stands there"
    assert sets.holds("short", on("2026-06-20"))


def test_a_season_may_go_over_new_year() -> None:
    sets = own({"code": "winter", "seasons": [{"from": "11-15", "to": "02-29"}]}, calendar="none")
    held = ("2027-11-14", "2027-11-15", "2027-12-31", "2028-01-01", "2028-02-29", "2028-03-01")
    assert [sets.holds("winter", on(day)) for day in held] == [False, True, True, True, True, False]
    assert not sets.holds("winter", on("2027-03-01"))


def test_dates_include_both_ends_and_may_touch_and_overlap() -> None:
    ranges = [
        ("2026-05-01", "2026-05-03"),
        ("2026-05-10", "2026-05-10"),
        ("2026-05-02", "2026-05-05"),
        ("2026-05-06", "2026-05-06"),
    ]
    sets = own({"code": "fair", "dates": [{"from": first, "to": last} for first, last in ranges]})
    may = [on("2026-05-01") + timedelta(days=each) for each in range(12)]
    assert [day.day for day in may if sets.holds("fair", day)] == [1, 2, 3, 4, 5, 6, 10]


def test_a_set_without_conditions_is_every_day_but_its_exceptions() -> None:
    sets = own({"code": "all"}, {"code": "rest", "except": ["weekend", "national_day"]})
    assert sets.holds("all", on("2031-02-03"))
    assert sets.holds("rest", on("2026-10-08"))
    assert not sets.holds("rest", on("2026-10-07"))
    assert not sets.holds("rest", on("2026-10-10"))


def test_many_days_may_be_asked_for() -> None:
    first = on("2020-01-01")
    for ahead in range(5000):
        PLAIN.on(first + timedelta(days=ahead))
    assert PLAIN.holds("workday", first)
