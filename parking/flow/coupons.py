"""Coupons: handed out and ended by staff, presented at gates, by booths and for cars that are inside."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking import coupons, entitlements
from parking.coupons import (
    AFTER_LEAVING_MAX,
    GIVEN_BACK_AT_ONCE_USES_MAX,
    Cost,
    Coupon,
    CouponPlan,
    CouponTaken,
    Inside,
    NotInside,
    Outcome,
    Presented,
    Presenting,
    UnknownCoupon,
)
from parking.facts import Fact
from parking.flow import repricing
from parking.flow.derivation import RandomBits
from parking.network import Network
from parking.plates import PlateColor
from parking.reads import Vehicle
from parking.spans import STAY_MAX
from parking.store import coupons as store
from parking.store import events as event_store
from parking.store import sweeps as sweep_store
from parking.store.coupons import Counted
from parking.store.sweeps import Position, beginning
from payments import identity, ids
from payments.identity import Audience, Principal
from payments.store import audit as audit_store

ROUND = "coupons"
COUPONS_PER_PAGE_MAX = 200
# Of one coupon at a time.
GIVEN_BACK_MAX = 500


class PresentedForStay(Struct, frozen=True):
    """What became of coupons that were presented for a stay."""

    stay_id: UUID
    coupons: Sequence[Presented]


async def hand_out(
    db: sql.Connection,
    plan: CouponPlan,
    *,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> list[Coupon]:
    """Coupons with codes of their own.

    Raises:
        NotYours: a lot is another operator's.
        CouponTaken: a chosen code is another coupon's. None was handed out.
        RightUnfit: see `coupons.handed_out`.
    """
    for lot in plan.lots:
        identity.may_act_for(principal, lot.operator_id)
    bits = [random_bits() for _ in range(2 * max(plan.count, len(plan.codes)))]
    made = coupons.handed_out(plan, network.prices, bits, by=principal.subject, now=now)
    added = await store.add_coupons(db, made)
    for each in made:
        if each.id not in added:
            raise CouponTaken("Another coupon has this code.", field="codes", code=each.code)
    one = made[0]
    detail: dict[str, object] = {
        "discount": one.discount,
        "count": len(made),
        "uses_max": one.uses_max,
        "merchant": one.merchant,
        "note": one.note,
    }
    await _record(db, one, "coupon.hand_out", detail, principal, now)
    return made


async def end(db: sql.Connection, code: str, *, principal: Principal, now: datetime) -> None:
    """A coupon is taken no more; where it was presented it stays.

    Raises:
        UnknownCoupon, NotYours: there is none of this code, or it is another operator's.
    """
    known = await store.coupon(db, code)
    if known is None:
        raise UnknownCoupon("There is no coupon of this code.", code=code)
    identity.may_act_for(principal, known.operator_id)
    if await store.end_coupon(db, known.id, by=principal.subject, now=now):
        await _record(db, known, "coupon.end", {}, principal, now)


async def costs(db: sql.Connection, *, operator_id: int | None, since: datetime, until: datetime) -> Sequence[Cost]:
    """What coupons took off, by lot and by who bears it, of stays that ended within a time."""
    first = ids.floor(since - STAY_MAX)
    return await store.costs(db, operator_id=operator_id, since=since, until=until, first=first)


# -- presented


async def present(db: sql.Connection, wanted: Sequence[Presenting], *, now: datetime) -> list[Outcome]:
    """Coupons go with facts of locked lots from now on, as far as they may. Those of a code take turns.

    It costs the same however often a code was used: what is read are uses of the facts that are named.
    """
    known = await store.lock_coupons(db, list({each.code for each in wanted}))
    if not known:
        return [Outcome.UNKNOWN for _ in wanted]
    known = await _given_back(db, known, now)
    facts = list({(each.lot_id, fact) for each in wanted for fact in (each.fact_id, *each.facts)})
    uses = await store.uses(db, [each.id for each in known.values()], facts)
    outcomes = coupons.judge(wanted, known, uses)
    taken = [
        (each, known[each.code].id) for each, outcome in zip(wanted, outcomes, strict=True) if outcome is Outcome.TAKEN
    ]
    if taken:
        await store.add_uses(db, taken)
        await store.count_uses(db, Counter(coupon_id for _, coupon_id in taken))
    return outcomes


async def _given_back(db: sql.Connection, known: dict[str, Coupon], now: datetime) -> dict[str, Coupon]:
    """Locked coupons with what those get back that are used up and may not be used often."""
    few = [each.id for each in known.values() if each.is_used_up and each.uses_max <= GIVEN_BACK_AT_ONCE_USES_MAX]
    none = await store.to_give_back(db, few, limit=GIVEN_BACK_AT_ONCE_USES_MAX * len(few)) if few else ()
    if not none:
        return known
    back = await store.give_back(db, none, now=now)
    await store.count_uses(db, {coupon_id: -uses for coupon_id, uses in back.items()})
    return {code: structs.replace(each, used=each.used - back[each.id]) for code, each in known.items()}


async def present_with_events(
    db: sql.Connection, facts: Sequence[Fact], first: Mapping[UUID, UUID], *, now: datetime
) -> dict[UUID, tuple[Presented, ...]]:
    """Presents the coupons that come with new events and further reads; what became of them, by event. `first`: see
    `repeats.Sorted`.
    """
    handing_in = [fact for fact in facts if fact.applies]
    if not handing_in:
        return {}
    vehicles = {Vehicle(fact.lot_id, fact.plate, fact.plate_color) for fact in handing_in}
    inside = {stay.vehicle: stay.facts for stay in await event_store.open_stays(db, list(vehicles))}
    wanted = [
        (
            fact.id,
            Presenting(
                fact.lot_id,
                first[fact.id],
                code,
                fact.effective_at,
                f"gateway:{fact.gateway_id}",
                inside.get(Vehicle(fact.lot_id, fact.plate, fact.plate_color), ()),
            ),
        )
        for fact in handing_in
        for code in dict.fromkeys(fact.event.coupons)
    ]
    outcomes = await present(db, [each for _, each in wanted], now=now)
    found: dict[UUID, tuple[Presented, ...]] = {}
    for (fact_id, each), outcome in zip(wanted, outcomes, strict=True):
        found[fact_id] = (*found.get(fact_id, ()), Presented(each.code, outcome))
    for fact in handing_in:
        # A further read changes no stay by itself.
        if first[fact.id] != fact.id and any(each.outcome is Outcome.TAKEN for each in found.get(fact.id, ())):
            stay = Inside(fact.lot_id, fact.id, fact.plate, fact.plate_color, (), fact.effective_at - AFTER_LEAVING_MAX)
            await store.ask_again(db, stay, fact.id, now=now)
    return found


async def present_for_stay(
    pool: sql.Pool,
    codes: Sequence[str],
    *,
    lot_id: int,
    stay_id: UUID | None = None,
    plate: tuple[str, PlateColor] | None = None,
    by: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> PresentedForStay:
    """Presents coupons for a stay by its number, or for a vehicle that is inside. Of one that has ended what it costs
    follows. That staff presented them is kept.

    Raises:
        NotInside: the lot has no such stay or vehicle, or it has left longer than AFTER_LEAVING_MAX ago.
        RightUnfit: the text is no plate.
    """
    async with pool.acquire() as db, db.transaction():
        await event_store.lock_lots(db, [lot_id])
        stay = await _stay(db, lot_id, stay_id, plate, now)
        known = (*stay.facts, stay.id)
        wanted = [Presenting(lot_id, stay.facts[-1], code, now, by.subject, known) for code in dict.fromkeys(codes)]
        outcomes = await present(db, wanted, now=now)
        if stay.left_at is not None and Outcome.TAKEN in outcomes:
            await store.ask_again(db, stay, ids.new(now, lot_id, random_bits()), now=now)
        if by.audience is not Audience.GATEWAY:
            said: dict[str, object] = {each.code: outcome for each, outcome in zip(wanted, outcomes, strict=True)}
            await audit_store.record(
                db,
                network.lots[lot_id].operator_id,
                actor=by.subject,
                action="coupon.present",
                subject=f"stay:{stay.id}",
                detail={"outcomes": said},
                now=now,
                random_bits=random_bits(),
            )
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)
    presented = [Presented(each.code, outcome) for each, outcome in zip(wanted, outcomes, strict=True)]
    return PresentedForStay(stay.id, presented)


async def _stay(
    db: sql.Connection, lot_id: int, stay_id: UUID | None, plate: tuple[str, PlateColor] | None, now: datetime
) -> Inside:
    found = None
    if stay_id is not None:
        found = await store.stay_of_id(db, lot_id, stay_id, now - AFTER_LEAVING_MAX)
    elif plate is not None:
        found = await store.stay_of_vehicle(db, lot_id, *entitlements.identified(*plate))
    if found is None:
        raise NotInside("No such vehicle is inside, or it has left some time ago.")
    return found


# -- what comes back


async def look_on(pool: sql.Pool, *, now: datetime, limit_s: float) -> int:
    """Goes on where the last look stopped, for so many seconds or until all coupons were looked at: those that are used
    up get back the uses of which nothing came, and each says how often it is used. How many were mended.
    """
    until, mended = monotonic() + limit_s, 0
    is_last = False
    while not is_last and monotonic() < until:
        async with pool.acquire() as db:
            at = await sweep_store.position(db, ROUND) or beginning(now)
            page = await store.after(db, at.after, now=now, limit=COUPONS_PER_PAGE_MAX)
            for each in page:
                mended += await _mend(db, each, now)
            is_last = len(page) < COUPONS_PER_PAGE_MAX
            following = beginning(now, at) if is_last else Position(0, page[-1].id, at.began_at, at.turn)
            await sweep_store.put_position(db, ROUND, following, whole_at=at.began_at if is_last else None)
    return mended


async def _mend(db: sql.Connection, each: Counted, now: datetime) -> bool:
    is_used_up = each.counted >= each.uses_max
    none = await store.to_give_back(db, [each.id], limit=GIVEN_BACK_MAX) if is_used_up else ()
    if not none and each.counted == each.used:
        return False
    async with db.transaction():
        await store.lock_coupon(db, each.id)
        if none:
            await store.give_back(db, none, now=now)
        await store.count_anew(db, each.id)
    return True


async def _record(
    db: sql.Connection, one: Coupon, action: str, detail: dict[str, Any], principal: Principal, now: datetime
) -> None:
    await audit_store.record(
        db, one.operator_id, actor=principal.subject, action=action, subject=str(one.id), detail=detail, now=now
    )
