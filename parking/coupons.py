"""Coupons: codes that are handed out and stand for a discount of a price, so often and for so long, at somebody's cost.

A coupon is presented with an event of a stay and goes with whatever stay that event is part of. Whether it takes
anything off, and beside which others, the tariff says.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple
from uuid import UUID

from msgspec import Meta, Struct, structs

from parking.entitlements import RightUnfit
from parking.events import COUPON_CHARACTERS_MAX
from parking.lots import Lot
from parking.plates import PlateColor
from parking.prices import LotPrices
from parking.tariffs.language.sources import WITH_WHO
from payments import ids
from payments.errors import OneLotError

COUPONS_PER_CALL_MAX = 1_000
USES_MAX = 100_000
DAYS_MAX = 2 * 366
# So long after a car has left a coupon may still be presented: it stands at the exit, or has to pay yet.
AFTER_LEAVING_MAX = timedelta(hours=24)
# One that may go with no more stays gets back at once, when it is presented, those that came to nothing; of others the
# worker looks for them.
GIVEN_BACK_AT_ONCE_USES_MAX = 20
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LETTERS = 12

Code = Annotated[str, Meta(min_length=4, max_length=COUPON_CHARACTERS_MAX, pattern=r"^[0-9A-Za-z_-]*$")]


class UnknownCoupon(OneLotError):
    """There is no such coupon, or it is not the caller's."""


class CouponTaken(OneLotError):
    """Another coupon has this code."""


class NotInside(OneLotError):
    """No such vehicle is inside, or it has left some time ago."""


class Outcome(StrEnum):
    """What became of a coupon that was presented. already: it goes with this stay since before."""

    TAKEN = "taken"
    ALREADY = "already"
    UNKNOWN = "unknown"
    NOT_HERE = "not_here"
    NOT_NOW = "not_now"
    USED_UP = "used_up"


class Presented(Struct, frozen=True):
    """A coupon that was presented, and what became of it."""

    code: str
    outcome: Outcome


class Coupon(Struct, frozen=True):
    """A coupon. `merchant`: who bears what it takes off; None: the operator. `used`: how many stays it goes with."""

    id: UUID
    code: str
    operator_id: int
    lot_ids: tuple[int, ...]
    discount: str
    uses_max: int
    valid_from: datetime
    valid_until: datetime
    merchant: str | None
    note: str
    added_by: str
    added_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    used: int = 0

    @property
    def is_used_up(self) -> bool:
        """Whether it goes with as many stays as it may."""
        return self.used >= self.uses_max


class Inside(Struct, frozen=True):
    """A vehicle that is inside, or left a little while ago, and the events of its stay."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: PlateColor
    facts: tuple[UUID, ...]
    left_at: datetime | None


class Cost(Struct, frozen=True):
    """What coupons took off in a lot, of stays that ended within a time, at whose cost (None: the operator's)."""

    operator_id: int
    operator: str
    lot_id: int
    lot: str
    merchant: str | None
    uses: int
    worth_fen: int


class Presenting(NamedTuple):
    """A code that is presented with a fact, when and by whom. `facts`: what else is known to be of the stay."""

    lot_id: int
    fact_id: UUID
    code: str
    at: datetime
    by: str
    facts: Collection[UUID] = ()


def judge(
    wanted: Sequence[Presenting], known: Mapping[str, Coupon], uses: Mapping[UUID, Collection[UUID]]
) -> list[Outcome]:
    """What becomes of coupons that are presented, one after the other. `uses`: with which of the facts that are named
    each goes already.
    """
    coupons = dict(known)
    going = {coupon_id: set(facts) for coupon_id, facts in uses.items()}
    outcomes = []
    for each in wanted:
        coupon = coupons.get(each.code)
        outcomes.append(_judge(each, coupon, () if coupon is None else going.get(coupon.id, ())))
        if coupon is not None and outcomes[-1] is Outcome.TAKEN:
            coupons[each.code] = structs.replace(coupon, used=coupon.used + 1)
            going.setdefault(coupon.id, set()).add(each.fact_id)
    return outcomes


def _judge(each: Presenting, coupon: Coupon | None, going: Collection[UUID]) -> Outcome:
    if coupon is None:
        return Outcome.UNKNOWN
    if each.lot_id not in coupon.lot_ids:
        return Outcome.NOT_HERE
    if not {each.fact_id, *each.facts}.isdisjoint(going):
        return Outcome.ALREADY
    if not coupon.valid_from <= each.at < coupon.valid_until or coupon.ended_at is not None:
        return Outcome.NOT_NOW
    return Outcome.USED_UP if coupon.is_used_up else Outcome.TAKEN


# -- handing out


class CouponPlan(Struct, frozen=True):
    """Coupons as they are to be handed out: see `Coupon`. `codes`: chosen ones; else `count` random ones are made."""

    discount: str
    lots: Sequence[Lot]
    uses_max: int
    valid_from: datetime
    valid_until: datetime
    merchant: str | None
    note: str
    count: int = 1
    codes: Sequence[str] = ()


def handed_out(
    plan: CouponPlan, prices: Mapping[int, LotPrices], random_bits: Sequence[int], *, by: str, now: datetime
) -> list[Coupon]:
    """The rows for coupons; twice 64 random bits for each.

    Raises:
        RightUnfit: the lots are of several operators, no price of theirs has the discount, or the time is none.
    """
    operators = {lot.operator_id for lot in plan.lots}
    if len(operators) != 1:
        raise RightUnfit("A coupon is of one operator.", field="lots")
    if not timedelta(0) < plan.valid_until - plan.valid_from <= timedelta(days=DAYS_MAX):
        raise RightUnfit("A coupon ends after it begins.", field="valid_until", days_max=DAYS_MAX)
    discounts = {code for lot in plan.lots for code in _discounts(prices[lot.id])}
    if plan.discount not in discounts:
        raise RightUnfit(
            "No price of these lots has such a discount by coupon.", field="discount", discounts=sorted(discounts)
        )
    codes = list(dict.fromkeys(plan.codes)) or [new_code(bits) for bits in random_bits[: plan.count]]
    shard = min(operators)
    return [
        Coupon(
            id=ids.new(now, shard, bits),
            code=code,
            operator_id=shard,
            lot_ids=tuple(sorted(lot.id for lot in plan.lots)),
            discount=plan.discount,
            uses_max=plan.uses_max,
            valid_from=plan.valid_from,
            valid_until=plan.valid_until,
            merchant=plan.merchant,
            note=plan.note,
            added_by=by,
            added_at=now,
        )
        for code, bits in zip(codes, random_bits[len(codes) :], strict=False)
    ]


def _discounts(prices: LotPrices) -> set[str]:
    """The codes that may be handed in by the prices of a lot."""
    texts = [each.text for each in prices.tariffs if each.text is not None]
    asked = {discount.code for text in texts for discount in text.discounts if discount.coupon}
    for text in texts:
        for part in WITH_WHO:
            asked.update(*[rule.who.coupons for rule in getattr(text, part)])
    return asked


def new_code(random_bits: int) -> str:
    """A code of 60 random bits, without letters that are taken for digits."""
    return "".join(_LETTERS[random_bits >> 5 * at & 31] for at in range(_CODE_LETTERS))
