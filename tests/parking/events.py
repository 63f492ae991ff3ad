"""What the service makes of an event that it takes without doubt."""

from datetime import UTC, datetime
from uuid import UUID

from parking.events import GateEvent
from parking.facts import Fact
from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass

NOON = datetime(2026, 11, 16, 4, tzinfo=UTC)


def passing(direction: Direction) -> Fact:
    """A small blue car at noon."""
    lane_id = 1 if direction is Direction.ENTRY else 2
    event = GateEvent("1", direction, f"lane {lane_id}", NOON, "鲁A12345", PlateColor.BLUE, VehicleClass.SMALL)
    return Fact(
        id=UUID(int=1),
        lot_id=1,
        gateway_id=1,
        lane_id=lane_id,
        direction=direction,
        event=event,
        plate="鲁A12345",
        plate_color=PlateColor.BLUE,
        occurred_at=NOON,
        received_at=NOON,
        effective_at=NOON,
        content_hash=b"",
        doubt=None,
        applies=True,
    )
