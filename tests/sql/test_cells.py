"""A city is a schema: all of it runs in one that is not `public`, and two in one database do not see each other."""

import random
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from urllib.parse import quote

import asyncpg
import pytest

import sql
from parking.store.retention import drop_expired
from payments.flow.settlement import settle
from sql.migrate import MIGRATIONS, MigrationRefused, files, migrate
from tests import district as district_of_jinan
from tests.conftest import NOW, new_database
from tests.district import QC, District, district_in, event, visit
from tests.payments.city import City

# A name that has to be quoted, and a plain one.
CELLS = ("Cell-1", "cell_2")
MORNING = NOW - timedelta(hours=3)
TODAY = date(2026, 11, 16)
FILLED = (
    "gate_event",
    "open_stay",
    "stay",
    "parking_case",
    "charge",
    "attempt",
    "refund",
    "top_up",
    "journal",
    "transfer",
)
# Bound to what they name when they were made; what they name is PostgreSQL's own.
BOUND = {"id_floor", "id_instant", "id_first", "id_last", "fen_of"}


@pytest.fixture(scope="module")
async def empty(server_url: str) -> AsyncIterator[str]:
    """The URL of a database in which nothing was made."""
    async with new_database(server_url) as url:
        yield url


def within(url: str, schema: str) -> str:
    """The same database, seen from a schema."""
    return f"{url}?search_path={quote(f'{chr(34)}{schema}{chr(34)}')}"


@pytest.fixture(scope="module")
async def cells(empty: str) -> list[str]:
    """URLs of two migrated schemas of one database."""
    db = await asyncpg.connect(empty)
    try:
        for schema in CELLS:
            await db.execute(f'create schema "{schema}"')
    finally:
        await db.close()
    urls = [within(empty, schema) for schema in CELLS]
    for url in urls:
        assert len(await migrate(url, now=NOW)) == len(files())
    return urls


@pytest.fixture(scope="module")
async def districts(cells: Sequence[str]) -> AsyncIterator[list[District]]:
    """The same district, registered in each of the schemas."""
    made = []
    for url in cells:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=5, server_settings={"role": "onelot_service"})
        async with pool.acquire() as db, db.transaction():
            keys = await district_of_jinan.register(db, now=NOW)
        owner = await asyncpg.connect(url)
        made.append(await district_in(pool, owner, keys, partial(random.Random(7).getrandbits, 64), NOW, url))
    yield made
    for district in made:
        await district.owner.close()
        district.pool.terminate()


async def a_day(district: District) -> int:
    """Cars come and go, one is paid by its wallet and one through the channel, and the day is settled: the net sum."""
    account_id = await district.account("鲁A10001")
    city = City(district.pool, district.owner, NOW, district.random_bits)
    await city.top_up(account_id, 1000)
    for n in (1, 2):
        answers = await district.record(*visit(f"v{n}", f"鲁A1000{n}", MORNING, NOW))
    await district.record(event("in", "entry", MORNING, "鲁A10003"), event("no", "entry", MORNING, "无牌"))
    assert (await city.collect()).paid == 1
    left = await district.owner.fetchval("select id from charge where state = 'due'")
    assert (await city.pay(left)).charge_state == "paid"
    await city.refund(left, 100)
    assert len(answers) == 2
    statements = await settle(district.pool, business_date=TODAY, now=NOW + timedelta(days=1))
    return sum(statement.net_fen for statement in statements)


async def rows(owner: sql.Connection) -> dict[str, int]:
    """How many rows the tables have that a day fills."""
    return {table: await owner.fetchval(f"select count(*) from {table}") for table in FILLED}


async def test_a_city_lives_in_a_schema_and_beside_another(districts: list[District]) -> None:
    first, second = districts
    net = await a_day(first)
    assert net > 0
    assert await first.inside(QC) == 1
    assert set((await rows(second.owner)).values()) == {0}
    # The very same events, cars and days are new to the other city.
    assert await a_day(second) == net
    assert await rows(first.owner) == await rows(second.owner)
    in_public = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    for district in districts:
        assert await district.broken() == {}
        assert await district.owner.fetchval(in_public) == 0


async def test_months_are_made_and_dropped_in_the_schema(districts: list[District]) -> None:
    first, second = districts
    for district in districts:
        await district.owner.execute("select create_month_partition('gate_event', '2019-01-01')")
    async with first.pool.acquire() as db:
        assert await db.fetchval("select create_partitions($1)", datetime(2027, 8, 1, tzinfo=UTC)) == 0
        assert await db.fetchval("select analyze_grown()") >= 0
        assert await drop_expired(db, datetime(2021, 1, 1, tzinfo=UTC)) == ["gate_event_2019_01"]
    for name, there in (("charge_2027_08", [True, False]), ("gate_event_2019_01", [False, True])):
        assert [await each.owner.fetchval("select to_regclass($1) is not null", name) for each in districts] == there
    assert await second.broken() == {}


async def test_functions_look_names_up_where_they_were_made(districts: list[District]) -> None:
    for schema, district in zip(CELLS, districts, strict=True):
        functions = await district.owner.fetch(
            "select proname, proconfig from pg_proc where pronamespace = to_regnamespace(quote_ident($1))", schema
        )
        here = await district.owner.fetchval("select 'search_path=' || quote_ident($1) || ', pg_temp'", schema)
        lost = {row["proname"] for row in functions if here not in (row["proconfig"] or [])}
        assert lost == BOUND, "give the function `set search_path from current` in its migration"


async def test_no_text_names_a_schema(districts: list[District]) -> None:
    owner = districts[0].owner
    schemas = {row["nspname"] for row in await owner.fetch("select nspname from pg_namespace")} | {"channel_local"}
    names = re.compile(rf"\b({'|'.join(sorted(schemas - {'pg_temp'}))})\b\"?\.")
    texts = {
        row["name"]: row["text"]
        for row in await owner.fetch(
            """select proname as name, prosrc as text from pg_proc where pronamespace = to_regnamespace('"Cell-1"')
               union all
               select viewname, definition from pg_views where schemaname = 'Cell-1'"""
        )
    }
    assert "post" in texts
    # Files of before wrote `public` into functions, which are pinned when they are made.
    early = {file.name for file in MIGRATIONS.glob("000[1-8]_*.sql")} | {"0011_cells.sql", "schema.sql"}
    texts |= {file.name: file.read_text("utf-8") for file in sql.FOLDER.rglob("*.sql") if file.name not in early}
    named = {name: found[0] for name, text in texts.items() if (found := names.search(text))}
    assert not named, "names are looked up in the connection's schema: leave the schema out"


async def test_a_schema_that_does_not_exist_is_refused(empty: str) -> None:
    with pytest.raises(MigrationRefused, match="create it first"):
        await migrate(within(empty, "nowhere"), now=NOW)


async def test_migrating_again_changes_nothing(cells: Sequence[str], districts: list[District]) -> None:
    functions = "select oid, xmin::text from pg_proc where pronamespace = to_regnamespace('cell_2') order by oid"
    before = await districts[1].owner.fetch(functions)
    assert await migrate(cells[1], now=NOW) == []
    assert await districts[1].owner.fetch(functions) == before
