"""Caps for some visits only: the early bird, the maximum that holds once, weekends; and bands free for a class."""

from typing import Any

import pytest

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import Tariff, Vehicle, Visit
from parking.tariffs.notice import notice
from tests.parking.tariffs.documents import LARGE, NAMES, bands, read
from tests.parking.tariffs.test_vectors import at, fee, visit

# Made up, as such prices are written: 4 dollars an hour; in from 6:00 to 9:30 and out from 15:00 to 19:00, 15 at most.
EARLY_BIRD = """
code = "early_bird"
name_zh = "市中心停车楼"
name_en = "City car park"
time_zone = "Australia/Sydney"
currency = "AUD"

[[bands]]
code = "all_day"
name_zh = "全天"
name_en = "All day"
hours = [{}]
tiers = [{ unit_fen = 400, unit_min = 60 }]

[[caps]]
code = "early_bird"
name_zh = "早鸟价"
name_en = "Early bird"
fen = 1500
per = "stay"
days = "monday_to_friday"
entered = [{ from = "06:00", to = "09:30" }]
left = [{ from = "15:00", to = "19:00" }]

[[caps]]
code = "weekend"
name_zh = "周末封顶"
name_en = "Weekend maximum"
fen = 800
per = "day"
days = "weekend"
"""

# Made up, as many coin parks have it: 200 yen per half hour, 900 at most in the first 24 hours, and that once.
ONCE = """
code = "once"
name_zh = "投币停车场"
name_en = "Coin park"
time_zone = "Asia/Tokyo"
currency = "JPY"

[[bands]]
code = "all_day"
name_zh = "全天"
name_en = "All day"
hours = [{}]
tiers = [{ unit_fen = 200, unit_min = 30 }]

[[caps]]
code = "once"
name_zh = "最大料金"
name_en = "Maximum"
fen = 900
per = "cycle"
times_max = 1
"""


@pytest.mark.parametrize(
    ("entry", "exit_", "amount"),
    [
        ("tue 06:00", "tue 19:00", 1500),
        ("tue 09:29", "tue 15:01", 1500),
        ("tue 09:00", "tue 10:00", 400),
        # Too early in, too late in, too early out, too late out.
        ("tue 05:59", "tue 16:00", 4400),
        ("tue 09:30", "tue 16:00", 2800),
        ("tue 09:00", "tue 15:00", 2400),
        ("tue 09:00", "tue 19:01", 4400),
        ("sat 09:00", "sat 16:00", 800),
        ("sat 10:00", "sun 20:00", 1600),
        ("fri 22:00", "sat 20:00", 1600),
    ],
)
def test_an_early_bird_and_a_weekend(entry: str, exit_: str, amount: int) -> None:
    early_bird = tariffs.from_toml(EARLY_BIRD.encode())
    assert fee(early_bird, visit(early_bird, entry, exit_)) == amount


def test_the_board_says_who_is_an_early_bird() -> None:
    said = notice(tariffs.from_toml(EARLY_BIRD.encode()))
    assert (
        "Early bird: at most 15 AUD a stay, for an entry on Monday to Friday, for an entry 06:00–09:30, "
        "for an exit 15:00–19:00."
    ) in said.en
    assert "周末封顶：每个自然日最高 8 澳元，仅限周六、周日。" in said.zh


@pytest.mark.parametrize(
    ("exit_", "amount"), [("tue 11:00", 800), ("wed 09:00", 900), ("wed 09:10", 1100), ("thu 09:00", 10500)]
)
def test_a_maximum_that_holds_once(exit_: str, amount: int) -> None:
    once = tariffs.from_toml(ONCE.encode())
    assert fee(once, visit(once, "tue 09:00", exit_)) == amount


def _of_large(tariff: Tariff, entry: str, exit_: str) -> int:
    return fee(tariff, Visit(at(tariff, entry), at(tariff, exit_), Vehicle(kind=VehicleClass.LARGE)))


def test_a_band_without_prices_is_free_for_the_class_and_not_chargeable() -> None:
    free: dict[str, Any] = {"free": {"minutes": 60, "counts": "chargeable", "deducted": True}}
    lot = read(classes=[{**LARGE, "prices": {"night": []}}], **free)
    # The night does not use the free hour up for a large vehicle; for a small one it does.
    assert _of_large(lot, "tue 22:00", "wed 09:00") == 0
    assert _of_large(lot, "tue 22:00", "wed 10:00") == 200
    assert fee(lot, visit(lot, "tue 22:00", "wed 10:00", "small")) == 2200
    everywhere = read(classes=[{**LARGE, "prices": {"day": [], "night": []}}])
    assert _of_large(everywhere, "tue 09:00", "thu 09:00") == 0


def test_a_cap_for_one_class_leaves_the_others_alone() -> None:
    top = {"code": "top", "fen": 500, "per": "day", "who": {"kinds": ["large"]}, **NAMES}
    lot = read(caps=[top])
    assert _of_large(lot, "tue 09:00", "tue 18:00") == 500
    assert fee(lot, visit(lot, "tue 09:00", "tue 18:00", "small")) == 1800


def test_part_units_by_the_minute_and_days_by_themselves() -> None:
    lot = read(**bands(lambda b: [each.update(part_unit="minutes", daily=True) for each in b]))
    # 200 an hour: 40 minutes are 133, half a fen up; the night ends a unit at midnight.
    assert fee(lot, visit(lot, "tue 09:00", "tue 10:40", "small")) == 333
    assert fee(lot, visit(lot, "tue 23:30", "wed 00:45", "small")) == 100 + 150
