"""A stay during which the price changes: priced by the version it entered under, or split where the next begins."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from parking.tariffs.compiled import Compiled
from parking.tariffs.covering import covered
from parking.tariffs.discounts import NONE, Fitting, choices
from parking.tariffs.lines import explain
from parking.tariffs.pricing import bounds, charged, last_steps, price, stay_of
from parking.tariffs.sums import without_units
from parking.tariffs.visits import Fee, FeeLine, Past, Use, Visit


class Version(Struct, frozen=True):
    """A price text made ready, and since when it holds."""

    valid_from: datetime
    tariff: Compiled


def price_versions(versions: Sequence[tuple[datetime, Compiled]], visit: Visit, pasts: Sequence[Past] = ()) -> Fee:
    """The fee of a visit by the versions of a price, in order of time; the first holds for whatever is earlier as well.

    Raises as `pricing.price`; `versions` has at least one.
    """
    held = [Version(*one) for one in versions]
    at = max((i for i, one in enumerate(held) if one.valid_from <= visit.entered_at), default=0)
    later = [one for one in held[at + 1 :] if one.valid_from < visit.left_at]
    first = held[at].tariff
    if first.tariff.on_change == "at_entry" or not later or _is_free(first, visit, pasts):
        return price(first, visit, pasts)
    begins = [visit.entered_at, *[one.valid_from for one in later]]
    parts = list(zip([first, *[one.tariff for one in later]], begins, [*begins[1:], visit.left_at], strict=True))
    found = [_joined(parts, visit, pasts, discounts) for discounts in choices(first.tariff, visit)]
    return min(found, key=lambda fee: fee.fee_fen)


def _is_free(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> bool:
    """Whether the free period of the first version makes the whole stay free."""
    stay = stay_of(tariff, visit, pasts)
    return stay is None or covered(tariff, stay, ()).is_free


def _joined(
    parts: Sequence[tuple[Compiled, datetime, datetime]], visit: Visit, pasts: Sequence[Past], discounts: Fitting
) -> Fee:
    """The parts of a stay, each by its own version, and the last steps of the whole by the first."""
    lines: list[FeeLine] = []
    uses: list[Use] = []
    known = list(pasts)
    fee_fen = 0
    first = parts[0][0]
    whole = bounds(first.tariff, visit)
    for tariff, begins, ends in parts:
        is_first = begins == visit.entered_at
        part = structs.replace(visit, entered_at=begins, left_at=ends, continued=visit.continued or not is_first)
        found = charged(tariff, part, known, discounts if is_first else NONE, whole)
        lines += [structs.replace(line, running_fen=line.running_fen + fee_fen) for line in explain(tariff, found)]
        fee_fen += found.fee_fen
        uses += found.uses
        known.append(Past(begins, ends, tuple(found.uses)))
    stay = stay_of(first, visit, pasts)
    is_exempt = first.exemption_of(visit.vehicle) is not None
    steps = [] if stay is None or is_exempt else last_steps(first, stay, discounts, pasts, fee_fen)
    if steps:
        last = explain(first, without_units(*whole, steps))
        lines += [structs.replace(line, running_fen=line.running_fen + fee_fen) for line in last]
    return Fee(fee_fen + sum([step.amount_fen for step in steps]), lines, tuple(uses))
