"""Sentences about classes of vehicles: what they pay instead."""

from collections.abc import Iterator

from parking.tariffs.language.document import Cap, ClassRule, Tariff
from parking.tariffs.notice.clauses import Point, sentence
from parking.tariffs.notice.matching import matching
from parking.tariffs.notice.rates import tiers
from parking.texts import amounts
from parking.texts.words import Words, listed

# What published texts have in them that say these things, as patterns.
_UNITS: Words = ("单位|每", r"unit|\bper\b|each|every")
_BAYS: Words = ("泊位|车位", r"\bbays?\b|space")
_CAPS: Words = ("封顶|最高", r"\bcaps?\b|most|maximum")


def classes(tariff: Tariff) -> Iterator[Words]:
    """What classes of vehicles pay instead."""
    for rule in tariff.classes:
        points = [*_shares(rule, tariff), *_own_prices(rule, tariff)]
        who_zh, who_en = matching(rule.who, (rule.name_zh, rule.name_en), tariff)
        lead = f"{rule.name_zh}{who_zh}：", f"{rule.name_en}{who_en}: "
        yield sentence((rule.clause_zh, rule.clause_en), lead, points or [Point("按上述标准收费", "the prices above")])


def _shares(rule: ClassRule, tariff: Tariff) -> Iterator[Point]:
    if rule.percent != 100:
        yield Point(f"按上述单价的 {rule.percent}% 收费", f"{rule.percent}% of the prices above")
    if rule.add_fen:
        zh, en = amounts.short(rule.add_fen, tariff.currency)
        yield Point(f"每个收费的计时单位加收 {zh}", f"{en} more for each unit that is charged", said=_UNITS)
    if rule.per_bay:
        yield Point("按占用的泊位数计费", "for each bay occupied", said=_BAYS)
    caps = [cap for cap in tariff.caps if cap.code not in rule.caps and _may_apply(cap, rule)]
    if caps and (rule.percent != 100 or rule.per_bay):
        if not rule.caps_scale:
            yield Point("封顶金额不变", "caps as they stand", said=_CAPS)
        elif rule.percent == 100:
            yield Point("封顶金额按泊位数相应增加", "caps count for each bay as well", said=_CAPS)
        else:
            yield _scaled(rule, caps, tariff)


def _scaled(rule: ClassRule, caps: list[Cap], tariff: Tariff) -> Point:
    """What the caps of a class come to."""
    words = []
    for cap in caps:
        zh, en = amounts.short(cap.fen * rule.percent // 100, tariff.currency)
        words.append((f"{cap.name_zh} {zh}", f"{cap.name_en} {en}"))
    zh, en = listed(words)
    bay_zh, bay_en = ("每个泊位：", "for each bay: ") if rule.per_bay else ("", "")
    return Point(f"封顶金额同比例调整（{bay_zh}{zh}）", f"caps likewise ({bay_en}{en})", said=_CAPS)


def _may_apply(cap: Cap, rule: ClassRule) -> bool:
    """Whether a cap may be for vehicles of a class; by their kinds it may not."""
    return not (cap.who.kinds and rule.who.kinds) or bool(set(cap.who.kinds) & set(rule.who.kinds))


def _own_prices(rule: ClassRule, tariff: Tariff) -> Iterator[Point]:
    for band in tariff.bands:
        if band.code in rule.prices:
            zh, en = tiers(rule.prices[band.code], tariff)
            yield Point(f"{band.name_zh}：{zh}", f"{band.name_en}: {en}")
    for cap in tariff.caps:
        if cap.code in rule.caps:
            zh, en = amounts.short(rule.caps[cap.code], tariff.currency)
            yield Point(f"{cap.name_zh}：{zh}", f"{cap.name_en}: {en}")
