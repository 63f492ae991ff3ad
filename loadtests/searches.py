"""How many ask for lots around a place with what their stay costs, how soon each is answered, and how soon those who
listen to an area hear of a change.
"""

import asyncio
import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from time import perf_counter

from msgspec import Struct
from rich.table import Table

from loadtests.client import Measured, Shot, fire, measured
from loadtests.environment import Environment, Machine
from loadtests.server import Server, ServerFailed
from parking.live.redis import LiveCounts, connect
from parking.occupancy import Count

# The city: so many degrees from its middle, for most lots and for most who ask.
MIDDLE, UP, ACROSS = (36.66, 117.03), 0.06, 0.12
PLACES, STAYS = 400, (60, 120, 180)
CONNECTIONS, RATE_PER_S = 32, 500
CHANGES_PER_S, TICK_S = 500, 0.1
LISTENERS_OF_ADDRESS, COMES_EVERY_S = 8, 0.005
_UPDATED = re.compile(rb'"updated_at":"([^"]+)"')


class Report(Struct, frozen=True):
    """`most`: as many as were answered; `paced`: RATE_PER_S of them; `heard`: from a change to each who listens."""

    machine: Machine
    lots: int
    most: Measured
    paced: Measured
    listeners: int
    heard: Measured
    server_cpu_us: float | None

    @property
    def ok(self) -> bool:
        """Whether all was answered, and every change was heard."""
        return set(self.most.statuses) | set(self.paced.statuses) == {200} and self.heard.requests > 0

    def table(self) -> Table:
        """The figures for a terminal."""
        m = self.machine
        table = Table(
            *("", "a second", "p50 ms", "p95 ms", "p99 ms"),
            title=f"Lots near a place with the price of a stay, {self.lots:,} lots, 1 worker",
            caption=f"{m.cpu}, {m.cores} cores; Python {m.python}; client on the same machine; "
            f"CPU µs/request {self.server_cpu_us or 0:.0f}",
        )
        rows = (("as many as can be", self.most), (f"{RATE_PER_S} a second", self.paced))
        for name, load in (*rows, (f"a change, to {self.listeners:,} who listen", self.heard)):
            figures = (f"{load.p50_ms:.1f}", f"{load.p95_ms:.1f}", f"{load.p99_ms:.1f}")
            table.add_row(name, f"{load.requests / max(load.seconds, 1e-9):,.0f}", *figures)
        return table


async def run(env: Environment, *, seconds: float = 10.0, listeners: int = 1_000, lots: int = 5_000) -> Report:
    """Spreads the lots over a city and asks; then listens."""
    chance = random.Random(20261201)
    await _spread(env, chance)
    questions = [_question(chance) for _ in range(PLACES)]
    # All who ask have one address here.
    async with env.serving(settings={"ONELOT_ADDRESS_REQUESTS_MAX": "1000000"}) as server:
        await fire(server.port, [_asking(questions, n) for n in range(CONNECTIONS)], seconds=min(3.0, seconds))
        env.progress("as many questions as can be answered")
        before = server.cpu_s()
        most = await fire(server.port, [_asking(questions, n) for n in range(CONNECTIONS)], seconds=seconds)
        after = server.cpu_s()
        env.progress(f"{RATE_PER_S} questions a second")
        paced = await _paced(server, questions, seconds)
        env.progress(f"{listeners:,} who listen")
        heard = await _heard(env, server, listeners, seconds, chance)
    cpu_us = None if before is None or after is None else (after - before) / max(1, most.requests) * 1e6
    return Report(await env.machine(), lots, most, paced, listeners, heard, cpu_us)


async def _spread(env: Environment, chance: random.Random) -> None:
    async with env.database() as db:
        numbers = [row["id"] for row in await db.fetch("select id from lot order by id")]
        places = [_place(chance) for _ in numbers]
        await db.executemany(
            "update lot set latitude = $2, longitude = $3 where id = $1",
            [(number, *place) for number, place in zip(numbers, places, strict=True)],
        )
        await db.execute("update lot_occupancy set heard_at = now(), version = 1, inside = lot_id % 1500")


def _place(chance: random.Random) -> tuple[float, float]:
    return MIDDLE[0] + chance.gauss(0, UP), MIDDLE[1] + chance.gauss(0, ACROSS)


def _question(chance: random.Random) -> bytes:
    """As a phone asks, its position to some hundred metres."""
    latitude, longitude = _place(chance)
    near, stay = f"{latitude:.3f},{longitude:.3f}", chance.choice(STAYS)
    path = f"/v1/lots?near={near}&radius_m=1500&stay_min={stay}&sort=fee&limit=50"
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def _asking(questions: Sequence[bytes], seed: int) -> Iterator[Shot]:
    chance = random.Random(seed)
    while True:
        yield Shot(chance.choice(questions))


async def _paced(server: Server, questions: Sequence[bytes], seconds: float) -> Measured:
    """Each question has its instant, whether the one before it was answered or not."""
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    total = int(seconds * RATE_PER_S)
    began = perf_counter() + 0.2

    async def ask(n: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for at in range(n, total, CONNECTIONS):
            due = began + at / RATE_PER_S
            await asyncio.sleep(max(0.0, due - perf_counter()))
            writer.write(questions[at % len(questions)])
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
            latencies.append(perf_counter() - due)
            status = int(head[9:12])
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(ask(n) for n in range(CONNECTIONS)))
    return measured(perf_counter() - began, latencies, events=len(latencies), statuses=statuses)


async def _heard(env: Environment, server: Server, listeners: int, seconds: float, chance: random.Random) -> Measured:
    """From the instant of a change, which it bears, to its arrival at each who listens to its area."""
    latencies: list[float] = []
    ready: list[None] = []

    async def listen(n: int) -> None:
        latitude, longitude = _place(chance)
        path = f"/v1/lots/stream?near={latitude:.3f},{longitude:.3f}&radius_m=3000"
        # They come one after the other: of a crowd that comes at once, some are asked to come again.
        await asyncio.sleep(n * COMES_EVERY_S)
        # One address has only so many live connections.
        here = f"127.0.1.{1 + n // LISTENERS_OF_ADDRESS}", 0
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 22, local_addr=here)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        is_change = False
        while line := await reader.readline():
            if line.startswith(b"event: "):
                is_change = line.startswith(b"event: change")
                if not is_change:
                    ready.append(None)
            elif is_change and line.startswith(b"data: "):
                now = datetime.now(UTC)
                said = [datetime.fromisoformat(each.decode()) for each in _UPDATED.findall(line)]
                latencies.extend([(now - each).total_seconds() for each in said])

    tasks = [asyncio.create_task(listen(n)) for n in range(listeners)]
    while len(ready) < listeners:
        if ended := [task for task in tasks if task.done()]:
            raise ServerFailed(f"{len(ended)} listeners were sent away")
        await asyncio.sleep(0.1)
    latencies.clear()
    await _change(env, seconds, chance)
    await asyncio.sleep(1.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return measured(seconds, latencies, events=len(latencies))


async def _change(env: Environment, seconds: float, chance: random.Random) -> None:
    """CHANGES_PER_S counts change, as a process that records events writes them down."""
    redis = connect(env.servers.redis_url)
    live = LiveCounts(redis, timeout_s=5.0)
    known = await live.all() or {}
    numbers, version, began = sorted(known), 10, perf_counter()
    for tick in range(int(seconds / TICK_S)):
        await asyncio.sleep(max(0.0, began + tick * TICK_S - perf_counter()))
        now = datetime.now(UTC)
        some = chance.sample(numbers, min(len(numbers), int(CHANGES_PER_S * TICK_S)))
        version += 1
        await live.put([Count(lot, inside=version, version=version, updated_at=now, heard_at=now) for lot in some])
    await redis.aclose()
