"""Local days cut into rate periods, or into the windows of a cap, as instants: whole seconds since 1970 UTC.

Periods follow the local clock and durations real time. Where the clock is put forward or back, a period begins at the
instant at which the clock first shows its time or has jumped past it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from parking.tariffs.language.conditions import DayHours
from parking.tariffs.language.days import DaySets
from parking.tariffs.language.document import Band
from parking.tariffs.language.fields import DAY_MIN

DAY_S = 24 * 60 * 60
_DAYS_REMEMBERED_MAX = 2048
# There may be many windows.
_OCCURRENCES_REMEMBERED_MAX = 128
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)

# (band, from, to): the time a stay spends in one rate period without leaving it.
Segment: TypeAlias = tuple[int, int, int]
# (minute of the local day, band that begins there), in order.
Cuts: TypeAlias = tuple[tuple[int, int], ...]
Interval: TypeAlias = tuple[int, int]


class Calendar:
    """The local days of a time zone: when each begins, and which sets it belongs to."""

    def __init__(self, days: DaySets, time_zone: ZoneInfo) -> None:
        self.days = days
        self.time_zone = time_zone
        self._bounds: dict[int, tuple[int, int]] = {}
        # By days of UTC: a local day that has begun when the day of UTC begins, and when it is over.
        self._local_days: dict[int, tuple[int, int]] = {}

    def day_at(self, at: int) -> int:
        """The ordinal of the latest local day that has begun at an instant."""
        local_day = self._local_days.get(at // DAY_S)
        if local_day is None:
            local_day = self._local_day(at // DAY_S)
        day, over = local_day
        while over <= at:
            day += 1
            over = self.bounds(day)[1]
        return day

    def _local_day(self, day_utc: int) -> tuple[int, int]:
        if len(self._local_days) >= _DAYS_REMEMBERED_MAX:
            self._local_days.clear()
        # Where clocks go back over midnight the next day may have begun already; `day_at` goes on from here.
        day = datetime.fromtimestamp(day_utc * DAY_S, self.time_zone).toordinal()
        local_day = self._local_days[day_utc] = (day, self.bounds(day)[1])
        return local_day

    def bounds(self, day: int) -> tuple[int, int]:
        """When a local day begins and when it is over."""
        bounds = self._bounds.get(day)
        if bounds is None:
            if len(self._bounds) >= _DAYS_REMEMBERED_MAX:
                self._bounds.clear()
            bounds = self._bounds[day] = (self._first_shown(day, 0), self._first_shown(day + 1, 0))
        return bounds

    def instants(self, day: int, minutes: Sequence[int]) -> list[int]:
        """When the clocks of a local day first show some minutes of it; beyond 24 hours they are the next day's."""
        begins, ends = self.bounds(day)
        if ends - begins == DAY_S and minutes[-1] <= DAY_MIN:
            # No time zone changes its clocks and changes them back within one day.
            return [begins + minute * 60 for minute in minutes]
        return [self._first_shown(day + minute // DAY_MIN, minute % DAY_MIN) for minute in minutes]

    def sets(self, day: int) -> frozenset[str]:
        """The names of the sets a local day belongs to."""
        return self.days.on(date.fromordinal(day))

    def _first_shown(self, day: int, minute_of_day: int) -> int:
        zone = self.time_zone
        shown = date.fromordinal(day)
        local = datetime(shown.year, shown.month, shown.day, *divmod(minute_of_day, 60), tzinfo=zone)
        at = (local - _EPOCH) // _MINUTE
        wanted = day * DAY_MIN + minute_of_day
        if _shown_minutes(at, zone) == wanted:
            return at * 60
        # The clocks jump over this time: the period begins with the jump, somewhere between the two readings of it.
        early = (local.replace(fold=1) - _EPOCH) // _MINUTE
        jump = bisect_right(range(early, at), wanted - 1, key=lambda minute: _shown_minutes(minute, zone))
        return (early + jump) * 60


class Days(Protocol):
    """Days that prices, caps and memories go by, each by its ordinal."""

    def day_at(self, at: int) -> int:
        """The latest day that has begun at an instant."""
        ...

    def bounds(self, day: int) -> tuple[int, int]:
        """When a day begins and when it is over."""
        ...


class LateDays:
    """Days of which each begins at a minute of the local day of its date."""

    def __init__(self, calendar: Calendar, begins_min: int) -> None:
        self._calendar = calendar
        self._begins_min = [begins_min]

    def day_at(self, at: int) -> int:
        """The ordinal of the latest day that has begun at an instant."""
        day = self._calendar.day_at(at)
        return day if self.bounds(day)[0] <= at else day - 1

    def bounds(self, day: int) -> tuple[int, int]:
        """When a day begins and when it is over."""
        begins, until = (self._calendar.instants(each, self._begins_min)[0] for each in (day, day + 1))
        return begins, until


def week_at(days: Days, at: int) -> Interval:
    """When the week, from Monday on, begins that an instant lies in, and when it is over."""
    day = days.day_at(at)
    monday = day - (day - 1) % 7
    return days.bounds(monday)[0], days.bounds(monday + 7)[0]


def month_at(days: Days, at: int) -> Interval:
    """When the month begins that an instant lies in, and when it is over."""
    first = date.fromordinal(days.day_at(at)).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return days.bounds(first.toordinal())[0], days.bounds(following.toordinal())[0]


class Timeline:
    """Which rate period applies when; it caches how days are cut."""

    def __init__(self, bands: Sequence[Band], calendar: Calendar, day_begins_min: int = 0) -> None:
        self._periods = [(index, hours) for index, band in enumerate(bands) for hours in band.hours]
        self._daily = frozenset(index for index, band in enumerate(bands) if band.daily)
        self._day_begins_min = day_begins_min
        self._otherwise = next((index for index, band in enumerate(bands) if band.otherwise), 0)
        self._calendar = calendar
        self._nominal: dict[tuple[frozenset[str], frozenset[str]], Cuts] = {}
        self._days: dict[int, tuple[list[int], list[int], int]] = {}

    def segments(self, starts: int, ends: int) -> list[Segment]:
        """A time, which is not empty, cut where the rate period changes."""
        day = self._calendar.day_at(starts)
        cuts, bands, new_day_at = self._day(day)
        at = bisect_right(cuts, starts) - 1
        band, is_new_day = bands[at], False
        if ends <= cuts[-1] and ends <= cuts[at + 1]:
            return [(band, starts, ends)]
        segments: list[Segment] = []
        while starts < ends:
            at += 1
            if at == len(cuts):
                day, at = day + 1, 0
                cuts, bands, new_day_at = self._day(day)
            until = min(cuts[at], ends)
            if until > starts:
                if segments and segments[-1][0] == band and not (is_new_day and band in self._daily):
                    segments[-1] = (band, segments[-1][1], until)
                else:
                    segments.append((band, starts, until))
                starts = until
                is_new_day = False
            is_new_day = is_new_day or at == new_day_at
            band = bands[at]
        return segments

    def _day(self, day: int) -> tuple[list[int], list[int], int]:
        """The instants at which a local day is cut, the bands that begin there, and which of them is a new day's."""
        cut_day = self._days.get(day)
        if cut_day is None:
            if len(self._days) >= _DAYS_REMEMBERED_MAX:
                self._days.clear()
            cuts = self._cuts(self._calendar.sets(day - 1), self._calendar.sets(day))
            minutes, bands = [minute for minute, _ in cuts], [band for _, band in cuts]
            new_day_at = minutes.index(self._day_begins_min) if self._day_begins_min in minutes else -1
            cut_day = self._days[day] = (self._calendar.instants(day, minutes), bands, new_day_at)
        return cut_day

    def _cuts(self, eve: frozenset[str], today: frozenset[str]) -> Cuts:
        """How a day of these sets after an eve of those is cut by its clock; documents have neither gap nor overlap."""
        cuts = self._nominal.get((eve, today))
        if cuts is None:
            periods = []
            for band, hours in self._periods:
                begins, until = hours.minutes()
                if hours.days in eve and until > DAY_MIN:
                    periods.append((0, until - DAY_MIN, band))
                if hours.days in today:
                    periods.append((begins, min(until, DAY_MIN), band))
            cuts = self._nominal[eve, today] = self._filled(sorted(periods))
        return cuts

    def _filled(self, periods: list[tuple[int, int, int]]) -> Cuts:
        """The beginnings of these periods and, between them, of the band that is `otherwise`."""
        cuts: list[tuple[int, int]] = []
        reached = 0
        for begins, until, band in periods:
            if begins > reached:
                cuts.append((reached, self._otherwise))
            cuts.append((begins, band))
            reached = until
        if reached < DAY_MIN:
            cuts.append((reached, self._otherwise))
        if self._daily and (at := self._day_begins_min):
            cuts.append((at, [band for begins, band in cuts if begins <= at][-1]))
            cuts.sort()
        return tuple(
            cut
            for at, cut in enumerate(cuts)
            if at == 0
            or cut[1] != cuts[at - 1][1]
            or (cut[0] == self._day_begins_min != cuts[at - 1][0] and cut[1] in self._daily)
        )


class Windows:
    """The occurrences of one daily window of a cap."""

    def __init__(self, hours: DayHours, calendar: Calendar) -> None:
        self._begins, self._until = hours.minutes()
        self._days = hours.days
        self._calendar = calendar
        self._occurrences: dict[int, Interval | None] = {}

    def around(self, at: int) -> tuple[bool, int, int]:
        """(inside, from, to): the occurrence an instant lies in, or the time from it on without one, until midnight."""
        day = self._calendar.day_at(at)
        _, after = self._calendar.bounds(day)
        for each in (day - 1, day):
            occurrence = self._occurrence(each)
            if occurrence is None or occurrence[1] <= at:
                continue
            begins, until = occurrence
            if begins <= at:
                return True, begins, until
            after = min(after, begins)
        return False, at, after

    def _occurrence(self, day: int) -> Interval | None:
        if day not in self._occurrences:
            if len(self._occurrences) >= _OCCURRENCES_REMEMBERED_MAX:
                self._occurrences.clear()
            begins, until = self._calendar.instants(day, [self._begins, self._until])
            self._occurrences[day] = (begins, until) if self._days in self._calendar.sets(day) else None
        return self._occurrences[day]


def within(hours: Sequence[DayHours], starts: int, ends: int, calendar: Calendar) -> list[Interval]:
    """The parts of a time that lie in any of these daily hours, in order; they may overlap."""
    parts = []
    for day in range(calendar.day_at(starts) - 1, calendar.day_at(ends) + 1):
        sets = calendar.sets(day)
        for period in hours:
            if period.days in sets:
                begins, until = calendar.instants(day, list(period.minutes()))
                if max(begins, starts) < min(until, ends):
                    parts.append((max(begins, starts), min(until, ends)))
    return sorted(parts)


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970 UTC; a part of a second is cut."""
    since = moment - _EPOCH
    return since.days * DAY_S + since.seconds


def instant(at: int) -> datetime:
    """The aware UTC instant."""
    return datetime.fromtimestamp(at, UTC)


def _shown_minutes(minute: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(minute * 60, zone)
    return local.toordinal() * DAY_MIN + local.hour * 60 + local.minute
