"""Reads that can only be one vehicle passing once: one passing, with a plate that is agreed upon.

A camera fires twice, first reads a piece of a plate and then all of it, or takes a B for an 8 half a second later. What
belongs together is decided by all reads of a lane around an instant and never by their turn.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from parking.facts import CONFIDENCE_MIN
from parking.likeness import Likeness, likeness
from parking.lots import Direction
from parking.plates import PlateColor, PlateForm, VehicleClass, form
from parking.reads import Read, Vehicle

# No two vehicles pass a lane within so little time, so what looks alike then is one. A second look takes a camera some
# time: what has one instant, and is sure, are vehicles that were handed in together.
TOGETHER = timedelta(seconds=1)
# A doubtful read of the same vehicle may come so long before or after a sure one.
SECOND_LOOK = timedelta(seconds=10)
# From here on a camera is sure of what it read.
SURE = 0.9


class Passing(Struct, frozen=True):
    """A vehicle at a lane, once. `at` and `until`: its first and its last read; `confidence`: of the plate agreed upon.

    `reads` are all of it in order of time, also those of another text.
    """

    reads: tuple[Read, ...]
    direction: Direction
    vehicle: Vehicle
    vehicle_class: VehicleClass
    confidence: float
    at: datetime
    until: datetime

    @property
    def id(self) -> UUID:
        """The number of the read that was recorded first."""
        return recorded_first(self.reads).id

    @property
    def lane_id(self) -> int:
        """Where it was read first."""
        return self.reads[0].lane_id

    @property
    def is_kept_out(self) -> bool:
        """Whether no barrier opened for it at a way in."""
        return all(read.is_kept_out for read in self.reads)

    @property
    def is_doubtful(self) -> bool:
        """Whether no camera was halfway sure of the plate."""
        return self.confidence < CONFIDENCE_MIN


def group(reads: Iterable[Read]) -> list[Passing]:
    """The passings of one lot, each read in one of them, in order of time."""
    lanes: dict[int, list[Read]] = {}
    for read in reads:
        lanes.setdefault(read.lane_id, []).append(read)
    passings = [passing for lane in lanes.values() for passing in _of_lane(sorted(lane, key=_in_time))]
    return sorted(passings, key=lambda passing: (passing.at, passing.reads[0].id))


def belong_together(one: Read, other: Read) -> bool:
    """Whether two reads of one lane can only be of one vehicle that passes once."""
    apart, confidence = abs(one.at - other.at), min(one.confidence, other.confidence)
    return one.lane_id == other.lane_id and are_one(likeness(one.plate, other.plate), apart, confidence)


def are_one(alike: Likeness, apart: timedelta, confidence: float) -> bool:
    """Whether texts that are so much alike, read at one lane so far apart, can only be of one vehicle that passes once.
    `confidence`: of the less sure one.
    """
    if apart > SECOND_LOOK:
        return False
    if alike is Likeness.SAME or (alike is Likeness.CONFUSED and timedelta(0) < apart <= TOGETHER):
        return True
    return alike is not Likeness.NONE and confidence < SURE


def alike_within(read: Read) -> timedelta:
    """How far from a read another one of a text like it may be, if its camera was sure: as `belong_together` has it."""
    return TOGETHER if read.confidence >= SURE else SECOND_LOOK


def recorded_first(reads: Sequence[Read]) -> Read:
    """Of those that were received in one millisecond the one that happened first."""
    return reads[0] if len(reads) == 1 else min(reads, key=lambda read: (read.id.int >> 80, read.at, read.id))


def _in_time(read: Read) -> tuple[datetime, UUID]:
    return read.at, read.id


def _of_lane(reads: Sequence[Read]) -> list[Passing]:
    """`reads` are in order of time. Two that belong to a third belong to each other."""
    passings: list[list[Read]] = []
    recent: list[list[Read]] = []
    for read in reads:
        recent = [each for each in recent if read.at - each[-1].at <= SECOND_LOOK]
        joined = [each for each in recent if any(belong_together(read, earlier) for earlier in each)] if recent else []
        if not joined:
            passings.append([read])
            recent.append(passings[-1])
            continue
        first = joined[0]
        for each in joined[1:]:
            first += each
            each.clear()
        first.append(read)
        recent = [each for each in recent if each]
    return [_agreed(each if len(each) == 1 else sorted(each, key=_in_time)) for each in passings if each]


def _agreed(reads: Sequence[Read]) -> Passing:
    """What reads of one passing agree upon: the surest text that has the form of a plate."""
    if len(reads) == 1:
        only = reads[0]
        return Passing((only,), only.direction, only.vehicle, only.vehicle_class, only.confidence, only.at, only.at)
    best = max(reads, key=_trust)
    same = [read for read in reads if read.plate == best.plate]
    color = max(same, key=lambda read: (read.plate_color is not PlateColor.UNKNOWN, *_trust(read))).plate_color
    return Passing(
        reads=tuple(reads),
        direction=best.direction,
        vehicle=best.vehicle._replace(plate_color=color),
        vehicle_class=_class(sorted(same, key=_trust, reverse=True)),
        confidence=best.confidence,
        at=reads[0].at,
        until=max(read.at for read in reads),
    )


def _trust(read: Read) -> tuple[bool, float, str, int]:
    return form(read.plate) is not PlateForm.UNKNOWN, read.confidence, read.plate, -read.id.int


def _class(surest_first: Sequence[Read]) -> VehicleClass:
    known = [read.vehicle_class for read in surest_first if read.vehicle_class is not VehicleClass.UNKNOWN]
    return known[0] if known else VehicleClass.UNKNOWN
