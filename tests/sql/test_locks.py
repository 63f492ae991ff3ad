"""Who waits for whom: locks are rows, so they hold wherever the sessions are."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Coroutine
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

import sql
from payments.charges import ChargeRequest, charge_id
from payments.flow.charges import request_charges
from payments.flow.settlement import settle
from payments.store import settlement as settlement_store
from tests.conftest import NOW
from tests.patience import PATIENCE_S
from tests.payments.city import DAY, City, city_in

A_MOMENT_S = 0.2


@pytest.fixture
async def city(pool: sql.Pool, owner: sql.Connection, request: pytest.FixtureRequest) -> AsyncIterator[City]:
    """An operator, a lot and a channel of the test's own; after it the invariants of the books hold."""
    source = random.Random(request.node.name)
    async with city_in(pool, owner, NOW, lambda: source.getrandbits(64)) as city:
        yield city


async def begun(work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    """Work that has to wait for somebody."""
    task = asyncio.create_task(work)
    assert not (await asyncio.wait({task}, timeout=A_MOMENT_S))[0], "it did not wait"
    return task


async def closed(city: City, day: date = DAY) -> None:
    async with city.pool.acquire() as db:
        await settlement_store.close_day(db, city.operator_id, day)


async def billed_on(city: City, charge: UUID) -> date:
    day: date = await city.owner.fetchval("select business_date from journal where ref = $1", charge)
    return day


async def bill(db: sql.Connection, city: City, request: ChargeRequest) -> UUID:
    await request_charges(db, [request], now=city.now)
    return charge_id(request.stay_id, request.account_id)


# Whether the operator's row is there before, or the first posting makes it.
EARLIER = pytest.mark.parametrize("earlier", [0, 1], ids=["first", "later"])


@EARLIER
async def test_a_day_closes_after_those_who_post_into_it(city: City, earlier: int) -> None:
    for _ in range(earlier):
        await city.charge(None)
    async with city.pool.acquire() as db, db.transaction():
        charge = await bill(db, city, city.request(None))
        closing = await begun(closed(city))
    await asyncio.wait_for(closing, PATIENCE_S)
    assert await billed_on(city, charge) == DAY
    assert await billed_on(city, await city.charge(None)) == DAY + timedelta(days=1)
    # The close stands for a settlement that this test does not make.
    await settled(city)


@EARLIER
async def test_what_is_posted_while_a_day_closes_is_in_the_next(city: City, earlier: int) -> None:
    for _ in range(earlier):
        await city.charge(None)
    async with city.pool.acquire() as db, db.transaction():
        await settlement_store.close_day(db, city.operator_id, DAY)
        posting = await begun(city.charge(None))
    assert await billed_on(city, await asyncio.wait_for(posting, PATIENCE_S)) == DAY + timedelta(days=1)
    await settled(city)


async def test_those_who_post_for_one_operator_do_not_wait_for_each_other(city: City) -> None:
    await city.charge(None)
    async with city.pool.acquire() as db, db.transaction():
        await bill(db, city, city.request(None))
        await asyncio.wait_for(city.charge(None), PATIENCE_S)


async def test_a_day_closes_although_postings_never_cease(city: City) -> None:
    over = asyncio.Event()
    charges: list[UUID] = []

    async def post() -> None:
        while not over.is_set():
            charges.append(await city.charge(None))

    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(post())
        await asyncio.sleep(A_MOMENT_S)
        await closed(city)
        await asyncio.sleep(A_MOMENT_S)
        over.set()
    days = {await billed_on(city, charge) for charge in charges}
    assert days == {DAY, DAY + timedelta(days=1)}
    await settled(city)


async def settled(city: City) -> None:
    await settle(city.pool, business_date=DAY, now=city.now + timedelta(days=1))


# -- two sessions, wherever they are


async def test_nothing_relies_on_locks_that_only_one_node_knows(owner: sql.Connection) -> None:
    """Advisory locks are known to the server that takes them alone. The migration run has one server, and may."""
    named = [file.name for file in sql.FOLDER.rglob("*.sql") if "advisory" in file.read_text("utf-8")]
    functions = await owner.fetch(
        "select proname from pg_proc where pronamespace = current_schema()::regnamespace and prosrc like '%advisory%'"
    )
    # What an old migration made with them, a later one replaced: see the functions.
    assert [name for name in named if not re.match(r"\d{4}_", name)] == ["migrate.sql"]
    assert [row["proname"] for row in functions] == []
