"""What a text promises of its fees, proved over every entry there is: what is not proved is not printed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct, structs

from parking.tariffs.engine.calendar import instant
from parking.tariffs.engine.compiled import Compiled, Table
from parking.tariffs.engine.matching import asks_visit, matches
from parking.tariffs.engine.quote import Past, Use
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Cap, Free, Promises, Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.language.parsing import from_json, to_json
from parking.tariffs.lint.findings import Finding
from parking.tariffs.lint.grid import entries, is_by_minute, step_min
from parking.tariffs.lint.growth import bounds, grows
from parking.tariffs.lint.monotonicity import Dearest, per_bays
from parking.tariffs.lint.probes import Probes
from parking.tariffs.lint.trials import OutOfTime, Trials, visit_of
from parking.tariffs.lint.vehicles import SampleVehicle, in_every_state, sample_vehicles

# How many prices one proof takes at most.
PRICES_MAX = 45_000
_SAMPLES_MAX = 64


class Proof(Struct, frozen=True):
    """What is proved. proved: those promises that hold for every stay. dearest: a stay that breaks that of a day."""

    proved: Promises
    dearest: Dearest | None = None


def of_promises(text: Tariff, proof: Proof, broken: Collection[str]) -> Iterator[Finding]:
    """A finding for each promise that is neither proved nor broken, and one for a text without any."""
    promises = text.promises
    if promises == Promises(per_bay=promises.per_bay):
        yield Finding(
            "no_promises",
            "information",
            "$.promises",
            "没有写承诺（promises）：写明停满 24 小时最多多少、多停一分钟最多多收多少，"
            "检查即对全部停放加以证明，多写一个零也会被发现。",
            "There are no promises. Say what 24 hours and what one minute more cost at most: the check proves it of "
            "every stay, and finds a price that has a digit too many.",
        )
    for field in ("never_cheaper", "minute_fen_max", "day_fen_max"):
        path = f"$.promises.{field}"
        is_broken = path in broken
        if (
            getattr(promises, field) == getattr(Promises(), field)
            or is_broken
            or (getattr(proof.proved, field) == getattr(promises, field))
        ):
            continue
        yield Finding(
            "promise_unproved",
            "warning",
            path,
            f"承诺 {field} 未能对全部停放加以证明，因此不在公示牌上公布；没有发现违反它的停放。"
            "请简化价格文本，或删去该承诺。",
            f"The promise {field} could not be proved of every stay, so the notice does not print it; no stay was "
            "found that breaks it. Simplify the price text, or take the promise out.",
        )


def proved(text: Tariff) -> Promises:
    """Of the promises of a text those that are proved; a notice prints no other. It takes a second, once."""
    if text.promises == Promises():
        return text.promises
    return _proved(to_json(text))


@lru_cache(maxsize=256)
def _proved(document: bytes) -> Promises:
    tariff = Compiled(from_json(document))
    return prove(tariff, Probes(tariff), None).proved


def prove(tariff: Compiled, probes: Probes, is_over: Callable[[], bool] | None) -> Proof:
    """Proves what a text promises, as far as the budget and the time go."""
    text = tariff.tariff
    promises = text.promises
    samples = in_every_state(text, sample_vehicles(tariff, _SAMPLES_MAX))
    complete = probes.has_every_kind and len(samples) < _SAMPLES_MAX
    budget = _Budget(is_over)
    most = promises.day_fen_max
    dearest: Dearest | None = None
    is_day = is_minute = False
    if most is not None:
        is_day = _is_proved(
            lambda: (
                _short_fee(text, samples) <= most
                and all(_keeps_day(each, text, samples, probes.days, budget) for each in _bounds(text))
            )
        )
        if not is_day:
            dearest = _breaks_day(tariff, samples, probes.days, _Budget(is_over))
        else:
            is_day = _is_proved(lambda: _keeps_after_others(tariff, samples, probes.days, budget))
    if promises.minute_fen_max is not None:
        is_minute = _is_proved(lambda: _keeps_minute(tariff, samples, probes.days, budget))
    kept = Promises(
        never_cheaper=promises.never_cheaper and grows(text),
        minute_fen_max=promises.minute_fen_max if is_minute and complete else None,
        day_fen_max=most if is_day and complete else None,
        per_bay=promises.per_bay,
    )
    return Proof(kept, dearest)


def greatest_of_day(tariff: Compiled, sample: SampleVehicle, days: Sequence[int]) -> Dearest:
    """The most that 24 hours cost a vehicle, over all entries of these days.

    Of a document that grows it is the most that any stay within 24 hours costs.
    """
    return max(_days_fees(tariff, sample, days, _Budget(None)), key=lambda each: each.fee_fen)


class _Budget:
    """How many prices are left for a proof."""

    def __init__(self, is_over: Callable[[], bool] | None) -> None:
        self.left = PRICES_MAX
        self._is_over = is_over

    def spend(self) -> None:
        """Counts a price, or raises OutOfTime."""
        self.left -= 1
        if self.left < 0 or (self._is_over is not None and self._is_over()):
            raise OutOfTime


def _is_proved(proof: Callable[[], bool]) -> bool:
    """The outcome of a proof; one that does not come to its end proves nothing."""
    try:
        return proof()
    except OutOfTime:
        return False


def _bounds(text: Tariff) -> list[Tariff]:
    if grows(text):
        return [text]
    found = list(bounds(text))
    if not found:
        raise OutOfTime
    return found


def _days_fees(tariff: Compiled, sample: SampleVehicle, days: Sequence[int], budget: _Budget) -> Iterator[Dearest]:
    """The fee of 24 hours for every entry that matters."""
    step = 1 if is_by_minute(tariff.tariff) else step_min(tariff.tariff)
    trials = Trials(tariff, budget=PRICES_MAX)
    for day in days:
        for entry in entries(tariff, day, step):
            budget.spend()
            yield Dearest(sample, entry, trials.calculation(sample, (entry, DAY_MIN)).fee_fen)


def _keeps_after_others(
    tariff: Compiled, samples: Sequence[SampleVehicle], days: Sequence[int], budget: _Budget
) -> bool:
    """Whether it holds as well where an earlier visit opened the cycle of a cap, however long ago."""
    text = tariff.tariff
    caps = [cap for cap in text.caps if cap.per == "cycle" and cap.memory != "none"]
    caps = [cap for cap in caps if not all(_is_bounded(tariff, sample, cap) for sample in samples)]
    step, trials = step_min(text), Trials(tariff, budget=PRICES_MAX)
    return all(
        fee_fen <= _promised(text, sample)
        for cap in caps
        for sample in samples
        for day in days
        for entry in entries(tariff, day, step)
        for fee_fen in _after_others(trials, sample, entry, cap, step, budget)
    )


def _is_bounded(tariff: Compiled, sample: SampleVehicle, cap: Cap) -> bool:
    """Whether all cycles that 24 hours may lie in, less what opened the first, stay within the promise."""
    most = tariff.table(tariff.usual_class_of(sample.vehicle), sample.bays).cap_fen[tariff.tariff.caps.index(cap)]
    cycles = 1 - (-DAY_MIN // (cap.hours * 60))
    at_most = cycles * most - _least_paid(tariff, sample, cap)
    return _is_always(cap) and not cap.bands and at_most <= _promised(tariff.tariff, sample)


def _after_others(
    trials: Trials, sample: SampleVehicle, entry: int, cap: Cap, step: int, budget: _Budget
) -> Iterator[int]:
    least = _least_paid(trials.tariff, sample, cap)
    visit = visit_of(sample, (entry, DAY_MIN))
    for ago in range(step, cap.hours * 60, step):
        for opened in {entry - ago * 60, entry - ago * 60 + 60 * (step > 1)}:
            budget.spend()
            at = instant(opened)
            yield trials.priced(visit, [Past(at, instant(opened + 60), (Use(f"cap.{cap.code}", at, least),))])


def _least_paid(tariff: Compiled, sample: SampleVehicle, cap: Cap) -> int:
    """The least that opens the cycle of a cap: the cheapest unit under it."""
    table = tariff.table(tariff.usual_class_of(sample.vehicle), sample.bays)
    prices = [
        price
        for band, rate in zip(tariff.tariff.bands, table.rates, strict=True)
        if rate is not None and (not cap.bands or band.code in cap.bands)
        for _, _, price in rate.tiers
        if price
    ]
    return min([*prices, table.cap_fen[tariff.tariff.caps.index(cap)]])


def _keeps_day(
    bound: Tariff, text: Tariff, samples: Sequence[SampleVehicle], days: Sequence[int], budget: _Budget
) -> bool:
    """Whether no stay within 24 hours costs more than is promised by a document that bounds the fees."""
    tariff = Compiled(bound)
    return all(
        each.fee_fen <= _promised(text, sample)
        for sample in samples
        for each in _days_fees(tariff, sample, days, budget)
    )


def _promised(text: Tariff, sample: SampleVehicle) -> int:
    """What is promised of a day, for the bays a vehicle takes."""
    return per_bays(text.promises, text.promises.day_fen_max, sample) or 0


def _breaks_day(
    tariff: Compiled, samples: Sequence[SampleVehicle], days: Sequence[int], budget: _Budget
) -> Dearest | None:
    """The vehicle and entry that 24 hours cost most, if that is more than is promised."""
    best: Dearest | None = None
    try:
        for sample in samples:
            if sample.spent and best is not None:
                continue
            for each in _days_fees(tariff, sample, days, budget):
                if each.fee_fen > max(_promised(tariff.tariff, sample), best.fee_fen if best else 0):
                    best = each
    except OutOfTime:
        pass
    return best


def _short_fee(text: Tariff, samples: Sequence[SampleVehicle]) -> int:
    """The most that a short crossing costs: all of its time at the price of any one rate period."""
    if not text.crossing.short_under_min:
        return 0
    return max(_stretch_fee(Compiled(text), sample, text.crossing.short_under_min - 1) for sample in samples)


def _stretch_fee(tariff: Compiled, sample: SampleVehicle, minutes: int) -> int:
    """The most that so many charged minutes cost that follow each other in one rate period."""
    return max(
        price if not unit_s else -(-minutes * 60 // unit_s) * price
        for table in _tables(tariff, sample)
        for rate in table.rates
        if rate is not None
        for _, unit_s, price in rate.tiers
    )


def _tables(tariff: Compiled, sample: SampleVehicle) -> list[Table]:
    """What the classes pay that a vehicle may be in, by what its visit is like."""
    found = []
    for place, rule in enumerate(tariff.tariff.classes):
        if matches(rule.who, sample.vehicle):
            found.append(tariff.table(place, sample.bays))
            if not asks_visit(rule.who):
                return found
    return [*found, tariff.table(-1, sample.bays)]


def _keeps_minute(tariff: Compiled, samples: Sequence[SampleVehicle], days: Sequence[int], budget: _Budget) -> bool:
    """Whether no minute of any stay costs more than is promised: no unit does, nor what is owed at once after what is
    free, nor what ends a short crossing.
    """
    text = tariff.tariff
    if text.crossing.part_unit == "shared" or text.rejoin_min or not _grows_otherwise(text):
        return False
    for sample in samples:
        most = per_bays(text.promises, text.promises.minute_fen_max, sample) or 0
        unit = max((_dearest_unit(tariff, table) for table in _tables(tariff, sample)), default=0)
        if _with_steps(text, unit * (2 if text.seconds == "exact" else 1), sample) > most:
            return False
        for table in _tables(tariff, sample):
            jumps = _jumps(text, table, sample)
            if jumps is None or not _keep_jumps(tariff, sample, days, jumps, most, budget):
                return False
    return True


def _grows_otherwise(text: Tariff) -> bool:
    """Whether fees grow, but for short crossings, which are tried one by one."""
    return grows(structs.replace(text, crossing=structs.replace(text.crossing, short_under_min=0)))


def _dearest_unit(tariff: Compiled, table: Table) -> int:
    """The most that a minute of charged time adds, under those caps that always apply."""
    dearest = 0
    for rate in table.rates:
        if rate is None:
            continue
        caps = [
            table.cap_fen[tariff.caps[place].place]
            for place in rate.caps
            if _is_always(tariff.tariff.caps[tariff.caps[place].place])
        ]
        for _, unit_s, price in rate.tiers:
            share = -(-price * 60 // unit_s) if rate.by_minute and unit_s else price
            dearest = max(dearest, min([share, *caps]))
    return dearest


def _is_always(cap: Cap) -> bool:
    plain = cap.who == Match() and cap.days == "every_day" and not (cap.entered or cap.left)
    return plain and cap.per != "window" and not cap.first_min and not cap.times_max


def _with_steps(text: Tariff, rise: int, sample: SampleVehicle) -> int:
    """The most that a rise of the metered fee becomes by surcharges, the least fee, rounding and staying on."""
    for rule in text.surcharges:
        added = rule.fen * (sample.bays if rule.per_bay else 1) if rule.fen else 0
        rise += added or -(-rise * rule.percent_milli // 100_000)
    rise = max(rise, text.minimum_fen)
    rise = -(-rise // text.round_to_fen) * text.round_to_fen
    return rise + (text.overstay.unit_fen if text.overstay is not None else 0)


def _jumps(text: Tariff, table: Table, sample: SampleVehicle) -> list[int] | None:
    """The lengths at which more than one unit may be owed at once; None where they are not known."""
    free: Free = table.free
    lengths: list[int] = []
    has_free_band = any(rate is None for rate in table.rates)
    if free.minutes and not free.deducted:
        if free.counts == "chargeable" and has_free_band:
            return None
        cycles = range(0, 2 * DAY_MIN, text.cycle_hours * 60) if free.again == "cycle" else range(1)
        lengths += [cycle + free.minutes + (1 if free.inclusive else 0) for cycle in cycles]
    if short := text.crossing.short_under_min:
        if has_free_band:
            return None
        covered = free.minutes if free.deducted else 0
        if not sample.spent:
            covered += sum(each.minutes for each in text.quotas if matches(each.who, sample.vehicle))
        # Minutes by a discount are covered where its code comes, or for those it is for.
        more = sum(each.minutes for each in text.discounts if each.kind == "minutes")
        lengths += range(covered + 1, covered + more + short + 1)
    return sorted(set(lengths))


def _keep_jumps(
    tariff: Compiled, sample: SampleVehicle, days: Sequence[int], lengths: Sequence[int], most: int, budget: _Budget
) -> bool:
    """Whether at none of these lengths, for any entry, the last minute costs more than is promised."""
    if not lengths:
        return True
    step = 1 if is_by_minute(tariff.tariff) else step_min(tariff.tariff)
    trials = Trials(tariff, budget=PRICES_MAX)
    for day in days:
        begins, ends = tariff.calendar.bounds(day)
        for edge in range(begins, ends, step * 60):
            for entry in sorted({edge, edge + 60, edge + 120, edge + (step - 1) * 60} if step > 1 else {edge}):
                for minutes in lengths:
                    # Between the marks of the clock and those of the stay, the fee does not change.
                    marks = {(minutes + (entry - edge) // 60) % step, minutes % step} if step > 3 else {0}
                    if len(lengths) > 4 and not marks & {0, 1, 2, step - 1}:
                        continue
                    budget.spend()
                    before = trials.fee(sample, entry, minutes - 1) if minutes > 1 else 0
                    if trials.fee(sample, entry, minutes) - before > most:
                        return False
    return True
