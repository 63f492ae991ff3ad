"""Connections of the service, and what a database that is away says."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg import InterfaceError, PostgresConnectionError, Record
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy
from msgspec import Struct

import sql
from sql.migrate import files

if TYPE_CHECKING:
    _Pool = asyncpg.Pool[Record]
    _Context = PoolAcquireContext[Record]
else:
    _Pool, _Context = asyncpg.Pool, PoolAcquireContext

_SQL = sql.load("pool")
SERVICE_ROLE = "onelot_service"
COMMAND_TIMEOUT_S = 60
CONNECT_TIMEOUT_S = 10
CLOSE_TIMEOUT_S = 3

# Errors that tell of the database and not of what it was asked: deadlocks, restarts, failovers, cut connections.
# InterfaceError and InternalClientError come when a connection dies under a transaction that is being rolled back.
TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    PostgresConnectionError,
    InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class BoundedPool(_Pool):
    """A pool whose connections are lent for a limited time: `timeout` of `acquire`, else `limit_s` (None: no limit).

    The time covers everything between asking for a connection and giving it back. When it is over, the connection is
    terminated, and whatever waits for it fails at once with an error of TRANSIENT. A timeout that cancels would not
    do: a database that hangs answers neither the cancellation nor the rollback, and both are waited for.
    """

    def __init__(self, *args: Any, limit_s: float | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limit_s = limit_s

    def acquire(self, *, timeout: float | None = None) -> "_Lent":
        """A connection for an `async with` block.

        Raises:
            TimeoutError: none became free in time.
        """
        return _Lent(self, self._limit_s if timeout is None else timeout)

    async def close(self) -> None:
        """Closes all connections in order; what a server that hangs keeps open is cut after CLOSE_TIMEOUT_S."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await super().close()


class _Lent(_Context):
    """A connection until the end of a block, or of its time."""

    __slots__ = ("_ends",)

    async def __aenter__(self) -> "PoolConnectionProxy[Record]":
        loop = asyncio.get_running_loop()
        until = None if self.timeout is None else loop.time() + self.timeout
        connection = await super().__aenter__()
        self._ends = None if until is None else loop.call_at(until, connection.terminate)
        return connection

    async def __aexit__(self, *raised: Any) -> None:
        try:
            await super().__aexit__(*raised)
        finally:
            if self._ends is not None:
                self._ends.cancel()


class DatabaseNotReady(Exception):
    """The database was not brought to this version, or the role that connects is not a member of the service's."""


class LoginTooPowerful(Exception):
    """The role that connects could change the books if it left the service's role."""


class _Reach(Struct, frozen=True):
    login: str
    commands_roles: bool
    owns_the_books: bool


async def open_pool(database_url: str, *, connections_max: int, limit_s: float | None = None) -> sql.Pool:
    """Connections in the role of the service, which can neither change nor delete what is in the books.

    `limit_s`: how long each may be used where nothing else is said (BoundedPool).

    Raises:
        DatabaseNotReady: says what to do.
    """
    try:
        pool = await _connect(database_url, connections_max, limit_s)
    except asyncpg.InvalidParameterValueError:
        raise DatabaseNotReady(f"The database has no role {SERVICE_ROLE}. Run `onelot migrate` as its owner.") from None
    except asyncpg.InsufficientPrivilegeError:
        raise DatabaseNotReady(
            f"The role that connects is no member of {SERVICE_ROLE}. As the owner: grant {SERVICE_ROLE} to it."
        ) from None
    try:
        async with pool.acquire() as db:
            await _check_migrated(db)
    except BaseException:
        await pool.close()
        raise
    return pool


async def _check_migrated(db: sql.Connection) -> None:
    try:
        applied = {row["number"] for row in await db.fetch(_SQL["applied"])}
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        raise DatabaseNotReady("The database has no tables of OneLot yet. Run `onelot migrate` as its owner.") from None
    # A newer database is left to the version that made it: one process after the other is brought up to date.
    missing = sorted({file.number for file in files()} - applied)
    if missing:
        numbers = ", ".join(f"{number:04}" for number in missing)
        raise DatabaseNotReady(f"The database lacks the migrations {numbers}. Run `onelot migrate` as its owner.")


async def check_login(pool: sql.Pool) -> None:
    """Refuses a login whose `reset role` would own the books: then nothing in the database protects them from us.

    Raises:
        LoginTooPowerful: it is a superuser, may make roles, or is a member of the role that owns the tables.
    """
    async with pool.acquire() as db:
        reach = await sql.one(db, _Reach, _SQL["reach"])
    assert reach is not None
    if reach.commands_roles or reach.owns_the_books:
        raise LoginTooPowerful(
            f"The login {reach.login} could leave the role {SERVICE_ROLE} and change the books. Connect as a role that "
            f"is a member of {SERVICE_ROLE} and of nothing else (docs/operating.md), or set ONELOT_ALLOW_OWNER=true "
            "where the books are not worth it."
        )


async def _nothing_more(_connection: sql.Connection) -> None:
    """What is done to a connection that is given back, beside ending a transaction: nothing. No query of ours leaves
    anything behind it (tests/sql/test_queries.py), and the library's way of asking costs a round trip each time.
    """


async def _connect(database_url: str, connections_max: int, limit_s: float | None) -> sql.Pool:
    pool = BoundedPool(
        database_url,
        limit_s=limit_s,
        min_size=1,
        max_size=connections_max,
        # A new connection learns types and plans anew: none is given up for what it did.
        max_queries=1 << 62,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        reset=_nothing_more,
        connection_class=asyncpg.Connection,
        record_class=Record,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings={
            "role": SERVICE_ROLE,
            "application_name": "onelot",
            # Compiling a plan costs more than it saves for statements of a few milliseconds.
            "jit": "off",
            # What the locks and the acknowledgements rely on is set here and not left to the server's defaults.
            "default_transaction_isolation": "read committed",
            "synchronous_commit": "on",
            # A process that loses its network in the middle of a batch must not keep its lots locked.
            "idle_in_transaction_session_timeout": "30s",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )
    return await pool
