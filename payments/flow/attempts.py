"""One way to pay whatever can be paid: committed before it is sent, asked for when the answer is lost, paid once.

Who wants something paid calls `begin` in the transaction that decides it, and `submit` after its commit.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from payments import attempts, payables
from payments.attempts import Attempt, Outcome, PayableKind
from payments.channels import Channels, Provider, answer, provider_named
from payments.payables import Effects, Payable
from payments.store import accounts as account_store
from payments.store import attempts as store
from payments.store import charges as charge_store
from payments.store import ledger as books
from sql import Connection, Pool


class Answered(msgspec.Struct, frozen=True):
    """An attempt and what it pays, as they stand after an answer of the channel."""

    attempt: Attempt
    payable: Payable


async def begin(
    db: Connection, payable: Payable, *, channel: str, payer: str, now: datetime, random_bits: Callable[[], int]
) -> Attempt:
    """Writes a new attempt, which takes the place of one that was lost. Commit it, then `submit` it.

    Raises:
        PaymentInProgress: an earlier attempt has not ended.
    """
    live = await store.live_attempt(db, payable.id)
    if live is not None:
        await store.move_attempt(db, live, attempts.supersede(live, now), now=now)
    attempt = payables.new_attempt(payable, channel=channel, payer=payer, now=now, random_bits=random_bits())
    await store.insert_attempt(db, attempt)
    return attempt


async def submit(pool: Pool, channel: Provider, attempt: Attempt, *, now: datetime) -> Answered:
    """Sends a committed attempt and writes the answer. One that says nothing of the money is asked for again by the
    worker.
    """
    outcome = await answer(channel.pay(attempts.request_of(attempt)))
    return await take_answer(pool, channel, attempt, outcome, now=now)


async def take_answer(pool: Pool, channel: Provider, attempt: Attempt, outcome: Outcome, *, now: datetime) -> Answered:
    """Writes a channel's answer about an attempt; the same answer again changes nothing."""
    step = attempts.step(attempt, outcome, now=now)
    async with pool.acquire() as db, db.transaction():
        payable = await _lock(db, attempt)
        if await store.move_attempt(db, attempt, step, now=now):
            funds = channel.funds(payable.account_id)
            follows = payables.effects(payable, attempt, step.state, funds=funds, now=now)
            await _write(db, follows, method=channel.name, now=now)
        return Answered(await store.attempt_by_id(db, attempt), await _lock(db, attempt))


async def ask_again(pool: Pool, channels: Channels, attempt: Attempt, *, now: datetime) -> None:
    """Asks a channel what became of an attempt, sends it again if it never arrived, and writes the answer."""
    channel = provider_named(channels, attempt.channel)
    outcome = await answer(channel.query(attempt.request_no))
    if attempts.to_be_sent_again(attempt, outcome, now=now):
        outcome = await answer(channel.pay(attempts.request_of(attempt)))
    await take_answer(pool, channel, attempt, outcome, now=now)


async def _lock(db: Connection, attempt: Attempt) -> Payable:
    """What an attempt pays. A charge is locked until the transaction ends; a top-up never changes."""
    payable: Payable | None
    match attempt.kind:
        case PayableKind.CHARGE:
            payable = await charge_store.lock_charge(db, attempt.payable_id)
        case PayableKind.TOP_UP:
            payable = await account_store.top_up_by_id(db, attempt.shard, attempt.payable_id)
    assert payable is not None
    return payable


async def _write(db: Connection, effects: Effects, *, method: str, now: datetime) -> None:
    # Charges before balances: the order in which everybody locks.
    if effects.pays is not None:
        await charge_store.mark_paid(db, [effects.pays], method=method, now=now)
    if effects.collects is not None:
        await charge_store.set_collect_at(db, effects.collects, now)
    if effects.wakes is not None:
        await charge_store.wake_account(db, effects.wakes, now=now)
    if effects.journal is not None:
        await books.post(db, [effects.journal], now=now)
