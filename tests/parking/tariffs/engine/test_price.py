"""Which stays have a price: the years, the longest stay, and what is no visit."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parking import tariffs
from parking.tariffs import StayNotPriceable, Visit
from tests.parking.tariffs.published import document
from tests.parking.tariffs.strategies import (
    at,
    cost,
    fee_of,
    plain,
    stayed,
)

JINAN = tariffs.Compiled(document("jinan_road"))


@pytest.mark.parametrize(
    ("entered", "left", "is_priced"),
    [
        (datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 2, 1, tzinfo=UTC), True),
        (datetime(1970, 1, 1, 23, 59, 59, tzinfo=UTC), datetime(1970, 1, 2, 1, tzinfo=UTC), False),
        (datetime(2199, 12, 31, 23, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2199, 12, 31, 23, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC), False),
    ],
)
def test_the_years_that_are_priced(entered: datetime, left: datetime, is_priced: bool) -> None:
    text = plain(seconds="exact")
    if is_priced:
        assert cost(text, Visit(entered, left)) == 200
    else:
        with pytest.raises(StayNotPriceable):
            cost(text, Visit(entered, left))


def test_the_longest_stay_there_is() -> None:
    assert cost(plain(), stayed("2025-01-01T00:00", days=400)) == 400 * 24 * 200
    with pytest.raises(tariffs.StayNotPriceable):
        cost(plain(), stayed("2025-01-01T00:00", days=400, seconds=1))


@pytest.mark.parametrize(
    "visit",
    [
        Visit(at("18T09:00"), at("18T10:00"), bays=0),
        Visit(datetime(2025, 11, 18, 9), datetime(2025, 11, 18, 10)),  # noqa: DTZ001  without an offset
        Visit(at("9999-12-31T09:00"), at("9999-12-31T10:00")),
        Visit(at("1969-12-31T09:00"), at("1969-12-31T10:00")),
    ],
)
def test_what_is_no_visit_is_not_priced(visit: Visit) -> None:
    with pytest.raises(StayNotPriceable):
        cost(plain(), visit)


@pytest.mark.parametrize(
    ("entry", "exit_"), [("2025-11-18T09:00", "2025-11-18T08:59"), ("2024-01-01T00:00", "2025-11-18T09:00")]
)
def test_impossible_stays_are_not_priced(entry: str, exit_: str) -> None:
    visit = Visit(at(entry), at(exit_))
    with pytest.raises(tariffs.StayNotPriceable):
        fee_of(JINAN, visit)


def test_a_stay_of_400_days_is_the_longest() -> None:
    entered = datetime(2025, 1, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    longest = timedelta(days=tariffs.STAY_DAYS_MAX)
    assert fee_of(JINAN, Visit(entered, entered + longest)).fee_fen == 400 * 2900
    with pytest.raises(tariffs.StayNotPriceable):
        fee_of(JINAN, Visit(entered, entered + longest + timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("visit", "zh", "en"),
    [
        (
            Visit(at("18T09:00"), at("18T08:00")),
            "无法计价：离场时间比入场时间早 60 分钟。",
            "No price: the exit is 60 min before the entry.",
        ),
        (
            Visit(at("2024-01-01T00:00"), at("2025-11-18T09:00")),
            "无法计价：停放 688 天，超过可计价的最长 400 天，可能缺少离场记录。",
            "No price: the stay of 688 days is longer than 400 days, so its exit may be missing.",
        ),
        (
            Visit(at("18T09:00"), at("18T10:00"), bays=0),
            "无法计价：占用泊位数为 0，应至少为 1。",
            "No price: it occupies 0 bays, and the least is 1.",
        ),
        (
            Visit(at("1969-12-31T09:00"), at("1969-12-31T10:00")),
            "无法计价：入场或离场时间不在 1970 年至 2199 年之间。",
            "No price: it is not within the years 1970 to 2199.",
        ),
    ],
)
def test_why_a_stay_has_no_price_is_said_in_both_languages(visit: Visit, zh: str, en: str) -> None:
    with pytest.raises(StayNotPriceable) as refused:
        cost(plain(), visit)
    assert (refused.value.facts["text_zh"], str(refused.value)) == (zh, en)
