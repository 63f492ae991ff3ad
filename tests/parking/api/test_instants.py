"""Instants at the edges of time: whoever sends one is answered, and nothing that was asked before is kept waiting."""

from collections.abc import AsyncIterator

import httpx
import pytest

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, District, token

# What no time of another zone is left of, what identifiers do not reach, and the last day there is.
EDGES = ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00")
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


@pytest.mark.parametrize("at", EDGES)
@pytest.mark.parametrize("path", ["/v1/lifts", "/v1/shifts", "/v1/events", "/v1/stays", "/v1/admin/coupon-costs"])
async def test_a_look_from_any_instant_on_is_answered(client: httpx.AsyncClient, path: str, at: str) -> None:
    said = {"from": at, "to": "9999-12-31T23:59:59Z", "since": at, "until": "0001-01-01T00:00:00Z", "lot": QC}
    answer = await client.get(path, params=said, headers=ADMIN)
    assert answer.status_code in (200, 400, 422), answer.text


@pytest.mark.parametrize("at", EDGES)
async def test_a_charging_session_of_any_instant_is_refused_and_keeps_no_price_waiting(
    client: httpx.AsyncClient, district: District, at: str
) -> None:
    gateway = running.bearer(district.keys[QC])
    for ended_at in (at, None):
        said = {"plate": "鲁A83C34", "started_at": at, "ended_at": ended_at}
        answer = await client.put("/v1/charging-sessions/edge", json=said, headers=gateway)
        assert (answer.status_code, answer.json()["field"]) in ((422, "started_at"), (422, "ended_at"))
    assert await district.count("select count(*) from repricing") == 0
