"""What a route does not ask for is refused, and what is asked for otherwise says what is allowed."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from parking.api import queries
from parking.app import build
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, token
from tests.parking.api.problem import problem

NOBODY = "01a1e215-3521-80aa-8000-0001b9dbc22f"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service, asked by the city's staff."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        client.headers.update(running.bearer(token(Audience.ADMIN, now=NOW)))
        yield client


def test_every_route_knows_its_parameters() -> None:
    app = build(running.settings("postgresql://nowhere/none", "redis://nowhere", now=NOW))
    handlers = [
        (route.path_format, handler)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if route.path_format.startswith("/v1/") and "GET" in handler.http_methods
    ]
    known = {path: queries.names_of(handler) for path, handler in handlers}
    assert known["/v1/lots"] >= {"q", "near", "radius_m", "min_free", "limit", "offset"}
    assert known["/v1/cases"] >= {"state", "lot", "after", "limit"}
    assert known["/v1/lots/{code}/quote"] == {"from", "to", "stay_min", "class", "new_energy"}
    assert known["/v1/account"] == frozenset()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/lots?order=price&ev=true"),
        ("GET", "/v1/cases?order=price"),
        ("GET", f"/v1/lots/{QC}?order=price"),
        ("GET", "/v1/lots/stream?order=price"),
        ("POST", "/v1/accounts?order=price"),
        ("DELETE", "/v1/admin/plates/x?order=price"),
    ],
)
async def test_unknown_parameters_are_refused(client: httpx.AsyncClient, method: str, path: str) -> None:
    said = problem(await client.request(method, path), 400, "order")
    assert "no such query parameter" in said["detail"]
    assert "min_free" in said["detail"] or not path.startswith("/v1/lots?")


async def test_links_to_pages_and_probes_may_say_more(client: httpx.AsyncClient) -> None:
    for path in ("/?utm_source=x", "/livez?x=1", "/problems?x=1"):
        assert (await client.get(path)).status_code == 200, path


async def test_refusals_say_what_is_allowed(client: httpx.AsyncClient) -> None:
    said = problem(await client.get("/v1/lots?kind=pub"), 400, "kind")
    assert "one of road, garage, hospital" in said["detail"]
    # Of a parameter that has another name in the code than callers give it.
    for path in ("/v1/lots", f"/v1/lots/{QC}/quote"):
        said = problem(await client.get(f"{path}?class=pub"), 400, "class")
        assert "one of small, large" in said["detail"]
        assert "no such" in problem(await client.get(f"{path}?seen=small"), 400, "seen")["detail"]
    ban = {"plate": "鲁A12345", "reason": "x", "valid_until": None, "plate_color": "蓝"}
    said = problem(await client.post("/v1/admin/bans", json=ban), 400, "plate_color")
    assert "one of blue, yellow, green" in said["detail"]
    many = {"case_ids": [NOBODY], "decision": {"kind": "guess", "note": "x"}}
    said = problem(await client.post("/v1/cases/decide", json=many), 400, "decision.kind")
    assert "one of plate, ticket, void" in said["detail"]


async def test_text_that_is_not_encoded_is_a_problem_too(client: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write("GET /v1/lots?q=趵突泉 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    assert b"percent-encoded" in answer


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/holds?operator_id=null", "operator_id"),
        ("/v1/lots?min_free=NULL", "min_free"),
        (f"/v1/cases?after=null&lot={QC}", "after"),
    ],
)
async def test_nothing_is_no_value(client: httpx.AsyncClient, path: str, field: str) -> None:
    problem(await client.get(path), 400, field)


async def test_the_word_may_be_looked_for(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/lots?q=null")).status_code == 200
