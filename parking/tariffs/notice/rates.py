"""Sentences about rates: rate periods and their tiers, crossing from one into another, classes of vehicles and caps."""

from collections.abc import Callable, Iterator, Sequence

from parking.tariffs.language.document import Band, Cap, ClassRule, Tariff, Tier
from parking.tariffs.notice.days import days, hours
from parking.tariffs.notice.vehicles import matching
from parking.texts import amounts, durations
from parking.texts.durations import length
from parking.texts.words import Words, listed


def bands(tariff: Tariff) -> Iterator[Words]:
    """Each rate period: when it applies and what it costs."""
    for band in tariff.bands:
        zh, en = ("其余时间", "all other times") if band.otherwise else hours(tariff, band.hours)
        price_zh, price_en = tiers(band.tiers, tariff)
        when_zh = "" if zh == band.name_zh else f"（{zh}）"
        when_en = "" if en == band.name_en.lower() else f" ({en})"
        yield (
            band.clause_zh or f"{band.name_zh}{when_zh}：{price_zh}。",
            band.clause_en or f"{band.name_en}{when_en}: {price_en}.",
        )


def tiers(steps: Sequence[Tier], tariff: Tariff) -> Words:
    """What a rate period costs: one price, or one after the other."""
    if not steps:
        return "免费", "free"
    if len(steps) == 1:
        return _price(steps[0], tariff)
    parts = []
    begins = 0
    for tier in steps:
        (zh, en), (price_zh, price_en) = _stretch(begins, tier), _price(tier, tariff)
        if tier.for_min is not None and tier.unit_min in (None, tier.for_min) and tier.unit_fen:
            # One unit fills the whole tier: "first hour ¥10", and not "per hour".
            price_zh, price_en = amounts.short(tier.unit_fen, tariff.currency)
        parts.append((f"{zh}{'' if price_zh[0] in '每免' else ' '}{price_zh}", f"{en} {price_en}"))
        begins += tier.for_min or 0
    return "，".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


def _stretch(begins: int, tier: Tier) -> Words:
    from_zh, from_en = length(begins)
    if tier.for_min is None:
        return f"{from_zh}后", f"after {from_en}"
    if not begins:
        zh, en = length(tier.for_min)
        return f"首 {zh}", f"first {en.removeprefix('1 ')}"
    to_zh, to_en = length(begins + tier.for_min)
    return f"{from_zh}至 {to_zh}", f"from {from_en} to {to_en}"


def _price(tier: Tier, tariff: Tariff) -> Words:
    if not tier.unit_fen:
        return "免费", "free"
    zh, en = amounts.short(tier.unit_fen, tariff.currency)
    if tier.unit_min is None:
        return f"每次 {zh}", f"{en} each time"
    each_zh, each_en = durations.per(tier.unit_min)
    return f"{each_zh} {zh}", f"{en} {each_en}"


def method(tariff: Tariff) -> Iterator[Words]:
    """How the units of a stay are counted."""
    metered = [band for band in tariff.bands if any(tier.unit_min and tier.unit_fen for tier in band.tiers)]
    yield from _alike(metered, _part_unit)
    yield from _midnight(tariff)
    yield from _alike([band for band in tariff.bands if _has_steps(band, tariff)], lambda band: _restart(band, tariff))
    yield from _crossing(tariff)


def _alike(bands: Sequence[Band], sentence: Callable[[Band], Words]) -> Iterator[Words]:
    """A sentence about rate periods: once if it is the same for all, else with the names of those it is about."""
    groups: dict[Words, list[Band]] = {}
    for band in bands:
        groups.setdefault(sentence(band), []).append(band)
    for (zh, en), group in groups.items():
        if len(groups) == 1:
            yield f"{zh}。", f"{en[0].upper()}{en[1:]}."
        else:
            names_zh, names_en = listed([(band.name_zh, band.name_en) for band in group])
            yield f"{names_zh}：{zh}。", f"{names_en}: {en}."


def _part_unit(band: Band) -> Words:
    if band.part_unit == "down":
        return "不足一个计时单位的部分不计费", "a part unit is not charged"
    by_minute = band.part_unit == "minutes"
    if band.tolerance_min:
        zh, en = length(band.tolerance_min)
        long_zh, long_en = (
            ("按实际分钟数折算", "by its minutes") if by_minute else ("按一个单位计费", "as a whole unit")
        )
        return (
            f"不足一个计时单位的部分，{zh}（含）以内不计费，超过的{long_zh}",
            f"a part unit of up to {en} is not charged, a longer one {long_en}",
        )
    if by_minute:
        return "不足一个计时单位的按实际分钟数折算", "a part unit is charged by its minutes"
    return "不足一个计时单位的按一个单位计费", "a part unit is charged as a whole one"


def _midnight(tariff: Tariff) -> Iterator[Words]:
    daily = [band for band in tariff.bands if band.daily and band.tiers]
    if not daily:
        return
    zh, en = "计时单位至每日零时截止，零时起重新起算", "units end at midnight and begin anew"
    if tariff.crossing.part_unit == "complete":
        zh, en = (
            "零时前已开始的计时单位计满后，重新起算",
            "a unit begun before midnight runs on, and the next begins after it",
        )
    names_zh, names_en = listed([(band.name_zh, band.name_en) for band in daily])
    if len(daily) == len([band for band in tariff.bands if band.tiers]):
        yield f"{zh}。", f"{en[0].upper()}{en[1:]}."
    else:
        yield f"{names_zh}：{zh}。", f"{names_en}: {en}."


def _has_steps(band: Band, tariff: Tariff) -> bool:
    """Whether it matters where the prices of a rate period begin; the only one there is lasts as long as the stay."""
    if len(tariff.bands) == 1 and (band.restart == "never" or (band.restart == "passage" and not band.daily)):
        return False
    return len(band.tiers) > 1 or any(not tier.unit_min for tier in band.tiers)


def _restart(band: Band, tariff: Tariff) -> Words:
    zh, en = length(tariff.cycle_hours * 60)
    restart_zh, restart_en = {
        "daily": (
            "每次进入时段及每日零时，其价格从头计起",
            "its prices begin again whenever a period is entered anew and at midnight",
        ),
        "passage": ("每次进入时段，其价格从头计起", "its prices begin again whenever a period is entered anew"),
        "day": ("每日零时起，其价格从头计起", "its prices begin again on each calendar day"),
        "cycle": (f"自入场起每 {zh}，其价格从头计起", f"its prices begin again every {en} from the entry"),
        "never": ("其价格在整次停放中连续计算", "its prices go on through the whole stay"),
    }["daily" if band.daily and band.restart == "passage" else band.restart]
    if band.progress == "stay":
        return f"{restart_zh}，在其他时段停放的时间也计入", f"{restart_en}, and time in other periods moves them on too"
    return restart_zh, restart_en


def _crossing(tariff: Tariff) -> Iterator[Words]:
    if len(tariff.bands) < 2:
        return
    if tariff.crossing.part_unit == "complete":
        yield (
            "跨时段停放的，已开始的计时单位在下一时段内计满，其价格按开始时的时段计。",
            "A unit begun before a period ends runs on into the next at its price.",
        )
    else:
        yield (
            "跨时段停放的，各时段分别计费后相加。",
            "A stay over several periods is charged for each of them, and the sum is paid.",
        )
    if tariff.crossing.short_under_min:
        zh, en = length(tariff.crossing.short_under_min)
        price_zh, price_en = _short_price(tariff)
        yield (
            f"跨收费时段且计费时间不足 {zh}的，全部按{price_zh}的标准收费。",
            f"Under {en} over several charged periods, all of it is charged by {price_en}.",
        )


def _short_price(tariff: Tariff) -> Words:
    price = tariff.crossing.short_price
    if price in ("first", "last"):
        return ("前一时段", "the first of them") if price == "first" else ("后一时段", "the last of them")
    band = next(band for band in tariff.bands if band.code == price)
    return f"“{band.name_zh}”", f'"{band.name_en}" if it is one of them'


def classes(tariff: Tariff) -> Iterator[Words]:
    """What classes of vehicles pay instead."""
    for rule in tariff.classes:
        parts = [*_shares(rule, tariff), *_own_prices(rule, tariff)]
        zh, en = "；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts)
        who_zh, who_en = matching(rule.who, rule.name_zh)
        yield (
            rule.clause_zh or f"{rule.name_zh}{who_zh}：{zh or '按上述标准收费'}。",
            rule.clause_en or f"{rule.name_en}{who_en}: {en or 'the prices above'}.",
        )


def _shares(rule: ClassRule, tariff: Tariff) -> Iterator[Words]:
    if rule.percent != 100:
        yield f"按上述单价的 {rule.percent}% 收费", f"{rule.percent}% of the prices above"
    if rule.add_fen:
        zh, en = amounts.short(rule.add_fen, tariff.currency)
        yield f"每个收费的计时单位加收 {zh}", f"{en} more for each unit that is charged"
    if rule.per_bay:
        yield "按占用的泊位数计费", "for each bay occupied"
    if tariff.caps and (rule.percent != 100 or rule.per_bay):
        scaled = ("封顶金额同比例调整", "caps likewise") if rule.caps_scale else ("封顶金额不变", "caps as they stand")
        yield scaled


def _own_prices(rule: ClassRule, tariff: Tariff) -> Iterator[Words]:
    for band in tariff.bands:
        if band.code in rule.prices:
            zh, en = tiers(rule.prices[band.code], tariff)
            yield f"{band.name_zh}：{zh}", f"{band.name_en}: {en}"
    for cap in tariff.caps:
        if cap.code in rule.caps:
            zh, en = amounts.short(rule.caps[cap.code], tariff.currency)
            yield f"{cap.name_zh}：{zh}", f"{cap.name_en}: {en}"


def caps(tariff: Tariff) -> Iterator[Words]:
    """The most that a period costs."""
    for cap in tariff.caps:
        period_zh, period_en = _period(cap, tariff)
        zh, en = amounts.short(cap.fen, tariff.currency)
        who_zh, who_en = matching(cap.who, cap.name_zh)
        more = [_AGAIN[cap.memory], *_only(cap, tariff)]
        more_zh, more_en = "".join(zh for zh, _ in more), "".join(en for _, en in more)
        yield (
            cap.clause_zh or f"{cap.name_zh}{who_zh}：{period_zh}最高 {zh}{more_zh}。",
            cap.clause_en or f"{cap.name_en}{who_en}: at most {en} {period_en}{more_en}.",
        )


def _only(cap: Cap, tariff: Tariff) -> Iterator[Words]:
    """On which days, for which visits and how often a cap applies."""
    if cap.days != "every_day":
        zh, en = days(tariff, cap.days)
        begun_zh, begun_en = _BEGUN.get(cap.per, ("开始的", "if it begins on"))
        yield f"，仅限{zh}{begun_zh}", f", {begun_en} {en}"
    if cap.entered:
        zh, en = hours(tariff, cap.entered)
        yield f"，限 {zh} 入场", f", for an entry {en}"
    if cap.left:
        zh, en = hours(tariff, cap.left)
        yield f"，限 {zh} 离场", f", for an exit {en}"
    if cap.times_max:
        times = "once" if cap.times_max == 1 else f"{cap.times_max} times"
        yield f"，每次停放最多适用 {cap.times_max} 次", f", {times} a stay at most"


_BEGUN: dict[str, Words] = {"stay": ("入场的", "for an entry on"), "day": ("", "on")}
_AGAIN: dict[str, Words] = {
    "none": ("", ""),
    "lot": ("，同一车辆在本停车场多次停放合并计算", ", for all visits of a vehicle to this car park together"),
    "operator": (
        "，同一车辆在本经营者各停车场多次停放合并计算",
        ", for all visits of a vehicle to the car parks of this operator together",
    ),
    "city": ("，同一车辆在全市多次停放合并计算", ", for all visits of a vehicle in the city together"),
}


def _period(cap: Cap, tariff: Tariff) -> Words:
    names = [(band.name_zh, band.name_en) for band in tariff.bands if band.code in cap.bands]
    bands_zh, bands_en = listed(names)
    if cap.per == "passage":
        return (
            f"每次连续停放在{bands_zh or '一个时段'}内",
            f"for the time spent in {bands_en or 'a period'} without leaving it",
        )
    zh, en = length(cap.hours * 60)
    if cap.per == "window":
        zh, en = hours(tariff, cap.windows)
    period_zh, period_en = {
        "stay": ("每次停放", "a stay"),
        "day": ("每个自然日", "a calendar day"),
        "cycle": (f"自入场起每 {zh}", f"every {en} from the entry"),
        "window": (f"每个 {zh} 时段", f"in each time of {en}"),
    }[cap.per]
    return (f"{period_zh}（{bands_zh}）", f"{period_en} ({bands_en})") if names else (period_zh, period_en)
