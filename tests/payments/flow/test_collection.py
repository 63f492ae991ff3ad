"""The worker takes what is due from wallets: once, as far as they cover it, and beside payments through channels."""

import asyncio
from datetime import timedelta

from payments.jobs import Work, collect
from tests.payments.city import City, attempted


async def test_a_wallet_pays_what_it_covers(city: City) -> None:
    account_id = await city.account(1_000)
    first, second, third = [await city.charge(account_id, 400) for _ in range(3)]
    done = await city.collect()
    assert (done.paid, done.declined) == (2, 1)
    assert await city.holds(account_id) == (200, 400)
    assert sorted([await city.state(c) for c in (first, second, third)]) == ["due", "paid", "paid"]
    assert await city.collect() == type(done)(0, 0)


async def test_declined_charges_are_tried_again_in_time(city: City) -> None:
    account_id = await city.account()
    await city.charge(account_id, 500)
    for wait in (0, 1, 10, 60):
        city.now += timedelta(minutes=wait)
        assert (await city.collect()).declined == 1
        assert (await city.collect()).declined == 0


async def test_many_workers_collect_everything_once(city: City) -> None:
    accounts = [await city.account(1_000) for _ in range(4)]
    for account_id in accounts:
        for _ in range(12):
            await city.charge(account_id, 100)
    work = Work(city.pool, city.channels, city.clock, city.random_bits)
    await asyncio.gather(*(city.collect(limit=7) for _ in range(12)), *(collect(work) for _ in range(3)))
    await collect(work)
    assert [await city.holds(a) for a in accounts] == [(0, 200)] * 4


async def test_paying_while_the_worker_collects_takes_the_money_once(city: City) -> None:
    account_id = await city.account(20 * 500)
    due = [await city.charge(account_id, 500) for _ in range(20)]
    await asyncio.gather(
        *(attempted(city.pay(charge_id, "ok")) for charge_id in due), *(city.collect(limit=5) for _ in range(8))
    )
    await city.collect()
    by_channel = sum([await city.executed(charge_id) for charge_id in due])
    assert await city.holds(account_id) == (by_channel * 500, 0)
    assert await city.count("select count(*) from charge where account_id = $1 and state = 'paid'", account_id) == 20


async def test_a_charge_being_paid_is_not_collected(city: City) -> None:
    account_id = await city.account(500)
    charge_id = await city.charge(account_id, 500)
    await city.pay(charge_id, "slow")
    await city.top_up(account_id, 100)
    assert await city.collect() == type(await city.collect())(0, 0)
    await city.resolve()
    assert await city.state(charge_id) == "paid"
    assert await city.holds(account_id) == (600, 0)
