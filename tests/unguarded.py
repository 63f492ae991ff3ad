"""A connection on which nothing guards the tables, so that a test can plant what the service could never write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sql
from tests.conftest import as_owner

_ALWAYS = """
select format('alter table %s disable trigger %I', tgrelid::regclass, tgname)
  from pg_trigger where tgenabled = 'A' and not tgisinternal
"""


async def without_guards(owner: sql.Connection) -> None:
    """Takes the guards that nothing else turns off from the tables: for this transaction, or for good without one.

    Every statement on these tables is planned anew afterwards; who plants many things does it once.
    """
    for row in await owner.fetch(_ALWAYS):
        await owner.execute(row[0])


@asynccontextmanager
async def hands(database_url: str) -> AsyncIterator[sql.Connection]:
    """A connection of the owner on which no trigger fires. It keeps its plans: where triggers come and go with a test,
    so do the plans.
    """
    connection = await as_owner(database_url, session_replication_role="replica")
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def unguarded(owner: sql.Connection, **options: Any) -> AsyncIterator[sql.Connection]:
    """The owner's connection without triggers and foreign keys, in a transaction that is thrown away.

    options: of the transaction, as asyncpg takes them.
    """
    transaction = owner.transaction(**options)
    await transaction.start()
    try:
        await owner.execute("set local session_replication_role = replica")
        await without_guards(owner)
        yield owner
    finally:
        await transaction.rollback()
