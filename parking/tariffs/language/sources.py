"""What the words of a document ask of a visit, and where that comes from when a stay is priced.

What nothing feeds is never applied: a document that asks for it promises what will not be. `parking/entitlements.py`
gathers what is known; the publication check (`lint/unfed.py`) refuses the rest.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Tariff


class Source(StrEnum):
    """Where it comes from: the events of the visit themselves with the plate in them, what is registered of the vehicle
    (tags, facts, bays), passes, coupons that are handed in, sessions of charging, bookings, or who pays. nest: stays in
    lots inside or around, which no document asks for: the lots themselves do.
    """

    EVENTS = "events"
    REGISTER = "register"
    PASSES = "passes"
    COUPONS = "coupons"
    CHARGING = "charging"
    BOOKINGS = "bookings"
    PAYER = "payer"
    NEST = "nest"


class Asked(NamedTuple):
    """Something that a document asks for, and where in it."""

    path: str
    source: Source


# Of each field of `who`; the engine asks for nothing of a visit but by these and by those of `OF_PARTS`.
OF_WHO = {
    "kinds": Source.EVENTS,
    "colors": Source.EVENTS,
    "new_energy": Source.EVENTS,
    "entered": Source.EVENTS,
    "left": Source.EVENTS,
    "leaving": Source.EVENTS,
    "over_min": Source.EVENTS,
    "tags": Source.REGISTER,
    "at_least": Source.REGISTER,
    "at_most": Source.REGISTER,
    "coupons": Source.COUPONS,
    "paid_by": Source.PAYER,
}
# Of parts and their fields. A part without a field asks by being there.
OF_PARTS = {
    ("classes", "per_bay"): Source.REGISTER,
    ("surcharges", "per_bay"): Source.REGISTER,
    ("discounts", "coupon"): Source.COUPONS,
    ("discounts", "paid_by"): Source.PAYER,
    ("passes", ""): Source.PASSES,
    ("charging", ""): Source.CHARGING,
    ("overstay", ""): Source.CHARGING,
    ("booking", ""): Source.BOOKINGS,
}
# What is gathered when a stay is priced.
FED = frozenset(Source) - {Source.NEST}
WITH_WHO = ("quotas", "classes", "caps", "discounts", "surcharges", "passes", "exempt")
_NOBODY_SAYS = Match()


def asked_by(text: Tariff) -> Iterator[Asked]:
    """What a document asks for, with the places in it."""
    for part in WITH_WHO:
        for index, rule in enumerate(getattr(text, part)):
            if rule.who != _NOBODY_SAYS:
                yield from _asked_by_who(rule.who, f"$.{part}[{index}].who")
    for (part, field), source in OF_PARTS.items():
        found = getattr(text, part)
        if isinstance(found, tuple):
            yield from (
                Asked(f"$.{part}[{index}]{field and '.'}{field}", source)
                for index, rule in enumerate(found)
                if not field or getattr(rule, field)
            )
        elif found is not None:
            yield Asked(f"$.{part}", source)


def _asked_by_who(who: Match, path: str) -> Iterator[Asked]:
    for field, source in OF_WHO.items():
        if getattr(who, field) != getattr(_NOBODY_SAYS, field):
            yield Asked(f"{path}.{field}", source)


def sources_of(text: Tariff) -> frozenset[Source]:
    """Where the things come from that a document asks for, beyond the events themselves."""
    return frozenset(asked.source for asked in asked_by(text)) - {Source.EVENTS}
