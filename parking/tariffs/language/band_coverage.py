"""Whether the rate periods of a document leave a gap or overlap on any kind of day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeAlias

from parking.tariffs.language.days import DaySets, month_day
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.errors import TariffUnclear, unclear
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.language.holidays import CN_YEARS

# Weekdays and leap years repeat together after so many years.
_CYCLE_YEARS = 28
_LAST_CYCLE = range(2101, 2101 + _CYCLE_YEARS)
KINDS_OF_DAYS_MAX = 2000
_DAY = timedelta(days=1)

# (from, to, band, which of its hours, set of days), in minutes of the day the period begins on.
_Period: TypeAlias = tuple[int, int, int, int, str]
# The same without the set of days, on a day that belongs to it.
_Applied: TypeAlias = tuple[int, int, int, int]


def gaps_and_overlaps(tariff: Tariff) -> Iterator[TariffUnclear]:
    """The first time on the first day at which no rate period applies, or two do. Clocks that jump change nothing."""
    periods = list(_periods(tariff))
    used = frozenset(period[4] for period in periods)
    sets = DaySets(tariff)
    seen: set[tuple[frozenset[str], frozenset[str]]] = set()
    open_ended = any(band.otherwise for band in tariff.bands)
    for day in _days_to_look_at(tariff, used):
        kind = (sets.on(day - _DAY) & used, sets.on(day) & used)
        if kind in seen:
            continue
        seen.add(kind)
        if len(seen) > KINDS_OF_DAYS_MAX:
            what = f"There are more than {KINDS_OF_DAYS_MAX} kinds of days"
            yield unclear("$.days", what, "use fewer sets of days for the bands")
            return
        fault = _first_fault(_applied(periods, *kind), open_ended)
        if fault is not None:
            yield _refusal(tariff, day, *fault)
            return


def _periods(tariff: Tariff) -> Iterator[_Period]:
    for index, band in enumerate(tariff.bands):
        for at, hours in enumerate(band.hours):
            yield (*hours.minutes(), index, at, hours.days)


def _applied(periods: list[_Period], yesterday: frozenset[str], today: frozenset[str]) -> list[_Applied]:
    """The periods of a day in order: what yesterday's leave after midnight, and its own."""
    nights = [(0, ends - DAY_MIN, band, at) for _, ends, band, at, days in periods
              if ends > DAY_MIN and days in yesterday]  # fmt: skip
    own = [(begins, min(ends, DAY_MIN), band, at) for begins, ends, band, at, days in periods if days in today]
    return sorted(nights + own)


def _first_fault(applied: list[_Applied], open_ended: bool) -> tuple[int, int, _Applied | None, _Applied | None] | None:
    """(from, to, band, other band): where two overlap, or no bands where there is a gap."""
    reached = 0
    before: _Applied | None = None
    for each in applied:
        begins, ends = each[:2]
        if begins < reached:
            return begins, min(reached, ends), before, each
        if begins > reached and not open_ended:
            return reached, begins, None, None
        reached, before = ends, each
    return None if reached == DAY_MIN or open_ended else (reached, DAY_MIN, None, None)


def _refusal(
    tariff: Tariff, day: date, begins: int, ends: int, first: _Applied | None, second: _Applied | None
) -> TariffUnclear:
    when = f"On {day:%A}, {day}, from {_clock(begins)} to {_clock(ends)}"
    if first is None or second is None:
        return unclear("$.bands", f"{when} no band holds", "give one these hours, or one band otherwise = true")
    codes = tariff.bands[first[2]].code, tariff.bands[second[2]].code
    path = f"$.bands[{second[2]}].hours[{second[3]}]"
    if codes[0] == codes[1]:
        return unclear(path, f'{when} two of the hours of "{codes[0]}" hold', "let them not overlap")
    advice = "let one end where the other begins, or on other days"
    return unclear(path, f'{when} both "{codes[0]}" and "{codes[1]}" hold', advice)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _days_to_look_at(tariff: Tariff, used: frozenset[str]) -> Iterator[date]:
    """Days that have every kind of day after every kind of yesterday among them.

    All days of the years with holidays or dates of their own; then, of other years, all weekdays at and after each
    beginning or end of a season, for all ways in which weekdays and leap years can fall.
    """
    if used <= {"every_day"}:
        yield date(CN_YEARS.stop, 1, 1)
        return
    years = _years_unlike_others(tariff)
    for year in years:
        day = date(year, 1, 1)
        while day <= date(year + 1, 1, 1):
            yield day
            day += _DAY
    begins = max([*years, CN_YEARS.stop - 1]) + 1
    plain = range(begins, begins + _CYCLE_YEARS) if begins + _CYCLE_YEARS < _LAST_CYCLE[0] else _LAST_CYCLE
    yield from (date(plain[0], 1, 2) + _DAY * ahead for ahead in range(8))
    for turn in _turns(tariff):
        for year in plain:
            yield from (_from_turn(year, turn) + _DAY * ahead for ahead in range(-1, 9))


def _years_unlike_others(tariff: Tariff) -> list[int]:
    years = set(CN_YEARS) if tariff.calendar == "CN" else set()
    for days in tariff.days:
        for dates in days.dates:
            years.update(range(int(dates.from_[:4]), int(dates.to[:4]) + 1))
    return sorted(years)


def _turns(tariff: Tariff) -> list[tuple[int, int]]:
    """The first and the last days of seasons."""
    seasons = [season for days in tariff.days for season in days.seasons]
    return sorted({month_day(text) for season in seasons for text in (season.from_, season.to)})


def _from_turn(year: int, turn: tuple[int, int]) -> date:
    month, day = turn
    return date(year, 3, 1) if turn == (2, 29) and year % 4 else date(year, month, day)
