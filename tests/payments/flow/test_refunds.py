"""Money goes back the way it came, once per key, and never more than was paid."""

import asyncio
from datetime import timedelta

import pytest

from payments.channels import LocalChannel
from payments.flow import refunds as refunds_flow
from payments.flow import resolution
from payments.refunds import (
    NotRefundable,
    Refund,
    RefundContradicted,
    Refunded,
    RefundOutcome,
    RefundRequest,
)
from tests.payments.city import City

ENDED_EARLY = """
select count(*) from charge c join attempt a on a.payable_id = c.id join refund r on r.payable_id = c.id
 where c.id = any($1) and (c.paid_at < c.created_at or a.updated_at < a.created_at or r.created_at < a.created_at
                           or r.updated_at < r.created_at)
"""


class LosesRefunds(LocalChannel):
    """The test channel behind a line that loses the first answer to each refund."""

    answers_lost = 0

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Executes, and says so only from the second time on."""
        done = await super().refund(request)
        if not self.answers_lost:
            self.answers_lost += 1
            raise ConnectionResetError
        return done


class LosesRefundRequests(LocalChannel):
    """The test channel behind a line that loses the first request for a refund."""

    requests_lost = 0

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Gets to hear of it only from the second time on."""
        if not self.requests_lost:
            self.requests_lost += 1
            raise TimeoutError
        return await super().refund(request)


async def test_what_the_wallet_paid_is_back_in_the_wallet(city: City) -> None:
    account_id = await city.account(500)
    charge_id = await city.charge(account_id, 500)
    await city.collect()
    for _ in range(2):
        assert (await city.refund(charge_id, 200)).state == "succeeded"
    assert await city.holds(account_id) == (200, 0)
    assert await city.book(city.operator_id, "payable") == 300
    assert await city.book(city.operator_id, "refund_payable") == 0


async def test_a_refund_pays_what_waits(city: City) -> None:
    account_id = await city.account(500)
    paid = await city.charge(account_id, 500)
    await city.collect()
    await city.charge(account_id, 300)
    assert (await city.collect()).declined == 1
    await city.refund(paid, 500)
    assert (await city.collect()).paid == 1
    assert await city.holds(account_id) == (200, 0)


async def test_what_a_channel_took_goes_back_through_it(city: City) -> None:
    before = await city.book(2, "clearing")
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)
    assert await city.book(2, "clearing") == before - 500
    assert (await city.refund(charge_id, 500)).state == "succeeded"
    assert await city.book(2, "clearing") == before
    assert await city.book(city.operator_id, "payable") == 0


async def test_a_clock_that_is_behind_ends_nothing_before_it_began(city: City) -> None:
    account_id, other = await city.account(500), await city.charge(None, 500)
    charge_id = await city.charge(account_id, 500)
    await city.collect()
    await city.pay(other)
    city.now -= timedelta(minutes=1)
    for charge in (charge_id, other):
        assert (await city.refund(charge, 200)).state == "succeeded"
    early = await city.owner.fetchval(ENDED_EARLY, [charge_id, other])
    assert early == 0


async def test_a_key_belongs_to_one_refund(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)
    await city.refund(charge_id, 100, key="a")
    with pytest.raises(RefundContradicted):
        await city.refund(charge_id, 101, key="a")
    await city.refund(charge_id, 400, key="b")
    with pytest.raises(NotRefundable):
        await city.refund(charge_id, 1, key="c")


async def test_refunds_at_once_never_exceed_what_was_paid(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)

    async def refund(key: int) -> Refund | None:
        try:
            return await city.refund(charge_id, 150, key=str(key))
        except NotRefundable:
            return None

    done = [refund for refund in await asyncio.gather(*map(refund, range(8))) if refund]
    assert len(done) == 3
    assert await city.count("select refunded_fen from charge where id = $1", charge_id) == 450


async def test_a_closed_refund_gives_the_operator_everything_back(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "no-refund")
    assert (await city.refund(charge_id, 500)).state == "closed"
    assert await city.count("select refunded_fen from charge where id = $1", charge_id) == 0
    assert await city.book(city.operator_id, "payable") == 500
    assert await city.book(city.operator_id, "refund_payable") == 0


async def test_a_lost_answer_to_a_refund_is_asked_for_again(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)
    city.channels["local"] = LosesRefunds(city.pool, city.clock)
    assert (await city.refund(charge_id, 500)).state == "unknown"
    assert await city.book(city.operator_id, "refund_payable") == 500
    city.now += timedelta(seconds=30)
    assert await resolution.resolve_unknown(city.pool, city.channels, clock=city.clock) == 1
    assert await resolution.resolve_unknown(city.pool, city.channels, clock=city.clock) == 0
    assert (await city.refund(charge_id, 500)).state == "succeeded"
    assert await city.book(city.operator_id, "refund_payable") == 0
    executed = """select count(*) from channel_local_refund r join attempt a on a.request_no = r.payment_number
                   where a.payable_id = $1"""
    assert await city.count(executed, charge_id) == 1


async def test_a_refund_that_never_arrived_is_sent_again(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)
    city.channels["local"] = LosesRefundRequests(city.pool, city.clock)
    assert (await city.refund(charge_id, 500)).state == "unknown"
    city.now += timedelta(seconds=30)
    assert await resolution.resolve_unknown(city.pool, city.channels, clock=city.clock) == 1
    assert (await city.refund(charge_id, 500)).state == "succeeded"
    assert await city.book(city.operator_id, "payable") == 0


async def test_evidence_of_another_refund_proves_nothing(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id)
    city.channels["local"] = LosesRefundRequests(city.pool, city.clock)
    refund = await city.refund(charge_id, 500)
    for forged in (Refunded(refund.id.hex, 499), Refunded("another", 500)):
        stands = await refunds_flow.take_answer(city.pool, city.local, refund, forged, now=city.now)
        assert stands.state == "unknown"
    evidence = Refunded(refund.id.hex, 500)
    for _ in range(2):
        stands = await refunds_flow.take_answer(city.pool, city.local, refund, evidence, now=city.now)
        assert stands.state == "succeeded"
    assert await city.count("select count(*) from journal where ref = $1 and kind = 'refund_paid'", refund.id) == 1


async def test_only_what_is_paid_is_refunded(city: City) -> None:
    charge_id = await city.charge(None, 500)
    for amount_fen in (500, 0):
        with pytest.raises(NotRefundable):
            await city.refund(charge_id, amount_fen)
    await city.pay(charge_id)
    for amount_fen in (501, 0, -1):
        with pytest.raises(NotRefundable):
            await city.refund(charge_id, amount_fen)
