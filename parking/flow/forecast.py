"""Keeping how full lots are, and computing what is usual in them."""

from datetime import datetime, timedelta

import sql
from parking import forecast
from parking.network import Network
from parking.occupancy import LotStatus, publish
from parking.store import forecast as store
from parking.store import occupancy as occupancy_store

# What is usual hardly changes from one day to the next.
COMPUTED_EVERY = timedelta(days=1)
LOTS_PER_ROUND = 200
_NOT_KNOWN = (LotStatus.UNKNOWN, LotStatus.STALE, LotStatus.CLOSED)


async def keep_history(db: sql.Connection, network: Network, *, now: datetime) -> int:
    """Keeps how many spaces are free in the quarter of an hour that has begun, of the lots of which that is known; how
    many these are. What is kept of the quarter already stays.
    """
    free = {}
    for count in await occupancy_store.all_counts(db):
        lot = network.lots.get(count.lot_id)
        if lot is None:
            continue
        published = publish(count, lot.capacity, now=now, is_closed=lot.is_closed)
        if published.status not in _NOT_KNOWN:
            free[lot.id] = published.certain_free
    if free:
        await store.add_history(db, forecast.begun(now), free)
    return len(free)


async def compute_usual(pool: sql.Pool, *, now: datetime, lots_max: int = LOTS_PER_ROUND) -> int:
    """Computes the usual days of lots that are due, and forgets what of their past is too old; how many these were."""
    async with pool.acquire() as db:
        due = await store.lots_due(db, now - COMPUTED_EVERY, lots_max)
    since = now - forecast.LOOKED_BACK
    for lot in due:
        async with pool.acquire() as db, db.transaction():
            await store.drop_history(db, lot.lot_id, since)
            seen = await store.history_of(db, lot.lot_id, since)
            moves = forecast.moves(seen, lot.time_zone)
            for day in forecast.usual(seen, lot.time_zone):
                await store.put_usual(db, lot.lot_id, day, moves[day.kind], now)
    return len(due)
