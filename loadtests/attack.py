"""A served city with its gates under live events, while it is attacked: no gate may notice.

What an attack is stands in `loadtests/attacks.py`. Here the gates send what a city of this size sends, each event at
its time whether or not the last one is answered, and what they get is measured from that time on.
"""

import asyncio
import contextlib
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter

import msgspec
from msgspec import Struct
from rich.table import Table

from loadtests import traffic
from loadtests.attacks import ATTACKS, Target
from loadtests.client import measured
from loadtests.environment import Environment, Machine
from loadtests.server import ROOT, Server, child_environment
from seeds.servers.process import free_port
from sql.invariants import Invariant

# What is to hold under every attack.
ANSWER_MS_MAX = 1_000
RSS_MB_MAX = 250
ANSWER_TIMEOUT_S = 15.0
READY_EACH_S = 0.5
READY_TIMEOUT_S = 2.0
WARM_UP_S = 3.0
VEHICLES = 50_000
VEHICLES_OF_LOT = 1_000
# A prime. Cars that follow each other within a tenth of a second with numbers that follow each other are taken for one
# that was read twice, as they should be.
_FAR_APART = 31_337


class Row(Struct, frozen=True):
    """What the gates met during an attack. `refused`: answers other than 200, and connections that broke."""

    attack: str
    events: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    refused: int
    rss_mb: int
    ready: bool

    @property
    def ok(self) -> bool:
        """Whether no gate noticed."""
        return self.max_ms <= ANSWER_MS_MAX and not self.refused and self.rss_mb <= RSS_MB_MAX and self.ready


class Report(Struct, frozen=True):
    """A row for each attack, and the invariants that do not hold afterwards."""

    machine: Machine
    events_per_s: int
    own_process: bool
    rows: list[Row]
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether no gate noticed anything, and the books hold."""
        return not self.broken_invariants and all(row.ok for row in self.rows)

    def table(self) -> Table:
        """The figures for a terminal."""
        m, where = self.machine, "a process of their own" if self.own_process else "a listener of their own"
        table = Table(
            *("attack", "p50 ms", "p95 ms", "p99 ms", "max ms", "refused", "RSS MB", "readyz", ""),
            title=f"Gates at {self.events_per_s} live events/s, on {where}",
            caption=f"{m.cpu}, {m.cores} cores; PostgreSQL {m.postgres}, fsync {m.fsync}; Python {m.python}; "
            "attackers and gates on the same machine",
        )
        for row in self.rows:
            times = (f"{ms:.0f}" for ms in (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms))
            ready, noticed = "true" if row.ready else "false", "" if row.ok else "!"
            table.add_row(row.attack, *times, f"{row.refused} of {row.events}", str(row.rss_mb), ready, noticed)
        return table


class _Seen:
    """What the gates met, by the time at which each event was due."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.broken = 0
        self.unready = 0
        self.rss_kb = 0

    def row(self, attack: str) -> Row:
        """The figures."""
        met = measured(0, self.latencies, events=len(self.latencies) + self.broken)
        return Row(
            attack=attack,
            events=met.events,
            p50_ms=met.p50_ms,
            p95_ms=met.p95_ms,
            p99_ms=met.p99_ms,
            max_ms=met.max_ms,
            refused=sum(n for status, n in self.statuses.items() if status != 200) + self.broken,
            rss_mb=self.rss_kb // 1024,
            ready=not self.unready,
        )


async def run(
    env: Environment, *, attacks: Sequence[str], seconds: float, events_per_s: int, own_process: bool
) -> Report:
    """Runs attacks one after the other, `seconds` each, while the gates send `events_per_s` in all."""
    allow_descriptors()
    gateway_port = free_port()
    rows = []
    async with contextlib.AsyncExitStack() as stack:
        if own_process:
            public = await stack.enter_async_context(env.serving())
            await stack.enter_async_context(env.serving(gateway_port=gateway_port, only_gateways=True))
        else:
            public = await stack.enter_async_context(env.serving(gateway_port=gateway_port))
        gates = _Gates(env, gateway_port, events_per_s)
        await gates.send(_Seen(), min(WARM_UP_S, seconds))
        await env.rest()
        for name in attacks:
            env.progress(name)
            rows.append(await _row(env, public, gates, name, seconds))
    env.progress("the invariants")
    return Report(await env.machine(), events_per_s, own_process, rows, await env.broken_invariants())


async def _row(env: Environment, server: Server, gates: "_Gates", name: str, seconds: float) -> Row:
    lot = env.lots[-1]
    target = Target(server.port, env.servers.redis_url, lot.key, lot.entry_lane, seconds)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtests.attacks", name),
        cwd=ROOT,
        env=child_environment(),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    seen = _Seen()
    watch = asyncio.create_task(_watch(server, gates.port, seen))
    attack = asyncio.create_task(process.communicate(msgspec.json.encode(target)))
    try:
        await gates.send(seen, seconds)
        await attack
    finally:
        watch.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(watch, attack, return_exceptions=True)
    assert process.returncode == 0, f"the attack {name} failed"
    return seen.row(name)


class _Gates:
    """The gateways of all lots, each with a connection and its turn."""

    def __init__(self, env: Environment, port: int, events_per_s: int) -> None:
        self.port = port
        self._lots = env.lots
        self._each_s = 1 / events_per_s
        self._number = 0

    async def send(self, seen: _Seen, seconds: float) -> None:
        """Sends events at their times until the time is over, and waits for the last answers."""
        began = perf_counter()
        queues = [asyncio.Queue[tuple[float, bytes] | None]() for _ in self._lots]
        async with asyncio.TaskGroup() as group:
            for queue in queues:
                group.create_task(self._gateway(queue, seen))
            due = began
            while due < began + seconds:
                await asyncio.sleep(max(due - perf_counter(), 0))
                n = self._number % len(self._lots)
                queues[n].put_nowait((due, self._event(n)))
                due += self._each_s
            for queue in queues:
                queue.put_nowait(None)

    def _event(self, n: int) -> bytes:
        """The next live event of a lot: every car drives in, and out when the lot has its next turn."""
        lot, turn = self._lots[n], self._number // len(self._lots)
        self._number += 1
        number, leaves = n * VEHICLES_OF_LOT + turn // 2 % VEHICLES_OF_LOT, turn % 2
        vehicle = number * _FAR_APART % (len(self._lots) * VEHICLES_OF_LOT)
        event = traffic.event(lot, "exit" if leaves else "entry", vehicle, datetime.now(UTC), f"live-{n}-{turn}")
        return traffic.body(lot, {**event, "replay": False})

    async def _gateway(self, queue: "asyncio.Queue[tuple[float, bytes] | None]", seen: _Seen) -> None:
        writer: asyncio.StreamWriter | None = None
        while (item := await queue.get()) is not None:
            due, body = item
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    if writer is None:
                        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.write(body)
                    status = await _status(reader)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                seen.broken += 1
                if writer is not None:
                    writer.transport.abort()
                writer = None
                continue
            seen.statuses[status] += 1
            seen.latencies.append(perf_counter() - due)
        if writer is not None:
            writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, once all of it is here."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    return int(head[9:12])


async def _watch(server: Server, port: int, seen: _Seen) -> None:
    """Looks at the memory of the attacked process, and asks at the gates' listener whether it is ready."""
    while True:
        seen.rss_kb = max(seen.rss_kb, server.rss_kb())
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                seen.unready += await _status(reader) != 200
                writer.close()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            seen.unready += 1
        await asyncio.sleep(READY_EACH_S)


def allow_descriptors() -> None:
    """Lets the attackers, and the service, open as many descriptors as the machine permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def names() -> list[str]:
    """Every attack there is."""
    return list(ATTACKS)
