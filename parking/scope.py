"""Which lots staff may see, and which of them they named."""

from parking.commands import UnknownLane
from parking.lots import Lot, UnknownLot
from parking.network import Network
from payments.identity import Audience, NotYours, Principal


def lots_of(principal: Principal, network: Network) -> list[int] | None:
    """The lots staff may see: that of their booth, those of their operator, or all (None)."""
    lots = network.lots.values()
    if principal.audience is Audience.BOOTH:
        return [lot.id for lot in lots if (lot.id, lot.operator_id) == (principal.lot_id, principal.operator_id)]
    if principal.operator_id is None:
        return None
    return [lot.id for lot in lots if lot.operator_id == principal.operator_id]


def lots_named(principal: Principal, network: Network, code: str | None) -> list[int] | None:
    """Of these the one that was named, if one was.

    Raises:
        UnknownLot: none has this code.
        NotYours: it is not among the caller's.
    """
    may = lots_of(principal, network)
    if code is None:
        return may
    lot = network.lots_by_code.get(code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", field="lot")
    if may is not None and lot.id not in may:
        raise NotYours("This lot is not yours.", field="lot")
    return [lot.id]


def served_lot(principal: Principal, network: Network, code: str | None) -> Lot:
    """The lot that a gateway names, or its own if it names none.

    Raises:
        UnknownLot: none has this code.
        NotYours: it does not serve it.
    """
    gateway = network.gateways[principal.id]
    lot = network.lots[gateway.lot_id] if code is None else network.lots_by_code.get(code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", field="lot")
    if lot.id not in gateway.lots:
        raise NotYours("This gateway does not serve the lot.", field="lot")
    return lot


def lots_at(
    principal: Principal, network: Network, lot: str | None, lane: str | None
) -> tuple[list[int] | None, int | None]:
    """As `lots_named`, and the number of the lane that was named, if one was; its lot is named with it.

    Raises:
        UnknownLot, NotYours: as there.
        UnknownLane: none of these lots has a lane of this code.
    """
    lot_ids = lots_named(principal, network, lot)
    if lane is None:
        return lot_ids, None
    found = network.lanes.get(lane)
    if found is None or (lot_ids is not None and found.lot_id not in lot_ids):
        raise UnknownLane("No lane of yours has this code.", field="lane")
    return [found.lot_id], found.id
