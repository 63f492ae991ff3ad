"""What counting and logging cost: the service as it is run, beside itself without them, in turns.

Both serve on one database. As it is run means: identifiers of requests, lines as JSON, `/metrics` asked now and then.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from statistics import median

import httpx
from msgspec import Struct
from rich.table import Table

from loadtests import traffic
from loadtests.client import Shot, fire
from loadtests.environment import Environment, Machine
from loadtests.server import Server
from loadtests.throughput import EVENTS_PER_S_MAX
from seeds.servers.process import free_port

WARM_UP_S = 2.0
SCRAPE_EACH_S = 5.0
VEHICLES = 30_000
WITHIN_PERCENT = 3.0
SETTINGS = {"ONELOT_LOG_FORMAT": "json", "ONELOT_LOG_LEVEL": "info", "ONELOT_ACCESS_LOG_SHARE": "1"}


class Turn(Struct, frozen=True):
    """A turn of one service: events that were answered, and what one took of the processor and of the clock."""

    events: int
    cpu_us: float
    clock_us: float


class Report(Struct, frozen=True):
    """Turns in pairs, and by how much the service is dearer with than without: the median of the pairs, and between
    which figures half of them lie, which says how quiet the machine was.
    """

    machine: Machine
    connections: int
    counted: list[Turn]
    bare: list[Turn]
    overhead_cpu: float
    half_of_pairs: tuple[float, float]
    overhead_clock: float
    errors: dict[int, int]
    within_percent: float

    @property
    def ok(self) -> bool:
        """Whether it costs as little as it should. By the processor's time: the clock has all others' noise."""
        return self.overhead_cpu * 100 <= self.within_percent and not self.errors

    def table(self) -> Table:
        """The figures for a terminal."""
        table = Table(
            *("", "CPU µs/event", "events/s"),
            title=f"Counting and logging, {len(self.counted)} pairs, 1 event × {self.connections}",
            caption=f"{self.machine.cpu}, {self.machine.cores} cores; dearer by {self.overhead_cpu:+.1%} "
            f"of the processor (half of the pairs: {self.half_of_pairs[0]:+.1%} to {self.half_of_pairs[1]:+.1%}), "
            f"{self.overhead_clock:+.1%} by the clock",
        )
        for name, turns in (("with", self.counted), ("without", self.bare)):
            cpu_us = median(each.cpu_us for each in turns)
            table.add_row(name, f"{cpu_us:.1f}", f"{1e6 / median(each.clock_us for each in turns):,.0f}")
        return table


async def run(env: Environment, *, pairs: int, seconds: float, connections: int, within_percent: float) -> Report:
    """Measures both in turns of `seconds`; who begins changes from pair to pair."""
    shots = [
        iter(each)
        for each in traffic.prepared(
            env.lots,
            range(VEHICLES),
            connections=connections,
            events=int((2 * pairs * seconds + 2 * WARM_UP_S) * EVENTS_PER_S_MAX),
            until=datetime.now(UTC),
            name="overhead-",
            per_request=1,
        )
    ]
    counted: list[Turn] = []
    bare: list[Turn] = []
    errors: dict[int, int] = {}
    port = free_port()
    settings = {**SETTINGS, "ONELOT_METRICS_PORT": str(port)}
    async with (
        env.serving(settings=settings) as as_run,
        env.serving(module="loadtests.bare") as stripped,
        _scraped(port),
    ):
        both = ((as_run, counted), (stripped, bare))
        for server, _ in both:
            await fire(server.port, shots, seconds=WARM_UP_S)
        await env.rest()
        for pair in range(pairs):
            env.progress(f"pair {pair + 1} of {pairs}")
            for server, turns in both if pair % 2 else reversed(both):
                turns.append(await _turn(server, shots, seconds, errors))
    dearer_cpu = _dearer([each.cpu_us for each in counted], [each.cpu_us for each in bare])
    dearer_clock = _dearer([each.clock_us for each in counted], [each.clock_us for each in bare])
    return Report(
        machine=await env.machine(),
        connections=connections,
        counted=counted,
        bare=bare,
        overhead_cpu=median(dearer_cpu),
        half_of_pairs=(dearer_cpu[len(dearer_cpu) // 4], dearer_cpu[len(dearer_cpu) * 3 // 4]),
        overhead_clock=median(dearer_clock),
        errors=errors,
        within_percent=within_percent,
    )


async def _turn(server: Server, shots: list[Iterator[Shot]], seconds: float, errors: dict[int, int]) -> Turn:
    before_s = server.cpu_s() or 0.0
    measured = await fire(server.port, shots, seconds=seconds)
    took_s = (server.cpu_s() or 0.0) - before_s
    for status, number in measured.statuses.items():
        if status != httpx.codes.OK:
            errors[status] = errors.get(status, 0) + number
    events = max(measured.events, 1)
    return Turn(measured.events, round(took_s / events * 1e6, 1), round(measured.seconds / events * 1e6, 1))


def _dearer(counted: list[float], bare: list[float]) -> list[float]:
    """By how much of each pair, the least first."""
    return sorted(round(one / max(other, 1) - 1, 4) for one, other in zip(counted, bare, strict=True))


@asynccontextmanager
async def _scraped(port: int) -> AsyncIterator[None]:
    """As Prometheus asks, only more often."""

    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            while True:
                (await client.get(f"http://127.0.0.1:{port}/metrics")).raise_for_status()
                await asyncio.sleep(SCRAPE_EACH_S)

    asking = asyncio.create_task(ask())
    try:
        yield
    finally:
        asking.cancel()
        await asyncio.wait([asking])
