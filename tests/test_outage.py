"""The database goes away and comes back: nobody is told that something was done which was not, and it is no defect."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

import sql
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, token, visit

CARS = 60
TAKEN_BETWEEN = 7
MORNING = NOW - timedelta(hours=3)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def cut(owner: sql.Connection) -> None:
    """Cuts the service's connections, and leaves those of the tests alone."""
    await owner.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and application_name = 'onelot'"
    )


async def told_until_taken(client: httpx.AsyncClient, key: str, said: Say, seen: Counter[int]) -> None:
    """What a gateway does: it sends an event until that is taken."""
    for _ in range(50):
        response = await client.post("/v1/gate-events", json=said, headers=running.bearer(key))
        seen[response.status_code] += 1
        if response.status_code == 200:
            assert response.json()["status"] in ("recorded", "duplicate"), response.text
            return
        await asyncio.sleep(0.05)
    raise AssertionError(seen)


async def test_events_while_connections_are_cut(
    client: httpx.AsyncClient, district: District, registered: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    seen: Counter[int] = Counter()

    async def a_gateway(lot: str, cars: range) -> None:
        for n in cars:
            for said in visit(f"{lot}{n}", f"鲁A{n:05}", MORNING, NOW, lot=lot, replay=True):
                await told_until_taken(client, registered[lot], said, seen)

    gateways = [a_gateway(lot, range(n, CARS, 4)) for n in range(4) for lot in (QC, HOSPITAL, STATION)]
    going = asyncio.gather(*gateways)
    cuts = 0
    while not going.done():
        await cut(district.owner)
        cuts += 1
        # A machine with much to do takes longer to connect anew than any fixed pause: some get through each time.
        taken = seen[200]
        while not going.done() and seen[200] < taken + TAKEN_BETWEEN:
            await asyncio.wait([going], timeout=0.02)
    await going
    assert cuts > 2
    assert set(seen) <= {200, 503}
    assert await district.count("select count(*) from gate_event where status = 'review'") == 0
    assert await district.count("select count(*) from gate_event") == 3 * CARS * 2
    assert await district.count("select count(*) from stay where state = 'closed' and fee_fen = 600") == 3 * CARS
    assert "cannot be applied" not in caplog.text


async def test_every_other_door_says_that_the_database_is_away(
    client: httpx.AsyncClient, district: District, registered: dict[str, str]
) -> None:
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    seen: Counter[int] = Counter()

    async def ask() -> None:
        for _ in range(40):
            response = await client.post("/v1/accounts", json={"name": "Li"}, headers=admin)
            seen[response.status_code] += 1
            if response.status_code == 503:
                assert response.headers["retry-after"]

    going = asyncio.gather(*(ask() for _ in range(8)))
    while not going.done():
        await cut(district.owner)
        await asyncio.wait([going], timeout=0.05)
    await going
    assert set(seen) <= {201, 503}, seen
    # A commit whose answer was cut off may be there without having been promised, never the other way.
    assert seen[201] <= await district.count("select count(*) from account where name = 'Li'") < 8 * 40
