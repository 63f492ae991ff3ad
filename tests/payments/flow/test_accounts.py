"""Money into wallets: once per key, whatever the channel answers."""

import asyncio
from uuid import UUID

import pytest

from payments import disputes
from payments.accounts import (
    AccountNotSettled,
    AccountStatus,
    NoSuchAccount,
    NoSuchTopUp,
    TopUpContradicted,
    TopUpOutOfRange,
)
from payments.attempts import Outcome, PayRequest
from payments.channels import LocalChannel
from payments.disputes import DisputeKind, Doubt
from payments.flow import accounts as accounts_flow
from payments.refunds import NotRefundable
from payments.store import disputes as dispute_store
from tests.payments.city import City


class Stopped(BaseException):
    """The process was killed."""


class Killed(LocalChannel):
    """The test channel of a process that is killed before the first byte is sent."""

    async def pay(self, request: PayRequest) -> Outcome:
        """Never arrives."""
        raise Stopped


async def test_a_top_up_wakes_what_waits(city: City) -> None:
    account_id = await city.account()
    charge_id = await city.charge(account_id, 500)
    await city.collect()
    tried = await city.owner.fetchrow("select state, code from attempt where payable_id = $1", charge_id)
    assert tuple(tried or ()) == ("declined", "insufficient_balance")
    assert (await city.collect()).declined == 0
    await city.top_up(account_id, 500)
    assert (await city.collect()).paid == 1
    assert await city.holds(account_id) == (0, 0)


async def test_a_top_up_happens_once_per_key(city: City) -> None:
    account_id = await city.account()
    await asyncio.gather(*(city.top_up(account_id, 700, key="k") for _ in range(6)))
    assert await city.holds(account_id) == (700, 0)
    for amount_fen, payer in ((701, "ok"), (700, "ok:other")):
        with pytest.raises(TopUpContradicted):
            await city.top_up(account_id, amount_fen, payer=payer, key="k")
    assert await city.top_up(account_id, 700, key="another") == "succeeded"
    assert await city.holds(account_id) == (1_400, 0)


@pytest.mark.parametrize(
    ("payer", "at_first", "in_the_end"),
    [
        ("decline", "declined", 0),
        ("slow", "accepted", 900),
        ("fail-later", "accepted", 0),
        ("lost-answer", "unknown", 900),
        ("lost-request", "unknown", 900),
    ],
)
async def test_a_top_up_ends_as_the_channel_says(city: City, payer: str, at_first: str, in_the_end: int) -> None:
    account_id = await city.account()
    assert await city.top_up(account_id, 900, payer=payer, key="k") == at_first
    assert await city.holds(account_id) == (0, 0)
    await city.resolve()
    assert await city.holds(account_id) == (in_the_end, 0)


async def test_top_ups_that_cannot_be(city: City) -> None:
    account_id = await city.account()
    for amount_fen in (0, -1, 500_001):
        with pytest.raises(TopUpOutOfRange):
            await city.top_up(account_id, amount_fen)
    with pytest.raises(NoSuchAccount):
        await city.top_up(999_999_999, 100)
    async with city.pool.acquire() as db:
        with pytest.raises(NoSuchTopUp):
            await accounts_flow.top_up_by_id(db, account_id=account_id, top_up_id=UUID(int=1))
        with pytest.raises(NoSuchAccount):
            await accounts_flow.standing(db, 999_999_999)


async def test_a_top_up_whose_process_was_killed_is_picked_up(city: City) -> None:
    account_id = await city.account()
    connected = city.local
    city.channels["local"] = Killed(city.pool, city.clock)
    with pytest.raises(Stopped):
        await city.top_up(account_id, 900, key="k")
    city.channels["local"] = connected
    assert await city.top_up(account_id, 900, key="k") == "submitting"
    assert await city.resolve() == 1
    assert await city.holds(account_id) == (900, 0)
    assert await city.top_up(account_id, 900, key="k") == "succeeded"


async def close(city: City, account_id: int) -> AccountStatus:
    async with city.pool.acquire() as db, db.transaction():
        closed = await accounts_flow.close_account(
            db, account_id=account_id, actor="driver", now=city.now, random_bits=city.random_bits
        )
    return closed.status


async def test_an_account_is_not_closed_while_money_of_a_top_up_may_come(city: City) -> None:
    account_id = await city.account()
    await city.top_up(account_id, 500, payer="slow")
    # Given up after a day, and asked for all the same.
    await city.owner.execute("update attempt set state = 'void' where shard = $1 and kind = 'top_up'", account_id)
    with pytest.raises(AccountNotSettled):
        await close(city, account_id)
    # Asked for no more, and before a person.
    await city.owner.execute("update attempt set query_at = null where shard = $1 and kind = 'top_up'", account_id)
    attempt = "select {} from attempt where shard = $1 and kind = 'top_up'"
    top_up: UUID = await city.owner.fetchval(attempt.format("payable_id"), account_id)
    attempt_id: UUID = await city.owner.fetchval(attempt.format("id"), account_id)
    doubt = Doubt(DisputeKind.NO_ANSWER, {"code": "accepted"})
    dispute = disputes.new(
        doubt, payable="top_up", payable_id=top_up, attempt_id=attempt_id, operator_id=None, channel="local",
        asked_fen=500, now=city.now,
    )  # fmt: skip
    async with city.pool.acquire() as db:
        await dispute_store.insert_dispute(db, dispute)
    with pytest.raises(AccountNotSettled):
        await close(city, account_id)
    await city.owner.execute("update attempt set state = 'failed' where id = $1", attempt_id)
    await city.owner.execute(
        "update dispute set state = 'resolved', resolution = 'dismissed', resolved_by = 'li', resolved_at = opened_at "
        "where id = $1", dispute.id,
    )  # fmt: skip
    assert await close(city, account_id) == "closed"


async def test_nothing_is_given_back_into_a_closed_wallet(city: City) -> None:
    account_id = await city.account(500)
    charge_id = await city.charge(account_id, 500)
    assert (await city.collect()).paid == 1
    assert await close(city, account_id) == "closed"
    with pytest.raises(NotRefundable, match="closed") as refused:
        await city.refund(charge_id, 500)
    assert refused.value.facts["account_id"] == account_id
    assert await city.holds(account_id) == (0, 0)
