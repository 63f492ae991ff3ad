"""Little stories of a vehicle at the lanes of one lot, as the rules of stays are given them.

A story is written as `in 09:00  out 12:00:30  in +1/08:00` (+1: on the next day). `in? 09:00` is a read of which the
camera is not sure, `in! 09:00` one of a vehicle that is banned. Stays are told as `09:00-12:00` a whole one, `09:00-?`
an entry whose exit was not seen, `?-12:00` an exit without an entry, `09:00-` a vehicle that is inside.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from uuid import UUID

from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass
from parking.reads import Read
from parking.stays import State, Stay

MIDNIGHT = datetime(2026, 11, 16, tzinfo=timezone(timedelta(hours=8)))
SURE, UNSURE = 0.97, 0.4


def read(
    way: Direction,
    at: datetime,
    number: int,
    *,
    plate: str = "鲁A12345",
    color: PlateColor = PlateColor.BLUE,
    vehicle_class: VehicleClass = VehicleClass.SMALL,
    confidence: float = SURE,
    lane_id: int | None = None,
    kept_out: bool = False,
) -> Read:
    """A plate at the entry lane (1) or the exit lane (2) of a lot."""
    lane_id = lane_id or (1 if way is Direction.ENTRY else 2)
    number_ = UUID(int=number << 80)
    return Read(1, number_, lane_id, way, at, plate, color, vehicle_class, confidence, kept_out=kept_out)


def story(text: str) -> list[Read]:
    """The reads of a story, numbered from 1 in the order in which they are told."""
    words = text.split()
    return [
        read(
            Direction.ENTRY if way.startswith("in") else Direction.EXIT,
            _at(at),
            number,
            confidence=UNSURE if way.endswith("?") else SURE,
            kept_out=way.endswith("!"),
        )
        for number, (way, at) in enumerate(zip(words[::2], words[1::2], strict=True), 1)
    ]


def _at(text: str) -> datetime:
    days, hours, minutes, seconds = re.fullmatch(r"(?:\+(\d+)/)?(\d\d):(\d\d)(?::(\d\d))?", text).groups()  # type: ignore[union-attr]
    return MIDNIGHT + timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))


def told(stays: Iterable[Stay]) -> str:
    """Stays as a story tells them."""
    ordered = sorted(stays, key=lambda stay: (stay.first_at, stay.id))
    return "  ".join(_told(stay) for stay in ordered if stay.state is not State.MERGED)


def _told(stay: Stay) -> str:
    missing = "" if stay.state is State.OPEN else "?"
    return f"{_clock(stay.entered_at, '?')}-{_clock(stay.left_at, missing)}"


def _clock(at: datetime | None, missing: str) -> str:
    if at is None:
        return missing
    days, rest = divmod(at - MIDNIGHT, timedelta(days=1))
    return (f"+{days}/" if days else "") + str(MIDNIGHT + rest)[11:19].removesuffix(":00")
