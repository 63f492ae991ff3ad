"""Visits that count on from an earlier one, because the vehicle came back soon after it had left."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from parking.tariffs.engine.calendar import instant
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.quote import Past, Use, Visit
from parking.tariffs.language.document import STAY_DAYS_MAX

_RULE = "rejoin"
_STAY_MAX = timedelta(days=STAY_DAYS_MAX)


class Rejoined(Struct, frozen=True):
    """A visit counted on: from the first entry on, what was paid for it before, and what was used and is remembered.

    visit: from the first of the visits to the exit of the last. others: earlier visits that are none of them.
    """

    visit: Visit
    paid_fen: int
    used: tuple[Use, ...]
    others: Sequence[Past]


def rejoined(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> Rejoined | None:
    """The visits that this one counts on from, as one; None if it stands for itself."""
    rejoin_min = tariff.tariff.rejoin_min
    if not rejoin_min or not pasts:
        return None
    entered = tariff.entry_of(visit.entered_at)
    soon = []
    for past in pasts:
        if past.place == "lot" and past.entered_at < visit.entered_at:
            left = max(tariff.entry_of(past.entered_at), tariff.seconds_of(past.left_at))
            if 0 <= entered - left <= rejoin_min * 60:
                soon += [(left, use) for use in past.uses if use.rule == _RULE]
    if not soon:
        return None
    _, last = max(soon, key=lambda each: each[0])
    if visit.left_at - last.at > _STAY_MAX:
        return None
    members = [past for past in pasts if past.place == "lot" and _first_entry(past) == last.at]
    used = tuple(use for past in members for use in past.uses)
    others = [past for past in pasts if past not in members]
    # A first entry that is rounded up may lie after the exit.
    whole = structs.replace(visit, entered_at=last.at, left_at=max(last.at, visit.left_at))
    return Rejoined(whole, last.amount, used, others)


def uses_of(
    tariff: Compiled, rejoined: Rejoined | None, visit: Visit, fee_fen: int, uses: Sequence[Use]
) -> tuple[Use, ...]:
    """What a visit leaves to be remembered, less what those left that it counts on from, and what all have cost."""
    if rejoined is None:
        return (*uses, Use(_RULE, instant(tariff.entry_of(visit.entered_at)), fee_fen))
    known: dict[tuple[str, datetime], int] = {}
    for use in rejoined.used:
        known[use.rule, use.at] = known.get((use.rule, use.at), 0) + use.amount
    more = []
    for use in uses:
        had = min(use.amount, known.get((use.rule, use.at), 0))
        if had:
            known[use.rule, use.at] -= had
        if use.amount > had:
            more.append(structs.replace(use, amount=use.amount - had))
    return (*more, Use(_RULE, rejoined.visit.entered_at, fee_fen + rejoined.paid_fen))


def _first_entry(past: Past) -> datetime | None:
    return next((use.at for use in past.uses if use.rule == _RULE), None)
