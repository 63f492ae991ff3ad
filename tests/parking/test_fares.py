"""What one stay costs in many lots: what a quote says, each tariff asked once."""

from datetime import datetime, timedelta

import pytest

from parking import fares, fees, prices
from parking.fares import Fare, Fares, stay_asked
from parking.plates import VehicleClass
from parking.prices import TariffInForce, lot_prices
from parking.tariffs import Compiled
from seeds.city.jinan import tariff
from tests.conftest import NOW

ROAD, SCENIC = tariff("jinan_road"), tariff("scenic")
LONG_AGO = NOW - timedelta(days=900)


def in_force(*texts: object, since: datetime = LONG_AGO) -> TariffInForce:
    (text,) = texts
    return TariffInForce(since, 1 if text is ROAD else 2, text, Compiled(text))  # type: ignore[arg-type]


@pytest.mark.parametrize("stay_min", [1, 30, 61, 180, 1440, fares.STAY_MIN_MAX])
@pytest.mark.parametrize("kind", [VehicleClass.SMALL, VehicleClass.LARGE])
@pytest.mark.parametrize("new_energy", [False, True])
def test_a_fare_is_what_a_quote_says(stay_min: int, kind: VehicleClass, *, new_energy: bool) -> None:
    lot = lot_prices([in_force(ROAD)], None)
    asked = stay_asked(NOW, stay_min, kind, new_energy=new_energy)
    vehicle = fees.usual_vehicle(kind, new_energy=new_energy)
    quoted = fees.price(lot.tariffs, NOW, NOW + timedelta(minutes=stay_min), vehicle)
    assert Fares().of(lot, asked) == Fare(quoted.fee_fen, ROAD.currency)


def test_lots_of_one_tariff_ask_it_once_whenever_it_came_into_force() -> None:
    known = Fares()
    asked = stay_asked(NOW, 180, VehicleClass.SMALL, new_energy=False)
    lots = [lot_prices([in_force(ROAD, since=LONG_AGO + timedelta(days=n))], None) for n in range(50)]
    assert len({known.of(lot, asked) for lot in lots}) == 1
    assert known.computed == 1
    known.of(lots[0], stay_asked(NOW + timedelta(seconds=59), 180, VehicleClass.SMALL, new_energy=False))
    assert known.computed == 1
    known.of(lots[0], stay_asked(NOW + timedelta(seconds=60), 180, VehicleClass.SMALL, new_energy=False))
    assert known.computed == 2


def test_a_stay_that_is_split_is_another_where_it_is_split_elsewhere() -> None:
    known = Fares()
    asked = stay_asked(NOW, 600, VehicleClass.SMALL, new_energy=False)
    found = []
    for hours in (1, 9):
        lot = lot_prices([in_force(ROAD), in_force(SCENIC, since=NOW + timedelta(hours=hours))], None)
        split = prices.of_stay(lot.tariffs, asked.entered_at, asked.left_at)
        vehicle = fees.usual_vehicle(VehicleClass.SMALL, new_energy=False)
        fare = known.of(lot, asked)
        assert fare is not None
        assert fare.fee_fen == fees.price(split, asked.entered_at, asked.left_at, vehicle).fee_fen
        found.append(fare.fee_fen)
    assert found[0] != found[1] or ROAD.on_change == "at_entry"


def test_without_a_price_that_can_be_read_there_is_no_fare() -> None:
    asked = stay_asked(NOW, 60, VehicleClass.SMALL, new_energy=False)
    known = Fares()
    assert known.of(lot_prices([], None), asked) is None
    assert known.of(lot_prices([TariffInForce(LONG_AGO, 9, None, None)], None), asked) is None
    assert known.of(lot_prices([in_force(ROAD, since=NOW + timedelta(hours=2))], None), asked) is None


def test_only_so_many_are_kept() -> None:
    known = Fares(kept_max=10)
    lot = lot_prices([in_force(ROAD)], None)
    for minute in range(40):
        known.of(lot, stay_asked(NOW + timedelta(minutes=minute), 60, VehicleClass.SMALL, new_energy=False))
    assert (len(known), known.computed) == (10, 40)
