"""A OneLot of its own for a run: a database with lots, keys and drivers, and the servers that work on it."""

import asyncio
import os
import platform
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from msgspec import Struct

import sql
from loadtests import network
from loadtests.traffic import Lot
from seeds.servers import embedded
from seeds.servers.process import Process, free_port, temporary_folder
from sql import invariants
from sql.invariants import Invariant
from sql.migrate import migrate

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 30.0
# fsync stays on, and a commit is answered when it is on the disk, as in production. The rest is what anybody gives a
# server of this size: enough shared memory, checkpoints far enough apart not to fall into every run.
POSTGRES_SETTINGS: Mapping[str, str] = {
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "max_connections": "100",
}


class Servers(Struct, frozen=True):
    """The URLs of a PostgreSQL role that may create databases, and of a Redis database that may be written to."""

    database_url: str
    redis_url: str


class Machine(Struct, frozen=True):
    """What the figures were measured on."""

    cpu: str
    cores: int
    python: str
    postgres: str
    fsync: str
    synchronous_commit: str
    shared_buffers: str


@contextmanager
def servers(environment: Mapping[str, str] = os.environ) -> Iterator[Servers]:
    """The servers the environment names, or embedded ones for as long as this lasts.

    Raises:
        seeds.servers.process.ServerFailed: a server could not be started.
    """
    database_url, redis_url = environment.get("ONELOT_DATABASE_URL"), environment.get("ONELOT_REDIS_URL")
    if database_url and redis_url:
        yield Servers(database_url, redis_url)
    elif database_url:
        with embedded.redis() as redis_url:
            yield Servers(database_url, redis_url)
    elif redis_url:
        with embedded.postgres(settings=POSTGRES_SETTINGS) as database_url:
            yield Servers(database_url, redis_url)
    else:
        with embedded.postgres(settings=POSTGRES_SETTINGS) as database_url, embedded.redis() as redis_url:
            yield Servers(database_url, redis_url)


class ServerFailed(Exception):
    """A child process did not start or died; the sentence holds the end of its log."""


class Server:
    """A child process that answers on a loopback port."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], port: int) -> None:
        self.name = name
        self.port = port
        self.logs = ""
        self._command = [sys.executable, *command]
        self._environment = environment
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """The process's number, for a profiler."""
        assert self._process is not None
        return self._process.pid

    async def start(self, *, path: str | None, status: int = 200) -> None:
        """Starts the process and returns when it answers `path` with `status` (without a path: at once).

        Raises:
            ServerFailed: it did not within START_TIMEOUT_S.
        """
        folder = temporary_folder(f"load-{self.name}")
        self._process = Process(folder, self._command, stop_signal=signal.SIGTERM, env=self._environment)
        deadline = monotonic() + START_TIMEOUT_S
        while path is not None and not await _answers(self.port, path, status):
            if not self._process.running() or monotonic() > deadline:
                self.stop()
                raise ServerFailed(f"{self.name} did not start:\n{self.logs}")
            await asyncio.sleep(0.05)

    def cpu_s(self) -> float | None:
        """Processor time used so far by the process and its children; None where there is no /proc."""
        children = self._children() if Path("/proc/self/stat").exists() else None
        return None if children is None else sum(_cpu_s(pid) for pid in (self.pid, *children))

    def _children(self) -> list[int]:
        with suppress(OSError):
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()]
        return []

    def kill(self) -> None:
        """SIGKILL: as if the power went, for this process."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """Ends the process; what it logged stays in `logs`. A second call does nothing."""
        if self._process is not None:
            self.logs += self._process.log_tail(200)
            self._process.stop()
            self._process = None


class World:
    """A migrated database with lots and drivers. `lots` hold their gateways' keys; `servers` is where it lives."""

    def __init__(self, servers: Servers, database_url: str, lots: Sequence[Lot], vehicles: int) -> None:
        self.servers = servers
        self.database_url = database_url
        self.lots = lots
        self.vehicles = vehicles

    def sibling(self) -> AbstractAsyncContextManager["World"]:
        """Another, new one with the same lots and drivers on the same servers."""
        return world(self.servers, lots=len(self.lots), vehicles=self.vehicles)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[sql.Connection]:
        """A connection that owns the database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def serving(self, *, workers: int = 1) -> AsyncIterator[Server]:
        """`onelot serve` on this database, for as long as this lasts."""
        port = free_port()
        server = Server("serve", ["-m", "parking", "serve"], self._environment(port, workers), port)
        try:
            await server.start(path="/readyz")
            yield server
        finally:
            server.stop()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Server]:
        """`onelot work` on this database, for as long as this lasts."""
        worker = Server("work", ["-m", "parking", "work"], self._environment(0, 1), 0)
        try:
            await worker.start(path=None)
            yield worker
        finally:
            worker.stop()

    def _environment(self, port: int, workers: int) -> dict[str, str]:
        return {
            **child_environment(),
            "ONELOT_DATABASE_URL": self.database_url,
            "ONELOT_REDIS_URL": self.servers.redis_url,
            "ONELOT_TOKEN_SECRETS": secrets.token_hex(32),
            "ONELOT_PORT": str(port),
            "ONELOT_WORKERS": str(workers),
            "ONELOT_TEST_CHANNEL": "true",
        }

    async def rest(self) -> None:
        """What autovacuum and the checkpointer do within minutes, done now: statistics are brought up to date, and what
        earlier work left is written out, so that what is measured next does not pay for it.
        """
        async with self.database() as db:
            await db.execute("analyze")
            with suppress(asyncpg.InsufficientPrivilegeError):
                await db.execute("checkpoint")

    async def broken_invariants(self) -> list[Invariant]:
        """The invariants that do not hold, and none if all is well."""
        async with self.database() as db:
            return [found for found in await invariants.check(db) if found.rows]

    async def machine(self) -> Machine:
        """What this runs on."""
        async with self.database() as db:
            settings = {name: str(await db.fetchval(f"show {name}")) for name in Machine.__struct_fields__[4:]}
            version = str(await db.fetchval("show server_version"))
        return Machine(_cpu(), len(os.sched_getaffinity(0)), platform.python_version(), version, **settings)


def child_environment() -> dict[str, str]:
    """The environment of a child: nothing of the caller's own settings for OneLot."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONELOT_")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


@asynccontextmanager
async def world(servers: Servers, *, lots: int = 50, vehicles: int = 40_000) -> AsyncIterator[World]:
    """A new database with lots and the accounts of vehicles' drivers (network.py); dropped afterwards."""
    name = f"onelot_load_{secrets.token_hex(4)}"
    server = await asyncpg.connect(servers.database_url)
    try:
        await server.execute(f'create database "{name}"')
        try:
            url = urlunsplit(urlsplit(servers.database_url)._replace(path=f"/{name}"))
            now = datetime.now(UTC)
            await migrate(url, now=now)
            db = await asyncpg.connect(url)
            try:
                registered = await network.register(db, lots=lots, now=now)
                await network.open_accounts(db, vehicles=vehicles, now=now)
                await db.execute("analyze")
            finally:
                await db.close()
            yield World(servers, url, registered, vehicles)
        finally:
            await server.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await server.close()


async def _answers(port: int, path: str, status: int) -> bool:
    """Whether an HTTP server on this port answers the path with this status."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                return f" {status} ".encode() in await reader.readline()
            finally:
                writer.close()
    return False


def _cpu_s(pid: int) -> float:
    """User and system time of a process. The name in the file may hold blanks, so counting starts behind it."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
