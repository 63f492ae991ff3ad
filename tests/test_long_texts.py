"""Long texts of the worst shapes, to every route: each is answered, or cut off, before it costs the gates anything."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from time import process_time
from typing import Any

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from parking import limits
from parking.api.authentication import audience_of
from parking.events import BODY_BYTES_MAX
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.patience import PATIENCE_S
from tests.test_routes import OURS, filled, keys

# Of processor time, for all that a test sends at once: one such text once took minutes. What else the machine does and
# what PostgreSQL answers count for nothing here.
ANSWERED_S = 30.0
MEGABYTE = 1 << 20
# What the decoder's own sentences are made of: sent wherever a body is small.
SENTENCES = (" - at `$", " - at `key in `$", " matching regex ", "contains unknown field `", "query parameter '")
TEXTS = (
    "鲁A1",
    "渐变绿黄绿色",
    "9",
    "1.",
    "-1,",
    "00:00",
    "[{",
    ".a[0]",
    "\ufdfa",
    "a\u0301",
    " ",
    'W/"0",',
    "en;q=0.1,",
)
POSTS = [(path, handler) for method, path, handler in OURS if method == "POST"]
GETS = [(path, handler) for method, path, handler in OURS if method == "GET" and not path.endswith("/stream")]
ROUTES = {path: number for number, path in enumerate(sorted({path for path, _ in POSTS + GETS}))}
EACH_AUDIENCE = {audience_of(handler): path for path, handler in GETS}.values()
JSON = "application/json"
WITHOUT_BODY = ("/keys", "/close", "/acknowledge", "/me/data", "/sign-out", "/everywhere")
PARAMETERS = ("q", "near", "bbox", "from", "lang", "after", "limit")
HEADERS = ("If-None-Match", "Accept-Language", "Accept-Encoding", "Idempotency-Key", "Content-Type", "Cookie")


def some_of(texts: Sequence[str], path: str) -> Sequence[str]:
    """A third of the texts, other ones for the next route: what reads them is the same for all routes of a kind."""
    first = ROUTES[path]
    return [text for number, text in enumerate(texts) if number % 3 == first % 3]


def long(unit: str, size: int) -> str:
    """A text that ends otherwise than it began, so that what nearly fitted does not."""
    return unit * (size // len(unit.encode())) + "\nx"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    settings = running.settings(database_url, redis_server_url, now=NOW, caller_requests_max=1_000_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "REFUSAL_DELAY_S", 0.01)
        async with running.served(settings) as client:
            yield client


async def answered(client: httpx.AsyncClient, method: str, asked: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """The statuses of requests sent at once, None where a connection was cut; no defect, and within the time."""
    began = process_time()
    statuses = await asyncio.gather(*[_answered(client, method, **each) for each in asked])
    took = process_time() - began
    assert took < ANSWERED_S, (method, took)
    return statuses


async def _answered(client: httpx.AsyncClient, method: str, *, url: str, **more: Any) -> int | None:
    try:
        status = (await client.request(method, url, timeout=PATIENCE_S, **more)).status_code
    except httpx.TimeoutException:
        raise
    except httpx.TransportError:
        return None
    assert status < 500, (method, url[:80], status)
    return status


@pytest.mark.parametrize(("path", "handler"), POSTS, ids=[path for path, _ in POSTS])
async def test_bodies(
    path: str, handler: HTTPRouteHandler, client: httpx.AsyncClient, registered: dict[str, str]
) -> None:
    """As large as the route takes."""
    who = keys(registered).get(audience_of(handler)[0], {})
    headers = {**who, "Content-Type": "application/json", "Idempotency-Key": "x"}
    limit = handler.resolve_request_max_body_size() or MEGABYTE
    assert limit <= BODY_BYTES_MAX
    assert limit <= limits.BODY_BYTES_MAX or audience_of(handler) != (Audience.PUBLIC,)
    units = TEXTS if limit > limits.BODY_BYTES_MAX else TEXTS + SENTENCES
    values = [
        value
        for unit in some_of(units, path)
        for text in [long(unit, limit - 256)]
        for value in ({text: 1}, {"plate": text})
    ]
    bodies = [json.dumps(value, ensure_ascii=False).encode()[:limit] for value in values]
    await answered(client, "POST", [{"url": filled(path), "content": body, "headers": headers} for body in bodies])


@pytest.mark.parametrize(("path", "handler"), POSTS, ids=[path for path, _ in POSTS])
async def test_bodies_of_a_megabyte_and_more(
    path: str, handler: HTTPRouteHandler, client: httpx.AsyncClient, registered: dict[str, str]
) -> None:
    who = keys(registered).get(audience_of(handler)[0], {})
    texts = [long(unit, MEGABYTE + 256) for unit in some_of(SENTENCES, path)]
    asked: list[dict[str, Any]]
    if path.startswith("/v1/"):
        asked = [{"content": json.dumps({text: 1}).encode(), "headers": {"Content-Type": JSON}} for text in texts]
    else:
        asked = [{"data": {"plate": text}} for text in texts]
    statuses = await answered(
        client, "POST", [{**each, "url": filled(path), "headers": {**who, **each.get("headers", {})}} for each in asked]
    )
    # A route without a body reads none.
    assert {*statuses} <= {413, None} or path.endswith(WITHOUT_BODY)


@pytest.mark.parametrize(("path", "handler"), GETS, ids=[path for path, _ in GETS])
async def test_queries_headers_and_paths(
    path: str, handler: HTTPRouteHandler, client: httpx.AsyncClient, registered: dict[str, str]
) -> None:
    """As long as a URL and a header may be: a percent sign makes three characters of a byte."""
    who = keys(registered).get(audience_of(handler)[0], {})
    url, before = filled(path), path.partition("{")[0]
    asked: list[dict[str, Any]] = []
    # What reads a header knows nothing of the route that is behind it: there all of them are sent.
    everything = path in EACH_AUDIENCE
    for unit in TEXTS + SENTENCES if everything else some_of(TEXTS + SENTENCES, path):
        text = long(unit, limits.URL_BYTES_MAX // 8)
        plain = text.encode("ascii", "replace").decode().replace("\n", " ").strip()
        asked += [
            {"params": dict.fromkeys(PARAMETERS[:2], text), "headers": who},
            {"params": {"near": "1," * 2_000, "from": text}, "headers": who},
        ]
        if everything:
            asked += [
                {"headers": {**who, **dict.fromkeys(HEADERS, plain)}},
                {"headers": {"Authorization": f"Bearer olk_{plain}"}},
            ]
        if before != path:
            name = httpx.QueryParams({"": plain})[""].replace("/", "_")
            asked.append({"url": before + name, "headers": who})
    await answered(client, "GET", [{"url": url, **each} for each in asked])
