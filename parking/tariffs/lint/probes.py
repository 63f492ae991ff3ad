"""Probe times: entries and lengths of stays around which a price may change, on every kind of day."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import TypeAlias

from parking.tariffs.engine.calendar import Segment
from parking.tariffs.engine.compiled import EVER, Compiled
from parking.tariffs.language.conditions import DayHours, DaySet, Match
from parking.tariffs.language.document import Cap, Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.language.holidays import CN_YEARS
from parking.tariffs.lint.vehicles import SampleVehicle

DAYS_MAX = 24
# Kinds of days are looked for in so many years, and in more if a rate period does not occur in them.
_YEARS_MAX = 12
_YEARS_ROUND = 28
_ORDINARY_MIN = 9 * 60
_CURVE_MIN = 26 * 60
_UNITS_TRIED = 6
_Kind: TypeAlias = tuple[frozenset[str], frozenset[str], frozenset[str], int, int, bool, bool]


def day_sets(text: Tariff) -> frozenset[str]:
    """The sets of days that its rate periods and caps name."""
    hours = [each for band in text.bands for each in band.hours]
    hours += [each for cap in text.caps for each in _hours_of(cap)]
    hours += [each for who in whos_of(text) for each in (*who.entered, *who.left)]
    return frozenset([*[each.days for each in hours], *[cap.days for cap in text.caps]])


def _hours_of(cap: Cap) -> tuple[DayHours, ...]:
    return (*cap.windows, *cap.entered, *cap.left)


def whos_of(text: Tariff) -> list[Match]:
    """What every rule asks of vehicles and visits."""
    parts = (text.quotas, text.classes, text.caps, text.discounts, text.surcharges, text.exempt)
    return [each.who for part in parts for each in part]


def holidays_matter(text: Tariff) -> bool:
    """Whether any price depends on what the calendar says of workdays and holidays."""
    own = {days.code: days for days in text.days}
    left = [*day_sets(text), *[each.days for sold in text.passes for each in sold.hours]]
    seen: set[str] = set()
    while left:
        code = left.pop()
        if code in seen:
            continue
        seen.add(code)
        days = own.get(code)
        if days is not None:
            left += days.except_
        if _is_of_calendar(code, days):
            return True
    return False


def _is_of_calendar(code: str, days: DaySet | None) -> bool:
    if days is not None:
        return days.workday is not None or bool(days.holidays)
    return code not in ("every_day", "monday_to_friday", "weekend")


class Probes:
    """The kinds of days of a document, the instants at which something begins on them, and its segments."""

    def __init__(self, tariff: Compiled) -> None:
        self.tariff = tariff
        self._calendar = tariff.calendar
        self._sets = day_sets(tariff.tariff)
        self._by_week = any(cap.per == "week" for cap in tariff.tariff.caps)
        self._by_month = any(cap.per == "month" for cap in tariff.tariff.caps)
        self.has_every_kind = True
        self._marks: dict[int, list[int]] = {}
        years = _years(tariff.tariff)
        # Examples of the newest known year, or later, are those that people can look up.
        newest = CN_YEARS[-1]
        self._segments = self._of_years(range(newest, years[-1] + 1)) + self._of_years(range(years[0], newest))
        if {band for band, _, _ in self._segments} != set(range(len(tariff.tariff.bands))):
            self._segments += self._of_years(range(years[-1] + 1, years[-1] + 1 + _YEARS_ROUND))
        text = tariff.tariff
        self._clock_hours = [each for cap in text.caps for each in _hours_of(cap)]
        self._clock_hours += [each for who in whos_of(text) for each in (*who.entered, *who.left)]
        self.days = self._days(years)

    @property
    def bands_met(self) -> frozenset[int]:
        """The rate periods that apply at some time."""
        return frozenset(band for band, _, _ in self._segments)

    def longest(self) -> list[Segment]:
        """The first of the longest segments of each rate period."""
        by_band: dict[int, Segment] = {}
        for band, begins, ends in self._segments:
            best = by_band.get(band)
            if best is None or ends - begins > best[2] - best[1]:
                by_band[band] = (band, begins, ends)
        return [by_band[band] for band in sorted(by_band)]

    def marks(self, day: int) -> list[int]:
        """The instants of a day at which a rate period, a window or, where it matters, the day begins or ends."""
        known = self._marks.get(day)
        if known is not None:
            return known
        begins, ends = self._calendar.bounds(day)
        instants = {until for _, _, until in self.tariff.timeline.segments(begins - 60, ends) if until < ends}
        sets = self._calendar.sets(day)
        for window in self._clock_hours:
            if window.days in sets:
                instants.update(self._calendar.instants(day, window.minutes()))
        if self._days_count():
            instants.add(self.tariff.parking_days.bounds(day)[0])
        known = self._marks[day] = sorted(instants)
        return known

    def entries(self, day: int) -> list[int]:
        """Instants to enter at: around each mark, so that a short stay crosses it, and one in the forenoon."""
        short = self.tariff.tariff.crossing.short_under_min
        before = {1, 5, *([short // 2, short - 1] if short else [])}
        offsets = sorted([-minutes for minutes in before if minutes > 0] + [0, 1])
        near_marks = {mark + offset * 60 for mark in self.marks(day) for offset in offsets}
        return sorted({*near_marks, self.ordinary(day)})

    def ordinary(self, day: int) -> int:
        """An entry in the forenoon."""
        return self._calendar.instants(day, [_ORDINARY_MIN])[0]

    def lengths(self, sample: SampleVehicle, entry: int) -> list[int]:
        """Lengths in minutes at which the fee may change, and those beside them: densely for a day, then sparsely."""
        text = self.tariff.tariff
        table = self.tariff.table(self.tariff.usual_class_of(sample.vehicle), 1)
        turns = {60 * hour for hour in range(1, _CURVE_MIN // 60 + 1)} | {DAY_MIN * days for days in range(1, 4)}
        turns |= {table.free.minutes, text.crossing.short_under_min, text.cycle_hours * 60}
        turns |= {quota.minutes for quota in text.quotas}
        covered = {0, table.free.minutes if table.free.deducted else 0, *[quota.minutes for quota in text.quotas]}
        for band, begins, ends in self.tariff.timeline.segments(entry, entry + 4 * DAY_MIN * 60):
            since = (begins - entry) // 60
            turns.add(since)
            rate = table.rates[band]
            if rate is not None and since <= _CURVE_MIN:
                starts = covered if begins == entry else {0}
                turns |= {
                    since + start + turn
                    for start in starts
                    for turn in _unit_turns(rate.tiers)
                    if (start + turn) * 60 <= ends - begins
                }
        overs = {who.over_min for who in whos_of(text)} | {text.stay_max_min, text.rejoin_min}
        overs |= {cap.first_min for cap in text.caps}
        turns |= overs - {0}
        if any(cap.left for cap in text.caps) or any(who.left for who in whos_of(text)):
            day = self._calendar.day_at(entry)
            turns |= {(mark - entry) // 60 for ahead in range(2) for mark in self.marks(day + ahead)}
        return sorted({near for turn in turns for near in (turn - 1, turn, turn + 1) if near > 0})

    def _days_count(self) -> bool:
        text = self.tariff.tariff
        caps = any(cap.per in ("day", "week", "month") or cap.days != "every_day" for cap in text.caps)
        return caps or any(band.restart == "day" or band.daily for band in text.bands)

    def _of_years(self, years: range) -> list[Segment]:
        if not years:
            return []
        first, last = date(years[0], 1, 1).toordinal(), date(years[-1] + 1, 1, 1).toordinal()
        bounds = self._calendar.bounds
        return self.tariff.timeline.segments(bounds(first)[0], bounds(last)[0])

    def _days(self, years: range) -> list[int]:
        """A day of each kind, together with what its neighbours are; the most frequent first."""
        newest = CN_YEARS[-1]
        order = [*range(newest, years[-1] + 1), *range(years[0], newest)]
        count: Counter[_Kind] = Counter()
        first: dict[_Kind, int] = {}
        for year in order:
            for day in range(date(year, 1, 2).toordinal(), date(year + 1, 1, 2).toordinal()):
                kind = self._kind(day)
                count[kind] += 1
                first.setdefault(kind, day)
        self.has_every_kind = len(count) <= DAYS_MAX
        return [first[kind] for kind, _ in count.most_common(DAYS_MAX)]

    def _kind(self, day: int) -> _Kind:
        calendar, sets = self._calendar, self._sets
        lengths = [ends - begins for begins, ends in (calendar.bounds(day), calendar.bounds(day + 1))]
        eve, today, next_day = (calendar.sets(each) & sets for each in (day - 1, day, day + 1))
        # A week or month of a cap ends with this day or within it.
        week = self._by_week and any((day + ahead - 1) % 7 == 0 for ahead in (0, 1))
        month = self._by_month and any(date.fromordinal(day + ahead).day == 1 for ahead in (0, 1))
        return eve, today, next_day, lengths[0], lengths[1], week, month


def _years(text: Tariff) -> range:
    known = list(CN_YEARS)
    for days in text.days:
        for dates in days.dates:
            known += [int(dates.from_[:4]), int(dates.to[:4])]
    last = max(known) + 1
    return range(max(min(known), last - _YEARS_MAX), last + 1)


def _unit_turns(tiers: tuple[tuple[int, int, int], ...]) -> Iterator[int]:
    """Minutes of charged time at which one of the first units of a tier ends, or the tier itself."""
    begins = 0
    for until, unit_s, _ in tiers:
        if unit_s:
            for count in range(1, _UNITS_TRIED + 1):
                if begins + count * unit_s <= until:
                    yield (begins + count * unit_s) // 60
        if until == EVER:
            return
        yield until // 60
        begins = until
