"""A vehicle read at the lanes of one lot, as the rules of stays and the barrier are given it."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

from msgspec import Struct

from parking.events import GateEvent
from parking.lots import Direction
from parking.passings import Passing
from parking.plates import PlateColor, VehicleClass

MIDNIGHT = datetime(2026, 11, 16, tzinfo=timezone(timedelta(hours=8)))


class Read(Struct, frozen=True):
    """A vehicle passes: which way, and how long after midnight."""

    way: Direction
    at: timedelta


def passage(read: Read, number: int, vehicle_class: VehicleClass = VehicleClass.SMALL) -> Passing:
    """What the service makes of a read that it takes without doubt."""
    at = MIDNIGHT + read.at
    lane_id = 1 if read.way is Direction.ENTRY else 2
    event = GateEvent(str(number), read.way, f"lane {lane_id}", at, "鲁A12345", PlateColor.BLUE, vehicle_class)
    return Passing(
        id=UUID(int=number),
        lot_id=1,
        gateway_id=1,
        lane_id=lane_id,
        direction=read.way,
        event=event,
        plate="鲁A12345",
        plate_color=PlateColor.BLUE,
        occurred_at=at,
        received_at=at,
        effective_at=at,
        content_hash=b"",
        doubt=None,
        applies=True,
    )
