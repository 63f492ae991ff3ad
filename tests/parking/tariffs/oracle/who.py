"""Whom the rules of a tariff mean, and what a class of vehicles pays instead."""

from dataclasses import dataclass

from parking.tariffs.engine.quote import Vehicle, Visit
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import ClassRule, Discount, Free, Tariff, Tier


def fits(who: Match, vehicle: Vehicle) -> bool:
    """Whether a vehicle fits everything that is asked."""
    facts = vehicle.facts
    return all(
        (
            not who.kinds or vehicle.kind in who.kinds,
            not who.colors or vehicle.color in who.colors,
            who.new_energy is None or vehicle.new_energy == who.new_energy,
            not who.tags or any(tag in vehicle.tags for tag in who.tags),
            all(fact in facts and facts[fact] >= least for fact, least in who.at_least.items()),
            all(fact in facts and facts[fact] <= most for fact, most in who.at_most.items()),
        )
    )


def discount_fits(discount: Discount, visit: Visit) -> bool:
    """Whether a visit has a discount."""
    return (
        fits(discount.who, visit.vehicle)
        and (not discount.paid_by or visit.paid_by in discount.paid_by)
        and (not discount.coupon or discount.code in visit.coupons)
    )


@dataclass(slots=True)
class Prices:
    """What the vehicle of a visit pays: tiers by band, caps by code, and its free period."""

    tiers: dict[str, tuple[Tier, ...]]
    caps: dict[str, int]
    free: Free


def prices(tariff: Tariff, visit: Visit) -> Prices:
    """The prices of the first class that fits, or those of the document as they stand."""
    rule = next((each for each in tariff.classes if fits(each.who, visit.vehicle)), None)
    if rule is None:
        return Prices(
            {band.code: band.tiers for band in tariff.bands}, {cap.code: cap.fen for cap in tariff.caps}, tariff.free
        )
    bays = visit.bays if rule.per_bay else 1
    return Prices(
        {band.code: _tiers(rule, bays, band.code, band.tiers) for band in tariff.bands},
        {cap.code: _cap(rule, bays, cap.code, cap.fen) for cap in tariff.caps},
        tariff.free if rule.free is None else rule.free,
    )


def _tiers(rule: ClassRule, bays: int, band: str, tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    if band in rule.prices:
        return tuple(_at(tier, tier.unit_fen * bays) for tier in rule.prices[band])
    return tuple(
        _at(tier, tier.unit_fen and (tier.unit_fen * rule.percent // 100 + rule.add_fen) * bays) for tier in tiers
    )


def _at(tier: Tier, fen: int) -> Tier:
    return Tier(unit_fen=fen, unit_min=tier.unit_min, for_min=tier.for_min)


def _cap(rule: ClassRule, bays: int, code: str, fen: int) -> int:
    fen = rule.caps.get(code, fen * rule.percent // 100 if rule.caps_scale else fen)
    return fen * bays if rule.caps_scale else fen
