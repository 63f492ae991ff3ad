"""Connections of the service, and what a database that is away says."""

import asyncpg
from asyncpg import InterfaceError, PostgresConnectionError
from msgspec import Struct

import sql
from sql.migrate import files

_SQL = sql.load("pool")
SERVICE_ROLE = "onelot_service"
COMMAND_TIMEOUT_S = 60

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


class DatabaseNotReady(Exception):
    """The database was not brought to this version, or the role that connects is not a member of the service's."""


class LoginTooPowerful(Exception):
    """The role that connects could change the books if it left the service's role."""


class _Reach(Struct, frozen=True):
    login: str
    commands_roles: bool
    owns_the_books: bool


async def open_pool(database_url: str, *, connections_max: int) -> sql.Pool:
    """Connections in the role of the service, which can neither change nor delete what is in the books.

    Raises:
        DatabaseNotReady: says what to do.
    """
    try:
        pool = await _connect(database_url, connections_max)
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


async def _connect(database_url: str, connections_max: int) -> sql.Pool:
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=connections_max,
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
