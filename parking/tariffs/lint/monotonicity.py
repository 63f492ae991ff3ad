"""How the fee changes as a stay grows longer: where it falls or jumps, and what a day costs."""

from collections.abc import Iterator
from contextlib import suppress
from math import lcm
from typing import NamedTuple

from msgspec import structs

from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.language.document import Crossing, Promises, Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.probes import Probes
from parking.tariffs.lint.trials import OutOfTime, Trials
from parking.tariffs.lint.vehicles import SampleVehicle

_MINUTES_ALL = 26 * 60
# How far around an example a smaller one is looked for, in minutes of the entry.
_NEAR_MIN = 180
# How many units earlier somebody comes, at most, and how long a time that is whole units in all bands may be.
_UNITS_EARLIER = 2
_UNITS_TOGETHER_MAX = 4 * 60


class Pair(NamedTuple):
    """Two stays of one vehicle, the second the longer one: (entry, minutes) of each."""

    sample: SampleVehicle
    shorter: tuple[int, int]
    longer: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """The length of the longer stay, then the difference; the smallest example is shown."""
        return self.longer[1], self.longer[1] - self.shorter[1]


class Dearest(NamedTuple):
    """The most that 24 hours cost: a vehicle, its entry, and the fee."""

    sample: SampleVehicle
    entry: int
    fee_fen: int


class Extremes:
    """The smallest examples found so far: a fee that falls, an earlier entry that is cheaper, broken promises."""

    def __init__(self) -> None:
        self.fall: Pair | None = None
        self.earlier: Pair | None = None
        self.jump: Pair | None = None
        self.day: tuple[SampleVehicle, int, int] | None = None
        self.most_of_day: Dearest | None = None


class Search:
    """Searches the fees of a document, as functions of the length of the stay, for such examples."""

    def __init__(self, trials: Trials, probes: Probes, vehicles: list[SampleVehicle]) -> None:
        self._trials = trials
        self._probes = probes
        self._vehicles = vehicles
        text = trials.tariff.tariff
        self._promises = text.promises
        self._at_clock = _by_the_clock(text)
        self._unit_min = _unit_min(text)
        # The effect of the rules for crossings is what leaving them out changes.
        special = text.crossing != Crossing()
        plain = Compiled(structs.replace(text, crossing=Crossing()))
        self._without_crossing = Trials(plain, budget=trials.budget, is_over=trials.is_over) if special else None
        self.extremes = Extremes()

    def run(self) -> Extremes:
        """Tries the lengths at which fees may change, then every minute, as far as the budget and the time go."""
        with suppress(OutOfTime):
            self._all()
        return self.extremes

    def _all(self) -> None:
        for sample, entry, before in self._lanes():
            self._curve(sample, entry, self._probes.lengths(sample, entry))
            if self._at_clock:
                self._earlier(sample, before, entry)
        for sample, entry, _ in self._lanes():
            if self._trials.left < _MINUTES_ALL:
                break
            self._curve(sample, entry, range(1, _MINUTES_ALL + 1))
        if self.extremes.fall is not None:
            self.extremes.fall = self._smaller_fall(self.extremes.fall)

    def _lanes(self) -> Iterator[tuple[SampleVehicle, int, int | None]]:
        """(vehicle, entry, the entry before it that day), the most frequent days first."""
        for day in self._probes.days:
            entries = self._probes.entries(day)
            for sample in self._vehicles:
                for at, entry in enumerate(entries):
                    if self._trials.left <= 0:
                        return
                    yield sample, entry, entries[at - 1] if at else None

    def _curve(self, sample: SampleVehicle, entry: int, lengths: list[int] | range) -> None:
        fee = self._trials.fee
        last, last_fee = 0, 0
        for minutes in lengths:
            paid = fee(sample, entry, minutes)
            if paid < last_fee:
                self._fall(sample, entry, last, minutes)
            elif paid > last_fee:
                self._rise(sample, entry, last, minutes)
            last, last_fee = minutes, paid
        self._day(sample, entry, lengths)

    def _fall(self, sample: SampleVehicle, entry: int, before: int, after: int) -> None:
        """Keeps the first minute at which the fee falls between two lengths, if that is the smallest example yet."""
        fee = self._trials.fee
        for minutes in range(before + 1, after + 1):
            if fee(sample, entry, minutes) < fee(sample, entry, minutes - 1):
                pair = Pair(sample, (entry, minutes - 1), (entry, minutes))
                if self.extremes.fall is None or pair.size < self.extremes.fall.size:
                    self.extremes.fall = pair
                return

    def _smaller_fall(self, pair: Pair) -> Pair:
        """The smallest example of a falling fee with an entry near that of the example."""
        sample, (entry, _), (_, longer) = pair
        ends = entry + longer * 60
        fee = self._trials.fee
        for moved in range(-_NEAR_MIN, _NEAR_MIN + 1):
            begins = entry + moved * 60
            for minutes in {longer, longer - 1, (ends - begins) // 60}:
                small = 1 < minutes < pair.longer[1]
                if small and fee(sample, begins, minutes) < fee(sample, begins, minutes - 1):
                    pair = Pair(sample, (begins, minutes - 1), (begins, minutes))
        for minutes in range(2, min(pair.longer[1], _NEAR_MIN)):
            begins = ends - minutes * 60
            if fee(sample, begins, minutes) < fee(sample, begins, minutes - 1):
                pair = Pair(sample, (begins, minutes - 1), (begins, minutes))
                break
        (entry, _), (_, longer) = pair.shorter, pair.longer
        for minutes in range(2, min(longer, _MINUTES_ALL)):
            if fee(sample, entry, minutes) < fee(sample, entry, minutes - 1):
                return Pair(sample, (entry, minutes - 1), (entry, minutes))
        return pair

    def _rise(self, sample: SampleVehicle, entry: int, before: int, after: int) -> None:
        """Keeps the shortest stay whose last minute costs more than is promised."""
        most = per_bays(self._promises, self._promises.minute_fen_max, sample)
        fee = self._trials.fee
        if most is None or fee(sample, entry, after) - fee(sample, entry, before or 1) * bool(before) <= most:
            return
        left = [(before, after)]
        while left:
            begins, ends = left.pop()
            rise = fee(sample, entry, ends) - (fee(sample, entry, begins) if begins else 0)
            best = self.extremes.jump
            if rise <= most or (best is not None and begins + 1 >= best.longer[1]):
                continue
            if ends - begins == 1:
                self.extremes.jump = Pair(sample, (entry, begins), (entry, ends))
                continue
            middle = (begins + ends) // 2
            left += [(middle, ends), (begins, middle)]

    def _day(self, sample: SampleVehicle, entry: int, lengths: list[int] | range) -> None:
        """Keeps the shortest stay of at most 24 hours that costs more than is promised of a day."""
        most = per_bays(self._promises, self._promises.day_fen_max, sample)
        if most is None:
            return
        fee = self._trials.fee
        before = 0
        for minutes in lengths:
            if minutes > DAY_MIN or (self.extremes.day is not None and before + 1 >= self.extremes.day[2]):
                return
            if fee(sample, entry, minutes) > most:
                first = next(each for each in range(before + 1, minutes + 1) if fee(sample, entry, each) > most)
                if self.extremes.day is None or first < self.extremes.day[2]:
                    self.extremes.day = (sample, entry, first)
                return
            before = minutes

    def _earlier(self, sample: SampleVehicle, before: int | None, entry: int) -> None:
        """Keeps the smallest example of two vehicles that leave together, of which the one that came first pays less.

        Units begin with the entry, so a few minutes more can move one of them out of the next day of a cap; that
        is no fault of the document. So the first one came whole units earlier, or the rules for crossings are the
        cause.
        """
        for more in [self._unit_min * count for count in range(1, _UNITS_EARLIER + 1)]:
            self._leave_together(sample, entry, more, by_crossing=False)
        if before is not None and self._without_crossing is not None:
            self._leave_together(sample, entry, (entry - before) // 60, by_crossing=True)

    def _leave_together(self, sample: SampleVehicle, entry: int, more: int, *, by_crossing: bool) -> None:
        fee = self._trials.fee
        other = self._without_crossing
        for minutes in self._probes.lengths(sample, entry):
            best = self.extremes.earlier
            if minutes > DAY_MIN or (best is not None and minutes + more >= best.longer[1]):
                return
            earlier = entry - more * 60
            if fee(sample, earlier, minutes + more) >= fee(sample, entry, minutes):
                continue
            if not by_crossing:
                self.extremes.earlier = self._smaller_earlier(sample, more, entry, minutes, least=more)
                return
            assert other is not None
            if other.fee(sample, earlier, minutes + more) >= other.fee(sample, entry, minutes):
                pair = self._smaller_earlier(sample, more, entry, minutes, least=1)
                if best is None or pair.size < best.size:
                    self.extremes.earlier = pair
                return

    def _smaller_earlier(self, sample: SampleVehicle, more: int, entry: int, minutes: int, *, least: int) -> Pair:
        """The same with the exit as early, then the first entry as late as can be."""
        fee = self._trials.fee
        for length in range(1, minutes):
            if fee(sample, entry - more * 60, length + more) < fee(sample, entry, length):
                minutes = length
                break
        for ahead in range(least, more):
            if fee(sample, entry - ahead * 60, minutes + ahead) < fee(sample, entry, minutes):
                more = ahead
                break
        return Pair(sample, (entry, minutes), (entry - more * 60, minutes + more))


def per_bays(promises: Promises, most: int | None, sample: SampleVehicle) -> int | None:
    """What is promised of a vehicle, for the bays it takes."""
    return most * sample.bays if most is not None and promises.per_bay else most


def _by_the_clock(text: Tariff) -> bool:
    """Whether the price depends on when somebody enters, and not on the length of the stay alone."""
    caps = any(cap.per in ("day", "window") or cap.entered or cap.left or cap.days != "every_day" for cap in text.caps)
    return len(text.bands) > 1 or caps or any(band.restart == "day" or band.daily for band in text.bands)


def _unit_min(text: Tariff) -> int:
    """A time that is whole units in every rate period, if that is not too long."""
    prices = [*[band.tiers for band in text.bands], *[tiers for rule in text.classes for tiers in rule.prices.values()]]
    together = lcm(*[tier.unit_min for tiers in prices for tier in tiers if tier.unit_min])
    return together if 1 < together <= _UNITS_TOGETHER_MAX else 60
