"""Money is taken once through a channel, whatever is lost on the way."""

import asyncio

import msgspec
import pytest

from payments import attempts
from payments.attempts import (
    BILLED_AFTER,
    RESEND_WITHIN,
    Accepted,
    PayerMalformed,
    PaymentInProgress,
    Succeeded,
    UnknownChannel,
)
from payments.charges import ChargeNotDue
from payments.flow import attempts as attempts_flow
from payments.flow import charges as charges_flow
from payments.flow import resolution
from payments.flow.charges import Paid
from payments.jobs import Work, resolve
from payments.store import attempts as attempt_store
from tests.payments.city import LATER, City, attempted


async def test_a_casual_driver_pays_at_the_gate(city: City) -> None:
    charge_id = await city.charge(None, 800)
    paid = await city.pay(charge_id)
    assert (paid.state, paid.charge_state) == ("succeeded", "paid")
    assert await city.book(city.operator_id, "casual_receivable") == 0
    assert await city.executed(charge_id) == 1
    with pytest.raises(ChargeNotDue):
        await city.pay(charge_id)


async def test_a_declined_payment_may_be_tried_again(city: City) -> None:
    account_id = await city.account()
    charge_id = await city.charge(account_id, 300)
    assert (await city.pay(charge_id, "decline")).state == "declined"
    # The wallet is tried again too: the charge is awake.
    assert (await city.collect()).declined == 1
    assert (await city.pay(charge_id, "ok")).charge_state == "paid"
    assert await city.holds(account_id) == (0, 0)


async def test_payments_at_once_take_the_money_once(city: City) -> None:
    for payer in ("ok", "slow", "lost-answer"):
        charge_id = await city.charge(None, 500)
        answers = await asyncio.gather(*(attempted(city.pay(charge_id, payer)) for _ in range(8)))
        assert sum(isinstance(answer, Paid) for answer in answers) == 1
        assert {a for a in answers if not isinstance(a, Paid)} <= {ChargeNotDue, PaymentInProgress}
        await city.resolve()
        assert await city.executed(charge_id) == 1
        assert await city.state(charge_id) == "paid"


@pytest.mark.parametrize("payer", ["lost-answer", "lost-request", "slow"])
async def test_a_lost_answer_is_asked_for_and_paid_once(city: City, payer: str) -> None:
    charge_id = await city.charge(None, 500)
    assert (await city.pay(charge_id, payer)).charge_state == "due"
    with pytest.raises(PaymentInProgress):
        await city.pay(charge_id, "ok")
    assert await city.resolve() == 1
    assert await city.state(charge_id) == "paid"
    assert await city.resolve() == 0
    assert await city.executed(charge_id) == 1
    assert await city.count("select count(*) from attempt where payable_id = $1", charge_id) == 1


async def test_the_payer_hears_what_to_do_next(city: City) -> None:
    charge_id = await city.charge(None, 500)
    paid = await city.pay(charge_id, "redirect")
    assert (paid.state, paid.charge_state) == ("accepted", "due")
    number = await city.owner.fetchval("select request_no from attempt where payable_id = $1", charge_id)
    assert paid.next_action == {"redirect_url": f"https://pay.example/{number}"}
    # Who pays sees the number: neither lot nor moment can be read from it, as they could from the attempt's identifier.
    assert number != paid.attempt_id.hex
    async with city.pool.acquire() as db:
        [attempt] = await attempt_store.attempts_of(db, charge_id)
    # An answer that does not repeat it leaves it as it is.
    still = await attempts_flow.take_answer(city.pool, city.local, attempt, Accepted(), now=city.now)
    assert attempts.next_action(still.attempt) == paid.next_action
    assert await city.resolve() == 1
    async with city.pool.acquire() as db:
        [attempt] = await attempt_store.attempts_of(db, charge_id)
    assert (attempt.state, attempts.next_action(attempt)) == ("succeeded", None)


async def test_what_fails_later_leaves_the_charge_due(city: City) -> None:
    account_id = await city.account(500)
    charge_id = await city.charge(account_id, 500)
    assert (await city.pay(charge_id, "fail-later")).state == "accepted"
    assert await city.resolve() == 1
    assert await city.state(charge_id) == "due"
    assert (await city.collect()).paid == 1


async def test_a_crash_after_the_commit_is_picked_up(city: City) -> None:
    """The attempt stands, the channel may or may not have it: both ends are found by asking."""
    charge_id = await city.charge(None, 500)
    async with city.pool.acquire() as db, db.transaction():
        charge = await charges_flow.charge_by_id(db, charge_id)
        await attempts_flow.begin(db, charge, channel="local", payer="ok", now=city.now, random_bits=city.random_bits)
    assert await resolution.resolve_unknown(city.pool, city.channels, clock=city.clock) == 0
    assert await city.resolve() == 1
    assert await city.state(charge_id) == "paid"


async def test_what_never_arrived_is_void_in_the_end(city: City) -> None:
    charge_id = await city.charge(None, 500)
    async with city.pool.acquire() as db, db.transaction():
        charge = await charges_flow.charge_by_id(db, charge_id)
        await attempts_flow.begin(db, charge, channel="local", payer="ok", now=city.now, random_bits=city.random_bits)
    city.now += BILLED_AFTER
    assert await city.resolve() == 1
    assert await city.count("select count(*) from attempt where payable_id = $1 and state = 'void'", charge_id) == 1
    assert await city.executed(charge_id) == 0
    assert (await city.pay(charge_id)).charge_state == "paid"


async def test_what_the_channel_never_saw_does_not_keep_the_driver_at_the_barrier(city: City) -> None:
    for account_id in (None, await city.account()):
        charge_id = await city.charge(account_id, 500)
        async with city.pool.acquire() as db, db.transaction():
            charge = await charges_flow.charge_by_id(db, charge_id)
            lost = await attempts_flow.begin(
                db, charge, channel="local", payer="ok", now=city.now, random_bits=city.random_bits
            )
        city.now += RESEND_WITHIN
        with pytest.raises(PaymentInProgress):
            await city.pay(charge_id)
        assert await city.resolve() == 1
        assert (await city.pay(charge_id)).charge_state == "paid"
        states = "select array_agg(state::text order by created_at) from attempt where payable_id = $1"
        assert await city.owner.fetchval(states, charge_id) == ["void", "succeeded"]
        # Its money turns up all the same: it is held to be given back.
        suspended_fen = await city.book(account_id or city.operator_id, "suspense")
        channel, evidence = city.local, Succeeded(lost.request_no, 500)
        await attempts_flow.take_answer(city.pool, channel, lost, evidence, now=city.now)
        assert await city.book(account_id or city.operator_id, "suspense") == suspended_fen + 500
        assert await city.state(charge_id) == "paid"


async def test_evidence_that_names_another_amount_is_before_a_person(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow")
    async with city.pool.acquire() as db:
        [attempt] = await attempt_store.attempts_of(db, charge_id)
        forged = Succeeded(attempt.request_no, 501)
        await attempts_flow.take_answer(city.pool, city.local, attempt, forged, now=city.now)
    [dispute] = await city.disputes()
    assert (dispute.kind, dispute.attempt_id, dispute.asked_fen) == ("other_amount", attempt.id, 500)
    assert msgspec.json.decode(dispute.said)["amount_fen"] == 501
    assert await city.resolve() == 0


async def test_the_same_answer_twice_is_booked_once(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "lost-answer")
    city.now += LATER
    rounds = [resolve(Work(city.pool, city.channels, city.clock, city.random_bits)) for _ in range(6)]
    assert sum(await asyncio.gather(*rounds)) == 1
    [attempt] = await city.owner.fetch("select * from attempt where payable_id = $1", charge_id)
    async with city.pool.acquire() as db:
        [stands] = await attempt_store.attempts_of(db, charge_id)
    channel = city.local
    outcome = await channel.query(attempt["request_no"])
    for _ in range(2):
        again = await attempts_flow.take_answer(city.pool, channel, stands, outcome, now=city.now)
        assert again.attempt.state == "succeeded"
    assert await city.count("select count(*) from journal where ref = $1 and kind = 'charge_paid'", charge_id) == 1


async def test_late_evidence_for_a_paid_charge_is_held_to_be_given_back(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "fail-later")
    await city.resolve()
    async with city.pool.acquire() as db:
        [failed] = await attempt_store.attempts_of(db, charge_id)
    await city.pay(charge_id, "ok")
    channel = city.local
    evidence = Succeeded(failed.request_no, 500)
    await attempts_flow.take_answer(city.pool, channel, failed, evidence, now=city.now)
    assert await city.book(city.operator_id, "suspense") == 500
    # Two attempts succeeded, and the books say where the second one's money is.
    assert not await city.violations()


async def test_unknown_channels_and_payers_are_refused(city: City) -> None:
    charge_id = await city.charge(None)
    with pytest.raises(PayerMalformed):
        await city.pay(charge_id, "")
    account_id = await city.account()
    for name in ("wallet", "nobody"):
        with pytest.raises(UnknownChannel) as refused:
            await city.top_up(account_id, 500, channel=name)
        assert refused.value.facts["channels"] == ["local"]
    city.channels.clear()
    with pytest.raises(UnknownChannel):
        await city.pay(charge_id)
    assert await city.count("select count(*) from attempt where payable_id = $1", charge_id) == 0
