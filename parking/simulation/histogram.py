"""Quantiles and histogram of differences, computed exactly from how often each occurred."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

QUANTILES = (5, 25, 50, 75, 95)
_BARS_A_SIDE_MAX = 10
_STEPS = (1, 2, 5)
# Bars reach to the differences that only one stay in a hundred exceeds; larger ones are in the outermost bars.
_TAIL_PERCENT = 1


class Bar(Struct, frozen=True):
    """How many differences lie in (above, up_to] if they are rises, in [above, up_to) if they are falls; None: open.

    The bar of the stays without a difference is from 0 to 0.
    """

    above: int | None
    up_to: int | None
    count: int


def quantile(counts: Mapping[int, int], percent: int) -> int:
    """The smallest value that at least `percent` of all do not exceed; 0 if there are no values."""
    wanted = sum(counts.values()) * percent
    reached = 0
    for value in sorted(counts):
        reached += counts[value] * 100
        if reached >= wanted:
            return value
    return 0


def quantiles(counts: Mapping[int, int]) -> dict[int, int]:
    """Each of QUANTILES, by its percentage."""
    return {percent: quantile(counts, percent) for percent in QUANTILES}


def bars(counts: Mapping[int, int]) -> Sequence[Bar]:
    """The bars in order: falls, the bar of the stays without a difference, rises."""
    reach = max(abs(quantile(counts, _TAIL_PERCENT)), abs(quantile(counts, 100 - _TAIL_PERCENT)), 1)
    width = _width(reach)
    falls: dict[int, int] = {}
    rises: dict[int, int] = {}
    for value, count in counts.items():
        side = rises if value > 0 else falls
        if value:
            place = min((abs(value) - 1) // width, _BARS_A_SIDE_MAX - 1)
            side[place] = side.get(place, 0) + count
    down = [_bar(place, width, falls.get(place, 0), rises=False) for place in range(max(falls, default=-1) + 1)]
    up = [_bar(place, width, rises.get(place, 0), rises=True) for place in range(max(rises, default=-1) + 1)]
    return [*reversed(down), Bar(0, 0, counts.get(0, 0)), *up]


def _bar(place: int, width: int, count: int, *, rises: bool) -> Bar:
    near = place * width
    far = None if place == _BARS_A_SIDE_MAX - 1 else near + width
    return Bar(near, far, count) if rises else Bar(None if far is None else -far, -near, count)


def _width(reach: int) -> int:
    """The smallest round width with which the bars of one side reach so far."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * _BARS_A_SIDE_MAX >= reach:
                return step * power
        power *= 10
