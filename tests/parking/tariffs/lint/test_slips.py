"""Slips that a writer makes, planted one at a time in texts of the catalogue, and what the check says of each."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from parking.tariffs import lint
from parking.tariffs.lint import Finding
from parking.tariffs.lint.clauses import numbers_of
from parking.tariffs.lint.names import names_that_differ
from parking.tariffs.lint.slips import clauses_that_differ
from seeds.city.jinan import TARIFFS
from tests.parking.tariffs.lint.test_lint import CATALOGUE

OFFICE_PROMISES = "[promises]\nminute_fen_max = 1300\nday_fen_max = 15700\n\n[free]"


class Slip(NamedTuple):
    """A text of the catalogue in which one string is replaced, and the finding that this raises."""

    code: str
    right: str
    wrong: str
    kind: str


ZONE, RMB, USD = 'time_zone = "Asia/Shanghai"', '\ncurrency = "RMB"', '\ncurrency = "USD"'
HOURLY, EVERY_MINUTE = "unit_fen = 200, unit_min = 60", "unit_fen = 200, unit_min = 1"
REST = '\n[[bands]]\ncode = "rest"\nname_zh = "其余"\nname_en = "Rest"\notherwise = true\n'
BY_DAY, BY_NIGHT = 'hours = [{ from = "08:00", to = "20:00" }]', 'hours = [{ from = "20:00", to = "08:00" }]'

# ruff: noqa: E501 - one slip a line
SLIPS = {
    # Size: amounts.
    "price_times_ten": Slip("jinan_road", "tiers = [{ unit_fen = 200, ", "tiers = [{ unit_fen = 2000, ", "clause_differs"),
    "yuan_for_fen": Slip("chengdu_c1", "unit_fen = 1000", "unit_fen = 10", "unusual_price"),
    "hundred_an_hour": Slip("chengdu_c1", "unit_fen = 1000", "unit_fen = 10000", "unusual_price"),
    "second_tier_a_tenth": Slip("beijing_c1", "unit_fen = 375", "unit_fen = 37", "clause_differs"),
    "second_tier_times_ten": Slip("chengdu_c1", "unit_fen = 300", "unit_fen = 3000", "unusual_price"),
    "price_times_ten_without_clause": Slip("office", "unit_fen = 150", "unit_fen = 1500", "unusual_price"),
    "digits_swapped": Slip("wuhan_c1", "unit_fen = 300", "unit_fen = 330", "clause_differs"),
    "cap_below_unit": Slip("jinan_road", "fen = 500\n", "fen = 50\n", "clause_differs"),
    "cap_below_unit_without_clause": Slip("office", "fen = 4000", "fen = 40", "unusual_price"),
    "cap_times_ten": Slip("jinan_road", "fen = 500\n", "fen = 5000\n", "cap_never_binds"),
    "cap_a_tenth": Slip("wuhan_c1", "fen = 2500", "fen = 250", "clause_differs"),
    "pass_of_one_yuan": Slip("county_lot", "price_fen = 12000", "price_fen = 100", "unusual_price"),
    "pass_in_yuan": Slip("county_lot", "price_fen = 12000", "price_fen = 120", "unusual_price"),
    # Size: times.
    "hour_as_one": Slip("jinan_road", HOURLY, EVERY_MINUTE, "clause_differs"),
    "hours_as_minutes": Slip("chengdu_c1", "unit_min = 240", "unit_min = 24", "unusual_time"),
    "tier_nine_hours_late": Slip("wuhan_c1", "for_min = 60", "for_min = 600", "clause_differs"),
    "free_one_for_an_hour": Slip("mall", "minutes = 60", "minutes = 1", "clause_differs"),
    "free_one_without_clause": Slip("yichang_core", "minutes = 30", "minutes = 1", "unusual_time"),
    "free_300": Slip("garage_central", "minutes = 30", "minutes = 300", "unusual_time"),
    "tolerance_of_a_unit": Slip("hangzhou_core", "tolerance_min = 15", "tolerance_min = 30", "unusual_time"),
    "quota_of_two_minutes": Slip("jinan_road", "minutes = 120", "minutes = 2", "unusual_time"),
    "quota_of_a_minute_a_day": Slip("shenzhen_c1", "minutes = 120", "minutes = 12", "unusual_time"),
    "quota_memory_days_for_hours": Slip("jinan_road", "hours = 24, scope", "hours = 1, scope", "clause_differs"),
    # Shares.
    "twice_as_20": Slip("jinan_road", "percent = 200", "percent = 20", "clause_differs"),
    "twice_as_2": Slip("office", "percent = 200", "percent = 2", "unusual_percent"),
    "twice_as_20_without_clause": Slip("office", "percent = 200", "percent = 20", "unusual_percent"),
    "eighty_percent_off": Slip("hangzhou_core", "percent = 20\n", "percent = 80\n", "clause_differs"),
    "eight_percent_off": Slip("hangzhou_l1", "percent = 20\n", "percent = 8\n", "clause_differs"),
    "add_5_fen": Slip("shanghai_inner", "add_fen = 500", "add_fen = 5", "clause_differs"),
    # Meaning: whom.
    "new_energy_false": Slip("jinan_road", "new_energy = true", "new_energy = false", "name_differs"),
    "large_are_small": Slip("office", 'kinds = ["large"]', 'kinds = ["small"]', "name_differs"),
    "large_are_all": Slip("office", 'who = { kinds = ["large"] }', "who = {}", "name_differs"),
    # Meaning: when.
    "wrong_holiday": Slip("hangzhou_core", '"spring_festival"', '"mid_autumn"', "name_differs"),
    "cap_on_the_day": Slip("jinan_road", 'bands = ["night"]', 'bands = ["day"]', "name_differs"),
    "cap_on_the_night": Slip("garage_central", 'bands = ["day"]', 'bands = ["night"]', "cap_never_binds"),
    "day_and_night_swapped": Slip("jinan_road", BY_DAY, BY_NIGHT, "clause_differs"),
    "an_hour_off": Slip("wuhan_c1", 'from = "07:00", to = "21:00"', 'from = "07:00", to = "20:00"', "clause_differs"),
    "night_ends_at_midnight": Slip(
        "office", 'hours = [{ from = "19:00", to = "07:00" }]',
        'hours = [{ from = "19:00", to = "24:00" }]', "name_differs",
    ),
    "inclusive_flipped": Slip("jinan_road", "minutes = 30\n", "minutes = 30\ninclusive = false\n", "clause_differs"),
    "exclusive_flipped": Slip("chengdu_c1", "inclusive = false", "inclusive = true", "clause_differs"),
    "cap_below_an_hour": Slip("office", "fen = 4000", "fen = 400", "unusual_price"),
    "night_of_12_minutes": Slip("office", "unit_min = 720", "unit_min = 12", "unusual_time"),
    "discount_of_8": Slip("seoul_c1", "percent = 80", "percent = 8", "unusual_percent"),
    "bays_forgotten": Slip("yichang_core", "per_bay = true", "per_bay = false", "name_differs"),
    "free_night_charged": Slip("wuhan_c1", "otherwise = true", "otherwise = true\ntiers = [{unit_fen = 400, unit_min = 60}]", "name_differs"),
    "part_units_charged": Slip("beijing_c1", 'part_unit = "down"', 'part_unit = "up"', "name_differs"),
    "clause_of_ten_yuan": Slip("county_lot", "此后每小时1元", "此后每小时10元", "clause_differs"),
    "quota_in_hours": Slip("hospital", "minutes = 120", "minutes = 1200", "clause_differs"),
    "tolerance_of_another_clause": Slip("hangzhou_core", "tolerance_min = 15", "tolerance_min = 5", "clause_differs"),
    # Meaning: the currency.
    "rmb": Slip("jinan_road", ZONE, ZONE + RMB, "unusual_currency"),
    "dollars": Slip("office", ZONE, ZONE + USD, "unusual_currency"),
    # Clauses.
    "clause_in_numerals": Slip("jinan_road", "8时至20时每小时2元", "八时至二十时每小时十二元", "clause_differs"),
    "clause_half_hour": Slip("jinan_road", "8时至20时每小时2元,不足1小时按1小时计", "8时至20时每半小时2元", "clause_differs"),
    "english_clause": Slip("jinan_road", "08:00 to 20:00: 2 CNY an hour", "08:00 to 20:00: 3 CNY an hour", "clause_differs"),
    "promise_a_digit_short": Slip("office", "[free]", OFFICE_PROMISES.replace("15700", "1570"), "day_too_dear"),
    "price_with_promises": Slip("office", "[free]", OFFICE_PROMISES.replace("1300", "130"), "minute_too_dear"),
}  # fmt: skip


def planted(slip: Slip) -> tuple[str, str]:
    """The text without and with the slip; both can be priced by."""
    right = (TARIFFS / f"{slip.code}.toml").read_text(encoding="utf-8")
    assert slip.right in right
    if slip.right == BY_DAY:
        wrong = right.replace(BY_DAY, "").replace(BY_NIGHT, BY_DAY)
        return right, wrong.replace("\n\ntiers", f"\n{BY_NIGHT}\ntiers", 1)
    return right, right.replace(slip.right, slip.wrong) + (REST if "24:00" in slip.wrong else "")


def new_findings(slip: Slip) -> list[Finding]:
    """What the slip raises that the text without it does not."""
    right, wrong = planted(slip)
    known = {one.name for one in findings_of(right)}
    return [one for one in findings_of(wrong) if one.name not in known and one.severity != "information"]


@cache
def findings_of(text: str) -> tuple[Finding, ...]:
    """What the check says; kept, because a text of the catalogue has several slips planted in it."""
    return tuple(lint.check_document(text.encode(), toml=True, budget=3000)[1])


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_found(name: str) -> None:
    kinds = {one.kind for one in new_findings(SLIPS[name])}
    assert SLIPS[name].kind in kinds


@pytest.mark.parametrize("file", CATALOGUE, ids=lambda file: file.stem)
def test_the_catalogue_has_none(file: Path) -> None:
    tariff, findings = lint.check_document(file.read_bytes(), toml=True, budget=500)
    assert tariff is not None
    assert [one for one in findings if one.kind.startswith(("unusual", "clause", "name"))] == []
    assert [*clauses_that_differ(tariff), *names_that_differ(tariff)] == []


NUMBERS = [
    ("二十时至次日八时每小时十二元五角", "amounts", {1250}),
    ("首半小时1.2元,3小时后每半小时4元", "spans", {30, 180}),
    ("停放不超过一个半小时免费", "spans", {90}),
    ("Up to 1.5 hours free.", "spans", {90}),
    ("8时30分至20时", "hours", {(510, 1200)}),
    ("大型车按三倍计费", "percents", {300}),
    ("打八五折", "off", {15}),
    ("20 % off what is paid", "off", {20}),
]


@pytest.mark.parametrize(("clause", "field", "numbers"), NUMBERS, ids=[clause for clause, _, _ in NUMBERS])
def test_numbers_are_read_from_clauses(clause: str, field: str, numbers: set[object]) -> None:
    assert getattr(numbers_of(clause, "CNY"), field) == numbers
