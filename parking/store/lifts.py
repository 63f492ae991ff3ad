"""Lifts as PostgreSQL has them."""

from collections.abc import Sequence
from uuid import UUID

import sql
from parking.lifts import Lift

_SQL = sql.load("parking/lifts")


async def lifts(
    db: sql.Connection,
    lot_ids: Sequence[int],
    *,
    after: UUID,
    since: UUID,
    without_money: bool,
    limit: int,
    shift_id: UUID | None = None,
) -> Sequence[Lift]:
    """Lifts of lots from an identifier on, in their order; of one shift, or of all."""
    return await sql.every(db, Lift, _SQL["lifts"], lot_ids, after, since, without_money, limit, shift_id)
