"""How often callers may ask, as they meet it: by address, by who they are, and by how often they fail."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from uuid import UUID

import httpx
import pytest

import sql
from parking import limits
from parking.api.paths import is_plain
from parking.limits import Rate
from parking.live.rates import Rates
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, event, token
from tests.patience import PATIENCE_S

NOBODY = UUID(int=1)
# Of the shape that charges have, so that the database is asked.
REFERENCE = UUID(int=1, version=4)
SECOND = running.bearer("olk_" + "0" * 16 + "_" + "0" * 64)
Start = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
async def start(
    database_url: str, redis_url: str, registered: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Start:
    """Starts a service with limits of its own, on an empty Redis."""
    monkeypatch.setattr(limits, "REFUSAL_DELAY_S", 0.01)

    def started(**changes: object) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return running.served(running.settings(database_url, redis_url, now=NOW, **changes))

    return started


async def statuses(client: httpx.AsyncClient, times: int, url: str, **more: object) -> list[int]:
    return [(await client.get(url, **more)).status_code for _ in range(times)]  # type: ignore[arg-type]


def refused(response: httpx.Response) -> None:
    assert response.status_code == 429, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert 1 <= int(response.headers["retry-after"]) <= 120
    assert response.json()["title"] == "Too many requests"


async def test_an_address_asks_so_often_and_no_more(start: Start, registered: dict[str, str]) -> None:
    async with start(address_requests_max=20) as client:
        assert set(await statuses(client, 20, "/v1/lots")) == {200}
        refused(await client.get("/v1/lots"))
        refused(await client.get("/schema"))
        for path in ("/livez", "/readyz"):
            assert {(await client.request(method, path)).status_code for method in ("GET", "HEAD")} == {200}
        nowhere = {**event("x", "entry", NOW), "lane": "none"}
        key = running.bearer(registered[QC])
        assert {(await client.post("/v1/gate-events", json=nowhere, headers=key)).status_code for _ in range(30)} == {
            422
        }


async def test_readiness_waits_for_no_read(start: Start, owner: sql.Connection) -> None:
    async with start() as client, asyncio.TaskGroup() as hanging, owner.transaction():
        await owner.execute("lock table charge in access exclusive mode")
        reads = limits.READS_AT_ONCE_MAX
        hung = [hanging.create_task(client.get(f"/v1/charges/{REFERENCE}")) for _ in range(reads)]
        await asyncio.sleep(0.2)
        async with asyncio.timeout(PATIENCE_S):
            for method in ("GET", "HEAD"):
                assert (await client.request(method, "/readyz")).status_code == 200
        assert not any(read.done() for read in hung)


async def test_writes_of_strangers_leave_gates_their_connections(
    start: Start, owner: sql.Connection, registered: dict[str, str]
) -> None:
    key = running.bearer(registered[QC])
    hung = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with start(pool_max=6) as client, asyncio.TaskGroup() as hanging, owner.transaction():
        await owner.execute("lock table charge in access exclusive mode")
        for _ in range(6):
            pay = {"channel": "local", "payer": "ok"}
            hanging.create_task(client.post(f"/v1/charges/{REFERENCE}/pay", json=pay))
        await asyncio.sleep(0.5)
        assert await owner.fetchval(hung) == 6 - limits.CONNECTIONS_KEPT
        async with asyncio.timeout(PATIENCE_S):
            said = event("beside", "entry", NOW, "鲁A77777")
            assert (await client.post("/v1/gate-events", json=said, headers=key)).status_code == 200


async def test_gate_events_have_no_rate(start: Start, registered: dict[str, str]) -> None:
    async with start(caller_requests_max=3, failures_max=3) as client:
        key = running.bearer(registered[QC])
        foreign = event("x", "entry", NOW, lot=STATION)
        answers = [await client.post("/v1/gate-events", json=foreign, headers=key) for _ in range(8)]
        assert {each.status_code for each in answers} == {403}


async def test_who_says_who_it_is_counts_by_itself(start: Start) -> None:
    async with start(address_requests_max=5, caller_requests_max=10) as client:
        await statuses(client, 10, "/v1/lots")
        one = running.bearer(token(Audience.CLERK, now=NOW, id=1))
        other = running.bearer(token(Audience.CLERK, now=NOW, id=2))
        assert set(await statuses(client, 10, "/v1/lots", headers=one)) == {200}
        refused(await client.get("/v1/cases", headers=one))
        assert (await client.get("/v1/cases", headers=other)).status_code == 200


async def test_failures_are_counted_and_shut_out_nobody_else(start: Start, registered: dict[str, str]) -> None:
    async with start(failures_max=5) as client:
        assert await statuses(client, 8, "/v1/cases", headers=SECOND) == [401] * 5 + [429] * 3
        refused(await client.get(f"/v1/charges/{NOBODY}"))
        refused(await client.post("/v1/gate-events", json=[], headers=SECOND))
        assert (await client.get("/v1/lots")).status_code == 200
        honest = running.bearer(token(Audience.CLERK, now=NOW))
        assert (await client.get("/v1/cases", headers=honest)).status_code == 200
        # A good token for another route is a failure of its own holder.
        assert await statuses(client, 7, "/v1/account", headers=honest) == [403] * 5 + [429] * 2
        assert (await client.get("/v1/cases", headers=honest)).status_code == 200
        key = running.bearer(registered[QC])
        assert (await client.get(f"/v1/stays/{NOBODY}", headers=key)).status_code == 404


async def test_charges_that_do_not_exist_are_failures(start: Start) -> None:
    async with start(failures_max=3) as client:
        assert await statuses(client, 5, f"/v1/charges/{NOBODY}") == [404] * 3 + [429] * 2
        refused(await client.post(f"/v1/charges/{NOBODY}/pay", json={"channel": "local", "payer": "ok"}))


async def test_proxies_say_for_whom_they_ask(start: Start) -> None:
    async with start(address_requests_max=3, trusted_proxies="127.0.0.0/8,10.0.0.0/8") as client:
        ask = partial(statuses, client, 4, "/v1/lots")
        # What the caller itself wrote stands to the left of what the first trusted proxy saw.
        for n in range(3):
            seen = {"X-Forwarded-For": f"9.9.9.{n}, 203.0.113.7, 10.0.0.2"}
            assert await ask(headers=seen) == ([200] * 3 + [429] if n == 0 else [429] * 4)
        assert await ask(headers={"X-Forwarded-For": "203.0.113.8"}) == [200] * 3 + [429]
        assert await ask(headers={"X-Forwarded-For": "2001:db8::1"}) == [200] * 3 + [429]
        assert await ask(headers={"X-Forwarded-For": "2001:db8::ffff"}) == [429] * 4


async def test_nobody_else_is_believed(start: Start) -> None:
    async with start(address_requests_max=3) as client:
        found = [(await client.get("/v1/lots", headers={"X-Forwarded-For": f"203.0.113.{n}"})) for n in range(5)]
        assert [each.status_code for each in found] == [200] * 3 + [429] * 2


async def test_processes_count_together(redis_url: str) -> None:
    one, other = Rates(redis_url), Rates(redis_url)
    rate = Rate(10, 30)
    try:
        assert {await one.take("k", rate) for _ in range(6)} == {0.0}
        taken = [await other.take("k", rate) for _ in range(6)]
        assert taken[:4] == [0.0] * 4
        assert all(0 < wait_s <= 60 for wait_s in taken[4:])
    finally:
        await one.aclose()
        await other.aclose()


async def test_without_redis_each_process_counts_alone() -> None:
    rates = Rates("redis://127.0.0.1:1/0")
    rate = Rate(10, 30)
    try:
        async with asyncio.timeout(PATIENCE_S):
            taken = [await rates.take("k", rate) for _ in range(12)]
        assert taken[:10] == [0.0] * 10
        assert min(taken[10:]) > 0
    finally:
        await rates.aclose()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1//lots", 404),
        ("//v1/lots", 404),
        ("/v1%2Flots", 404),
        ("/v1/%2e%2e/v1/lots", 404),
        ("/v1/lots?limit=1&limit=2", 400),
        ("/v1/lots?limit=1&%6cimit=2", 400),
        ("/v1/lots?limit=1&q=2&&", 200),
    ],
)
async def test_paths_and_queries_in_their_one_form(start: Start, path: str, status: int) -> None:
    async with start() as client:
        url = httpx.URL(str(client.base_url)).copy_with(raw_path=path.encode())
        response = await client.get(url)
        assert response.status_code == status, response.text
        assert ("problem" in response.headers["content-type"]) == (status >= 400)


@pytest.mark.parametrize("path", [b"/v1/./lots", b"/v1/../v1/lots", b"/v1/%2E./lots", b"/v1\\lots", b"/v1%5clots"])
def test_paths_that_are_not_plain(path: bytes) -> None:
    assert not is_plain(path)
    assert is_plain(b"/v1/settlements/jn-static/2026-11-16.csv")


async def test_the_description_is_rendered_once_and_sent_once(start: Start) -> None:
    async with start() as client:
        for path in ("/schema", "/schema/openapi.json", "/static/reference/swagger-ui-bundle.js"):
            first = await client.get(path)
            assert first.headers["content-security-policy"].endswith("frame-ancestors 'none'")
            assert first.headers.get_list("x-content-type-options") == ["nosniff"]
            again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            plain = await client.get(path, headers={"Accept-Encoding": "identity"})
            assert (plain.content, plain.headers.get("content-encoding")) == (first.content, None)
        assert (await client.get("/schema/openapi.json")).headers["content-encoding"] == "gzip"
        nowhere = await client.get("/schema/nowhere")
        assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "application/problem+json")


async def test_answers_for_one_caller_are_kept_by_nobody(start: Start) -> None:
    async with start() as client:
        clerk = running.bearer(token(Audience.CLERK, now=NOW))
        cases = await client.get("/v1/cases", headers=clerk)
        charge = await client.get(f"/v1/charges/{NOBODY}")
        lots = await client.get("/v1/lots")
        assert (cases.status_code, cases.headers["cache-control"]) == (200, "no-store")
        assert (charge.status_code, charge.headers["cache-control"]) == (404, "no-store")
        assert lots.headers["cache-control"] == "public, max-age=1"
        assert {each.headers["x-content-type-options"] for each in (cases, charge, lots)} == {"nosniff"}
