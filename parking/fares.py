"""What one stay would cost in each of many lots: each tariff is asked once, however many lots charge by it.

No plate is known, so a fare remembers nothing: it is what the first stay of a vehicle as most are would cost, without
passes and coupons.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct

from parking import fees, prices
from parking.plates import VehicleClass
from parking.prices import LotPrices, NoTariff, TariffInForce

# A stay of which the engine needs milliseconds is asked of one lot alone (`/v1/lots/{code}/quote`).
STAY_MIN_MAX = 7 * 24 * 60
KEPT_MAX = 20_000


class StayAsked(Struct, frozen=True):
    """A stay whose price is asked: from a whole minute on, for so many minutes, by such a vehicle."""

    entered_at: datetime
    stay_min: int
    vehicle_class: VehicleClass = VehicleClass.SMALL
    new_energy: bool = False

    @property
    def left_at(self) -> datetime:
        """When it ends."""
        return self.entered_at + timedelta(minutes=self.stay_min)


class Fare(Struct, frozen=True):
    """What a stay would cost, in minor units of the currency."""

    fee_fen: int
    currency: str


# All that a fare depends on: the tariffs with what counts on from other stretches, those after the first with their
# beginnings, and the stay.
_Key: TypeAlias = tuple[tuple[tuple[int, int, datetime | None], ...], StayAsked]


def stay_asked(at: datetime, stay_min: int, vehicle_class: VehicleClass, *, new_energy: bool) -> StayAsked:
    """The stay that begins in the minute of an instant."""
    return StayAsked(at.replace(second=0, microsecond=0), stay_min, vehicle_class, new_energy)


class Fares:
    """Fares that were computed, the latest asked for last; they never change, so they are only forgotten for room."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._kept: OrderedDict[_Key, Fare | None] = OrderedDict()
        self.computed = 0

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, lot: LotPrices, asked: StayAsked) -> Fare | None:
        """The fare of a stay in a lot with these prices; None where none is in force then that can be read."""
        in_force = prices.of_stay(lot.of(asked.entered_at), asked.entered_at, asked.left_at)
        if not in_force:
            return None
        key = _key(in_force, asked)
        if key in self._kept:
            return self._kept[key]
        if len(self._kept) >= self._kept_max:
            self._kept.popitem(last=False)
        self.computed += 1
        fare = self._kept[key] = _fare(in_force, asked)
        return fare


def _key(in_force: Sequence[TariffInForce], asked: StayAsked) -> _Key:
    tariffs = [
        (each.tariff_id, 0 if each.text is None else each.text.rejoin_min, each.valid_from if at else None)
        for at, each in enumerate(in_force)
    ]
    return tuple(tariffs), asked


def _fare(in_force: Sequence[TariffInForce], asked: StayAsked) -> Fare | None:
    vehicle = fees.usual_vehicle(asked.vehicle_class, new_energy=asked.new_energy)
    try:
        fee = fees.price(in_force, asked.entered_at, asked.left_at, vehicle)
    except NoTariff:
        return None
    return Fare(fee.fee_fen, in_force[0].tariff.currency)
