"""A visit as the engine computed it, in numbers: what the explanation and the fee are made of."""

from msgspec import Struct

from parking.tariffs.covering import Cover, Stay
from parking.tariffs.document import Discount
from parking.tariffs.metering import Units
from parking.tariffs.visits import LineKind, Use


class Step(Struct, frozen=True, gc=False):
    """One of the last steps: what it is, its place in the document, how often or how much, and what it changes.

    starts: since when, if not since the entry.
    """

    kind: LineKind
    rule: str
    units: int
    unit_fen: int
    amount_fen: int
    starts: int = 0


class Sum(Struct, frozen=True, gc=False):
    """A visit computed: its stay, everything that stands on its bill, and the fee.

    stay: what more steps may follow for; None where nothing is charged whatever follows. amounts: the discounts that
    paid the first units; crossed: a short time over several bands had one price.
    """

    starts: int
    ends: int
    of_class: int
    covers: list[Cover]
    units: list[Units]
    steps: list[Step]
    fee_fen: int
    uses: list[Use]
    stay: Stay | None = None
    amounts: tuple[Discount, ...] = ()
    crossed: bool = False


def without_units(starts: int, ends: int, steps: list[Step]) -> Sum:
    """Steps alone: of a time in which nothing was metered, or those that follow the parts of a split stay."""
    return Sum(starts, ends, -1, [], [], steps, 0, [])
