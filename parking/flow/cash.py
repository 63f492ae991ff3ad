"""Cash that booths took: booked for the charges of its stays, told in whatever order. What has none waits for it, and
is before a person meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sql
from parking import cash
from parking.cases import Case, Reason, case_id
from parking.cash import WAITING_MAX, WAITS
from parking.device_facts import DeviceFact
from parking.store import cases as case_store
from parking.store import cash as store
from parking.store import events as event_store
from parking.store import shifts as shift_store
from payments import ids
from payments.flow.cash import take_cash


async def take(db: sql.Connection, facts: Iterable[DeviceFact], *, now: datetime) -> None:
    """Keeps the cash among new facts, in its shifts, and books what it pays. The lots are locked, and what is owed for
    their stays is written.
    """
    taken = cash.taken_of(facts)
    if not taken:
        return
    firsts = cash.firsts(taken)
    latest = await shift_store.latest(db, firsts.keys())
    handed_over = await shift_store.handed_over(db, firsts)
    in_shifts, opened = cash.into_shifts(taken, latest, handed_over)
    if opened:
        await shift_store.open_shifts(db, opened)
    await store.add(db, in_shifts)
    booked = {each.id for each in await book(db, sorted({each.lot_id for each in taken}), now)}
    waiting = [Case(each.lot_id, each.id, Reason.CASH_TAKEN, None) for each in taken if each.id not in booked]
    if waiting:
        await case_store.open_cases(db, waiting, now=now)


async def book_waiting(pool: sql.Pool, *, now: datetime, lot_ids: Iterable[int] | None = None) -> int:
    """Books cash that has waited for its stay, in lots (None: in all), each in a transaction of its own; returns how
    much of it. Any number of processes may do this side by side.
    """
    async with pool.acquire() as db:
        lots = await store.lots_waiting(db, ids.floor(now - WAITS))
    wanted = lots if lot_ids is None else sorted(set(lots) & set(lot_ids))
    booked = 0
    for lot_id in wanted:
        async with pool.acquire() as db, db.transaction():
            await event_store.lock_lots(db, [lot_id])
            booked += len(await book(db, [lot_id], now))
    return booked


async def book(db: sql.Connection, lot_ids: Sequence[int], now: datetime) -> Sequence[cash.Chargeable]:
    """Books what of the cash that waits in lots, which are locked, has its charge by now; returns that."""
    found = await store.chargeable(db, lot_ids, since=ids.floor(now - WAITS), limit=WAITING_MAX)
    if found:
        await take_cash(db, [each.receipt for each in found], now=now)
        await store.mark_booked(db, found, now=now)
        await case_store.settle_cases(db, [case_id(each.id, Reason.CASH_TAKEN) for each in found], now=now)
    return found
