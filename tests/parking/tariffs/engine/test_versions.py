"""A stay that is split by a later tariff has once what a stay has once."""

from datetime import datetime
from typing import Any

import pytest

from parking import tariffs
from parking.tariffs import Compiled, Vehicle, Visit
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Discount, Free, Overstay, Quota, Tier
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import MINUTE, at, band, but, plain, stayed

NOON = at("18T12:00")


def split(visit: Visit, when: datetime, **fields: Any) -> int:
    """The fee where the same text begins again in the middle of a stay."""
    text = tariffs.Compiled(plain(on_change="split", **fields))
    return tariffs.price([(visit.entered_at - MINUTE, text), (when, text)], visit).fee_fen


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
    assert split(but(visit, left_at=at("18T13:30")), NOON, quotas=(quota,)) == 0


def test_the_least_fee_and_the_rounding_are_those_of_the_whole() -> None:
    visit = Visit(at("18T11:30"), at("18T12:30"))
    assert split(visit, NOON, minimum_fen=500) == 500
    assert split(visit, NOON, round_to_fen=300, round_mode="up") == 600


def test_the_first_tariff_prices_from_the_entry_on_whatever_its_instant() -> None:
    cheap = tariffs.Compiled(plain())
    dear = tariffs.Compiled(plain(bands=(band("day", "00:00", "24:00", Tier(unit_fen=900, unit_min=60)),)))
    visit = stayed("10T09:00", hours=2)
    for since in (at("01T00:00"), at("10T09:30"), at("20T00:00")):
        assert tariffs.price([(since, dear)], visit).fee_fen == 2 * 900
        assert tariffs.price([(since, cheap), (at("10T10:00"), dear)], visit).fee_fen == 200 + 900


@pytest.mark.parametrize(
    ("entered", "left", "fen"),
    [
        ("18T11:31", "18T14:00", 600),
        ("18T11:29", "18T14:00", 600),
        ("18T11:45", "18T12:20", 400),
        ("18T11:45", "18T12:15", 0),
    ],
)
def test_a_split_stay_is_as_long_as_it_is(entered: str, left: str, fen: int) -> None:
    """The free period looks at the whole stay, wherever the price changes."""
    texts = [plain(on_change="split", free=Free(minutes=30)), plain(free=Free(minutes=30))]
    dated = [(at(since), Compiled(text)) for since, text in zip(("01T00:00", "18T12:00"), texts, strict=True)]
    assert tariffs.price(dated, Visit(at(entered), at(left))).fee_fen == fen


def test_the_last_cycle_of_a_split_stay_ends_with_the_stay() -> None:
    free = Free(minutes=30, again="cycle")
    dated = [(at("01T00:00"), Compiled(plain(on_change="split", free=free))), (at("19T10:10"), Compiled(plain()))]
    # A day and ten minutes by the first price, but the stay goes on for two hours.
    assert tariffs.price(dated, Visit(at("18T10:00"), at("19T12:00"))).fee_fen == 24 * 200 + 200 + 400
