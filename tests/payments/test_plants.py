"""Every planted corruption is noticed, and it is known by which invariant."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

import sql
from sql.invariants import check
from tests import held
from tests.payments.city import OF_PARKING, City
from tests.payments.lived import FIRST_MORNING, lived
from tests.payments.planting import OPEN_DAY
from tests.payments.plants import PLANTS
from tests.unguarded import hands, unguarded, without_guards

# Charges here are of no stays; their lines are real enough to be looked at.
NOT_SPOKEN_OF = OF_PARKING - {"fee_lines_differ"}


@pytest.fixture(scope="module")
async def books(pool: sql.Pool, database_url: str) -> None:
    """The days of tests/payments/lived.py."""
    source = random.Random("plants")
    owner = await asyncpg.connect(database_url)
    try:
        await lived(City(pool, owner, FIRST_MORNING, lambda: source.getrandbits(64)))
        # What a charge of these tests costs is said in one line.
        await owner.execute(
            "update charge set lines = jsonb_build_array(jsonb_build_object('kind', 'units', 'amount_fen', first_fen))"
        )
        assert await speaking(owner) == set()
        await without_guards(owner)
    finally:
        await owner.close()


@pytest.fixture(scope="module")
async def planting(database_url: str, books: None) -> AsyncIterator[sql.Connection]:
    async with hands(database_url) as connection:
        yield connection


@pytest.fixture
async def planted(planting: sql.Connection) -> AsyncIterator[sql.Connection]:
    async with unguarded(planting) as db:
        yield db


async def speaking(db: sql.Connection) -> set[str]:
    return set(await held.broken(db)) - NOT_SPOKEN_OF


@pytest.mark.parametrize("plant", PLANTS)
async def test_every_plant_is_noticed(planted: sql.Connection, plant: str) -> None:
    statements, expected = PLANTS[plant]
    for statement in statements:
        assert (await planted.execute(statement)).rpartition(" ")[2] != "0", statement
    assert expected <= await speaking(planted)


async def test_what_is_compared_row_with_row_may_begin_later(planted: sql.Connection) -> None:
    """The worker's rounds look at the last weeks: what is wrong in them is found, what is older twice a day."""
    await planted.execute(f"update charge set method = 'wallet' where id = {OPEN_DAY}")
    now = FIRST_MORNING + timedelta(days=2)
    for since, found in ((None, True), (FIRST_MORNING, True), (FIRST_MORNING + timedelta(days=30), False)):
        checked = {each.name: each.rows for each in await check(planted, now=now, since=since)}
        assert bool(checked["paid_another_way"]) is found
        # Sums over the whole books are looked at in full.
        assert not checked["clearing_differs_from_payments"]
    assert {name for name, rows in checked.items() if rows} <= OF_PARKING
