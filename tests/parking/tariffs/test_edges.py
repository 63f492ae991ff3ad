"""Edges that random cases seldom meet: to the second, to the fen, and where clocks change."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from parking import tariffs
from parking.tariffs import Past, Tariff, Use, Visit
from parking.tariffs.language.document import (
    Band,
    Crossing,
    DayHours,
    Discount,
    Exemption,
    Free,
    Match,
    Memory,
    Overstay,
    Pass,
    Quota,
    Tier,
)
from tests.parking.tariffs import generators
from tests.parking.tariffs.oracle import differences
from tests.parking.tariffs.strategies import at, band, but, cap, fee_of, owed, plain

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TIER = Tier(unit_fen=200, unit_min=60)
# Where the clocks change on which night, and the zone's midnight is the middle of it.
CHANGES = {
    "Europe/Berlin": ("2025-03-30", "2025-10-26"),
    "America/New_York": ("2025-03-09", "2025-11-02"),
    "Australia/Lord_Howe": ("2025-10-05", "2025-04-06"),
    "Asia/Beirut": ("2025-03-30", "2025-10-26"),
}
THREE = (
    band("day", "08:00", "20:00", TIER),
    band("late", "20:00", "22:00", Tier(unit_fen=500, unit_min=60)),
    band("night", "22:00", "08:00", Tier(unit_fen=900, unit_min=60)),
)


def stayed(entered: str, **lasted: int) -> Visit:
    """A visit by its length."""
    return Visit(at(entered), at(entered) + timedelta(**lasted))


def quota(minutes: int, **rest: object) -> Quota:
    """A quota for all vehicles."""
    return Quota(**generators.named("q"), who=Match(), minutes=minutes, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("came", [-1, 0, 1, 7199, 7200])
@pytest.mark.parametrize("left", [0, 1, 2, 7199, 7200, 7201])
def test_hours_of_a_cap_to_the_second(came: int, left: int) -> None:
    early, late = DayHours(from_="08:00", to="10:00"), DayHours(from_="17:00", to="19:00")
    text = plain(seconds="exact", caps=(cap("early", 100, "stay", entered=(early,), left=(late,)),))
    visit = Visit(at("18T08:00") + SECOND * came, at("18T17:00") + SECOND * left)
    full = owed(but(text, caps=()), visit)
    assert owed(text, visit) == (100 if 0 <= came < 7200 and 0 < left <= 7200 else full)


@pytest.mark.parametrize(("seconds", "units"), [(45 * 60, 1), (45 * 60 + 1, 2), (30 * 60, 1), (60 * 60 + 1, 2)])
def test_tolerance_to_the_second(seconds: int, units: int) -> None:
    bands = (but(band("day", "00:00", "24:00", Tier(unit_fen=100, unit_min=30)), tolerance_min=15),)
    assert owed(plain(seconds="exact", bands=bands), stayed("18T09:00", seconds=seconds)) == units * 100


@pytest.mark.parametrize(("fen", "percent", "left"), [(153, 33, 103), (150, 33, 100), (151, 50, 75), (149, 50, 74)])
@pytest.mark.parametrize("stage", ["before_caps", "after_caps"])
def test_half_a_fen_up(fen: int, percent: int, left: int, stage: str) -> None:
    off = Discount(**generators.named("d"), kind="percent", percent=percent, stage=stage)  # type: ignore[arg-type]
    text = plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=fen, unit_min=60)),), discounts=(off,))
    assert owed(text, stayed("18T09:00", minutes=60)) == left


@pytest.mark.parametrize(("to", "fee_fen"), [(1, 201), (2, 202), (3, 201), (5, 205)])
def test_rounding_to_few_fen(to: int, fee_fen: int) -> None:
    text = plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=201, unit_min=60)),), round_to_fen=to)
    assert owed(but(text, round_mode="up"), stayed("18T09:00", minutes=60)) == fee_fen


@pytest.mark.parametrize(("hours", "fee_fen"), [(1, 0), (2, 400), (3, 600)])
def test_a_last_cycle_that_is_whole_is_not_free_again(hours: int, fee_fen: int) -> None:
    text = plain(cycle_hours=1, free=Free(minutes=60, again="cycle"))
    assert owed(text, stayed("18T09:00", hours=hours)) == fee_fen
    assert owed(text, stayed("18T09:00", minutes=60 * hours + 59)) == 200 * hours


@pytest.mark.parametrize(("minutes", "fee_fen"), [(59, 200), (60, 700), (61, 700)])
def test_short_is_shorter_than_it_says(minutes: int, fee_fen: int) -> None:
    text = plain(bands=THREE, crossing=Crossing(short_under_min=60))
    assert owed(text, stayed("18T19:30", minutes=minutes)) == fee_fen


@pytest.mark.parametrize(
    ("price", "fee_fen"), [("first", 200), ("last", 500), ("day", 200), ("late", 500), ("night", 700)]
)
def test_the_price_of_a_short_crossing(price: str, fee_fen: int) -> None:
    text = plain(bands=THREE, crossing=Crossing(short_under_min=60, short_price=price))
    assert owed(text, stayed("18T19:30", minutes=50)) == fee_fen


def test_two_passages_of_one_band_are_no_crossing() -> None:
    # The hour between them is free by a pass, so all that is left lies in one band.
    evening = DayHours(from_="20:00", to="21:00")
    bands = (
        Band(**generators.named("day"), otherwise=True, tiers=(Tier(unit_fen=200),)),
        Band(**generators.named("late"), hours=(evening,), tiers=(Tier(unit_fen=500),)),
    )
    sold = Pass(**generators.named("p"), price_fen=1, period="day", hours=(evening,))
    held = tariffs.PassHeld("p", at("01T00:00"), at("30T00:00"))
    text = plain(bands=bands, passes=(sold,), crossing=Crossing(short_under_min=300))
    assert owed(text, but(stayed("18T19:00", hours=3), passes=(held,))) == 400


@pytest.mark.parametrize(("drawn", "left"), [((20, 40), 0), ((40, 20), 0), ((20, 30), 30), ((30, 30), 30), ((), 100)])
def test_a_portion_too_large_spoils_the_later_ones(drawn: tuple[int, ...], left: int) -> None:
    text = plain(quotas=(quota(100, portion_max_min=30),))
    pasts = [
        Past(began := at("18T06:00") + HOUR * place, began + HOUR, (Use("quota.q", began, amount),))
        for place, amount in enumerate(drawn)
    ]
    found = tariffs.calculate(tariffs.Compiled(text), stayed("18T09:00", minutes=200), pasts).uses
    assert [use.amount for use in found] == ([left] if left else [])


@pytest.mark.parametrize(("entered", "opened"), [("10:59", "08:00"), ("11:00", "11:00"), ("11:30", "11:00")])
def test_a_window_opens_when_the_last_one_is_over(entered: str, opened: str) -> None:
    text = plain(quotas=(quota(100, memory=Memory(per="window", hours=3)),))
    clocks = ["08:00", *(["11:00"] if entered > "11:00" else [])]
    pasts = [Past(began := at(f"18T{clock}"), began + MINUTE, (Use("quota.q", began, 1),)) for clock in clocks]
    uses = tariffs.calculate(tariffs.Compiled(text), stayed(f"18T{entered}", minutes=5), pasts).uses
    assert [(use.at, use.amount) for use in uses] == [(at(f"18T{opened}"), 5)]


def test_a_visit_that_began_at_the_same_instant_is_not_earlier() -> None:
    past = Past(at("18T09:00"), at("18T09:30"), (Use("quota.q", at("18T09:00"), 60),))
    assert owed(plain(quotas=(quota(60),)), stayed("18T09:00", minutes=60), [past]) == 0


def test_the_longest_stay_there_is() -> None:
    assert owed(plain(), stayed("2025-01-01T00:00", days=400)) == 400 * 24 * 200
    with pytest.raises(tariffs.StayNotPriceable):
        owed(plain(), stayed("2025-01-01T00:00", days=400, seconds=1))


def test_the_first_tariff_prices_from_the_entry_on_whatever_its_instant() -> None:
    cheap = tariffs.Compiled(plain())
    dear = tariffs.Compiled(plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=900, unit_min=60)),)))
    visit = stayed("10T09:00", hours=2)
    for since in (at("01T00:00"), at("10T09:30"), at("20T00:00")):
        assert tariffs.price([(since, dear)], visit).fee_fen == 2 * 900
        assert tariffs.price([(since, cheap), (at("10T10:00"), dear)], visit).fee_fen == 200 + 900


@pytest.mark.parametrize(("minutes", "fee_fen"), [(60, 0), (90, 0), (91, 5), (92, 10)])
def test_grace_after_charging(minutes: int, fee_fen: int) -> None:
    text = plain(bands=(band("day", "00:00", "24:00"),), overstay=Overstay(grace_min=90, unit_min=1, unit_fen=5))
    visit = but(stayed("18T09:00", minutes=minutes), charging=((at("18T08:00"), at("18T09:00")),))
    assert owed(text, visit) == fee_fen


def test_what_a_line_counts() -> None:
    share = Discount(**generators.named("share"), kind="percent", percent=10)
    amount = Discount(**generators.named("amount"), kind="amount", fen=100)
    text = plain(free=Free(minutes=20), discounts=(share, amount), minimum_fen=480, round_to_fen=500)
    fee = fee_of(tariffs.Compiled(text), stayed("18T09:00", minutes=150))
    assert [(line.kind, line.units, line.amount_fen) for line in fee.lines] == [
        ("units", 3, 600), ("discount", 10, -60), ("discount", 1, -100), ("minimum", 1, 40), ("rounding", 1, 20),
    ]  # fmt: skip
    assert [line.unit_fen for line in fee.lines] == [200, 0, 0, 480, 500]
    free = fee_of(tariffs.Compiled(text), stayed("18T09:00", minutes=20))
    assert [(line.kind, line.units, line.unit_fen, line.amount_fen) for line in free.lines] == [("free", 20, 0, 0)]


def test_what_the_line_of_an_exempt_vehicle_counts() -> None:
    text = plain(exempt=(Exemption(name_zh="公务", name_en="Official", who=Match()),))
    lines = fee_of(tariffs.Compiled(text), stayed("18T09:00", minutes=150)).lines
    assert [(line.kind, line.units, line.unit_fen, line.amount_fen) for line in lines] == [("exempt", 1, 0, 0)]
    assert (lines[0].starts_at, lines[0].ends_at) == (at("18T09:00"), at("18T11:30"))


def where_clocks_change() -> Iterator[differences.Case]:
    """A boundary at every quarter of an hour of nights in which clocks change, and a band that may vanish in them."""
    for zone, days in CHANGES.items():
        for day in days:
            for minute in [*range(15, 241, 15), *range(1365, 1440, 15)]:
                yield differences.Case(_night(zone, minute), stayed_in(zone, day))


def stayed_in(zone: str, day: str) -> Visit:
    """From the evening before to the noon of a day."""
    return Visit(at(f"{day}T00:00", zone) - 4 * HOUR, at(f"{day}T12:00", zone))


def _night(zone: str, minute: int) -> Tariff:
    """Prices by the minute that tell how long each band held, and a price for each passage of the first one."""
    first, then = generators.clock(minute), generators.clock((minute + 15) % 1440)
    windows = (DayHours(from_="22:00", to=first), DayHours(from_=then, to="05:00"))
    return plain(
        time_zone=zone,
        bands=(
            band("short", first, then, Tier(unit_fen=10_000, unit_min=1)),
            band("long", then, first, Tier(unit_fen=7, unit_min=1, for_min=5), Tier(unit_fen=3, unit_min=1)),
        ),
        caps=() if minute % 30 else (cap("window", 1000, "window", windows=windows), cap("day", 2500, "day")),
    )


@pytest.mark.parametrize("zone", CHANGES)
def test_the_engine_and_the_oracle_agree_where_clocks_change(zone: str) -> None:
    cases = [case for case in where_clocks_change() if case.tariff.time_zone == zone]
    assert [found for case in cases if (found := differences.difference(case))] == []
    assert len({differences.by_engine(case) for case in cases}) > 3
