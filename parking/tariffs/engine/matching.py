"""Whom a rule means: the vehicle as it is, and the visit by how it came, went and was paid."""

from collections.abc import Sequence

from parking.tariffs.engine.calendar import Calendar, Interval, within
from parking.tariffs.engine.quote import Vehicle, Visit
from parking.tariffs.language.conditions import DayHours, Match


def matches(who: Match, vehicle: Vehicle) -> bool:
    """Whether a vehicle is one of those meant."""
    known = vehicle.facts
    return (
        (not who.kinds or vehicle.kind in who.kinds)
        and (who.new_energy is None or vehicle.new_energy is who.new_energy)
        and (not who.colors or vehicle.color in who.colors)
        and (not who.tags or not vehicle.tags.isdisjoint(who.tags))
        and (not who.at_least or all(fact in known and known[fact] >= least for fact, least in who.at_least.items()))
        and (not who.at_most or all(fact in known and known[fact] <= most for fact, most in who.at_most.items()))
    )


def asks_visit(who: Match) -> bool:
    """Whether a rule looks at the visit and not at the vehicle alone."""
    return bool(who.coupons or who.paid_by or who.entered or who.left or who.over_min)


def is_meant(who: Match, visit: Visit, whole: Interval, calendar: Calendar, length: int) -> bool:
    """Whether a visit meets the conditions on visits, whatever its vehicle. length: for how many seconds its clock ran,
    which `over_min` alone asks for.
    """
    entered, left = whole
    return (
        (not who.coupons or not set(who.coupons).isdisjoint(visit.coupons))
        and (not who.paid_by or visit.paid_by in who.paid_by)
        and (not who.over_min or length > who.over_min * 60)
        and is_within(who.entered, entered, calendar)
        and has_left(who.left, entered, left, calendar, only_first=who.leaving == "first")
    )


def is_within(hours: Sequence[DayHours], at: int, calendar: Calendar) -> bool:
    """Whether an instant lies in any of these daily hours; always if there are none."""
    return not hours or bool(within(hours, at, at + 1, calendar))


def has_left(hours: Sequence[DayHours], entered: int, left: int, calendar: Calendar, *, only_first: bool) -> bool:
    """Whether an exit lies in any of these daily hours, whose last instant belongs to them and whose first does not.

    only_first: in the first of them that were not over at the entry.
    """
    if not only_first or not hours:
        return is_within(hours, left - 1, calendar)
    parts = within(hours, entered, left, calendar)
    return any(begins == parts[0][0] and until == left for begins, until in parts)
