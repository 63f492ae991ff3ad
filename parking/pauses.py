"""When the clock of a stay stood: its vehicle was in a lot inside that stops it, or had left the lot around for good.

Everything is said of stays and nothing of what they cost, so no price waits for another.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from parking.clocks import CLOCK_OFF_MAX
from parking.lots import InnerClock, Lot
from parking.plates import PlateColor
from parking.stays import State, Stay
from parking.surroundings import Periods, around, clipped, holds, periods, stopping, when


class Nest(Struct, frozen=True):
    """The lots inside of a lot that stop its clock, and those around whose clock it stops; each with when it does."""

    inner: Mapping[int, Periods] = {}
    outer: Mapping[int, Periods] = {}

    @property
    def lots(self) -> frozenset[int]:
        """All of them."""
        return frozenset((*self.inner, *self.outer))

    def inner_at(self, at: datetime) -> list[int]:
        """The lots that stop its clock at an instant."""
        return sorted(lot_id for lot_id, held in self.inner.items() if holds(held, at))


class Present(Struct, frozen=True):
    """When a vehicle came to a lot and left it, as far as either was seen."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: PlateColor
    entered_at: datetime | None
    left_at: datetime | None


class Affected(NamedTuple):
    """A vehicle whose stays in a lot that ended at an instant or later may have stood otherwise, but for the stay that
    changed (`cause_id`).
    """

    lot_id: int
    plate: str
    plate_color: PlateColor
    since: datetime
    cause_id: UUID


def nests_of(lots: Mapping[int, Lot]) -> dict[int, Nest]:
    """The nests of lots, by lot; of most there is none."""

    def stopped_by(lot: Lot, at: datetime) -> Sequence[Lot]:
        return around(lot, lots, at) if lot.around_at(at).inner_clock is InnerClock.STOPS else ()

    inner = stopping(lots.values())
    pairs = when(inner, periods(lots.values()), stopped_by) if inner else {}
    return {
        id_: Nest(
            {inner_id: held for (inner_id, outer_id), held in pairs.items() if outer_id == id_},
            {outer_id: held for (inner_id, outer_id), held in pairs.items() if inner_id == id_},
        )
        for id_ in {id_ for pair in pairs for id_ in pair}
    }


def present(stays: Iterable[Stay]) -> list[Present]:
    """Stays as what they say of where their vehicle was."""
    return [
        Present(stay.lot_id, stay.id, stay.plate, stay.plate_color, stay.entered_at, stay.left_at)
        for stay in stays
        if stay.state is not State.MERGED
    ]


def paused(
    stay: Stay, nest: Nest, known: Sequence[Present], *, since: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """When the clock of a closed stay stood, from an instant on. `known`: of its vehicle, in its lot and its nest.

    Whoever nobody saw leave the lot inside was there until it came again, and whoever leaves a lot has left all lots
    inside of it. A lot inside counts while it lies there.
    """
    assert stay.entered_at is not None
    assert stay.left_at is not None
    here = Present(stay.lot_id, stay.id, stay.plate, stay.plate_color, stay.entered_at, stay.left_at)
    gone_at = _gone_at(stay.entered_at, [each for each in known if _leaves_within(each, nest.outer.get(each.lot_id))])
    ends_at = stay.left_at
    times = []
    if gone_at is not None and gone_at + CLOCK_OFF_MAX < stay.left_at:
        times.append((gone_at, stay.left_at))
        ends_at = gone_at
    own = [here, *(each for each in known if each.lot_id == stay.lot_id and each.id != stay.id)]
    for each in known:
        inside = nest.inner.get(each.lot_id)
        if inside is not None and each.entered_at is not None:
            until = each.left_at or _came_again_at(each.entered_at, each, known)
            left = _gone_at(each.entered_at, [one for one in own if _leaves_within(one, inside)])
            ends = [at for at in (until, left, ends_at) if at is not None]
            times += clipped(max(each.entered_at, since), min(ends), inside)
    return tuple(sorted(times))


def _leaves_within(there: Present, inside: Periods | None) -> bool:
    """Whether a vehicle left a lot while the other one of a nest lay inside of it."""
    return inside is not None and there.left_at is not None and holds(inside, there.left_at)


def _gone_at(entered_at: datetime, outer: Iterable[Present]) -> datetime | None:
    """When a vehicle that came to a lot inside at an instant left a lot around."""
    return min(
        (
            each.left_at
            for each in outer
            if each.left_at is not None
            and each.left_at > entered_at
            and (each.entered_at is None or each.entered_at <= entered_at + CLOCK_OFF_MAX)
        ),
        default=None,
    )


def _came_again_at(entered_at: datetime, stay: Present, known: Iterable[Present]) -> datetime | None:
    again = [each.entered_at for each in known if each.lot_id == stay.lot_id and each.entered_at is not None]
    return min((at for at in again if at > entered_at), default=None)


def affected(stay: Stay, nest: Nest) -> list[Affected]:
    """Whose clocks may stand otherwise where a stay has changed: those in lots around since it began, those
    in lots inside and others in its own lot since it ended.
    """
    vehicle = stay.vehicle.number_plate
    found = [Affected(lot_id, *vehicle, stay.first_at, stay.id) for lot_id in sorted(nest.outer)]
    if nest.inner and stay.left_at is not None:
        found += [Affected(lot_id, *vehicle, stay.left_at, stay.id) for lot_id in sorted({*nest.inner, stay.lot_id})]
    return found
