"""Prices: published examples as a table, the laws every tariff obeys, and documents that are refused."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import Band, Compiled, Fee, Tariff

SEEDS = Path(tariffs.__file__).parent.parent / "seeds" / "tariffs"
JINAN = timezone(timedelta(hours=8))
MINUTE = timedelta(minutes=1)
JINAN_ROAD = tariffs.from_toml((SEEDS / "jinan_road.toml").read_bytes())
ROAD = tariffs.compile(JINAN_ROAD, "Asia/Shanghai")


def owed(
    entry: str,
    exit_: str,
    vehicle: str = "small",
    *,
    tariff: Compiled = ROAD,
    quota_left_min: int = 120,
    zone: object = JINAN,
) -> Fee:
    assert isinstance(zone, timezone | ZoneInfo)
    return tariffs.price(
        tariff,
        entered_at=datetime.fromisoformat(entry).replace(tzinfo=zone),
        left_at=datetime.fromisoformat(exit_).replace(tzinfo=zone),
        vehicle_class=VehicleClass.LARGE if vehicle == "large" else VehicleClass.SMALL,
        new_energy=vehicle == "nev",
        quota_left_min=quota_left_min,
    )


# Tuesday 2025-11-18 and the day after.
@pytest.mark.parametrize(
    ("entry", "exit_", "vehicle", "fee_fen"),
    [
        ("2025-11-18T09:00", "2025-11-18T09:30", "small", 0),
        ("2025-11-18T09:00", "2025-11-18T09:31", "small", 200),
        ("2025-11-18T09:00", "2025-11-18T09:31", "large", 400),
        ("2025-11-18T09:00", "2025-11-18T12:10", "small", 800),
        ("2025-11-18T19:40", "2025-11-18T20:20", "small", 200),
        ("2025-11-18T19:30", "2025-11-18T21:10", "small", 600),
        ("2025-11-18T20:00", "2025-11-19T08:00", "small", 500),
        ("2025-11-18T20:00", "2025-11-19T08:00", "large", 1000),
        ("2025-11-18T09:00", "2025-11-19T09:00", "small", 2900),
        ("2025-11-18T21:00", "2025-11-19T09:05", "small", 900),
        ("2025-11-18T09:00", "2025-11-18T11:00", "nev", 0),
        ("2025-11-18T09:00", "2025-11-18T11:30", "nev", 200),
        # What the table above leaves open.
        ("2025-11-18T09:00:59", "2025-11-18T09:30:58", "small", 0),
        ("2025-11-18T09:00:59", "2025-11-18T09:31:00", "small", 200),
        ("2025-11-18T19:30", "2025-11-18T20:29", "small", 200),
        ("2025-11-18T19:30", "2025-11-18T20:30", "small", 400),
        ("2025-11-18T19:40", "2025-11-18T20:20", "large", 400),
        ("2025-11-18T07:30", "2025-11-18T08:15", "small", 200),
        ("2025-11-18T09:00", "2025-11-18T09:00", "small", 0),
        ("2025-11-18T17:40", "2025-11-18T20:20", "nev", 200),
    ],
)
def test_jinan_road(entry: str, exit_: str, vehicle: str, fee_fen: int) -> None:
    fee = owed(entry, exit_, vehicle)
    assert fee.fee_fen == fee_fen
    assert sum(line.amount_fen for line in fee.lines) == fee_fen


@pytest.mark.parametrize(
    ("entry", "exit_", "left_min", "fee_fen", "used_min"),
    [
        ("2025-11-18T09:00", "2025-11-18T09:25", 120, 0, 0),
        ("2025-11-18T10:00", "2025-11-18T12:00", 120, 0, 120),
        ("2025-11-18T09:00", "2025-11-18T10:00", 120, 0, 60),
        ("2025-11-18T10:30", "2025-11-18T12:00", 60, 200, 60),
        ("2025-11-18T09:00", "2025-11-18T09:31", 0, 200, 0),
        ("2025-11-18T09:00", "2025-11-18T12:00", 999, 200, 120),
        ("2025-11-18T09:00", "2025-11-18T12:00", -5, 600, 0),
    ],
)
def test_quota_of_new_energy_vehicles(entry: str, exit_: str, left_min: int, fee_fen: int, used_min: int) -> None:
    fee = owed(entry, exit_, "nev", quota_left_min=left_min)
    assert (fee.fee_fen, fee.quota_used_min) == (fee_fen, used_min)
    assert owed(entry, exit_, "small", quota_left_min=left_min).quota_used_min == 0


def test_every_line_says_what_it_is_for() -> None:
    fee = owed("2025-11-18T18:30", "2025-11-19T08:10")
    assert [(line.kind, line.units, line.amount_fen) for line in fee.lines] == [
        ("units", 2, 400),
        ("units", 12, 2400),
        ("cap", 1, -1900),
        ("units", 1, 200),
    ]
    assert [line.text_zh for line in fee.lines] == [
        "白天 18:30–20:00，2×2.00 元（每 60 分钟）",
        "夜间 20:00–08:00，12×2.00 元（每 60 分钟）",
        "夜间封顶 5.00 元",
        "白天 08:00–08:10，1×2.00 元（每 60 分钟）",
    ]
    assert fee.lines[2].text_en == "Night: at most 5.00 CNY"
    assert fee.lines[0].starts_at == datetime(2025, 11, 18, 10, 30, tzinfo=UTC)
    assert msgspec.json.decode(msgspec.json.encode(fee), type=Fee) == fee


def test_a_long_stay_is_explained_by_band() -> None:
    fee = owed("2025-01-01T09:00", "2025-12-31T09:00")
    assert fee.fee_fen == 364 * 2900
    assert [line.kind for line in fee.lines] == ["units", "units", "cap"]
    assert sum(line.amount_fen for line in fee.lines) == fee.fee_fen


@pytest.mark.parametrize(
    ("entry", "exit_"), [("2025-11-18T09:00", "2025-11-18T08:59"), ("2024-01-01", "2025-11-18T09:00")]
)
def test_impossible_stays_are_not_priced(entry: str, exit_: str) -> None:
    with pytest.raises(tariffs.StayNotPriceable):
        owed(entry, exit_)


# --- laws ---

# Drawn without a zone, which hypothesis then adds.
FIRST, LAST = datetime(1995, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001
moments = st.datetimes(FIRST, LAST, timezones=st.just(JINAN))
lengths = st.integers(0, 3 * 24 * 60) | st.integers(0, 180)
vehicles = st.sampled_from(VehicleClass)


@st.composite
def any_tariff(draw: st.DrawFn) -> Tariff:
    starts = sorted(draw(st.sets(st.integers(0, 1439), min_size=1, max_size=6)))
    clocks = [f"{at // 60:02}:{at % 60:02}" for at in starts]
    bands = tuple(
        Band(
            starts=clock,
            ends=clocks[(at + 1) % len(clocks)],
            name_zh=f"时段{at}",
            name_en=f"Band {at}",
            unit_min=draw(st.sampled_from((15, 30, 60, 120, 1440))),
            unit_fen=draw(st.integers(0, 2000)),
            cap_fen=draw(st.none() | st.integers(0, 5000)),
        )
        for at, clock in enumerate(clocks)
    )
    return Tariff(
        code="any",
        name_zh="任意",
        name_en="Any",
        bands=bands,
        free_min=draw(st.sampled_from((0, 15, 30))),
        nev_quota_min=draw(st.sampled_from((0, 120))),
        short_crossing_min=draw(st.sampled_from((0, 60))),
    )


def of(
    tariff: Compiled, at: datetime, minutes: int, vehicle: VehicleClass, *, nev: bool = False, left_min: int = 120
) -> Fee:
    return tariffs.price(
        tariff,
        entered_at=at,
        left_at=at + minutes * MINUTE,
        vehicle_class=vehicle,
        new_energy=nev,
        quota_left_min=left_min,
    )


@settings(deadline=None)
@given(any_tariff(), moments, lengths | st.integers(0, 400 * 24 * 60), vehicles, st.booleans(), st.integers(0, 150))
def test_lines_add_up_and_nothing_is_negative(
    tariff: Tariff, at: datetime, minutes: int, vehicle: VehicleClass, nev: bool, left_min: int
) -> None:
    fee = of(tariffs.compile(tariff, "Asia/Shanghai"), at, minutes, vehicle, nev=nev, left_min=left_min)
    assert sum(line.amount_fen for line in fee.lines) == fee.fee_fen >= 0
    assert 0 <= fee.quota_used_min <= min(minutes, left_min, tariff.nev_quota_min)
    assert all(line.amount_fen < 0 for line in fee.lines if line.kind == "cap")
    assert len(fee.lines) <= 2 * tariffs.PARTS_EXPLAINED_MAX + 1


@given(any_tariff(), moments, lengths, vehicles, st.integers(-200, 200))
def test_the_week_of_the_year_does_not_matter(
    tariff: Tariff, at: datetime, minutes: int, vehicle: VehicleClass, weeks: int
) -> None:
    compiled = tariffs.compile(tariff, "Asia/Shanghai")
    later = of(compiled, at + timedelta(weeks=weeks), minutes, vehicle)
    assert later.fee_fen == of(compiled, at, minutes, vehicle).fee_fen


@given(any_tariff(), moments, st.integers(0, 30), vehicles, st.booleans())
def test_free_is_free_and_uses_no_quota(
    tariff: Tariff, at: datetime, minutes: int, vehicle: VehicleClass, nev: bool
) -> None:
    minutes = min(minutes, tariff.free_min)
    fee = of(tariffs.compile(tariff, "Asia/Shanghai"), at, minutes, vehicle, nev=nev)
    assert (fee.fee_fen, fee.quota_used_min) == (0, 0)


@given(
    any_tariff().filter(tariffs.grows_with_time) | st.just(JINAN_ROAD),
    moments,
    lengths,
    lengths,
    vehicles,
    st.booleans(),
)
def test_staying_longer_is_never_cheaper(
    tariff: Tariff, at: datetime, minutes: int, more: int, vehicle: VehicleClass, nev: bool
) -> None:
    compiled = tariffs.compile(tariff, "Asia/Shanghai")
    assert (
        of(compiled, at, minutes, vehicle, nev=nev).fee_fen
        <= of(compiled, at, minutes + more, vehicle, nev=nev).fee_fen
    )


def test_a_short_crossing_rule_over_short_units_can_make_a_longer_stay_cheaper() -> None:
    dear, cheap = _band("08:00", "20:00", unit_min=15, unit_fen=500), _band("20:00", "08:00", unit_min=60, unit_fen=100)
    tariff = Tariff(code="odd", name_zh="反例", name_en="Odd", bands=(dear, cheap), short_crossing_min=60)
    compiled = tariffs.compile(tariff, "Asia/Shanghai")
    assert not tariffs.grows_with_time(tariff)
    assert tariffs.grows_with_time(JINAN_ROAD)
    assert owed("2025-11-18T19:50", "2025-11-18T20:49", tariff=compiled).fee_fen == 2000
    assert owed("2025-11-18T19:50", "2025-11-18T20:50", tariff=compiled).fee_fen == 600


@given(any_tariff(), moments, lengths, st.booleans())
def test_large_pays_twice_as_much(tariff: Tariff, at: datetime, minutes: int, nev: bool) -> None:
    compiled = tariffs.compile(tariff, "Asia/Shanghai")
    large = of(compiled, at, minutes, VehicleClass.LARGE, nev=nev)
    assert large.fee_fen == 2 * of(compiled, at, minutes, VehicleClass.SMALL, nev=nev).fee_fen


@given(any_tariff(), moments, lengths)
def test_no_passage_of_a_band_costs_more_than_its_cap(tariff: Tariff, at: datetime, minutes: int) -> None:
    compiled = tariffs.compile(tariff, "Asia/Shanghai")
    caps = {band.name_en: band.cap_fen for band in tariff.bands}
    passages: dict[tuple[str, datetime], int] = {}
    for line in of(compiled, at, minutes, VehicleClass.SMALL).lines:
        if line.kind in ("units", "cap"):
            key = (line.text_en[: len("Band 0")], line.starts_at)
            passages[key] = passages.get(key, 0) + line.amount_fen
    if len(passages) < tariffs.PARTS_EXPLAINED_MAX:
        assert all(caps[name] is None or fee <= (caps[name] or 0) for (name, _), fee in passages.items())


@given(moments, st.integers(31, 400 * 24 * 60))
def test_a_night_in_jinan_costs_five_yuan_at_most(at: datetime, minutes: int) -> None:
    nights = minutes // (24 * 60) + 2
    days = minutes // (24 * 60) + 2
    assert of(ROAD, at, minutes, VehicleClass.SMALL).fee_fen <= nights * 500 + days * 2400


# --- clocks that jump ---

NIGHT = Tariff(
    code="berlin",
    name_zh="柏林",
    name_en="Berlin",
    bands=(
        Band(starts="02:30", ends="08:00", name_zh="凌晨", name_en="Early", unit_min=60, unit_fen=100),
        Band(starts="08:00", ends="02:30", name_zh="其余", name_en="Rest", unit_min=60, unit_fen=10_000),
    ),
)


def test_bands_follow_the_clock_and_units_real_time_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    berlin = tariffs.compile(NIGHT, "Europe/Berlin")
    # 2026-03-29: 02:00 is followed by 03:00, so the early band has five hours and begins with the jump.
    spring = owed("2026-03-29T00:00", "2026-03-29T08:00", tariff=berlin, zone=zone)
    assert [(line.units, line.starts_at.hour) for line in spring.lines] == [(2, 23), (5, 1)]
    # 2026-10-25: 03:00 is followed by 02:00; the band begins when 02:30 is first shown and has six and a half hours.
    autumn = owed("2026-10-25T00:00", "2026-10-25T08:00", tariff=berlin, zone=zone)
    assert [(line.units, line.starts_at.minute) for line in autumn.lines] == [(3, 0), (7, 30)]


@pytest.mark.parametrize(
    "zone", ["America/St_Johns", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo"]
)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_minute_is_lost_or_charged_twice_anywhere(zone: str, data: st.DataObject) -> None:
    compiled = tariffs.compile(data.draw(any_tariff()), zone)
    starts = int(data.draw(st.datetimes(FIRST, LAST, timezones=st.just(UTC))).timestamp()) // 60
    ends = starts + data.draw(st.integers(1, 400 * 24 * 60))
    parts = compiled.parts(starts, ends)
    assert (parts[0][1], parts[-1][2]) == (starts, ends)
    assert all(earlier[2] == later[1] for earlier, later in pairwise(parts))
    assert all(begins < until for _, begins, until in parts)


# --- documents ---


def _band(starts: str, ends: str, unit_min: int = 60, unit_fen: int = 200, cap_fen: int | None = None) -> Band:
    return Band(starts, ends, "时段", "Band", unit_min, unit_fen, cap_fen)


def test_a_document_survives_being_written_and_read() -> None:
    assert tariffs.from_json(msgspec.json.encode(JINAN_ROAD)) == JINAN_ROAD


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"free_min": -1}, "$.free_min", ">= 0"),
        ({"free_minutes": 30}, "$", "free_minutes"),
        ({"bands": []}, "$.bands", "length >= 1"),
        ({"bands": [_band("08:00", "20:00")]}, "$", "one ends at 20:00 and the next begins at 08:00"),
        ({"bands": [_band("08:00", "20:00"), _band("19:00", "08:00")]}, "$", "bands must meet"),
        ({"bands": [_band("8:00", "20:00")]}, "$.bands[0].starts", "regex"),
        ({"bands": [_band("00:00", "00:00", unit_min=0)]}, "$.bands[0].unit_min", ">= 1"),
        ({"bands": [_band("00:00", "00:00", unit_fen=5)], "large_percent": 150}, "$", "150 % of 5 fen"),
        ({"bands": [_band("00:00", "00:00"), _band("00:00", "00:00")]}, "$", "cover the day once"),
    ],
)
def test_unclear_documents_are_refused_with_the_field(change: dict[str, object], path: str, words: str) -> None:
    document = {**msgspec.to_builtins(JINAN_ROAD), **change}
    with pytest.raises(tariffs.TariffUnclear) as refused:
        tariffs.from_json(msgspec.json.encode(document))
    assert refused.value.facts["path"] == path
    assert words in str(refused.value)


@pytest.mark.parametrize("document", [b"", b"{", b"\xff", b"[]", b" " * 70_000])
def test_what_is_no_document_is_refused(document: bytes) -> None:
    for read in (tariffs.from_json, tariffs.from_toml):
        with pytest.raises(tariffs.TariffUnclear):
            read(document)


@pytest.mark.parametrize("zone", ["Asia/Jinan", "", "../etc/passwd", "/etc/localtime", "a\x00b"])
def test_unknown_zones_are_refused(zone: str) -> None:
    with pytest.raises(tariffs.UnknownTimeZone):
        tariffs.compile(JINAN_ROAD, zone)
