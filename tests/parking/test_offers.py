"""Offers are made once for each count, stay and minute, and never said of another."""

from datetime import datetime, timedelta

import msgspec
from msgspec import structs

from parking.fares import Fares, stay_asked
from parking.lots import Lot
from parking.network import Network
from parking.occupancy import STALE_AFTER, Count, LotStatus
from parking.offers import STAYS_KEPT_MAX, Shelf
from parking.plates import VehicleClass
from parking.positions import Crs
from parking.prices import TariffInForce, lot_prices
from parking.tariffs import Compiled
from seeds.city.jinan import tariff
from tests.conftest import NOW
from tests.parking.test_atlas import LOT

ROAD = tariff("jinan_road")
PRICES = lot_prices([TariffInForce(NOW - timedelta(days=900), 1, ROAD, Compiled(ROAD))], None)
HEARD = Count(LOT.id, inside=10, version=1, updated_at=NOW, heard_at=NOW)


def network(lot: Lot = LOT) -> Network:
    return Network(1, None, {}, {}, {}, {}, {lot.id: lot}, {lot.code: lot}, {lot.id: PRICES}, {}, {}, {})


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def test_a_lot_is_said_anew_when_its_count_its_network_or_the_minute_is_another() -> None:
    clock, fares = Clock(NOW), Fares()
    shelf, city = Shelf(fares, clock), network()
    stay = stay_asked(NOW, 180, VehicleClass.SMALL, new_energy=False)

    def said(of: Network, count: Count) -> dict[str, object]:
        offers = shelf.offers(of, stay, Crs.WGS84)
        text = offers.text(LOT, offers.of(LOT, count))
        shown: dict[str, object] = msgspec.json.decode(text + b"}")
        return shown

    first = said(city, HEARD)
    assert (first["free"], first["status"], first["age_min"]) == (40, "open", 0)
    assert first["fee_fen"] == fares.of(PRICES, stay).fee_fen  # type: ignore[union-attr]
    assert said(city, HEARD) == first
    assert said(city, structs.replace(HEARD, inside=45, version=2))["free"] == 5
    known = shelf.offers(city, stay, Crs.WGS84)
    assert shelf.offers(city, stay, Crs.WGS84) is known
    assert shelf.offers(network(), stay, Crs.WGS84) is not known
    clock.at = NOW + STALE_AFTER
    assert (said(city, HEARD)["status"], said(city, HEARD)["age_min"]) == (LotStatus.STALE, 30)


def test_other_stays_have_other_prices_and_only_so_many_are_kept() -> None:
    shelf, city = Shelf(Fares(), Clock(NOW)), network()
    fees = []
    for minutes in range(60, 60 + STAYS_KEPT_MAX * 60 + 60, 60):
        offers = shelf.offers(city, stay_asked(NOW, minutes, VehicleClass.SMALL, new_energy=False), Crs.WGS84)
        fare = offers.of(LOT, HEARD).fare
        assert fare is not None
        fees.append(fare.fee_fen)
    assert fees == sorted(fees)
    assert len(set(fees)) > 1
    assert len(shelf._kept) == STAYS_KEPT_MAX
    assert shelf.offers(city, None, Crs.WGS84).of(LOT, HEARD).fare is None
