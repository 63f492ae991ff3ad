"""Connections of the service, and what a database that is away says."""

import asyncpg
from asyncpg import InterfaceError, PostgresConnectionError

import sql

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


async def open_pool(database_url: str, *, connections_max: int) -> sql.Pool:
    """Connections in the role of the service, which can neither change nor delete what is in the books."""
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
