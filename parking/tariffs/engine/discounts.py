"""Discounts and the final steps of a fee: which apply, what they take off, the least fee and its rounding."""

from collections.abc import Sequence

from msgspec import Struct

from parking.tariffs.engine.calendar import Interval
from parking.tariffs.engine.compiled import Compiled, half_up
from parking.tariffs.engine.quote import Visit
from parking.tariffs.language.document import Discount, Tariff


class StagedDiscounts(Struct, frozen=True):
    """The discounts of a visit by when they are applied, each in the order of the document.

    minutes: not charged. percents, amounts: taken off units before the caps. after: taken off the fee after the caps.
    """

    minutes: tuple[Discount, ...] = ()
    percents: tuple[int, ...] = ()
    amounts: tuple[Discount, ...] = ()
    after: tuple[Discount, ...] = ()


NONE = StagedDiscounts()


def alternatives(tariff: Compiled, visit: Visit, whole: Interval) -> list[StagedDiscounts]:
    """All discounts of a visit together or, where only the best applies, each of them alone."""
    applicable = discounts_of(tariff.tariff.discounts, tariff, visit, whole)
    if not applicable:
        return [NONE]
    if tariff.tariff.stacking == "all":
        return [by_stage(applicable)]
    return [by_stage([discount]) for discount in applicable]


def discounts_of(discounts: Sequence[Discount], tariff: Compiled, visit: Visit, whole: Interval) -> list[Discount]:
    """Those of the discounts that a visit, with the ends of its whole stay, may have."""
    return [
        discount
        for discount in discounts
        if tariff.applies(discount.who, visit, whole)
        and (not discount.paid_by or visit.paid_by in discount.paid_by)
        and (not discount.coupon or discount.code in visit.coupons)
    ]


def by_stage(discounts: Sequence[Discount]) -> StagedDiscounts:
    """Discounts sorted by when they are applied."""
    minutes, percents, amounts, after = [], [], [], []
    for discount in discounts:
        if discount.kind == "minutes" and discount.minutes_as == "time":
            minutes.append(discount)
        elif discount.kind == "minutes" or discount.stage == "after_caps":
            after.append(discount)
        elif discount.kind == "percent":
            percents.append(discount.percent)
        else:
            amounts.append(discount)
    return StagedDiscounts(tuple(minutes), tuple(percents), tuple(amounts), tuple(after))


def taken_off(discount: Discount, fee_fen: int, worth_fen: int) -> int:
    """What a discount after the caps takes off a fee; `worth_fen` is what its minutes would have cost."""
    if discount.kind == "percent":
        return half_up(fee_fen * discount.percent)
    return min(fee_fen, worth_fen if discount.kind == "minutes" else discount.fen)


def raised(tariff: Tariff, fee_fen: int) -> int:
    """What the least fee adds."""
    return max(0, tariff.minimum_fen - fee_fen) if fee_fen else 0


def rounded(tariff: Tariff, fee_fen: int) -> int:
    """The fee as a multiple of `round_to_fen`."""
    step = tariff.round_to_fen
    more = {"up": step - 1, "down": 0, "half_up": step // 2}[tariff.round_mode]
    return (fee_fen + more) // step * step
