"""Gates and lanes: which way a lane leads at an instant, and whether it is closed then.

A lane leads one way, or by a week of the lot's own clock: in until noon, out from then on. Somebody switches it, a
little earlier or later than is written, so near a switch the event itself says which way its vehicle went.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import UNSET, Meta, Struct, UnsetType

from parking import dated
from parking.dated import Version
from parking.lots import Code, Direction
from payments.errors import OneLotError

# How far from the instant of a switch an event is believed rather than the week, either way.
SWITCH_WITHIN = timedelta(minutes=15)
SWITCHES_MAX = 64
_DAY_MIN = 24 * 60
GateName = Annotated[str, Meta(max_length=128)]


class UnknownGate(OneLotError):
    """The lot has no gate of this code."""


class GateWithoutLanes(OneLotError):
    """No lane leads through a gate: there is nothing to close or open."""


class GateOfAnotherLot(OneLotError):
    """A lane belongs to a gate, and is spoken for by a gateway, of its own lot."""


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS = tuple(Weekday)


class Switch(Struct, frozen=True, forbid_unknown_fields=True):
    """A lane leads this way from a time of some days on, by the clock of its lot, until the next switch."""

    days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]
    at: Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    direction: Direction

    @property
    def minutes(self) -> list[int]:
        """When it is, in minutes from the beginning of the week."""
        hours, minutes = self.at.split(":")
        return [_DAYS.index(day) * _DAY_MIN + int(hours) * 60 + int(minutes) for day in self.days]


class Way(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which way a lane leads: one way always, or by a week."""

    direction: Direction | None = None
    week: Annotated[tuple[Switch, ...], Meta(max_length=SWITCHES_MAX)] = ()

    def __post_init__(self) -> None:
        if (self.direction is None) is not bool(self.week):
            raise ValueError("a lane has a direction, or a week of them")
        minutes = sorted(minute for switch in self.week for minute in switch.minutes)
        if any(one == other for one, other in pairwise(minutes)):
            raise ValueError("two switches are at the same time of a week")
        if self.week and len({switch.direction for switch in self.week}) < 2:
            raise ValueError("a week that leads one way always is a direction")


class GatePlan(Struct, frozen=True, forbid_unknown_fields=True):
    """A gate to register: its code within its lot, and what people call it."""

    code: Code
    name: GateName = ""


class GateChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What a gate is called rightly; what is left out stays as it is."""

    code: Code | UnsetType = UNSET
    name: GateName | UnsetType = UNSET


class NewLane(Struct, frozen=True, forbid_unknown_fields=True):
    """A lane to register at a gate of a lot. `gateway`: which of its gateways moves the barrier, if it has several."""

    code: Code
    gate: Code
    direction: Direction
    gateway: Code | None = None


class LaneChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a lane belongs, and by which code its gateway names it, from now on; what is left out stays as it is."""

    code: Code | UnsetType = UNSET
    gate: Code | UnsetType = UNSET
    gateway: Code | UnsetType = UNSET


class Gate(Struct, frozen=True):
    """A place where vehicles pass the border of a lot."""

    id: int
    lot_id: int
    code: str
    name: str


class LaneRow(Struct, frozen=True):
    """A lane as it was registered: the gateway that moves its barrier, and the way it leads until a version begins."""

    id: int
    code: str
    lot_id: int
    gateway_id: int
    direction: Direction
    gate_id: int = 0
    time_zone: str = "Asia/Shanghai"


class LaneWay(Struct, frozen=True):
    """Which way a lane leads from an instant on; `way` is JSON text."""

    lane_id: int
    valid_from: datetime
    way: str


class LaneClosure(Struct, frozen=True):
    """Whether a lane is closed from an instant on, or open again."""

    lane_id: int
    valid_from: datetime
    is_closed: bool


class Lane(LaneRow, frozen=True):
    """A lane. `ways`, `closures`: the versions that began since it was registered, or will."""

    ways: tuple[Version[Way], ...] = ()
    closures: tuple[Version[bool], ...] = ()

    def is_closed_at(self, at: datetime) -> bool:
        """Whether nobody is let in by it at an instant."""
        return dated.at(False, self.closures, at)

    def direction_at(self, at: datetime) -> Direction:
        """Which way it leads at an instant."""
        if not self.ways:
            return self.direction
        way = self.way_at(at)
        return way.direction or of_week(way.week, at.astimezone(ZoneInfo(self.time_zone)))

    def way_at(self, at: datetime) -> Way:
        """Which way it leads at an instant and after, until a version begins."""
        return dated.at(Way(self.direction), self.ways, at)

    def settled(self, said: Direction | None, at: datetime) -> Direction:
        """Which way a vehicle went that was read at an instant, where its event says one (None: that of the lane).

        An event that contradicts its lane is believed near a switch, and nowhere else.
        """
        held = self.direction_at(at)
        if said is None or said is held or not self.ways:
            return held
        near = (self.direction_at(at - SWITCH_WITHIN), self.direction_at(at + SWITCH_WITHIN))
        return said if said in near else held


def of_week(week: Sequence[Switch], local: datetime) -> Direction:
    """Which way a week says, at a time of the lot's clock: that of the last switch, round the end of the week."""
    now = local.weekday() * _DAY_MIN + local.hour * 60 + local.minute
    switches = sorted((minute, switch.direction) for switch in week for minute in switch.minutes)
    return next((direction for minute, direction in reversed(switches) if minute <= now), switches[-1][1])
