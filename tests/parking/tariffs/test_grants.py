"""What is granted never costs more than without it, and a stay that is split has once what a stay has once."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import PassHeld, StayNotPriceable, Vehicle, Visit
from parking.tariffs.language.document import Charging, Discount, Match, Overstay, Quota, Tariff, Tier
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import at, band, law, plain

MINUTE = timedelta(minutes=1)
NOON = at("18T12:00")


def owed(tariff: Tariff, visit: Visit) -> int:
    return tariffs.calculate(tariffs.Compiled(tariff), visit).fee_fen


def split(visit: Visit, when: datetime, **fields: Any) -> int:
    """The fee where the same text begins again in the middle of a stay."""
    text = tariffs.Compiled(plain(on_change="split", **fields))
    return tariffs.price([(visit.entered_at - MINUTE, text), (when, text)], visit).fee_fen


def test_a_pause_does_not_begin_another_unit() -> None:
    text = plain(charging=Charging())
    hour = Visit(at("18T09:00"), at("18T10:00"))
    charging = ((at("18T09:10"), at("18T09:20")),)
    assert owed(text, hour) == owed(text, msgspec.structs.replace(hour, charging=charging)) == 200
    longer = msgspec.structs.replace(hour, left_at=at("18T10:10"), charging=charging)
    assert owed(text, longer) == 200
    assert owed(text, msgspec.structs.replace(longer, left_at=at("18T10:11"))) == 400


def test_seconds_that_are_dropped_are_dropped_of_charging_too() -> None:
    text = plain(charging=Charging())
    entered, left = at("2025-11-18T09:00:05"), at("2025-11-18T10:00:20")
    plugged = at("2025-11-18T09:00:40")
    assert owed(text, Visit(entered, left, charging=((plugged, left),))) == 0


@law
@given(
    st.integers(1, 600),
    st.integers(0, 600),
    st.integers(1, 300),
    st.sampled_from(("up", "down", "minutes")),
    st.booleans(),
)
def test_time_that_is_covered_never_makes_a_stay_dearer(
    length: int, begins: int, covered: int, part_unit: str, complete: bool
) -> None:
    tiers = (Tier(unit_fen=300, unit_min=30, for_min=60), Tier(unit_fen=500, unit_min=45))
    fields = {
        "bands": (
            band("day", "08:00", "20:00", *tiers, part_unit=part_unit),
            band("night", "20:00", "08:00", Tier(unit_fen=100, unit_min=60)),
        )
    }
    crossing = {"crossing": {"part_unit": "complete" if complete else "separate"}}
    text = msgspec.convert({**msgspec.to_builtins(plain(charging=Charging(), **fields)), **crossing}, Tariff)
    entered = at("18T18:30")
    visit = Visit(entered, entered + MINUTE * length)
    plugged = entered + MINUTE * begins
    with_pause = msgspec.structs.replace(visit, charging=((plugged, plugged + MINUTE * covered),))
    if not complete:
        assert owed(text, with_pause) <= owed(text, visit)
    assert owed(text, with_pause) >= 0


def test_a_split_stay_pays_for_overstaying_once() -> None:
    overstay = Overstay(grace_min=0, unit_min=60, unit_fen=100)
    visit = Visit(at("18T08:00"), at("18T14:00"), charging=((at("18T08:00"), at("18T10:00")),))
    assert split(visit, NOON, overstay=overstay) == 6 * 200 + 4 * 100


def test_an_exempt_vehicle_pays_for_nothing_but_what_a_later_version_asks_of_it() -> None:
    overstay = Overstay(grace_min=0, unit_min=60, unit_fen=100)
    exempt = (generators.exempt(Match()),)
    visit = Visit(at("18T08:00"), at("18T14:00"), charging=((at("18T08:00"), at("18T10:00")),))
    assert split(visit, NOON, overstay=overstay, exempt=exempt, minimum_fen=500) == 0
    before, after = (tariffs.Compiled(plain(on_change="split", exempt=who, minimum_fen=500)) for who in (exempt, ()))
    versions = [(visit.entered_at - MINUTE, before), (NOON, after)]
    assert tariffs.price(versions, visit).fee_fen == 2 * 200


def test_a_split_stay_has_a_discount_once() -> None:
    coupon = Discount(**generators.named("coupon"), kind="amount", fen=500)
    visit = Visit(at("18T08:00"), at("18T14:00"))
    assert split(visit, NOON, discounts=(coupon,)) == 6 * 200 - 500


def test_a_split_stay_draws_on_what_is_left_of_a_quota() -> None:
    quota = Quota(**generators.named("nev"), who=Match(new_energy=True), minutes=120)
    visit = Visit(at("18T11:30"), at("18T14:00"), Vehicle(new_energy=True))
    assert split(visit, NOON, quotas=(quota,)) == 200
    assert split(msgspec.structs.replace(visit, left_at=at("18T13:30")), NOON, quotas=(quota,)) == 0


def test_the_least_fee_and_the_rounding_are_those_of_the_whole() -> None:
    visit = Visit(at("18T11:30"), at("18T12:30"))
    assert split(visit, NOON, minimum_fen=500) == 500
    assert split(visit, NOON, round_to_fen=300, round_mode="up") == 600


def test_a_coupon_of_worth_takes_off_time_and_not_overstaying() -> None:
    worth = Discount(**generators.named("hour"), kind="minutes", minutes=60, minutes_as="worth")
    text = plain(overstay=Overstay(grace_min=0, unit_min=1, unit_fen=100), discounts=(worth,))
    visit = Visit(at("18T09:00"), at("18T19:00"), charging=((at("18T09:00"), at("18T09:10")),))
    assert owed(text, visit) == 9 * 200 + 590 * 100


def test_a_coupon_of_worth_is_not_halved_by_what_comes_later() -> None:
    worth = Discount(**generators.named("hour"), kind="minutes", minutes=60, minutes_as="worth")
    half = Discount(**generators.named("half"), kind="percent", percent=50)
    visit = Visit(at("18T09:00"), at("18T19:00"))
    assert owed(plain(discounts=(worth, half)), visit) == (10 * 200 - 200) // 2
    assert owed(plain(discounts=(half, worth)), visit) == 10 * 100 - 100


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
        owed(plain(), visit)


def test_a_pass_that_never_ends_is_no_trouble() -> None:
    sold = {**generators.named("forever"), "price_fen": 1, "period": "year", "grace_days": 31}
    text = msgspec.convert({**msgspec.to_builtins(plain()), "passes": [sold]}, Tariff)
    held = PassHeld("forever", at("18T09:00"), at("9999-12-31T00:00"))
    assert owed(text, Visit(at("18T09:00"), at("18T10:00"), Vehicle(VehicleClass.SMALL), passes=(held,))) == 0
