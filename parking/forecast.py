"""What is usual in a lot: how many spaces are free in each quarter of an hour, on days of work and on days off.

The middle of what was, and the half of all days around it. No model: a lot's own past is asked, and what was seen on
too few days is not called usual.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking.tariffs.language.holidays import HOLIDAYS, WORKED

QUARTER_MIN = 15
QUARTERS = 24 * 60 // QUARTER_MIN
# So many days of one kind are needed before what they have in common is called usual.
DAYS_MIN = 3
# What is older says less of today than it costs to look at.
LOOKED_BACK = timedelta(days=56)
_SATURDAY = 5


class DayKind(StrEnum):
    """Whether most people work on a day: WORK, also on a Sunday that is worked for a holiday, or OFF."""

    WORK = "work"
    OFF = "off"


class Seen(Struct, frozen=True):
    """How many spaces of a lot were free at the beginning of a quarter of an hour."""

    at: datetime
    free: int


class Usual(Struct, frozen=True):
    """What is usual in a quarter of an hour: on half of `days` days between `free_low` and `free_high` were free."""

    free_low: int
    free_median: int
    free_high: int
    days: int


class UsualDay(Struct, frozen=True):
    """A lot on a kind of day, a quarter of an hour after the other from midnight by its clock; None: not known."""

    kind: DayKind
    quarters: tuple[Usual | None, ...]


def kind_of(day: date) -> DayKind:
    """What kind a day is, by the State Council's notices; days of other years go by the weekday."""
    if day in WORKED:
        return DayKind.WORK
    return DayKind.OFF if day in HOLIDAYS or day.weekday() >= _SATURDAY else DayKind.WORK


def quarter_of(local: datetime) -> int:
    """The quarter of the day, from 0 on, by the clock on the wall."""
    return (local.hour * 60 + local.minute) // QUARTER_MIN


def when(at: datetime, time_zone: str) -> tuple[DayKind, int]:
    """The kind of day and the quarter of an instant, by the clock of a place."""
    local = at.astimezone(ZoneInfo(time_zone))
    return kind_of(local.date()), quarter_of(local)


def stretches(since: datetime, quarters: int, time_zone: str) -> list[tuple[DayKind, int, int]]:
    """So many quarters of an hour from an instant on, by the clock of a place, as stretches of days: the kind of each,
    its first quarter and its last.
    """
    found: list[tuple[DayKind, int, int]] = []
    for at in range(quarters):
        kind, quarter = when(since + timedelta(minutes=QUARTER_MIN) * at, time_zone)
        if found and found[-1][0] is kind and found[-1][2] == quarter - 1:
            found[-1] = kind, found[-1][1], quarter
        else:
            found.append((kind, quarter, quarter))
    return found


def begun(at: datetime) -> datetime:
    """The beginning of the quarter of an hour of an instant; every zone's clock is whole quarters from UTC."""
    return at.replace(minute=at.minute - at.minute % QUARTER_MIN, second=0, microsecond=0)


def usual(seen: Iterable[Seen], time_zone: str) -> list[UsualDay]:
    """What is usual by what was seen, for each kind of day."""
    by_quarter: dict[tuple[DayKind, int], list[int]] = {}
    for each in seen:
        by_quarter.setdefault(when(each.at, time_zone), []).append(each.free)
    return [
        UsualDay(kind, tuple(_middle(by_quarter.get((kind, quarter), ())) for quarter in range(QUARTERS)))
        for kind in DayKind
    ]


def moves(seen: Iterable[Seen], time_zone: str) -> dict[DayKind, tuple[int | None, ...]]:
    """By how many the free spaces change in each quarter of an hour: the middle of days of a kind; None: not known."""
    moved: dict[tuple[DayKind, int], list[int]] = {}
    for before, after in pairwise(sorted(seen, key=lambda each: each.at)):
        if after.at - before.at == timedelta(minutes=QUARTER_MIN):
            moved.setdefault(when(before.at, time_zone), []).append(abs(after.free - before.free))
    return {kind: tuple(_moves(moved.get((kind, quarter), ())) for quarter in range(QUARTERS)) for kind in DayKind}


def _moves(moved: Sequence[int]) -> int | None:
    middle = _middle(moved)
    return None if middle is None else middle.free_median


def _middle(free: Sequence[int]) -> Usual | None:
    if len(free) < DAYS_MIN:
        return None
    order = sorted(free)
    return Usual(_at(order, 25), _at(order, 50), _at(order, 75), len(order))


def _at(order: Sequence[int], percent: int) -> int:
    """The value below which so many of a hundred lie, between the two nearest."""
    place = (len(order) - 1) * percent
    low, part = divmod(place, 100)
    if not part:
        return order[low]
    return (order[low] * (100 - part) + order[low + 1] * part + 50) // 100
