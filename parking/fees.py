"""What a stay costs: who the vehicle is by its plate, what its earlier visits used, and the prices of the lot."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from parking import plates, tariffs
from parking.plates import PlateColor, VehicleClass
from parking.prices import NoTariff, Price
from parking.stays import Stay
from parking.tariffs import Fee, Past, Vehicle, Visit
from parking.tariffs.document import Scope

__all__ = ["NoTariff", "pasts_of", "price", "usual_vehicle", "vehicle_of"]

# The plates most vehicles of a kind have, for a price that is asked without one.
_USUAL = {
    (VehicleClass.SMALL, False): PlateColor.BLUE,
    (VehicleClass.SMALL, True): PlateColor.GREEN,
    (VehicleClass.LARGE, False): PlateColor.YELLOW,
    (VehicleClass.LARGE, True): PlateColor.YELLOW_GREEN,
    (VehicleClass.MOTORCYCLE, False): PlateColor.YELLOW,
}


def vehicle_of(plate: str, color: PlateColor, seen: VehicleClass) -> Vehicle:
    """The vehicle as far as its plate and what the camera saw tell."""
    # What no camera recognised is priced as what most vehicles are.
    kind = VehicleClass.SMALL if seen is VehicleClass.UNKNOWN else seen
    kind = VehicleClass.LARGE if plates.is_large(color, seen) else kind
    return Vehicle(kind=kind, color=color, new_energy=plates.is_new_energy(plate, color))


def usual_vehicle(kind: VehicleClass, *, new_energy: bool) -> Vehicle:
    """A vehicle of a kind as most of them are."""
    return Vehicle(kind=kind, color=_USUAL.get((kind, new_energy), PlateColor.UNKNOWN), new_energy=new_energy)


def pasts_of(stays: Iterable[Stay], place: Scope = "lot") -> list[Past]:
    """Stays as what they left remembered, without those that used nothing."""
    return [
        Past(stay.entered_at, stay.left_at, stay.uses, place)
        for stay in stays
        if stay.uses and stay.entered_at and stay.left_at
    ]


def price(
    prices: Sequence[Price], entered_at: datetime, left_at: datetime, vehicle: Vehicle, pasts: Sequence[Past] = ()
) -> Fee:
    """The fee of a stay by the prices of its lot, in order of time; `pasts` are the vehicle's other visits.

    Raises:
        NoTariff: the lot has no price, or one of those that matter to the stay cannot be read.
        tariffs.StayNotPriceable: the stay ends before it begins or is longer than any stay can be.
    """
    if not prices:
        raise NoTariff("No tariff holds at this lot.")
    visit = Visit(entered_at, left_at, vehicle)
    at = max((at for at, each in enumerate(prices) if each.valid_from <= entered_at), default=0)
    later = [each for each in prices[at + 1 :] if each.valid_from < left_at]
    if not later or prices[at].tariff.on_change == "at_entry":
        return tariffs.price(prices[at].compiled, visit, pasts)
    held = [prices[at], *later]
    return tariffs.price_versions([(each.valid_from, each.compiled) for each in held], visit, pasts)
