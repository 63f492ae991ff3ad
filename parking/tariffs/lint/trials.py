"""Trial prices: each computed once and counted against a budget; bills of those that show a problem."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from parking.tariffs.bill.fee import price, price_sequence
from parking.tariffs.engine.calculation import Calculation
from parking.tariffs.engine.calendar import instant
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.price import calculate
from parking.tariffs.engine.quote import Fee, Past, Use, Visit
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.findings import Bill
from parking.tariffs.lint.vehicles import SampleVehicle

Progress: TypeAlias = Callable[[int, int], None]
# (entry, minutes) of a visit.
Stay: TypeAlias = tuple[int, int]
_PROGRESS_EVERY = 500
# How many daily hours, and how many quotas, caps and discounts, do not make a price slow.
_HOURS_USUAL = 12
_RULES_USUAL = 8


class OutOfTime(Exception):
    """The time for the trials is over; what was found until then is reported."""


class Trials:
    """The prices of one document, each cached.

    is_over: whether the time has run out; called before each price, since single prices may be slow.
    """

    def __init__(
        self,
        tariff: Compiled,
        *,
        budget: int,
        progress: Progress | None = None,
        is_over: Callable[[], bool] | None = None,
    ) -> None:
        self.tariff = tariff
        self.budget = budget
        self.done = 0
        self._reported = 0
        self._progress = progress
        self.is_over = is_over
        self._fees: dict[tuple[int, int, int], int] = {}
        self._slice_min = _slice_min(tariff.tariff)
        self._rules_weight = _rules_weight(tariff.tariff)

    @property
    def left(self) -> int:
        """How many prices may still be computed."""
        return self.budget - self.done

    def spend(self, prices: int) -> None:
        """Counts prices that are about to be computed.

        Raises:
            OutOfTime: there is no time left for them.
        """
        if self.is_over is not None and self.is_over():
            raise OutOfTime
        self.done += prices
        if self._progress is not None and self.done - self._reported >= _PROGRESS_EVERY:
            self._reported = self.done
            self._progress(min(self.done, self.budget), self.budget)

    def finish(self) -> None:
        """Reports that nothing more is tried."""
        if self._progress is not None:
            self._progress(self.budget, self.budget)

    def fee(self, sample: SampleVehicle, entry: int, minutes: int) -> int:
        """What a vehicle pays that enters at an instant and stays so many minutes."""
        key = (sample.place, entry, minutes)
        fee_fen = self._fees.get(key)
        if fee_fen is None:
            self.spend(self.weight(minutes))
            fee_fen = self._fees[key] = self.calculation(sample, (entry, minutes)).fee_fen
        return fee_fen

    def calculation(self, sample: SampleVehicle, stay: Stay) -> Calculation:
        """A stay computed, which takes nothing of the budget."""
        visit = visit_of(sample, stay)
        return calculate(self.tariff, visit, [_spent(self.tariff.tariff, visit)] if sample.spent else ())

    def priced(self, visit: Visit, pasts: Sequence[Past]) -> int:
        """The fee of a visit after others, which takes nothing of the budget."""
        return calculate(self.tariff, visit, pasts).fee_fen

    def weight(self, minutes: int) -> int:
        """How much of the budget a stay takes: more if it is long, is granted much again, or has many rules."""
        return (1 + minutes // self._slice_min) * self._rules_weight

    def fees(self, sample: SampleVehicle, stays: Sequence[Stay]) -> list[Fee]:
        """The fees of visits that one vehicle makes, each remembering those before it."""
        self.spend(sum(self.weight(minutes) for _, minutes in stays))
        return self._sequence(sample, stays)

    def bill(self, sample: SampleVehicle, *stays: Stay) -> Bill:
        """What a vehicle pays for visits that follow each other, with all lines; this takes nothing of the budget."""
        fees = self._sequence(sample, stays)
        times = tuple((self.local(entry), self.local(entry + minutes * 60)) for entry, minutes in stays)
        return Bill(
            entered_at=times[0][0],
            left_at=times[-1][1],
            vehicle_zh=sample.name_zh,
            vehicle_en=sample.name_en,
            visits=times,
            fee_fen=sum(fee.fee_fen for fee in fees),
            lines=tuple(line for fee in fees for line in fee.lines),
        )

    def _sequence(self, sample: SampleVehicle, stays: Sequence[Stay]) -> list[Fee]:
        visits = [visit_of(sample, stay) for stay in stays]
        if sample.spent:
            return [
                price([(visit.entered_at, self.tariff)], visit, [_spent(self.tariff.tariff, visit)]) for visit in visits
            ]
        return price_sequence(self.tariff, visits)

    def local(self, at: int) -> datetime:
        """An instant as local time."""
        return instant(at).astimezone(self.tariff.time_zone)


def _slice_min(text: Tariff) -> int:
    again = text.free.again == "cycle" or any(quota.again == "cycle" for quota in text.quotas)
    again = again or any(rule.free is not None and rule.free.again == "cycle" for rule in text.classes)
    return min(DAY_MIN, text.cycle_hours * 60) if again else DAY_MIN


def _rules_weight(text: Tariff) -> int:
    """How much slower a price is for its many daily hours and rules; 1 for a usual document."""
    hours = sum(len(band.hours) for band in text.bands) + sum(len(cap.windows) for cap in text.caps)
    discounts = sum(1 if text.stacking == "all" else 4 for _ in text.discounts)
    return 1 + hours // _HOURS_USUAL + (len(text.quotas) + len(text.caps) + discounts) // _RULES_USUAL


def visit_of(sample: SampleVehicle, stay: Stay) -> Visit:
    """The visit that a vehicle makes."""
    entry, minutes = stay
    entered = instant(entry)
    return Visit(
        entered_at=entered,
        left_at=instant(entry + minutes * 60),
        vehicle=sample.vehicle,
        bays=sample.bays,
        charging=((entered, entered),) if sample.charged else (),
        coupons=sample.coupons,
        paid_by=sample.paid_by,
    )


def _spent(text: Tariff, visit: Visit) -> Past:
    """A visit that ended as this one begins, and used up all that is free for a time."""
    at = visit.entered_at - timedelta(minutes=1)
    uses = [Use(f"quota.{quota.code}", at, quota.minutes) for quota in text.quotas]
    uses += [Use("free", at, free.uses_max) for free in [text.free, *[r.free for r in text.classes if r.free]]]
    return Past(at, visit.entered_at, tuple(uses))
