"""The lines of a fee, in Chinese and English: each run of units, each reduction, each cap and final step."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias

from parking.tariffs.engine.calculation import Calculation, FinalStep
from parking.tariffs.engine.calendar import DAY_S, instant
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.exemptions import ReducedTime
from parking.tariffs.engine.metering import Units
from parking.tariffs.engine.quote import FeeLine, LineKind
from parking.tariffs.language.document import Band, Discount, Pass, Quota, Surcharge, Tariff
from parking.texts import amounts, times
from parking.texts.durations import in_minutes
from parking.texts.words import Words

# A longer bill has a line for each price and not for each segment: a receipt of a thousand lines is of no use.
LINES_MAX = 24
_COUNTS_CACHED_MAX = 4096
_NONE: Words = ("", "")
# The place of the rule, then text, label and published text, each in Chinese and English.
_Texts: TypeAlias = tuple[str, str, str, str, str, str, str]
_PARTS: dict[str, Callable[[Tariff], Sequence[Quota | Pass | Discount]]] = {
    "quotas": lambda text: text.quotas,
    "passes": lambda text: text.passes,
    "discounts": lambda text: text.discounts,
}
_KINDS: dict[str, LineKind] = {
    "free": "free",
    "quotas": "quota",
    "passes": "pass",
    "charging": "charging",
    "booking": "booked",
    "paused": "paused",
    "discounts": "discount",
}


class _Amount:
    """A discount that pays the first units, and what is left of it."""

    def __init__(self, discount: Discount) -> None:
        self.discount = discount
        self.left = discount.fen


def itemise(tariff: Compiled, calculation: Calculation) -> list[FeeLine]:
    """The lines of a computed visit, in order of time, then the final steps."""
    bill = _Bill(tariff, calculation)
    if len(calculation.units) + len(calculation.reduced) > LINES_MAX:
        bill.add_reduced_by_rule()
        bill.add_units_by_price()
    else:
        bill.add_by_time()
    for step in calculation.steps:
        bill.add_step(step)
    if not bill.lines:
        bill.add_nothing_charged()
    return bill.lines


class _Bill:
    """The bill of a computed visit: the lines written so far, and their sum."""

    def __init__(self, tariff: Compiled, calculation: Calculation) -> None:
        text = tariff.tariff
        self.lines: list[FeeLine] = []
        self._running = 0
        self._tariff = tariff
        self._text = text
        self._calculation = calculation
        self._class = text.classes[calculation.of_class] if calculation.of_class >= 0 else None
        self._class_names = _NONE if self._class is None else (self._class.name_zh, self._class.name_en)
        self._amounts = [_Amount(discount) for discount in calculation.amounts]

    def _add(
        self, kind: LineKind, starts: int, ends: int, units: int, unit_fen: int, amount_fen: int, texts: _Texts
    ) -> None:
        self._running += amount_fen
        line = FeeLine(kind, instant(starts), instant(ends), units, unit_fen, amount_fen, self._running, *texts)
        self.lines.append(line)

    def add_by_time(self) -> None:
        """Lines for reduced time, units and caps, as they follow each other."""
        calculation = self._calculation
        shown = times.month_day_and_clock if calculation.ends - calculation.starts >= DAY_S else times.clock
        reduced = list(calculation.reduced)
        for units in calculation.units:
            while reduced and reduced[0].starts <= units.starts:
                self._add_reduced([reduced.pop(0)])
            self._add_units(units, shown)
            if units.discounted_fen:
                self._add_amounts(units.starts, units.ends, units.discounted_fen)
            if units.capped is not None:
                capped = units.capped
                self._add_cap(units.starts, units.ends, capped.cap, capped.cap_fen, 1, capped.taken_fen)
        for time in reduced:
            self._add_reduced([time])

    def add_reduced_by_rule(self) -> None:
        """A line for each rule that makes time free or cheaper."""
        by_rule: dict[str, list[ReducedTime]] = {}
        for time in self._calculation.reduced:
            by_rule.setdefault(time.rule, []).append(time)
        for alike in by_rule.values():
            self._add_reduced(alike)

    def add_units_by_price(self) -> None:
        """A line for each price instead of one for each segment, and one for all that a cap takes off."""
        calculation = self._calculation
        alike: dict[tuple[int, int, int, int], list[Units]] = {}
        capped: dict[int, list[Units]] = {}
        for units in calculation.units:
            alike.setdefault((units.band, units.unit_s, units.unit_fen, units.pays), []).append(units)
            if units.capped is not None:
                capped.setdefault(units.capped.cap, []).append(units)
        for group in alike.values():
            self._add_alike(group)
        discounted_fen = sum([units.discounted_fen for units in calculation.units])
        self._add_amounts(calculation.starts, calculation.ends, discounted_fen)
        for cap, group in capped.items():
            taken_fen = sum([units.capped.taken_fen for units in group if units.capped])
            cap_fen = group[0].capped.cap_fen if group[0].capped else 0
            self._add_cap(group[0].starts, group[-1].ends, cap, cap_fen, len(group), taken_fen)

    def _add_units(self, units: Units, shown: Callable[[datetime], str]) -> None:
        band, zone = self._text.bands[units.band], self._tariff.time_zone
        name_zh, name_en, count, unit_fen = band.name_zh, band.name_en, units.units, units.unit_fen
        zh, en = _count(count, units.unit_s, unit_fen, units.pays, self._class_names, self._text.currency)
        begins, until = datetime.fromtimestamp(units.starts, zone), datetime.fromtimestamp(units.ends, zone)
        period = f" {shown(begins)}–{shown(until)}"
        text_zh, text_en = f"{name_zh}{period}{zh}", f"{name_en}{period}{en}"
        if self._calculation.is_short_crossing:
            under_zh, under_en = in_minutes(self._text.crossing.short_under_min)
            text_zh += f"；跨收费时段且不足 {under_zh}，按一个时段计"
            text_en += f"; in several charged periods for under {under_en}, priced by one of them"
        rule, clause_zh, clause_en = self._price_of(band)
        texts = (rule, text_zh, text_en, name_zh + zh, name_en + en, clause_zh, clause_en)
        self._add("units", units.starts, units.ends, count, unit_fen, count * unit_fen, texts)

    def _add_alike(self, group: Sequence[Units]) -> None:
        """A line for all units of one price."""
        first, band = group[0], self._text.bands[group[0].band]
        price_zh, price_en = _price(first.unit_s, first.unit_fen, first.pays, self._class_names, self._text.currency)
        count = sum([units.units for units in group])
        times_en = "once" if len(group) == 1 else f"{len(group)} times in all"
        zh = f"{band.name_zh} 共 {len(group)} 段，{count}×{price_zh}"
        en = f"{band.name_en}, {times_en}, {count} × {price_en}"
        rule, clause_zh, clause_en = self._price_of(band)
        texts = _texts(rule, zh, en, clause_zh, clause_en)
        self._add("units", first.starts, group[-1].ends, count, first.unit_fen, count * first.unit_fen, texts)

    def _price_of(self, band: Band) -> tuple[str, str, str]:
        """The place and the published text of the prices that the vehicle's class pays in a rate period."""
        rule = self._class
        if rule is not None and band.code in rule.prices:
            return f"classes.{rule.code}.prices.{band.code}", rule.clause_zh, rule.clause_en
        return f"bands.{band.code}", band.clause_zh, band.clause_en

    def _add_amounts(self, starts: int, ends: int, discounted_fen: int) -> None:
        """What discounts paid of units; the first of them is used up before the next."""
        for amount in self._amounts:
            discount, taken = amount.discount, min(discounted_fen, amount.left)
            if taken:
                amount.left -= taken
                discounted_fen -= taken
                self._add("discount", starts, ends, 1, discount.fen, -taken, _of_discount(discount))

    def _add_cap(self, starts: int, ends: int, place: int, cap_fen: int, count: int, taken_fen: int) -> None:
        cap = self._text.caps[place]
        zh, en = amounts.full(cap_fen, self._text.currency)
        again_zh, again_en = (f"，{count} 次", f", {count} times") if count > 1 else _NONE
        zh, en = f"{cap.name_zh}：最高 {zh}{again_zh}", f"{cap.name_en}: at most {en}{again_en}"
        texts = _texts(f"caps.{cap.code}", zh, en, cap.clause_zh, cap.clause_en)
        self._add("cap", starts, ends, count, cap_fen, -taken_fen, texts)

    def _add_reduced(self, reduced: Sequence[ReducedTime]) -> None:
        """A line for the time that one rule makes free or cheaper."""
        minutes = -(-sum([time.ends - time.starts for time in reduced]) // 60)
        part, _, code = reduced[0].rule.partition(".")
        if part == "free":
            texts = self._free(minutes)
        elif part == "charging":
            zh, en = in_minutes(minutes)
            texts = _texts(part, f"充电期间 {zh}免费停放", f"{en} free while charging")
        elif part == "booking":
            zh, en = in_minutes(minutes)
            texts = _texts(part, f"预约时段 {zh}，不另计费", f"{en} booked, not charged again")
        elif part == "paused":
            zh, en = in_minutes(minutes)
            texts = _texts(part, f"停放于场内停车场或已驶离 {zh}，不计时", f"{en} in a lot inside or gone, not counted")
        else:
            granted = next(each for each in _PARTS[part](self._text) if each.code == code)
            texts = _texts(reduced[0].rule, *_granted(granted, minutes), granted.clause_zh, granted.clause_en)
        self._add(_KINDS[part], reduced[0].starts, reduced[-1].ends, minutes, 0, 0, texts)

    def _free(self, minutes: int) -> _Texts:
        rule, free = "free", self._text.free
        if self._class is not None and self._class.free is not None:
            rule, free = f"classes.{self._class.code}.free", self._class.free
        within_zh, within_en = ("（含）", ", inclusive") if free.inclusive else ("（不含）", ", exclusive")
        zh, en = in_minutes(free.minutes)
        zh, en = f"{zh}以内{within_zh}免费", f"Free up to {en}{within_en}"
        calculation = self._calculation
        if not calculation.is_free and minutes * 60 < calculation.ends - calculation.starts:
            zh, en = in_minutes(minutes)
            zh, en = f"免费 {zh}", f"{en} free"
        return _texts(rule, zh, en, free.clause_zh, free.clause_en)

    def add_step(self, step: FinalStep) -> None:
        """A line for a final step, or for an exemption."""
        _, _, code = step.rule.partition(".")
        if step.kind == "discount":
            texts = _of_discount(next(each for each in self._text.discounts if each.code == code))
        elif step.kind == "surcharge":
            rule = next(each for each in self._text.surcharges if each.code == code)
            zh, en = _surcharge(rule, step.units, self._text.currency)
            texts = _texts(step.rule, zh, en, rule.clause_zh, rule.clause_en)
        else:
            texts = _texts(step.rule, *_step(self._text, step))
        starts, ends = step.starts or self._calculation.starts, self._calculation.ends
        self._add(step.kind, starts, ends, step.units, step.unit_fen, step.amount_fen, texts)

    def add_nothing_charged(self) -> None:
        """The line of an empty stay, or of one in hours that are free."""
        starts, ends = self._calculation.starts, self._calculation.ends
        texts = _texts("seconds", "不足 1 分钟，免费", "Under a minute: free")
        if starts < ends:
            band = self._text.bands[self._tariff.timeline.segments(starts, ends)[0][0]]
            zh, en = f"{band.name_zh}：免费", f"{band.name_en}: free"
            texts = _texts(f"bands.{band.code}", zh, en, band.clause_zh, band.clause_en)
        self._add("free", starts, ends, (ends - starts) // 60, 0, 0, texts)


def _texts(rule: str, zh: str, en: str, clause_zh: str = "", clause_en: str = "") -> _Texts:
    """The texts of a line whose label is its whole text."""
    return rule, zh, en, zh, en, clause_zh, clause_en


def _of_discount(discount: Discount) -> _Texts:
    rule = f"discounts.{discount.code}"
    return _texts(rule, discount.name_zh, discount.name_en, discount.clause_zh, discount.clause_en)


@lru_cache(_COUNTS_CACHED_MAX)
def _count(count: int, unit_s: int, unit_fen: int, pays: int, class_names: Words, currency: str) -> Words:
    """How many units at what price, as it follows the name of a rate period."""
    zh, en = _price(unit_s, unit_fen, pays, class_names, currency)
    if not count:
        return f"，不足一个计费单位，不计费（{zh}）", f", a part unit that is not charged ({en})"
    return f"，{count}×{zh}", f", {count} × {en}"


def _price(unit_s: int, unit_fen: int, pays: int, class_names: Words, currency: str) -> Words:
    zh, en = (f"{class_names[0]}，", f"{class_names[1]}, ") if class_names != _NONE else _NONE
    if pays != 100:
        zh, en = f"{zh}按 {pays}% 计，", f"{en}at {pays} %, "
    per_zh, per_en = "每次", "each time"
    if unit_s:
        unit_zh, unit_en = in_minutes(unit_s // 60)
        per_zh, per_en = f"每 {unit_zh}", f"per {unit_en}"
    amount_zh, amount_en = amounts.full(unit_fen, currency)
    return f"{amount_zh}（{zh}{per_zh}）", f"{amount_en} ({en}{per_en})"


def _granted(rule: Quota | Pass | Discount, minutes: int) -> Words:
    pays = rule.pays_percent if isinstance(rule, Quota) else 0
    zh, en = in_minutes(minutes)
    if pays:
        return f"{rule.name_zh}：{zh}按 {pays}% 计费", f"{rule.name_en}: {en} at {pays} %"
    return f"{rule.name_zh}：{zh}不计费", f"{rule.name_en}: {en} not charged"


def _surcharge(rule: Surcharge, count: int, currency: str) -> Words:
    if rule.percent_milli:
        share = amounts.percent(rule.percent_milli)
        return f"{rule.name_zh}：停车费的 {share}", f"{rule.name_en}: {share} of the fee"
    if rule.per_bay:
        zh, en = amounts.full(rule.fen, currency)
        return f"{rule.name_zh}：{count}×{zh}", f"{rule.name_en}: {count} × {en}"
    return rule.name_zh, rule.name_en


def _step(text: Tariff, step: FinalStep) -> Words:
    if step.kind == "exempt":
        exempt = text.exempt[int(step.rule.removeprefix("exempt[").removesuffix("]"))]
        return f"{exempt.name_zh}：免收停车费", f"{exempt.name_en}: exempt"
    zh, en = amounts.full(step.unit_fen, text.currency)
    if step.kind == "minimum":
        return f"最低收费 {zh}", f"At least {en}"
    if step.kind == "rejoined":
        return f"续计：此前已收 {zh}", f"Counted on from the visit before: {en} paid already"
    if step.kind == "stay_max":
        most_zh, most_en = in_minutes(step.units)
        return f"超过最长停放时间 {most_zh}", f"Longer than the longest stay of {most_en}"
    if step.kind == "rounding":
        return f"取整到 {zh}", f"Rounded to a multiple of {en}"
    return f"充电后超时占位，{step.units}×{zh}", f"Staying on after charging, {step.units} × {en}"
