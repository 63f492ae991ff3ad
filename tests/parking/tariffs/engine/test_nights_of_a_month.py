"""Caps over what all visits pay for the nights of a month: said by the bands of a cap, its month and its memory."""

from datetime import timedelta

import pytest

from parking import tariffs
from parking.tariffs import Compiled, Tariff, Visit
from tests.parking.tariffs import oracle
from tests.parking.tariffs.strategies import at

# Made up, as texts for residents say it: 2 CNY an hour; a night at most 5, and all nights of a month at most 30.
RESIDENTS = """
code = "residents"
name_zh = "小区周边道路"
name_en = "Roads around the houses"
time_zone = "Asia/Shanghai"
day_begins = "{begins}"

[[bands]]
code = "day"
name_zh = "白天"
name_en = "Day"
hours = [{{ from = "08:00", to = "20:00" }}]
tiers = [{{ unit_fen = 200, unit_min = 60 }}]

[[bands]]
code = "night"
name_zh = "夜间"
name_en = "Night"
hours = [{{ from = "20:00", to = "08:00" }}]
tiers = [{{ unit_fen = 200, unit_min = 60 }}]

[[caps]]
code = "night"
name_zh = "每夜封顶"
name_en = "A night"
fen = 500
per = "window"
windows = [{{ from = "20:00", to = "08:00" }}]
memory = "lot"

[[caps]]
code = "nights"
name_zh = "每月夜间封顶"
name_en = "The nights of a month"
fen = 3000
per = "month"
bands = ["night"]
memory = "lot"
"""
DAY = timedelta(days=1)
FIRST = Visit(at("2025-11-01T21:00"), at("2025-11-02T07:00"))
NIGHTS = [Visit(FIRST.entered_at + n * DAY, FIRST.left_at + n * DAY) for n in range(32)]


def residents(begins: str) -> Tariff:
    return tariffs.from_toml(RESIDENTS.format(begins=begins).encode())


def fees(tariff: Tariff, visits: list[Visit]) -> list[int]:
    """What each costs, as the engine and the oracle have it."""
    found = [fee.fee_fen for fee in tariffs.price_sequence(Compiled(tariff), visits)]
    assert found == [fee_fen for fee_fen, _ in oracle.series(tariff, visits)]
    return found


@pytest.mark.parametrize(
    ("begins", "last_of_november"),
    [
        # The night to the first of December is one of November: its day begins at noon.
        ("12:00", 0),
        # At midnight the new month begins, and with it what may be paid for nights.
        ("00:00", 500),
    ],
)
def test_the_nights_of_a_month_cost_so_much_at_most(begins: str, last_of_november: int) -> None:
    assert fees(residents(begins), NIGHTS) == [500] * 6 + [0] * 23 + [last_of_november] + [500] * 2


def test_days_of_the_month_cost_what_they_cost() -> None:
    by_day = [Visit(night.left_at + timedelta(hours=2), night.left_at + timedelta(hours=4)) for night in NIGHTS[:10]]
    visits = [visit for pair in zip(NIGHTS[:10], by_day, strict=True) for visit in pair]
    assert fees(residents("12:00"), visits) == [500, 400] * 6 + [0, 400] * 4


def test_a_visit_of_many_nights_and_many_visits_of_a_night_are_one_sum() -> None:
    week = Visit(at("2025-11-03T20:00"), at("2025-11-07T08:00"))
    pieces = [
        Visit(start, start + timedelta(minutes=59))
        for n in range(4)
        for start in (at("2025-11-10T21:00") + n * DAY, at("2025-11-10T23:00") + n * DAY)
    ]
    # Four nights and three days between; then four nights in two pieces each, of which two nights' worth is left.
    assert fees(residents("12:00"), [week, *pieces]) == [4 * 500 + 3 * 12 * 200, 200, 200, 200, 200, 200, 0, 0, 0]
