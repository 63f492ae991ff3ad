"""Asking channels: each in a round of its own, ever more rarely, and never without an end."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest

from payments.attempts import ASK_MAX, BILLED_AFTER, RESEND_WITHIN, WAIT_MAX, Accepted, NotFound, Outcome, PayRequest
from payments.channels import LocalChannel, RequestRefused, port
from payments.charges import ChargeNotDue
from payments.flow import charges as charges_flow
from payments.flow import resolution
from payments.refunds import NOT_FOUND_AFTER, RefundNotFound, RefundOutcome, RefundRequest
from payments.store import attempts as attempt_store
from tests.patience import PATIENCE_S
from tests.payments.city import LATER, City, attempted

HOUR = timedelta(hours=1)


class Channel(LocalChannel):
    """The test channel under another name, which does to a payment and to a question what it is set to."""

    def __init__(self, city: City, name: str = "local", *, pays: object = None, asked: object = None) -> None:
        super().__init__(city.pool, city.clock)
        self.name, self._pays, self._asked = name, pays, asked
        self.questions: list[datetime] = []

    async def pay(self, request: PayRequest) -> Outcome:
        if isinstance(self._pays, Exception):
            raise self._pays
        return await super().pay(request)

    async def query(self, number: str) -> Outcome:
        self.questions.append(self._clock())
        if self._asked is asyncio.sleep:
            await asyncio.sleep(3600)
        if isinstance(self._asked, Exception):
            raise self._asked
        if self._asked is not None:
            return self._asked  # type: ignore[return-value]
        return await super().query(number)


async def rounds(city: City, span: timedelta, every: timedelta) -> int:
    """Rounds of the worker for a while; how many questions were asked."""
    asked, until = 0, city.now + span
    while city.now < until:
        city.now += every
        asked += await resolution.resolve_unknown(city.pool, city.channels, clock=city.clock)
    return asked


async def state_of(city: City, payable_id: UUID) -> str:
    async with city.pool.acquire() as db:
        [attempt] = await attempt_store.attempts_of(db, payable_id)
    return f"{attempt.state}{'' if attempt.query_at is None else ', asked for'}"


async def void(city: City, charge_id: UUID, reason: str = "wrong plate") -> str:
    async with city.pool.acquire() as db, db.transaction():
        charge = await charges_flow.void_charge(
            db, charge_id=charge_id, reason=reason, actor="finance:li", now=city.now
        )
    return charge.state


async def test_a_lost_payment_blocks_neither_the_wallet_nor_a_withdrawal(city: City) -> None:
    account_id = await city.account(1_000)
    collected, voided = await city.charge(account_id, 500), await city.charge(account_id, 500)
    city.channels["local"] = Channel(city, pays=TimeoutError(), asked=NotFound())
    for charge_id in (collected, voided):
        assert (await city.pay(charge_id)).state == "unknown"
    # By then it was asked for once after it can have been sent for the last time.
    await rounds(city, 3 * RESEND_WITHIN, timedelta(minutes=1))
    assert await state_of(city, voided) == "void, asked for"
    assert await void(city, voided) == "void"
    assert (await city.collect()).paid == 1
    assert await city.state(collected) == "paid"
    assert await city.holds(account_id) == (500, 0)
    # It is asked for until the channel's bill would have shown it.
    await rounds(city, BILLED_AFTER + 12 * HOUR, HOUR)
    assert await state_of(city, voided) == "void"


async def test_what_the_channel_refuses_as_too_large_is_withdrawn_at_once(city: City) -> None:
    charge_id = await city.charge(None, 20_000_000)
    refused = await city.pay(charge_id)
    assert (refused.state, refused.code) == ("declined", "PARAM_ERROR")
    assert await void(city, charge_id) == "void"


async def test_an_adapter_that_breaks_is_no_error_of_the_drivers_and_ends(city: City) -> None:
    account_id = await city.account(500)
    charge_id = await city.charge(account_id, 500)
    city.channels["local"] = channel = Channel(city, pays=ValueError("no JSON"), asked=ValueError("no JSON"))
    assert (await city.pay(charge_id)).state == "unknown"
    await rounds(city, 2 * HOUR, timedelta(seconds=30))
    assert len(channel.questions) < 30
    # After a day nobody waits for it: the wallet pays.
    await rounds(city, WAIT_MAX, HOUR)
    assert await state_of(city, charge_id) == "void, asked for"
    assert (await city.collect()).paid == 1
    await rounds(city, ASK_MAX, 6 * HOUR)
    asked = len(channel.questions)
    await rounds(city, ASK_MAX, 6 * HOUR)
    assert len(channel.questions) == asked < 100
    [dispute] = await city.disputes()
    assert dispute.kind == "no_answer"


async def test_what_was_accepted_and_is_not_known_any_more_ends(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow")
    city.channels["local"] = Channel(city, asked=NotFound())
    await rounds(city, WAIT_MAX - HOUR, HOUR)
    assert await state_of(city, charge_id) == "accepted, asked for"
    await rounds(city, 12 * HOUR, HOUR)
    assert await state_of(city, charge_id) == "void, asked for"
    await rounds(city, BILLED_AFTER, HOUR)
    assert await state_of(city, charge_id) == "void"


async def test_a_refund_is_asked_for_ever_more_rarely(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)
    asked = 0

    class Pending(LocalChannel):
        async def refund(self, request: RefundRequest) -> RefundOutcome:
            raise TimeoutError

        async def query_refund(self, number: str) -> RefundOutcome:
            nonlocal asked
            asked += 1
            raise TimeoutError

    city.channels["local"] = Pending(city.pool, city.clock)
    assert (await city.refund(charge_id, 500)).state == "unknown"
    await rounds(city, 2 * HOUR, timedelta(seconds=30))
    assert 3 < asked < 30
    city.channels["local"] = LocalChannel(city.pool, city.clock)
    await rounds(city, 3 * HOUR, HOUR)
    assert await city.count("select count(*) from refund where payable_id = $1 and state = 'succeeded'", charge_id) == 1


async def test_a_refund_that_is_refused_outright_gives_the_money_back_to_the_operator(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)
    await city.owner.execute("update channel_local_payment set state = 'failed'")
    refused = await city.refund(charge_id, 500)
    assert (refused.state, refused.code, refused.query_at) == ("closed", "PAYMENT_NOT_FOUND", None)
    assert await city.book(city.operator_id, "payable") == 500


async def test_a_refund_that_never_arrives_is_closed(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)

    class Deaf(LocalChannel):
        async def refund(self, request: RefundRequest) -> RefundOutcome:
            raise TimeoutError

        async def query_refund(self, number: str) -> RefundOutcome:
            return RefundNotFound()

    city.channels["local"] = Deaf(city.pool, city.clock)
    assert (await city.refund(charge_id, 500)).state == "unknown"
    await rounds(city, NOT_FOUND_AFTER + 12 * HOUR, HOUR)
    assert await city.count("select count(*) from refund where payable_id = $1 and state = 'closed'", charge_id) == 1
    assert await city.book(city.operator_id, "payable") == 500


async def test_what_went_through_a_channel_that_is_gone_ends_by_its_age(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow")
    del city.channels["local"]
    await rounds(city, WAIT_MAX + 12 * HOUR, HOUR)
    assert await state_of(city, charge_id) == "void, asked for"
    assert await void(city, charge_id) == "void"


async def test_a_channel_that_hangs_delays_nobody_else(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "CHANNEL_TIMEOUT_S", 0.5)
    city.channels["hangs"] = hangs = Channel(city, "hangs", asked=asyncio.sleep)
    stuck = [await city.charge(None, 500) for _ in range(40)]
    for charge_id in stuck:
        await city.pay(charge_id, "slow", channel="hangs")
    others = [await city.charge(None, 500) for _ in range(40)]
    for charge_id in others:
        await city.pay(charge_id, "slow")
    city.now += LATER
    began = monotonic()
    one_round = asyncio.create_task(resolution.resolve_unknown(city.pool, city.channels, clock=city.clock))
    while await city.count("select count(*) from charge where id = any($1) and state = 'paid'", others) < len(others):
        await asyncio.sleep(0.05)
        assert not one_round.done() or one_round.exception() is None
        assert monotonic() - began < PATIENCE_S
    assert await one_round == len(others) + len(hangs.questions)
    # The one that hangs was given up after a few questions, and not asked about all that wait for it.
    assert len(hangs.questions) <= resolution.SILENT_MAX + resolution.QUERIES_AT_ONCE_MAX


async def test_time_goes_on_during_a_round(city: City) -> None:
    """What an answer makes of an attempt depends on when it came, and not on when the round began."""
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow")
    aged: Callable[[], None]

    class Slow(Channel):
        async def query(self, number: str) -> Outcome:
            aged()
            return Accepted()

    def age() -> None:
        city.now += WAIT_MAX

    aged = age
    city.channels["local"] = Slow(city)
    await city.resolve()
    assert await state_of(city, charge_id) == "void, asked for"


async def test_void_again_for_another_reason_is_refused(city: City) -> None:
    charge_id = await city.charge(None, 500)
    assert [await void(city, charge_id), await void(city, charge_id)] == ["void", "void"]
    assert (await attempted(void(city, charge_id, "another"))).__name__ == "AlreadyVoid"  # type: ignore[union-attr]
    assert await attempted(city.pay(charge_id)) is ChargeNotDue


async def test_a_payment_refused_when_it_is_sent_again_stays_unknown(city: City) -> None:
    charge_id = await city.charge(None, 500)
    city.channels["local"] = channel = Channel(city, pays=TimeoutError(), asked=NotFound())
    await city.pay(charge_id)
    channel._pays = RequestRefused("the place is taken", code="PARAM_ERROR")
    await city.resolve()
    assert await state_of(city, charge_id) == "unknown, asked for"
