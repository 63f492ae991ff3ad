"""A stay that is split where another tariff comes into force. By which tariffs, `parking.prices` says."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import structs

from parking.tariffs.engine.calculation import Calculation, without_units
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.discounts import NONE, StagedDiscounts, alternatives
from parking.tariffs.engine.exemptions import reductions
from parking.tariffs.engine.price import before_final_steps, bounds, final_steps, stay_of
from parking.tariffs.engine.quote import Past, Visit
from parking.tariffs.engine.rejoining import rejoined

# A tariff ready for pricing, and since when it is in force.
InForce: TypeAlias = tuple[datetime, Compiled]
# What a part of a stay costs, and the tariff it is priced by.
Part: TypeAlias = tuple[Compiled, Calculation]


def is_split(in_force: Sequence[InForce], visit: Visit, pasts: Sequence[Past]) -> bool:
    """Whether a visit is priced in parts: not by one tariff alone, and not if the first makes all of it free.

    Raises as `price.calculate`.
    """
    first = in_force[0][1]
    return len(in_force) > 1 and rejoined(first, visit, pasts) is None and not _is_free(first, visit, pasts)


def calculate_split(in_force: Sequence[InForce], visit: Visit, pasts: Sequence[Past]) -> list[Part]:
    """What the parts of a visit cost that is split; their fees add up.

    Raises as `price.calculate`.
    """
    begins = [visit.entered_at, *[since for since, _ in in_force[1:]], visit.left_at]
    parts = list(zip([tariff for _, tariff in in_force], begins, begins[1:], strict=False))
    first = in_force[0][1]
    whole = bounds(first.tariff, visit)
    choices = [_split(parts, visit, pasts, discounts) for discounts in alternatives(first, visit, whole)]
    return min(choices, key=lambda parts: sum([calculation.fee_fen for _, calculation in parts]))


def _is_free(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> bool:
    """Whether the free period of the first tariff makes the whole stay free."""
    stay = stay_of(tariff, visit, pasts)
    return stay is None or reductions(tariff, stay, ()).is_free


def _split(
    parts: Sequence[tuple[Compiled, datetime, datetime]],
    visit: Visit,
    pasts: Sequence[Past],
    discounts: StagedDiscounts,
) -> list[Part]:
    """The parts of a stay, each by its own tariff, and the final steps of the whole by the first."""
    priced: list[Part] = []
    known = list(pasts)
    first = parts[0][0]
    whole = bounds(first.tariff, visit)
    for tariff, begins, ends in parts:
        is_first = begins == visit.entered_at
        part = structs.replace(visit, entered_at=begins, left_at=ends, continued=visit.continued or not is_first)
        calculation = before_final_steps(tariff, part, known, discounts if is_first else NONE, whole)
        priced.append((tariff, calculation))
        known.append(Past(begins, ends, calculation.uses))
    stay = stay_of(first, visit, pasts)
    if stay is None or first.exemption_of(visit, whole) is not None:
        return priced
    fee_fen = sum([calculation.fee_fen for _, calculation in priced])
    if steps := final_steps(first, stay, discounts, pasts, fee_fen):
        priced.append((first, without_units(*whole, steps)))
    return priced
