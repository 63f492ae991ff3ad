"""Charges that are held back, in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments.charges import Charge, ChargeRequest
from payments.holds import HeldCharge
from sql import Connection

_HOLDS = sql.load("payments/holds")
SHAPES = {"held_charges": HeldCharge}


async def insert_holds(db: Connection, held: Mapping[UUID, ChargeRequest], *, now: datetime) -> None:
    """Holds back charges (by their identifiers) that this transaction wrote."""
    requests = held.values()
    await db.execute(_HOLDS["insert_holds"], [r.lot_id for r in requests], list(held), [r.hold for r in requests], now)


async def release_hold(db: Connection, charge: Charge, *, by: str, now: datetime) -> bool:
    """Holds a charge back no longer; says whether it was."""
    return await db.fetchval(_HOLDS["release_hold"], charge.lot_id, charge.id, now, by) is not None


async def held_charges(
    db: Connection, *, operator_id: int | None, lot_id: int | None, after: UUID, limit: int
) -> Sequence[HeldCharge]:
    """The held charges of an operator or a lot (None: of all), the oldest stay first."""
    return await sql.every(db, HeldCharge, _HOLDS["held_charges"], operator_id, lot_id, after, limit)
