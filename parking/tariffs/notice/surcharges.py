"""Sentences about what is added once a visit, and about coming back and staying too long."""

from collections.abc import Iterator

from parking.tariffs.language.document import Surcharge, Tariff
from parking.tariffs.notice.clauses import Point, sentence
from parking.tariffs.notice.matching import matching
from parking.texts import amounts
from parking.texts.durations import length
from parking.texts.words import Words

# What published texts have in them that say these things, as patterns.
_ALWAYS: Words = ("免费|一律", r"\bfree\b|always|any case")
_BAYS: Words = ("泊位|车位", r"\bbays?\b|space")


def surcharges(tariff: Tariff) -> Iterator[Words]:
    """What is added once a visit."""
    for rule in tariff.surcharges:
        who_zh, who_en = matching(rule.who, (rule.name_zh, rule.name_en), tariff)
        lead = f"{rule.name_zh}{who_zh}：", f"{rule.name_en}{who_en}: "
        yield sentence((rule.clause_zh, rule.clause_en), lead, list(_surcharge(rule, tariff)))
    if any(rule.percent_milli for rule in tariff.surcharges[1:]):
        yield (
            "各项加收按上列顺序计算，按比例加收的以此前各项之和为基数。",
            "Surcharges are added in this order; a share is one of all that stands before it.",
        )


def _surcharge(rule: Surcharge, tariff: Tariff) -> Iterator[Point]:
    if rule.percent_milli:
        share = amounts.percent(rule.percent_milli)
        yield Point(f"按停车费的 {share} 加收", f"{share} of the fee on top")
    else:
        zh, en = amounts.short(rule.fen, tariff.currency)
        bay_zh, bay_en = ("每个泊位", " for each bay") if rule.per_bay else ("每次", " a visit")
        yield Point(f"{bay_zh}加收 {zh}", f"{en}{bay_en} on top")
        if rule.per_bay:
            yield Point("按占用的泊位数计算", "times the bays occupied", said=_BAYS, implied=True)
    if rule.always:
        yield Point("免费停放的也加收", "for free visits as well", said=_ALWAYS)


def coming_back(tariff: Tariff) -> Iterator[Words]:
    """Who comes back soon is counted on."""
    if tariff.rejoin_min:
        zh, en = length(tariff.rejoin_min)
        yield (
            f"离场后 {zh}（含）以内再次入场的，自首次入场起连续计费，此前已收的费用予以扣除。",
            f"Who comes back to this car park within {en} of leaving is charged as for one stay from the first entry, "
            "less what was paid.",
        )


def longest_stay(tariff: Tariff) -> Iterator[Words]:
    """The longest stay that is allowed."""
    if tariff.stay_max_min:
        zh, en = length(tariff.stay_max_min)
        yield f"每次停放最长 {zh}。", f"The longest stay allowed is {en}."
