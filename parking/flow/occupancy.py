"""What moves a lot's count beside its gates: heartbeats, spaces that are kept for bookings, and cars that are inside
for too long.

Cars that are inside longer than any usual one leave the count of their lot, not the facts. Most of them were not seen
to leave. The stay stays open: should the car leave after all, it pays for the whole of it,
and a person has looked at it before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sql
from parking.cases import Case, Reason
from parking.gateways import Gateway
from parking.lots import LONGEST_USUAL
from parking.occupancy import Count
from parking.store import cases as case_store
from parking.store import events as event_store
from parking.store import occupancy as store
from parking.store.occupancy import LongInside

# Far less than what makes a lot stale, and far more than what lies between two heartbeats.
HEARD_EVERY = timedelta(minutes=5)


async def hear(db: sql.Connection, gateway: Gateway, *, now: datetime) -> Sequence[Count]:
    """A gateway lives, so what was counted of its lots holds though no car came; the counts that are fresh again."""
    return await store.hear(db, gateway.lots, now=now, before=now - HEARD_EVERY)


async def keep_booked_spaces(pool: sql.Pool, *, now: datetime) -> list[Count]:
    """Brings the spaces that are kept for who has not come to what they are now, a lot at a time; the counts that
    moved.
    """
    async with pool.acquire() as db:
        lots = await store.booked_now(db, now)
    moved = []
    for lot in lots:
        async with pool.acquire() as db, db.transaction():
            await event_store.lock_lots(db, [lot.lot_id])
            count = await store.keep_spaces(db, lot, now=now)
            if count is not None:
                moved.append(count)
    return moved


async def leave_out_long_inside(pool: sql.Pool, *, now: datetime) -> int:
    """Leaves such cars out and puts each before a person; a lot at a time. Returns how many there were."""
    async with pool.acquire() as db:
        lots = await store.lots_with_long_inside(db, {kind: now - longest for kind, longest in LONGEST_USUAL.items()})
    left_out = 0
    for lot in lots:
        async with pool.acquire() as db, db.transaction():
            left_out += await _leave_out(db, lot, now)
    return left_out


async def _leave_out(db: sql.Connection, lot: LongInside, now: datetime) -> int:
    await event_store.lock_lots(db, [lot.lot_id])
    gone = await store.leave_the_count(db, lot)
    if gone:
        await store.count_without(db, lot.lot_id, [stay.entered_at for stay in gone], now=now)
        cases = [Case(lot.lot_id, stay.entry_event_id, Reason.INSIDE_TOO_LONG, stay.id) for stay in gone]
        await case_store.open_cases(db, cases, now=now)
    return len(gone)
