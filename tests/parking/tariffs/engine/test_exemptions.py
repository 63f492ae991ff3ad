"""Time that costs nothing: free periods that are granted again, charging and staying on after it, passes."""

import msgspec
import pytest

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import PassHeld, Tariff, Use, Vehicle, Visit
from parking.tariffs.language.conditions import DayHours
from parking.tariffs.language.document import (
    Charging,
    Free,
    Overstay,
    Pass,
    Tier,
)
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import at, band, but, cost, fee_of, plain, stayed


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
