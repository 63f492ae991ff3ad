"""A visit as the engine computed it, in numbers: what the fee and its bill are made of."""

from msgspec import Struct

from parking.tariffs.engine.exemptions import ReducedTime, SegmentedStay
from parking.tariffs.engine.metering import Units
from parking.tariffs.engine.quote import LineKind, Use
from parking.tariffs.language.document import Discount


class FinalStep(Struct, frozen=True, gc=False):
    """A final step, or an exemption: its rule, how often or how much, and what it changes.

    starts: since when, if not since the entry.
    """

    kind: LineKind
    rule: str
    units: int
    unit_fen: int
    amount_fen: int
    starts: int = 0


class Calculation(Struct, frozen=True, gc=False):
    """A visit computed: its ends in whole seconds, what stands on its bill, the fee, and what it used.

    stay: None where nothing more can follow, as in an exempt or empty stay. amounts: the discounts that paid the first
    units. is_short_crossing: a short time in several rate periods had one price. is_free: by the free period.
    """

    starts: int
    ends: int
    of_class: int
    reduced: list[ReducedTime]
    units: list[Units]
    steps: list[FinalStep]
    fee_fen: int
    uses: tuple[Use, ...]
    stay: SegmentedStay | None = None
    amounts: tuple[Discount, ...] = ()
    is_short_crossing: bool = False
    is_free: bool = False


def without_units(starts: int, ends: int, steps: list[FinalStep]) -> Calculation:
    """Steps alone: of a time in which nothing was metered, or those that follow the parts of a split stay."""
    return Calculation(starts, ends, -1, [], [], steps, sum([step.amount_fen for step in steps]), ())
