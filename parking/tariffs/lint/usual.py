"""Prices, units and times far outside what published texts show: such a one is meant, and has a reason, or is a slip.

USUAL is what the texts of seeds/tariffs show, by currency; tests/parking/tariffs/lint/test_usual.py reads it from them.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from parking.tariffs.engine.calendar import instant
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.price import calculate
from parking.tariffs.engine.quote import Visit
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Cap, Free, Tariff, Tier
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.findings import Finding, Kind
from parking.tariffs.lint.probes import Probes
from parking.tariffs.lint.vehicles import always, witness
from parking.texts import amounts, durations
from parking.texts.words import Words


class Usual(Struct, frozen=True):
    """The least and the most that the texts of a currency show, and how many texts there are.

    hourly: what a unit costs by the hour. flat: what is paid once. cap: amounts of caps. free: minutes. units: those
    that are rare elsewhere, in minutes.
    """

    texts: int
    hourly: tuple[int, int]
    flat: tuple[int, int] | None = None
    cap: tuple[int, int] | None = None
    free: tuple[int, int] | None = None
    units: tuple[int, ...] = ()


USUAL = {
    "CNY": Usual(30, (41, 3000), (250, 1500), (500, 6000), (10, 180)),
    "EUR": Usual(3, (75, 200), units=(12,)),
    "GBP": Usual(2, (290, 490), units=(6,)),
    "JPY": Usual(1, (120, 120), (130, 610)),
    "KRW": Usual(5, (600, 6000)),
    "NZD": Usual(2, (70, 200), (100, 2810), (700, 700), (15, 15)),
    "SGD": Usual(1, (20, 240), None, (65, 500), (10, 10)),
    "TWD": Usual(1, (2000, 3000), (2000, 2000), (2000, 2000)),
}
# How far beyond them is far, where there are many texts and where there are few.
_TEXTS_MANY = 10
_FAR_MANY, _FAR_FEW = 1.5, 5.0
_UNITS = (5, 10, 15, 20, 30)
_FREE_MIN, _QUOTA_MIN = 5, 15
# Of the price of the tier before, and of the same band for other vehicles.
_TIMES_DEARER = 5
_PERCENT = (50, 500)
# Taken off in percent; the seeds of the currencies named show more.
_OFF = (10, 50)
_OFF_BY_CURRENCY = {"KRW": (10, 80)}
_PASS_MIN = 8 * 60
_PASS_FROM = 9 * 60


def unusual(tariff: Compiled, probes: Probes) -> Iterator[Finding]:
    """A finding for each number that is far from usual, or that makes no sense beside its neighbours."""
    text = tariff.tariff
    usual = USUAL.get(text.currency)
    for path, tiers, by_minute, capped in _tiers(text):
        yield from _prices(text, usual, path, tiers, capped)
        yield from _units(usual, path, tiers, by_minute=by_minute or capped is not None)
    yield from _tolerances(text)
    yield from _frees(text, usual)
    yield from _percents(text)
    yield from _caps(text, usual)
    yield from _passes(tariff, probes)


def _tiers(text: Tariff) -> Iterator[tuple[str, tuple[Tier, ...], bool, int | None]]:
    """The tiers of bands and classes, whether their minutes are counted, and the least cap of a whole period."""
    for index, band in enumerate(text.bands):
        by_minute = band.part_unit == "minutes"
        capped = min((cap.fen for cap in text.caps if _is_for(cap, band.code) and cap.who == Match()), default=None)
        yield f"$.bands[{index}].tiers", band.tiers, by_minute, _at_once(band.tiers, capped)
        for at, rule in enumerate(text.classes):
            if band.code in rule.prices:
                tiers = rule.prices[band.code]
                yield f"$.classes[{at}].prices.{band.code}", tiers, by_minute, _at_once(tiers, capped)


def _is_for(cap: Cap, band: str) -> bool:
    return not cap.bands or band in cap.bands


def _at_once(tiers: Sequence[Tier], capped: int | None) -> int | None:
    """The cap, if the first unit reaches it: then it is a price that is paid once."""
    return capped if capped is not None and tiers and tiers[0].unit_fen == capped else None


def _prices(
    text: Tariff, usual: Usual | None, path: str, tiers: Sequence[Tier], capped: int | None
) -> Iterator[Finding]:
    before: float | None = None
    for at, tier in enumerate(tiers):
        if not tier.unit_fen:
            continue
        is_hourly = tier.unit_min is not None and capped is None
        price = tier.unit_fen * 60 / tier.unit_min if is_hourly and tier.unit_min else float(tier.unit_fen)
        known = (usual.hourly if is_hourly else usual.flat) if usual is not None else None
        if known is not None and usual is not None and _is_far(price, known, usual):
            zh, en = amounts.short(round(price), text.currency)
            per_zh, per_en = ("每小时", " an hour") if is_hourly else ("每次", " at once")
            yield _unusual(
                "unusual_price", f"{path}[{at}].unit_fen", (f"{per_zh} {zh}", f"{en}{per_en}"), _range(known, text)
            )
        elif is_hourly and before and not 1 / _TIMES_DEARER < price / before < _TIMES_DEARER:
            zh, en = amounts.short(round(price), text.currency)
            was_zh, was_en = amounts.short(round(before), text.currency)
            said = f"每小时 {zh}，而前一档每小时 {was_zh}", f"{en} an hour after {was_en} an hour"
            yield _unusual("unusual_price", f"{path}[{at}].unit_fen", said)
        before = price if is_hourly else before


def _units(usual: Usual | None, path: str, tiers: Sequence[Tier], *, by_minute: bool) -> Iterator[Finding]:
    for at, tier in enumerate(tiers):
        unit = tier.unit_min
        if unit is None or by_minute or unit == tier.for_min:
            continue
        if unit % 60 and unit not in (*_UNITS, *(usual.units if usual is not None else ())):
            yield _unusual("unusual_time", f"{path}[{at}].unit_min", _unit_of(unit))


def _unit_of(unit: int) -> Words:
    zh, en = durations.short(unit)
    return f"计费单位为 {zh}", f"a unit of {en}"


def _tolerances(text: Tariff) -> Iterator[Finding]:
    for index, band in enumerate(text.bands):
        units = [tier.unit_min for tier in band.tiers if tier.unit_min]
        if band.tolerance_min and units and band.tolerance_min >= min(units):
            zh, en = durations.short(band.tolerance_min)
            said = f"不计费的余数为 {zh}，不短于一个计费单位", f"a part unit of up to {en} free, which is a whole unit"
            yield _unusual("unusual_time", f"$.bands[{index}].tolerance_min", said)


def _frees(text: Tariff, usual: Usual | None) -> Iterator[Finding]:
    frees: list[tuple[str, Free]] = [("$.free", text.free)]
    frees += [(f"$.classes[{at}].free", rule.free) for at, rule in enumerate(text.classes) if rule.free is not None]
    longest = usual.free[1] if usual is not None and usual.free is not None else 180
    for path, free in frees:
        if free.minutes and not _FREE_MIN <= free.minutes <= longest * _FAR_MANY:
            zh, en = durations.short(free.minutes)
            yield _unusual("unusual_time", f"{path}.minutes", (f"免费时段为 {zh}", f"a free period of {en}"))
    for index, quota in enumerate(text.quotas):
        if not _QUOTA_MIN <= quota.minutes <= DAY_MIN:
            zh, en = durations.short(quota.minutes)
            said = f"免费额度为 {zh}", f"a quota of {en}"
            yield _unusual("unusual_time", f"$.quotas[{index}].minutes", said)


def _percents(text: Tariff) -> Iterator[Finding]:
    for index, rule in enumerate(text.classes):
        if not _PERCENT[0] <= rule.percent <= _PERCENT[1]:
            said = f"按 {rule.percent}% 计费（200 为两倍）", f"{rule.percent} % of the price (200 is twice)"
            yield _unusual("unusual_percent", f"$.classes[{index}].percent", said)
        for code, tiers in rule.prices.items():
            yield from _beside(text, f"$.classes[{index}].prices.{code}", code, tiers)
    least, most = _OFF_BY_CURRENCY.get(text.currency, _OFF)
    for index, discount in enumerate(text.discounts):
        if discount.kind == "percent" and not least <= discount.percent <= most:
            left = 100 - discount.percent
            said = (
                f"减免 {discount.percent}%，即付 {left}%（八折应写 20）",
                f"{discount.percent} % off, which leaves {left} %",
            )
            yield _unusual("unusual_percent", f"$.discounts[{index}].percent", said)


def _beside(text: Tariff, path: str, code: str, tiers: Sequence[Tier]) -> Iterator[Finding]:
    """A class's own first price, far from that of the others for the same unit."""
    others = next(band.tiers for band in text.bands if band.code == code)
    if not (tiers and others and tiers[0].unit_fen and others[0].unit_fen and tiers[0].unit_min == others[0].unit_min):
        return
    percent = 100 * tiers[0].unit_fen // others[0].unit_fen
    if not 100 // _TIMES_DEARER < percent < 100 * _TIMES_DEARER:
        yield _unusual("unusual_percent", path, (f"为其他车辆价格的 {percent}%", f"{percent} % of the price of others"))


def _caps(text: Tariff, usual: Usual | None) -> Iterator[Finding]:
    for index, cap in enumerate(text.caps):
        if not cap.fen:
            continue
        path, (zh, en) = f"$.caps[{index}].fen", amounts.short(cap.fen, text.currency)
        prices = [_of_an_hour(tier) for band in text.bands if _is_for(cap, band.code) for tier in band.tiers]
        least = min([price for price in prices if price], default=0)
        if cap.fen < least and cap.who == Match() and not cap.first_min:
            unit_zh, unit_en = amounts.short(least, text.currency)
            said = (
                f"封顶 {zh}，低于停放一小时的 {unit_zh}",
                f"a cap of {en}, which is less than the {unit_en} of an hour or a unit",
            )
            yield _unusual("unusual_price", path, said)
        elif usual is not None and usual.cap is not None and cap.who == Match() and _is_far(cap.fen, usual.cap, usual):
            yield _unusual("unusual_price", path, (f"封顶 {zh}", f"a cap of {en}"), _range(usual.cap, text))


def _of_an_hour(tier: Tier) -> int:
    """What an hour costs, or a unit that is longer; of units that are shorter than usual, one."""
    is_usual = tier.unit_min is not None and tier.unit_min >= min(_UNITS)
    return tier.unit_fen * max(1, 60 // tier.unit_min) if is_usual and tier.unit_min else tier.unit_fen


def _passes(tariff: Compiled, probes: Probes) -> Iterator[Finding]:
    """Passes for weeks and longer that cost less than eight hours of one day."""
    text = tariff.tariff
    entry = tariff.calendar.instants(probes.days[0], [_PASS_FROM])[0]
    for index, sold in enumerate(text.passes):
        vehicle = witness((sold.who,), always(each.who for each in text.exempt))
        if vehicle is None or sold.period == "day":
            continue
        visit = Visit(instant(entry), instant(entry + _PASS_MIN * 60), vehicle)
        fee = calculate(tariff, visit).fee_fen
        if sold.price_fen < fee:
            zh, en = amounts.short(sold.price_fen, text.currency)
            day_zh, day_en = amounts.short(fee, text.currency)
            said = (
                f"“{sold.name_zh}”售价 {zh}，低于停放 8 小时的 {day_zh}",
                f"a pass for {en}, less than the {day_en} of 8 hours",
            )
            yield _unusual("unusual_price", f"$.passes[{index}].price_fen", said)


def _is_far(value: float, known: tuple[int, int], usual: Usual) -> bool:
    far = _FAR_MANY if usual.texts >= _TEXTS_MANY else _FAR_FEW
    return not known[0] / far <= value <= known[1] * far


def _range(known: tuple[int, int], text: Tariff) -> Words:
    (least_zh, least_en), (most_zh, most_en) = (amounts.short(fen, text.currency) for fen in known)
    return f"；已知文本为 {least_zh} 至 {most_zh}", f"; known texts have {least_en} to {most_en}"


def _unusual(kind: Kind, path: str, said: Words, known: Words = ("", "")) -> Finding:
    return Finding(
        kind,
        "warning",
        path,
        f"{said[0]}，不同寻常{known[0]}；请核对金额（以分为单位）和时长（以分钟为单位），确属如此的请说明理由。",
        f"This is {said[1]}, which is unusual{known[1]}. Check the amount (in minor units) and the time (in minutes); "
        "if it is meant, say why.",
    )
