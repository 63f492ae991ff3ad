"""Each invariant is able to fail: broken by hand in a transaction that is thrown away, it is the one that reports."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

import sql
from payments.channels import ChannelSettings, open_all
from payments.flow import audit_chain
from payments.flow import charges as charges_flow
from payments.flow import settlement as settlement_flow
from sql.invariants import check, says
from tests import held
from tests.conftest import NOW
from tests.district import District, district_in, event, visit
from tests.payments.city import City
from tests.payments.plants import PLANTS
from tests.sql.sabotage import HARMLESS, SABOTAGE
from tests.unguarded import hands, unguarded, without_guards

MORNING = NOW - timedelta(hours=3)
TODAY = date(2026, 11, 16)


@pytest.fixture(scope="module")
async def lived_in(pool: sql.Pool, database_url: str, registered: dict[str, str]) -> None:
    """A day of everything: paid, refunded, withdrawn and due charges, a car inside, a case, a settled day."""
    owner = await asyncpg.connect(database_url)
    try:
        numbers = iter(range(1, 10_000_000, 7919))
        district = await district_in(pool, owner, registered, lambda: next(numbers) << 20, NOW)
        channels = open_all(pool, lambda: NOW, ChannelSettings(local=True))
        account_id = await district.account("鲁A10001", "鲁A10004")
        city = City(pool, owner, NOW, district.random_bits)
        await city.top_up(account_id, 1000)
        for n in range(1, 6):
            await district.record(*visit(f"v{n}", f"鲁A1000{n}", MORNING, NOW))
        await city.collect()  # the first is paid, the fourth stays due
        await district.record(event("in", "entry", MORNING, "鲁A10006"), event("no", "entry", MORNING, "无牌"))
        due = await charges_of(owner, "鲁A10002", "鲁A10003")
        paid = await charges_flow.pay_charge(
            pool, channels, charge_id=due[0], channel="local", payer="ok", now=NOW, random_bits=district.random_bits
        )
        city.channels = channels
        await city.refund(paid.charge_id, 200)
        async with pool.acquire() as db, db.transaction():
            await charges_flow.void_charge(db, charge_id=due[1], reason="kind", actor="li", now=NOW)
        await settlement_flow.settle(pool, business_date=TODAY, now=NOW + timedelta(days=1))
        while await audit_chain.link_waiting(pool, now=NOW, random_bits=district.random_bits):
            pass
        assert [found.name for found in await check(owner, now=NOW) if found.rows] == []
        await without_guards(owner)
    finally:
        await owner.close()


async def charges_of(owner: sql.Connection, *plates: str) -> list[UUID]:
    """The charges of the vehicles' only stays."""
    return [
        await owner.fetchval("select c.id from stay s join charge c on c.stay_id = s.id where s.plate = $1", plate)
        for plate in plates
    ]


@pytest.fixture(scope="module")
async def breaking(database_url: str, lived_in: None) -> AsyncIterator[sql.Connection]:
    async with hands(database_url) as connection:
        yield connection


@pytest.fixture
async def broken(breaking: sql.Connection) -> AsyncIterator[sql.Connection]:
    async with unguarded(breaking) as db:
        yield db


@pytest.mark.parametrize("done", SABOTAGE)
async def test_what_is_done_behind_the_services_back_is_seen(broken: sql.Connection, done: str) -> None:
    statements, expected = SABOTAGE[done]
    *first, last = statements.split("; ")
    for statement in first:
        await broken.execute(statement)
    assert (await broken.execute(last)).rpartition(" ")[2] != "0", "nothing was broken"
    assert set(await held.broken(broken)) == expected


@pytest.mark.parametrize("done", HARMLESS)
async def test_what_may_be_raises_no_alarm(broken: sql.Connection, done: str) -> None:
    *first, last = HARMLESS[done].split("; ")
    for statement in first:
        await broken.execute(statement)
    assert (await broken.execute(last)).rpartition(" ")[2] != "0", "nothing was done"
    assert await held.broken(broken) == {}


def test_every_invariant_has_been_seen_to_fail() -> None:
    seen = [*SABOTAGE.values(), *PLANTS.values()]
    assert set().union(*(expected for _, expected in seen)) == set(held.INVARIANTS)


def test_every_invariant_says_in_a_sentence_what_must_be_true() -> None:
    for name, query in held.INVARIANTS.items():
        assert says(query).endswith("."), name


async def test_sabotage_leaves_nothing_behind(district: District, lived_in: None) -> None:
    assert await district.broken() == {}
    assert await district.count("select inside from lot_occupancy where lot_id = $1", district.lot().id) == 1
