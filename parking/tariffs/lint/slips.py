"""Slips of the pen: numbers of a clause that its part of the document does not have."""

import re
from collections.abc import Collection, Iterator
from itertools import accumulate

from msgspec import Struct

from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import Band, Cap, ClassRule, Discount, Free, Pass, Quota, Surcharge, Tariff, Tier
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.clauses import Numbers, numbers_of
from parking.tariffs.lint.findings import Finding
from parking.texts import amounts, durations
from parking.texts.words import Words, listed

# Documents say an hourly price of a shorter unit, or that of a half hour, as well.
_SAID_OF = (30, 60)
_MOST = re.compile(r"最高|最多|封顶|上限|按次|at most|maximum|max\.|in all|a visit is|no more than", re.IGNORECASE)
_UP_TO = ("(含)", "（含）", "不超过", "up to and including", "inclusive", "at most")
_BELOW = ("不足", "不满", "不含", "少于", "less than", "under ", "below ")


class _Facts(Struct):
    """The numbers of a part that its clause may say; the main ones stand in the sentence of a finding.

    spans: where a stretch of time ends; None: any of its times. hours: None where none are compared. rates: prices said
    for a longer time than the unit, as (minutes, amount). most: amounts of caps, where the clause says that they are.
    """

    amounts: set[int]
    times: set[int]
    spans: set[int] | None = None
    hours: set[tuple[int, int]] | None = None
    percents: set[int] | None = None
    off: set[int] | None = None
    most: set[int] = set()
    rates: set[tuple[int, int]] = set()


def clauses_that_differ(text: Tariff) -> Iterator[Finding]:
    """A finding for each clause with a number that its part does not have."""
    for path, part, facts in _parts(text):
        for language in ("zh", "en"):
            clause = getattr(part, f"clause_{language}")
            if not clause:
                continue
            numbers = numbers_of(clause, text.currency)
            if _MOST.search(clause):
                facts.amounts |= facts.most
            differing = [*_differing(numbers, facts, text.currency), *_inclusive(clause, part)]
            if differing:
                yield _differs(f"{path}.clause_{language}", differing)


def _differs(path: str, differing: list[tuple[Words, Words]]) -> Finding:
    said_zh, said_en = listed([said for said, _ in differing])
    has_zh, has_en = listed(list(dict.fromkeys(has for _, has in differing)))
    return Finding(
        "clause_differs",
        "warning",
        path,
        f"公布条款写的是{said_zh}，而价格文本在此处是{has_zh}；公示牌会按条款原文公布。请改正其中之一。",
        f"The clause says {said_en}, and the document has {has_en} here; the notice prints the clause as it stands. "
        "Correct one of them.",
        facts={"clause": said_en, "document": has_en},
    )


def _differing(numbers: Numbers, facts: _Facts, currency: str) -> Iterator[tuple[Words, Words]]:
    """(what the clause says, what the document has) for each number that is not there."""

    def differ(said: Collection[int], has: set[int], words) -> Iterator[tuple[Words, Words]]:  # type: ignore[no-untyped-def]
        for each in sorted(set(said) - has):
            there = [words(one) for one in sorted(has)[:4]] or [("没有这样的数字", "no such number")]
            yield (
                words(each),
                (there[0] if len(there) == 1 else ("、".join(w[0] for w in there), " or ".join(w[1] for w in there))),
            )

    # A price may be said for an hour, and both the hour and its price must be there.
    rates = {(minutes, fen) for minutes, fen in facts.rates if minutes in numbers.times and fen in numbers.amounts}
    said_amounts, said_times = numbers.amounts - {fen for _, fen in rates}, numbers.times - {at for at, _ in rates}
    yield from differ(said_amounts, facts.amounts, lambda fen: amounts.short(fen, currency))
    yield from differ(said_times, facts.times, durations.short)
    spans = facts.times if facts.spans is None else facts.spans
    yield from differ(numbers.spans, spans, durations.short)
    percent = lambda each: (f"{each}%", f"{each} %")  # noqa: E731
    if facts.percents is not None:
        yield from differ(numbers.percents, facts.percents, percent)
    if facts.off is not None:
        yield from differ(numbers.off, facts.off, lambda each: (f"减{each}%", f"{each} % off"))
    if facts.hours is not None:
        for hours in sorted(numbers.hours - facts.hours):
            has = [_clocks(each) for each in sorted(facts.hours)] or ["—"]
            yield (_clocks(hours), _clocks(hours)), ("、".join(has), " or ".join(has))


def _clocks(hours: tuple[int, int]) -> str:
    return "–".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in hours)


def _inclusive(clause: str, part: object) -> Iterator[tuple[Words, Words]]:
    if not isinstance(part, Free) or not part.minutes:
        return
    low = clause.lower()
    up_to, below = any(word in low for word in _UP_TO), any(word in low for word in _BELOW)
    if up_to not in (below, part.inclusive):
        words = (("含该时长", "that length as free"), ("不含该时长", "that length as charged"))
        yield (words[0], words[1]) if up_to else (words[1], words[0])


def _parts(text: Tariff) -> Iterator[tuple[str, object, _Facts]]:
    """Each part that has a clause: its place, and the numbers that the clause may say."""
    yield "$.free", text.free, _of_free(text.free)
    for index, band in enumerate(text.bands):
        yield f"$.bands[{index}]", band, _of_band(text, band)
    for index, quota in enumerate(text.quotas):
        yield f"$.quotas[{index}]", quota, _of_quota(quota)
    for index, rule in enumerate(text.classes):
        yield f"$.classes[{index}]", rule, _of_class(text, rule)
        if rule.free is not None:
            yield f"$.classes[{index}].free", rule.free, _of_free(rule.free)
    for index, cap in enumerate(text.caps):
        yield f"$.caps[{index}]", cap, _of_cap(text, cap)
    for index, discount in enumerate(text.discounts):
        yield f"$.discounts[{index}]", discount, _of_discount(discount)
    for index, surcharge in enumerate(text.surcharges):
        yield f"$.surcharges[{index}]", surcharge, _of_surcharge(surcharge)
    for index, sold in enumerate(text.passes):
        yield f"$.passes[{index}]", sold, _of_pass(sold)


def _of_tiers(tiers: tuple[Tier, ...]) -> _Facts:
    ends = set(accumulate(tier.for_min for tier in tiers if tier.for_min))
    facts = _Facts(set(), ends | {tier.unit_min for tier in tiers if tier.unit_min}, ends)
    total, reached = 0, 0
    for tier in tiers:
        facts.amounts |= {tier.unit_fen, total + tier.unit_fen}
        if tier.unit_min:
            facts.rates |= {(said, tier.unit_fen * said // tier.unit_min) for said in _SAID_OF if tier.unit_min < said}
        count = -(-tier.for_min // tier.unit_min) if tier.for_min and tier.unit_min else 1
        total += tier.unit_fen * count
        reached += tier.for_min or 0
    if not ends:
        facts.spans = set(facts.times)
    return facts


def _of_band(text: Tariff, band: Band) -> _Facts:
    facts = _of_tiers(band.tiers)
    for rule in text.classes:
        own = rule.prices.get(band.code)
        more = _of_tiers(own) if own else _of_tiers(())
        facts.amounts |= more.amounts | {
            tier.unit_fen * rule.percent // 100 + rule.add_fen for tier in band.tiers if rule.percent
        }
        facts.times |= more.times
        facts.rates |= more.rates
    for cap in text.caps:
        if not cap.bands or band.code in cap.bands:
            facts.most |= {cap.fen, *[rule.caps.get(cap.code, cap.fen) for rule in text.classes]}
            facts.times |= {cap.hours * 60, cap.first_min}
    facts.amounts.add(text.minimum_fen)
    facts.times |= {band.tolerance_min, text.cycle_hours * 60, *_least_minutes(text, band)}
    assert facts.spans is not None
    facts.spans |= {text.free.minutes, band.tolerance_min, text.crossing.short_under_min}
    if band.hours:
        facts.hours = _hours(band.hours)
    return facts


def _least_minutes(text: Tariff, band: Band) -> set[int]:
    """How long a stay the least fee pays for."""
    return {
        text.minimum_fen * tier.unit_min // tier.unit_fen + more
        for tier in band.tiers
        if tier.unit_min and tier.unit_fen
        for more in (0, 1)
    }


def _of_free(free: Free) -> _Facts:
    return _Facts({0}, {free.minutes, free.memory.hours * 60})


def _of_quota(quota: Quota) -> _Facts:
    times = {quota.minutes, quota.memory.hours * 60, quota.portion_max_min, quota.minutes - quota.portion_max_min}
    share = quota.pays_percent
    return _Facts(
        {0}, times | {DAY_MIN} if quota.memory.per == "day" else times, percents={share, 100 - share}, off={100 - share}
    )


def _of_class(text: Tariff, rule: ClassRule) -> _Facts:
    facts = _Facts({rule.add_fen, *rule.caps.values()}, set(), set())
    assert facts.spans is not None
    bands = {band.code: band.tiers for band in text.bands}
    for code, tiers in (bands | rule.prices).items():
        own = _of_tiers(tiers)
        if code in rule.prices or (not rule.prices and rule.percent == 100 and not rule.add_fen):
            facts.amounts |= own.amounts
            facts.rates |= own.rates
        facts.times |= own.times
        facts.spans |= own.spans or own.times
    facts.amounts |= {tier.unit_fen * rule.percent // 100 + rule.add_fen for tiers in bands.values() for tier in tiers}
    facts.amounts |= {cap.fen * rule.percent // 100 for cap in text.caps}
    free = rule.free if rule.free is not None else text.free
    facts.times |= {free.minutes, *_times_of(rule.who), *[cap.hours * 60 for cap in text.caps]}
    facts.spans |= {free.minutes, *_times_of(rule.who)}
    ratios = {
        100 * mine.unit_fen // tier.unit_fen
        for code, tiers in rule.prices.items()
        for mine, tier in zip(tiers, bands[code], strict=False)
        if tier.unit_fen
    }
    facts.percents = {rule.percent, *ratios, *([200] if rule.per_bay else [])}
    facts.off = {100 - percent for percent in facts.percents}
    return facts


def _of_cap(text: Tariff, cap: Cap) -> _Facts:
    facts = _Facts({cap.fen}, {cap.hours * 60, cap.first_min, *_times_of(cap.who)})
    if cap.per in ("day", "window"):
        facts.times.add(DAY_MIN)
    for rule in text.classes:
        facts.amounts |= {rule.caps.get(cap.code, cap.fen), cap.fen * rule.percent // 100}
    # One sentence may say the caps of several kinds of vehicles.
    others = [
        each for each in text.caps if each.per == cap.per and (each.who != cap.who or each.windows == cap.windows)
    ]
    facts.amounts |= {each.fen for each in others}
    if cap.windows:
        facts.hours = _hours(cap.windows) | {hours for band in text.bands for hours in _hours(band.hours)}
    elif cap.bands:
        facts.hours = {hours for band in text.bands if band.code in cap.bands for hours in _hours(band.hours)}
    return facts


def _of_discount(discount: Discount) -> _Facts:
    off = {discount.percent}
    return _Facts({discount.fen}, {discount.minutes}, percents=off | {100 - discount.percent}, off=off)


def _of_surcharge(rule: Surcharge) -> _Facts:
    percent = rule.percent_milli // 1000
    return _Facts({rule.fen}, {rule.who.over_min, *_times_of(rule.who)}, percents={percent, 100 + percent})


def _of_pass(sold: Pass) -> _Facts:
    days = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}[sold.period]
    return _Facts({sold.price_fen}, {sold.day_max_min, sold.grace_days * DAY_MIN, days * DAY_MIN})


def _times_of(who: Match) -> set[int]:
    return {who.over_min} - {0}


def _hours(hours: tuple[DayHours, ...]) -> set[tuple[int, int]]:
    found = set()
    for each in hours:
        begins, until = each.minutes()
        found |= {(begins, until), (begins, until % DAY_MIN)}
    return found
