"""Events in review, and what could not be taken as an event."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.cases import RefusedCount, RefusedEvent, Review, ReviewState

_SQL = sql.load("parking/cases")


async def open_reviews(
    db: sql.Connection, *, lot_ids: Sequence[int] | None, after: UUID, limit: int
) -> Sequence[Review]:
    """Unresolved reviews of the lots (None: of all), the oldest first, from after a review's id on."""
    return await sql.every(db, Review, _SQL["open_reviews"], lot_ids, after, limit)


async def review_state(db: sql.Connection, lot_id: int, review_id: UUID) -> ReviewState | None:
    return await sql.one(db, ReviewState, _SQL["review_state"], lot_id, review_id)


async def resolve_review(
    db: sql.Connection, lot_id: int, review_id: UUID, *, by: str, note: str, now: datetime
) -> bool:
    """Marks a review as resolved; returns whether this call did."""
    return await db.fetchval(_SQL["resolve_review"], lot_id, review_id, now, by, note) is not None


async def refused_events(
    db: sql.Connection, *, lot_ids: Sequence[int] | None, after: UUID, limit: int
) -> Sequence[RefusedEvent]:
    """What was refused at the lots (None: at all), the oldest first."""
    return await sql.every(db, RefusedEvent, _SQL["refused_events"], lot_ids, after, limit)


async def refused_counts(db: sql.Connection, *, lot_ids: Sequence[int] | None, above: int) -> Sequence[RefusedCount]:
    """The gateways of the lots (None: of all) that had more than `above` events refused on their last such day."""
    return await sql.every(db, RefusedCount, _SQL["refused_counts"], lot_ids, above)
