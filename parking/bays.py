"""Spaces with numbers of their own (泊位), as along roads, and the sensors that watch them."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from payments.errors import OneLotError

BAYS_MAX = 2_000
NUMBER_CHARACTERS_MAX = 32
# It stands in paths.
Number = Annotated[str, Meta(min_length=1, max_length=NUMBER_CHARACTERS_MAX, pattern=r"^[^\s/?#%]+$(?!\n)")]
Sensor = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\S+$(?!\n)")]


class Bay(Struct, frozen=True, forbid_unknown_fields=True):
    """A space by its number, which is one in its lot, and what its sensor calls itself, if it has one."""

    number: Number
    sensor: Sensor | None = None


class BayTwice(OneLotError):
    """A number or a sensor is named twice in one list."""


class MoreBaysThanCapacity(OneLotError):
    """The bays are more than the spaces of the lot."""


class UnknownBay(OneLotError):
    """The lot has no bay of this number."""


class SensorTaken(OneLotError):
    """The sensor watches another bay."""


def check(bays: Sequence[Bay], *, capacity: int) -> None:
    """Refuses a list that cannot be that of a lot with so many spaces.

    Raises:
        BayTwice, MoreBaysThanCapacity: see the facts.
    """
    if len(bays) > capacity:
        raise MoreBaysThanCapacity(
            f"The lot has {capacity} spaces, and {len(bays)} bays are named.", field="bays", capacity=capacity
        )
    for names in ([each.number for each in bays], [each.sensor for each in bays if each.sensor is not None]):
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise BayTwice(f"{twice!r} is named twice.", field="bays", name=twice)


def changed(before: Sequence[Bay], after: Sequence[Bay]) -> dict[str, object]:
    """Which bays are new, gone or watched by another sensor: number and sensor of each before and after."""
    old, new = ({each.number: each.sensor for each in bays} for bays in (before, after))
    otherwise = {number for number, _ in {*old.items()} ^ {*new.items()}}
    both = {
        name: {number: sensor for number, sensor in bays.items() if number in otherwise}
        for name, bays in (("before", old), ("after", new))
    }
    return dict(both) if otherwise else {}
