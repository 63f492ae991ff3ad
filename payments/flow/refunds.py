"""Giving money back by the way it came: reserved first, so that two who refund the same charge cannot exceed it."""

from datetime import datetime
from uuid import UUID

from payments import ledger, refunds
from payments.attempts import AttemptState
from payments.channels import Channels, Provider, Wallet, channel_named, provider_named, refund_answer
from payments.charges import Charge
from payments.flow.charges import lock_charge
from payments.ledger import Funds
from payments.refunds import Refund, RefundNotFound, RefundOutcome, RefundRequest, RefundState
from payments.store import attempts as attempt_store
from payments.store import audit as audit_store
from payments.store import charges as charge_store
from payments.store import ledger as books
from payments.store import refunds as store
from sql import Connection, Pool


async def refund_charge(
    pool: Pool,
    channels: Channels,
    *,
    charge_id: UUID,
    amount_fen: int,
    reason: str,
    request_key: str,
    actor: str,
    now: datetime,
) -> Refund:
    """Gives back a part or all of a paid charge. The same key is the same refund, however often it comes.

    What the wallet paid is in the wallet when this returns; what a provider took may stay unknown until the worker has
    asked again.

    Raises:
        NoSuchCharge: there is none of this identifier.
        NotRefundable: it is not paid, or less than this remains of it.
        RefundContradicted: the key was used for another amount or reason.
        UnknownChannel: the channel that took the money is not connected any more.
    """
    refund_id = refunds.refund_id(charge_id, request_key)
    async with pool.acquire() as db, db.transaction():
        charge = await lock_charge(db, charge_id)
        known = await store.refund_by_id(db, charge_id, refund_id)
        if known is not None:
            refunds.same_refund(known, amount_fen, reason)
            return known
        refunds.check_refundable(charge, amount_fen)
        channel = channel_named(channels, charge.method or "")
        refund = refunds.new(charge, refund_id, amount_fen, reason, now=now)
        if isinstance(channel, Wallet):
            return await _into_wallet(db, channel, charge, refund, actor=actor, now=now)
        await _reserve(db, charge, refund, actor=actor, now=now)

    request = await _request(pool, refund)
    outcome = await refund_answer(channel.refund(request))
    return await take_answer(pool, channel, refund, outcome, now=now)


async def take_answer(
    pool: Pool, channel: Provider, refund: Refund, outcome: RefundOutcome, *, now: datetime
) -> Refund:
    """Writes a channel's answer about a refund; the same answer again changes nothing."""
    state = refunds.state_after(refund, outcome)
    async with pool.acquire() as db, db.transaction():
        charge = await lock_charge(db, refund.charge_id)
        return await _move(db, charge, refund, state, funds=channel.funds(charge.account_id), now=now)


async def ask_again(pool: Pool, channels: Channels, refund: Refund, *, now: datetime) -> None:
    """Asks a channel what became of a refund, sends it again if it never arrived, and writes the answer."""
    channel = provider_named(channels, refund.channel)
    request = await _request(pool, refund)
    outcome = await refund_answer(channel.query_refund(request.number))
    if isinstance(outcome, RefundNotFound):
        outcome = await refund_answer(channel.refund(request))
    await take_answer(pool, channel, refund, outcome, now=now)


async def _request(pool: Pool, refund: Refund) -> RefundRequest:
    async with pool.acquire() as db:
        attempts = await attempt_store.attempts_of(db, refund.charge_id)
    paid_by = next(a for a in attempts if a.channel == refund.channel and a.state is AttemptState.SUCCEEDED)
    return refunds.request(refund, paid_by.request_no)


async def _into_wallet(
    db: Connection, wallet: Wallet, charge: Charge, refund: Refund, *, actor: str, now: datetime
) -> Refund:
    """Gives it back in this transaction: the money is ours to move, and nobody is asked."""
    funds = wallet.funds(charge.account_id)
    # The wallet is about to hold more. Charges are locked before days and balances, by everybody.
    await charge_store.wake_account(db, funds.owner_id, now=now)
    await _reserve(db, charge, refund, actor=actor, now=now)
    return await _move(db, charge, refund, RefundState.SUCCEEDED, funds=funds, now=now)


async def _reserve(db: Connection, charge: Charge, refund: Refund, *, actor: str, now: datetime) -> None:
    await store.reserve_refund(db, charge.id, refund.amount_fen)
    await store.insert_refund(db, refund)
    today = ledger.local_date(now, charge.time_zone)
    await books.post(db, [ledger.refund_requested(refund.id, charge, refund.amount_fen, today)], now=now)
    await audit_store.record(
        db,
        charge.operator_id,
        actor=actor,
        action="charge.refund",
        subject=str(charge.id),
        detail={"refund_id": str(refund.id), "amount_fen": refund.amount_fen, "reason": refund.reason},
        now=now,
    )


async def _move(
    db: Connection, charge: Charge, refund: Refund, state: RefundState, *, funds: Funds, now: datetime
) -> Refund:
    """Writes where a refund has come to; whoever finds it ended changes nothing."""
    if await store.move_refund(db, refund, state, now=now):
        today = ledger.local_date(now, charge.time_zone)
        if state is RefundState.SUCCEEDED:
            journal = ledger.refund_paid(refund.id, charge, refund.amount_fen, funds, today)
            await books.post(db, [journal], now=now)
        elif state is RefundState.CLOSED:
            await store.reserve_refund(db, charge.id, -refund.amount_fen)
            await books.post(db, [ledger.refund_closed(refund.id, charge, refund.amount_fen, today)], now=now)
    found = await store.refund_by_id(db, refund.charge_id, refund.id)
    assert found is not None
    return found
