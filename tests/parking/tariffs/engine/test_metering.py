"""Units that several rules cut at once: tiers, part units, tolerances, short crossings, time that is not charged."""

from datetime import timedelta
from typing import Any, Literal

import pytest

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import Tariff, Vehicle, Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import Band, Charging, Crossing, Pass, Quota, Tier
from tests.parking.tariffs import generators
from tests.parking.tariffs.documents import LARGE, bands, read
from tests.parking.tariffs.published import fee, local, visit
from tests.parking.tariffs.strategies import MINUTE, SECOND, at, band, but, cost, plain, quota, stayed

DEAR = (Tier(unit_fen=100, unit_min=15, for_min=30), Tier(unit_fen=200, unit_min=15))
TIER = Tier(unit_fen=200, unit_min=60)


@pytest.mark.parametrize(("minutes", "fee_fen"), [(30, 200), (45, 400), (59, 600)])
def test_a_short_crossing_stands_among_the_tiers_from_its_first_minute(minutes: int, fee_fen: int) -> None:
    bands = (
        band("day", "08:00", "20:00", *DEAR, progress="stay"),
        band("night", "20:00", "08:00", Tier(unit_fen=300, unit_min=60)),
    )
    text = plain(bands=bands, crossing=Crossing(short_under_min=60))
    assert cost(text, stayed("18T19:45", minutes=minutes)) == fee_fen


def test_a_short_crossing_with_free_minutes_in_it_loses_none_of_the_others() -> None:
    bands = (
        band("morning", "00:00", "12:00", Tier(unit_fen=50, unit_min=5)),
        band("noon", "12:00", "12:10"),
        band("after", "12:10", "12:20", Tier(unit_fen=500, unit_min=10)),
        band("evening", "12:20", "24:00", Tier(unit_fen=900, unit_min=10)),
    )
    text = plain(bands=bands, crossing=Crossing(short_under_min=60))
    assert cost(text, stayed("18T11:45", minutes=55)) == (15 + 30) * 10


@pytest.mark.parametrize(
    ("part_unit", "tolerance_min", "fen", "fee_fen"),
    [("up", 15, 200, 200), ("minutes", 0, 600, 450), ("up", 0, 200, 200)],
)
def test_a_unit_of_a_short_crossing_runs_on_behind_the_free_minutes(
    part_unit: Any, tolerance_min: int, fen: int, fee_fen: int
) -> None:
    tier = Tier(unit_fen=fen, unit_min=60)
    bands = (
        band("morning", "00:00", "12:00", tier, part_unit=part_unit, tolerance_min=tolerance_min),
        band("noon", "12:00", "12:10"),
        band("after", "12:10", "24:00", Tier(unit_fen=900, unit_min=60)),
    )
    text = plain(bands=bands, crossing=Crossing(short_under_min=60))
    assert cost(text, stayed("18T11:45", minutes=55)) == fee_fen


@pytest.mark.parametrize("part_unit", ["separate", "complete"])
@pytest.mark.parametrize(("seconds", "units"), [(600, 1), (601, 2)])
def test_tolerance_to_the_second_where_units_may_run_on(seconds: int, units: int, part_unit: Any) -> None:
    bands = (but(band("day", "00:00", "24:00", Tier(unit_fen=200, unit_min=60)), tolerance_min=10),)
    text = plain(seconds="exact", bands=bands, crossing=Crossing(part_unit=part_unit), charging=Charging())
    visit = but(stayed("18T09:00", seconds=300 + 3600 + seconds), charging=((at("18T09:00"), at("18T09:05")),))
    assert cost(text, visit) == units * 200


@pytest.mark.parametrize(("seconds", "fee_fen"), [(0, 500), (1, 700)])
def test_a_price_for_a_segment_leaves_the_next_all_its_time(seconds: int, fee_fen: int) -> None:
    bands = (
        band("day", "08:00", "20:00", Tier(unit_fen=200, unit_min=60)),
        band("night", "20:00", "08:00", Tier(unit_fen=300)),
    )
    text = plain(seconds="exact", bands=bands, crossing=Crossing(part_unit="complete"), charging=Charging())
    left = at("18T09:10") + seconds * SECOND
    paused = Visit(at("18T07:00"), left, charging=((at("18T08:00"), at("18T08:10")),))
    assert cost(text, paused) == fee_fen
    assert cost(text, but(paused, charging=(), left_at=left - 10 * MINUTE)) == fee_fen


def test_a_share_that_ends_with_its_band_cuts_no_unit_of_the_next() -> None:
    bands = (band("a", "00:00", "12:00", TIER), band("b", "12:00", "24:00", TIER))
    half = Quota(**generators.named("half"), who=Match(), minutes=60, pays_percent=50)
    text = plain(bands=bands, quotas=(half,), charging=Charging())
    visit = but(stayed("18T11:00", minutes=140), charging=((at("18T12:20"), at("18T12:40")),))
    assert cost(text, visit) == 100 + 200


def test_free_time_in_between_is_no_charged_time_of_any_band() -> None:
    day = (DayHours(from_="08:00", to="12:00"), DayHours(from_="13:00", to="08:00"))
    tiers = (Tier(unit_fen=100, unit_min=15, for_min=30), Tier(unit_fen=1000, unit_min=60))
    bands = (
        Band(**generators.named("day"), hours=day, tiers=tiers, restart="day"),
        band("noon", "12:00", "13:00"),
    )
    text = plain(seconds="exact", bands=bands, charging=Charging())
    visit = Visit(at("18T11:45") + SECOND, at("18T13:30"), charging=((at("18T12:20"), at("18T12:30")),))
    assert cost(text, visit) == 300


def test_a_share_of_nearly_all_is_less_than_all() -> None:
    most = Quota(**generators.named("most"), who=Match(), minutes=60, pays_percent=99)
    assert cost(plain(quotas=(most,)), stayed("18T09:00", hours=2)) == 198 + 200


def test_seconds_of_charging_count_where_seconds_do() -> None:
    text = plain(seconds="exact", bands=(band("day", "00:00", "24:00", Tier(unit_fen=1, unit_min=1)),))
    visit = Visit(at("18T09:00"), at("18T10:00"), charging=((at("18T09:00") + 30 * SECOND, at("18T09:30")),))
    assert cost(but(text, charging=Charging()), visit) == 31
    assert cost(but(text, charging=Charging(), seconds="drop"), visit) == 30


THREE = (
    band("day", "08:00", "20:00", TIER),
    band("late", "20:00", "22:00", Tier(unit_fen=500, unit_min=60)),
    band("night", "22:00", "08:00", Tier(unit_fen=900, unit_min=60)),
)


@pytest.mark.parametrize(("seconds", "units"), [(45 * 60, 1), (45 * 60 + 1, 2), (30 * 60, 1), (60 * 60 + 1, 2)])
def test_tolerance_to_the_second(seconds: int, units: int) -> None:
    bands = (but(band("day", "00:00", "24:00", Tier(unit_fen=100, unit_min=30)), tolerance_min=15),)
    assert cost(plain(seconds="exact", bands=bands), stayed("18T09:00", seconds=seconds)) == units * 100


@pytest.mark.parametrize(("minutes", "fee_fen"), [(59, 200), (60, 700), (61, 700)])
def test_short_is_shorter_than_it_says(minutes: int, fee_fen: int) -> None:
    text = plain(bands=THREE, crossing=Crossing(short_under_min=60))
    assert cost(text, stayed("18T19:30", minutes=minutes)) == fee_fen


@pytest.mark.parametrize(
    ("price", "fee_fen"), [("first", 200), ("last", 500), ("day", 200), ("late", 500), ("night", 700)]
)
def test_the_price_of_a_short_crossing(price: str, fee_fen: int) -> None:
    text = plain(bands=THREE, crossing=Crossing(short_under_min=60, short_price=price))
    assert cost(text, stayed("18T19:30", minutes=50)) == fee_fen


def test_two_segments_of_a_rate_period_are_no_crossing() -> None:
    # The hour between them is free by a pass, so all that is left lies in one band.
    evening = DayHours(from_="20:00", to="21:00")
    bands = (
        Band(**generators.named("day"), otherwise=True, tiers=(Tier(unit_fen=200),)),
        Band(**generators.named("late"), hours=(evening,), tiers=(Tier(unit_fen=500),)),
    )
    sold = Pass(**generators.named("p"), price_fen=1, period="day", hours=(evening,))
    held = tariffs.PassHeld("p", at("01T00:00"), at("30T00:00"))
    text = plain(bands=bands, passes=(sold,), crossing=Crossing(short_under_min=300))
    assert cost(text, but(stayed("18T19:00", hours=3), passes=(held,))) == 400


def test_a_pause_does_not_begin_another_unit() -> None:
    text = plain(charging=Charging())
    hour = Visit(at("18T09:00"), at("18T10:00"))
    charging = ((at("18T09:10"), at("18T09:20")),)
    assert cost(text, hour) == cost(text, but(hour, charging=charging)) == 200
    longer = but(hour, left_at=at("18T10:10"), charging=charging)
    assert cost(text, longer) == 200
    assert cost(text, but(longer, left_at=at("18T10:11"))) == 400


def test_seconds_that_are_dropped_are_dropped_of_charging_too() -> None:
    text = plain(charging=Charging())
    entered, left = at("2025-11-18T09:00:05"), at("2025-11-18T10:00:20")
    plugged = at("2025-11-18T09:00:40")
    assert cost(text, Visit(entered, left, charging=((plugged, left),))) == 0


def _of_large(tariff: Tariff, entry: str, exit_: str) -> int:
    return fee(tariff, Visit(local(tariff, entry), local(tariff, exit_), Vehicle(kind=VehicleClass.LARGE)))


def test_a_band_without_prices_is_free_for_the_class_and_not_chargeable() -> None:
    free: dict[str, Any] = {"free": {"minutes": 60, "counts": "chargeable", "deducted": True}}
    lot = read(classes=[{**LARGE, "prices": {"night": []}}], **free)
    # The night does not use the free hour up for a large vehicle; for a small one it does.
    assert _of_large(lot, "tue 22:00", "wed 09:00") == 0
    assert _of_large(lot, "tue 22:00", "wed 10:00") == 200
    assert fee(lot, visit(lot, "tue 22:00", "wed 10:00", "small")) == 2200
    everywhere = read(classes=[{**LARGE, "prices": {"day": [], "night": []}}])
    assert _of_large(everywhere, "tue 09:00", "thu 09:00") == 0


def test_part_units_by_the_minute_and_days_by_themselves() -> None:
    lot = read(**bands(lambda b: [each.update(part_unit="minutes", daily=True) for each in b]))
    # 200 an hour: 40 minutes are 133, half a fen up; the night ends a unit at midnight.
    assert fee(lot, visit(lot, "tue 09:00", "tue 10:40", "small")) == 333
    assert fee(lot, visit(lot, "tue 23:30", "wed 00:45", "small")) == 100 + 150


@pytest.mark.parametrize(("progress", "fen"), [("band", 300), ("stay", 300), ("entry", 100)])
def test_free_minutes_may_move_the_tiers(progress: Literal["band", "stay", "entry"], fen: int) -> None:
    tiers = (Tier(unit_fen=300, unit_min=60, for_min=60), Tier(unit_fen=100, unit_min=60))
    tariff = plain(bands=(band("day", "00:00", "24:00", *tiers, progress=progress),), quotas=(quota(120),))
    assert cost(tariff, stayed("18T09:00", hours=3)) == fen
    assert cost(but(tariff, quotas=()), stayed("18T09:00", hours=3)) == 500


SHARED = plain(
    crossing=Crossing(part_unit="shared"),
    bands=(
        band("day", "07:00", "17:00", Tier(unit_fen=30, unit_min=15)),
        band("evening", "17:00", "07:00", Tier(unit_fen=60, unit_min=15)),
    ),
)


@pytest.mark.parametrize(
    ("entered", "left", "fen"),
    [
        # 35 minutes are three units: 25 minutes by day, and to the end of the third 20 minutes in the evening.
        ("18T16:35", "18T17:10", 50 + 80),
        ("18T16:35", "18T17:00", 60),
        ("18T16:50", "18T17:05", 20 + 20),
        ("18T16:50", "18T17:04", 20 + 20),
        ("18T16:50", "18T17:06", 20 + 20 + 60),
        ("18T16:45", "18T17:01", 30 + 60),
    ],
)
def test_bands_may_share_the_unit_between_them(entered: str, left: str, fen: int) -> None:
    assert cost(SHARED, Visit(at(entered), at(left))) == fen


def test_shared_units_may_be_charged_to_the_minute() -> None:
    by_minute = tuple(but(each, part_unit="minutes") for each in SHARED.bands)
    tariff = but(SHARED, bands=by_minute)
    assert cost(tariff, Visit(at("18T16:35"), at("18T17:10"))) == 50 + 40
    assert cost(tariff, Visit(at("18T16:35"), at("18T17:07"))) == 50 + 20 + 8
    # A unit that is spent to its end has no begun minutes: the evening's share of it is a second of fifteen minutes.
    to_the_second = but(tariff, seconds="exact")
    entered, second = at("18T16:45"), timedelta(seconds=1)
    assert cost(to_the_second, Visit(entered + second, at("18T17:00") + second)) == 30
    assert cost(to_the_second, Visit(entered + second, at("18T17:00"))) == 30


def test_a_shared_unit_ends_with_the_grant_of_a_quota() -> None:
    # At half price a unit of its own until 19:30, then another, of which half lies in the night.
    text = plain(
        bands=(
            band("day", "08:00", "20:00", Tier(unit_fen=400, unit_min=60)),
            band("night", "20:00", "08:00", Tier(unit_fen=100, unit_min=60)),
        ),
        crossing=Crossing(part_unit="shared"),
        quotas=(quota(30, pays_percent=50),),
    )
    assert cost(text, Visit(at("18T19:00"), at("18T20:30"))) == 200 + 200 + 50
