"""Refunds in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments import ids
from payments.refunds import UNRESOLVED, Refund, RefundStep
from sql import Connection

_REFUNDS = sql.load("payments/refunds")


async def reserve_refund(db: Connection, refund: Refund) -> None:
    """Takes the amount of a refund from what can still be refunded of its charge."""
    by_person = refund.adjustment_id is None
    await db.execute(_REFUNDS["reserve_refund"], refund.shard, refund.payable_id, refund.amount_fen, by_person)


async def release_refund(db: Connection, refund: Refund) -> None:
    """Gives the amount of a refund back to what can be refunded of its charge."""
    by_person = refund.adjustment_id is None
    await db.execute(_REFUNDS["release_refund"], refund.shard, refund.payable_id, refund.amount_fen, by_person)


async def insert_refund(db: Connection, refund: Refund) -> None:
    """Writes a refund before anything is asked of a channel."""
    key = (refund.shard, refund.payable_id, refund.id, refund.attempt_id, refund.dispute_id, refund.adjustment_id)
    rest = (refund.amount_fen, refund.channel, refund.state, refund.reason, refund.asked_by)
    at = (refund.created_at, refund.query_at)
    await db.execute(_REFUNDS["insert_refund"], *key, *rest, *at)


async def refund_by_id(db: Connection, payable_id: UUID, refund_id: UUID) -> Refund | None:
    return await sql.one(db, Refund, _REFUNDS["refund_by_id"], ids.shard_of(payable_id), payable_id, refund_id)


async def refunds_of_dispute(db: Connection, payable_id: UUID, dispute_id: UUID) -> Sequence[Refund]:
    """The ways back of the money of a dispute, the oldest first."""
    return await sql.every(db, Refund, _REFUNDS["refunds_of_dispute"], ids.shard_of(payable_id), payable_id, dispute_id)


async def move_refund(db: Connection, refund: Refund, step: RefundStep, *, now: datetime) -> bool:
    """Moves a refund that is not over; says whether this call moved it."""
    key = (refund.shard, refund.payable_id, refund.id)
    to = (step.state, step.code, step.query_at, now)
    return str(await db.execute(_REFUNDS["move_refund"], *key, *to, UNRESOLVED)) == "UPDATE 1"


async def claim_refunds_to_query(
    db: Connection, channels: Sequence[str], *, others: bool = False, now: datetime, again_at: datetime, limit: int
) -> Sequence[Refund]:
    """As `claim_attempts_to_query`."""
    return await sql.every(db, Refund, _REFUNDS["claim_refunds_to_query"], now, again_at, limit, channels, not others)
