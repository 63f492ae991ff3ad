"""What has been kept long enough: whole months of events, cases and stays, and people's data in rows that stay.

Nothing of the books is ever dropped.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from asyncpg import LockNotAvailableError

import sql

_SQL = sql.load("parking/retention")
# Times and place of charges, what channels knew payers by, and plates in the audit log.
THINGS_FORGOTTEN = ("charge", "payer", "audit")


async def drop_expired(db: sql.Connection, now: datetime) -> Sequence[str]:
    """Drops the months that need not be kept any more at `now`; their names. `db` is outside any transaction.

    A table that is busy is left out: the next round is early enough for it.
    """
    dropped: list[str] = []
    for table in await db.fetch(_SQL["tables_that_expire"]):
        with suppress(LockNotAvailableError):
            dropped += [row["dropped"] for row in await db.fetch(_SQL["drop_expired"], table["name"], now)]
    return dropped


async def forget_a_day(db: sql.Connection, what: str, now: datetime) -> bool:
    """Forgets a day of what of people has been kept long enough at `now`; tells whether more is left. `what`: see
    `THINGS_FORGOTTEN`.
    """
    more: bool = await db.fetchval(_SQL["forget_a_day"], what, now)
    return more


async def forget_ended_links(db: sql.Connection, now: datetime) -> int:
    """Forgets links of plates that ended so long ago that no exit of their time is recorded any more; how many."""
    forgotten: int = await db.fetchval(_SQL["forget_ended_links"], now)
    return forgotten


async def forget_ended_rights(db: sql.Connection, now: datetime) -> int:
    """Forgets what vehicles were known for that ended long enough ago; how many."""
    forgotten: int = await db.fetchval(_SQL["forget_ended_rights"], now)
    return forgotten


async def forget_closed_accounts(db: sql.Connection, now: datetime) -> int:
    """Forgets what is left of accounts that were closed long enough ago; how many."""
    forgotten: int = await db.fetchval(_SQL["forget_closed_accounts"], now)
    return forgotten
