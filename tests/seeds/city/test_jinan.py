"""The seeded city is believable: enough lots of every kind, inside their districts, with prices that compute."""

from collections import Counter
from datetime import datetime

import msgspec
import pytest

from parking import facilities, plates, tariffs
from parking.facilities import Facilities, SpaceKind
from parking.lots import Direction, LotKind, LotPlan, decode_plan
from parking.plates import PlateForm
from parking.positions import Point
from seeds.city.drivers import DRIVERS_COUNT, drivers
from seeds.city.jinan import TARIFFS, jinan, part
from seeds.city.network import CityLot

# Rough boxes around the districts, WGS-84: west, south, east, north.
DISTRICTS = {
    "Lixia": (116.99, 36.62, 117.17, 36.70),
    "Shizhong": (116.90, 36.50, 117.04, 36.68),
    "Huaiyin": (116.80, 36.61, 117.00, 36.73),
    "Tianqiao": (116.90, 36.66, 117.07, 36.85),
    "Licheng": (117.00, 36.44, 117.45, 36.96),
    "Changqing": (116.58, 36.20, 117.00, 36.70),
    "Zhangqiu": (117.25, 36.40, 117.62, 37.15),
    "Gaoxin": (117.08, 36.60, 117.30, 36.78),
    "Jiyang": (116.87, 36.76, 117.45, 37.25),
    "Laiwu": (117.32, 36.07, 117.97, 36.55),
}
CITY = jinan()


def test_there_are_enough_lots_and_bays_of_every_kind() -> None:
    kinds = Counter(lot.plan.kind for lot in CITY.lots)
    assert len(CITY.lots) >= 120
    assert 23_000 <= sum(lot.plan.capacity for lot in CITY.lots) <= 27_000
    assert all(kinds[kind] >= 10 for kind in LotKind)
    assert len(CITY.operators) == 6
    assert {lot.plan.operator_code for lot in CITY.lots} == {operator.code for operator in CITY.operators}
    assert {lot.plan.district_en for lot in CITY.lots} == set(DISTRICTS)


@pytest.mark.parametrize("lot", CITY.lots, ids=lambda lot: lot.plan.code)
def test_a_lot_is_in_its_district_and_can_be_registered(lot: CityLot) -> None:
    plan = lot.plan
    west, south, east, north = DISTRICTS[plan.district_en]
    assert west <= plan.longitude <= east
    assert south <= plan.latitude <= north
    assert 40 <= plan.capacity <= 1500
    assert plan.address_zh.startswith(f"济南市{plan.district_zh}")
    assert lot.lanes(Direction.ENTRY)
    assert lot.lanes(Direction.EXIT)
    assert 1 <= len({lane.gate for lane in plan.lanes}) <= 3
    assert decode_plan(msgspec.json.encode(plan)) == plan


def test_most_lots_say_what_they_offer_and_it_can_be_true() -> None:
    offers = [(lot.plan, lot.offers) for lot in CITY.lots if lot.offers != Facilities()]
    assert len(offers) >= 100
    for plan, said in offers:
        facilities.check(said, capacity=plan.capacity, place=Point(plan.latitude, plan.longitude))
    assert len({said.height_max_cm for _, said in offers}) > 2
    assert {len(said.entrances) for _, said in offers} == {0, 1}
    assert {space.kind for _, said in offers for space in said.spaces} == {SpaceKind.EV, SpaceKind.DISABLED}


def test_codes_and_names_are_unique() -> None:
    plans: list[LotPlan] = [lot.plan for lot in CITY.lots]
    lanes = [lane.code for plan in plans for lane in plan.lanes]
    assert len(set(lanes)) == len(lanes)
    for name in ("code", "gateway", "name_zh", "name_en"):
        assert len({getattr(plan, name) for plan in plans}) == len(plans)


def test_every_lot_has_a_price_and_every_price_says_what_stands_behind_it() -> None:
    assert {lot.tariff for lot in CITY.lots} == set(CITY.tariffs)
    for code, tariff in CITY.tariffs.items():
        assert tariff.code == code
        assert (tariff.grade is tariffs.Grade.MADE_UP) == (tariff.source == "")
        assert (tariff.complaints_phone == "12345") == (tariff.price_mode is tariffs.PriceMode.GOVERNMENT)


def test_every_chinese_text_is_seen_at_work_and_most_road_bays_charge_by_jinans() -> None:
    catalogue = [tariffs.from_toml(path.read_bytes()) for path in TARIFFS.glob("*.toml")]
    assert set(CITY.tariffs) == {tariff.code for tariff in catalogue if tariff.time_zone == "Asia/Shanghai"}
    assert {tariff.currency for tariff in CITY.tariffs.values()} == {"CNY"}
    roads = Counter(lot.tariff for lot in CITY.lots if lot.plan.kind is LotKind.ROAD)
    assert roads["jinan_road"] > roads.total() / 2


@pytest.mark.parametrize("code", sorted(CITY.tariffs))
def test_a_morning_costs_something_wherever_it_is_not_free(code: str) -> None:
    compiled = tariffs.Compiled(CITY.tariffs[code])
    morning = tariffs.Visit(
        datetime.fromisoformat("2025-11-18T09:00+08:00"), datetime.fromisoformat("2025-11-18T12:00+08:00")
    )
    fee = tariffs.price([(morning.entered_at, compiled)], morning)
    assert sum(line.amount_fen for line in fee.lines) == fee.fee_fen
    assert (fee.fee_fen > 0) != (code == "jinan_shared")


def test_part_of_the_city_is_taken_from_all_over_it() -> None:
    few = part(CITY, 30)
    assert 15 <= len(few.lots) <= 30
    assert len({lot.plan.district_en for lot in few.lots}) >= 6
    assert part(CITY, 1000).lots == CITY.lots


def test_drivers_are_the_same_every_time_and_nobody_shares_a_vehicle() -> None:
    people = drivers()
    assert people == drivers()
    assert len(people) == DRIVERS_COUNT
    seen = [vehicle for driver in people for vehicle in driver.vehicles]
    assert len({vehicle.plate for vehicle in seen}) == len(seen)
    assert all(1 <= len(driver.vehicles) <= 2 for driver in people)
    assert all(plates.normalise(vehicle.plate) == vehicle.plate for vehicle in seen)
    assert all(plates.form(vehicle.plate) is not PlateForm.UNKNOWN for vehicle in seen)
    new_energy = sum(plates.is_new_energy(vehicle.plate, vehicle.color) for vehicle in seen)
    assert 0.25 <= new_energy / len(seen) <= 0.30
    poor = sum(driver.top_up_fen <= 1000 for driver in people)
    assert 0.1 <= poor / len(people) <= 0.3
