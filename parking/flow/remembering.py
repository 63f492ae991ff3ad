"""What the vehicles of a batch used in other lots, read only for lots whose price asks for it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking import fees
from parking.fees import Bill
from parking.matching import NumberPlate
from parking.network import Network
from parking.passings import Passing
from parking.stays import Stay
from parking.store import events as store
from parking.tariffs import Past
from parking.tariffs.engine.memory import scope_of


class Elsewhere(Struct):
    """What plates used and where, by plate; it moves along with the batch as stays close."""

    used: dict[NumberPlate, list[tuple[int, Past]]]
    network: Network

    def pasts(self, seen_from: int, plate: NumberPlate) -> list[Past]:
        """What a vehicle used in other lots than this one (by number)."""
        if not self.network.prices[seen_from].is_wide:
            return []
        return [
            structs.replace(past, place=scope_of(self._operator_of(lot_id), self.network.lots[seen_from].operator_id))
            for lot_id, past in self.used.get(plate, ())
            if lot_id != seen_from
        ]

    def note(self, closed: Stay, bill: Bill) -> None:
        """A stay of the batch closed; what follows in the batch remembers it."""
        used = self.used.get((closed.plate, closed.plate_color))
        if used is not None:
            used += [(closed.lot_id, past) for past in fees.pasts_of([closed], {closed.id: bill})]

    def _operator_of(self, lot_id: int) -> int | None:
        lot = self.network.lots.get(lot_id)
        return None if lot is None else lot.operator_id


async def read_elsewhere(
    db: sql.Connection, asking: Sequence[tuple[Passing, datetime]], network: Network, made: tuple[UUID, UUID]
) -> Elsewhere:
    """What the vehicles of passings used anywhere, each since an instant, in stays with identifiers of that range.

    Holds their plates until the transaction ends: two lots never draw on what one vehicle has left at the same time.
    """
    used: dict[NumberPlate, list[tuple[int, Past]]] = {(p.plate, p.plate_color): [] for p, _ in asking}
    await store.lock_plates(db, list(used))
    for lot_id, plate, past in await store.uses_of(db, list(used), min(since for _, since in asking), made):
        used[plate].append((lot_id, past))
    return Elsewhere(used, network)
