"""A PostgreSQL that hangs (stopped, not gone) and comes back: everybody is answered in time, nothing is lost."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import pytest

from parking.ingest import batch
from seeds.servers import embedded
from sql.migrate import migrate
from sql.pool import TRANSIENT, BoundedPool, open_pool
from tests import district as district_of_jinan
from tests import running
from tests.conftest import NOW, memory
from tests.district import QC, event
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def own_server_url() -> Iterator[str]:
    """A PostgreSQL that may be stopped."""
    with embedded.postgres(fsync=False, parent=memory()) as url:
        yield url


@pytest.fixture(scope="module")
async def postmaster(own_server_url: str) -> int:
    """The process id of the server."""
    connection = await asyncpg.connect(own_server_url)
    try:
        folder: str = await connection.fetchval("show data_directory")
    finally:
        await connection.close()
    return int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])


class Hanging:
    """Stops a server and all its backends, and lets them go on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def _all(self) -> list[int]:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text()
        return [self._pid, *map(int, children.split())]

    def __enter__(self) -> None:
        for pid in self._all():
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        for pid in self._all():
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
async def keys(own_server_url: str) -> dict[str, str]:
    """The district, registered in the server's maintenance database; the bearer key of each lot's gateway."""
    await migrate(own_server_url, now=NOW)
    connection = await asyncpg.connect(own_server_url)
    try:
        async with connection.transaction():
            return await district_of_jinan.register(connection, now=NOW)
    finally:
        await connection.close()


async def test_a_lent_connection_comes_back_in_time(own_server_url: str, keys: dict[str, str], postmaster: int) -> None:
    async with await open_pool(own_server_url, connections_max=2, limit_s=1.0) as pool:
        assert isinstance(pool, BoundedPool)
        with Hanging(postmaster):
            for _ in range(3):  # the idle connection, and such as would have to be made
                with pytest.raises(TRANSIENT):
                    async with pool.acquire() as db, db.transaction():
                        await db.fetchval("select 1")
        async with pool.acquire() as db:
            assert await db.fetchval("select 1") == 1
        # A slow statement of a database that is well is cut off in the same way.
        with pytest.raises(TRANSIENT):
            async with pool.acquire(timeout=0.3) as db, db.transaction():
                await db.fetchval("select pg_sleep(20)")
        async with pool.acquire(timeout=5) as db:
            assert await db.fetchval("select 1") == 1


async def test_a_pool_is_closed_while_the_server_hangs(
    own_server_url: str, keys: dict[str, str], postmaster: int
) -> None:
    pool = await open_pool(own_server_url, connections_max=2)
    with Hanging(postmaster):
        await asyncio.wait_for(pool.close(), PATIENCE_S)


async def test_gates_and_balancers_are_answered_while_it_hangs(
    own_server_url: str,
    redis_url: str,
    keys: dict[str, str],
    postmaster: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "RECORD_TIMEOUT_S", 3.0)
    monkeypatch.setattr("parking.app.REQUEST_TIMEOUT_S", 2.0)
    own = running.bearer(keys[QC])
    acknowledged: list[str] = []
    settings = running.settings(own_server_url, redis_url, now=NOW)

    async def ask(client: httpx.AsyncClient, method: str, path: str, **more: object) -> tuple[int, str]:
        response = await client.request(method, path, **more)  # type: ignore[arg-type]
        return response.status_code, response.text

    async def tell(client: httpx.AsyncClient, number: str) -> tuple[int, str]:
        said = event(number, "entry", NOW, f"鲁A{abs(hash(number)) % 100_000:05}", lot=QC)
        answered = await ask(client, "POST", "/v1/gate-events", json=said, headers=own)
        if answered[0] == 200:
            acknowledged.append(number)
        return answered

    async with running.served(settings) as client:
        assert (await tell(client, "before"))[0] == 200
        with Hanging(postmaster):
            first = asyncio.gather(*(tell(client, f"hung{n}") for n in range(8)))
            await asyncio.sleep(1.0)  # these are in a line behind a batch that hangs
            later = asyncio.gather(*(tell(client, f"late{n}") for n in range(8)))
            ready = [await ask(client, "GET", "/readyz") for _ in range(2)]
            others = await asyncio.gather(
                *(ask(client, "GET", path) for path in ("/v1/charges/00000000-0000-8000-8000-000000000000", "/livez")),
                ask(client, "POST", "/v1/gate-events", content=b"{", headers=own),
                ask(client, "POST", "/v1/gate-events", json=event("lane", "entry", NOW, lot="x"), headers=own),
            )
            # All of them while it hangs still.
            answers = [*await first, *await later]
        assert {status for status, _ in answers} == {503}
        assert [status for status, _ in ready] == [503, 503], ready
        assert '"database":{"ok":false,"state":"away"}' in ready[0][1]
        assert [status for status, _ in others] == [503, 200, 503, 503], others

        async with asyncio.timeout(PATIENCE_S):
            while (await tell(client, "after"))[0] != 200:  # noqa: ASYNC110 - a test has time
                await asyncio.sleep(0.1)
        assert (await ask(client, "GET", "/readyz"))[0] == 200
    connection = await asyncpg.connect(own_server_url)
    try:
        stored = {row[0] for row in await connection.fetch("select event_id from gate_event")}
    finally:
        await connection.close()
    assert {"before", "after"} <= set(acknowledged) <= stored


async def test_a_read_only_database_and_a_clock_that_is_off_are_named(
    own_server_url: str, redis_url: str, keys: dict[str, str]
) -> None:
    connection = await asyncpg.connect(own_server_url)
    settings = running.settings(own_server_url, redis_url, now=datetime.now(UTC))
    try:
        async with running.served(settings) as client:
            assert (await client.get("/readyz")).json()["checks"]["clock"] == {"ok": True, "state": "ok"}
            await connection.execute("alter system set default_transaction_read_only = on")
            await connection.execute("select pg_reload_conf()")
            await asyncio.sleep(1.0)
            response = await client.get("/readyz")
            assert (response.status_code, response.json()["status"]) == (503, "unavailable")
            assert response.json()["checks"]["database"]["state"] == "read_only"
            assert (await client.head("/readyz")).status_code == 503
    finally:
        await connection.execute("set default_transaction_read_only = off")
        await connection.execute("alter system reset default_transaction_read_only")
        await connection.execute("select pg_reload_conf()")
        await connection.close()
    settings = running.settings(own_server_url, redis_url, now=datetime.now(UTC).replace(year=2020))
    async with running.served(settings) as client:
        response = await client.get("/readyz")
        assert (response.status_code, response.json()["status"]) == (200, "degraded")
        assert response.json()["checks"]["clock"]["state"] == "off"
        assert response.json()["checks"]["worker"]["state"] == "behind"
