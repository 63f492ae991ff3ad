"""A vehicle's past stays priced in order of time, each with what the earlier ones used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from parking.prices import NoTariff
from parking.tariffs import Compiled, Past, Tariff, Visit, calculate
from parking.tariffs.engine.memory import is_wide, memory_of, scope_of


def lead_of(tariffs: Iterable[Tariff]) -> timedelta:
    """How long before a period stays are read: twice the memory, since earlier uses depend on those before them."""
    return 2 * max(map(memory_of, tariffs), default=timedelta(0))


class History:
    """Prices the stays of one vehicle after the other, each remembering the vehicle's earlier ones.

    tariffs: by lot. operators: by lot; lots of one operator are recognised by it.
    """

    __slots__ = ("_everywhere", "_here", "_memory", "_operators", "_rejoin", "_tariffs", "_wide")

    def __init__(self, tariffs: Mapping[int, Compiled], operators: Mapping[int, int]) -> None:
        self._tariffs = tariffs
        self._operators = operators
        # One tariff may be in force at thousands of lots.
        texts = {id(each): each.tariff for each in tariffs.values()}.values()
        self._memory = max(map(memory_of, texts), default=timedelta(0))
        self._rejoin = timedelta(minutes=max((text.rejoin_min for text in texts), default=0))
        self._wide = any(map(is_wide, texts))
        self._here: dict[int, list[Past]] = {}
        self._everywhere: list[tuple[int, Past]] = []

    def clear(self) -> None:
        """Forgets all stays: another vehicle follows."""
        if self._here:
            self._here = {}
            self._everywhere = []

    def fee_of(self, lot_id: int, visit: Visit) -> int:
        """The fee of the vehicle's next visit, in fen.

        Raises:
            NoTariff: none of the tariffs is the lot's.
            StayNotPriceable: it ends before it begins or is too long.
        """
        tariff = self._tariffs.get(lot_id)
        if tariff is None:
            raise NoTariff("No tariff is in force at this lot.", lot_id=lot_id)
        if not tariff.remembers:
            return calculate(tariff, visit).fee_fen
        here = self._here.get(lot_id)
        if here is None:
            here = self._here[lot_id] = []
        elif here and here[0].left_at < visit.entered_at - self._memory:
            since = self._since(visit, here)
            here[:] = [past for past in here if past.left_at >= since]
        calculation = calculate(tariff, visit, self._seen_from(lot_id, visit) if self._wide else here)
        if calculation.uses:
            past = Past(visit.entered_at, visit.left_at, calculation.uses)
            here.append(past)
            if self._wide:
                self._everywhere.append((lot_id, past))
        return calculation.fee_fen

    def _seen_from(self, lot_id: int, visit: Visit) -> list[Past]:
        operator_id = self._operators[lot_id]
        since = self._since(visit, [past for _, past in self._everywhere])
        self._everywhere = [each for each in self._everywhere if each[1].left_at >= since]
        return [
            past if lot == lot_id else structs.replace(past, place=scope_of(self._operators[lot], operator_id))
            for lot, past in self._everywhere
        ]

    def _since(self, visit: Visit, pasts: Sequence[Past]) -> datetime:
        """Since when uses bear on a visit: one that goes on after a pause remembers from where it began."""
        began = visit.entered_at
        for past in reversed(pasts):
            if past.left_at < began - self._rejoin:
                break
            began = min(began, past.entered_at)
        return began - self._memory
