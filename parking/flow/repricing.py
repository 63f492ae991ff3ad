"""Pricing stays again, since what they are priced by has turned out otherwise: a lot at a time, and the rest waits."""

import logging
from collections.abc import Sequence
from datetime import datetime

import sql
from parking import bills as bills_
from parking import commands, effects
from parking.bills import Believed
from parking.effects import Derived
from parking.flow.commands import tell_exits
from parking.flow.derivation import RandomBits, new_references, price_stays, write_stays
from parking.lookback import Lookback, ids_within, window_of
from parking.network import Network
from parking.reads import By, Cause, Vehicle
from parking.repricing import Repricing, Wanted, to_price
from parking.spans import STAY_MAX
from parking.store import events as event_store
from parking.store import repricing as store
from parking.store import sweeps as sweep_store
from parking.store.sweeps import beginning
from payments.errors import OneLotError
from payments.store import charges as charge_store
from sql.pool import TRANSIENT

LOTS_PER_ROUND_MAX = 50
ROUND = "repricing"
VEHICLES_PER_LOT_MAX = 100
_log = logging.getLogger(__name__)


async def ask(db: sql.Connection, wanted: Sequence[Wanted], lots: Sequence[int], *, cause: By, now: datetime) -> None:
    """The closed stays of vehicles in lots that ended at an instant or later are to be priced again."""
    if wanted and lots:
        since = min(each.since for each in wanted)
        await store.ask(db, wanted, lots, cause=cause, id_range=ids_within(now, now - since + STAY_MAX), now=now)


async def catch_up(pool: sql.Pool, *, network: Network, now: datetime, random_bits: RandomBits) -> int:
    """Prices again what waits, in LOTS_PER_ROUND_MAX lots at most, by turns; how many vehicles that were. Money
    follows.

    What asked for it is committed: a lot that fails, for whatever reason, keeps neither the others nor the caller.
    """
    async with pool.acquire() as db:
        at = await sweep_store.position(db, ROUND) or beginning(now)
        lots = await store.lots_waiting(db, after=at.lot_id, limit=LOTS_PER_ROUND_MAX)
        if len(lots) == LOTS_PER_ROUND_MAX:
            await sweep_store.go_on_after(db, ROUND, at, lots)
    done = 0
    for lot_id in lots:
        try:
            async with pool.acquire() as db, db.transaction():
                done += await _reprice(db, lot_id, network, now, random_bits)
        except (OneLotError, *TRANSIENT) as e:
            _log.error("stays of lot number %d could not be priced again: %s", lot_id, e)
        except Exception:  # noqa: BLE001 - it is tried again, and the other lots go on
            _log.exception("stays of lot number %d could not be priced again", lot_id)
    return done


async def _reprice(db: sql.Connection, lot_id: int, network: Network, now: datetime, random_bits: RandomBits) -> int:
    await event_store.lock_lots(db, [lot_id])
    rows = await store.waiting(db, lot_id, limit=VEHICLES_PER_LOT_MAX)
    if not rows:
        return 0
    since: dict[Vehicle, datetime] = {}
    for row in rows:
        since[row.vehicle] = min(since.get(row.vehicle, row.since), row.since)
    back = window_of(network.prices[lot_id])
    earliest = min(since.values()) - back
    lookback = Lookback(
        {vehicle: at - back for vehicle, at in since.items()}, ids_within(now, now - earliest + STAY_MAX)
    )
    before = Believed({}, {})
    effects.add(before, await event_store.finished_stays(db, lookback.since, lookback.id_range))
    partners = effects.partners(before)
    if partners:
        effects.add(before, await event_store.stays_by_id(db, partners))
    wanted = to_price(before, since)
    bills, priced = await price_stays(db, wanted, before, before.stays, network, now)
    after = Believed(before.stays, bills)
    charged = effects.charges_that_matter(before, after, ())
    derived = Derived(
        before=before,
        after=after,
        stays=before.stays,
        reads=(),
        changed=effects.difference(before, after, before.stays),
        charges=await charge_store.charges_by_id(db, charged) if charged else {},
        references=new_references(before, after, random_bits),
        causes={lot_id: _cause(rows)},
        rights=priced.rights,
        moved=bills_.moved_elsewhere(before, after, priced.used, network.prices),
    )
    await write_stays(db, derived, {}, network=network, now=now, random_bits=random_bits)
    held = commands.held_before(derived.changed.finished, (), now)
    if held:
        await tell_exits(db, held, now=now, random_bits=random_bits)
    await store.done(db, rows)
    return len(since)


def _cause(rows: Sequence[Repricing]) -> Cause:
    """What asked last: with the money of a lot goes one cause at a time."""
    return Cause(rows[-1].cause, rows[-1].cause_id)


async def waits(db: sql.Connection) -> bool:
    """Whether anything is to be priced again."""
    return bool(await store.lots_waiting(db, after=0, limit=1))
