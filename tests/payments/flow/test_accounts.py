"""Money into wallets: once per key, whatever the channel answers."""

import asyncio
from uuid import UUID

import pytest

from payments.accounts import NoSuchAccount, NoSuchTopUp, TopUpContradicted, TopUpOutOfRange
from payments.attempts import Outcome, PayRequest
from payments.channels import LocalChannel
from payments.flow import accounts as accounts_flow
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
