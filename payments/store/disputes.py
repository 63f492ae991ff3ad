"""Disputes in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments import ids
from payments.disputes import Dispute, DisputeState, Resolution
from sql import Connection

_DISPUTES = sql.load("payments/disputes")


async def insert_dispute(db: Connection, dispute: Dispute) -> bool:
    """Puts something before a person; says whether it is new."""
    d = dispute
    key = (d.shard, d.id, d.kind, d.payable, d.payable_id, d.attempt_id, d.refund_id, d.operator_id)
    done = await db.execute(_DISPUTES["insert_dispute"], *key, d.channel, d.asked_fen, d.said, d.held_fen, d.opened_at)
    return str(done) == "INSERT 0 1"


async def dispute_by_id(db: Connection, dispute_id: UUID) -> Dispute | None:
    return await sql.one(db, Dispute, _DISPUTES["dispute_by_id"], ids.shard_of(dispute_id), dispute_id)


async def lock_dispute(db: Connection, dispute_id: UUID) -> Dispute:
    """A dispute that exists, and nobody else resolves it until the transaction ends."""
    found = await sql.one(db, Dispute, _DISPUTES["lock_dispute"], ids.shard_of(dispute_id), dispute_id)
    assert found is not None
    return found


async def disputes_page(
    db: Connection, *, operator_id: int | None, state: DisputeState, after: UUID, limit: int
) -> Sequence[Dispute]:
    """Disputes of an operator (None: of all), by identifier from after one on."""
    return await sql.every(db, Dispute, _DISPUTES["disputes_page"], operator_id, state, after, limit)


async def hold(db: Connection, dispute: Dispute, amount_fen: int) -> None:
    """Money of it lies in suspense now."""
    await db.execute(_DISPUTES["hold"], dispute.shard, dispute.id, amount_fen)


async def resolve(
    db: Connection, dispute: Dispute, resolution: Resolution, *, by: str, note: str, now: datetime
) -> None:
    """Somebody looked at it."""
    await db.execute(_DISPUTES["resolve"], dispute.shard, dispute.id, resolution, by, note, now)
