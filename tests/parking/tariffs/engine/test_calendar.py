"""The local day cut into rate periods: days that are segments of their own, and clocks that jump."""

from datetime import datetime

import msgspec
import pytest

from parking import tariffs
from parking.tariffs import Compiled, Fee, Tariff, Visit
from parking.tariffs.language.document import (
    Tier,
)
from tests.parking.tariffs.published import document
from tests.parking.tariffs.strategies import at, band, cost, fee_of, plain, stayed

JINAN = tariffs.Compiled(document("jinan_road"))


def compiled(time_zone: str, *bands: dict[str, object]) -> Compiled:
    named = [{"name_zh": "时段", "name_en": str(band["code"]), **band} for band in bands]
    document = {"code": "made", "name_zh": "拟", "name_en": "Made", "time_zone": time_zone, "bands": named}
    text = msgspec.convert(document, Tariff)
    tariffs.validate(text)
    return tariffs.Compiled(text)


def period(
    code: str, starts: str, ends: str, unit_min: int = 60, unit_fen: int = 100, **more: object
) -> dict[str, object]:
    tiers = [{"unit_min": unit_min, "unit_fen": unit_fen}]
    return {"code": code, "hours": [{"from": starts, "to": ends}], "tiers": tiers, **more}


def priced(tariff: Compiled, entry: str, exit_: str) -> Fee:
    entered, left = (datetime.fromisoformat(text).replace(tzinfo=tariff.time_zone) for text in (entry, exit_))
    return fee_of(tariff, Visit(entered, left))


def test_bands_follow_the_clock_and_units_real_time_when_clocks_change() -> None:
    berlin = compiled(
        "Europe/Berlin", period("early", "02:30", "08:00"), period("rest", "08:00", "02:30", unit_fen=10_000)
    )
    # 2026-03-29: 02:00 is followed by 03:00, so the early band has five hours and begins with the jump.
    spring = priced(berlin, "2026-03-29T00:00", "2026-03-29T08:00")
    assert [(line.units, line.starts_at.hour) for line in spring.lines] == [(2, 23), (5, 1)]
    # 2026-10-25: 03:00 is followed by 02:00; the band begins when 02:30 is first shown and has six and a half hours.
    autumn = priced(berlin, "2026-10-25T00:00", "2026-10-25T08:00")
    assert [(line.units, line.starts_at.minute) for line in autumn.lines] == [(3, 0), (7, 30)]


def test_a_band_that_the_clocks_jump_over_does_not_exist_that_day() -> None:
    berlin = compiled("Europe/Berlin", period("gone", "02:10", "02:50", unit_fen=999), period("rest", "02:50", "02:10"))
    spring = priced(berlin, "2026-03-29T00:00", "2026-03-29T05:00")
    assert [(line.rule, line.units) for line in spring.lines] == [("bands.rest", 4)]


def test_a_daily_band_begins_anew_at_midnight_and_another_does_not() -> None:
    stay = ("2025-11-18T23:30", "2025-11-19T00:20")
    whole = compiled("Asia/Shanghai", period("day", "00:00", "24:00"))
    daily = compiled("Asia/Shanghai", period("day", "00:00", "24:00", daily=True))
    assert priced(whole, *stay).fee_fen == 100
    assert priced(daily, *stay).fee_fen == 200
    assert [line.units for line in priced(daily, "2025-11-18T23:30", "2025-11-20T00:20").lines] == [1, 24, 1]


@pytest.mark.parametrize(
    ("entry", "exit_", "fee_fen"),
    [
        ("2025-11-18T09:00:59", "2025-11-18T09:30:58", 0),
        ("2025-11-18T09:00:59", "2025-11-18T09:31:00", 200),
        ("2025-11-18T19:30", "2025-11-18T20:29", 200),
        ("2025-11-18T19:30", "2025-11-18T20:30", 400),
        ("2025-11-18T07:30", "2025-11-18T08:15", 200),
        ("2025-11-18T09:00", "2025-11-18T09:00", 0),
    ],
)
def test_minutes_around_a_boundary(entry: str, exit_: str, fee_fen: int) -> None:
    assert priced(JINAN, entry, exit_).fee_fen == fee_fen


def test_a_boundary_in_the_last_minute_that_the_clocks_jump_over() -> None:
    # New York, 2025-03-09: after 01:59:59 comes 03:00.
    bands = (
        band("first", "00:00", "02:59", Tier(unit_fen=1, unit_min=1)),
        band("then", "02:59", "24:00", Tier(unit_fen=100, unit_min=1)),
    )
    zone = "America/New_York"
    visit = Visit(at("2025-03-09T01:50", zone), at("2025-03-09T03:10", zone))
    assert cost(plain(time_zone=zone, bands=bands), visit) == 10 * 1 + 10 * 100


def test_a_daily_rate_period_over_midnight_is_two_segments() -> None:
    bands = (
        band("day", "08:00", "20:00", Tier(unit_fen=100, unit_min=60)),
        band("night", "20:00", "08:00", Tier(unit_fen=300), daily=True),
    )
    assert cost(plain(bands=bands), stayed("18T21:00", hours=9)) == 600
    assert cost(plain(bands=bands), stayed("18T21:00", hours=3)) == 300


def test_a_daily_rate_period_that_meets_itself_where_the_clocks_jump_is_one_segment() -> None:
    # New York, 2025-03-09: there is no time between 02:00 and 03:00.
    zone = "America/New_York"
    bands = (
        band("most", "03:00", "02:00", Tier(unit_fen=300), daily=True),
        band("two", "02:00", "03:00", Tier(unit_fen=500)),
    )
    visit = Visit(at("2025-03-09T01:00", zone), at("2025-03-09T05:00", zone))
    assert cost(plain(time_zone=zone, bands=bands), visit) == 300
