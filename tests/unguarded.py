"""A connection on which nothing guards the tables, so that a test can plant what the service could never write."""

import sql

_ALWAYS = """
select format('alter table %s disable trigger %I', tgrelid::regclass, tgname)
  from pg_trigger where tgenabled = 'A' and not tgisinternal
"""


async def unguard(owner: sql.Connection) -> None:
    """Turns off triggers and foreign keys until the transaction, which is to be rolled back, ends."""
    await owner.execute("set local session_replication_role = replica")
    for row in await owner.fetch(_ALWAYS):
        await owner.execute(row[0])
