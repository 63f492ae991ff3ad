"""Drivers with accounts, and number plates as they are seen in Jinan: made up from a seed, the same every time."""

from collections.abc import Sequence
from random import Random

from msgspec import Struct

from parking.plates import PlateColor, VehicleClass

DRIVERS_COUNT = 3000
_SEED = 20261116
_TWO_PLATES_SHARE = 0.38
_NEW_ENERGY_SHARE = 0.28
# Some wallets are small on purpose, so that charges stay due and arrears are there to be seen.
_TOP_UPS_FEN = (500, 1000, 5_000, 10_000, 20_000, 50_000)
_TOP_UP_WEIGHTS = (8, 7, 25, 35, 18, 7)
_NO_TOP_UP_SHARE = 0.04

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_OFFICES = ("鲁A", "鲁S", "鲁P", "鲁H", "鲁J", "鲁N", "鲁C", "鲁B", "冀T", "冀J", "豫A", "京N", "苏A", "津A", "沪C")
_OFFICE_WEIGHTS = (800, 50, 18, 18, 18, 14, 14, 14, 8, 6, 6, 6, 5, 5, 4)
_ENERGY = "DFABCEGHJK"
_ENERGY_WEIGHTS = (58, 20, 8, 4, 2, 2, 2, 2, 1, 1)
_SURNAMES = "王李张刘陈杨赵孙马徐高郭林宋于韩"
_TITLES = ("先生", "女士")


class Vehicle(Struct, frozen=True):
    """A vehicle as a camera sees it at its best."""

    plate: str
    color: PlateColor
    vehicle_class: VehicleClass


class Driver(Struct, frozen=True):
    """Somebody with an account. `top_up_fen` is what they put into the wallet, 0 for nothing."""

    name: str
    vehicles: tuple[Vehicle, ...]
    top_up_fen: int


def drivers(count: int = DRIVERS_COUNT, *, seed: int = _SEED) -> Sequence[Driver]:
    """The drivers of the city, one or two vehicles each; no vehicle has two of them."""
    rng = Random(seed)
    taken: set[str] = set()
    people = []
    for _ in range(count):
        vehicles = tuple(vehicle(rng, taken) for _ in range(2 if rng.random() < _TWO_PLATES_SHARE else 1))
        (amount,) = rng.choices(_TOP_UPS_FEN, _TOP_UP_WEIGHTS)
        name = rng.choice(_SURNAMES) + rng.choice(_TITLES)
        people.append(Driver(name, vehicles, 0 if rng.random() < _NO_TOP_UP_SHARE else amount))
    return tuple(people)


def vehicle(rng: Random, taken: set[str]) -> Vehicle:
    """A vehicle whose plate is not in `taken` yet; adds it there."""
    while True:
        new = _vehicle(rng)
        if new.plate not in taken:
            taken.add(new.plate)
            return new


def _vehicle(rng: Random) -> Vehicle:
    office = rng.choices(_OFFICES, _OFFICE_WEIGHTS)[0]
    kind = rng.random()
    if kind < _NEW_ENERGY_SHARE:
        energy = rng.choices(_ENERGY, _ENERGY_WEIGHTS)[0]
        if rng.random() < 0.04:
            return Vehicle(f"{office}{rng.randrange(100_000):05}{energy}", PlateColor.YELLOW_GREEN, VehicleClass.LARGE)
        second = rng.choice("0123456789" + _LETTERS) if rng.random() < 0.4 else str(rng.randrange(10))
        plate = f"{office}{energy}{second}{rng.randrange(10_000):04}"
        return Vehicle(plate, PlateColor.GREEN, VehicleClass.SMALL)
    if kind > 0.997:
        return Vehicle(f"{office}{rng.randrange(10_000):04}警", PlateColor.WHITE, VehicleClass.SMALL)
    serial = [str(rng.randrange(10)) for _ in range(5)]
    for place in rng.sample(range(5), rng.choices((0, 1, 2), (3, 5, 4))[0]):
        serial[place] = rng.choice(_LETTERS)
    plate = office + "".join(serial)
    if kind > 0.965:
        return Vehicle(plate, PlateColor.YELLOW, VehicleClass.LARGE)
    return Vehicle(plate, PlateColor.BLUE, VehicleClass.SMALL)
