"""Charges that are adjusted while somebody pays, gives back, collects or closes the day; and a process that dies over
it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import sql
from payments.flow import adjustments as flow
from payments.flow import settlement as settlement_flow
from tests.patience import PATIENCE_S
from tests.payments.city import DAY, City, attempted

A_MOMENT_S = 0.2
A_DAY = timedelta(days=1)


async def behind(city: City, charge_id: UUID, wanted_fen: int, other: Awaitable[object]) -> object:
    """What follows for somebody who meets a charge just when it is adjusted."""
    async with city.pool.acquire() as db, db.transaction():
        await flow.adjust_charges(db, [city.adjustment(charge_id, wanted_fen)], now=city.now)
        task = asyncio.ensure_future(attempted(other))
        assert not (await asyncio.wait({task}, timeout=A_MOMENT_S))[0], "it did not wait"
    return await asyncio.wait_for(task, PATIENCE_S)


async def test_who_waits_for_an_adjustment_goes_by_what_it_says(city: City) -> None:
    account_id = await city.account(10_000)
    paying, adjusting, refunding = [await city.charge(None, 1_000) for _ in range(3)]
    await city.pay(refunding)
    await behind(city, paying, 400, city.pay(paying))
    assert (await city.stands(paying)).paid_fen == 400
    await behind(city, adjusting, 400, city.adjust((adjusting, 700)))
    there = await city.stands(adjusting)
    assert (there.amount_fen, there.owed_fen, there.adjustments) == (700, 700, 2)
    refused = await behind(city, refunding, 100, city.refund(refunding, 200))
    assert (await city.stands(refunding)).refunded_fen == 900
    assert isinstance(refused, type)
    collected = await city.charge(account_id, 1_000)
    # The worker waits for nobody: what is locked is collected in its next round.
    async with city.pool.acquire() as db, db.transaction():
        await flow.adjust_charges(db, [city.adjustment(collected, 400)], now=city.now)
        await city.collect()
    assert (await city.stands(collected)).paid_fen == 0
    await city.collect()
    assert (await city.stands(collected)).paid_fen == 400
    await city.resolve()


@pytest.mark.parametrize("seed", range(6))
async def test_everything_at_once_ends_in_the_last_amount(city: City, seed: int) -> None:
    """Nobody waits for ever and nothing is lost, whoever comes first."""
    source = random.Random(seed)
    account_id = await city.account(20_000)
    made = [await city.charge((None, account_id)[n % 2], 1_000) for n in range(6)]
    await city.pay(made[0])

    def adjusted() -> Awaitable[object]:
        named = source.sample(made, 3)
        return city.adjust(*((each, source.choice([0, 300, 900, 1_000, 1_400])) for each in named))

    doings: list[Callable[[], Awaitable[object]]] = [
        adjusted,
        adjusted,
        adjusted,
        lambda: city.pay(source.choice(made[::2]), source.choice(["ok", "slow"])),
        lambda: city.refund(source.choice(made), source.choice([1, 100]), key=str(source.random())),
        city.collect,
        lambda: city.top_up(account_id, 100),
        city.resolve_now,
    ]
    rounds = [[source.choice(doings)() for _ in range(6)] for _ in range(5)]
    for together in rounds:
        await asyncio.wait_for(asyncio.gather(*map(attempted, together)), PATIENCE_S)
    await city.adjust(*((each, 700) for each in made))
    city.now += timedelta(minutes=20)
    await city.collect()
    for _ in range(3):
        await city.resolve()
        await city.collect()
    for each in made:
        there = await city.stands(each)
        kept_fen = there.paid_fen + there.owed_fen - there.refunded_fen
        assert kept_fen == there.amount_fen <= 700
        assert kept_fen == 700 or there.waived_fen == 700 - kept_fen
    assert await city.violations() == {}


class Dying:
    """A connection of a process that dies at one of its statements, counted from 0."""

    def __init__(self, db: sql.Connection, at: int) -> None:
        self._db, self._left = db, at

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._db, name)
        if name not in ("fetch", "fetchrow", "fetchval", "execute"):
            return asked

        async def counted(*arguments: object) -> object:
            if not self._left:
                raise ConnectionError("the process died")
            self._left -= 1
            return await asked(*arguments)

        return counted


async def test_a_process_that_dies_over_it_leaves_nothing(city: City) -> None:
    account_id = await city.account(5_000)
    wallet, channel = await city.charge(account_id, 1_000), await city.charge(None, 1_000)
    due = await city.charge(account_id, 1_000)
    await city.pay(channel)
    await city.collect()
    await city.adjust((due, 2_000))
    asked = [city.adjustment(each, fen, hold="x") for each, fen in ((wallet, 300), (channel, 400), (due, 2_500))]
    before = [await city.stands(each) for each in (wallet, channel, due)]
    for at in range(50):
        try:
            async with city.pool.acquire() as db, db.transaction():
                dying: Any = Dying(db, at)
                await flow.adjust_charges(dying, asked, now=city.now)
        except ConnectionError:
            assert [await city.stands(each) for each in (wallet, channel, due)] == before
            assert await city.violations() == {}
        else:
            break
    assert at > 8
    assert (await city.stands(channel)).refunded_fen == 600
    await city.resolve()
    await city.owner.execute(
        "update charge_hold set released_at = held_at, released_by = 'x' where released_at is null"
    )
    await city.adjust((due, 0))


async def test_a_day_that_closes_meanwhile_is_not_booked_into(city: City) -> None:
    """The last of this module: what comes after it is of a later day."""
    made = [await city.charge(None, 1_000) for _ in range(8)]
    for each in made[:4]:
        await city.pay(each)
    city.now += A_DAY

    async def corrected(fen: int) -> None:
        for each in made:
            await city.adjust((each, fen))

    closing = settlement_flow.settle(city.pool, business_date=DAY, now=city.now)
    await asyncio.wait_for(asyncio.gather(corrected(400), closing, corrected(700)), PATIENCE_S)
    await city.adjust(*((each, 500) for each in made))
    await city.resolve()
    await settlement_flow.settle(city.pool, business_date=DAY, now=city.now)
    # The statement of the day and the books of the day agree, whoever came first.
    assert await city.violations() == {}
