"""Charging sessions as lots tell them: kept, and the stays that they bear on priced again."""

from datetime import datetime

import sql
from parking import charging
from parking.charging import SESSION_MAX, ChargingSession
from parking.flow import repricing
from parking.flow.derivation import RandomBits
from parking.flow.overstays import notice_of
from parking.network import Network
from parking.overstays import OverstayNotice
from parking.store import charging as store
from parking.store import events as event_store
from payments import ids


async def tell(
    pool: sql.Pool, session: ChargingSession, *, network: Network, now: datetime, random_bits: RandomBits
) -> OverstayNotice | None:
    """What a lot says of a session; the same again is nothing. What the stays cost that it touches follows. Returns
    what is to be shown to the driver, if the vehicle is inside.

    Raises:
        RightUnfit, RightTooOld, SessionContradicted: see `charging.said`.
    """
    async with pool.acquire() as db, db.transaction():
        # In turn with the lot's events: no stay is priced beside it.
        await event_store.lock_lots(db, [session.lot_id])
        before = await store.latest(db, session.lot_id, session.session, ids.floor(now - 2 * SESSION_MAX))
        new = charging.said(session, before, now=now)
        if new is not None:
            await store.add(db, new)
            await store.ask_again(db, new, now=now)
        notice = await notice_of(db, new or before or session, network, now)
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)
    return notice
