"""Held cars that pay: how long until their lane is told to open, with a gateway for each, on streams and long polls."""

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
STAYED = timedelta(hours=3)
# A driver finds the code, and pays.
THINKS_S = (0.5, 4.0)
_UNTOLD = "select count(*) from charge_cleared"


class Report(Struct, frozen=True):
    """How long cars waited for their command after their payment was answered; `untold`: those that waited in vain."""

    machine: Machine
    gateways: int
    streams: int
    within_ms: int
    told: Measured
    untold: int
    told_otherwise: int
    not_passed_on: int
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether every car was told in time, each its own command and once."""
        wrong = self.untold or self.told_otherwise or self.not_passed_on or self.broken_invariants
        return not wrong and self.told.p99_ms <= self.within_ms

    def table(self) -> Table:
        """The report for a terminal."""
        table = Table("", "", title="Dialogue: from the answer to a payment to the command", show_header=False)
        for name, value in (
            ("gateways, of them on streams", f"{self.gateways}, {self.streams}"),
            ("cars that paid and were told", self.told.requests),
            (
                "  p50 / p95 / p99 / longest, ms",
                f"{self.told.p50_ms} / {self.told.p95_ms} / {self.told.p99_ms} / {self.told.max_ms}",
            ),
            ("cars that were not told", self.untold),
            ("commands for another car, or told again", self.told_otherwise),
            ("payments that nobody passed on", self.not_passed_on),
            ("invariants broken", [f"{each.name}: {each.rows}" for each in self.broken_invariants] or 0),
        ):
            table.add_row(name, str(value))
        return table


class _Heard(Struct):
    """What was seen by all gateways."""

    waited_s: list[float] = []
    untold: int = 0
    otherwise: int = 0


async def run(env: Environment, *, cars: int = 5, within_ms: int = TOLD_P99_MAX_MS) -> Report:
    """A gateway for each lot of `env`, half of them on streams: `cars` come one after the other to each exit, are held,
    pay, and drive when the lane is told so.
    """
    heard = _Heard()
    async with env.serving() as server, env.working():
        env.progress(f"{len(env.lots)} gateways listen, {cars} cars come to each and pay")
        async with asyncio.TaskGroup() as group:
            for n, lot in enumerate(env.lots):
                group.create_task(_gateway(server.port, lot, n, len(env.lots), cars, heard))
    async with env.database() as db:
        left: int = await db.fetchval(_UNTOLD)
    return Report(
        machine=await env.machine(),
        gateways=len(env.lots),
        within_ms=within_ms,
        streams=(len(env.lots) + 1) // 2,
        told=measured(max(sum(heard.waited_s), 1e-9), heard.waited_s, events=len(heard.waited_s)),
        untold=heard.untold,
        told_otherwise=heard.otherwise,
        not_passed_on=left,
        broken_invariants=await env.broken_invariants(),
    )


async def _gateway(port: int, lot: Lot, n: int, lots: int, cars: int, heard: _Heard) -> None:
    """A lot's computer: it listens, and its cars come one after the other."""
    rng = random.Random(n)
    commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    listening = asyncio.create_task(_listen(port, lot, commands, streaming=n % 2 == 0))
    try:
        for car in range(cars):
            # Of no account: those pay by themselves.
            number = (n + car * lots) * 5 + 4
            event_id = f"{lot.code}-{car}"
            held = await _hold(port, lot, number, event_id)
            await asyncio.sleep(rng.uniform(*THINKS_S))
            payment = b'{"channel":"local","payer":"ok"}'
            paid = await _ask(port, "POST", f"/v1/charges/{held['charge_reference']}/pay", payment)
            began = perf_counter()
            assert paid["charge_state"] == "paid", paid
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    told = await commands.get()
            except TimeoutError:
                heard.untold += 1
                continue
            heard.waited_s.append(perf_counter() - began)
            if (told["gate"], told["because"], told["event_id"]) != ("open", "paid", f"{event_id}-x"):
                heard.otherwise += 1
            await _ask(port, "POST", f"/v1/gateway/commands/{told['id']}/ack", b'{"outcome":"done"}', key=lot.key)
        heard.otherwise += commands.qsize()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


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
