"""Stays that are to be priced again, since what they are priced by has turned out otherwise."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from parking import bills
from parking.bills import Believed
from parking.plates import PlateColor
from parking.reads import By, Vehicle
from parking.stays import State, Stay


class Wanted(NamedTuple):
    """A vehicle whose stays that ended at an instant or later are to be priced again, and what has changed."""

    plate: str
    plate_color: PlateColor
    since: datetime
    cause_id: UUID


class Repricing(Struct, frozen=True):
    """A vehicle whose stays in a lot that ended at an instant or later are priced again. `cause`: a word for what has
    changed, which `cause_id` is the number of.
    """

    lot_id: int
    plate: str
    plate_color: PlateColor
    cause_id: UUID
    cause: By
    since: datetime

    @property
    def vehicle(self) -> Vehicle:
        """Whose stays."""
        return Vehicle(self.lot_id, self.plate, self.plate_color)


def to_price(believed: Believed, since: Mapping[Vehicle, datetime]) -> list[Stay]:
    """Of what is believed, the closed stays of vehicles that ended at an instant or later, in order of time. One of two
    halves counts for both vehicles that it may be billed as.
    """
    found = []
    for stay in believed.stays.values():
        if stay.state is State.CLOSED:
            named = {stay.vehicle, bills.as_billed(stay, believed.stays).vehicle}
            if any(vehicle in since and stay.last_at >= since[vehicle] for vehicle in named):
                found.append(stay)
    return sorted(found, key=lambda stay: (stay.first_at, stay.id))
