"""Fees: how earlier visits to a lot bear on the price of this one."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import fees, tariffs
from parking.fees import NoTariff, Visit
from tests.parking.test_tariffs import ROAD

JINAN = timezone(timedelta(hours=8))


def at(day: int, clock: str) -> datetime:
    return datetime(2025, 11, day, int(clock[:2]), int(clock[3:]), tzinfo=JINAN)


def visit(day: int, entered: str, left: str, used_min: int) -> Visit:
    return at(day, entered), at(day, left), used_min


@pytest.mark.parametrize(
    ("visits", "left_min"),
    [
        ([], 120),
        ([visit(18, "09:00", "09:25", 0)], 120),
        ([visit(18, "09:00", "10:00", 60)], 60),
        ([visit(18, "07:00", "08:00", 60), visit(18, "09:00", "10:00", 60)], 0),
        ([visit(17, "10:30", "12:30", 120)], 120),  # 24 hours ago to the minute
        ([visit(17, "10:31", "12:31", 120)], 0),
        ([visit(18, "11:00", "12:00", 60)], 120),  # began later
        ([visit(18, "06:00", "08:00", 120), visit(18, "08:10", "10:10", 120)], 0),
    ],
)
def test_what_earlier_visits_leave(visits: list[Visit], left_min: int) -> None:
    assert fees.quota_left(120, entered_at=at(18, "10:30"), visits=visits) == left_min


def test_a_new_energy_vehicle_that_comes_back() -> None:
    first = fees.price(ROAD, at(18, "09:00"), at(18, "10:00"), large=False, new_energy=True, visits=[])
    assert (first.fee_fen, first.quota_used_min) == (0, 60)
    visits = [(at(18, "09:00"), at(18, "10:00"), first.quota_used_min)]
    again = fees.price(ROAD, at(18, "10:30"), at(18, "12:00"), large=False, new_energy=True, visits=visits)
    assert (again.fee_fen, again.quota_used_min) == (200, 60)
    petrol = fees.price(ROAD, at(18, "10:30"), at(18, "12:00"), large=False, new_energy=False, visits=visits)
    assert (petrol.fee_fen, petrol.quota_used_min) == (400, 0)
    bus = fees.price(ROAD, at(18, "10:30"), at(18, "12:00"), large=True, new_energy=True, visits=visits)
    assert (bus.fee_fen, bus.quota_used_min) == (400, 60)


def test_a_lot_without_a_tariff_charges_nobody() -> None:
    with pytest.raises(NoTariff):
        fees.price(None, at(18, "09:00"), at(18, "10:00"), large=False, new_energy=False, visits=[])


@given(st.lists(st.tuples(st.integers(1, 600), st.integers(0, 300)), max_size=12))
def test_at_most_the_quota_is_free_in_any_24_hours_of_entries(visits: list[tuple[int, int]]) -> None:
    clock, stays = at(1, "00:00"), list[Visit]()
    for pause, stayed in visits:
        entered = clock + timedelta(minutes=pause)
        clock = entered + timedelta(minutes=stayed)
        fee = fees.price(ROAD, entered, clock, large=False, new_energy=True, visits=stays)
        stays.append((entered, clock, fee.quota_used_min))
    for since, _, _ in stays:
        day = [used for began, _, used in stays if since <= began < since + fees.QUOTA_WINDOW]
        assert sum(day) <= ROAD.tariff.nev_quota_min


def test_an_impossible_stay_is_not_priced() -> None:
    with pytest.raises(tariffs.StayNotPriceable):
        fees.price(ROAD, at(18, "09:00"), at(17, "09:00"), large=False, new_energy=False, visits=[])
