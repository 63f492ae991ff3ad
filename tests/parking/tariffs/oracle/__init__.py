"""The price of a visit worked out the slow way, tick by tick, from the document and its README alone.

It knows nothing of the engine in parking.tariffs, so where the two differ one of them, or the README, is wrong.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parking.tariffs.engine.quote import Past, Use, Visit
from parking.tariffs.language.document import Discount, Tariff
from tests.parking.tariffs.oracle import covers, remembered
from tests.parking.tariffs.oracle.counting_on import Owed, counted_on, earlier_visit
from tests.parking.tariffs.oracle.covers import Covering
from tests.parking.tariffs.oracle.instants import bounds
from tests.parking.tariffs.oracle.ticks import MINUTE, tick_seconds, walk
from tests.parking.tariffs.oracle.units import Metering, cap_units, discount_units
from tests.parking.tariffs.oracle.who import Asked, cut, discount_fits, fits

_NOTHING: Owed = (0, ())


def owed(tariff: Tariff, visit: Visit, pasts: Sequence[Past] = ()) -> Owed:
    """What a visit costs and what it used. Steps are those of the README."""
    bounds(tariff, visit)
    return counted_on(tariff, visit, pasts, lambda whole, known: _owed(tariff, whole, known))


def _owed(tariff: Tariff, visit: Visit, pasts: Sequence[Past]) -> Owed:
    """The same, whether or not it is counted on."""
    found = [_priced(tariff, visit, pasts, discounts) for discounts in _choices(tariff, visit)]
    return min(found, key=lambda each: each[0])


def _choices(tariff: Tariff, visit: Visit) -> list[list[Discount]]:
    """All discounts that fit, or each of them alone."""
    asked = _asked(tariff, visit)
    fitting = [each for each in tariff.discounts if discount_fits(each, asked)]
    return [[each] for each in fitting] if tariff.stacking == "best" and fitting else [fitting]


def _asked(tariff: Tariff, visit: Visit) -> Asked:
    return Asked(tariff, visit, *bounds(tariff, visit))


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
    if tariff.on_change == "at_entry" or not changes or earlier_visit(tariff, visit, pasts):
        return owed(tariff, visit, pasts)
    return counted_on(tariff, visit, pasts, lambda whole, known: _split(tariff, changes, whole, known))


def _split(tariff: Tariff, changes: Sequence[tuple[datetime, Tariff]], visit: Visit, pasts: Sequence[Past]) -> Owed:
    if free_throughout(tariff, visit, pasts):
        return _owed(tariff, visit, pasts)
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
    whole = _asked(tariff, visit)
    for (begins, version), ends in zip(parts, [since for since, _ in parts[1:]] + [visit.left_at], strict=True):
        first = begins == visit.entered_at
        part = msgspec.structs.replace(visit, entered_at=begins, left_at=ends, continued=visit.continued or not first)
        asked = Asked(version, visit, whole.entered, whole.left)
        more, used = _charged(version, part, known, discounts if first else [], asked, is_part=True)
        fen += more
        uses += used
        known.append(Past(begins, ends, used))
    return (fen if _is_exempt(whole) else _finished(tariff, visit, pasts, discounts, fen)), tuple(uses)


def _covering(tariff: Tariff, visit: Visit, pasts: Sequence[Past], asked: Asked, *, is_part: bool = False) -> Covering:
    entered, left = bounds(tariff, visit)
    charged = [remembered.seconds_of(at) for period in (*visit.charging, *visit.booked, *visit.paused) for at in period]
    passes = [remembered.seconds_of(at) for held in visit.passes for at in (held.valid_from, held.valid_until)]
    ticks = walk(tariff, entered, left, tick_seconds([entered, left, *charged, *passes]))
    earlier = [past for past in pasts if past.entered_at < visit.entered_at]
    return Covering(tariff, visit, earlier, ticks, asked, is_part and (entered, left) != (asked.entered, asked.left))


def free_throughout(tariff: Tariff, visit: Visit, pasts: Sequence[Past]) -> bool:
    """Whether the whole stay is within the free period."""
    entered, left = bounds(tariff, visit)
    return entered == left or _free(_covering(tariff, visit, pasts, _asked(tariff, visit)))


def _free(stay: Covering) -> bool:
    free = stay.prices.free
    seconds = len(stay.counted(free.counts)) * stay.ticks.seconds
    return not stay.is_part and covers.free_holds(stay) and covers.within_free(free, seconds)


def _priced(tariff: Tariff, visit: Visit, pasts: Sequence[Past], discounts: Sequence[Discount]) -> Owed:
    asked = _asked(tariff, visit)
    if asked.left == asked.entered or _is_exempt(asked):
        return _NOTHING
    fen, uses = _charged(tariff, visit, pasts, discounts, asked)
    if free_throughout(tariff, visit, pasts):
        return _surcharged(asked, fen, is_free=True), uses
    return _finished(tariff, visit, pasts, discounts, fen), uses


def _is_exempt(asked: Asked) -> bool:
    return any(fits(each.who, asked) for each in asked.tariff.exempt)


def _charged(
    tariff: Tariff,
    visit: Visit,
    pasts: Sequence[Past],
    discounts: Sequence[Discount],
    asked: Asked,
    *,
    is_part: bool = False,
) -> Owed:
    """Steps 2 to 12 for a stay, or for one version's part of the whole."""
    entered, left = bounds(tariff, visit)
    if left == entered or _is_exempt(asked):
        return _NOTHING
    stay = _covering(tariff, visit, pasts, asked, is_part=is_part)
    if _free(stay):
        covers.note_free(stay)
        covers.cover_quotas(stay, stay_is_free=True)
        return 0, tuple(stay.uses)
    if covers.free_holds(stay):
        covers.cover_free(stay)
    covers.cover_passes(stay)
    if tariff.charging:
        covers.cover_charging(stay, tariff.charging)
    if tariff.booking:
        covers.cover_booked(stay, tariff.booking)
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
    is_worth: bool = False,
) -> int:
    """Steps 13 to 15; what a coupon is worth is reckoned without surcharges and overstay."""
    for discount in discounts:
        fen -= min(fen, _off(tariff, visit, pasts, discount, fen))
    if not is_worth:
        fen = _surcharged(_asked(tariff, visit), fen)
    fen = _rounded(tariff, max(fen, tariff.minimum_fen) if fen else 0)
    return fen + (0 if is_worth else _overstay(tariff, visit))


def _surcharged(asked: Asked, fen: int, *, is_free: bool = False) -> int:
    """Step 13: what a visit costs with the surcharges; one that is free pays only some of them."""
    for surcharge in asked.tariff.surcharges:
        if fits(surcharge.who, asked) and (surcharge.always or (fen > 0 and not is_free)):
            amount = surcharge.fen * (asked.visit.bays if surcharge.per_bay else 1)
            fen += amount + (fen * surcharge.percent_milli + 50_000) // 100_000
    return fen


def _off(tariff: Tariff, visit: Visit, pasts: Sequence[Past], discount: Discount, fen: int) -> int:
    """Step 13: what a discount after caps takes off."""
    if discount.kind == "minutes":
        return _worth(tariff, visit, pasts, discount) if discount.minutes_as == "worth" else 0
    if discount.stage == "before_caps":
        return 0
    return (fen * discount.percent + 50) // 100 if discount.kind == "percent" else discount.fen


def _worth(tariff: Tariff, visit: Visit, pasts: Sequence[Past], coupon: Discount) -> int:
    """What the visit would cost if it ended after so many chargeable minutes, with the discounts that come before."""
    stay = _covering(tariff, visit, pasts, _asked(tariff, visit))
    passed, ended = 0, stay.ticks.left
    for tick in stay.ticks.all:
        if passed >= coupon.minutes * MINUTE:
            ended = tick.at
            break
        passed += stay.ticks.seconds if stay.prices.tiers[tick.band] and not stay.stood(tick) else 0
    shorter = msgspec.structs.replace(visit, left_at=remembered.instant(ended), coupons=())
    asked = _asked(tariff, shorter)
    if free_throughout(tariff, shorter, pasts):
        return 0
    before = tariff.discounts[: tariff.discounts.index(coupon)] if tariff.stacking == "all" else ()
    kept = [each for each in before if each.minutes_as != "worth" and discount_fits(each, asked)]
    fen, _ = _charged(tariff, shorter, pasts, kept, asked)
    return _finished(tariff, shorter, pasts, kept, fen, is_worth=True)


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
    over = left - max(entered, *(cut(tariff, ends) for _, ends in visit.charging))
    begun = -(-(over - rule.grace_min * MINUTE) // (rule.unit_min * MINUTE))
    fen = max(0, begun) * rule.unit_fen
    return fen if rule.cap_fen is None else min(fen, rule.cap_fen)
