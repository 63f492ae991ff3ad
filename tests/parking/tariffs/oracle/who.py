"""Whom the rules of a tariff mean, and what a class of vehicles pays instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from parking.tariffs.engine.quote import Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.days import DaySets
from parking.tariffs.language.document import ClassRule, Discount, Free, Tariff, Tier
from tests.parking.tariffs.oracle.remembered import seconds_of
from tests.parking.tariffs.oracle.ticks import MINUTE, begins_at, date_of, minutes_of, occurrence, shown_at

_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Asked:
    """What `who` asks about: a visit from its entry to its exit, the whole of it where the stay is split."""

    tariff: Tariff
    visit: Visit
    entered: int
    left: int


def stood(tariff: Tariff, visit: Visit, at: int) -> bool:
    """Whether the clock of a visit stood at an instant."""
    return any(cut(tariff, begins) <= at < cut(tariff, ends) for begins, ends in visit.paused)


def ran(asked: Asked) -> int:
    """For how many seconds the clock of the whole stay ran."""
    tariff, visit, edges = asked.tariff, asked.visit, {asked.entered, asked.left}
    edges |= {
        at for period in visit.paused for each in period if asked.entered < (at := cut(tariff, each)) < asked.left
    }
    return sum(ends - begins for begins, ends in pairwise(sorted(edges)) if not stood(tariff, visit, begins))


def cut(tariff: Tariff, at: datetime) -> int:
    """An instant in seconds, without those of its minute unless they count."""
    seconds = seconds_of(at)
    return seconds if tariff.seconds == "exact" else seconds - seconds % MINUTE


def fits(who: Match, asked: Asked) -> bool:
    """Whether vehicle and visit fit everything that is asked."""
    vehicle, visit = asked.visit.vehicle, asked.visit
    facts = vehicle.facts
    return all(
        (
            not who.kinds or vehicle.kind in who.kinds,
            not who.colors or vehicle.color in who.colors,
            who.new_energy is None or vehicle.new_energy == who.new_energy,
            not who.tags or any(tag in vehicle.tags for tag in who.tags),
            all(fact in facts and facts[fact] >= least for fact, least in who.at_least.items()),
            all(fact in facts and facts[fact] <= most for fact, most in who.at_most.items()),
            not who.coupons or any(code in visit.coupons for code in who.coupons),
            not who.paid_by or visit.paid_by in who.paid_by,
            not who.over_min or ran(asked) > who.over_min * MINUTE,
            not who.entered or entered_in(asked, who.entered),
            not who.left or (left_in_first(asked, who.left) if who.leaving == "first" else left_in(asked, who.left)),
        )
    )


def entered_in(asked: Asked, hours: Sequence[DayHours]) -> bool:
    """Whether the visit began in one of these hours, the first instant of them included."""
    days, shown = DaySets(asked.tariff), shown_at(asked.tariff, asked.entered)
    return any(occurrence(each, shown, days) for each in hours)


def left_in(asked: Asked, hours: Sequence[DayHours]) -> bool:
    """Whether the last second of the visit lay in one of these hours, so the first instant of them is not included."""
    days, shown = DaySets(asked.tariff), shown_at(asked.tariff, asked.left - 1)
    return any(occurrence(each, shown, days) for each in hours)


def left_in_first(asked: Asked, hours: Sequence[DayHours]) -> bool:
    """Whether the visit ended in the first occurrence that was not over when it began."""
    found = []
    for each in hours:
        for begins, ends in _occurrences(asked, each):
            if ends > asked.entered:
                found.append((max(begins, asked.entered), begins, ends))
    earliest = min((since for since, _, _ in found), default=0)
    return any(since == earliest and begins < asked.left <= ends for since, begins, ends in found)


def _occurrences(asked: Asked, hours: DayHours) -> Iterator[tuple[int, int]]:
    """Where the hours begin and end, from the day before the entry to the day of the exit."""
    tariff, days = asked.tariff, DaySets(asked.tariff)
    day = date_of(tariff, asked.entered) - _ONE_DAY
    while day <= date_of(tariff, asked.left):
        if days.holds(hours.days, day):
            until = day if minutes_of(hours.to) > minutes_of(hours.from_) else day + _ONE_DAY
            yield begins_at(tariff, day, hours.from_), begins_at(tariff, until, hours.to)
        day += _ONE_DAY


def discount_fits(discount: Discount, asked: Asked) -> bool:
    """Whether a visit has a discount."""
    visit = asked.visit
    return (
        fits(discount.who, asked)
        and (not discount.paid_by or visit.paid_by in discount.paid_by)
        and (not discount.coupon or discount.code in visit.coupons)
    )


@dataclass(slots=True)
class Prices:
    """What the vehicle of a visit pays: tiers by band, caps by code, and its free period."""

    tiers: dict[str, tuple[Tier, ...]]
    caps: dict[str, int]
    free: Free


def prices(asked: Asked) -> Prices:
    """The prices of the first class that fits, or those of the document as they stand."""
    tariff, visit = asked.tariff, asked.visit
    rule = next((each for each in tariff.classes if fits(each.who, asked)), None)
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
