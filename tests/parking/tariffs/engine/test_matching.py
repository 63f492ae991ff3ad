"""Rules for some visits only: by when they came and went, how they were paid, what came with them, and how long."""

from datetime import datetime
from typing import Any

import pytest

from parking import tariffs
from parking.tariffs import Tariff, Vehicle, Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import ClassRule, Free, Surcharge, Tier
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import at, band, cap, cost, plain

EVENING = (DayHours(from_="17:00", to="05:00"),)


def priced(code: str, fen: int, who: Match) -> ClassRule:
    """A class that pays one price once, whatever the meter says."""
    return ClassRule(**generators.named(code), who=who, prices={"day": (Tier(unit_fen=fen),)}, caps={})


def parked(entered: str, left: str, **rest: Any) -> Visit:
    return Visit(at(entered), at(left), **rest)


# In from 6 to 9 and out by 19 the same day: 20 for all of it. Others: 10 the first hour, 8 each further one, 55 a day.
EARLY_BIRD = plain(
    bands=(
        band("day", "00:00", "24:00", Tier(unit_fen=1000, unit_min=60, for_min=60), Tier(unit_fen=800, unit_min=60),
             restart="cycle"),
    ),
    caps=(cap("day", 5500, "cycle", hours=24),),
    classes=(
        priced("early", 2000, Match(entered=(DayHours(from_="06:00", to="09:00"),), left=(DayHours(to="19:00"),),
                                    leaving="first")),
    ),
)  # fmt: skip
# From five in the afternoon on 5, if one has left by five in the morning; else 2 an hour for all of the stay.
EVENING_FLAT = plain(classes=(priced("evening", 500, Match(entered=EVENING, left=EVENING, leaving="first")),))


@pytest.mark.parametrize(
    ("tariff", "entered", "left", "fen"),
    [
        (EARLY_BIRD, "18T08:00", "18T19:00", 2000),
        (EARLY_BIRD, "18T08:00", "18T19:01", 5500),
        (EARLY_BIRD, "18T08:00", "19T10:00", 5500 + 1800),
        (EARLY_BIRD, "18T09:00", "18T10:00", 1000),
        (EARLY_BIRD, "18T08:59", "18T09:30", 2000),
        (EVENING_FLAT, "21T18:00", "21T19:00", 500),
        (EVENING_FLAT, "21T18:00", "22T05:00", 500),
        (EVENING_FLAT, "21T18:00", "22T05:01", 12 * 200),
        (EVENING_FLAT, "21T18:00", "22T18:00", 24 * 200),
        (EVENING_FLAT, "22T02:00", "22T04:00", 500),
        (EVENING_FLAT, "22T02:00", "22T18:00", 16 * 200),
        (EVENING_FLAT, "21T16:59", "21T18:00", 2 * 200),
    ],
)
def test_who_comes_and_goes_in_certain_hours_pays_one_price(tariff: Tariff, entered: str, left: str, fen: int) -> None:
    assert cost(tariff, parked(entered, left)) == fen


def test_hours_may_be_those_of_any_day() -> None:
    tariff = plain(classes=(priced("evening", 500, Match(entered=EVENING, left=EVENING)),))
    assert cost(tariff, parked("21T18:00", "22T18:00")) == 500


@pytest.mark.parametrize(
    ("rest", "fen"),
    [
        ({}, 1000),
        ({"coupons": ("checked_in",)}, 300),
        ({"coupons": ("other",)}, 1000),
        ({"paid_by": "app"}, 700),
        ({"paid_by": "cash"}, 1000),
        ({"paid_by": "app", "coupons": ("checked_in",)}, 300),
    ],
)
def test_a_coupon_or_a_method_of_payment_chooses_the_prices(rest: dict[str, Any], fen: int) -> None:
    tariff = plain(
        classes=(
            priced("park_and_ride", 300, Match(coupons=("checked_in",))),
            ClassRule(**generators.named("app"), who=Match(paid_by=("app",)), caps={"top": 700}),
        ),
        caps=(cap("top", 2000, "stay"),),
    )
    assert cost(tariff, parked("18T09:00", "18T14:00", **rest)) == fen


def test_a_free_period_for_some_hours_of_the_day() -> None:
    noon = ClassRule(
        **generators.named("noon"), who=Match(entered=(DayHours(from_="11:30", to="13:30"),)), free=Free(minutes=60)
    )
    tariff = plain(classes=(noon,))
    assert [cost(tariff, parked(f"18T{hour}", "18T13:30")) for hour in ("11:00", "12:30")] == [600, 0]


def test_a_split_stay_is_looked_at_as_a_whole() -> None:
    first = plain(on_change="split", classes=EVENING_FLAT.classes)
    second = plain(code="second", classes=EVENING_FLAT.classes)
    in_force = [(at("01T00:00"), tariffs.Compiled(first)), (at("22T00:00"), tariffs.Compiled(second))]
    # Left too late: neither part is a visit of the evening.
    assert tariffs.price(in_force, parked("21T18:00", "22T06:00")).fee_fen == 12 * 200
    assert tariffs.price(in_force, parked("21T18:00", "22T05:00")).fee_fen == 2 * 500


LOST = Surcharge(**generators.named("lost"), fen=3000, who=Match(coupons=("lost_ticket",)), always=True)
TAX = Surcharge(**generators.named("tax"), percent_milli=18_375)
LARGE = Surcharge(**generators.named("large"), fen=1000, who=Match(tags=("oversize",)), per_bay=True)


@pytest.mark.parametrize(
    ("surcharges", "left", "rest", "fen"),
    [
        ((TAX,), "18T10:00", {}, 237),
        ((TAX,), "18T09:10", {}, 0),
        ((LOST,), "18T10:00", {"coupons": ("lost_ticket",)}, 3200),
        ((LOST,), "18T09:10", {"coupons": ("lost_ticket",)}, 3000),
        ((LOST,), "18T09:10", {}, 0),
        # Once a visit and not once a unit, and the tax on all that stands before it.
        ((LARGE, TAX), "18T10:30", {"vehicle": Vehicle(tags=frozenset({"oversize"}))}, 1657),
        ((TAX, LARGE), "18T10:30", {"vehicle": Vehicle(tags=frozenset({"oversize"}))}, 1474),
        ((LARGE,), "18T10:30", {"vehicle": Vehicle(tags=frozenset({"oversize"})), "bays": 2}, 2400),
        ((Surcharge(**generators.named("late"), fen=5000, who=Match(over_min=60)),), "18T10:00", {}, 200),
        ((Surcharge(**generators.named("late"), fen=5000, who=Match(over_min=60)),), "18T10:01", {}, 5400),
    ],
)
def test_surcharges_come_once_a_visit(
    surcharges: tuple[Surcharge, ...], left: str, rest: dict[str, Any], fen: int
) -> None:
    tariff = plain(free=Free(minutes=15), surcharges=surcharges)
    fee = tariffs.price([(at("01T00:00"), tariffs.Compiled(tariff))], parked("18T09:00", left, **rest))
    assert fee.fee_fen == fen == sum(line.amount_fen for line in fee.lines)


def test_a_stay_that_is_longer_than_allowed_says_so() -> None:
    tariff = tariffs.Compiled(plain(stay_max_min=120))

    def kinds(left: datetime) -> set[str]:
        return {line.kind for line in tariffs.price([(at("01T00:00"), tariff)], Visit(at("18T09:00"), left)).lines}

    assert "stay_max" not in kinds(at("18T11:00"))
    assert "stay_max" in kinds(at("18T11:01"))
