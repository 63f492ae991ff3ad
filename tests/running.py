"""The service running: in this process on a free port, or as the child processes an installation consists of."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic, time
from typing import Any

import httpx
import uvicorn
from litestar import Litestar
from msgspec import Struct

from parking.app import build, server_config
from parking.settings import Settings
from seeds.servers.process import free_port
from tests import forked
from tests.district import TOKEN_SECRET
from tests.patience import PATIENCE_S

# Who the audit log says typed the commands of tests.
TYPED_BY = "command line: tests"
ROOT = Path(__file__).parent.parent
STOP_S = 30.0


def settings(database_url: str, redis_url: str, *, now: datetime, **changes: object) -> Settings:
    """Settings with the test channel and a clock that shows `now` at this moment."""
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        token_secrets=TOKEN_SECRET,
        clock_start=now,
        clock_started=time(),
        # All tests call from one address.
        **{  # type: ignore[arg-type]
            "address_requests_max": 1_000_000,
            "failures_max": 1_000_000,
            "test_channel": True,
            **changes,
        },
    )


_served: list[Litestar] = []


class _Server(uvicorn.Server):
    """A server that leaves signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listener(port: int) -> socket.socket:
    """A socket whose connections send at once, as uvloop has it of any: on asyncio's loop an answer of two writes, head
    and body, would wait 40 ms for the caller to acknowledge the first.
    """
    listener = socket.create_server(("127.0.0.1", port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def served(settings: Settings, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The application behind real sockets in this process, and a client of it.

    changes: of uvicorn's settings; with `gateway_port` there is a second listener.
    """
    app = build(settings)
    made = server_config(settings, app, port=0, log_level="error", timeout_graceful_shutdown=2, **changes)
    ports = (0, *filter(None, [changes.get("gateway_port")]))
    async with listening(made, ports) as client:
        _served.append(app)
        try:
            yield client
        finally:
            _served.remove(app)


async def known() -> None:
    """Each application served here knows what was just changed of the network, as it would by itself a moment later."""
    for app in _served:
        await app.state.network.refresh()


@asynccontextmanager
async def listening(config: uvicorn.Config, ports: Sequence[int] = (0,)) -> AsyncIterator[httpx.AsyncClient]:
    """An application behind real sockets in this process, and a client of it."""
    server = _Server(config)
    listeners = [_listener(port) for port in ports]
    task = asyncio.create_task(server.serve(listeners))
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not server.started:
                await asyncio.sleep(0.01)
                if task.done():
                    task.result()
        port = listeners[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        await task
        for listener in listeners:
            listener.close()


def bearer(credentials: str) -> dict[str, str]:
    """The header that says who calls."""
    return {"Authorization": f"Bearer {credentials}"}


class Child(Struct):
    """A child process of ours and what it has said."""

    process: asyncio.subprocess.Process
    log: Path

    async def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Asks it to end, and waits."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_S)
        except TimeoutError:
            await self.kill()
            raise


def environment(database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """What an installation's environment says; nothing of the caller's own settings reaches it."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ONELOT_")}
    given = {
        "ONELOT_DATABASE_URL": database_url,
        "ONELOT_REDIS_URL": redis_url,
        "ONELOT_TOKEN_SECRETS": TOKEN_SECRET,
        "ONELOT_TEST_CHANNEL": "true",
        "ONELOT_ALLOW_OWNER": "true",
        "ONELOT_ACTOR": "tests",
        "ONELOT_LANG": "en",
        "PYTHONUNBUFFERED": "1",
        # What users run; the warnings of tests are not theirs.
        "PYTHONWARNINGS": "",
    }
    return {**ours, **given, **more}


async def child(log: Path, env: Mapping[str, str], *words: str, fds: Sequence[int] = ()) -> Child:
    """`onelot <words>` as a process of its own, writing to `log` and given open files."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "parking", *words), cwd=ROOT, env=dict(env), stdout=out, stderr=out, pass_fds=fds
        )
    return Child(process, log)


async def onelot(env: Mapping[str, str], *words: str) -> tuple[int, str]:
    """Runs `onelot <words>` to its end: exit code, and what it printed."""
    return await forked.command({**env, "COLUMNS": "200"}, *words)


@asynccontextmanager
async def serving(log: Path, env: Mapping[str, str], *, workers: int = 1) -> AsyncIterator[tuple[Child, str]]:
    """`onelot serve` on a free port once it is ready: the process, and its address."""
    port = free_port()
    server = await child(log, env, "serve", "--port", str(port), "--workers", str(workers))
    address = f"http://127.0.0.1:{port}"
    try:
        await ready(server, address)
        yield server, address
    finally:
        if server.process.returncode is None:
            await server.stop()


@asynccontextmanager
async def working(log: Path, env: Mapping[str, str]) -> AsyncIterator[Child]:
    """`onelot work`."""
    worker = await child(log, env, "work")
    try:
        yield worker
    finally:
        if worker.process.returncode is None:
            await worker.stop()


async def ready(server: Child, address: str) -> None:
    """Waits until the service at the address can work."""
    until = monotonic() + PATIENCE_S
    async with httpx.AsyncClient(base_url=address) as client:
        while monotonic() < until:
            assert server.process.returncode is None, server.log.read_text()
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise TimeoutError(server.log.read_text())


async def says(child: Child, what: str, *, times: int = 1) -> None:
    """Waits until a child has written something so many times."""
    until = monotonic() + PATIENCE_S
    while child.log.read_text().count(what) < times:
        assert child.process.returncode is None, child.log.read_text()
        if monotonic() > until:
            raise TimeoutError(child.log.read_text())
        await asyncio.sleep(0.02)
