"""Collecting what accounts owe from their wallets, in batches: one transaction, one posting."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from payments import charges, ids, ledger
from payments.channels.wallet import INSUFFICIENT, WALLET
from payments.charges import AboutToBeTaken, Collected
from payments.store import attempts as attempt_store
from payments.store import charges as store
from payments.store import ledger as books
from sql import Pool

COLLECT_CHARGES_MAX = 1_000


# Asked before charges are taken; it may hold some of them back (flow/holds.py).
Look = Callable[[Sequence[AboutToBeTaken]], Awaitable[None]]


async def collect_due(
    pool: Pool, *, now: datetime, random_bits: Callable[[], int], limit: int, look: Look | None = None
) -> Collected:
    """Takes charges whose time has come from wallets, once there was a `look` at them. One that is not covered is
    declined, waits, and is tried again; a top-up of its account wakes it at once. Any number of workers may do this
    side by side.
    """
    assert 0 < limit <= COLLECT_CHARGES_MAX
    looked_at = None
    if look is not None:
        async with pool.acquire() as db:
            waiting = await store.due_charges(db, now=now, limit=limit)
        if not waiting:
            return Collected(0, 0)
        await look(waiting)
        looked_at = [charge.id for charge in waiting]
    async with pool.acquire() as db, db.transaction():
        due = await store.lock_due_charges(db, now=now, limit=limit, of=looked_at)
        if not due:
            return Collected(0, 0)
        wallets_fen = await books.lock_wallets(db, sorted({charge.account_id for charge in due}))

        paid, declined = WALLET.answer(due, wallets_fen)
        tried_paid = [(ids.new(now, charge.lot_id, random_bits()), charge) for charge in paid]
        tried_declined = [(ids.new(now, charge.lot_id, random_bits()), charge) for charge in declined]

        if paid:
            in_full = [(attempt_id, charge, charge.owed_fen) for attempt_id, charge in tried_paid]
            await store.mark_paid(db, in_full, method=WALLET.name, now=now)
        if declined:
            again_at = [charges.collect_again_at(charge.collect_tries + 1, now) for charge in declined]
            await store.mark_declined(db, declined, again_at)
        await attempt_store.insert_ended_attempts(
            db, tried_paid, tried_declined, channel=WALLET.name, code=INSUFFICIENT, now=now
        )
        journals = [
            ledger.charge_paid(c.id, attempt_id, c, c.owed_fen, WALLET.funds(c.account_id), c.today)
            for attempt_id, c in tried_paid
        ]
        await books.post(db, journals, now=now)
    return Collected(len(paid), len(declined))
