"""A single stay, and whether its vehicle may leave now."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.barrier import Command, Decision, Payment, decide_fee
from parking.stays import UnknownStay
from parking.store import stays as store
from parking.store.stays import StayRow
from payments.charges import ChargeState, charge_id
from payments.store import charges as charge_store


class StayNow(Struct, frozen=True):
    """A stay and what its barrier may do now."""

    stay_id: UUID
    state: str
    entered_at: datetime | None
    left_at: datetime | None
    gate: Command
    fee_fen: int | None
    payment: Payment | None
    charge_reference: UUID | None
    charge_state: ChargeState | None


async def stay_by_id(db: sql.Connection, *, lot_id: int, stay_id: UUID) -> StayNow:
    """A stay of the lot, by a number that it has or once had.

    Raises:
        UnknownStay: the lot has no stay of this id.
    """
    row = await store.stay_by_id(db, lot_id, stay_id)
    if row is None:
        raise UnknownStay("This lot has no stay of this id.", stay_id=str(stay_id))
    key = charge_id(row.id, row.account_id)
    charge = (await charge_store.charges_by_id(db, [key])).get(key) if row.fee_fen else None
    decision = _decision(row, charge.state if charge else None)
    return StayNow(
        stay_id=row.id,
        state=row.state,
        entered_at=row.entered_at,
        left_at=row.left_at,
        gate=decision.gate,
        fee_fen=row.fee_fen,
        payment=decision.payment,
        charge_reference=charge.reference if charge else None,
        charge_state=charge.state if charge else None,
    )


def _decision(row: StayRow, charge: ChargeState | None) -> Decision:
    if row.state == "open":
        return Decision(Command.NONE)
    if row.state != "closed":
        return Decision(Command.HOLD if row.let_out is None else Command.OPEN)
    settled = charge is not ChargeState.DUE or row.let_out is not None
    return decide_fee(row.fee_fen or 0, row.account_id, settled=settled)
