"""The fee of a visit with its lines, by the tariffs that price it."""

from collections.abc import Sequence

from msgspec import structs

from parking.tariffs.bill.itemise import itemise
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.price import calculate
from parking.tariffs.engine.quote import Fee, FeeLine, Past, Use, Visit
from parking.tariffs.engine.rejoining import uses_of
from parking.tariffs.engine.versions import InForce, calculate_split, is_split


def price(in_force: Sequence[InForce], visit: Visit, pasts: Sequence[Past] = ()) -> Fee:
    """The fee of a visit with its lines. `pasts` are the vehicle's earlier visits; later ones are ignored.

    in_force: the tariff in force at the entry, whatever its instant, then those that the visit is split by, each since
    when: in order of time, before it ends.

    Raises:
        StayNotPriceable: the visit ends before it begins, is longer than STAY_DAYS_MAX, or cannot have been.
    """
    first = in_force[0][1]
    if not is_split(in_force, visit, pasts):
        calculation = calculate(first, visit, pasts)
        return Fee(calculation.fee_fen, itemise(first, calculation), calculation.uses)
    lines: list[FeeLine] = []
    uses: list[Use] = []
    fee_fen = 0
    for tariff, part in calculate_split(in_force, visit, pasts):
        lines += [structs.replace(line, running_fen=line.running_fen + fee_fen) for line in itemise(tariff, part)]
        fee_fen += part.fee_fen
        uses += part.uses
    left = uses_of(first, None, visit, fee_fen, uses) if first.tariff.rejoin_min else tuple(uses)
    return Fee(fee_fen, lines, left)


def price_sequence(tariff: Compiled, visits: Sequence[Visit]) -> list[Fee]:
    """The fees of one vehicle's visits to one lot, each remembering those that entered before it; in the order given.

    Raises as `price`.
    """
    fees: dict[int, Fee] = {}
    pasts: list[Past] = []
    for place in sorted(range(len(visits)), key=lambda place: visits[place].entered_at):
        visit = visits[place]
        fee = fees[place] = price([(visit.entered_at, tariff)], visit, pasts)
        pasts.append(Past(visit.entered_at, visit.left_at, fee.uses))
    return [fees[place] for place in range(len(visits))]
