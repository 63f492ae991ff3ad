"""The counts of lots: read from Redis when it is whole, from PostgreSQL when it is not.

PostgreSQL is the truth. The functions that repair the read model stand here as well, for the worker to run.
"""

from collections.abc import Collection

import sql
from parking.live.redis import LiveCounts
from parking.occupancy import Count
from parking.store.occupancy import all_counts, counts_of


async def current(pool: sql.Pool, live: LiveCounts, lot_ids: Collection[int]) -> dict[int, Count]:
    """The counts of `lot_ids` for a reader, every one of them present: from the read model, else from the truth."""
    counts = await live.get(lot_ids)
    if counts is None:
        async with pool.acquire() as db:
            counts = {count.lot_id: count for count in await counts_of(db, lot_ids)}
    return {lot_id: counts.get(lot_id) or Count(lot_id) for lot_id in lot_ids}


async def keep_whole(pool: sql.Pool, live: LiveCounts) -> bool:
    """Fills the read model again if Redis came back empty; true if it had to. Cheap enough to run every second."""
    if await live.is_whole() is not False:  # None: nobody answers, so there is nothing to fill
        return False
    return await repair(pool, live) is not None


async def repair(pool: sql.Pool, live: LiveCounts) -> int | None:
    """Compares the read model with the database and rewrites what differs; how many counts that were, None if Redis
    was away.

    The read model is read first. What stands there and is not what the database says afterwards (an older or newer
    count, or no count at all) is overwritten unless it has changed since. Run it when a process starts and every few
    minutes.
    """
    if (kept := await live.kept()) is None:
        return None
    async with pool.acquire() as db:
        truth = {count.lot_id: count for count in await all_counts(db)}
    return await live.mend(kept, truth)
