"""Which vehicle a passing belongs to: the one with exactly this plate and colour, in this lot."""

from typing import NamedTuple, TypeAlias

from parking.passings import Passing
from parking.plates import PlateColor

NumberPlate: TypeAlias = tuple[str, PlateColor]


class Vehicle(NamedTuple):
    """A vehicle as one lot knows it."""

    lot_id: int
    plate: str
    plate_color: PlateColor

    @property
    def number_plate(self) -> NumberPlate:
        """What every lot knows it by."""
        return self.plate, self.plate_color


def vehicle_of(passing: Passing) -> Vehicle:
    return Vehicle(passing.lot_id, passing.plate, passing.plate_color)
