"""A new version while gates go on: the schema is migrated, another process takes the socket, the first one ends.

Without an installation of the version before, both processes are of this one, and what is new is the schema: migrations
of the kinds that touch what gates write to are applied after those of `sql/migrations/`, and the first process goes on.
"""

import asyncio
import shutil
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from time import perf_counter

import asyncpg
from msgspec import Struct
from rich.table import Table

from loadtests.acknowledged import SAMPLE_MAX, Key, Seen, compare
from loadtests.client import Measured, Shot, fire
from loadtests.environment import Environment, Machine
from loadtests.server import Server
from seeds.servers.process import temporary_folder
from sql.invariants import Invariant
from sql.migrate import MIGRATIONS, files, migrate

VEHICLES = 10_000
LOAD_MAX_S = 300.0
MIGRATION_TRIES_MAX = 5
BACKLOG = 4096
# One of each kind that must wait for a lock on a table that gates write to, or that reads all of it.
_MIGRATIONS = {
    "a_column_of_events": "alter table gate_event add column rehearsed text;",
    "a_table_of_lots": "create table rehearsal (lot_id int primary key references lot (id), said text not null);",
    "an_index_of_events": "create index gate_event_rehearsed on only gate_event (lot_id, received_at, id);",
}


class Steps(Struct, frozen=True):
    """How long each step took, and how many events only the first and only the second process can have acknowledged.

    `migrate_tries`: a migration that does not get its lock within five seconds gives up, and is begun again.
    """

    migrations: int
    migrate_tries: int
    migrate_s: float
    start_s: float
    end_s: float
    by_the_first: int
    by_the_second: int


class Report(Struct, frozen=True):
    """What gates noticed, and how long each step took. The lists should be empty."""

    machine: Machine
    load: Measured
    steps: Steps
    acknowledged: int
    in_database: int
    lost: list[Key]
    twice: list[Key]
    answered_otherwise: list[Key]
    server_errors: int
    refused: int
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether every event was taken at once, and is there, and the books hold."""
        wrong = self.lost or self.twice or self.answered_otherwise or self.broken_invariants
        noticed = self.server_errors or self.refused or self.load.broken
        # A rehearsal in which one of the two had nothing to do has shown nothing.
        return not wrong and not noticed and bool(self.steps.by_the_first and self.steps.by_the_second)

    def table(self) -> Table:
        """The report for a terminal."""
        steps = self.steps
        table = Table("", "", title="A new version under load", show_header=False)
        for name, value in (
            ("events/s meanwhile", f"{self.load.events_per_s:,.0f}"),
            ("p50 / p99 / longest answer, ms", f"{self.load.p50_ms} / {self.load.p99_ms} / {self.load.max_ms}"),
            ("migrations, tries, s", f"{steps.migrations}, {steps.migrate_tries}, {steps.migrate_s}"),
            ("s until the second process was ready", steps.start_s),
            ("s until the first had ended", steps.end_s),
            ("events acknowledged", f"{self.acknowledged:,}"),
            ("  before the second began, after the first ended", f"{steps.by_the_first:,}, {steps.by_the_second:,}"),
            ("events in the database", f"{self.in_database:,}"),
            ("acknowledged and lost", self.lost or 0),
            ("recorded twice", self.twice or 0),
            ("answered otherwise than recorded", self.answered_otherwise or 0),
            ("answers 5xx / 4xx", f"{self.server_errors} / {self.refused}"),
            ("connections broken or refused", self.load.broken),
            ("invariants broken", [f"{each.name}: {each.rows}" for each in self.broken_invariants] or 0),
        ):
            table.add_row(name, str(value))
        return table


async def run(env: Environment, *, seconds: float, connections: int) -> Report:
    """Gates send over `connections`, for `seconds` before, between the steps and after. The installation that `env`
    belongs to is the version before.
    """
    seen = Seen()
    over = asyncio.Event()
    streams = [_until(over, each) for each in seen.streams(env.lots, env.vehicles, connections, "u")]
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(env.serving(listener=listener))
            firing = asyncio.create_task(
                fire(first.port, streams, seconds=LOAD_MAX_S, retry=True, on_answer=seen.answered)
            )
            try:
                steps = await _upgrade(env, stack, first, listener, seen, seconds=seconds)
            finally:
                over.set()
                load = await firing
    env = env.by_this_version()
    env.progress("comparing what was acknowledged with what is stored, and the invariants")
    async with env.database() as db:
        stored = await compare(db, seen.acknowledged)
    return Report(
        machine=await env.machine(),
        load=load,
        steps=steps,
        acknowledged=len(seen.acknowledged),
        in_database=stored.in_database,
        lost=stored.lost[:SAMPLE_MAX],
        twice=stored.twice[:SAMPLE_MAX],
        answered_otherwise=stored.answered_otherwise[:SAMPLE_MAX],
        server_errors=seen.errors,
        refused=seen.refused,
        broken_invariants=await env.broken_invariants(),
    )


async def _upgrade(
    env: Environment, stack: AsyncExitStack, first: Server, listener: socket.socket, seen: Seen, *, seconds: float
) -> Steps:
    """The steps of docs/keeping.md, with time between them; the second process lives as long as `stack`."""
    new = env.by_this_version()
    async with env.working():
        env.progress("gates send to the first process")
        await asyncio.sleep(seconds)
        env.progress("the schema is migrated")
        began = perf_counter()
        migrations, tries = await _migrate(env)
        migrate_s = perf_counter() - began
        await asyncio.sleep(seconds)
        by_the_first = len(seen.acknowledged)
        env.progress("a second process takes the socket as well")
        began = perf_counter()
        await stack.enter_async_context(new.serving(listener=listener))
        start_s = perf_counter() - began
        await asyncio.sleep(seconds)
        env.progress("the first process is told to end")
        end_s = await first.end()
    before = len(seen.acknowledged)
    env.progress("the worker is another one, too")
    async with new.working():
        await asyncio.sleep(seconds)
    return Steps(
        migrations,
        tries,
        round(migrate_s, 2),
        round(start_s, 2),
        round(end_s, 2),
        by_the_first,
        len(seen.acknowledged) - before,
    )


async def _migrate(env: Environment) -> tuple[int, int]:
    """Applies what this version brings, and what comes after it: how many migrations, and in how many tries."""
    folder = temporary_folder("migrations")
    try:
        shutil.copytree(MIGRATIONS, folder, dirs_exist_ok=True)
        for number, (name, text) in enumerate(_MIGRATIONS.items(), len(files()) + 1):
            (folder / f"{number:04}_{name}.sql").write_text(text, "utf-8")
        async with env.database() as db:
            before: int = await db.fetchval("select count(*) from schema_migration")
        for tries in range(1, MIGRATION_TRIES_MAX + 1):
            try:
                await migrate(env.database_url, now=datetime.now(UTC), folder=folder)
            except asyncpg.LockNotAvailableError:
                if tries == MIGRATION_TRIES_MAX:
                    raise
            else:
                break
        return len(files(folder)) - before, tries
    finally:
        shutil.rmtree(folder)


def _until(over: asyncio.Event, shots: Iterator[Shot]) -> Iterator[Shot]:
    while not over.is_set():
        yield next(shots)
