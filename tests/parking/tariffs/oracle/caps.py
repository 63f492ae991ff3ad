"""What a cap has left in each of its periods."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from parking.tariffs.engine.quote import Use
from parking.tariffs.language.days import DaySets
from parking.tariffs.language.document import Cap
from tests.parking.tariffs.oracle import remembered
from tests.parking.tariffs.oracle.covers import Covering
from tests.parking.tariffs.oracle.ticks import (
    HOUR,
    MINUTE,
    Tick,
    begins_at,
    date_of,
    day_begins,
    day_of,
    occurrence,
)
from tests.parking.tariffs.oracle.who import entered_in, fits, left_in


@dataclass(frozen=True, slots=True)
class Period:
    """A period of a cap: which of its windows (0 without any), its first instant, and the local date of that."""

    window: int
    begins: int
    date: date


def holds(stay: Covering, cap: Cap) -> bool:
    """Whether a cap is for this vehicle and visit, and for visits that entered and left when this one did."""
    return (
        fits(cap.who, stay.asked)
        and (not cap.entered or entered_in(stay.asked, cap.entered))
        and (not cap.left or left_in(stay.asked, cap.left))
    )


class Room:
    """What a cap has left, and what was paid under it, by period."""

    def __init__(self, stay: Covering, cap: Cap) -> None:
        self.stay, self.cap = stay, cap
        self.days = DaySets(stay.tariff)
        self.cycles_begin = remembered.cycle_begins(cap, stay.pasts, stay.ticks.entered)
        self.paid: dict[Period, int] = {}
        self.seen: dict[int, list[Period]] = {}

    def periods(self, began: Tick) -> list[Period]:
        """The periods that a unit falls under and in which the cap holds."""
        first = self.cap.first_min * MINUTE
        found = [each for each in self._periods(began) if not first or began.at < each.begins + first]
        return [each for each in found if self.days.holds(self.cap.days, each.date) and self._is_early(each)]

    def _is_early(self, period: Period) -> bool:
        """Whether a period is among the first ones in which the cap holds; each window counts for itself."""
        seen = self.seen.setdefault(period.window, [])
        seen += [period] if period not in seen else []
        return not self.cap.times_max or period in seen[: self.cap.times_max]

    def _periods(self, began: Tick) -> list[Period]:
        cap, tariff = self.cap, self.stay.tariff
        if cap.bands and began.band not in cap.bands:
            return []
        if cap.per == "window":
            found = [(place, each, occurrence(each, began.shown, self.days)) for place, each in enumerate(cap.windows)]
            return [Period(place, begins_at(tariff, day, each.from_), day) for place, each, day in found if day]
        if cap.per in ("day", "week", "month"):
            day = _first_day(cap, began.day)
            return [Period(0, day_begins(tariff, day), day)]
        begins = self._begins(began)
        return [Period(0, begins, date_of(tariff, begins))]

    def _begins(self, began: Tick) -> int:
        """Where the stay, the passage or the cycle began that a unit begins in."""
        if self.cap.per == "passage":
            return next(tick.at for tick in self.stay.ticks.all if tick.passage == began.passage)
        if self.cap.per == "cycle":
            length = self.cap.hours * HOUR
            return began.at - (began.at - self.cycles_begin) % length
        return self.stay.ticks.entered

    def left(self, period: Period) -> int:
        """The room left in a period, after what this and earlier visits paid in it."""
        room = self.stay.prices.caps[self.cap.code] - self.paid.get(period, 0)
        return max(0, room - self._paid_before(period))

    def _paid_before(self, period: Period) -> int:
        if self.cap.memory == "none":
            return 0
        left = remembered.visits(self.stay.pasts, f"cap.{self.cap.code}", self.cap.memory)
        counts = self._counts(period)
        return sum(use.amount for uses in left for use in uses if counts(use))

    def _counts(self, period: Period) -> Callable[[Use], bool]:
        """Whether something paid earlier was paid in this period."""
        cap, tariff = self.cap, self.stay.tariff
        if cap.per == "cycle":
            return lambda use: period.begins <= remembered.seconds_of(use.at) < period.begins + cap.hours * HOUR
        if cap.per == "window":
            return lambda use: remembered.seconds_of(use.at) == period.begins
        return lambda use: _first_day(cap, day_of(tariff, remembered.seconds_of(use.at))) == period.date

    def leave(self) -> None:
        """Leave what was paid per period as uses, if the cap is remembered."""
        if self.cap.memory == "none":
            return
        for period, fen in self.paid.items():
            if fen:
                self.stay.use(f"cap.{self.cap.code}", period.begins, fen)


def _first_day(cap: Cap, day: date) -> date:
    """The first day of the week or month of a day, or the day itself."""
    if cap.per == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if cap.per == "month" else day
