"""The clocks of gateways and their cameras: how far they are off, as far as live events and heartbeats show it.

A clock is read by what came live: its time less ours when it came. While it is wrong by the same all the time, that is
a spell, and what is handed in later of that time can be shifted by it. One that is off by a little is not looked at,
and what is wrong in no steady way shifts nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from parking.cases import Reason

# A live event stands for a car at the gate now: what its device's clock may be off, either way.
CLOCK_OFF_MAX = timedelta(minutes=2)
# The last readings of a clock, and how many make sure of it.
READINGS_KEPT = 5
READINGS_MIN = 3
# A network takes this much longer with one event than with another.
STEADY_WITHIN = timedelta(seconds=30)


class Sample(NamedTuple):
    """A reading of a clock: by how much it was ahead of ours when something came live; None: it showed no time."""

    received_at: datetime
    ahead: timedelta | None


class Spell(Struct, frozen=True):
    """A time in which a clock was wrong. `ahead`: by how much, if that was steady.

    `lane_id`: of which lane's events; None: of the gateway itself, by its heartbeats. `since`: when it was first seen;
    `right_until`: when it was last seen otherwise before, if it was; `ended_at`: when it was first so after.
    """

    lot_id: int
    id: UUID
    gateway_id: int
    lane_id: int | None
    ahead: timedelta | None
    since: datetime
    right_until: datetime | None
    ended_at: datetime | None = None

    @property
    def reason(self) -> Reason:
        """Why a person should look."""
        return Reason.CLOCK_AHEAD if self.ahead is not None and self.ahead > timedelta(0) else Reason.CLOCK_BEHIND


class Clock(NamedTuple):
    """How a clock goes by its last readings. `is_wrong`: beyond what is let pass; `ahead`: by how much, if steady."""

    is_wrong: bool
    ahead: timedelta | None


def is_right(sample: Sample) -> bool:
    """Whether a reading shows nothing wrong."""
    return sample.ahead is not None and abs(sample.ahead) <= CLOCK_OFF_MAX


def read(samples: Sequence[Sample]) -> Clock | None:
    """How a clock goes, or None where its readings do not say: there are too few, or most are right and some are not
    the same.
    """
    if len(samples) < READINGS_MIN:
        return None
    shown = [each.ahead for each in samples if each.ahead is not None]
    if shown:
        near = [ahead for ahead in shown if abs(ahead - _middle(shown)) <= STEADY_WITHIN]
        if 2 * len(near) > len(samples):
            ahead = _middle(near)
            return Clock(abs(ahead) > CLOCK_OFF_MAX, ahead)
    wrong = [each for each in samples if not is_right(each)]
    return Clock(True, None) if 2 * len(wrong) > len(samples) else None


def _middle(lengths: Sequence[timedelta]) -> timedelta:
    """One in the middle, which was really read."""
    return sorted(lengths)[len(lengths) // 2]


def since(samples: Sequence[Sample], clock: Clock) -> datetime:
    """When a clock was first read to go as it does."""
    return min(sample.received_at for sample in samples if _is_so(sample, clock))


def _is_so(sample: Sample, clock: Clock) -> bool:
    if clock.ahead is None:
        return not is_right(sample)
    return sample.ahead is not None and abs(sample.ahead - clock.ahead) <= STEADY_WITHIN


def goes_on(spell: Spell, clock: Clock) -> bool:
    """Whether a clock is still wrong in the same way."""
    if not clock.is_wrong:
        return False
    if spell.ahead is None or clock.ahead is None:
        return spell.ahead is clock.ahead
    return abs(spell.ahead - clock.ahead) <= STEADY_WITHIN


def shift(occurred_at: datetime, received_at: datetime, spells: Sequence[Spell], *, replay: bool) -> timedelta | None:
    """By how much the clock was ahead that an event was stamped by; None: by nothing that is known.

    spells: of that clock, the latest first. A live event shows itself whether its clock is right by now. One that is
    handed in later is of the latest spell within which its shifted time lies: after the clock was last seen otherwise,
    and not in the future.
    """
    if not spells or (not replay and abs(occurred_at - received_at) <= CLOCK_OFF_MAX):
        return None
    for spell in spells:
        if spell.ahead is None:
            continue
        at = occurred_at - spell.ahead
        if not replay:
            if spell.ended_at is None and abs(at - received_at) <= CLOCK_OFF_MAX:
                return spell.ahead
            continue
        if spell.ended_at is not None and spell.ended_at <= occurred_at <= received_at:
            # It has been right since.
            return None
        until = min(received_at + CLOCK_OFF_MAX, spell.ended_at or received_at + CLOCK_OFF_MAX)
        if at <= until and (spell.right_until is None or at > spell.right_until):
            return spell.ahead
    return None
