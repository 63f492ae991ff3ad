"""The local day cut into bands: clocks that jump, days that are passages of their own, and no minute lost anywhere."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking import tariffs
from parking.tariffs import Compiled, Fee, Tariff, Visit
from tests.parking.tariffs.strategies import fee_of

SEEDS = Path(__file__).parents[3] / "seeds" / "tariffs"
JINAN_ROAD = tariffs.Compiled(tariffs.from_toml((SEEDS / "jinan_road.toml").read_bytes()))


def compiled(time_zone: str, *bands: dict[str, object]) -> Compiled:
    named = [{"name_zh": "时段", "name_en": str(band["code"]), **band} for band in bands]
    document = {"code": "made", "name_zh": "拟", "name_en": "Made", "time_zone": time_zone, "bands": named}
    text = msgspec.convert(document, Tariff)
    tariffs.validate(text)
    return tariffs.Compiled(text)


def band(
    code: str, starts: str, ends: str, unit_min: int = 60, unit_fen: int = 100, **more: object
) -> dict[str, object]:
    tiers = [{"unit_min": unit_min, "unit_fen": unit_fen}]
    return {"code": code, "hours": [{"from": starts, "to": ends}], "tiers": tiers, **more}


def owed(tariff: Compiled, entry: str, exit_: str) -> Fee:
    entered, left = (datetime.fromisoformat(text).replace(tzinfo=tariff.time_zone) for text in (entry, exit_))
    return fee_of(tariff, Visit(entered, left))


def test_bands_follow_the_clock_and_units_real_time_when_clocks_change() -> None:
    berlin = compiled("Europe/Berlin", band("early", "02:30", "08:00"), band("rest", "08:00", "02:30", unit_fen=10_000))
    # 2026-03-29: 02:00 is followed by 03:00, so the early band has five hours and begins with the jump.
    spring = owed(berlin, "2026-03-29T00:00", "2026-03-29T08:00")
    assert [(line.units, line.starts_at.hour) for line in spring.lines] == [(2, 23), (5, 1)]
    # 2026-10-25: 03:00 is followed by 02:00; the band begins when 02:30 is first shown and has six and a half hours.
    autumn = owed(berlin, "2026-10-25T00:00", "2026-10-25T08:00")
    assert [(line.units, line.starts_at.minute) for line in autumn.lines] == [(3, 0), (7, 30)]


def test_a_band_that_the_clocks_jump_over_does_not_exist_that_day() -> None:
    berlin = compiled("Europe/Berlin", band("gone", "02:10", "02:50", unit_fen=999), band("rest", "02:50", "02:10"))
    spring = owed(berlin, "2026-03-29T00:00", "2026-03-29T05:00")
    assert [(line.rule, line.units) for line in spring.lines] == [("bands.rest", 4)]


def test_a_daily_band_begins_anew_at_midnight_and_another_does_not() -> None:
    stay = ("2025-11-18T23:30", "2025-11-19T00:20")
    whole = compiled("Asia/Shanghai", band("day", "00:00", "24:00"))
    daily = compiled("Asia/Shanghai", band("day", "00:00", "24:00", daily=True))
    assert owed(whole, *stay).fee_fen == 100
    assert owed(daily, *stay).fee_fen == 200
    assert [line.units for line in owed(daily, "2025-11-18T23:30", "2025-11-20T00:20").lines] == [1, 24, 1]


@pytest.mark.parametrize(
    "zone", ["America/St_Johns", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo"]
)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_second_is_lost_or_charged_twice_anywhere(zone: str, data: st.DataObject) -> None:
    clocks = sorted(data.draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6)))
    times = [f"{at // 60:02}:{at % 60:02}" for at in clocks]
    bands = [band(f"b{at}", times[at], times[(at + 1) % len(times)]) for at in range(len(times))]
    timeline = compiled(zone, *bands).timeline
    drawn = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    starts = int(data.draw(drawn).timestamp())
    ends = starts + data.draw(st.integers(1, 400 * 24 * 60 * 60))
    passages = timeline.segments(starts, ends)
    assert (passages[0][1], passages[-1][2]) == (starts, ends)
    assert all(earlier[2] == later[1] and earlier[0] != later[0] for earlier, later in pairwise(passages))
    assert all(begins < until for _, begins, until in passages)


def test_every_line_says_what_it_is_for() -> None:
    fee = owed(JINAN_ROAD, "2025-11-18T18:30", "2025-11-19T08:10")
    said = [(line.kind, line.rule, line.units, line.amount_fen, line.running_fen) for line in fee.lines]
    assert said == [
        ("units", "bands.day", 2, 400, 400),
        ("units", "bands.night", 12, 2400, 2800),
        ("cap", "caps.night", 1, -1900, 900),
        ("units", "bands.day", 1, 200, 1100),
    ]
    assert [line.text_zh for line in fee.lines] == [
        "白天 18:30–20:00，2×2.00 元（每 60 分钟）",
        "夜间 20:00–08:00，12×2.00 元（每 60 分钟）",
        "夜间封顶：最高 5.00 元",
        "白天 08:00–08:10，1×2.00 元（每 60 分钟）",
    ]
    assert fee.lines[2].text_en == "Night cap: at most 5.00 CNY"
    assert fee.lines[0].starts_at == datetime(2025, 11, 18, 10, 30, tzinfo=UTC)
    assert fee.lines[0].label_en == "Day, 2 × 2.00 CNY (per 60 min)"
    assert msgspec.json.decode(msgspec.json.encode(fee), type=Fee) == fee


def test_a_long_stay_is_explained_by_price() -> None:
    fee = owed(JINAN_ROAD, "2025-01-01T09:00", "2025-12-31T09:00")
    assert fee.fee_fen == 364 * 2900
    assert [(line.kind, line.units) for line in fee.lines] == [("units", 364 * 12), ("units", 364 * 12), ("cap", 364)]
    assert sum(line.amount_fen for line in fee.lines) == fee.fee_fen


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
    assert owed(JINAN_ROAD, entry, exit_).fee_fen == fee_fen


@pytest.mark.parametrize(
    ("entry", "exit_"), [("2025-11-18T09:00", "2025-11-18T08:59"), ("2024-01-01T00:00", "2025-11-18T09:00")]
)
def test_impossible_stays_are_not_priced(entry: str, exit_: str) -> None:
    with pytest.raises(tariffs.StayNotPriceable):
        owed(JINAN_ROAD, entry, exit_)


def test_a_stay_of_400_days_is_the_longest() -> None:
    entered = datetime(2025, 1, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    longest = timedelta(days=tariffs.STAY_DAYS_MAX)
    assert fee_of(JINAN_ROAD, Visit(entered, entered + longest)).fee_fen == 400 * 2900
    with pytest.raises(tariffs.StayNotPriceable):
        fee_of(JINAN_ROAD, Visit(entered, entered + longest + timedelta(seconds=1)))
