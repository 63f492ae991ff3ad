"""Discounts and rounding: what minutes are worth, and half a fen."""

import pytest

from parking.tariffs import Visit
from parking.tariffs.language.document import (
    Discount,
    Overstay,
    Tier,
)
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import at, band, but, cost, plain, stayed


@pytest.mark.parametrize("minutes", [20, 45, 75])
def test_a_coupon_is_worth_the_first_minutes_that_are_charged(minutes: int) -> None:
    # Half an hour of morning, an hour that is free, and the afternoon.
    bands = (
        band("morning", "00:00", "12:00", Tier(unit_fen=200, unit_min=15)),
        band("noon", "12:00", "13:00"),
        band("after", "13:00", "24:00", Tier(unit_fen=100, unit_min=15)),
    )
    worth = Discount(**generators.named("w"), kind="minutes", minutes=minutes, minutes_as="worth")
    visit = stayed("18T11:30", hours=4)
    full = 2 * 200 + 10 * 100
    assert cost(plain(bands=bands), visit) == full
    worth_fen = 200 * min(2, -(-minutes // 15)) + 100 * max(0, -(-(minutes - 30) // 15))
    assert cost(plain(bands=bands, discounts=(worth,)), visit) == full - worth_fen


def test_minutes_given_before_are_worth_nothing_more() -> None:
    given = Discount(**generators.named("given"), kind="minutes", minutes=60)
    worth = Discount(**generators.named("worth"), kind="minutes", minutes=90, minutes_as="worth")
    assert cost(plain(discounts=(given,)), stayed("18T09:00", hours=4)) == 600
    assert cost(plain(discounts=(given, worth)), stayed("18T09:00", hours=4)) == 600 - 200


def test_a_coupon_of_worth_takes_off_time_and_not_overstaying() -> None:
    worth = Discount(**generators.named("hour"), kind="minutes", minutes=60, minutes_as="worth")
    text = plain(overstay=Overstay(grace_min=0, unit_min=1, unit_fen=100), discounts=(worth,))
    visit = Visit(at("18T09:00"), at("18T19:00"), charging=((at("18T09:00"), at("18T09:10")),))
    assert cost(text, visit) == 9 * 200 + 590 * 100


def test_a_coupon_of_worth_is_not_halved_by_what_comes_later() -> None:
    worth = Discount(**generators.named("hour"), kind="minutes", minutes=60, minutes_as="worth")
    half = Discount(**generators.named("half"), kind="percent", percent=50)
    visit = Visit(at("18T09:00"), at("18T19:00"))
    assert cost(plain(discounts=(worth, half)), visit) == (10 * 200 - 200) // 2
    assert cost(plain(discounts=(half, worth)), visit) == 10 * 100 - 100


@pytest.mark.parametrize(("fen", "percent", "left"), [(153, 33, 103), (150, 33, 100), (151, 50, 75), (149, 50, 74)])
@pytest.mark.parametrize("stage", ["before_caps", "after_caps"])
def test_half_a_fen_up(fen: int, percent: int, left: int, stage: str) -> None:
    off = Discount(**generators.named("d"), kind="percent", percent=percent, stage=stage)  # type: ignore[arg-type]
    text = plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=fen, unit_min=60)),), discounts=(off,))
    assert cost(text, stayed("18T09:00", minutes=60)) == left


@pytest.mark.parametrize(("to", "fee_fen"), [(1, 201), (2, 202), (3, 201), (5, 205)])
def test_rounding_to_few_fen(to: int, fee_fen: int) -> None:
    text = plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=201, unit_min=60)),), round_to_fen=to)
    assert cost(but(text, round_mode="up"), stayed("18T09:00", minutes=60)) == fee_fen
