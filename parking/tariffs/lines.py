"""The explanation of a fee: one line for everything that made it what it is, in Chinese and English."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from parking.tariffs.compiled import Compiled
from parking.tariffs.covering import Cover
from parking.tariffs.document import Discount, Pass, Quota, Tariff
from parking.tariffs.hours import DAY_S, clock, clock_with_date, instant
from parking.tariffs.metering import Units
from parking.tariffs.sums import Step, Sum
from parking.tariffs.visits import FeeLine, LineKind
from parking.tariffs.words import amount_en, amount_zh

# A longer bill is explained price by price and not day by day: a receipt of a thousand lines is none.
LINES_MAX = 24
_WORDS_MAX = 4096
_NO_CLAUSE = ("", "")
_NOTHING = ("不足 1 分钟，免费", "Under a minute: free")
_PARTS: dict[str, Callable[[Tariff], Sequence[Quota | Pass | Discount]]] = {
    "quotas": lambda text: text.quotas,
    "passes": lambda text: text.passes,
    "discounts": lambda text: text.discounts,
}
_COVERS: dict[str, LineKind] = {
    "free": "free",
    "quotas": "quota",
    "passes": "pass",
    "charging": "charging",
    "discounts": "discount",
}


class _Amount:
    """A discount that pays the first units, and what it has left."""

    def __init__(self, discount: Discount) -> None:
        self.discount = discount
        self.left = discount.fen


class _Bill:
    """The lines as they are written down, with the running sum."""

    def __init__(self, clauses: dict[str, tuple[str, str]]) -> None:
        self.lines: list[FeeLine] = []
        self._running = 0
        self._clauses = clauses

    def add(
        self,
        kind: LineKind,
        starts: int,
        ends: int,
        units: int,
        unit_fen: int,
        amount_fen: int,
        rule: str,
        text: tuple[str, str],
        label: tuple[str, str] | None = None,
    ) -> None:
        self._running += amount_fen
        running, (zh, en) = self._running, text
        label_zh, label_en = label or text
        self.lines.append(
            FeeLine(
                kind,
                instant(starts),
                instant(ends),
                units,
                unit_fen,
                amount_fen,
                running,
                rule,
                zh,
                en,
                label_zh,
                label_en,
                *self._clauses.get(rule, _NO_CLAUSE),
            )
        )


def explain(tariff: Compiled, found: Sum) -> list[FeeLine]:
    """The lines of a computed visit, in order of time, then the last steps."""
    bill = _Bill(tariff.clauses)
    amounts = [_Amount(one) for one in found.amounts]
    if len(found.units) + len(found.covers) > LINES_MAX:
        for covers in _alike(found.covers):
            _cover(tariff, bill, covers, found)
        _by_price(tariff, bill, found, amounts)
    else:
        shown = clock_with_date if found.ends - found.starts >= DAY_S else clock
        covers = list(found.covers)
        for units in found.units:
            while covers and covers[0].starts <= units.starts:
                _cover(tariff, bill, [covers.pop(0)], found)
            _units(tariff, bill, units, found, shown)
            _off(bill, units.starts, units.ends, units.paid_off, amounts)
            if units.held is not None:
                held = units.held
                _cap(tariff, bill, units.starts, units.ends, held.cap, held.cap_fen, 1, held.taken_fen)
        for cover in covers:
            _cover(tariff, bill, [cover], found)
    for step in found.steps:
        _step(tariff, bill, found, step)
    if not bill.lines:
        _no_price(tariff, bill, found)
    return bill.lines


def _units(tariff: Compiled, bill: _Bill, units: Units, found: Sum, shown: Callable[[int, ZoneInfo], str]) -> None:
    band = tariff.tariff.bands[units.band]
    sum_zh, sum_en, label = _counted(tariff, units, found.of_class)
    times = f" {shown(units.starts, tariff.zone)}–{shown(units.ends, tariff.zone)}"
    text = (f"{band.name_zh}{times}{sum_zh}", f"{band.name_en}{times}{sum_en}")
    if found.crossed:
        under = tariff.tariff.crossing.short_under_min
        note_zh = f"；跨收费时段且不足 {under} 分钟，按一个时段计"
        note_en = f"; in several charged periods for under {under} min, priced by one of them"
        text = (text[0] + note_zh, text[1] + note_en)
    rule, count, unit_fen = tariff.rule_of(units.band, found.of_class), units.units, units.unit_fen
    bill.add("units", units.starts, units.ends, count, unit_fen, count * unit_fen, rule, text, label)


def _counted(tariff: Compiled, units: Units, of_class: int) -> tuple[str, str, tuple[str, str]]:
    """How many units at what price, alone and behind the band's name, in both languages."""
    key = (units.band, units.units, units.unit_s, units.unit_fen, units.pays, of_class)
    found = tariff.words.get(key)
    if found is None:
        if len(tariff.words) >= _WORDS_MAX:
            tariff.words.clear()
        band = tariff.tariff.bands[units.band]
        price_zh, price_en = _price(tariff, units, of_class)
        zh, en = f"，{units.units}×{price_zh}", f", {units.units} × {price_en}"
        if not units.units:
            zh, en = f"，不足一个计费单位，不计费（{price_zh}）", f", a part unit that is not charged ({price_en})"
        found = tariff.words[key] = (zh, en, (band.name_zh + zh, band.name_en + en))
    return found


def _price(tariff: Compiled, units: Units, of_class: int) -> tuple[str, str]:
    currency = tariff.tariff.currency
    rule = tariff.tariff.classes[of_class] if of_class >= 0 else None
    class_zh, class_en = (f"{rule.name_zh}，", f"{rule.name_en}, ") if rule else ("", "")
    if units.pays != 100:
        class_zh, class_en = f"{class_zh}按 {units.pays}% 计，", f"{class_en}at {units.pays} %, "
    unit_zh, unit_en = "每次", "each time"
    if units.unit_s:
        unit_zh, unit_en = f"每 {units.unit_s // 60} 分钟", f"per {units.unit_s // 60} min"
    return (
        f"{amount_zh(units.unit_fen, currency)}（{class_zh}{unit_zh}）",
        f"{amount_en(units.unit_fen, currency)} ({class_en}{unit_en})",
    )


def _by_price(tariff: Compiled, bill: _Bill, found: Sum, amounts: list[_Amount]) -> None:
    """One line a price instead of one a passage, and one for all that a cap takes off."""
    alike: dict[tuple[int, int, int, int], list[Units]] = {}
    held: dict[int, list[Units]] = {}
    for units in found.units:
        alike.setdefault((units.band, units.unit_s, units.unit_fen, units.pays), []).append(units)
        if units.held is not None:
            held.setdefault(units.held.cap, []).append(units)
    for (place, _, unit_fen, _), group in alike.items():
        band = tariff.tariff.bands[place]
        price_zh, price_en = _price(tariff, group[0], found.of_class)
        count = sum([units.units for units in group])
        text_zh = f"{band.name_zh} 共 {len(group)} 段，{count}×{price_zh}"
        times_en = "once" if len(group) == 1 else f"{len(group)} times in all"
        text_en = f"{band.name_en}, {times_en}, {count} × {price_en}"
        starts, ends = group[0].starts, group[-1].ends
        rule = tariff.rule_of(place, found.of_class)
        bill.add("units", starts, ends, count, unit_fen, count * unit_fen, rule, (text_zh, text_en))
    _off(bill, found.starts, found.ends, sum([units.paid_off for units in found.units]), amounts)
    for cap, group in held.items():
        taken = sum([units.held.taken_fen for units in group if units.held])
        cap_fen = group[0].held.cap_fen if group[0].held else 0
        _cap(tariff, bill, group[0].starts, group[-1].ends, cap, cap_fen, len(group), taken)


def _off(bill: _Bill, starts: int, ends: int, paid_off: int, amounts: list[_Amount]) -> None:
    """What amounts paid of units; the first of them is used up before the next."""
    for amount in amounts:
        discount, taken = amount.discount, min(paid_off, amount.left)
        if taken:
            amount.left -= taken
            paid_off -= taken
            text = (discount.name_zh, discount.name_en)
            bill.add("discount", starts, ends, 1, discount.fen, -taken, f"discounts.{discount.code}", text)


def _cap(
    tariff: Compiled, bill: _Bill, starts: int, ends: int, place: int, cap_fen: int, times: int, taken_fen: int
) -> None:
    cap = tariff.tariff.caps[place]
    currency = tariff.tariff.currency
    again_zh, again_en = (f"，{times} 次", f", {times} times") if times > 1 else ("", "")
    text_zh = f"{cap.name_zh}：最高 {amount_zh(cap_fen, currency)}{again_zh}"
    text_en = f"{cap.name_en}: at most {amount_en(cap_fen, currency)}{again_en}"
    bill.add("cap", starts, ends, times, cap_fen, -taken_fen, f"caps.{cap.code}", (text_zh, text_en))


def _alike(covers: Sequence[Cover]) -> list[list[Cover]]:
    """Covers by the rule they are of."""
    found: dict[str, list[Cover]] = {}
    for cover in covers:
        found.setdefault(cover.rule, []).append(cover)
    return list(found.values())


def _cover(tariff: Compiled, bill: _Bill, covers: Sequence[Cover], found: Sum) -> None:
    """A line for what one rule covers."""
    rule = covers[0].rule
    part, _, code = rule.partition(".")
    minutes = -(-sum([cover.ends - cover.starts for cover in covers]) // 60)
    text = _covered(tariff, part, code, minutes, found)
    if rule == "free" and found.of_class >= 0 and tariff.tariff.classes[found.of_class].free is not None:
        rule = f"classes.{tariff.tariff.classes[found.of_class].code}.free"
    bill.add(_COVERS[part], covers[0].starts, covers[-1].ends, minutes, 0, 0, rule, text)


def _covered(tariff: Compiled, part: str, code: str, minutes: int, found: Sum) -> tuple[str, str]:
    text = tariff.tariff
    if part == "free":
        free = tariff.table(found.of_class, 1).free
        within_zh, within_en = ("（含）", ", inclusive") if free.inclusive else ("（不含）", ", exclusive")
        if minutes * 60 < found.ends - found.starts:
            return f"免费 {minutes} 分钟", f"{minutes} min free"
        return f"{free.minutes} 分钟以内{within_zh}免费", f"Free up to {free.minutes} min{within_en}"
    if part == "charging":
        return f"充电期间 {minutes} 分钟免费停放", f"{minutes} min free while charging"
    rule = next(one for one in _PARTS[part](text) if one.code == code)
    pays = rule.pays_percent if isinstance(rule, Quota) else 0
    if pays:
        return f"{rule.name_zh}：{minutes} 分钟按 {pays}% 计费", f"{rule.name_en}: {minutes} min at {pays} %"
    return f"{rule.name_zh}：{minutes} 分钟不计费", f"{rule.name_en}: {minutes} min not charged"


def _step(tariff: Compiled, bill: _Bill, found: Sum, step: Step) -> None:
    text = tariff.tariff
    currency = text.currency
    zh = en = ""
    if step.kind == "exempt":
        exempt = text.exempt[int(step.rule.removeprefix("exempt[").removesuffix("]"))]
        zh, en = f"{exempt.name_zh}：免收停车费", f"{exempt.name_en}: exempt"
    elif step.kind == "discount":
        discount = next(one for one in text.discounts if f"discounts.{one.code}" == step.rule)
        zh, en = discount.name_zh, discount.name_en
    elif step.kind == "minimum":
        zh, en = f"最低收费 {amount_zh(step.unit_fen, currency)}", f"At least {amount_en(step.unit_fen, currency)}"
    elif step.kind == "rounding":
        zh = f"取整到 {amount_zh(step.unit_fen, currency)}"
        en = f"Rounded to a multiple of {amount_en(step.unit_fen, currency)}"
    else:
        zh = f"充电后超时占位，{step.units}×{amount_zh(step.unit_fen, currency)}"
        en = f"Staying on after charging, {step.units} × {amount_en(step.unit_fen, currency)}"
    bill.add(
        step.kind,
        step.starts or found.starts,
        found.ends,
        step.units,
        step.unit_fen,
        step.amount_fen,
        step.rule,
        (zh, en),
    )


def _no_price(tariff: Compiled, bill: _Bill, found: Sum) -> None:
    """Nothing was charged and nothing granted: a stay of nothing, or one in hours that are free."""
    rule, (zh, en) = "seconds", _NOTHING
    if found.starts < found.ends:
        band = tariff.tariff.bands[tariff.timeline.passages(found.starts, found.ends)[0][0]]
        rule, zh, en = f"bands.{band.code}", f"{band.name_zh}：免费", f"{band.name_en}: free"
    minutes = (found.ends - found.starts) // 60
    bill.add("free", found.starts, found.ends, minutes, 0, 0, rule, (zh, en))
