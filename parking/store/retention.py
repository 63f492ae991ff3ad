"""What has been kept long enough: whole months of events, reviews and stays, never anything of the books."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from asyncpg import LockNotAvailableError

import sql

_SQL = sql.load("parking/retention")


async def drop_expired(db: sql.Connection, now: datetime) -> Sequence[str]:
    """Drops the months that need not be kept any more at `now`; their names. `db` is outside any transaction.

    A table that is busy is left out: the next round is early enough for it.
    """
    dropped: list[str] = []
    for table in await db.fetch(_SQL["tables_that_expire"]):
        with suppress(LockNotAvailableError):
            dropped += [row["dropped"] for row in await db.fetch(_SQL["drop_expired"], table["name"], now)]
    return dropped
