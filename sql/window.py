"""From when on invariants compare row with row."""

from datetime import datetime

import sql

_WINDOW = sql.load("window")


async def begin_at(db: sql.Connection, since: datetime) -> None:
    """Until the transaction ends, invariants compare what was made `since` (aware) or later."""
    await db.execute(_WINDOW["begin_at"], since)
