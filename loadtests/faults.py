"""Concurrent events for the same lots while the server is killed: what was acknowledged must be there, once."""

import asyncio
from collections import Counter
from time import perf_counter

from msgspec import Struct
from rich.table import Table

from loadtests.acknowledged import SAMPLE_MAX, Key, Seen, compare
from loadtests.client import Measured, fire
from loadtests.environment import Environment, Machine
from loadtests.server import Server
from sql.invariants import Invariant

VEHICLES = 20_000
DOWN_S = 0.5
# The statistics of a backend reach the view when it is idle for a moment or gone.
STATISTICS_WAIT_S = 1.5
_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


class Report(Struct, frozen=True):
    """What was sent and what became of it. Lists hold a few of what they name; all of them should be empty."""

    machine: Machine
    load: Measured
    kills: int
    restart_s: float
    acknowledged: int
    recognised: int
    in_database: int
    lost: list[Key]
    twice: list[Key]
    answered_otherwise: list[Key]
    deadlocks: int
    server_errors: int
    refused: int
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether nothing acknowledged was lost, doubled, or changed, and the books hold."""
        wrong = self.lost or self.twice or self.answered_otherwise or self.broken_invariants
        return not wrong and not self.deadlocks and not self.server_errors and not self.refused

    def table(self) -> Table:
        """The report for a terminal."""
        table = Table("", "", title="Faults", show_header=False)
        for name, value in (
            ("events/s, with the time it was down", f"{self.load.events_per_s:,.0f}"),
            ("p50 / p99 / longest answer, ms", f"{self.load.p50_ms} / {self.load.p99_ms} / {self.load.max_ms}"),
            ("kills (SIGKILL), s until it answered again", f"{self.kills}, {self.restart_s}"),
            ("connections broken or refused meanwhile", self.load.broken),
            ("events acknowledged", f"{self.acknowledged:,}"),
            ("  of them recognised as sent before the kill", self.recognised),
            ("events in the database", f"{self.in_database:,}"),
            ("acknowledged and lost", self.lost or 0),
            ("recorded twice", self.twice or 0),
            ("answered otherwise than recorded", self.answered_otherwise or 0),
            ("answers 5xx", self.server_errors),
            ("answers 4xx", self.refused),
            ("deadlocks in PostgreSQL", self.deadlocks),
            ("invariants broken", [f"{each.name}: {each.rows}" for each in self.broken_invariants] or 0),
        ):
            table.add_row(name, str(value))
        return table


async def run(env: Environment, *, seconds: float = 30.0, connections: int = 200, kills: int = 1) -> Report:
    """Sends events for `seconds` over `connections` while a worker collects the charges; in between the server is
    killed `kills` times, evenly, and started again.
    """
    seen = Seen()
    streams = seen.streams(env.lots, env.vehicles, connections, "f")
    async with env.serving() as server, env.working():
        env.progress(f"{connections} connections send for {seconds:.0f} s, {kills} kills meanwhile")
        killing = asyncio.create_task(_kill_and_start(server, kills, seconds / (kills + 1)))
        load = await fire(server.port, streams, seconds=seconds, retry=True, on_answer=seen.answered)
        restart_s = await killing
    env.progress("comparing what was acknowledged with what is stored, and the invariants")
    await asyncio.sleep(STATISTICS_WAIT_S)
    async with env.database() as db:
        stored = await compare(db, seen.acknowledged)
        deadlocks: int = await db.fetchval(_DEADLOCKS)
    return Report(
        machine=await env.machine(),
        load=load,
        kills=kills,
        restart_s=round(restart_s, 2),
        acknowledged=len(seen.acknowledged),
        recognised=Counter(answer.status for answer in seen.acknowledged.values())["duplicate"],
        in_database=stored.in_database,
        lost=stored.lost[:SAMPLE_MAX],
        twice=stored.twice[:SAMPLE_MAX],
        answered_otherwise=stored.answered_otherwise[:SAMPLE_MAX],
        deadlocks=deadlocks,
        server_errors=seen.errors,
        refused=seen.refused,
        broken_invariants=await env.broken_invariants(),
    )


async def _kill_and_start(server: Server, kills: int, each_s: float) -> float:
    """The longest time from a new start until the service answered."""
    longest = 0.0
    for _ in range(kills):
        await asyncio.sleep(each_s)
        server.kill()
        await asyncio.sleep(DOWN_S)
        began = perf_counter()
        await server.start(path="/readyz")
        longest = max(longest, perf_counter() - began)
    return longest
