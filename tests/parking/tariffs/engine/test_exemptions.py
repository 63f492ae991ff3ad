"""Time that costs nothing: free periods that are granted again, charging and staying on after it, passes, bookings."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import PassHeld, Tariff, Use, Vehicle, Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import (
    Booking,
    Charging,
    Free,
    Overstay,
    Pass,
    Surcharge,
    Tier,
)
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import at, band, but, cap, cost, fee_of, plain, stayed

HOURLY = Tier(unit_fen=200, unit_min=60)


def test_a_free_period_of_every_cycle_is_granted_once_in_each() -> None:
    text = plain(cycle_hours=24, free=Free(minutes=30, deducted=True, again="cycle"))
    fee = fee_of(tariffs.Compiled(text), stayed("18T09:00", hours=30))
    free = [(line.starts_at, line.ends_at) for line in fee.lines if line.kind == "free"]
    assert free == [(at(f"{day}T09:00"), at(f"{day}T09:30")) for day in (18, 19)]


def test_staying_on_is_asked_of_the_last_charging_alone() -> None:
    text = plain(overstay=Overstay(grace_min=0, unit_min=60, unit_fen=100))
    charging = ((at("18T09:00"), at("18T10:00")), (at("18T11:00"), at("18T12:00")))
    assert cost(text, but(stayed("18T09:00", hours=4), charging=charging)) == 4 * 200 + 100


def test_charging_reported_twice_uses_up_its_limit_once() -> None:
    text = plain(
        charging=Charging(free_max_min=150), bands=(band("day", "00:00", "24:00", Tier(unit_fen=1, unit_min=1)),)
    )
    charging = tuple(
        (at(f"18T{begins}"), at(f"18T{ends}"))
        for begins, ends in (("09:00", "11:00"), ("09:30", "10:00"), ("11:00", "13:00"))
    )
    assert cost(text, but(stayed("18T09:00", hours=4), charging=charging)) == 90


@pytest.mark.parametrize(("hours", "fee_fen"), [(1, 0), (2, 400), (3, 600)])
def test_a_last_cycle_that_is_whole_is_not_free_again(hours: int, fee_fen: int) -> None:
    text = plain(cycle_hours=1, free=Free(minutes=60, again="cycle"))
    assert cost(text, stayed("18T09:00", hours=hours)) == fee_fen
    assert cost(text, stayed("18T09:00", minutes=60 * hours + 59)) == 200 * hours


# Booked from 10:00 to 12:00: an hour before it, all of it, to its grace, a minute longer.
@pytest.mark.parametrize(
    ("begins", "hours", "minutes", "fee_fen"),
    [("09:00", 3, 0, 200), ("10:00", 2, 0, 0), ("10:30", 2, 0, 0), ("10:30", 2, 1, 200), ("12:30", 1, 0, 200)],
)
def test_booked_time_and_its_grace_cost_nothing(begins: str, hours: int, minutes: int, fee_fen: int) -> None:
    booked = ((at("18T10:00"), at("18T12:00")),)
    visit = but(stayed(f"18T{begins}", minutes=60 * hours + minutes), booked=booked)
    assert cost(plain(booking=Booking(grace_min=30)), visit) == fee_fen
    # Where the price says nothing of bookings, one keeps a space and no more.
    assert cost(plain(), visit) == cost(plain(), but(visit, booked=()))


def test_the_day_on_which_clocks_change_is_booked_by_instants() -> None:
    text = plain(time_zone="Europe/Berlin", booking=Booking())
    # From 20:00 to 06:00 of the night with 25 hours: eleven hours, and the last one is paid.
    begins = datetime(2025, 10, 25, 18, tzinfo=UTC)
    visit = Visit(begins, begins + timedelta(hours=12), booked=((begins, begins + timedelta(hours=11)),))
    assert cost(text, visit) == 200


@pytest.mark.parametrize(("minutes", "fee_fen"), [(60, 0), (90, 0), (91, 5), (92, 10)])
def test_grace_after_charging(minutes: int, fee_fen: int) -> None:
    text = plain(bands=(band("day", "00:00", "24:00"),), overstay=Overstay(grace_min=90, unit_min=1, unit_fen=5))
    visit = but(stayed("18T09:00", minutes=minutes), charging=((at("18T08:00"), at("18T09:00")),))
    assert cost(text, visit) == fee_fen


def test_a_pass_that_never_ends_is_no_trouble() -> None:
    sold = {**generators.named("forever"), "price_fen": 1, "period": "year", "grace_days": 31}
    text = msgspec.convert({**msgspec.to_builtins(plain()), "passes": [sold]}, Tariff)
    held = PassHeld("forever", at("18T09:00"), at("9999-12-31T00:00"))
    assert cost(text, Visit(at("18T09:00"), at("18T10:00"), Vehicle(VehicleClass.SMALL), passes=(held,))) == 0


def test_hours_of_a_pass_that_overlap_use_up_its_day_once() -> None:
    # From 9 to 11 both hours hold, and the day's two hours last until then.
    hours = (DayHours(from_="08:00", to="12:00"), DayHours(from_="09:00", to="11:00"))
    sold = Pass(**generators.named("p"), price_fen=1, period="month", hours=hours, day_max_min=120)
    held = PassHeld("p", at("01T00:00"), at("30T00:00"))
    fee = fee_of(tariffs.Compiled(plain(passes=(sold,))), but(stayed("18T09:00", hours=3), passes=(held,)))
    assert (fee.fee_fen, fee.uses) == (200, (Use("pass.p", at("18T00:00"), 120),))


NOON = ((at("18T10:00"), at("18T12:00")),)


@pytest.mark.parametrize(
    ("text", "hours", "fee_fen"),
    [
        (plain(), 3, 200),
        # A unit lasts in time that counts, and the tiers move with it.
        (plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=500, unit_min=90)),)), 3, 500),
        (plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=500, unit_min=60, for_min=60), HOURLY),)), 4, 700),
        (plain(free=Free(minutes=60)), 3, 0),
        (plain(free=Free(minutes=59)), 3, 200),
        (plain(free=Free(minutes=60, deducted=True)), 4, 200),
        (plain(caps=(cap("day", 300, "day"),)), 4, 300),
        (plain(stay_max_min=120), 4, 400),
    ],
)
def test_time_in_which_the_clock_stands_is_counted_by_nothing(text: Tariff, hours: int, fee_fen: int) -> None:
    assert cost(text, but(stayed("18T09:00", hours=hours), paused=NOON)) == fee_fen
    assert cost(text, stayed("18T09:00", hours=hours - 2)) == fee_fen


def test_days_and_rate_periods_go_on_while_the_clock_stands() -> None:
    night = (band("day", "00:00", "20:00", HOURLY), band("night", "20:00", "24:00", Tier(unit_fen=100, unit_min=60)))
    stay = but(stayed("18T18:00", hours=5), paused=((at("18T19:00"), at("18T22:00")),))
    assert cost(plain(bands=night), stay) == 200 + 100
    assert cost(plain(bands=night), but(stay, paused=((at("18T17:00"), at("19T09:00")),))) == 0


def test_a_stay_is_as_long_as_its_clock_ran() -> None:
    long = Surcharge(code="long", name_zh="长停", name_en="Long", fen=1000, who=Match(over_min=120))
    stay = stayed("18T09:00", hours=4)
    assert cost(plain(surcharges=(long,)), stay) == 800 + 1000
    assert cost(plain(surcharges=(long,)), but(stay, paused=NOON)) == 400
    kinds = [line.kind for line in fee_of(tariffs.Compiled(plain(stay_max_min=120)), but(stay, paused=NOON)).lines]
    assert kinds == ["units", "paused", "units"]
