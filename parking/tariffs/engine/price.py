"""The price of a visit by one tariff: the steps of `seeds/tariffs/README.md`, one after the other."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import structs

from parking.tariffs.engine.calculation import Calculation, FinalStep, without_units
from parking.tariffs.engine.calendar import DAY_S, Interval, instant, seconds
from parking.tariffs.engine.caps import Caps
from parking.tariffs.engine.compiled import Compiled, Table
from parking.tariffs.engine.discounts import (
    NONE,
    StagedDiscounts,
    alternatives,
    by_stage,
    discounts_of,
    raised,
    rounded,
    taken_off,
)
from parking.tariffs.engine.exemptions import ReducedTime, SegmentedStay, gaps, reductions
from parking.tariffs.engine.metering import Meter, flowing_on, short_crossing, spans, with_rest
from parking.tariffs.engine.quote import LineKind, Past, StayNotPriceable, Visit
from parking.tariffs.engine.rejoining import rejoined, uses_of
from parking.tariffs.language.document import STAY_DAYS_MAX, Discount, Tariff
from parking.texts.durations import days, in_minutes
from parking.texts.words import Words

# A stay of another year comes from a wrong clock.
_EARLIEST, _LATEST = seconds(datetime(1970, 1, 2, tzinfo=UTC)), seconds(datetime(2200, 1, 1, tzinfo=UTC))


def calculate(tariff: Compiled, visit: Visit, pasts: Sequence[Past] = ()) -> Calculation:
    """What a visit costs by one tariff, with all discounts that apply or with the best of them.

    `pasts` are the vehicle's earlier visits; later ones are ignored.

    Raises:
        StayNotPriceable: it ends before it begins, is longer than STAY_DAYS_MAX, or cannot have been.
    """
    if tariff.tariff.rejoin_min:
        return _counted_on(tariff, visit, pasts)
    return _alone(tariff, visit, pasts)


def _counted_on(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> Calculation:
    """A visit with those it counts on from, less what was paid for them."""
    before = rejoined(tariff, visit, pasts)
    if before is None:
        alone = _alone(tariff, visit, pasts)
        return structs.replace(alone, uses=uses_of(tariff, None, visit, alone.fee_fen, alone.uses))
    found = _alone(tariff, before.visit, before.others)
    # What was paid is not given back, where the longer stay costs less.
    taken_fen = min(found.fee_fen, before.paid_fen)
    steps = [*found.steps, FinalStep("rejoined", "rejoin_min", 1, before.paid_fen, -taken_fen)]
    fee_fen = found.fee_fen - taken_fen
    uses = uses_of(tariff, before, visit, fee_fen, found.uses)
    return structs.replace(found, steps=steps, fee_fen=fee_fen, uses=uses)


def _alone(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> Calculation:
    if not tariff.tariff.discounts:
        return _whole(tariff, visit, pasts, NONE)
    whole = bounds(tariff.tariff, visit)
    choices = [_whole(tariff, visit, pasts, discounts) for discounts in alternatives(tariff, visit, whole)]
    return min(choices, key=lambda each: each.fee_fen)


def bounds(tariff: Tariff, visit: Visit) -> tuple[int, int]:
    """Entry and exit as they are computed with, in whole seconds.

    Raises as `calculate`.
    """
    try:
        starts, ends = seconds(visit.entered_at), seconds(visit.left_at)
    except TypeError as e:
        raise StayNotPriceable(
            "No price between times that do not say their offset.", text_zh="时间未注明时区，无法计价。"
        ) from e
    if not 0 <= ends - starts <= STAY_DAYS_MAX * DAY_S or starts < _EARLIEST or ends >= _LATEST or visit.bays < 1:
        zh, en = _why_not(starts, ends, visit.bays)
        raise StayNotPriceable(
            f"No price: {en}.", text_zh=f"无法计价：{zh}。", entered_at=visit.entered_at, left_at=visit.left_at
        )
    if tariff.seconds != "exact":
        if tariff.seconds == "entry_up_exit_down":
            starts += 59
        starts, ends = starts - starts % 60, ends - ends % 60
    return starts, max(starts, ends)


def _why_not(starts: int, ends: int, bays: int) -> Words:
    """Why a visit has no price."""
    if bays < 1:
        return f"占用泊位数为 {bays}，应至少为 1", f"it occupies {bays} bays, and the least is 1"
    if ends < starts:
        zh, en = in_minutes((starts - ends + 59) // 60)
        return f"离场时间比入场时间早 {zh}", f"the exit is {en} before the entry"
    if ends - starts > STAY_DAYS_MAX * DAY_S:
        # A begun day counts, so that 400 days and a second are more than 400.
        (zh, en), (most_zh, most_en) = days(-((starts - ends) // DAY_S)), days(STAY_DAYS_MAX)
        return (
            f"停放 {zh}，超过可计价的最长 {most_zh}，可能缺少离场记录",
            f"the stay of {en} is longer than {most_en}, so its exit may be missing",
        )
    return "入场或离场时间不在 1970 年至 2199 年之间", "it is not within the years 1970 to 2199"


def _whole(tariff: Compiled, visit: Visit, pasts: Sequence[Past], discounts: StagedDiscounts) -> Calculation:
    metered = before_final_steps(tariff, visit, pasts, discounts)
    if metered.stay is None or not tariff.has_final_steps:
        return metered
    if metered.is_free:
        steps = surcharges(tariff, metered.stay, 0, is_free=True)
    else:
        steps = final_steps(tariff, metered.stay, discounts, pasts, metered.fee_fen)
    return structs.replace(metered, steps=steps, fee_fen=metered.fee_fen + sum([step.amount_fen for step in steps]))


def before_final_steps(
    tariff: Compiled, visit: Visit, pasts: Sequence[Past], discounts: StagedDiscounts, whole: Interval | None = None
) -> Calculation:
    """What the units of a visit cost; `whole` is the stay it is a part of, if it is not all of it.

    Raises as `calculate`.
    """
    text = tariff.tariff
    starts, ends = bounds(text, visit)
    if starts == ends:
        return without_units(starts, ends, [])
    if text.exempt and (exempt := tariff.exemption_of(visit, whole or (starts, ends))) is not None:
        return without_units(starts, ends, [FinalStep("exempt", f"exempt[{exempt}]", 1, 0, 0)])
    of_class = tariff.class_of(visit, whole or (starts, ends)) if text.classes else -1
    table = tariff.table(of_class, visit.bays, 100, discounts.percents)
    stay = _stay(tariff, starts, ends, table, visit, pasts, whole)
    reduced = reductions(tariff, stay, discounts.minutes)
    if reduced.is_free:
        stood = [ReducedTime(*time, 0, "paused") for time in stay.paused]
        times = sorted([*stood, *[ReducedTime(*gap, 0, "free") for gap in gaps(stood, starts, ends)]])
        return Calculation(starts, ends, of_class, times, [], [], 0, tuple(reduced.uses), stay, is_free=True)

    separate = left = spans(stay, reduced.times)
    if text.crossing.short_under_min and len(left) > 1 and not _is_part_of_long(tariff, stay):
        left = short_crossing(tariff, table, left)
    is_short = left is not separate
    if reduced.times or is_short or tariff.complete:
        left = with_rest(left, complete=tariff.complete)
    if tariff.shared:
        left = flowing_on(left, table.rates)
    caps = Caps(tariff, stay)
    allowed_fen = sum([discount.fen for discount in discounts.amounts]) if discounts.amounts else 0
    meter = Meter(tariff, stay, caps, allowed_fen)
    for span in left:
        pays = span.pays
        meter.charge(span, table if pays == 100 else tariff.table(of_class, visit.bays, pays, discounts.percents))
    return Calculation(
        *(starts, ends, of_class, reduced.times, meter.units, [], meter.fee_fen),
        *((*reduced.uses, *caps.uses()), stay, discounts.amounts, is_short),
    )


def _is_part_of_long(tariff: Compiled, stay: SegmentedStay) -> bool:
    """Whether a part of a split stay is short, and the whole is not."""
    return stay.is_part and tariff.length_of(stay.visit, *stay.whole) >= tariff.tariff.crossing.short_under_min * 60


def stay_of(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> SegmentedStay | None:
    """A visit cut into its segments; None if it is empty.

    Raises as `calculate`.
    """
    starts, ends = bounds(tariff.tariff, visit)
    if starts == ends:
        return None
    table = tariff.table(tariff.class_of(visit, (starts, ends)), visit.bays)
    return _stay(tariff, starts, ends, table, visit, pasts)


def _stay(
    tariff: Compiled,
    starts: int,
    ends: int,
    table: Table,
    visit: Visit,
    pasts: Sequence[Past],
    whole: Interval | None = None,
) -> SegmentedStay:
    earlier: Sequence[Past] = ()
    if pasts and tariff.remembers:
        earlier = [past for past in pasts if past.uses and past.entered_at < visit.entered_at]
    segments = tariff.timeline.segments(starts, ends)
    is_part = whole is not None and whole != (starts, ends)
    paused = tariff.paused(visit, starts, ends) if visit.paused else ()
    return SegmentedStay(starts, ends, segments, table, visit, earlier, whole or (starts, ends), is_part, paused)


def final_steps(
    tariff: Compiled,
    stay: SegmentedStay,
    discounts: StagedDiscounts,
    pasts: Sequence[Past],
    fee_fen: int,
    *,
    of_worth: bool = False,
) -> list[FinalStep]:
    """Discounts after caps, surcharges, the least fee, rounding and overstaying; what changes nothing is left out.

    of_worth: for what minutes are worth, which neither surcharges nor overstaying belong to.
    """
    steps: list[FinalStep] = []

    def add(kind: LineKind, rule: str, units: int, unit_fen: int, amount_fen: int, starts: int = 0) -> None:
        nonlocal fee_fen
        if amount_fen:
            steps.append(FinalStep(kind, rule, units, unit_fen, amount_fen, starts))
            fee_fen += amount_fen

    text = tariff.tariff
    for discount in discounts.after:
        worth_fen = _worth(tariff, stay, discount, pasts) if discount.kind == "minutes" and fee_fen else 0
        units = discount.percent or discount.minutes or 1
        add("discount", f"discounts.{discount.code}", units, 0, -taken_off(discount, fee_fen, worth_fen))
    for step in [] if of_worth else surcharges(tariff, stay, fee_fen, is_free=False):
        add(step.kind, step.rule, step.units, step.unit_fen, step.amount_fen)
    add("minimum", "minimum_fen", 1, text.minimum_fen, raised(text, fee_fen))
    add("rounding", "round_to_fen", 1, text.round_to_fen, rounded(text, fee_fen) - fee_fen)
    if of_worth:
        return steps
    rule = text.overstay
    if rule is not None and stay.visit.charging:
        ended = max(stay.starts, *[tariff.seconds_of(unplugged) for _, unplugged in stay.visit.charging])
        since = ended + rule.grace_min * 60
        units = max(0, -((since - stay.ends) // (rule.unit_min * 60)))
        cost_fen = units * rule.unit_fen
        cost_fen = cost_fen if rule.cap_fen is None else min(cost_fen, rule.cap_fen)
        add("overstay", "overstay", units, rule.unit_fen, cost_fen, since)
    if text.stay_max_min and tariff.length_of(stay.visit, *stay.whole) > text.stay_max_min * 60:
        steps.append(FinalStep("stay_max", "stay_max_min", text.stay_max_min, 0, 0))
    return steps


def surcharges(tariff: Compiled, stay: SegmentedStay, fee_fen: int, *, is_free: bool) -> list[FinalStep]:
    """What is added once a visit, in the order of the document; without a fee only what is always added."""
    steps: list[FinalStep] = []
    for rule in tariff.tariff.surcharges:
        if (is_free or not fee_fen) and not rule.always:
            continue
        if not tariff.applies(rule.who, stay.visit, stay.whole):
            continue
        count = stay.visit.bays if rule.per_bay else 1
        amount_fen = rule.fen * count if rule.fen else (fee_fen * rule.percent_milli + 50_000) // 100_000
        steps.append(FinalStep("surcharge", f"surcharges.{rule.code}", count, rule.fen, amount_fen))
        fee_fen += amount_fen
    return steps


def _worth(tariff: Compiled, stay: SegmentedStay, coupon: Discount, pasts: Sequence[Past]) -> int:
    """What the first chargeable minutes of a stay would have cost with the discounts that stand before this one."""
    left = coupon.minutes * 60
    ends = stay.ends
    for begins, until in stay.counted("chargeable"):
        if until - begins >= left:
            ends = begins + left
            break
        left -= until - begins
    shorter = structs.replace(stay.visit, left_at=instant(ends), coupons=())
    before = tariff.tariff.discounts[: tariff.tariff.discounts.index(coupon)]
    others = [
        each
        for each in discounts_of(before, tariff, shorter, bounds(tariff.tariff, shorter))
        if each.kind != "minutes" or each.minutes_as != "worth"
    ]
    discounts = by_stage(others) if tariff.tariff.stacking == "all" else NONE
    metered = before_final_steps(tariff, shorter, pasts, discounts)
    if metered.stay is None or metered.is_free:
        return 0
    steps = final_steps(tariff, metered.stay, discounts, pasts, metered.fee_fen, of_worth=True)
    return metered.fee_fen + sum([step.amount_fen for step in steps])
