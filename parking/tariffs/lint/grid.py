"""The finite set of entries at which fees may differ: one for each kind of time between the marks of a document.

Every instant at which a fee is decided is a mark on the clock, or lies a whole number of steps after the entry, where a
step is the greatest time that all lengths and all marks of a document are multiples of. So what a stay of whole steps
costs depends on its entry only by the step it lies in, and by whether it is the very beginning of that step.
"""

from collections.abc import Iterator
from math import gcd

import msgspec

from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.language.conditions import DayHours, minute_of_day
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.fields import DAY_MIN

# Fields that are lengths of time, in minutes or hours; and times of day.
_MINUTES = frozenset(
    [
        "unit_min",
        "for_min",
        "minutes",
        "tolerance_min",
        "short_under_min",
        "portion_max_min",
        "first_min",
        "over_min",
        "stay_max_min",
        "free_max_min",
        "after_min",
        "grace_min",
        "day_max_min",
    ]
)
_HOURS = frozenset(("hours", "cycle_hours"))
_CLOCKS = frozenset(("day_begins",))


def step_min(text: Tariff) -> int:
    """The step of a document, in minutes."""
    step = DAY_MIN
    for minutes in _times(text):
        step = gcd(step, minutes)
    return step


def entries(tariff: Compiled, day: int, step: int) -> Iterator[int]:
    """The entries of a day: the beginning of each step and, if there is one, an instant within it."""
    begins, ends = tariff.calendar.bounds(day)
    exact = tariff.tariff.seconds == "exact"
    within = 60 if step > 1 else 30 if exact else 0
    # Clocks that are put back or forward by less than a step leave no marks that are whole steps apart.
    if (ends - begins) % (step * 60):
        step, within = 1, 30 if exact else 0
    for at in range(begins, ends, step * 60):
        yield at
        if within:
            yield at + within


def is_by_minute(text: Tariff) -> bool:
    """Whether part units are charged by their minutes, so that every minute of the entry counts."""
    return text.crossing.part_unit == "shared" or any(band.part_unit == "minutes" for band in text.bands)


def _times(value: object, name: str = "") -> Iterator[int]:
    """All lengths and times of day in a part, in minutes."""
    if isinstance(value, DayHours):
        yield from value.minutes()
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            yield from _times(getattr(value, field.name), field.name)
    elif isinstance(value, tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _times(item)
    elif isinstance(value, int) and name in _MINUTES | _HOURS:
        yield value * 60 if name in _HOURS else value
    elif isinstance(value, str) and name in _CLOCKS:
        yield minute_of_day(value)
