"""Held cars that pay: how long until they are let out, with a gateway for each, on streams and long polls, and cameras
that read them again all the while.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import msgspec
from msgspec import Struct
from rich.table import Table

from loadtests import traffic
from loadtests.client import Measured, measured, request
from loadtests.environment import Environment, Machine
from loadtests.traffic import Lot
from sql.invariants import Invariant

TOLD_P99_MAX_MS = 1_000
ANSWER_TIMEOUT_S = 30.0
# Who was let out by the answer to a read need not be told any more.
AFTER_READ_S = 2.0
# Not near the end of a begun hour: it costs the same as long as it stands there.
STAYED = timedelta(hours=2, minutes=30)
# A driver finds the code, and pays.
THINKS_S = (0.5, 4.0)
# A camera that is triggered sees the car that stands there again, before and after it paid.
READS_AGAIN = 6
BETWEEN_READS_S = (0.1, 1.5)
_UNTOLD = "select count(*) from charge_cleared"


class Report(Struct, frozen=True):
    """How long cars waited after their payment was answered: until they were let out, by their command or by the answer
    to another read of them, and those that a command let out until that. `untold`: those that waited in vain;
    `held_again`: reads after a payment that were held.
    """

    machine: Machine
    gateways: int
    streams: int
    within_ms: int
    let_out: Measured
    told: Measured
    read_again: int
    held_again: int
    untold: int
    told_otherwise: int
    not_passed_on: int
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether every car was let out in time and told its own command alone and once."""
        wrong = self.untold or self.held_again or self.told_otherwise or self.not_passed_on or self.broken_invariants
        return not wrong and max(self.let_out.p99_ms, self.told.p99_ms) <= self.within_ms

    def table(self) -> Table:
        """The report for a terminal."""
        table = Table("", "", title="Dialogue: from the answer to a payment to the way out", show_header=False)
        for name, value in (
            ("gateways, of them on streams", f"{self.gateways}, {self.streams}"),
            ("cars that paid and were let out", self.let_out.requests),
            ("  p50 / p95 / p99 / longest, ms", _times(self.let_out)),
            ("of them by a command", self.told.requests),
            ("  p50 / p95 / p99 / longest, ms", _times(self.told)),
            ("cars that were not let out", self.untold),
            ("times they were read again", self.read_again),
            ("  held though they had paid", self.held_again),
            ("commands for another car, or told again", self.told_otherwise),
            ("payments that nobody passed on", self.not_passed_on),
            ("invariants broken", [f"{each.name}: {each.rows}" for each in self.broken_invariants] or 0),
        ):
            table.add_row(name, str(value))
        return table


def _times(measured: Measured) -> str:
    return f"{measured.p50_ms} / {measured.p95_ms} / {measured.p99_ms} / {measured.max_ms}"


class _Heard(Struct):
    """What was seen by all gateways."""

    let_out_s: list[float] = []
    waited_s: list[float] = []
    read_again: int = 0
    held_again: int = 0
    untold: int = 0
    otherwise: int = 0


class _Car(Struct):
    """A car that is held: when its payment was answered, and when a read of it was answered `open`."""

    number: int
    event_id: str
    paid_at: float | None = None
    read_open_at: float | None = None


async def run(env: Environment, *, cars: int = 5, reads: int = READS_AGAIN, within_ms: int = TOLD_P99_MAX_MS) -> Report:
    """A gateway for each lot of `env`, half of them on streams: `cars` come one after the other to each exit, are held,
    read again `reads` times, pay meanwhile, and drive when the lane is told so or a read is answered so.
    """
    heard = _Heard()
    async with env.serving() as server, env.working():
        env.progress(f"{len(env.lots)} gateways listen, {cars} cars come to each and pay")
        async with asyncio.TaskGroup() as group:
            for n, lot in enumerate(env.lots):
                group.create_task(_gateway(server.port, lot, n, len(env.lots), cars, reads, heard))
    async with env.database() as db:
        left: int = await db.fetchval(_UNTOLD)
    return Report(
        machine=await env.machine(),
        gateways=len(env.lots),
        within_ms=within_ms,
        streams=(len(env.lots) + 1) // 2,
        let_out=measured(max(sum(heard.let_out_s), 1e-9), heard.let_out_s, events=len(heard.let_out_s)),
        told=measured(max(sum(heard.waited_s), 1e-9), heard.waited_s, events=len(heard.waited_s)),
        read_again=heard.read_again,
        held_again=heard.held_again,
        untold=heard.untold,
        told_otherwise=heard.otherwise,
        not_passed_on=left,
        broken_invariants=await env.broken_invariants(),
    )


async def _gateway(port: int, lot: Lot, n: int, lots: int, cars: int, reads: int, heard: _Heard) -> None:
    """A lot's computer: it listens, and its cars come one after the other."""
    rng = random.Random(n)
    commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    listening = asyncio.create_task(_listen(port, lot, commands, streaming=n % 2 == 0))
    try:
        for at in range(cars):
            # Of no account: those pay by themselves.
            car = _Car((n + at * lots) * 5 + 4, f"{lot.code}-{at}")
            held = await _hold(port, lot, car.number, car.event_id)
            reading = asyncio.create_task(_read_again(port, lot, car, reads, random.Random(f"{n} {at}"), heard))
            await asyncio.sleep(rng.uniform(*THINKS_S))
            payment = b'{"channel":"local","payer":"ok"}'
            paid = await _ask(port, "POST", f"/v1/charges/{held['charge_reference']}/pay", payment)
            car.paid_at = perf_counter()
            assert paid["charge_state"] == "paid", paid
            told_at = await _told(port, lot, car, commands, heard)
            await reading
            outs = [each for each in (told_at, car.read_open_at) if each is not None]
            heard.untold += not outs
            # A read that was sent before the answer to the payment may have been answered before it.
            heard.let_out_s += [max(0.0, min(outs) - car.paid_at)] if outs else []
            heard.waited_s += [told_at - car.paid_at] if told_at is not None else []
        heard.otherwise += commands.qsize()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _told(
    port: int, lot: Lot, car: _Car, commands: "asyncio.Queue[dict[str, Any]]", heard: _Heard
) -> float | None:
    """When the lane was told that the car has paid; None: it was not, which a read may have made needless."""
    began, getting = perf_counter(), asyncio.create_task(commands.get())
    while not getting.done():
        await asyncio.wait([getting], timeout=AFTER_READ_S)
        longest_s = ANSWER_TIMEOUT_S if car.read_open_at is None else AFTER_READ_S
        if not getting.done() and perf_counter() - max(began, car.read_open_at or 0.0) >= longest_s:
            getting.cancel()
            return None
    told, told_at = getting.result(), perf_counter()
    said = told["gate"], told["because"], told["event_id"].startswith(f"{car.event_id}-x")
    if said != ("open", "paid", True):
        heard.otherwise += 1
    await _ask(port, "POST", f"/v1/gateway/commands/{told['id']}/ack", b'{"outcome":"done"}', key=lot.key)
    return told_at


async def _read_again(port: int, lot: Lot, car: _Car, reads: int, rng: random.Random, heard: _Heard) -> None:
    """The camera sees the car that stands at the exit, again and again, under numbers of their own."""
    for n in range(reads):
        await asyncio.sleep(rng.uniform(*BETWEEN_READS_S))
        was_paid = car.paid_at is not None
        said = {**traffic.event(lot, "exit", car.number, datetime.now(UTC), f"{car.event_id}-x{n}"), "replay": False}
        answer = await _ask(port, "POST", traffic.PATH, msgspec.json.encode(said), key=lot.key)
        heard.read_again += 1
        if answer["gate"] == "open":
            car.read_open_at = car.read_open_at or perf_counter()
        elif was_paid:
            heard.held_again += 1


async def _hold(port: int, lot: Lot, number: int, event_id: str) -> dict[str, Any]:
    """A car came hours ago and is at the exit now: what its gateway is answered."""
    now = datetime.now(UTC)
    said = [
        traffic.event(lot, "entry", number, now - STAYED, f"{event_id}-e"),
        {**traffic.event(lot, "exit", number, now, f"{event_id}-x"), "replay": False},
    ]
    for each in said:
        answer = await _ask(port, "POST", traffic.PATH, msgspec.json.encode(each), key=lot.key)
    assert answer["gate"] == "hold", answer
    return answer


async def _listen(port: int, lot: Lot, commands: "asyncio.Queue[dict[str, Any]]", *, streaming: bool) -> None:
    if streaming:
        async with aclosing(_stream(port, lot)) as events:
            async for command in events:
                commands.put_nowait(command)
    after = 0
    while True:
        said = await _ask(port, "GET", f"/v1/gateway/commands?wait_s=25&after={after}", key=lot.key)
        after = said["next"]
        for command in said["commands"]:
            commands.put_nowait(command)


async def _stream(port: int, lot: Lot) -> AsyncGenerator[dict[str, Any], None]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request("/v1/gateway/commands/stream", b"", key=lot.key, method="GET"))
        while line := await reader.readline():
            if line.startswith(b"data: "):
                yield msgspec.json.decode(line[len(b"data: ") :])
    finally:
        writer.close()


async def _ask(port: int, method: str, path: str, body: bytes = b"", *, key: str | None = None) -> dict[str, Any]:
    """The JSON of an answer, over a connection of its own."""
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request(path, body, key=key, method=method))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head[9:10] == b"2", (path, head)
            at = head.find(b"content-length:")
            size = 0 if at < 0 else int(head[at + 15 : head.find(b"\r\n", at)])
            answer: dict[str, Any] = msgspec.json.decode(await reader.readexactly(size) or b"{}")
            return answer
        finally:
            writer.close()
