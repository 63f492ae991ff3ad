"""Reads that no camera made: a person says that a vehicle came or left. One counts once its ruling is applied."""

from datetime import datetime
from uuid import UUID

from msgspec import structs

from parking.decisions import Decision, DecisionUnfit, Standing
from parking.lots import Direction
from parking.reads import Read
from parking.spans import STAY_MAX


def manual_exit(entry: Read, fact_id: UUID, *, lane_id: int, at: datetime, now: datetime) -> Standing:
    """The exit of a vehicle that was seen to come in, which no camera made. It counts once its ruling is applied.

    Raises:
        DecisionUnfit: it is not between the entry and now, or further than any stay is long.
    """
    if entry.direction is not Direction.ENTRY:
        raise DecisionUnfit("An exit is given for an entry.", field="kind")
    if not entry.at < at <= min(now, entry.at + STAY_MAX):
        raise DecisionUnfit("The exit has to be between the entry and now.", field="left_at")
    return _by_hand(entry, fact_id, lane_id=lane_id, direction=Direction.EXIT, at=at)


def manual_entry(exit_read: Read, fact_id: UUID, *, lane_id: int, at: datetime) -> Standing:
    """The entry of a vehicle that was seen to leave, which no camera made. It counts once its ruling is applied.

    Raises:
        DecisionUnfit: it is not before the exit, or further than any stay is long.
    """
    if exit_read.direction is not Direction.EXIT:
        raise DecisionUnfit("An entry is given for an exit.", field="kind")
    if not exit_read.at - STAY_MAX < at < exit_read.at:
        raise DecisionUnfit("The entry has to be before the exit.", field="entered_at")
    return _by_hand(exit_read, fact_id, lane_id=lane_id, direction=Direction.ENTRY, at=at)


def _by_hand(other: Read, fact_id: UUID, *, lane_id: int, direction: Direction, at: datetime) -> Standing:
    """A read of the vehicle of another one, that no camera made."""
    read = structs.replace(
        other,
        id=fact_id,
        lane_id=lane_id,
        direction=direction,
        at=at,
        confidence=1.0,
        looked_at=False,
        let_out=None,
        set_fen=None,
        passed_at=None,
    )
    return Standing(read, counts=False)


def made_by_hand(first: Decision, passed_at: datetime | None = None) -> Standing:
    """A read made by hand before it counted, from the decision that made it. `passed_at`: of one made for a passage."""
    read = Read(
        lot_id=first.lot_id,
        id=first.fact_id,
        lane_id=first.lane_id,
        direction=first.direction,
        at=first.at,
        plate=first.plate,
        plate_color=first.plate_color,
        vehicle_class=first.vehicle_class,
        confidence=first.confidence,
        passed_at=passed_at,
    )
    return Standing(read, counts=False)
