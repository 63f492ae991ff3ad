"""Which invariants are broken, asked in one statement: to ask for one after another takes longer than most tests do."""

import sql

INVARIANTS = sql.load("invariants")
_ALL = "\nunion all\n".join(f"select '{name}' where exists (\n{query}\n)" for name, query in INVARIANTS.items())


async def broken(db: sql.Connection) -> dict[str, int]:
    """How many rows break each invariant that does not hold; the connection says by which time they are judged."""
    names = [record[0] for record in await db.fetch(_ALL)]
    return {name: len(await db.fetch(INVARIANTS[name])) for name in names}
