"""Lifts that staff look up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.flow.derivation import RandomBits
from parking.lifts import Lift
from parking.store import lifts as store
from payments import ids
from payments.flow import audit as audit_flow
from payments.identity import Principal


async def find_lifts(
    db: sql.Connection,
    lot_ids: Sequence[int],
    *,
    since: datetime,
    after: UUID,
    without_money: bool,
    shift_id: UUID | None = None,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[Lift]:
    """Lifts of lots since an instant. They show plates: who read is kept."""
    found = await store.lifts(
        db,
        lot_ids,
        after=after,
        since=ids.floor(since),
        without_money=without_money,
        limit=limit,
        shift_id=shift_id,
    )
    await audit_flow.record_look(db, subject="lifts", rows=len(found), reader=reader, now=now, random_bits=random_bits)
    return found
