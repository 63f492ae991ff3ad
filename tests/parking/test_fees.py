"""Fees: who a vehicle is by its plate, and how its earlier visits to a lot bear on the price of this one."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from parking import fees, prices, tariffs
from parking.fees import Bill, Payer
from parking.plates import PlateColor, VehicleClass
from parking.prices import NoTariff, TariffInForce
from parking.stays import State, Stay
from parking.tariffs import Past, Use
from seeds.city.jinan import TARIFFS

JINAN = timezone(timedelta(hours=8))
ROAD = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
QUOTA_MIN, DAY = ROAD.quotas[0].minutes, timedelta(hours=24)
NEV = fees.vehicle_of("鲁AD12345", PlateColor.GREEN, VehicleClass.SMALL)
PETROL = fees.vehicle_of("鲁A12345", PlateColor.BLUE, VehicleClass.SMALL)


def at(day: int, clock: str) -> datetime:
    return datetime(2025, 11, day, int(clock[:2]), int(clock[3:]), tzinfo=JINAN)


def priced(tariff: tariffs.Tariff, valid_from: datetime, number: int = 1) -> TariffInForce:
    return TariffInForce(valid_from, number, tariff, tariffs.Compiled(tariff), number)


PRICES = (priced(ROAD, at(1, "00:00")),)


def stay(entered_at: datetime | None, left_at: datetime | None, number: int = 1) -> Stay:
    return Stay(
        1, UUID(int=number), "鲁AD12345", PlateColor.GREEN, VehicleClass.SMALL, State.CLOSED,
        entered_at, left_at, 1, 2, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("plate", "color", "seen", "kind", "new_energy"),
    [
        ("鲁A12345", PlateColor.BLUE, VehicleClass.SMALL, VehicleClass.SMALL, False),
        ("鲁A12345", PlateColor.YELLOW, VehicleClass.SMALL, VehicleClass.LARGE, False),
        ("鲁A12345", PlateColor.BLUE, VehicleClass.LARGE, VehicleClass.LARGE, False),
        ("鲁A12345", PlateColor.YELLOW, VehicleClass.MOTORCYCLE, VehicleClass.MOTORCYCLE, False),
        ("鲁AD12345", PlateColor.GREEN, VehicleClass.SMALL, VehicleClass.SMALL, True),
        ("鲁A12345", PlateColor.BLUE, VehicleClass.UNKNOWN, VehicleClass.SMALL, False),
    ],
)
def test_a_vehicle_is_what_its_plate_and_the_camera_tell(
    plate: str, color: PlateColor, seen: VehicleClass, kind: VehicleClass, *, new_energy: bool
) -> None:
    vehicle = fees.vehicle_of(plate, color, seen)
    assert (vehicle.kind, vehicle.color, vehicle.new_energy, vehicle.tags) == (kind, color, new_energy, frozenset())


def test_a_new_energy_vehicle_that_comes_back() -> None:
    first = fees.price(PRICES, at(18, "09:00"), at(18, "10:00"), NEV)
    assert (first.fee_fen, first.uses) == (0, (Use("quota.nev", at(18, "09:00"), 60),))
    earlier = stay(at(18, "09:00"), at(18, "10:00"))
    pasts = fees.pasts_of([earlier], {earlier.id: Bill(1, first.fee_fen, None, first.uses)})
    again = fees.price(PRICES, at(18, "10:30"), at(18, "12:00"), NEV, pasts)
    assert (again.fee_fen, [use.amount for use in again.uses]) == (200, [60])
    assert fees.price(PRICES, at(18, "10:30"), at(18, "12:00"), PETROL, pasts).fee_fen == 400
    bus = fees.vehicle_of("鲁AD12345", PlateColor.YELLOW_GREEN, VehicleClass.LARGE)
    assert fees.price(PRICES, at(18, "10:30"), at(18, "12:00"), bus, pasts).fee_fen == 400


def test_only_whole_stays_that_used_something_are_remembered() -> None:
    use = Use("quota.nev", at(18, "09:00"), 60)
    whole, unused, unbilled = (stay(at(18, "09:00"), at(18, "10:00"), number) for number in (1, 2, 3))
    halves = [stay(None, at(18, "10:00"), 4), stay(at(18, "09:00"), None, 5)]
    bills = {each.id: Bill(1, 0, None, (use,)) for each in (whole, *halves)} | {unused.id: Bill(1, 400, None)}
    pasts = fees.pasts_of([whole, unused, unbilled, *halves], bills, "city")
    assert pasts == [Past(at(18, "09:00"), at(18, "10:00"), (use,), "city")]


def test_a_lot_without_a_tariff_charges_nobody() -> None:
    with pytest.raises(NoTariff):
        fees.price((), at(18, "09:00"), at(18, "10:00"), PETROL)
    assert fees.bill(stay(at(18, "09:00"), at(18, "10:00")), (), (), ()) == Bill(None, 0, None)


@pytest.mark.parametrize(
    ("linked", "left_at", "account_id"),
    [
        ("before the exit", at(18, "10:00"), 1001),
        ("after the exit", at(18, "08:59"), None),
        ("until after the exit", at(18, "11:59"), 1001),
        ("until the exit, when another had it", at(18, "12:00"), 1002),
    ],
)
def test_whose_account_pays(linked: str, left_at: datetime, account_id: int | None) -> None:
    payers = [
        Payer("鲁AD12345", PlateColor.GREEN, 1001, at(18, "09:00"), at(18, "12:00")),
        Payer("鲁AD12345", PlateColor.GREEN, 1002, at(18, "12:00")),
    ]
    closed = stay(at(18, "08:30"), left_at)
    bill = fees.bill(closed, PRICES, (), payers)
    assert (bill.tariff_id, bill.account_id) == (1, account_id)
    assert bill.fee_fen == sum(line.amount_fen for line in bill.lines)


@pytest.mark.parametrize(("on_change", "fee_fen"), [("at_entry", 400), ("split", 1200)])
def test_a_price_that_changes_during_a_stay(on_change: str, fee_fen: int) -> None:
    band = structs.replace(ROAD.bands[0], tiers=(structs.replace(ROAD.bands[0].tiers[0], unit_fen=1000),))
    dear = structs.replace(ROAD, bands=(band, ROAD.bands[1]))
    before = structs.replace(ROAD, on_change=on_change)
    dated = (priced(before, at(1, "00:00")), priced(dear, at(18, "10:00"), 2))
    in_force = prices.of_stay(dated, at(18, "09:00"), at(18, "11:00"))
    assert fees.price(in_force, at(18, "09:00"), at(18, "11:00"), PETROL).fee_fen == fee_fen


def test_a_price_that_cannot_be_read_ends_the_one_before() -> None:
    since = at(18, "10:00")
    for on_change, refused in (("split", True), ("at_entry", False)):
        before = priced(structs.replace(ROAD, on_change=on_change), at(1, "00:00"))
        dated = (before, TariffInForce(since, 2, None, None))
        assert fee_fen(dated, at(18, "09:00"), since) == 400 - 200
        if not refused:
            assert fee_fen(dated, at(18, "09:00"), at(18, "11:00")) == 400
            continue
        for entered in (at(18, "09:00"), since):
            with pytest.raises(NoTariff, match="cannot be read"):
                fee_fen(dated, entered, at(18, "11:00"))


def fee_fen(dated: Sequence[TariffInForce], entered_at: datetime, left_at: datetime) -> int:
    return fees.price(prices.of_stay(dated, entered_at, left_at), entered_at, left_at, PETROL).fee_fen


@given(st.lists(st.tuples(st.integers(1, 600), st.integers(0, 300)), max_size=12))
def test_at_most_the_quota_is_free_in_any_24_hours_of_entries(visits: list[tuple[int, int]]) -> None:
    clock, stays = at(1, "00:00"), list[Past]()
    for pause, stayed in visits:
        entered = clock + timedelta(minutes=pause)
        clock = entered + timedelta(minutes=stayed)
        stays.append(Past(entered, clock, fees.price(PRICES, entered, clock, NEV, stays).uses))
    for since in (one.entered_at for one in stays):
        day = [use.amount for one in stays if since <= one.entered_at < since + DAY for use in one.uses]
        assert sum(day) <= QUOTA_MIN


def test_an_impossible_stay_is_not_priced() -> None:
    with pytest.raises(tariffs.StayNotPriceable):
        fees.price(PRICES, at(18, "09:00"), at(17, "09:00"), PETROL)
