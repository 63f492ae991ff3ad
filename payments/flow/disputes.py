"""Disputes: shown to finance, resolved by what a person found; money in suspense goes back to whom it came from."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payments import attempts, disputes, ids, ledger, payables, refunds
from payments.attempts import LIVE, Attempt, AttemptState, PayableKind, Step
from payments.channels import Channels, channel_named, way_back_named
from payments.charges import Charge
from payments.disputes import Dispute, DisputeState, Finding, FindingUnfit, NoSuchDispute, Resolution
from payments.flow import attempts as attempts_flow
from payments.flow import refunds as refunds_flow
from payments.payables import Payable
from payments.refunds import UNRESOLVED, Refund, RefundState, RefundStep
from payments.store import attempts as attempt_store
from payments.store import audit as audit_store
from payments.store import disputes as store
from payments.store import ledger as books
from payments.store import refunds as refund_store
from sql import Connection, Pool


async def disputes_page(
    db: Connection, *, operator_id: int | None, state: DisputeState, after: UUID, limit: int
) -> Sequence[Dispute]:
    """A page of the disputes of an operator (None: of all), from after one's identifier on."""
    return await store.disputes_page(db, operator_id=operator_id, state=state, after=after, limit=limit)


async def dispute_by_id(db: Connection, dispute_id: UUID) -> Dispute:
    """A dispute.

    Raises:
        NoSuchDispute: there is none of this identifier.
    """
    found = await store.dispute_by_id(db, dispute_id) if ids.is_ours(dispute_id) else None
    if found is None:
        raise NoSuchDispute("There is no such dispute.", dispute_id=str(dispute_id))
    return found


async def resolve_dispute(
    db: Connection,
    channels: Channels,
    *,
    dispute_id: UUID,
    finding: Finding,
    amount_fen: int | None = None,
    note: str,
    actor: str,
    now: datetime,
) -> Dispute:
    """Writes what a person found, with what follows for the books (`payments.disputes`). `amount_fen`: what came.

    Raises:
        NoSuchDispute: there is none of this identifier.
        DisputeResolved: somebody was faster.
        FindingUnfit: a dispute of this kind, or as it stands, does not end so; or a refund that was closed was paid,
            and another gives the same money back (`refund_id`).
        NotRefundable: a refund that was closed was paid, and less than it remains of the charge.
        UnknownChannel: the channel is not connected any more.
    """
    dispute, payable = await _lock(db, dispute_id)
    disputes.check_finding(dispute, finding, amount_fen)
    attempt = await attempt_store.lock_attempt(db, dispute.payable_id, dispute.attempt_id)
    if finding is Finding.RECEIVED:
        assert amount_fen is not None
        await _receive(db, channels, dispute, payable, attempt, amount_fen, now=now)
    else:
        if dispute.refund_id is not None:
            await _follow_refund(db, channels, dispute, payable, attempt, finding, actor=actor, now=now)
        elif attempts.rests(attempt, now=now):
            await attempt_store.move_attempt(db, attempt, Step(attempt.state, attempt.code, query_at=now), now=now)
        await store.resolve(db, dispute, Resolution(finding), by=actor, note=note, now=now)
    detail: dict[str, object] = {"finding": finding, "amount_fen": amount_fen, "note": note}
    await _record(db, dispute, payable, "dispute.resolve", detail, actor=actor, now=now)
    return await dispute_by_id(db, dispute_id)


async def return_money(
    pool: Pool, channels: Channels, *, dispute_id: UUID, note: str, actor: str, now: datetime
) -> Refund:
    """Gives the money of a dispute that lies in suspense back through its channel, to the payment it came with. While
    that has not ended, the same again is the same; when the channel has closed it, it starts anew.

    Raises:
        NoSuchDispute: there is none of this identifier.
        DisputeResolved: it was given back before, or the dispute ended otherwise.
        NothingToReturn: none of its money lies in suspense.
        UnknownChannel: the channel is not connected any more.
    """
    async with pool.acquire() as db, db.transaction():
        dispute, payable = await _lock(db, dispute_id)
        disputes.check_returnable(dispute)
        channel = way_back_named(channels, dispute.channel)
        before = await refund_store.refunds_of_dispute(db, dispute.payable_id, dispute.id)
        under_way = next((refund for refund in before if refund.state is not RefundState.CLOSED), None)
        if under_way is not None:
            return under_way
        attempt = await attempt_store.attempt_by_id(db, dispute.payable_id, dispute.attempt_id)
        identifier = refunds.return_id(dispute.payable_id, dispute.id, len(before))
        refund = refunds.new(
            attempt, identifier, dispute.held_fen, note, asked_by=actor, dispute_id=dispute.id, now=now
        )
        await refund_store.insert_refund(db, refund)
        detail: dict[str, object] = {"refund_id": str(refund.id), "amount_fen": refund.amount_fen, "note": note}
        await _record(db, dispute, payable, "dispute.return", detail, actor=actor, now=now)
    return await refunds_flow.submit(pool, channel, refund, now=now)


async def _lock(db: Connection, dispute_id: UUID) -> tuple[Dispute, Payable]:
    """A dispute with what it is about. A charge is locked before its disputes."""
    found = await dispute_by_id(db, dispute_id)
    payable = await attempts_flow.lock_payable(db, PayableKind(found.payable), found.payable_id)
    return await store.lock_dispute(db, dispute_id), payable


async def _receive(
    db: Connection,
    channels: Channels,
    dispute: Dispute,
    payable: Payable,
    attempt: Attempt,
    amount_fen: int,
    *,
    now: datetime,
) -> None:
    """Books money that came into suspense. An attempt that waited for this has ended."""
    funds = way_back_named(channels, dispute.channel).funds(payable.account_id, payables.operator_of(payable))
    if attempt.state in LIVE and attempt.query_at is None:
        step = Step(AttemptState.FAILED, attempt.code)
        await attempts_flow.move(db, payable, attempt, step, funds=funds, now=now)
    await store.hold(db, dispute, amount_fen)
    today = ledger.local_date(now, payables.time_zone_of(payable))
    lot_id = payable.lot_id if isinstance(payable, Charge) else None
    owner_id = payables.owner_of(payable)
    journal = ledger.suspense_received(dispute.id, owner_id, lot_id, amount_fen, funds, today)
    await books.post(db, [journal], now=now)


async def _follow_refund(
    db: Connection,
    channels: Channels,
    dispute: Dispute,
    payable: Payable,
    attempt: Attempt,
    finding: Finding,
    *,
    actor: str,
    now: datetime,
) -> None:
    """What a finding about a refund means for it."""
    assert dispute.refund_id is not None
    refund = await refund_store.refund_by_id(db, dispute.payable_id, dispute.refund_id)
    assert refund is not None
    if refund.dispute_id is not None:
        await store.lock_dispute(db, refund.dispute_id)
    funds = channel_named(channels, dispute.channel).funds(payable.account_id, payables.operator_of(payable))
    step = None
    if refund.state in UNRESOLVED:
        ends = {Finding.PAID: RefundState.SUCCEEDED, Finding.NOT_PAID: RefundState.CLOSED}
        step = RefundStep(ends[finding]) if finding in ends else RefundStep(RefundState.UNKNOWN, query_at=now)
    elif finding is Finding.PAID and refund.state is RefundState.CLOSED:
        # It was closed, and what it kept back was released: the same amount is taken once more, under another number.
        refund = await _refund_anew(db, dispute, payable, attempt, refund, actor=actor, now=now)
        step = RefundStep(RefundState.SUCCEEDED)
    elif finding is Finding.NOT_PAID and refund.state is RefundState.SUCCEEDED:
        raise FindingUnfit("This refund has succeeded since.", field="finding", refund_id=str(refund.id))
    if step is not None:
        await refunds_flow.move(db, payable, attempt, refund, step, funds=funds, now=now)


async def _refund_anew(
    db: Connection, dispute: Dispute, payable: Payable, attempt: Attempt, closed: Refund, *, actor: str, now: datetime
) -> Refund:
    amount_fen, identifier = closed.amount_fen, ids.derive(dispute.payable_id, f"paid {dispute.id}")
    refund = refunds.new(
        attempt,
        identifier,
        amount_fen,
        closed.reason,
        asked_by=actor,
        dispute_id=closed.dispute_id,
        adjustment_id=closed.adjustment_id,
        now=now,
    )
    if closed.dispute_id is None:
        assert isinstance(payable, Charge)
        refunds.check_refundable(payable, amount_fen)
        await refunds_flow.reserve(db, payable, refund, now=now)
    else:
        disputes.check_returnable(await store.lock_dispute(db, closed.dispute_id))
        returns = await refund_store.refunds_of_dispute(db, closed.payable_id, closed.dispute_id)
        under_way = next((each for each in returns if each.state is not RefundState.CLOSED), None)
        if under_way is not None:
            raise FindingUnfit(
                "This money is on its way back in another refund: wait for its end.",
                field="finding",
                refund_id=str(under_way.id),
            )
        await refund_store.insert_refund(db, refund)
    return refund


async def _record(
    db: Connection,
    dispute: Dispute,
    payable: Payable,
    action: str,
    detail: dict[str, object],
    *,
    actor: str,
    now: datetime,
) -> None:
    about = dispute.operator_id or payables.owner_of(payable)
    await audit_store.record(db, about, actor=actor, action=action, subject=str(dispute.id), detail=detail, now=now)
