"""Giving money back by the way it came: reserved first, so that two who refund the same charge cannot exceed it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from payments import ledger, payables, refunds
from payments.attempts import Attempt
from payments.channels import Channels, Provider, Wallet, ask_of_refund, ask_to_refund, channel_named
from payments.charges import Charge
from payments.disputes import Resolution
from payments.flow.attempts import lock_payable
from payments.flow.charges import charge_by_id, lock_charge
from payments.ledger import Funds
from payments.payables import Payable
from payments.refunds import Refund, RefundOutcome, RefundPending, RefundRequest, RefundState, RefundStep
from payments.store import accounts as account_store
from payments.store import adjustments as adjustment_store
from payments.store import attempts as attempt_store
from payments.store import audit as audit_store
from payments.store import charges as charge_store
from payments.store import disputes as dispute_store
from payments.store import ledger as books
from payments.store import refunds as store
from sql import Connection, Pool

NOT_CONNECTED = RefundPending("not_connected")


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
        NotRefundable: it is not paid, less than this remains of it, or its wallet was closed.
        RefundContradicted: the key was used for another amount or reason.
        UnknownChannel: the channel that took the money is not connected any more.
    """
    refund_id = refunds.refund_id(charge_id, request_key)
    async with pool.acquire() as db, db.transaction():
        # An account is locked before its charges: none is closed while its wallet is given something.
        owes = (await charge_by_id(db, charge_id)).account_id
        account = None if owes is None else await account_store.lock_account(db, owes)
        charge = await lock_charge(db, charge_id)
        known = await store.refund_by_id(db, charge_id, refund_id)
        if known is not None:
            refunds.same_refund(known, amount_fen, reason)
            return known
        refunds.check_refundable(charge, amount_fen)
        payment = refunds.way_back((await adjustment_store.payments_of(db, [charge_id]))[charge_id], amount_fen)
        channel = channel_named(channels, payment.channel)
        attempt = await attempt_store.attempt_by_id(db, charge_id, payment.attempt_id)
        refund = refunds.new(attempt, refund_id, amount_fen, reason, asked_by=actor, now=now)
        if isinstance(channel, Wallet):
            refunds.check_wallet(charge, account)
            return await _into_wallet(db, channel, charge, attempt, refund, now=now)
        await reserve(db, charge, refund, now=now)
    return await submit(pool, channel, refund, now=now)


async def submit(pool: Pool, channel: Provider, refund: Refund, *, now: datetime) -> Refund:
    """Sends a committed refund and writes the answer."""
    outcome = await ask_to_refund(channel, await _request(pool, refund))
    return await take_answer(pool, channel, refund, outcome, now=now)


async def take_answer(
    pool: Pool, channel: Provider | None, refund: Refund, outcome: RefundOutcome, *, now: datetime
) -> Refund:
    """Writes what a channel says of a refund, which is judged as it stands now; the same answer again changes nothing.
    What cannot be followed goes before a person.
    """
    async with pool.acquire() as db, db.transaction():
        attempt = await attempt_store.attempt_by_id(db, refund.payable_id, refund.attempt_id)
        payable = await lock_payable(db, attempt.kind, refund.payable_id)
        if refund.dispute_id is not None:
            await dispute_store.lock_dispute(db, refund.dispute_id)
        stands = await _stands(db, refund)
        step = refunds.step(stands, outcome, now=now)
        funds = None if channel is None else channel.funds(payable.account_id, payables.operator_of(payable))
        await move(db, payable, attempt, stands, step, funds=funds, now=now)
        return await _stands(db, refund)


async def ask_again(
    pool: Pool, channel: Provider | None, refund: Refund, *, clock: Callable[[], datetime]
) -> RefundOutcome:
    """Asks a channel what became of a refund, sends it again if it never arrived, and writes the answer."""
    if channel is None:
        outcome: RefundOutcome = NOT_CONNECTED
    else:
        request = await _request(pool, refund)
        outcome = await ask_of_refund(channel, request.number)
        if refunds.to_be_sent_again(refund, outcome, now=clock()):
            outcome = await ask_to_refund(channel, request, again=True)
    await take_answer(pool, channel, refund, outcome, now=clock())
    return outcome


async def reserve(db: Connection, charge: Charge, refund: Refund, *, now: datetime) -> None:
    """Takes the amount of a refund from the operator of a charge that is locked, and writes both down."""
    await store.reserve_refund(db, refund)
    await store.insert_refund(db, refund)
    today = ledger.local_date(now, charge.time_zone)
    await books.post(db, [ledger.refund_requested(refund.id, charge, refund.amount_fen, today)], now=now)
    await audit_store.record(
        db,
        charge.operator_id,
        actor=refund.asked_by or "",
        action="charge.refund",
        subject=str(charge.id),
        detail={"refund_id": str(refund.id), "amount_fen": refund.amount_fen, "reason": refund.reason},
        now=now,
    )


async def move(
    db: Connection,
    payable: Payable,
    attempt: Attempt,
    refund: Refund,
    step: RefundStep,
    *,
    funds: Funds | None,
    now: datetime,
) -> None:
    """Writes where a refund has come to, with what follows; whoever finds it ended changes nothing. Its charge and its
    dispute are locked. `funds`: where the money stands its channel took.
    """
    if await store.move_refund(db, refund, step, now=now):
        if refund.dispute_id is not None:
            await _move_suspense(db, payable, refund, step, funds=funds, now=now)
        else:
            assert isinstance(payable, Charge)
            await _move_charge(db, payable, refund, step, funds=funds, now=now)
    if step.doubt is not None:
        operator_id = payable.operator_id if isinstance(payable, Charge) else None
        dispute = refunds.dispute(refund, attempt, operator_id, step.doubt, now=now)
        await dispute_store.insert_dispute(db, dispute)


async def _move_charge(
    db: Connection, charge: Charge, refund: Refund, step: RefundStep, *, funds: Funds | None, now: datetime
) -> None:
    today = ledger.local_date(now, charge.time_zone)
    if step.state is RefundState.SUCCEEDED:
        assert funds is not None
        journal = ledger.refund_paid(refund.id, charge, refund.amount_fen, funds, today)
        await books.post(db, [journal], now=now)
    elif step.state is RefundState.CLOSED:
        await store.release_refund(db, refund)
        await books.post(db, [ledger.refund_closed(refund.id, charge, refund.amount_fen, today)], now=now)


async def _move_suspense(
    db: Connection, payable: Payable, refund: Refund, step: RefundStep, *, funds: Funds | None, now: datetime
) -> None:
    # Of one that was closed the money is in suspense still, and the dispute is open.
    if step.state is not RefundState.SUCCEEDED:
        return
    assert funds is not None
    assert refund.dispute_id is not None
    lot_id = payable.lot_id if isinstance(payable, Charge) else None
    today = ledger.local_date(now, payables.time_zone_of(payable))
    owner_id = payables.owner_of(payable)
    journal = ledger.suspense_returned(refund.id, owner_id, lot_id, refund.amount_fen, funds, today)
    await books.post(db, [journal], now=now)
    dispute = await dispute_store.lock_dispute(db, refund.dispute_id)
    by, note = refund.asked_by or "", refund.reason
    await dispute_store.resolve(db, dispute, Resolution.RETURNED, by=by, note=note, now=now)


async def _request(pool: Pool, refund: Refund) -> RefundRequest:
    """What the channel is asked: to give back of exactly the payment that the money came with."""
    async with pool.acquire() as db:
        attempt = await attempt_store.attempt_by_id(db, refund.payable_id, refund.attempt_id)
        number = attempt.request_no
        if refund.dispute_id is not None:
            dispute = await dispute_store.dispute_by_id(db, refund.dispute_id)
            assert dispute is not None
            # Money that came under another number lies under that one.
            number = msgspec.json.decode(dispute.said).get("number") or number
    return refunds.request(refund, number)


async def _into_wallet(
    db: Connection, wallet: Wallet, charge: Charge, attempt: Attempt, refund: Refund, *, now: datetime
) -> Refund:
    """Gives it back in this transaction: the money is ours to move, and nobody is asked."""
    funds = wallet.funds(charge.account_id)
    # The wallet is about to hold more. Charges are locked before days and balances, by everybody.
    await charge_store.wake_account(db, funds.owner_id, now=now)
    await reserve(db, charge, refund, now=now)
    await move(db, charge, attempt, refund, RefundStep(RefundState.SUCCEEDED), funds=funds, now=now)
    return await _stands(db, refund)


async def _stands(db: Connection, refund: Refund) -> Refund:
    found = await store.refund_by_id(db, refund.payable_id, refund.id)
    assert found is not None
    return found
