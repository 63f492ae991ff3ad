"""Giving money back by the way it came: reserved first, so that two who refund the same charge cannot exceed it."""

from datetime import datetime
from uuid import UUID

from payments import charges, ledger, refunds
from payments.attempts import AttemptState
from payments.channels import Channels, channel_named, refund_answer
from payments.charges import Charge
from payments.flow.charges import lock_charge
from payments.refunds import Refund, RefundState
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

    What the wallet paid is in the wallet when this returns; what a channel paid may end as unknown, which
    the worker ends.

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
        assert charge.method is not None
        if charge.method != charges.WALLET:
            channel_named(channels, charge.method)
        refund = Refund(
            lot_id=charge.lot_id,
            charge_id=charge.id,
            id=refund_id,
            amount_fen=amount_fen,
            channel=charge.method,
            state=RefundState.REQUESTED,
            reason=reason,
            created_at=now,
            updated_at=now,
        )
        if charge.account_id is not None and charge.method == charges.WALLET:
            # The wallet is about to hold more. Charges are locked before days and balances, by everybody.
            await charge_store.wake_account(db, charge.account_id, now=now)
        await _reserve(db, charge, refund, actor=actor, now=now)
        if charge.method == charges.WALLET:
            return await _move(db, charge, refund, RefundState.SUCCEEDED, channel_owner=None, now=now)

    return await ask_again(pool, channels, refund, now=now)


async def ask_again(pool: Pool, channels: Channels, refund: Refund, *, now: datetime) -> Refund:
    """Asks a channel to give a refund and writes its answer. To ask once more is safe: its number is given once."""
    channel = channel_named(channels, refund.channel)
    async with pool.acquire() as db:
        attempts = await attempt_store.attempts_of(db, refund.charge_id)
    paid_by = next(a for a in attempts if a.channel == refund.channel and a.state is AttemptState.SUCCEEDED)
    outcome = await refund_answer(channel.refund(refunds.request(refund, paid_by.request_no)))
    async with pool.acquire() as db, db.transaction():
        charge = await lock_charge(db, refund.charge_id)
        state = refunds.state_after(refund, outcome)
        return await _move(db, charge, refund, state, channel_owner=channel.owner_id, now=now)


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
    db: Connection, charge: Charge, refund: Refund, state: RefundState, *, channel_owner: int | None, now: datetime
) -> Refund:
    """Writes where a refund has come to; whoever finds it ended changes nothing."""
    if await store.move_refund(db, refund, state, now=now):
        today = ledger.local_date(now, charge.time_zone)
        if state is RefundState.SUCCEEDED:
            journal = ledger.refund_paid(refund.id, charge, refund.amount_fen, channel_owner, today)
            await books.post(db, [journal], now=now)
        elif state is RefundState.CLOSED:
            await store.reserve_refund(db, charge.id, -refund.amount_fen)
            await books.post(db, [ledger.refund_closed(refund.id, charge, refund.amount_fen, today)], now=now)
    found = await store.refund_by_id(db, refund.charge_id, refund.id)
    assert found is not None
    return found
