"""A stay as a list of ticks: what the local clock shows at each, which band holds, and which passage and cycle it is.

Slow on purpose: every tick is looked at for itself, and nothing knows of cuts, intervals or compiled hours.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from parking.tariffs.language.conditions import DayHours
from parking.tariffs.language.days import DaySets
from parking.tariffs.language.document import Tariff

MINUTE = 60
HOUR = 60 * MINUTE
# No zone puts its clocks back by more than this, so no earlier instant can have shown a later time.
BACK_MAX = 4 * HOUR
_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Tick:
    """One minute (or second) of a stay. `day` goes by `day_begins`, `shown` is the latest time ever shown."""

    at: int
    day: date
    shown: datetime
    band: str
    passage: int
    cycle: int


@dataclass(slots=True)
class Ticks:
    """The stay from `entered` to `left`, instants as seconds, in ticks of so many seconds."""

    entered: int
    left: int
    seconds: int
    all: list[Tick]


@cache
def minutes_of(clock: str) -> int:
    """A time of day as minutes after midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


def occurrence(hours: DayHours, shown: datetime, days: DaySets) -> date | None:
    """The day on which the period began that the clock's time lies in, if it lies in one."""
    begins, ends = minutes_of(hours.from_), minutes_of(hours.to)
    if ends <= begins:
        ends += 24 * 60
    today = shown.date()
    minute = shown.hour * 60 + shown.minute
    for day, later in ((today - _ONE_DAY, 24 * 60), (today, 0)):
        if begins <= minute + later < ends and days.holds(hours.days, day):
            return day
    return None


def band_at(tariff: Tariff, shown: datetime, days: DaySets) -> str:
    """The one band whose hours hold at a time of the clock, or the band for all other time."""
    found = [band.code for band in tariff.bands if any(occurrence(each, shown, days) for each in band.hours)]
    if not found:
        found = [band.code for band in tariff.bands if band.otherwise]
    assert len(found) == 1, f"{tariff.code}: bands {found} at {shown}"
    return found[0]


# The last walks, for one stay is looked at several times.
_WALKED: deque[tuple[Tariff, int, int, int, list[Tick]]] = deque(maxlen=8)


def walk(tariff: Tariff, entered: int, left: int, seconds: int) -> Ticks:
    """Look at every tick of the stay."""
    for known, *asked, ticks in _WALKED:
        if known is tariff and asked == [entered, left, seconds]:
            return Ticks(entered, left, seconds, ticks)
    ticks = _walk(tariff, entered, left, seconds)
    _WALKED.append((tariff, entered, left, seconds, ticks))
    return Ticks(entered, left, seconds, ticks)


def _walk(tariff: Tariff, entered: int, left: int, seconds: int) -> list[Tick]:
    days, known = DaySets(tariff), dict[tuple[date, int], tuple[str, date]]()
    daily = {band.code for band in tariff.bands if band.daily}
    clock, latest = _clock(tariff), shown_at(tariff, entered)
    ticks: list[Tick] = []
    for at in range(entered, left, seconds):
        latest = max(latest, clock(at))
        minute = (latest.date(), latest.hour * 60 + latest.minute)
        if minute not in known:
            known[minute] = band_at(tariff, latest, days), _dated(tariff, latest)
        (band, day), before = known[minute], ticks[-1] if ticks else None
        passage = before.passage if before else 0
        if before and (before.band != band or (band in daily and before.day != day)):
            passage += 1
        cycle = (at - entered) // (tariff.cycle_hours * HOUR)
        ticks.append(Tick(at, day, latest, band, passage, cycle))
    return ticks


def shown_at(tariff: Tariff, at: int) -> datetime:
    """The latest time that the local clock ever showed: a period that began has begun, even if clocks are put back."""
    return _shown(tariff.time_zone, at)


@lru_cache(100_000)
def _shown(zone: str, at: int) -> datetime:
    clock = _clock_of(zone)
    return max(clock(each) for each in range(at, at - BACK_MAX, -MINUTE))


def _clock(tariff: Tariff) -> Callable[[int], datetime]:
    return _clock_of(tariff.time_zone)


def _clock_of(name: str) -> Callable[[int], datetime]:
    zone = ZoneInfo(name)
    return lambda at: datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def _dated(tariff: Tariff, shown: datetime) -> date:
    """The date of the day, as of `day_begins`, in which the clock shows a time."""
    return (shown - timedelta(minutes=minutes_of(tariff.day_begins))).date()


def day_of(tariff: Tariff, at: int) -> date:
    """The date of the day of an instant, as of `day_begins`."""
    return _dated(tariff, shown_at(tariff, at))


def date_of(tariff: Tariff, at: int) -> date:
    """The date of the local calendar at an instant."""
    return shown_at(tariff, at).date()


def day_begins(tariff: Tariff, day: date) -> int:
    """The first instant of a day."""
    return begins_at(tariff, day, tariff.day_begins)


def begins_at(tariff: Tariff, day: date, clock: str) -> int:
    """The first instant at which the local clock shows a time of a day, or has jumped past it."""
    return _first(tariff.time_zone, datetime.combine(day, time()) + timedelta(minutes=minutes_of(clock)))


@lru_cache(100_000)
def _first(zone: str, shown: datetime) -> int:
    """Found by going on minute by minute from long before."""
    clock = _clock_of(zone)
    at = int(shown.replace(tzinfo=ZoneInfo(zone)).timestamp()) - BACK_MAX
    while clock(at) < shown:
        at += MINUTE
    return at


def tick_seconds(instants: Sequence[int]) -> int:
    """A minute, if all instants are whole minutes."""
    return MINUTE if all(at % MINUTE == 0 for at in instants) else 1
