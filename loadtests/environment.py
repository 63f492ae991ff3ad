"""A OneLot of its own for a run: a database with lots, keys and drivers, and the servers that work on it."""

import asyncio
import os
import platform
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from time import perf_counter
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
from msgspec import Struct

import sql
from loadtests.accounts import open_accounts
from loadtests.server import Server, child_environment
from loadtests.traffic import Lot
from parking.flow.discrepancies import look_at_all
from parking.flow.network import read_network
from parking.lots import Direction, LotPlan
from seeds.city.jinan import TARIFFS, tariff
from seeds.city.network import lot_plan, small_city
from seeds.city.registration import register_network
from seeds.servers import embedded
from seeds.servers.process import ServerFailed, free_port
from sql import invariants
from sql.invariants import Invariant
from sql.migrate import migrate
from sql.pool import open_pool

OPERATORS = 5
TARIFF = "jinan_road"
# What `lot add` has always asked for.
_FIELDS_OF_LOTS = (
    *("code", "operator_code", "name_zh", "name_en", "district_zh", "district_en"),
    *("kind", "capacity", "longitude", "latitude", "gateway", "lanes"),
)
TARIFF_WARNINGS = ("farmable@free",)
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


class Environment:
    """A migrated database with lots and drivers. `lots` hold their gateways' keys; `servers` is where it lives;
    `python` is the interpreter of another installation whose OneLot works on it.
    """

    def __init__(
        self, servers: Servers, database_url: str, lots: Sequence[Lot], vehicles: int, python: Path | None = None
    ) -> None:
        self.servers = servers
        self.database_url = database_url
        self.lots = lots
        self.vehicles = vehicles
        self._python = python
        self._secrets = secrets.token_hex(32)
        self._began = perf_counter()

    def progress(self, what: str) -> None:
        """Says to whoever waits what is being done now, and how long it has been."""
        sys.stderr.write(f"{perf_counter() - self._began:4.0f} s  {what}\n")

    def sibling(self) -> AbstractAsyncContextManager["Environment"]:
        """Another, new one with the same lots and drivers on the same servers."""
        return new_environment(self.servers, lots=len(self.lots), vehicles=self.vehicles)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[sql.Connection]:
        """A connection that owns the database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def serving(
        self,
        *,
        workers: int = 1,
        gateway_port: int = 0,
        only_gateways: bool = False,
        listener: socket.socket | None = None,
        module: str = "parking",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> AsyncIterator[Server]:
        """`onelot serve` on this database, for as long as this lasts; with a listener for gateways, or that alone; on a
        `listener` that others may hold as well. `module`: what serves; `settings`: beyond those of all servers.
        """
        port = gateway_port if only_gateways else listener.getsockname()[1] if listener else free_port()
        words = ["--gateway-port", str(gateway_port)] if gateway_port else []
        words += ["--only-gateways"] if only_gateways else []
        words += ["--fd", str(listener.fileno())] if listener else []
        command = ["-m", module, "serve", *words]
        known = {**self.settings(port, workers), **settings}
        server = Server("serve", command, known, port, listener=listener, python=self._python)
        try:
            await server.start(path="/readyz", says="Application startup complete" if listener else "")
            yield server
        finally:
            server.stop()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Server]:
        """`onelot work` on this database, for as long as this lasts."""
        worker = Server("work", ["-m", "parking", "work"], self.settings(0, 1), 0, python=self._python)
        try:
            await worker.start(path=None)
            yield worker
        finally:
            worker.stop()

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Runs `onelot` with these words on this database: its exit code, and what it printed and complained."""
        process = await asyncio.create_subprocess_exec(
            *(str(self._python or sys.executable), "-m", "parking", *words),
            # Python looks for packages where it is started, and another installation is to find its own.
            cwd=gettempdir(),
            env=self.settings(0, 1),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complained = await process.communicate()
        return process.returncode or 0, printed.decode(), complained.decode()

    def by_this_version(self) -> "Environment":
        """The same database, for the OneLot of this program to work on."""
        env = Environment(self.servers, self.database_url, self.lots, self.vehicles)
        env._began = self._began
        return env

    def settings(self, port: int = 0, workers: int = 1) -> dict[str, str]:
        """What a process of this OneLot is told."""
        return {
            **child_environment(self._python),
            "ONELOT_DATABASE_URL": self.database_url,
            "ONELOT_REDIS_URL": self.servers.redis_url,
            "ONELOT_TOKEN_SECRETS": self._secrets,
            "ONELOT_PORT": str(port),
            "ONELOT_WORKERS": str(workers),
            "ONELOT_TEST_CHANNEL": "true",
            "ONELOT_ALLOW_OWNER": "true",
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
        """The invariants that do not hold, and none if all is well; what is stored is derived again before."""
        pool = await open_pool(self.database_url, connections_max=1)
        async with pool:
            async with pool.acquire() as db:
                network = await read_network(db, datetime.now(UTC))
            await look_at_all(pool, network=network, clock=lambda: datetime.now(UTC))
        async with self.database() as db:
            return [invariant for invariant in await invariants.check(db, now=datetime.now(UTC)) if invariant.rows]

    async def machine(self) -> Machine:
        """What this runs on."""
        async with self.database() as db:
            settings = {name: str(await db.fetchval(f"show {name}")) for name in Machine.__struct_fields__[4:]}
            version = str(await db.fetchval("show server_version"))
        return Machine(_cpu(), len(os.sched_getaffinity(0)), platform.python_version(), version, **settings)


@asynccontextmanager
async def new_environment(
    servers: Servers, *, lots: int = 50, vehicles: int = 40_000, python: Path | None = None
) -> AsyncIterator[Environment]:
    """A new database with lots and the accounts of vehicles' drivers (accounts.py); dropped afterwards. Another
    installation, by its interpreter, makes it by its own commands, and without accounts.
    """
    name = f"onelot_load_{secrets.token_hex(4)}"
    server = await asyncpg.connect(servers.database_url)
    try:
        await server.execute(f'create database "{name}"')
        try:
            url = urlunsplit(urlsplit(servers.database_url)._replace(path=f"/{name}"))
            if python is None:
                yield await fill(servers, url, lots=lots, vehicles=vehicles)
            else:
                yield await _fill_by(python, servers, url, lots=lots, vehicles=vehicles)
        finally:
            await server.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await server.close()


async def fill(servers: Servers, database_url: str, *, lots: int, vehicles: int) -> Environment:
    """The same in a database that is there and empty."""
    now = datetime.now(UTC)
    await migrate(database_url, now=now)
    db = await asyncpg.connect(database_url)
    try:
        registered = await _register(db, lots, now)
        await open_accounts(db, vehicles=vehicles, now=now)
        await db.execute("analyze")
    finally:
        await db.close()
    return Environment(servers, database_url, registered, vehicles)


async def _fill_by(python: Path, servers: Servers, database_url: str, *, lots: int, vehicles: int) -> Environment:
    """An environment that another installation works on, registered by its commands.

    Raises:
        ServerFailed: a command failed.
    """
    plans = [_plan(n, "OP0") for n in range(lots)]
    env = Environment(servers, database_url, [], vehicles, python)

    async def onelot(*words: str) -> str:
        code, printed, complained = await env.command(*words)
        if code:
            raise ServerFailed(f"onelot {' '.join(words)} of {python} failed ({code}):\n{printed}{complained}")
        return printed

    env.progress(f"{python} registers {lots} lots")
    await onelot("migrate")
    await onelot("operator", "add", "OP0", "--name-zh", "经营单位", "--name-en", "Operator", "--fee-bps", "300")
    keys = []
    with TemporaryDirectory() as folder:
        for plan in plans:
            file = Path(folder) / f"{plan.code}.json"
            file.write_bytes(msgspec.json.encode(_as_ever(plan)))
            await onelot("lot", "add", str(file))
            keys.append((await onelot("gateway", "key", plan.gateway)).split()[-1])
    accepted = [word for name in TARIFF_WARNINGS for word in ("--accept", f"{name}=as the notice says")]
    await onelot("tariff", "publish", str(TARIFFS / f"{TARIFF}.toml"), *accepted)
    places = [word for plan in plans for word in ("--lot", plan.code)]
    await onelot("tariff", "apply", TARIFF, *places, "--from", "2025-01-01T00:00:00+08:00")
    return Environment(
        servers, database_url, [_lot(plan, key) for plan, key in zip(plans, keys, strict=True)], vehicles, python
    )


def _as_ever(plan: LotPlan) -> dict[str, object]:
    """A plan by the fields that every version knows."""
    known = msgspec.to_builtins(plan)
    known["lanes"] = [{name: lane[name] for name in ("code", "gate", "direction")} for lane in known["lanes"]]
    return {name: known[name] for name in _FIELDS_OF_LOTS}


async def _register(db: sql.Connection, count: int, now: datetime) -> list[Lot]:
    """Registers lots with a gateway, two lanes and Jinan's roadside tariff each, of OPERATORS operators by turns."""
    operators = {f"OP{n}": 300 for n in range(OPERATORS)}
    plans = [_plan(n, f"OP{n % OPERATORS}") for n in range(count)]
    async with db.transaction():
        network = await register_network(
            db,
            small_city(plans, fees_bps=operators, tariff=tariff(TARIFF)),
            now=now,
            random_bits=partial(secrets.randbits, 64),
        )
    return [_lot(plan, network.keys[plan.gateway]) for plan in plans]


def _plan(n: int, operator_code: str) -> LotPlan:
    return lot_plan(f"L{n:03}", operator_code, capacity=2000, longitude=117.0 + n / 1000, latitude=36.65)


def _lot(plan: LotPlan, key: str) -> Lot:
    lanes = {lane.direction: lane.code for lane in plan.lanes}
    return Lot(plan.code, key, lanes[Direction.ENTRY], lanes[Direction.EXIT])


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
