"""A connection on which nothing guards the tables, so that a test can plant what the service could never write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sql

_ALWAYS = """
select format('alter table %s disable trigger %I', tgrelid::regclass, tgname)
  from pg_trigger where tgenabled = 'A' and not tgisinternal
"""


@asynccontextmanager
async def unguarded(owner: sql.Connection, **options: Any) -> AsyncIterator[sql.Connection]:
    """The owner's connection without triggers and foreign keys, in a transaction that is thrown away.

    options: of the transaction, as asyncpg takes them.
    """
    transaction = owner.transaction(**options)
    await transaction.start()
    try:
        await owner.execute("set local session_replication_role = replica")
        for row in await owner.fetch(_ALWAYS):
            await owner.execute(row[0])
        yield owner
    finally:
        await transaction.rollback()
