"""Which lots staff may see."""

from parking.api.dependencies import Network
from parking.lots import UnknownLot
from payments.api.dependencies import Principal
from payments.identity import Audience, NotYours


def lots_of(principal: Principal, network: Network) -> list[int] | None:
    """The lots staff may see: that of their booth, those of their operator, or all (None)."""
    lots = network.snapshot.lots.values()
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
    lot = network.snapshot.lots_by_code.get(code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", field="lot")
    if may is not None and lot.id not in may:
        raise NotYours("This lot is not yours.", field="lot")
    return [lot.id]
