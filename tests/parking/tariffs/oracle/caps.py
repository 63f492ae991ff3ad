"""What a cap has left in each of its periods."""

from datetime import date

from parking.tariffs.language.days import DaySets
from parking.tariffs.language.document import Cap
from tests.parking.tariffs.oracle import remembered
from tests.parking.tariffs.oracle.covers import Covering
from tests.parking.tariffs.oracle.ticks import HOUR, Tick, day_begins, day_of, occurrence, shown_at
from tests.parking.tariffs.oracle.who import fits


def holds(stay: Covering, cap: Cap) -> bool:
    """Whether a cap is for this vehicle, and for visits that entered and left when this one did."""
    days, tariff = DaySets(stay.tariff), stay.tariff
    # From not included, to included: that is where the last second of the stay lies.
    entered, left = shown_at(tariff, stay.entered), shown_at(tariff, stay.left - 1)
    return (
        fits(cap.who, stay.visit.vehicle)
        and (not cap.entered or any(occurrence(each, entered, days) for each in cap.entered))
        and (not cap.left or any(occurrence(each, left, days) for each in cap.left))
    )


class Room:
    """What a cap has left, and what was paid under it, by period."""

    def __init__(self, stay: Covering, cap: Cap) -> None:
        self.stay, self.cap = stay, cap
        self.days = DaySets(stay.tariff)
        self.begins = remembered.cycle_begins(cap, stay.pasts, stay.ticks.entered)
        self.paid: dict[object, int] = {}
        self.seen: dict[object, list[object]] = {}

    def periods(self, began: Tick) -> list[object]:
        """The periods that a unit falls under and in which the cap holds."""
        found = [each for each in self._periods(began) if self.days.holds(self.cap.days, self._day(each))]
        return [period for period in found if self._is_early(period)]

    def _is_early(self, period: object) -> bool:
        """Whether a period is among the first ones in which the cap holds; each window counts for itself."""
        seen = self.seen.setdefault(period[0] if isinstance(period, tuple) else None, [])
        seen += [period] if period not in seen else []
        return not self.cap.times_max or period in seen[: self.cap.times_max]

    def _periods(self, began: Tick) -> list[object]:
        cap = self.cap
        if cap.bands and began.band not in cap.bands:
            return []
        if cap.per == "window":
            found = [(place, occurrence(each, began.shown, self.days)) for place, each in enumerate(cap.windows)]
            return [(place, day) for place, day in found if day]
        periods: dict[str, object] = {
            "stay": None,
            "passage": began.passage,
            "day": began.day,
            "cycle": (began.at - self.begins) // (cap.hours * HOUR),
        }
        return [periods[cap.per]]

    def _day(self, period: object) -> date:
        """The local day on which a period begins."""
        if isinstance(period, tuple):
            return period[1]  # type: ignore[no-any-return]
        if isinstance(period, date):
            return period
        begins = self.stay.ticks.entered
        if self.cap.per == "passage":
            begins = next(tick.at for tick in self.stay.ticks.all if tick.passage == period)
        if self.cap.per == "cycle":
            begins = self._began(period)
        return day_of(self.stay.tariff, begins)

    def left(self, period: object) -> int:
        """The room left in a period, after what this and earlier visits paid in it."""
        room = self.stay.prices.caps[self.cap.code] - self.paid.get(period, 0)
        return max(0, room - self._paid_before(period))

    def _paid_before(self, period: object) -> int:
        if self.cap.memory == "none":
            return 0
        left = remembered.visits(self.stay.pasts, f"cap.{self.cap.code}", self.cap.memory)
        return sum(use.amount for uses in left for use in uses if self._period(use.at.timestamp()) == period)

    def _period(self, at: float) -> object:
        if self.cap.per == "day":
            return day_of(self.stay.tariff, int(at))
        return (int(at) - self.begins) // (self.cap.hours * HOUR)

    def leave(self) -> None:
        """Leave what was paid per day or cycle as uses, if the cap is remembered."""
        if self.cap.memory == "none":
            return
        for period, fen in self.paid.items():
            if fen:
                self.stay.use(f"cap.{self.cap.code}", self._began(period), fen)

    def _began(self, period: object) -> int:
        if isinstance(period, date):
            return day_begins(self.stay.tariff, next(tick.at for tick in self.stay.ticks.all if tick.day == period))
        assert isinstance(period, int)
        return self.begins + period * self.cap.hours * HOUR
