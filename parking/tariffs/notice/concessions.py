"""Sentences about concessions: free time, quotas, discounts, passes, charging, bookings and exemptions."""

from collections.abc import Iterator

from parking.tariffs.language.document import Discount, Free, Memory, Pass, Quota, Tariff
from parking.tariffs.notice.clauses import Point, sentence
from parking.tariffs.notice.days import day, hours
from parking.tariffs.notice.matching import matching
from parking.texts import amounts, durations
from parking.texts.durations import length
from parking.texts.methods import method
from parking.texts.words import Words

_SCOPES: dict[str, Words] = {
    "lot": ("在本停车场", "in this car park"),
    "operator": ("在本经营者各停车场", "in the car parks of this operator"),
    "city": ("在全市", "in the whole city"),
}
_PERIODS: dict[str, Words] = {
    "day": ("日", "day"),
    "week": ("周", "week"),
    "month": ("月", "month"),
    "quarter": ("季", "quarter"),
    "year": ("年", "year"),
}
# What published texts have in them that say these things, as patterns.
_LONGER: Words = (r"(?<!不)超过|超出|超时|扣除", r"\blonger|beyond|exceed|rest\b|deduct")
_AGAIN: Words = ("每|重新", r"\bevery|\beach|again")
_VISITS: Words = ("次(?!日)", r"visit|stop|\btimes?\b|once")
_WITHIN_FREE: Words = ("驶离|离场|占用|计入", r"draws|\buses|anyway")
_BESIDES: Words = ("不再|不得同时|不能同时", r"besides|no free period|either")
_CAPS: Words = ("封顶|最高", r"\bcaps?\b|most|maximum")
_COUPON: Words = ("券|票|凭", r"coupon|receipt|ticket|stamp|voucher")
_PAID: Words = ("支付|付费|缴费", r"\bpaid|\bpay")
_EXPIRY: Words = ("到期|期满", r"\bends?\b|expir")
_A_DAY: Words = ("每[日天]", r"a day|each day|daily")
_HOURS: Words = (r"时|\d[:：]\d", r"\d:\d|\bday|night|hour")


def _remembered(memory: Memory, tariff: Tariff) -> Words:
    """Within what time and where something is remembered."""
    if memory.per == "visit":
        return "每次停放", "each visit"
    zh, en = length(memory.hours * 60)
    where_zh, where_en = _SCOPES[memory.scope]
    day_zh, day_en = day(tariff)
    when_zh, when_en = {
        "sliding": (f"任意连续 {zh}内", f"within any {en}"),
        "window": (f"自首次使用起 {zh}内", f"within {en} of the first use"),
        "day": (f"{day_zh}内", f"on each {day_en}"),
    }[memory.per]
    return f"{where_zh}{when_zh}", f"{when_en} {where_en}"


def free(period: Free, tariff: Tariff) -> Words:
    """The free period, or that there is none."""
    clause = period.clause_zh, period.clause_en
    if not period.minutes:
        return sentence(clause, _without_free(tariff), [])
    zh, en = length(period.minutes)
    what_zh, what_en = ("停放", "stays") if period.counts == "stay" else ("收费时段内停放", "stays in charged periods")
    bound_zh, bound_en = ("（含）以内", "up to and including") if period.inclusive else ("（不含）以内", "under")
    rest = ("超过的，扣除免费时间后计费", "longer stays keep it and are charged for the rest")
    if not period.deducted:
        rest = ("超过的，自入场起计费", "longer stays are charged from their beginning")
    points = [
        Point(f"{what_zh} {zh}{bound_zh}免费", f"Free for {what_en} {bound_en} {en}"),
        Point(*rest, said=_LONGER),
    ]
    if period.again == "cycle":
        hours_zh, hours_en = length(tariff.cycle_hours * 60)
        points.append(Point(f"自入场起每 {hours_zh}重新享有", f"again every {hours_en} from the entry", said=_AGAIN))
    if period.uses_max:
        when_zh, when_en = _remembered(period.memory, tariff)
        times = f"{period.uses_max} visit{'s' if period.uses_max > 1 else ''}"
        zh = f"同一车辆{when_zh}最多享有 {period.uses_max} 次"
        points.append(Point(zh, f"for at most {times} of a vehicle {when_en}", said=_VISITS))
    return sentence(clause, ("", ""), points)


def _without_free(tariff: Tariff) -> Words:
    own = [tiers for rule in tariff.classes for tiers in rule.prices.values()]
    if any(tier.unit_fen for tiers in (*own, *[band.tiers for band in tariff.bands]) for tier in tiers):
        return "不设免费停放时间", "There is no free period"
    return "停放免费", "Parking is free"


def class_free(tariff: Tariff) -> Iterator[Words]:
    """The free periods that classes of vehicles have of their own, unless the clause of the class speaks for them."""
    for rule in tariff.classes:
        if rule.free is not None and not rule.clause_zh:
            zh, en = free(rule.free, tariff)
            yield f"{rule.name_zh}：{zh}", f"{rule.name_en}: {en}"


def quotas(tariff: Tariff) -> Iterator[Words]:
    """Minutes that some vehicles have free or at a share."""
    for quota in tariff.quotas:
        yield _named(quota, _quota(quota, tariff), tariff)


def _named(rule: Quota | Pass | Discount, points: Iterator[Point], tariff: Tariff) -> Words:
    """A rule in its published text with what that leaves open, or its name, whom it is for and all of its points."""
    who_zh, who_en = matching(rule.who, (rule.name_zh, rule.name_en), tariff)
    lead = f"{rule.name_zh}{who_zh}：", f"{rule.name_en}{who_en}: "
    return sentence((rule.clause_zh, rule.clause_en), lead, list(points))


def _quota(quota: Quota, tariff: Tariff) -> Iterator[Point]:
    when_zh, when_en = _remembered(quota.memory, tariff)
    (zh, _), (_, en) = length(quota.minutes), durations.first(quota.minutes)
    kind_zh, kind_en = ("", "") if quota.counts == "stay" else ("收费时间", " of charged time")
    pays_zh, pays_en = ("免费", "free") if not quota.pays_percent else (
        f"按 {quota.pays_percent}% 收费", f"at {quota.pays_percent}% of the price"
    )  # fmt: skip
    yield Point(f"{when_zh}前 {zh}{kind_zh}{pays_zh}", f"the {en}{kind_en} {pays_en} {when_en}")
    if quota.visits_max:
        visits = f"{quota.visits_max} visit{'s' if quota.visits_max > 1 else ''}"
        yield Point(f"最多用于 {quota.visits_max} 次停放", f"for at most {visits}", said=_VISITS)
    if quota.portion_max_min:
        zh, en = length(quota.portion_max_min)
        each = f"at most {en} a visit where more than one draws on it"
        yield Point(f"分次使用的，每次不超过 {zh}", each, said=_VISITS)
    if quota.again == "cycle":
        zh, en = length(tariff.cycle_hours * 60)
        yield Point(f"同一次停放自入场起每 {zh}重新享有", f"again every {en} of the same stay", said=_AGAIN)
    if quota.within_free == "uses":
        during = "a stay within the free period draws on it as well"
        yield Point("免费停放时间内离场的也计入", during, said=_WITHIN_FREE)
    elif tariff.free.minutes:
        during = "a stay within the free period does not draw on it"
        yield Point("免费停放时间内离场的不计入", during, said=_WITHIN_FREE)
    if not quota.free_too:
        besides = "a vehicle that drew on it has no free period besides"
        yield Point("已使用的车辆不再享有一般的免费停放时间", besides, said=_BESIDES)


def discounts(tariff: Tariff) -> Iterator[Words]:
    """What is taken off, and whether one discount excludes the other."""
    for discount in tariff.discounts:
        yield _named(discount, _discount(discount, tariff), tariff)
    if len(tariff.discounts) > 1 and tariff.stacking == "best":
        yield "各项优惠不叠加，取最优惠的一项。", "Of several discounts only the one that helps most holds."
    elif len(tariff.discounts) > 1:
        yield _one_after_the_other(tariff)


def _one_after_the_other(tariff: Tariff) -> Words:
    before = [discount for discount in tariff.discounts if discount.stage == "before_caps"]
    kinds = [discount.kind for discount in before if discount.kind != "minutes"]
    if "amount" in kinds and "percent" in kinds[kinds.index("amount") :]:
        return (
            "各项优惠按上列顺序叠加；封顶之前的优惠先按比例减、后减金额。",
            "Several discounts hold one after the other, in this order; of those before the caps, first the "
            "percentages and then the amounts.",
        )
    return "各项优惠按上列顺序叠加。", "Several discounts hold one after the other, in this order."


def _discount(discount: Discount, tariff: Tariff) -> Iterator[Point]:
    yield Point(*_taken_off(discount, tariff))
    if discount.kind != "minutes" and tariff.caps:
        zh, en = "封顶之后优惠", "taken off after the caps"
        if discount.stage == "before_caps":
            zh, en = "先优惠，后封顶", "taken off before the caps"
        yield Point(zh, en, said=_CAPS)
    if discount.paid_by:
        names = [method(code) for code in discount.paid_by]
        zh, en = "或".join([zh for zh, _ in names]), " or ".join([en for _, en in names])
        yield Point(f"限以{zh}支付", f"if paid by {en}", said=_PAID)
    if discount.coupon:
        yield Point("须出示优惠券", "with a coupon", said=_COUPON)


def _taken_off(discount: Discount, tariff: Tariff) -> Words:
    if discount.kind == "percent":
        return f"减 {discount.percent}%", f"{discount.percent}% off"
    if discount.kind == "amount":
        zh, en = amounts.short(discount.fen, tariff.currency)
        return f"减 {zh}", f"{en} off"
    (zh, _), (_, en) = length(discount.minutes), durations.first(discount.minutes)
    if discount.minutes_as == "worth":
        return f"减去前 {zh}的费用", f"what the {en} would cost is taken off"
    return f"前 {zh}不计费", f"nothing is charged for the {en}"


def passes(tariff: Tariff) -> Iterator[Words]:
    """Passes on sale, and when their holders park without paying."""
    for sold in tariff.passes:
        yield _named(sold, _pass(sold, tariff), tariff)


def _pass(sold: Pass, tariff: Tariff) -> Iterator[Point]:
    zh, en = amounts.short(sold.price_fen, tariff.currency)
    period_zh, period_en = _PERIODS[sold.period]
    yield Point(f"每{period_zh} {zh}", f"{en} a {period_en}")
    if sold.hours:
        zh, en = hours(tariff, sold.hours)
        yield Point(f"限 {zh}", f"for {en}", said=_HOURS)
    if sold.day_max_min:
        (day_zh, day_en), (zh, en) = day(tariff), length(sold.day_max_min)
        each = f"{en} of each {day_en} at most, in this car park"
        yield Point(f"在本停车场{day_zh}限 {zh}", each, said=_A_DAY)
    if sold.grace_days:
        zh, en = durations.days(sold.grace_days)
        yield Point(f"到期后 {zh}内仍有效", f"valid for {en} after it ends", said=_EXPIRY)
    if sold.on_expiry == "whole_stay":
        none = "a pass that ends during a stay covers none of it"
        yield Point("停放期间到期的，整次停放不适用", none, said=_EXPIRY)
    else:
        until = "a pass that ends during a stay covers it up to then"
        yield Point("停放期间到期的，到期后的时间照常计费", until, said=_EXPIRY)


def charging(tariff: Tariff) -> Iterator[Words]:
    """Parking while charging, and staying on after it."""
    rule = tariff.charging
    if rule is not None:
        parts = [("充电期间免收停车费", "No parking fee while charging")]
        if rule.after_min:
            zh, en = length(rule.after_min)
            parts.append((f"充电结束后 {zh}内免收", f"nor for {en} after it"))
        if rule.free_max_min:
            zh, en = length(rule.free_max_min)
            parts.append((f"累计不超过 {zh}", f"{en} in all at most"))
        yield "，".join(zh for zh, _ in parts) + "。", ", ".join(en for _, en in parts) + "."
    yield from _overstay(tariff)


def _overstay(tariff: Tariff) -> Iterator[Words]:
    rule = tariff.overstay
    if rule is None:
        return
    (grace_zh, grace_en), (each_zh, each_en) = length(rule.grace_min), durations.per(rule.unit_min)
    zh, en = amounts.short(rule.unit_fen, tariff.currency)
    most_zh = most_en = ""
    if rule.cap_fen is not None:
        cap_zh, cap_en = amounts.short(rule.cap_fen, tariff.currency)
        most_zh, most_en = f"，最高 {cap_zh}", f", at most {cap_en}"
    since_zh, since_en = (f"超过 {grace_zh}", f"more than {grace_en}") if rule.grace_min else ("", "")
    yield (
        f"充电结束后{since_zh}仍占用充电泊位的，另收占位费：{each_zh} {zh}{most_zh}，不足的按一个单位计。",
        f"Staying in a charging bay {since_en}{' ' if since_en else ''}after charging costs {en} {each_en} on top, "
        f"part units as whole ones{most_en}.",
    )


def booking(tariff: Tariff) -> Iterator[Words]:
    """Parking in time that was booked."""
    rule = tariff.booking
    if rule is not None:
        after_zh = after_en = ""
        if rule.grace_min:
            zh, en = length(rule.grace_min)
            after_zh, after_en = f"，预约结束后 {zh}内也不收", f", nor for {en} after it"
        yield f"预约时段内不另收停车费{after_zh}。", f"No parking fee in time that was booked{after_en}."


def exemptions(tariff: Tariff) -> Iterator[Words]:
    """Vehicles that pay nothing."""
    for exemption in tariff.exempt:
        who_zh, who_en = matching(exemption.who, (exemption.name_zh, exemption.name_en), tariff)
        yield f"{exemption.name_zh}{who_zh}：免收停车费。", f"{exemption.name_en}{who_en}: no parking fee."
