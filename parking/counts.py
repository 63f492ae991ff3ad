"""The counts of lots: read from Redis when it is whole, from PostgreSQL when it is not.

PostgreSQL is the truth. The functions that repair the read model stand here as well, for the worker to run.
"""

from collections.abc import Collection, Sequence

import sql
from parking.counters import Counters
from parking.occupancy import Count

_SQL = sql.load("parking/occupancy")
SHAPES = {"all_counts": Count, "counts_of": Count}


async def all_counts(db: sql.Connection) -> Sequence[Count]:
    """The count of every lot, as the database has it."""
    return await sql.every(db, Count, _SQL["all_counts"])


async def counts_of(db: sql.Connection, lot_ids: Collection[int]) -> Sequence[Count]:
    """The counts of some lots, as the database has them; a lot without one is left out."""
    return await sql.every(db, Count, _SQL["counts_of"], list(lot_ids))


async def current(pool: sql.Pool, counters: Counters, lot_ids: Collection[int]) -> dict[int, Count]:
    """The counts of `lot_ids` for a reader, every one of them present: from the read model, else from the truth."""
    found = await counters.get(lot_ids)
    if found is None:
        async with pool.acquire() as db:
            found = {count.lot_id: count for count in await counts_of(db, lot_ids)}
    return {lot_id: found.get(lot_id) or Count(lot_id) for lot_id in lot_ids}


async def keep_whole(pool: sql.Pool, counters: Counters) -> bool:
    """Fills the read model again if Redis came back empty; true if it had to. Cheap enough to run every second."""
    if await counters.is_whole() is not False:  # None: nobody answers, so there is nothing to fill
        return False
    await repair(pool, counters)
    return True


async def repair(pool: sql.Pool, counters: Counters) -> int:
    """Compares the read model with the database and rewrites what differs; how many counts that were.

    The read model is read first. A count in it that is ahead of what the database says afterwards cannot come from this
    database (a restored backup, a Redis that served another city), and is overwritten. Run it when a process starts
    and every few minutes.
    """
    held = await counters.all()
    async with pool.acquire() as db:
        truth = {count.lot_id: count for count in await all_counts(db)}
    return await counters.mend(held or {}, truth, whole=held is not None)
