"""What a person at an operator decides about events in review."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.cases import AlreadyResolved, UnknownReview
from parking.store import cases as store
from payments import ids


async def resolve_review(
    db: sql.Connection, *, review_id: UUID, lot_ids: Sequence[int] | None, by: str, note: str, now: datetime
) -> None:
    """Takes an event out of review, with what a person found. `lot_ids`: the lots they may look at (None: all).

    Raises:
        UnknownReview: there is none of this id among these lots.
        AlreadyResolved: somebody was faster; says who.
    """
    lot_id = ids.shard_of(review_id)
    state = await store.review_state(db, lot_id, review_id)
    if state is None or (lot_ids is not None and lot_id not in lot_ids):
        raise UnknownReview("No review has this id.", review_id=str(review_id))
    if not await store.resolve_review(db, lot_id, review_id, by=by, note=note, now=now):
        raise AlreadyResolved(
            "This review is resolved already.", resolved_by=state.resolved_by, resolved_at=state.resolved_at
        )
