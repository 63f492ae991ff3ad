"""Paying a charge through a channel: committed before it is sent, asked for when the answer is lost, paid once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from payments import attempts, charges, ids, ledger
from payments.attempts import Attempt, AttemptState, Outcome, Step
from payments.channels import Channel, Channels, PayRequest, answer, channel_named, check_payer
from payments.charges import Charge, ChargeState, PaymentInProgress
from payments.flow import accounts as accounts_flow
from payments.flow import refunds as refunds_flow
from payments.flow.charges import lock_charge
from payments.store import accounts as account_store
from payments.store import attempts as store
from payments.store import charges as charge_store
from payments.store import ledger as books
from sql import Connection, Pool

QUERIES_PER_ROUND_MAX = 100
QUERIES_AT_ONCE_MAX = 4
# A worker that claimed a query and died leaves it to the others after this long.
CLAIM = timedelta(seconds=30)


class Paid(msgspec.Struct, frozen=True):
    """How an attempt to pay a charge stands after the channel was asked."""

    charge_id: UUID
    attempt_id: UUID
    state: AttemptState
    code: str | None
    charge_state: ChargeState


async def pay_charge(
    pool: Pool,
    channels: Channels,
    *,
    charge_id: UUID,
    channel: str,
    payer: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> Paid:
    """Pays a due charge through a channel. An answer that says nothing yet (accepted, unknown) is followed up by
    `resolve_unknown`; until it has ended no other attempt starts, so nobody pays twice. One that the channel never saw
    is superseded.

    Raises:
        NoSuchCharge, UnknownChannel: there is none of this identifier or name.
        PayerMalformed: no channel takes such a token.
        ChargeNotDue: it is paid or withdrawn.
        PaymentInProgress: an earlier attempt has not ended.
    """
    check_payer(payer)
    through = channel_named(channels, channel)
    async with pool.acquire() as db, db.transaction():
        charge = await lock_charge(db, charge_id)
        charges.payable(charge)
        live = await store.live_attempt(db, charge.lot_id, charge.id)
        if live is not None and not attempts.is_lost(live, now):
            raise PaymentInProgress(
                "A payment of this charge has not ended.",
                charge_id=str(charge.id),
                attempt_id=str(live.id),
                state=live.state,
            )
        if live is not None:
            await store.move_attempt(db, live, Step(AttemptState.SUPERSEDED, live.code), now=now)
        attempt = _new_attempt(charge, channel, payer, now=now, random_bits=random_bits)
        await store.insert_attempt(db, attempt)
        # The worker leaves a charge without a time to be collected alone.
        await charge_store.set_collect_at(db, charge, None)

    outcome = await answer(through.pay(msgspec.json.decode(attempt.request, type=PayRequest)))
    return await take_answer(pool, through, attempt, outcome, now=now)


async def take_answer(pool: Pool, channel: Channel, attempt: Attempt, outcome: Outcome, *, now: datetime) -> Paid:
    """Writes what a channel said of an attempt; whoever hears the same twice changes nothing the second time."""
    step = attempts.step(
        outcome,
        state=attempt.state,
        number=attempt.request_no,
        amount_fen=attempt.amount_fen,
        created_at=attempt.created_at,
        now=now,
        jitter=attempts.jitter_of(attempt.id),
    )
    async with pool.acquire() as db, db.transaction():
        charge = await lock_charge(db, attempt.charge_id)
        if await store.move_attempt(db, attempt, step, now=now):
            await _book(db, channel, charge, attempt, step, now=now)
        ended = await store.attempts_of_charge(db, attempt.lot_id, attempt.charge_id)
        stands = next(one for one in ended if one.id == attempt.id)
        charge = await lock_charge(db, attempt.charge_id)
        return Paid(charge.id, attempt.id, stands.state, stands.code, charge.state)


async def resolve_unknown(pool: Pool, channels: Channels, *, now: datetime) -> int:
    """Asks the channels about attempts, top-ups and refunds whose end is not known; returns about how many.

    A round is bounded; one that fails does not keep the others from being asked.

    Raises:
        ExceptionGroup: what failed, after all were asked. They come up again.
    """
    claim = {"now": now, "again_at": now + CLAIM, "limit": QUERIES_PER_ROUND_MAX}
    async with pool.acquire() as db:
        open_attempts = await store.claim_attempts_to_query(db, **claim)  # type: ignore[arg-type]
        open_top_ups = await account_store.claim_top_ups_to_query(db, **claim)  # type: ignore[arg-type]
        open_refunds = await charge_store.claim_unresolved_refunds(
            db, now=now, untouched_since=now - CLAIM, limit=QUERIES_PER_ROUND_MAX
        )
    questions: list[Awaitable[object]] = [
        *(_ask_again(pool, channels, attempt, now=now) for attempt in open_attempts),
        *(accounts_flow.ask_again(pool, channels, top_up, now=now) for top_up in open_top_ups),
        *(refunds_flow.ask_again(pool, channels, refund, now=now) for refund in open_refunds),
    ]
    turns = asyncio.Semaphore(QUERIES_AT_ONCE_MAX)

    async def in_turn(question: Awaitable[object]) -> None:
        async with turns:
            await question

    ended = await asyncio.gather(*map(in_turn, questions), return_exceptions=True)
    failures = [end for end in ended if isinstance(end, Exception)]
    if failures:
        raise ExceptionGroup("some payments could not be resolved", failures)
    return len(questions)


async def _ask_again(pool: Pool, channels: Channels, attempt: Attempt, *, now: datetime) -> None:
    channel = channel_named(channels, attempt.channel)
    outcome = await answer(channel.query(attempt.request_no))
    if attempts.to_be_sent_again(outcome, state=attempt.state, created_at=attempt.created_at, now=now):
        outcome = await answer(channel.pay(msgspec.json.decode(attempt.request, type=PayRequest)))
    await take_answer(pool, channel, attempt, outcome, now=now)


async def _book(
    db: Connection, channel: Channel, charge: Charge, attempt: Attempt, step: Step, *, now: datetime
) -> None:
    """What the move of an attempt means for its charge and in the books."""
    if step.state is AttemptState.SUCCEEDED:
        today = ledger.local_date(now, charge.time_zone)
        if charge.state is ChargeState.DUE:
            await charge_store.mark_paid(db, [charge], method=channel.name, now=now)
            journal = ledger.paid_by_channel(charge.id, attempt.id, charge, channel.owner_id, today)
        else:
            # Late evidence for a charge that was paid another way: the money is here and has to go back.
            journal = ledger.overpaid(charge.id, attempt.id, charge, channel.owner_id, today)
        await books.post(db, [journal], now=now)
    elif step.state not in attempts.LIVE and charge.account_id is not None:
        await charge_store.set_collect_at(db, charge, now)


def _new_attempt(charge: Charge, channel: str, payer: str, *, now: datetime, random_bits: Callable[[], int]) -> Attempt:
    attempt_id = ids.new(now, charge.lot_id, random_bits())
    number = attempt_id.hex
    return Attempt(
        lot_id=charge.lot_id,
        charge_id=charge.id,
        id=attempt_id,
        request_no=number,
        channel=channel,
        amount_fen=charge.amount_fen,
        state=AttemptState.SUBMITTING,
        code=None,
        request=msgspec.json.encode(PayRequest(number, charge.amount_fen, payer)).decode(),
        tries=1,
        created_at=now,
        updated_at=now,
        query_at=now + attempts.QUERY_FIRST_AFTER,
    )
