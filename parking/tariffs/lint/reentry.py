"""What leaving and coming back does to the price: a gain by re-entry, or a cap that has to be paid again."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import structs

from parking.tariffs.bill.fee import price_sequence
from parking.tariffs.engine.calendar import instant
from parking.tariffs.engine.compiled import EVER, Compiled
from parking.tariffs.engine.matching import matches
from parking.tariffs.engine.quote import Visit
from parking.tariffs.language.document import Free
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.findings import Bill, Finding, in_words
from parking.tariffs.lint.probes import Probes
from parking.tariffs.lint.trials import Stay, Trials
from parking.tariffs.lint.vehicles import SampleVehicle
from parking.texts import durations
from parking.texts.words import Words

_DAYS_TRIED = 4
_CAP_STEP_MIN = 30
# Nobody drives out and in again more often than this, or plans for a longer stay.
_VISIT_MIN = 60
_STAY_MAX_MIN = 12 * 60
# What is saved is worth the way if it is more than the dearest unit and this share of the fee, in percent.
_WORTH_PERCENT = 25
_SEVERAL_VISITS = re.compile(
    r"多次|合计|累计(?:最高|不超过)|however often|in total|altogether|all visits", re.IGNORECASE
)


class _Split(NamedTuple):
    """One stay, and the same time as visits that follow each other without a gap."""

    sample: SampleVehicle
    whole: Stay
    parts: tuple[Stay, ...]


def reentry(trials: Trials, probes: Probes, vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    """Free periods, quotas and first prices that can be had again and again, then caps that are not remembered."""
    days = probes.days[:_DAYS_TRIED]
    starts = [probes.ordinary(day) for day in days]
    starts += [entry for day in days for entry in probes.entries(day)]
    starts += [begins for _, begins, _ in probes.longest()]
    yield from _free(trials, starts, vehicles)
    yield from _quotas(trials, starts, vehicles)
    yield from _first_tiers(trials, starts, vehicles)
    yield from _caps(trials, starts, vehicles)


def _free(trials: Trials, starts: Sequence[int], vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    """Two visits within the free period, or one more than may have it."""
    reported: set[str] = set()
    for sample in vehicles:
        of_class = trials.tariff.usual_class_of(sample.vehicle)
        free = trials.tariff.table(of_class, 1).free
        own = of_class >= 0 and trials.tariff.tariff.classes[of_class].free is not None
        path = f"$.classes[{of_class}].free" if own else "$.free"
        length = free.minutes if free.inclusive else free.minutes - 1
        if length < _VISIT_MIN or path in reported:
            continue
        for entry in starts:
            split = _parts(sample, entry, length, free.uses_max + 1 if free.uses_max else 2)
            if trials.left <= 0:
                return
            if _total(trials, split.parts, sample) == 0 and _is_worth(trials, split):
                reported.add(path)
                yield _gain_found(trials, path, split, *_free_period(free))
                break


def _free_period(free: Free) -> Words:
    zh, en = durations.in_minutes(free.minutes)
    return f"{zh}免费时段", f"The free period of {en}"


def _quotas(trials: Trials, starts: Sequence[int], vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    for index, quota in enumerate(trials.tariff.tariff.quotas):
        split = _twice(trials, starts, [each for each in vehicles if matches(quota.who, each.vehicle)], index)
        if split is not None:
            named = f"优惠时长“{quota.name_zh}”", f"The quota “{quota.name_en}”"
            yield _gain_found(trials, f"$.quotas[{index}]", split, *named)


def _twice(trials: Trials, starts: Sequence[int], vehicles: Sequence[SampleVehicle], index: int) -> _Split | None:
    """Two visits, each as long as the quota, of which the second draws all of it again."""
    quota = trials.tariff.tariff.quotas[index]
    rule = f"quota.{quota.code}"
    for sample in vehicles:
        free = trials.tariff.table(trials.tariff.usual_class_of(sample.vehicle), 1).free
        if free.minutes >= quota.minutes or quota.minutes < _VISIT_MIN:
            continue
        for entry in starts:
            if trials.left <= 0:
                return None
            split = _parts(sample, entry, quota.minutes, 2)
            fees = trials.fees(sample, split.parts)
            again = sum(use.amount for use in fees[1].uses if use.rule == rule) >= quota.minutes
            if again and _is_worth(trials, split):
                return split
    return None


def _first_tiers(trials: Trials, starts: Sequence[int], vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    """First prices that are lower than later ones and begin again with every visit, seen without what is free."""
    text = trials.tariff.tariff
    plain = Trials(Compiled(structs.replace(text, free=Free(), quotas=())), budget=trials.left, is_over=trials.is_over)
    reported: set[int] = set()
    begins = [(trials.tariff.timeline.segments(entry, entry + 60)[0][0], entry) for entry in starts]
    for sample in vehicles:
        table = trials.tariff.table(trials.tariff.usual_class_of(sample.vehicle), 1)
        for band, entry in begins:
            rate = table.rates[band]
            if rate is None or band in reported or trials.left <= 0:
                continue
            for until, _, _ in rate.tiers:
                if until == EVER or until // 60 <= max(table.free.minutes, _VISIT_MIN - 1):
                    continue
                split = _parts(sample, entry, until // 60, 2)
                if _gain(plain, split) > 0 and _is_worth(trials, split):
                    reported.add(band)
                    named = text.bands[band]
                    words = f"“{named.name_zh}”最初一段的价格", f"The first price of “{named.name_en}”"
                    yield _gain_found(trials, f"$.bands[{band}].tiers", split, *words)
                    break


def _caps(trials: Trials, starts: Sequence[int], vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    """Caps of a day or cycle that whoever leaves and comes back has to pay again."""
    text = trials.tariff.tariff
    for index, cap in enumerate(text.caps):
        if cap.per not in ("day", "cycle") or cap.memory != "none":
            continue
        caps = (*text.caps[:index], structs.replace(cap, memory="lot"), *text.caps[index + 1 :])
        remembering = Compiled(structs.replace(text, caps=caps))
        meant = [each for each in vehicles if matches(cap.who, each.vehicle)][:1]
        split = _dearer(trials, remembering, starts, meant, cap.hours * 60 if cap.per == "cycle" else DAY_MIN)
        if split is not None:
            yield _cap_forgets(trials, index, split)


def _dearer(
    trials: Trials, remembering: Compiled, starts: Sequence[int], vehicles: Sequence[SampleVehicle], period_min: int
) -> _Split | None:
    """The shortest time that costs more in two halves than in one, and would not if the cap were remembered."""
    best: _Split | None = None
    for sample in vehicles:
        for entry in starts:
            for half in range(_CAP_STEP_MIN, period_min // 2 + 1, _CAP_STEP_MIN):
                if trials.left <= 0 or (best is not None and 2 * half >= best.whole[1]):
                    break
                split = _parts(sample, entry, half, 2)
                apart = _total(trials, split.parts, sample)
                if apart > trials.fee(sample, *split.whole) and apart > _total_by(remembering, split):
                    best = split
                    break
    return best


def _parts(sample: SampleVehicle, entry: int, length: int, count: int) -> _Split:
    parts = tuple((entry + at * length * 60, length) for at in range(count))
    return _Split(sample, (entry, length * count), parts)


def _total(trials: Trials, parts: Sequence[Stay], sample: SampleVehicle) -> int:
    return sum(fee.fee_fen for fee in trials.fees(sample, parts))


def _total_by(tariff: Compiled, split: _Split) -> int:
    visits = [
        Visit(instant(entry), instant(entry + minutes * 60), split.sample.vehicle) for entry, minutes in split.parts
    ]
    return sum(fee.fee_fen for fee in price_sequence(tariff, visits))


def _gain(trials: Trials, split: _Split) -> int:
    return trials.fee(split.sample, *split.whole) - _total(trials, split.parts, split.sample)


def _is_worth(trials: Trials, split: _Split) -> bool:
    """Whether leaving and coming back saves what somebody would do it for, in a stay that people make."""
    if split.whole[1] > _STAY_MAX_MIN:
        return False
    gain, fee = _gain(trials, split), trials.fee(split.sample, *split.whole)
    if gain <= 0 or 100 * gain < _WORTH_PERCENT * fee:
        return False
    units = trials.calculation(split.sample, split.whole).units
    return gain > max((each.unit_fen for each in units), default=0)


def _gain_found(trials: Trials, path: str, split: _Split, named_zh: str, named_en: str) -> Finding:
    whole, parts = trials.bill(split.sample, split.whole), trials.bill(split.sample, *split.parts)
    once, again = (in_words(bill, trials.tariff.tariff) for bill in (whole, parts))
    count, (length_zh, length_en) = len(split.parts), durations.short(split.parts[0][1])
    return Finding(
        "farmable",
        "warning",
        path,
        f"{named_zh}可以反复享受：{whole.vehicle_zh}，{once.stay_zh}一次停满付 {once.fee_zh}；"
        f"每 {length_zh}出场再入场、分 {count} 次停，只付 {again.fee_zh}。",
        f"{named_en} can be had again by leaving and coming back ({whole.vehicle_en}): {once.stay_en} costs "
        f"{once.fee_en} in one visit, and {again.fee_en} in {count} visits of {length_en}.",
        (whole, parts),
        _facts(split, whole, parts),
    )


def _cap_forgets(trials: Trials, index: int, split: _Split) -> Finding:
    cap = trials.tariff.tariff.caps[index]
    whole, parts = trials.bill(split.sample, split.whole), trials.bill(split.sample, *split.parts)
    once, again = (in_words(bill, trials.tariff.tariff) for bill in (whole, parts))
    return Finding(
        "cap_forgets",
        "warning"
        if _SEVERAL_VISITS.search(f"{cap.name_zh} {cap.clause_zh} {cap.name_en} {cap.clause_en}")
        else "information",
        f"$.caps[{index}].memory",
        f"封顶“{cap.name_zh}”只按每次停放计算：{whole.vehicle_zh}，{once.stay_zh}一次停满付 "
        f"{once.fee_zh}，中途出场再入场要付 {again.fee_zh}；"
        '如果封顶应当跨多次停放累计，请写 memory = "lot"。',
        f"The cap “{cap.name_en}” holds for each visit by itself ({whole.vehicle_en}): {once.stay_en} costs "
        f"{once.fee_en} in one visit, and {again.fee_en} for who leaves half-way and "
        'comes back. If the cap is meant for all visits together, write memory = "lot".',
        (whole, parts),
        _facts(split, whole, parts),
    )


def _facts(split: _Split, whole: Bill, parts: Bill) -> dict[str, int | str]:
    return {
        "minutes": split.whole[1],
        "visits": len(split.parts),
        "fee_fen": whole.fee_fen,
        "split_fee_fen": parts.fee_fen,
    }
