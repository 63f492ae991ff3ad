"""A visit that begins soon after an earlier one ended is priced as one with it, less what that one cost."""

from collections.abc import Callable, Sequence

import msgspec

from parking.tariffs.engine.quote import Past, Use, Visit
from parking.tariffs.language.document import Tariff
from tests.parking.tariffs.oracle import remembered
from tests.parking.tariffs.oracle.instants import bounds
from tests.parking.tariffs.oracle.ticks import MINUTE

Owed = tuple[int, tuple[Use, ...]]
_RULE = "rejoin"


def counted_on(
    tariff: Tariff, visit: Visit, pasts: Sequence[Past], price: Callable[[Visit, Sequence[Past]], Owed]
) -> Owed:
    """What a visit costs, counted on from an earlier one if there is one, and what it leaves."""
    if not tariff.rejoin_min:
        return price(visit, pasts)
    last = earlier_visit(tariff, visit, pasts)
    if last is None:
        fen, uses = price(visit, pasts)
        return fen, (*uses, Use(_RULE, remembered.instant(bounds(tariff, visit)[0]), fen))
    paid = _rejoin(last)
    before = [past for past in pasts if past.place == "lot" and any(_same(use, paid) for use in past.uses)]
    whole = msgspec.structs.replace(visit, entered_at=paid.at, left_at=max(paid.at, visit.left_at))
    fen, uses = price(whole, [past for past in pasts if past not in before])
    more = max(0, fen - paid.amount)
    had = [use for past in before for use in past.uses]
    return more, (*_less(uses, had), Use(_RULE, paid.at, paid.amount + more))


def earlier_visit(tariff: Tariff, visit: Visit, pasts: Sequence[Past]) -> Past | None:
    """The visit that this one is counted on from: of those that ended soon enough before it, the last."""
    if not tariff.rejoin_min:
        return None
    entered, _ = bounds(tariff, visit)
    found = [
        past
        for past in pasts
        if past.place == "lot"
        and past.entered_at < visit.entered_at
        and any(use.rule == _RULE for use in past.uses)
        and 0 <= entered - _left(tariff, past) <= tariff.rejoin_min * MINUTE
    ]
    return max(found, key=lambda past: _left(tariff, past), default=None)


def _left(tariff: Tariff, past: Past) -> int:
    return bounds(tariff, Visit(past.entered_at, past.left_at))[1]


def _rejoin(past: Past) -> Use:
    return next(use for use in past.uses if use.rule == _RULE)


def _same(one: Use, other: Use) -> bool:
    return (one.rule, one.at) == (other.rule, other.at)


def _less(uses: Sequence[Use], had: Sequence[Use]) -> list[Use]:
    """The uses of the whole without those that the earlier visits left under the same rule and instant."""
    left: list[Use] = []
    for place, use in enumerate(uses):
        known = sum(each.amount for each in had if _same(each, use))
        before = sum(each.amount for each in uses[:place] if _same(each, use))
        amount = use.amount - max(0, known - before)
        if amount > 0:
            left.append(Use(use.rule, use.at, amount))
    return left
