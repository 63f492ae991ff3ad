"""The end of a process: streams end, gates are answered to the last, and another process goes on with the socket."""

import asyncio
import contextlib
import itertools
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from parking.api.problems import RETRY_AFTER_S
from parking.limits import IDLE_TIMEOUT_S
from parking.live.ending import Ending
from seeds.servers.process import free_port
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event
from tests.patience import PATIENCE_S

LISTENERS = 20
GATES = 12
# The longest there is; nobody waits for its end here.
LONG_GRACE_S = 60
GATE_REST_S = 0.02
GRACE_S = 0.5
# A process that did not end its streams would wait for them for 22 s; the machine has other work to do.


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    return running.environment(
        database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), ONELOT_ENDING_GRACE_S=str(GRACE_S)
    )


class Gates:
    """Gateways that send one event after the other, each over a connection it keeps, until they are told to stop. They
    rest in between, as cars do: the process that is starting meanwhile needs the machine, too.
    """

    def __init__(self, address: str, keys: dict[str, str]) -> None:
        self._address = address
        self._keys = keys
        self._stop = False
        self.seen: Counter[str] = Counter()
        self.acknowledged: list[str] = []

    async def _gate(self, n: int) -> None:
        lot = (QC, HOSPITAL, STATION)[n % 3]
        async with httpx.AsyncClient(base_url=self._address, headers=running.bearer(self._keys[lot])) as client:
            for k in itertools.count():
                if self._stop:
                    return
                number = f"g{n}-{k}"
                said = event(number, "entry", NOW + timedelta(milliseconds=k), f"鲁B{n:02}{k % 1000:03}", lot=lot)
                try:
                    response = await self._say(client, said)
                except httpx.TransportError as e:
                    self.seen[type(e).__name__] += 1
                else:
                    self.seen[str(response.status_code)] += 1
                    if response.status_code == 200:
                        self.acknowledged.append(number)
                await asyncio.sleep(GATE_REST_S)

    async def _say(self, client: httpx.AsyncClient, said: Say) -> httpx.Response:
        """A connection that was kept may end at the moment it is used: then, as HTTP has it, another one is taken."""
        try:
            return await client.post("/v1/gate-events", json=said, timeout=30)
        except httpx.ReadError:
            return await client.post("/v1/gate-events", json=said, timeout=30)

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            for n in range(GATES):
                group.create_task(self._gate(n))
            try:
                yield
            finally:
                self._stop = True

    async def more(self, events: int) -> None:
        """Waits until so many more were acknowledged."""
        until = len(self.acknowledged) + events
        async with asyncio.timeout(PATIENCE_S):
            while len(self.acknowledged) < until:  # noqa: ASYNC110 - a test has time
                await asyncio.sleep(0.02)


async def listen(address: str, ended: list[bool]) -> None:
    """Reads the live stream to its end; keeps whether that was an orderly one."""
    async with httpx.AsyncClient(base_url=address) as client:
        try:
            async with client.stream("GET", "/v1/lots/stream", timeout=60) as response:
                async for _ in response.aiter_bytes():
                    pass
            ended.append(True)
        except httpx.TransportError:
            ended.append(False)


@pytest.mark.parametrize("workers", [1, 2])
async def test_another_process_takes_over_and_no_gate_is_refused(
    district: District, registered: dict[str, str], env: dict[str, str], tmp_path: Path, workers: int
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as shared:
        address = f"http://127.0.0.1:{shared.getsockname()[1]}"
        words = ("serve", "--fd", str(shared.fileno()), "--workers", str(workers))
        first = await running.child(tmp_path / "first", env, *words, fds=(shared.fileno(),))
        second: running.Child | None = None
        try:
            await running.ready(first, address)
            ended: list[bool] = []
            listeners = [asyncio.create_task(listen(address, ended)) for _ in range(LISTENERS)]
            gates = Gates(address, registered)
            async with gates.sending():
                await gates.more(50)
                second = await running.child(tmp_path / "second", env, *words[:-1], "1", fds=(shared.fileno(),))
                await running.says(second, "Application startup complete", times=1)
                await gates.more(20)
                first.process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(first.process.wait(), PATIENCE_S)
                await gates.more(50)
            assert set(gates.seen) == {"200"}, gates.seen
            await second.stop()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*listeners)
            assert ended == [True] * LISTENERS
        finally:
            for each in (first, second):
                if each is not None and each.process.returncode is None:
                    await each.kill()
    assert "Traceback" not in (tmp_path / "first").read_text() + (tmp_path / "second").read_text()
    stored = {row[0] for row in await district.owner.fetch("select event_id from gate_event")}
    assert set(gates.acknowledged) <= stored
    await district.owner.execute("delete from gate_event; delete from open_stay; update lot_occupancy set inside = 0")


async def test_a_process_says_that_it_ends_and_takes_events_till_then(
    district: District, registered: dict[str, str], env: dict[str, str], tmp_path: Path
) -> None:
    env = {**env, "ONELOT_ENDING_GRACE_S": str(LONG_GRACE_S)}
    async with (
        running.serving(tmp_path / "log", env) as (server, address),
        httpx.AsyncClient(base_url=address, headers=running.bearer(registered[QC])) as client,
    ):
        ended: list[bool] = []
        listener = asyncio.create_task(listen(address, ended))
        await asyncio.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(listener, PATIENCE_S)
        assert ended == [True]
        health = await client.get("/readyz")
        assert (health.status_code, health.json()["checks"]["process"]) == (503, {"ok": False, "state": "ending"})
        assert health.headers["connection"] == "close"
        response = await client.post("/v1/gate-events", json=event("last", "entry", NOW, "鲁B99999"))
        assert (response.status_code, response.headers["connection"]) == (200, "close")
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.process.wait(), PATIENCE_S) in (0, -signal.SIGTERM)
    await district.owner.execute("delete from gate_event; delete from open_stay; update lot_occupancy set inside = 0")


@pytest.mark.parametrize("workers", [1, 2])
async def test_told_to_end_twice_it_takes_no_grace(env: dict[str, str], tmp_path: Path, workers: int) -> None:
    env = {**env, "ONELOT_ENDING_GRACE_S": str(LONG_GRACE_S)}
    async with running.serving(tmp_path / "log", env, workers=workers) as (server, address):
        await running.says(server, "Application startup complete", times=workers)
        server.process.send_signal(signal.SIGTERM)
        async with httpx.AsyncClient(base_url=address) as client, asyncio.timeout(PATIENCE_S):
            while (await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - a test has time
                await asyncio.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.process.wait(), LONG_GRACE_S / 2) in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_the_end_is_told_once_and_a_second_signal_waits_for_nothing() -> None:
    told: list[str] = []
    handled: list[int] = []
    was = signal.signal(signal.SIGTERM, lambda number, _: handled.append(number))
    try:
        ending = Ending(0.2, [lambda: told.append("ended")])
        with ending.before_signals():
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(0.05)
            assert (ending.begun, told, handled) == (True, ["ended"], [])
            async with asyncio.timeout(PATIENCE_S):
                while not handled:  # noqa: ASYNC110 - a signal sets no event
                    await asyncio.sleep(0.02)
            assert handled == [signal.SIGTERM]
            signal.raise_signal(signal.SIGTERM)
            assert (told, handled) == (["ended"], [signal.SIGTERM] * 2)
    finally:
        signal.signal(signal.SIGTERM, was)


def test_who_was_refused_does_not_come_back_to_a_closing_connection() -> None:
    assert RETRY_AFTER_S.stop + 10 < IDLE_TIMEOUT_S
    assert len(RETRY_AFTER_S) >= 5


async def test_a_port_in_use_is_said(env: dict[str, str]) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        code, printed = await running.onelot(env, "serve", "--port", str(port))
    assert code != 0
    assert "address already in use" in printed.lower()
