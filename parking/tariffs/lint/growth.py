"""Documents whose fees only grow with the length of the stay, and such documents that bound the fees of others."""

from collections.abc import Iterator

from msgspec import structs

from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Crossing, Tariff

_ANY = Match()


def grows(text: Tariff) -> bool:
    """Whether the units of a shorter stay are the first units of any longer one, so that no fee ever falls.

    It is so unless a rule looks at the end of the stay: short crossings, shared units, and hours of leaving.
    """
    if text.crossing.part_unit == "shared" or text.crossing.short_under_min or text.rejoin_min:
        return False
    whos = [each.who for part in _parts(text) for each in part]
    return not any(cap.left for cap in text.caps) and not any(_asks_end(who) for who in whos)


def bounds(text: Tariff) -> Iterator[Tariff]:
    """Documents that grow, of which one costs at least as much wherever this one does; none if there are none known.

    Short crossings are left out: their own fees are bounded by those of so short a stay.
    """
    if text.crossing.part_unit == "shared" or text.rejoin_min:
        return
    crossing = Crossing(part_unit=text.crossing.part_unit)
    plain = structs.replace(
        text,
        crossing=crossing,
        caps=tuple(cap for cap in text.caps if not cap.left and not _asks(cap.who)),
        discounts=tuple(each for each in text.discounts if not _asks(each.who) and not each.paid_by),
        exempt=tuple(each for each in text.exempt if not _asks(each.who)),
        surcharges=tuple(structs.replace(each, who=_of_vehicle(each.who)) for each in text.surcharges),
    )
    quotas = [plain.quotas, tuple(each for each in plain.quotas if not _asks(each.who))]
    for each in quotas[: 1 + (quotas[0] != quotas[1])]:
        always = tuple(structs.replace(quota, who=_of_vehicle(quota.who)) for quota in each)
        for at in [-1, *[at for at, rule in enumerate(text.classes) if _asks(rule.who)]]:
            classes = tuple(
                structs.replace(rule, who=_of_vehicle(rule.who)) if index == at else rule
                for index, rule in enumerate(text.classes)
                if index == at or not _asks(rule.who)
            )
            yield structs.replace(plain, quotas=always, classes=classes)


def _parts(text: Tariff) -> Iterator[tuple]:  # type: ignore[type-arg]  # parts of every kind that have a `who`
    yield from (text.quotas, text.classes, text.caps, text.discounts, text.exempt, text.surcharges)


def _asks_end(who: Match) -> bool:
    return bool(who.left or who.over_min)


def _asks(who: Match) -> bool:
    """Whether a rule asks for what is not known at the entry."""
    return bool(who.left or who.over_min or who.paid_by or who.coupons)


def _of_vehicle(who: Match) -> Match:
    """The same for any exit, payment and coupon."""
    return structs.replace(who, left=(), leaving="any", over_min=0, paid_by=(), coupons=())
