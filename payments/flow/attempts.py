"""One way to pay whatever can be paid: committed before it is sent, asked for when the answer is lost, paid once.

Who wants something paid calls `begin` in the transaction that decides it, and `submit` after its commit.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from payments import attempts, ids, payables, tries
from payments.attempts import Attempt, Outcome, PayableKind, Step, Unknown
from payments.channels import Provider, ask_of_payment, ask_to_pay
from payments.ledger import Funds
from payments.payables import Effects, Payable
from payments.refunds import BY_ADJUSTMENT, Refund
from payments.store import accounts as account_store
from payments.store import attempts as store
from payments.store import audit as audit_store
from payments.store import charges as charge_store
from payments.store import disputes as dispute_store
from payments.store import ledger as books
from payments.store import refunds as refund_store
from sql import Connection, Pool

NOT_CONNECTED = Unknown("not_connected")


class Answered(msgspec.Struct, frozen=True):
    """An attempt and what it pays, as they stand after an answer of the channel."""

    attempt: Attempt
    payable: Payable


async def begin(
    db: Connection,
    payable: Payable,
    *,
    channel: str,
    payer: str,
    now: datetime,
    random_bits: Callable[[], int],
    account_id: int | None = None,
    key_digest: str | None = None,
) -> Attempt:
    """Writes a new attempt, which may take the place of one by somebody else. Commit it, then `submit` it.

    `account_id`: the account that asks, if it is the one that owes. `key_digest`: the key that was chosen for it.

    Raises:
        PaymentInProgress: an earlier attempt has not ended and does not give way.
        TooManyAttempts: so many were made of late that this one has to wait.
    """
    recent = await store.tried(db, payable.id, since=now - tries.TRIES_WINDOW)
    live = await store.live_attempt(db, payable.id)
    if live is not None:
        gives_way = tries.supersede(live, recent, channel=channel, payer=payer, account_id=account_id, now=now)
        await store.move_attempt(db, live, gives_way, now=now)
    tries.check_tries(recent, channel=channel, payer=payer, account_id=account_id, now=now)
    attempt = payables.new_attempt(
        payable,
        channel=channel,
        payer=payer,
        now=now,
        random_bits=random_bits(),
        account_id=account_id,
        key_digest=key_digest,
    )
    await store.insert_attempt(db, attempt)
    return attempt


async def submit(pool: Pool, channel: Provider, attempt: Attempt, *, now: datetime) -> Answered:
    """Sends a committed attempt and writes the answer. One that says nothing of the money is asked for again by the
    worker.
    """
    outcome = await ask_to_pay(channel, attempts.request_of(attempt))
    return await take_answer(pool, channel, attempt, outcome, now=now)


async def take_answer(
    pool: Pool, channel: Provider | None, attempt: Attempt, outcome: Outcome, *, now: datetime
) -> Answered:
    """Writes what a channel says of an attempt, which is judged as it stands now: the same again changes nothing. What
    cannot be followed goes before a person.

    `channel`: None if it is connected no more, so that nothing was learned.
    """
    async with pool.acquire() as db, db.transaction():
        payable = await lock_payable(db, attempt.kind, attempt.payable_id)
        stands = await store.lock_attempt(db, attempt.payable_id, attempt.id)
        step = attempts.step(stands, outcome, now=now)
        funds = None if channel is None else channel.funds(payable.account_id, payables.operator_of(payable))
        await move(db, payable, stands, step, funds=funds, now=now)
        return Answered(
            await store.attempt_by_id(db, attempt.payable_id, attempt.id),
            await lock_payable(db, attempt.kind, attempt.payable_id),
        )


async def move(
    db: Connection, payable: Payable, attempt: Attempt, step: Step, *, funds: Funds | None, now: datetime
) -> None:
    """Moves an attempt that is locked, with what follows for its payable. `funds`: where the money stands its channel
    took.
    """
    if step.state in attempts.MOVES[attempt.state]:
        follows = payables.effects(payable, attempt, step.state, funds=funds, now=now)
        await store.move_attempt(db, attempt, step, paid_fen=follows.paid_fen, now=now)
        await write(db, follows, payable=payable, attempt=attempt, now=now)
    if step.doubt is not None:
        await dispute_store.insert_dispute(db, payables.dispute(payable, attempt, step.doubt, now=now))


async def ask_again(
    pool: Pool, channel: Provider | None, attempt: Attempt, *, clock: Callable[[], datetime]
) -> Outcome:
    """Asks a channel what became of an attempt, sends it again if it never arrived, and writes the answer."""
    if channel is None:
        outcome: Outcome = NOT_CONNECTED
    else:
        outcome = await ask_of_payment(channel, attempt.request_no)
        if attempts.to_be_sent_again(attempt, outcome, now=clock()):
            outcome = await ask_to_pay(channel, attempts.request_of(attempt), again=True)
    await take_answer(pool, channel, attempt, outcome, now=clock())
    return outcome


async def lock_payable(db: Connection, kind: PayableKind, payable_id: UUID) -> Payable:
    """What was paid, or was to be. A charge is locked until the transaction ends; a top-up never changes."""
    payable: Payable | None
    match kind:
        case PayableKind.CHARGE:
            payable = await charge_store.lock_charge(db, payable_id)
        case PayableKind.TOP_UP:
            payable = await account_store.top_up_by_id(db, ids.shard_of(payable_id), payable_id)
    assert payable is not None
    return payable


async def write(db: Connection, effects: Effects, *, payable: Payable, attempt: Attempt, now: datetime) -> None:
    """Writes what follows from an attempt that has moved. Its charge is locked."""
    # Charges before balances: the order in which everybody locks.
    if effects.pays is not None:
        paid = [(attempt.id, effects.pays, effects.paid_fen)]
        await charge_store.mark_paid(db, paid, method=attempt.channel, now=now)
        if effects.pays.account_id is None:
            await charge_store.note_cleared(db, [effects.pays], now=now)
    if effects.collects is not None:
        await charge_store.set_collect_at(db, effects.collects, now)
    if effects.wakes is not None:
        await charge_store.wake_account(db, effects.wakes, now=now)
    await books.post(db, effects.journals, now=now)
    if effects.dispute is not None:
        await dispute_store.insert_dispute(db, effects.dispute)
    if effects.returns is not None:
        about = None if effects.dispute is None else effects.dispute.operator_id
        await _return(db, effects.returns, about or payables.owner_of(payable), now=now)


async def _return(db: Connection, refund: Refund, owner_id: int, *, now: datetime) -> None:
    """Writes down what goes back by itself; the worker asks the channel."""
    await refund_store.insert_refund(db, refund)
    detail: dict[str, object] = {"refund_id": str(refund.id), "amount_fen": refund.amount_fen, "note": refund.reason}
    await audit_store.record(
        db,
        owner_id,
        actor=BY_ADJUSTMENT,
        action="dispute.return",
        subject=str(refund.dispute_id),
        detail=detail,
        now=now,
    )
