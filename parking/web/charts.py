"""Charts as shapes with their places, which a template draws as inline SVG. They are read without colour: bars bear
their numbers, and lines have signs of their own.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, log10
from typing import TypeAlias

from msgspec import Struct

WIDE, HIGH = 720, 240
LEFT, RIGHT, TOP, FOOT = 56, 12, 20, 34
FLOOR = HIGH - FOOT
STEPS = 4
Write: TypeAlias = Callable[[int], str]
# How lines are drawn: how long their strokes and gaps are, and which sign stands on their points.
DASHES = ("", "7 4", "2 4", "10 3 2 3")
SIGNS = ("circle", "square", "triangle", "cross")
# Names under the axis that fit beside each other.
NAMES_MAX = 13


class Point(Struct, frozen=True):
    """A value over its name, both as they are written, and where it is drawn; `sign_at` draws its sign."""

    name: str
    said: str
    x: float
    y: float


class Line(Struct, frozen=True):
    """Values that belong together. `d` is their path."""

    name: str
    points: Sequence[Point]
    d: str
    dash: str
    sign: str
    number: int


class Bar(Struct, frozen=True):
    """One value: a rectangle, and where its number stands. `mark_at`: the height of what it is held against."""

    name: str
    said: str
    x: float
    y: float
    width: float
    height: float
    mark_at: float | None = None
    mark_said: str = ""

    @property
    def middle(self) -> float:
        """The middle between its sides."""
        return self.x + self.width / 2


class Mark(Struct, frozen=True):
    """A number or a name beside an axis."""

    said: str
    at: float


class Chart(Struct, frozen=True):
    """A chart of `lines` or of `bars`, over names (`across`) and beside numbers (`up`). `bar_name`, `mark_name`: what
    bars and the marks over them are, where there are marks.
    """

    title: str
    across: Sequence[Mark]
    up: Sequence[Mark]
    lines: Sequence[Line] = ()
    bars: Sequence[Bar] = ()
    width: int = WIDE
    height: int = HIGH
    bar_name: str = ""
    mark_name: str = ""

    @property
    def floor(self) -> int:
        """Where zero is."""
        return FLOOR


class Series(Struct, frozen=True):
    """Values in the order of the names; None where nothing is known."""

    name: str
    values: Sequence[int | None]


def most(values: Sequence[int]) -> int:
    """The end of an axis: a round number that no value is above."""
    highest = max(values, default=0)
    if highest <= STEPS:
        return STEPS
    step: int = 10 ** int(log10(highest))
    return next(end for factor in (1, 2, 4, 5, 10) if (end := ceil(step * factor)) >= highest)


def bars(title: str, names: Sequence[str], values: Sequence[int], written: Write = str) -> Chart:
    """Upright bars. `written`: values as people read them."""
    end, room = most(values), (WIDE - LEFT - RIGHT) / max(len(values), 1)
    drawn = []
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        top = _height(value, end)
        left, wide = round(LEFT + (place + 0.15) * room, 1), round(room * 0.7, 1)
        drawn.append(Bar(name, written(value), left, top, wide, round(FLOOR - top, 1)))
    return Chart(title, _across(names, room, half=True), _up(end, written), bars=drawn)


def against(title: str, names: Sequence[str], held: tuple[Series, Series], end: int, written: Write = str) -> Chart:
    """Upright bars, each with a mark at what it is held against. `held`: the values, and those of the marks. `end`: of
    the axis.
    """
    values, marks = held
    room = (WIDE - LEFT - RIGHT) / max(len(names), 1)
    drawn = []
    for place, (name, value, mark) in enumerate(zip(names, values.values, marks.values, strict=True)):
        top = FLOOR if value is None else _height(value, end)
        left, wide = round(LEFT + (place + 0.15) * room, 1), round(room * 0.7, 1)
        said, high = "–" if value is None else written(value), round(FLOOR - top, 1)
        at = None if mark is None else _height(mark, end)
        drawn.append(Bar(name, said, left, top, wide, high, at, "–" if mark is None else written(mark)))
    across, up = _across(names, room, half=True), _up(end, written)
    return Chart(title, across, up, bars=drawn, bar_name=values.name, mark_name=marks.name)


def lines(title: str, names: Sequence[str], series: Sequence[Series], written: Write = str) -> Chart:
    """Lines over the same names. `written`: values as people read them."""
    end = most([value for each in series for value in each.values if value is not None])
    room = (WIDE - LEFT - RIGHT) / max(len(names) - 1, 1)
    drawn = []
    for number, each in enumerate(series):
        points = [
            None if value is None else Point(name, written(value), round(LEFT + place * room, 1), _height(value, end))
            for place, (name, value) in enumerate(zip(names, each.values, strict=True))
        ]
        style = DASHES[number % len(DASHES)], SIGNS[number % len(SIGNS)]
        drawn.append(Line(each.name, [point for point in points if point], _path(points), *style, number))
    return Chart(title, _across(names, room, half=False), _up(end, written), lines=drawn)


def _height(value: int, end: int) -> float:
    return round(FLOOR - value * (FLOOR - TOP) / end, 1)


def _path(points: Sequence[Point | None]) -> str:
    """A line through what is known; where nothing is, it is broken."""
    parts = []
    for before, point in pairwise([None, *points]):
        if point is not None:
            parts.append(f"{'M' if before is None else 'L'}{point.x} {point.y}")
    return "".join(parts)


def _across(names: Sequence[str], room: float, *, half: bool) -> list[Mark]:
    every = ceil(len(names) / NAMES_MAX)
    return [
        Mark(name, round(LEFT + (place + half / 2) * room, 1)) for place, name in enumerate(names) if place % every == 0
    ]


def _up(end: int, written: Write) -> list[Mark]:
    return [Mark(written(value), _height(value, end)) for value in (0, end // 2, end)]
