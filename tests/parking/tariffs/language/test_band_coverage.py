"""Bands meet without gap or overlap on every kind of day, and looking at all of them takes no time to speak of."""

from typing import Any

import pytest

from parking.tariffs.language import band_coverage
from parking.tariffs.language.parsing import TariffUnclear
from tests.parking.tariffs.documents import HOUR, NAMES, bands, days, read

PEAK = {"code": "peak", "weekdays": ["sat", "sun"], "seasons": [{"from": "03-15", "to": "05-31"}]}


@pytest.mark.parametrize(
    ("found", "day_hours", "words"),
    [
        # One weekday of one season, one holiday, one leap day, one date, or the night after one of them is enough.
        (days(PEAK, {"code": "rest", "except": ["peak"]}), ["peak", "rest"], None),
        (days(PEAK, {"code": "rest", "except": ["weekend"]}), ["peak", "rest"], "no band holds"),
        (days({"code": "rest", "except": ["qingming"]}, calendar="CN"), ["rest"], "Wednesday, 2023-04-05"),
        (days({"code": "leap", "seasons": [{"from": "02-29", "to": "02-29"}]}), ["every_day", "leap"], "-02-29"),
        (
            days({"code": "fair", "dates": [{"from": "2031-05-03", "to": "2031-05-03"}]}),
            ["every_day", "fair"],
            "Saturday, 2031-05-03",
        ),
        (days(calendar="CN"), ["workday", "weekend"], "Monday, 2023-01-02"),
        (days(), ["workday", "weekend"], None),
        (days(calendar="CN"), ["workday", "non_workday"], None),
        # 2025 gave the eight days to National Day and Mid-Autumn as one.
        (
            days({"code": "rest", "except": ["national_day", "mid_autumn"]}, calendar="CN"),
            ["rest", "national_day", "mid_autumn"],
            "Friday, 2023-09-29",
        ),
    ],
)
def test_bands_meet_on_every_kind_of_day(found: dict[str, Any], day_hours: list[str], words: str | None) -> None:
    def change(bands: list[dict[str, Any]]) -> None:
        night = {"code": "night", "hours": [{"from": "20:00", "to": "08:00"}], "tiers": [HOUR], **NAMES}
        bands[:] = [
            night,
            *(
                {"code": f"day_{code}", "hours": [{"from": "08:00", "to": "20:00", "days": code}], **NAMES}
                for code in day_hours
            ),
        ]

    if words is None:
        read(**found, **bands(change))
        return
    with pytest.raises(TariffUnclear) as refused:
        read(**found, **bands(change))
    assert words in str(refused.value)


def test_a_night_belongs_to_its_evening() -> None:
    # Sunday morning is Saturday's night, and Monday morning is Sunday's.
    weekend = {"from": "18:00", "to": "09:00", "days": "weekend"}
    week = {"from": "18:00", "to": "09:00", "days": "monday_to_friday"}
    day = {"from": "09:00", "to": "18:00"}
    read(**bands(lambda b: (b[0].update(hours=[day]), b[1].update(hours=[weekend, week]))))
    # The same hours said by the calendar day leave Saturday's first hours to nobody, and Monday's to two.
    said = [weekend, {"to": "09:00", "days": "monday_to_friday"}, {"from": "18:00", "days": "monday_to_friday"}]
    with pytest.raises(TariffUnclear, match=r"Saturday, .*, from 00:00 to 09:00 no band holds|Monday, .* two of the"):
        read(**bands(lambda b: (b[0].update(hours=[day]), b[1].update(hours=said))))


def test_the_worst_document_is_looked_at_to_its_end() -> None:
    # As many sets as there may be, over as many years, each with its season, and a time of its own on them.
    century = [{"from": "2000-01-01", "to": "2099-12-31"}]
    seasons = [{"from": f"{month:02d}-{day:02d}", "to": "12-31"} for month in range(1, 13) for day in range(1, 29)]
    sets: list[dict[str, Any]] = [
        {"code": f"s{i}", "weekdays": ["mon", "wed", "sat"], "seasons": seasons[i : i + 28], "dates": century}
        for i in range(48)
    ]
    slots = [
        {"from": f"{i // 3:02d}:{i % 3 * 20:02d}", "to": f"{i // 3:02d}:{i % 3 * 20 + 19}", "days": f"s{i}"}
        for i in range(48)
    ]
    read(days=sets, **bands(lambda b: (b[0].update(hours=slots), b[1].update(hours=[], otherwise=True))))


def test_too_many_kinds_of_days_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    slots = [{"from": "08:00", "to": "20:00", "days": code} for code in ("workday", "non_workday")]
    week = bands(lambda b: b[0].update(hours=slots))
    read(**week)
    monkeypatch.setattr(band_coverage, "KINDS_OF_DAYS_MAX", 3)
    with pytest.raises(TariffUnclear, match="kinds of days"):
        read(**week)
