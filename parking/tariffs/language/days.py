"""Sets of local days: those that always exist, the holidays of a document's calendar, and the document's own."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date

from parking.tariffs.language.conditions import DateRange, DaySet, Season
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.holidays import CN_HOLIDAYS, HOLIDAYS, WORKED

ALWAYS = ("every_day", "monday_to_friday", "weekend", "workday", "non_workday")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_REMEMBERED_MAX = 4096
_FRIDAY = 4
# Every day that a year can have.
_YEAR = [(day.month, day.day) for day in (date.fromordinal(date(2000, 1, 1).toordinal() + each) for each in range(366))]


def holidays_of(calendar: str) -> tuple[str, ...]:
    """The holidays of a calendar."""
    return CN_HOLIDAYS if calendar == "CN" else ()


def names_of(tariff: Tariff) -> tuple[str, ...]:
    """The names of all sets of days of a tariff."""
    return (*ALWAYS, *holidays_of(tariff.calendar), *(days.code for days in tariff.days))


class DaySets:
    """Which sets of a tariff a local day belongs to, cached."""

    __slots__ = ("_cn", "_names", "_own", "_remembered", "_shared")

    def __init__(self, tariff: Tariff) -> None:
        self._cn = tariff.calendar == "CN"
        self._own = [_Own(days) for days in _excepted_first(tariff.days)]
        self._names = names_of(tariff)
        self._remembered: dict[date, frozenset[str]] = {}
        # There are few kinds of days, so equal sets are one object.
        self._shared: dict[frozenset[str], frozenset[str]] = {}

    def names(self) -> tuple[str, ...]:
        return self._names

    def holds(self, code: str, day: date) -> bool:
        """Whether a local day belongs to the set of this name."""
        return code in self.on(day)

    def on(self, day: date) -> frozenset[str]:
        """The names of all sets a local day belongs to."""
        sets = self._remembered.get(day)
        if sets is None:
            if len(self._remembered) >= _DAYS_REMEMBERED_MAX:
                self._remembered.clear()
                self._shared.clear()
            sets = self._sets(day)
            sets = self._remembered[day] = self._shared.setdefault(sets, sets)
        return sets

    def _sets(self, day: date) -> frozenset[str]:
        weekday = day.weekday()
        works = weekday <= _FRIDAY
        sets = {"every_day", "monday_to_friday" if works else "weekend"}
        holidays: frozenset[str] = frozenset()
        if self._cn:
            holidays = HOLIDAYS.get(day, holidays)
            works = (works and not holidays) or day in WORKED
            sets |= holidays
        sets.add("workday" if works else "non_workday")
        for own in self._own:
            if own.has(day, weekday, works, holidays) and not own.excepted & sets:
                sets.add(own.code)
        return frozenset(sets)


class _Own:
    """A set of the document's own, compiled; conditions that are not given are None."""

    __slots__ = ("_dates", "_holidays", "_seasons", "_weekdays", "_workday", "code", "excepted")

    def __init__(self, days: DaySet) -> None:
        self.code = days.code
        self.excepted = frozenset(days.except_)
        self._weekdays = frozenset(WEEKDAYS.index(name) for name in days.weekdays) or None
        self._workday = days.workday
        self._holidays = frozenset(days.holidays)
        self._seasons = _days_of_year(days.seasons) if days.seasons else None
        self._dates = _joined(days.dates) if days.dates else None

    def has(self, day: date, weekday: int, works: bool, holidays: frozenset[str]) -> bool:
        """Whether a day meets every condition."""
        if self._weekdays is not None and weekday not in self._weekdays:
            return False
        if self._workday is not None and works is not self._workday:
            return False
        if self._holidays and not self._holidays & holidays:
            return False
        if self._seasons is not None and (day.month, day.day) not in self._seasons:
            return False
        return self._dates is None or bisect_right(self._dates, day.toordinal()) % 2 == 1


def _excepted_first(days: Iterable[DaySet]) -> list[DaySet]:
    """The document's sets, each after its exceptions; those in a circle in their order."""
    left = list(days)
    ordered = []
    while left:
        waiting = {each.code for each in left}
        ready = [each for each in left if waiting.isdisjoint(each.except_)] or left
        ordered += ready
        left = [each for each in left if each not in ready]
    return ordered


def _days_of_year(seasons: Iterable[Season]) -> frozenset[tuple[int, int]]:
    days: set[tuple[int, int]] = set()
    for season in seasons:
        first, last = month_day(season.from_), month_day(season.to)
        begins, ends = bisect_left(_YEAR, first), bisect_right(_YEAR, last)
        days.update(_YEAR[begins:ends] if first <= last else _YEAR[begins:] + _YEAR[:ends])
    return frozenset(days)


def month_day(text: str) -> tuple[int, int]:
    """A day of the year as (month, day)."""
    return int(text[:2]), int(text[3:])


def _joined(ranges: Iterable[DateRange]) -> list[int]:
    """Where membership begins and ends in turn, as ordinals: touching and overlapping ranges are one."""
    cuts: list[int] = []
    for first, last in sorted((_ordinal(each.from_), _ordinal(each.to)) for each in ranges):
        if cuts and first <= cuts[-1]:
            cuts[-1] = max(cuts[-1], last + 1)
        else:
            cuts += [first, last + 1]
    return cuts


def _ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()
