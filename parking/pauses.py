"""When the clock of a stay stood: its vehicle was in a lot inside that stops it, or had left the lot around for good.

Everything is said of stays and nothing of what they cost, so no price waits for another.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from parking.clocks import CLOCK_OFF_MAX
from parking.lots import InnerClock, Lot, lies_in
from parking.plates import PlateColor
from parking.stays import State, Stay


class Nest(Struct, frozen=True):
    """The lots inside of a lot that stop its clock, and those around whose clock it stops."""

    inner: frozenset[int] = frozenset()
    outer: frozenset[int] = frozenset()

    @property
    def lots(self) -> frozenset[int]:
        """All of them."""
        return self.inner | self.outer


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
    stopping = [lot for lot in lots.values() if lot.inner_clock is InnerClock.STOPS]
    pairs = {(each.id, lot.id) for each in stopping for lot in lots.values() if lies_in(each, lot, lots)}
    return {
        id_: Nest(
            frozenset(inner for inner, outer in pairs if outer == id_),
            frozenset(outer for inner, outer in pairs if inner == id_),
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
    inside of it.
    """
    assert stay.entered_at is not None
    assert stay.left_at is not None
    here = Present(stay.lot_id, stay.id, stay.plate, stay.plate_color, stay.entered_at, stay.left_at)
    gone_at = _gone_at(stay.entered_at, [each for each in known if each.lot_id in nest.outer])
    ends_at = stay.left_at
    times = []
    if gone_at is not None and gone_at + CLOCK_OFF_MAX < stay.left_at:
        times.append((gone_at, stay.left_at))
        ends_at = gone_at
    around = [here, *(each for each in known if each.lot_id == stay.lot_id and each.id != stay.id)]
    for each in known:
        if each.lot_id in nest.inner and each.entered_at is not None:
            until = each.left_at or _came_again_at(each.entered_at, each, known)
            ends = [at for at in (until, _gone_at(each.entered_at, around), ends_at) if at is not None]
            if max(each.entered_at, since) < min(ends):
                times.append((max(each.entered_at, since), min(ends)))
    return tuple(sorted(times))


def _gone_at(entered_at: datetime, around: Iterable[Present]) -> datetime | None:
    """When a vehicle that came to a lot inside at an instant left a lot around."""
    return min(
        (
            each.left_at
            for each in around
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
        found += [Affected(lot_id, *vehicle, stay.left_at, stay.id) for lot_id in sorted(nest.inner | {stay.lot_id})]
    return found
