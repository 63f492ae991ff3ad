"""Sentences about rates: rate periods and their tiers, and how units are counted where one period follows another."""

from collections.abc import Callable, Iterator, Sequence

from parking.tariffs.language.conditions import minute_of_day
from parking.tariffs.language.document import Band, Tariff, Tier
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.notice.days import day, day_start, hours
from parking.texts import amounts, durations
from parking.texts.durations import length
from parking.texts.words import Words, listed


def bands(tariff: Tariff) -> Iterator[Words]:
    """Each rate period: when it applies and what it costs."""
    for band in tariff.bands:
        zh, en = ("其余时间", "all other times") if band.otherwise else hours(tariff, band.hours)
        price_zh, price_en = tiers(band.tiers, tariff)
        lead_zh = band.name_zh if zh == band.name_zh else f"{band.name_zh}（{zh}）"
        lead_en = band.name_en if en == band.name_en.lower() else f"{band.name_en} ({en})"
        # A name that says that it is free is not followed by the same word.
        if price_zh in band.name_zh and not band.tiers:
            lead_zh, price_zh = band.name_zh, zh
        if price_en in band.name_en.lower() and not band.tiers:
            lead_en, price_en = band.name_en, en
        yield (
            band.clause_zh or f"{lead_zh}：{price_zh}。",
            band.clause_en or f"{lead_en}: {price_en}.",
        )


def tiers(steps: Sequence[Tier], tariff: Tariff) -> Words:
    """What a rate period costs: one price, or one after the other."""
    if not steps:
        return "免费", "free"
    if len(steps) == 1:
        return _price(steps[0], tariff)
    parts = []
    begins = 0
    costs = False
    for tier in steps:
        (zh, en), (price_zh, price_en) = _stretch(begins, tier), _price(tier, tariff)
        if tier.unit_fen and tier.unit_min in (None, tier.for_min):
            price_zh, price_en = _step(tier, tariff, rises=costs)
        parts.append((f"{zh}{'' if price_zh[0] in '每免再共一' else ' '}{price_zh}", f"{en} {price_en}"))
        begins += tier.for_min or 0
        costs = costs or bool(tier.unit_fen)
    return "，".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


def _stretch(begins: int, tier: Tier) -> Words:
    from_zh, from_en = length(begins)
    if tier.for_min is None:
        return f"{from_zh}后", f"after {from_en}"
    if not begins:
        return durations.first(tier.for_min)
    to_zh, to_en = length(begins + tier.for_min)
    return f"{from_zh}至 {to_zh}", f"from {from_en} to {to_en}"


def _step(tier: Tier, tariff: Tariff, *, rises: bool) -> Words:
    """A price that a single unit has for a whole tier: "first hour ¥10" and not "per hour", then "another ¥5".

    rises: something was charged before it, and this comes on top.
    """
    zh, en = amounts.short(tier.unit_fen, tariff.currency)
    if tier.for_min is None:
        return (f"一次性再加 {zh}", f"another {en} once") if rises else (f"共 {zh}", f"{en} in all")
    return (f"再加 {zh}", f"another {en}") if rises else (zh, en)


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
    daily = [band for band in tariff.bands if band.daily and band.tiers and _is_over_day_start(band, tariff)]
    if not daily:
        return
    start_zh, start_en = day_start(tariff)
    zh, en = {
        "separate": (f"计时单位至每日{start_zh}截止，{start_zh}起重新起算", f"units end at {start_en} and begin anew"),
        "complete": (
            f"{start_zh}前已开始的计时单位计满为止，下一计时单位自其结束时起算",
            f"a unit begun before {start_en} runs on, and the next begins after it",
        ),
        "shared": (
            f"跨{start_zh}的计时单位，前后两日各按所占时间的比例计费",
            f"a unit over {start_en} costs on each of the two days the share of its time",
        ),
    }[tariff.crossing.part_unit]
    zh = zh.replace("， ", "，").strip()
    names_zh, names_en = listed([(band.name_zh, band.name_en) for band in daily])
    if len(daily) == len([band for band in tariff.bands if band.tiers]):
        yield f"{zh}。", f"{en[0].upper()}{en[1:]}."
    else:
        yield f"{names_zh}：{zh}。", f"{names_en}: {en}."


def _is_over_day_start(band: Band, tariff: Tariff) -> bool:
    """Whether the time of a rate period goes on where a day begins."""
    at = minute_of_day(tariff.day_begins)
    spans = [each.minutes() for each in band.hours]
    covered = [
        any(begins <= minute + day_min < until for begins, until in spans for day_min in (0, DAY_MIN))
        for minute in ((at - 1) % DAY_MIN, at)
    ]
    return band.otherwise or all(covered)


def _has_steps(band: Band, tariff: Tariff) -> bool:
    """Whether it matters where the prices of a rate period begin; the only one there is lasts as long as the stay."""
    is_one = len(tariff.bands) == 1 and (band.restart == "never" or (band.restart == "passage" and not band.daily))
    if is_one and band.progress == "band":
        return False
    return len(band.tiers) > 1 or any(not tier.unit_min for tier in band.tiers)


def _restart(band: Band, tariff: Tariff) -> Words:
    flat = [tier for tier in band.tiers if tier.unit_min is None and tier.unit_fen]
    zh, en = _begins_anew(band, tariff, is_flat=len(band.tiers) == 1)
    if len(band.tiers) == 1:
        return zh, en
    repeats = len(tariff.bands) > 1 or band.daily
    if flat and repeats and band.restart != "passage":
        zh, en = (
            f"{zh}；不按时长计的价格，每次进入时段另计一次",
            f"{en}; a price without a unit is charged once each time the period is entered",
        )
    if band.progress == "stay":
        return f"{zh}，在其他时段停放的时间也计入", f"{en}, and time in other periods moves them on too"
    if band.progress == "entry":
        return (
            f"{zh}，自入场起的全部停放时间（含免费时间）均计入",
            f"{en}, and all time since the entry moves them on, what is free as well",
        )
    return zh, en


def _begins_anew(band: Band, tariff: Tariff, *, is_flat: bool) -> Words:
    """When the prices of a rate period begin again; a single price without a unit is charged once at each such time."""
    (hours_zh, hours_en), (_, day_en), (start_zh, start_en) = (
        length(tariff.cycle_hours * 60),
        day(tariff),
        day_start(tariff),
    )
    restart: str = band.restart
    if band.daily and restart in ("passage", "never"):
        restart = "daily"
    if restart == "daily" and not _is_over_day_start(band, tariff):
        restart = "passage"
    if not is_flat:
        return {
            "daily": (
                f"每次进入时段及每日{start_zh}，从首档价格起计",
                f"its prices begin again whenever a period is entered anew and at {start_en}",
            ),
            "passage": ("每次进入时段，从首档价格起计", "its prices begin again whenever a period is entered anew"),
            "day": (f"每日{start_zh}起，从首档价格起计", f"its prices begin again on each {day_en}"),
            "cycle": (
                f"自入场起每 {hours_zh}，从首档价格起计",
                f"its prices begin again every {hours_en} from the entry",
            ),
            "never": ("各档价格在整次停放中连续计算", "its prices go on through the whole stay"),
        }["never" if band.restart == "never" else restart]
    zh, en = "每次进入时段计费一次", "it is charged once each time the period is entered"
    if (band.daily or restart == "day") and _is_over_day_start(band, tariff):
        zh, en = f"{zh}，每日{start_zh}再计一次", f"{en} and again at {start_en}"
    if restart == "cycle":
        zh, en = f"{zh}，自入场起每 {hours_zh}再计一次", f"{en} and again every {hours_en} from the entry"
    return zh, en


def _crossing(tariff: Tariff) -> Iterator[Words]:
    if len(tariff.bands) < 2:
        return
    if tariff.crossing.part_unit == "complete":
        yield (
            "跨时段停放的，已开始的计时单位在下一时段内计满，其价格按开始时的时段计。",
            "A unit begun before a period ends runs on into the next at its price.",
        )
    elif tariff.crossing.part_unit == "shared":
        yield (
            "跨时段的计时单位，在各时段按所占时间的比例计费，只有停放的最后一个计时单位按不足一个计时单位处理。",
            "A unit that lies in several periods costs in each the share of its time; only the last of "
            "a stay is a part unit.",
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
