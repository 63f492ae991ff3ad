"""The price of a visit worked out the slow way, tick by tick, from the document and its README alone.

It knows nothing of the engine in parking.tariffs, so where the two differ one of them, or the README, is wrong.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parking.tariffs.engine.quote import Past, StayNotPriceable, Use, Visit
from parking.tariffs.language.document import STAY_DAYS_MAX, Discount, Tariff
from tests.parking.tariffs.oracle import covers, remembered
from tests.parking.tariffs.oracle.covers import Covering
from tests.parking.tariffs.oracle.ticks import MINUTE, tick_seconds, walk
from tests.parking.tariffs.oracle.units import Metering, cap_units, discount_units
from tests.parking.tariffs.oracle.who import discount_fits, fits, prices

Owed = tuple[int, tuple[Use, ...]]
_NOTHING: Owed = (0, ())


def owed(tariff: Tariff, visit: Visit, pasts: Sequence[Past] = ()) -> Owed:
    """What a visit costs and what it used. Steps are those of the README."""
    entered, left = bounds(tariff, visit)
    if left == entered or any(fits(each.who, visit.vehicle) for each in tariff.exempt):
        return _NOTHING
    found = [_priced(tariff, visit, pasts, discounts) for discounts in _choices(tariff, visit)]
    return min(found, key=lambda each: each[0])


def _choices(tariff: Tariff, visit: Visit) -> list[list[Discount]]:
    """All discounts that fit, or each of them alone."""
    fitting = [each for each in tariff.discounts if discount_fits(each, visit)]
    return [[each] for each in fitting] if tariff.stacking == "best" and fitting else [fitting]


def series(tariff: Tariff, visits: Sequence[Visit]) -> list[Owed]:
    """Visits of one vehicle in one lot, in order of entry, each remembering those before it."""
    pasts: list[Past] = []
    found = []
    for visit in sorted(visits, key=lambda each: each.entered_at):
        found.append(owed(tariff, visit, pasts))
        pasts.append(Past(visit.entered_at, visit.left_at, found[-1][1]))
    return found


def versions(in_force: Sequence[tuple[datetime, Tariff]], visit: Visit, pasts: Sequence[Past] = ()) -> Owed:
    """What a visit costs by the tariff in force at its entry and those that come into force later, in order of time."""
    tariff = in_force[0][1]
    changes = [each for each in in_force[1:] if each[0] < visit.left_at]
    if tariff.on_change == "at_entry" or not changes or free_throughout(tariff, visit, pasts):
        return owed(tariff, visit, pasts)
    found = [_joined(tariff, changes, visit, pasts, discounts) for discounts in _choices(tariff, visit)]
    return min(found, key=lambda each: each[0])


def _joined(
    tariff: Tariff,
    changes: Sequence[tuple[datetime, Tariff]],
    visit: Visit,
    pasts: Sequence[Past],
    discounts: Sequence[Discount],
) -> Owed:
    fen, uses, known = 0, list[Use](), list(pasts)
    parts = [(visit.entered_at, tariff), *changes]
    whole = bounds(tariff, visit)
    for (begins, version), ends in zip(parts, [since for since, _ in parts[1:]] + [visit.left_at], strict=True):
        first = begins == visit.entered_at
        part = msgspec.structs.replace(visit, entered_at=begins, left_at=ends, continued=visit.continued or not first)
        more, used = _charged(version, part, known, discounts if first else [], whole)
        fen += more
        uses += used
        known.append(Past(begins, ends, used))
    return (fen if _is_exempt(tariff, visit) else _finished(tariff, visit, pasts, discounts, fen)), tuple(uses)


def bounds(tariff: Tariff, visit: Visit) -> tuple[int, int]:
    """Step 1: the stay in seconds, its ends cut or rounded as the document says."""
    if visit.bays < 1 or visit.left_at < visit.entered_at or (visit.left_at - visit.entered_at).days >= STAY_DAYS_MAX:
        raise StayNotPriceable("this is no stay")
    entered, left = remembered.seconds_of(visit.entered_at), remembered.seconds_of(visit.left_at)
    if tariff.seconds == "drop":
        entered, left = entered - entered % MINUTE, left - left % MINUTE
    elif tariff.seconds == "entry_up_exit_down":
        entered, left = entered + -entered % MINUTE, left - left % MINUTE
    return entered, max(entered, left)


def _covering(tariff: Tariff, visit: Visit, pasts: Sequence[Past]) -> Covering:
    entered, left = bounds(tariff, visit)
    charged = [remembered.seconds_of(at) for period in visit.charging for at in period]
    passes = [remembered.seconds_of(at) for held in visit.passes for at in (held.valid_from, held.valid_until)]
    ticks = walk(tariff, entered, left, tick_seconds([entered, left, *charged, *passes]))
    return Covering(tariff, visit, pasts, prices(tariff, visit), ticks)


def free_throughout(tariff: Tariff, visit: Visit, pasts: Sequence[Past]) -> bool:
    """Whether the whole stay is within the free period."""
    earlier = [past for past in pasts if past.entered_at < visit.entered_at]
    entered, left = bounds(tariff, visit)
    return entered == left or _free(_covering(tariff, visit, earlier))


def _free(stay: Covering) -> bool:
    free = stay.prices.free
    return covers.free_holds(stay) and covers.within_free(free, len(stay.counted(free.counts)) * stay.ticks.seconds)


def _priced(tariff: Tariff, visit: Visit, pasts: Sequence[Past], discounts: Sequence[Discount]) -> Owed:
    entered, left = bounds(tariff, visit)
    if left == entered or _is_exempt(tariff, visit):
        return _NOTHING
    fen, uses = _charged(tariff, visit, pasts, discounts, (entered, left))
    earlier = [past for past in pasts if past.entered_at < visit.entered_at]
    return (fen if _free(_covering(tariff, visit, earlier)) else _finished(tariff, visit, pasts, discounts, fen)), uses


def _is_exempt(tariff: Tariff, visit: Visit) -> bool:
    return any(fits(each.who, visit.vehicle) for each in tariff.exempt)


def _charged(
    tariff: Tariff, visit: Visit, pasts: Sequence[Past], discounts: Sequence[Discount], whole: tuple[int, int]
) -> Owed:
    """Steps 2 to 12 for a stay, or for one version's part of the whole."""
    entered, left = bounds(tariff, visit)
    if left == entered or _is_exempt(tariff, visit):
        return _NOTHING
    stay = _covering(tariff, visit, [past for past in pasts if past.entered_at < visit.entered_at])
    stay.entered, stay.left = whole
    if _free(stay):
        covers.note_free(stay)
        covers.cover_quotas(stay, stay_is_free=True)
        return 0, tuple(stay.uses)
    if covers.free_holds(stay):
        covers.cover_free(stay)
    covers.cover_passes(stay)
    if tariff.charging:
        covers.cover_charging(stay, tariff.charging)
    covers.cover_quotas(stay)
    covers.cover_coupons(stay, discounts)
    covers.cross_shortly(stay)
    units = Metering(stay).units()
    discount_units(units, discounts)
    cap_units(stay, units)
    return sum(unit.fen for unit in units), tuple(stay.uses)


def _finished(
    tariff: Tariff,
    visit: Visit,
    pasts: Sequence[Past],
    discounts: Sequence[Discount],
    fen: int,
    *,
    overstay: bool = True,
) -> int:
    """Steps 13 to 15."""
    for discount in discounts:
        fen -= min(fen, _off(tariff, visit, pasts, discount, fen))
    fen = _rounded(tariff, max(fen, tariff.minimum_fen) if fen else 0)
    return fen + (_overstay(tariff, visit) if overstay else 0)


def _off(tariff: Tariff, visit: Visit, pasts: Sequence[Past], discount: Discount, fen: int) -> int:
    """Step 13: what a discount after caps takes off."""
    if discount.kind == "minutes":
        return _worth(tariff, visit, pasts, discount) if discount.minutes_as == "worth" else 0
    if discount.stage == "before_caps":
        return 0
    return (fen * discount.percent + 50) // 100 if discount.kind == "percent" else discount.fen


def _worth(tariff: Tariff, visit: Visit, pasts: Sequence[Past], coupon: Discount) -> int:
    """What the visit would cost if it ended after so many chargeable minutes, with the discounts that come before."""
    stay = _covering(tariff, visit, pasts)
    passed, ended = 0, stay.ticks.left
    for tick in stay.ticks.all:
        if passed >= coupon.minutes * MINUTE:
            ended = tick.at
            break
        passed += stay.ticks.seconds if stay.prices.tiers[tick.band] else 0
    shorter = msgspec.structs.replace(visit, left_at=remembered.instant(ended), coupons=())
    entered, left = bounds(tariff, shorter)
    earlier = [past for past in pasts if past.entered_at < visit.entered_at]
    if left == entered or _free(_covering(tariff, shorter, earlier)):
        return 0
    before = tariff.discounts[: tariff.discounts.index(coupon)] if tariff.stacking == "all" else ()
    kept = [each for each in before if each.minutes_as != "worth" and discount_fits(each, shorter)]
    fen, _ = _charged(tariff, shorter, pasts, kept, (entered, left))
    return _finished(tariff, shorter, pasts, kept, fen, overstay=False)


def _rounded(tariff: Tariff, fen: int) -> int:
    to = tariff.round_to_fen
    over = fen % to
    up = tariff.round_mode == "up" or (tariff.round_mode == "half_up" and over * 2 >= to)
    return fen - over + (to if over and up else 0)


def _overstay(tariff: Tariff, visit: Visit) -> int:
    """Step 15: what staying on after the last charging costs."""
    rule = tariff.overstay
    if rule is None or not visit.charging:
        return 0
    entered, left = bounds(tariff, visit)
    over = left - max(entered, *(covers.told(tariff, ends) for _, ends in visit.charging))
    begun = -(-(over - rule.grace_min * MINUTE) // (rule.unit_min * MINUTE))
    fen = max(0, begun) * rule.unit_fen
    return fen if rule.cap_fen is None else min(fen, rule.cap_fen)
