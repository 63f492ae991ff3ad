"""Refunds in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments import ids
from payments.refunds import UNRESOLVED, Refund, RefundState
from sql import Connection

_REFUNDS = sql.load("payments/refunds")


async def reserve_refund(db: Connection, charge_id: UUID, amount_fen: int) -> None:
    """Takes an amount (negative: gives it back) from what can still be refunded of a charge."""
    await db.execute(_REFUNDS["reserve_refund"], ids.shard_of(charge_id), charge_id, amount_fen)


async def insert_refund(db: Connection, refund: Refund) -> None:
    """Writes a refund before anything is asked of a channel."""
    key = (refund.lot_id, refund.charge_id, refund.id)
    rest = (refund.amount_fen, refund.channel, refund.state, refund.reason, refund.created_at)
    await db.execute(_REFUNDS["insert_refund"], *key, *rest)


async def refund_by_id(db: Connection, charge_id: UUID, refund_id: UUID) -> Refund | None:
    return await sql.one(db, Refund, _REFUNDS["refund_by_id"], ids.shard_of(charge_id), charge_id, refund_id)


async def move_refund(db: Connection, refund: Refund, to: RefundState, *, now: datetime) -> bool:
    """Moves a refund that is not over; says whether this call moved it."""
    key = (refund.lot_id, refund.charge_id, refund.id)
    return str(await db.execute(_REFUNDS["move_refund"], *key, to, UNRESOLVED, now)) == "UPDATE 1"


async def claim_unresolved_refunds(
    db: Connection, *, now: datetime, untouched_since: datetime, limit: int
) -> Sequence[Refund]:
    """Refunds whose end is not known and that nobody has looked at since; they count as looked at from now."""
    return await sql.every(db, Refund, _REFUNDS["claim_unresolved_refunds"], now, untouched_since, limit)
