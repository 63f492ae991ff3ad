"""What every test stands on: a PostgreSQL and a Redis of its own, a fixed time and fixed random bits.

Servers are started for the run (`seeds/servers/embedded.py`). ONELOT_TEST_DATABASE_URL (a role that may create
databases and roles) and ONELOT_TEST_REDIS_URL (a database that may be emptied) point the run at others instead.
"""

import gc
import os
import random
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from hypothesis import core, settings
from redis.asyncio import Redis

import sql
from seeds.servers import embedded
from sql.migrate import migrate
from tests import district as district_of_jinan
from tests.district import District

# Tests read English, wherever they run.
os.environ["ONELOT_LANG"] = "en"
# A Monday, ten in the morning in Jinan. Tests never depend on the day they are run.
NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
POOL_CONNECTIONS_MAX = 10
OWNER_STATEMENTS_MAX, OWNER_RESET_S = 500, 5
# The databases of tests live for seconds: what a server does on the side for later would only take time from them.
SERVER_SETTINGS = {"autovacuum": "off", "max_wal_senders": "0", "max_wal_size": "256MB", "wal_level": "minimal"}
MEMORY, MEMORY_BYTES_MIN = Path("/dev/shm"), 2 << 30
DATABASE_VARIABLE = "ONELOT_TEST_DATABASE_URL"
REDIS_VARIABLE = "ONELOT_TEST_REDIS_URL"
CHECK_EACH = "ONELOT_TEST_CHECK_EACH"
# The months around NOW, and which partition is of which month.
MONTHS = ("2026_09", "2026_10", "2026_11", "2026_12")
PARTITIONS = r"""
    select relname as name, right(relname, 7) as month from pg_class where relispartition and relkind = 'r'
       and relname ~ '_\d{4}_\d{2}$'"""
# A law that holds takes longer on a busy machine, and holds there too.
settings.register_profile("onelot", deadline=None)
settings.load_profile("onelot")

# So many objects are made before Python looks for garbage among the newest by itself; the others wait for the end of
# the test, and those that were there before it for the end of the module.
GARBAGE_ALLOCATIONS, NEVER = 100_000, 1_000_000
YOUNG = 1

LONG = ("tests/seeds/demo/", "tests/loadtests/", "tests/test_ending.py", "tests/test_hanging.py")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """The seed that is printed at the head of a run repeats the order of its tests and what Hypothesis draws."""
    seed = config.getoption("randomly_seed", None)
    if isinstance(seed, int) and core.global_force_seed is None:
        core.global_force_seed = seed  # type: ignore[assignment]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for whole processes come first, so that no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """What was imported stays. Looking for garbage costs little when only what the test made has to be looked at: what
    is made is young until a test ends, because nothing makes it old before.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_ALLOCATIONS, NEVER, NEVER)


@pytest.fixture(autouse=True, scope="module")
def closed_by_the_module() -> Iterator[None]:
    """What a module's fixtures left open is an error of this module: see below."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def closed_by_the_test() -> Iterator[None]:
    """What a test left open is an error of this test.

    Connections say so when they are destroyed, which is now, and not when the garbage collector comes to them in the
    middle of another test. Pools never are: their timers hold them.
    """
    before = open_pools()
    yield
    gc.collect(YOUNG)
    assert open_pools() <= before, "a pool of connections was left open"


def open_pools() -> set[sql.Pool]:
    """The pools of connections that are open now."""
    _pools.difference_update([each for each in _pools if each.is_closing()])
    return set(_pools)


def noted(make: Callable[..., None]) -> Callable[..., None]:
    """A pool's `__init__` that notes which pools there are: to find them among all objects takes longer than a test."""

    @wraps(make)
    def made(self: sql.Pool, *args: object, **options: object) -> None:
        make(self, *args, **options)
        _pools.add(self)

    return made


_pools: set[sql.Pool] = set()
asyncpg.Pool.__init__ = noted(asyncpg.Pool.__init__)  # type: ignore[method-assign]


def asked_once(ask: Callable[..., Awaitable[tuple[Any, Any]]]) -> Callable[..., Awaitable[tuple[Any, Any]]]:
    """A connection's question what the types of a statement are, asked once for all copies of the template: they have
    the same types under the same numbers, and PostgreSQL takes longer for it than for most statements of tests.
    """

    async def asked(self: Any, types: Iterable[int], *more: Any) -> tuple[Any, Any]:
        wanted = frozenset(types)
        if self._params.database not in _copies:
            return await ask(self, wanted, *more)
        if wanted not in _known_types:
            _known_types[wanted], _ = await ask(self, wanted, *more)
        # With the name of a statement, as if the question had not replaced the one that waits for its types.
        return _known_types[wanted], SimpleNamespace(name="known")

    return asked


_copies: set[str] = set()
_known_types: dict[frozenset[int], Any] = {}
asyncpg.Connection._introspect_types = asked_once(asyncpg.Connection._introspect_types)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The server's maintenance database, as a superuser."""
    other = os.environ.get(DATABASE_VARIABLE)
    if other:
        yield other
        return
    with embedded.postgres(fsync=False, settings=SERVER_SETTINGS, parent=memory()) as url:
        yield url


def memory() -> Path | None:
    """A folder that is kept in memory, if this machine has one with room for the databases and the programs of a run:
    each database has a thousand files, and to make them on a disk is half of what the system does for the tests.
    """
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return MEMORY if there and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN else None


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis nobody else uses."""
    other = os.environ.get(REDIS_VARIABLE)
    if other:
        yield other
        return
    with embedded.redis() as url:
        yield url


@asynccontextmanager
async def new_database(server_url: str, *, template: str = "template1") -> AsyncIterator[str]:
    """The URL of a new database, a copy of the template, as its owner; dropped afterwards."""
    name = f"onelot_test_{secrets.token_hex(4)}"
    server = await asyncpg.connect(server_url)
    try:
        # Copied as files: nothing has to be in the log of a server that is gone after the run.
        await server.execute(f'create database "{name}" template "{template}" strategy file_copy')
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        await server.execute(f'drop database if exists "{name}" with (force)')
        await server.close()


@pytest.fixture(scope="session")
async def template(server_url: str) -> AsyncIterator[str]:
    """The name of a migrated database that nobody connects to, so that it can be copied."""
    async with new_database(server_url) as url:
        await migrate(url, now=NOW)
        await _make_few_months(url)
        yield urlsplit(url).path.removeprefix("/")


async def _make_few_months(url: str) -> None:
    """Few months have partitions where tests run: each is files to copy and locks to take for whoever asks."""
    db = await asyncpg.connect(url)
    try:
        await db.execute("update growing_table set months_ahead = 1")
        for partition in await db.fetch(PARTITIONS):
            if partition["month"] not in MONTHS:
                await db.execute(f'drop table "{partition["name"]}"')
    finally:
        await db.close()


@pytest.fixture(scope="module")
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A fresh migrated database for the test module, as its owner."""
    async with new_database(server_url, template=template) as url:
        _copies.add(urlsplit(url).path.removeprefix("/"))
        yield url


@pytest.fixture(scope="module")
async def pool(database_url: str) -> AsyncIterator[sql.Pool]:
    """The module's database as the service sees it: in the role onelot_service, jsonb as text."""
    opened = await asyncpg.create_pool(
        database_url, min_size=1, max_size=POOL_CONNECTIONS_MAX, server_settings={"role": "onelot_service"}
    )
    try:
        yield opened
    finally:
        opened.terminate()


@pytest.fixture
async def db(pool: sql.Pool) -> AsyncIterator[sql.Connection]:
    """One connection of the service in a transaction that is rolled back after the test."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


async def as_owner(database_url: str, **settings: str) -> sql.Connection:
    """A connection of the owner that plans each statement once, however long it is. `settings`: of the server."""
    return await asyncpg.connect(
        database_url,
        statement_cache_size=OWNER_STATEMENTS_MAX,
        max_cacheable_statement_size=0,
        server_settings=settings,
    )


@pytest.fixture(scope="module")
async def owning(database_url: str) -> AsyncIterator[Callable[[], Awaitable[sql.Connection]]]:
    """Gives the one connection as the owner of the module's database, which is kept: to plan all invariants takes a new
    one four times as long as to run them. If it was closed there is another.
    """
    opened: list[sql.Connection] = []

    async def connection() -> sql.Connection:
        if not opened or opened[-1].is_closed():
            opened.append(await as_owner(database_url))
        return opened[-1]

    yield connection
    for each in opened:
        await each.close()


@pytest.fixture
async def owner(owning: Callable[[], Awaitable[sql.Connection]]) -> AsyncIterator[sql.Connection]:
    """A connection that owns the module's database and may do anything in it; what a test sets there ends with it."""
    connection = await owning()
    try:
        yield connection
    finally:
        if not connection.is_closed():
            try:
                await connection.reset(timeout=OWNER_RESET_S)
                await connection.execute("reset session authorization")
            except BaseException:
                connection.terminate()
                raise


@pytest.fixture(scope="module")
async def redis_server_url(redis_server: str) -> str:
    """The run's Redis, emptied for the file: what another one counted at the same fixed instant is not its own."""
    return await _emptied(redis_server)


@pytest.fixture
async def redis_url(redis_server_url: str) -> str:
    """The run's Redis, emptied for the test."""
    return await _emptied(redis_server_url)


async def _emptied(url: str) -> str:
    async with Redis.from_url(url) as client:
        await client.flushdb()
    return url


@pytest.fixture
def now() -> datetime:
    """The time of the test."""
    return NOW


@pytest.fixture
def random_bits() -> Callable[[], int]:
    """64 random bits a call, the same in every run."""
    source = random.Random(20261116)
    return lambda: source.getrandbits(64)


@pytest.fixture(scope="module")
async def registered(pool: sql.Pool) -> dict[str, str]:
    """The small district in the module's database; the bearer key of each lot's gateway, by lot."""
    async with pool.acquire() as db, db.transaction():
        return await district_of_jinan.register(db, now=NOW)


@pytest.fixture(scope="module")
async def checked_at_the_end(
    pool: sql.Pool, owning: Callable[[], Awaitable[sql.Connection]], registered: dict[str, str]
) -> AsyncIterator[None]:
    """After the module's tests all invariants hold in its district: to look after each of them takes a third of the
    time that tests take. CHECK_EACH in the environment looks after each, and finds out which one it was.
    """
    yield
    district = await district_of_jinan.district_in(pool, await owning(), registered, lambda: 0, NOW)
    assert await district.broken() == {}, f"after one of the tests: {CHECK_EACH}=1 says which"


@pytest.fixture(scope="module")
def days() -> Iterator[datetime]:
    """The days after NOW, for tests of the module that want one for themselves."""
    return (NOW + timedelta(days=day) for day in count(1))


@pytest.fixture
async def district(
    pool: sql.Pool,
    owner: sql.Connection,
    registered: dict[str, str],
    now: datetime,
    database_url: str,
    days: Iterator[datetime],
    checked_at_the_end: None,
    request: pytest.FixtureRequest,
) -> AsyncIterator[District]:
    """The small district, with random bits of the test's own."""
    source = random.Random(request.node.name)
    district = await district_of_jinan.district_in(
        pool, owner, registered, lambda: source.getrandbits(64), now, database_url, days
    )
    network = district.network
    yield district
    # What was told to another network or at another time is held against that.
    if CHECK_EACH in os.environ or district.network is not network or district.now != now:
        assert await district.broken() == {}
