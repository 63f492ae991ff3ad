"""Discounts, and the last steps of a fee: which of them fit, what they take off, the least fee and its rounding."""

from collections.abc import Sequence

from msgspec import Struct

from parking.tariffs.compiled import fits, half_up
from parking.tariffs.document import Discount, Tariff
from parking.tariffs.visits import Visit


class Fitting(Struct, frozen=True):
    """The discounts that hold for a visit, by when they are applied; each in the order of the document."""

    minutes: tuple[Discount, ...] = ()
    percents: tuple[int, ...] = ()
    amounts: tuple[Discount, ...] = ()
    after: tuple[Discount, ...] = ()


NONE = Fitting()


def choices(tariff: Tariff, visit: Visit) -> list[Fitting]:
    """The discounts a visit has: all that fit, or each of them alone where the best of them is taken."""
    found = fitting(tariff.discounts, visit)
    if not found:
        return [NONE]
    return [by_stage(found)] if tariff.stacking == "all" else [by_stage([one]) for one in found]


def fitting(discounts: Sequence[Discount], visit: Visit) -> list[Discount]:
    """Those of the discounts that a visit may have."""
    return [
        one
        for one in discounts
        if fits(one.who, visit.vehicle)
        and (not one.paid_by or visit.paid_by in one.paid_by)
        and (not one.coupon or one.code in visit.coupons)
    ]


def by_stage(discounts: Sequence[Discount]) -> Fitting:
    """Discounts sorted by when they are applied."""
    minutes, percents, amounts, after = [], [], [], []
    for one in discounts:
        if one.kind == "minutes" and one.minutes_as == "time":
            minutes.append(one)
        elif one.kind == "minutes" or one.stage == "after_caps":
            after.append(one)
        elif one.kind == "percent":
            percents.append(one.percent)
        else:
            amounts.append(one)
    return Fitting(tuple(minutes), tuple(percents), tuple(amounts), tuple(after))


def taken_off(discount: Discount, fee_fen: int, worth_fen: int) -> int:
    """What a discount after the caps takes off a fee; `worth_fen` is what its minutes would have cost."""
    if discount.kind == "percent":
        return half_up(fee_fen * discount.percent)
    return min(fee_fen, worth_fen if discount.kind == "minutes" else discount.fen)


def raised(tariff: Tariff, fee_fen: int) -> int:
    """What the least fee adds."""
    return max(0, tariff.minimum_fen - fee_fen) if fee_fen else 0


def rounded(tariff: Tariff, fee_fen: int) -> int:
    """The fee as a multiple of what it is rounded to."""
    step = tariff.round_to_fen
    more = {"up": step - 1, "down": 0, "half_up": step // 2}[tariff.round_mode]
    return (fee_fen + more) // step * step
