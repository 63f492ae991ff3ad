"""Every gateway of a city hands in a backlog at once, as after an outage, while cars come live: none may be refused."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from time import perf_counter

from msgspec import Struct
from rich.table import Table

from loadtests import traffic
from loadtests.client import Measured, measured
from loadtests.environment import Environment, Machine
from sql.invariants import Invariant

LIVE_CONNECTIONS = 40
ANSWER_TIMEOUT_S = 60.0
# Of a machine that also runs the clients of a whole city; a driver does not notice it.
LIVE_P95_MAX_MS = 1_000.0
_STORED = "select count(*) from gate_event"


class Report(Struct, frozen=True):
    """How cars fared while backlogs were handed in, and how long those took. `replays`: answers by status."""

    machine: Machine
    gateways: int
    backlog: int
    backlog_s: float
    replays: dict[int, int]
    live: Measured
    live_refused: int
    not_stored: int
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether no car was refused or waited long, and everything is stored."""
        wrong = self.live_refused or self.not_stored or self.broken_invariants
        return not wrong and self.live.p95_ms <= LIVE_P95_MAX_MS

    def table(self) -> Table:
        """The report for a terminal."""
        table = Table("", "", title="Fairness", show_header=False)
        for name, value in (
            ("gateways, events in the backlog", f"{self.gateways}, {self.backlog:,}"),
            ("seconds until it was handed in", self.backlog_s),
            ("answers to arrays of the backlog", ", ".join(f"{k}: {n}" for k, n in sorted(self.replays.items()))),
            ("cars that came meanwhile", self.live.requests),
            ("  p50 / p95 / longest answer, ms", f"{self.live.p50_ms} / {self.live.p95_ms} / {self.live.max_ms}"),
            ("  of them refused", self.live_refused),
            ("acknowledged and not stored", self.not_stored),
            ("invariants broken", [f"{each.name}: {each.rows}" for each in self.broken_invariants] or 0),
        ):
            table.add_row(name, str(value))
        return table


class _Connection:
    """A kept connection with one request at a time; opened anew when it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, payload: bytes) -> tuple[int, int]:
        """The status, and after how many seconds to come again (0 if nothing is said).

        Raises:
            OSError, asyncio.IncompleteReadError: the connection broke.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                writer.write(payload)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(_number(head, b"content-length:"))
        except BaseException:
            self.close()
            raise
        return int(head[9:12]), _number(head, b"retry-after:")

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _number(head: bytes, name: bytes) -> int:
    at = head.find(name)
    return 0 if at < 0 else int(head[at + len(name) : head.find(b"\r\n", at)])


async def run(env: Environment, *, backlog: int = 1_000, array: int = 250, cars_per_s: float = 40.0) -> Report:
    """Hands in `backlog` events of each lot's gateway in arrays, coming again as it is told to; meanwhile cars enter,
    `cars_per_s` of them, each at its own instant.
    """
    replays: Counter[int] = Counter()
    latencies: list[float] = []
    live: Counter[int] = Counter()
    async with env.serving() as server:
        env.progress(f"{len(env.lots)} gateways hand in {backlog} events each, {cars_per_s:.0f} cars/s come meanwhile")
        began = perf_counter()
        cars = asyncio.create_task(_cars(server.port, env, cars_per_s, live, latencies))
        arrays = [_arrays(env, n, backlog, array) for n in range(len(env.lots))]
        await asyncio.gather(*(_hand_in(server.port, each, replays) for each in arrays))
        backlog_s = perf_counter() - began
        cars.cancel()
        with suppress(asyncio.CancelledError):
            await cars
    async with env.database() as db:
        stored: int = await db.fetchval(_STORED)
    acknowledged = backlog * len(env.lots) + live[200]
    return Report(
        machine=await env.machine(),
        gateways=len(env.lots),
        backlog=backlog * len(env.lots),
        backlog_s=round(backlog_s, 1),
        replays=dict(replays),
        live=measured(backlog_s, latencies, events=live[200], statuses=live),
        live_refused=live.total() - live[200],
        not_stored=max(0, acknowledged - stored),
        broken_invariants=await env.broken_invariants(),
    )


def _arrays(env: Environment, n: int, backlog: int, array: int) -> list[bytes]:
    """The backlog of a lot's gateway as requests."""
    lot, lots = env.lots[n], len(env.lots)
    until = datetime.now(UTC) - timedelta(hours=1)
    vehicles = range(env.vehicles)[n::lots]
    events = [event for _, event in islice(traffic.visits([lot], vehicles, name=f"b{n}", until=until, seed=n), backlog)]
    return [traffic.body(lot, events[at : at + array]) for at in range(0, backlog, array)]


async def _hand_in(port: int, arrays: Sequence[bytes], seen: Counter[int]) -> None:
    connection = _Connection(port)
    for payload in arrays:
        while True:
            try:
                status, again_s = await connection.ask(payload)
            except (OSError, asyncio.IncompleteReadError):
                status, again_s = 0, 1
            seen[status] += 1
            if status == 200:
                break
            await asyncio.sleep(again_s)
    connection.close()


async def _cars(port: int, env: Environment, per_s: float, seen: Counter[int], latencies: list[float]) -> None:
    """Cars that enter, each at its instant whether those before were answered or not."""
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    for _ in range(LIVE_CONNECTIONS):
        free.put_nowait(_Connection(port))
    rng = random.Random(1)
    async with asyncio.TaskGroup() as group:
        for payload in _entries(env, rng):
            await asyncio.sleep(rng.expovariate(per_s))
            group.create_task(_car(free, payload, seen, latencies))


async def _car(free: "asyncio.Queue[_Connection]", payload: bytes, seen: Counter[int], latencies: list[float]) -> None:
    began = perf_counter()
    connection = await free.get()
    try:
        status, _ = await connection.ask(payload)
    except (OSError, asyncio.IncompleteReadError):
        status = 0
    finally:
        free.put_nowait(connection)
    seen[status] += 1
    latencies.append(perf_counter() - began)


def _entries(env: Environment, rng: random.Random) -> Iterator[bytes]:
    for n in count():
        lot = rng.choice(env.lots)
        number = traffic.PLATES_MAX - 1 - n
        said = traffic.event(lot, "entry", number, datetime.now(UTC), f"live-{n}")
        yield traffic.body(lot, {**said, "replay": False})
