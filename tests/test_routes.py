"""All doors at once: each says for whom it is and is closed to everybody else, is documented, and takes no nonsense."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from parking import limits
from parking.api.authentication import audience_of
from parking.api.document import document_of
from parking.api.limits import GUESSABLE
from parking.api.statuses import STATUS
from parking.app import build
from parking.events import EventRejected
from payments.identity import READERS, Audience
from payments.pages import ROWS_PER_PAGE_MAX, ROWS_PER_SHORT_PAGE_MAX
from tests import running
from tests.conftest import NOW
from tests.district import QC, TOKEN_SECRET, token
from tests.parking.errors import errors

SETTINGS = running.settings("postgresql://nowhere/none", "redis://nowhere", now=NOW)
STAFF_AND_DRIVERS = (Audience.DRIVER, *READERS)
NOBODY = UUID(int=1)
# What stands in a path, so that it reaches the handler.
PATH = {
    "stay_id": NOBODY,
    "case_id": NOBODY,
    "shift_id": NOBODY,
    "command_id": NOBODY,
    "event_id": NOBODY,
    "alarm_id": NOBODY,
    "contest_id": NOBODY,
    "right_id": NOBODY,
    "ban_id": NOBODY,
    "pass_id": NOBODY,
    "account_id": 999_999_999,
    "reference": NOBODY,
    "top_up_id": NOBODY,
    "dispute_id": NOBODY,
    "run_id": NOBODY,
    "day": "2026-11-15",
    "schedule_id": NOBODY,
    "file": "2026-11-16.csv",
    "version": 1,
}


def doors(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path and handler of every door, in the order of their paths."""
    for route in sorted(app.routes, key=lambda route: route.path_format):
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield method, route.path_format, handler


DOORS = [(method, path, handler) for method, path, handler in doors(build(SETTINGS))]
OURS = [door for door in DOORS if not door[1].startswith("/schema")]
NAMES = [f"{method} {path}" for method, path, _ in OURS]


# -- declared


def test_there_are_doors() -> None:
    assert len(OURS) > 20
    assert {"POST /v1/gate-events", "GET /v1/lots", "POST /v1/charges/{reference}/pay"} <= set(NAMES)


@pytest.mark.parametrize(("method", "path", "handler"), OURS, ids=NAMES)
def test_every_door_says_for_whom_it_is(method: str, path: str, handler: HTTPRouteHandler) -> None:
    audience = audience_of(handler)
    assert set(audience) <= set(Audience)
    assert Audience.PUBLIC not in audience or audience == (Audience.PUBLIC,), "everybody needs no company"


def test_who_guesses_a_reference_fails() -> None:
    named = {f"{method} {path}": handler.opt for method, path, handler in OURS if "{reference}" in path}
    public = {name: opt for name, opt in named.items() if opt["audience"] == (Audience.PUBLIC,)}
    assert len(public) >= 3
    assert not [name for name, opt in public.items() if not opt.get(GUESSABLE)]


def test_what_the_framework_adds_is_for_everybody_to_read() -> None:
    added = [(method, path) for method, path, _ in DOORS if path.startswith("/schema")]
    assert added
    assert {method for method, _ in added} == {"GET"}


def test_every_refusal_has_a_status() -> None:
    # A class with classes below it is never raised itself; an event that is rejected carries the status it has alone.
    raised = {error for error in errors() if not error.__subclasses__()} - {EventRejected}
    missing = sorted(f"{error.__module__}.{error.__name__}" for error in raised - STATUS.keys())
    assert not missing, f"give each its row in STATUS, parking/api/statuses.py: {missing}"
    assert STATUS.keys() <= set(errors())
    assert all(400 <= status <= 503 for status in STATUS.values())


# -- documented


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return document_of(build(SETTINGS))


def test_every_door_is_in_the_document(document: dict[str, Any]) -> None:
    documented = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert {name for name in NAMES if name.split(" ")[1].startswith("/v1/")} <= documented
    assert documented <= {f"{method} {path}" for method, path, _ in DOORS}


def test_every_operation_has_a_name_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation.get("summary") for operation in operations)
    assert all(not operation["summary"].endswith(".") for operation in operations)


def test_the_document_says_who_may_call_what(document: dict[str, Any]) -> None:
    for method, path, handler in OURS:
        if path not in document["paths"]:
            continue
        operation = document["paths"][path][method.lower()]
        audience = audience_of(handler)
        assert operation["description"].endswith(f"Audience: {', '.join(audience)}."), f"{method} {path}"
        security = operation.get("security", [{}])
        assert (security[0] == {}) == (audience == (Audience.PUBLIC,)), f"{method} {path}"


def test_every_list_of_numbered_rows_is_asked_for_alike(document: dict[str, Any]) -> None:
    lists = 0
    for path, item in document["paths"].items():
        asked = {each["name"]: each["schema"] for each in item.get("get", {}).get("parameters", ())}
        if asked.get("after", {}).get("format") != "uuid":
            continue
        lists += 1
        limit = asked["limit"]
        assert (limit["minimum"], limit["default"]) == (1, 50), path
        assert limit["maximum"] in (ROWS_PER_SHORT_PAGE_MAX, ROWS_PER_PAGE_MAX), path
    assert lists > 10


def test_the_gate_event_is_documented_field_by_field(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/gate-events"]["post"]["requestBody"]["content"]["application/json"]
    one, device, many = body["schema"]["anyOf"]
    assert (many["maxItems"], many["items"]) == (500, {"anyOf": [one, device]})
    event, told = (document["components"]["schemas"][each["$ref"].rsplit("/", 1)[1]] for each in (one, device))
    assert set(event["required"]) == {"event_id", "kind", "lane", "occurred_at", "plate"}
    assert set(told["required"]) == {"event_id", "kind", "occurred_at"}


def test_every_refusal_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    for method, path, handler in OURS:
        if path not in document["paths"] or not path.startswith("/v1/"):
            continue
        responses = document["paths"][path][method.lower()]["responses"]
        refusals = {int(status): response for status, response in responses.items() if int(status) >= 400}
        wanted = {400, 404, 503} | (set() if method in ("GET", "DELETE") else {409, 413, 422})
        if audience_of(handler) != (Audience.PUBLIC,):
            wanted |= {401, 403}
        assert wanted <= set(refusals), f"{method} {path}"
        for status, response in refusals.items():
            ((kind, content),) = response["content"].items()
            assert (kind, content["schema"]) == (
                "application/problem+json",
                {"$ref": "#/components/schemas/Problem"},
            ), f"{method} {path} {status}"


# -- enforced


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process, called by nobody in particular."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "REFUSAL_DELAY_S", 0.01)
        async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
            yield client


def filled(path: str) -> str:
    """The path of a door with something in each of its blanks."""
    while "{" in path:
        head, _, rest = path.partition("{")
        name, _, tail = rest.partition("}")
        path = f"{head}{PATH.get(name, 'x')}{tail}"
    return path


def keys(registered: dict[str, str]) -> dict[Audience, dict[str, str]]:
    """A good key or token of each kind of caller."""
    signed = {audience: running.bearer(token(audience, now=NOW, id=1001)) for audience in STAFF_AND_DRIVERS}
    return {Audience.GATEWAY: running.bearer(registered[QC]), **signed}


@pytest.mark.parametrize(("method", "path", "handler"), OURS, ids=NAMES)
async def test_every_door_is_closed_to_everybody_else(
    method: str, path: str, handler: HTTPRouteHandler, client: httpx.AsyncClient, registered: dict[str, str]
) -> None:
    audience, url = audience_of(handler), filled(path)
    is_public, is_stream = audience == (Audience.PUBLIC,), url.endswith("/stream")
    if is_public and is_stream:  # it would be read for ever
        return
    anonymous = await client.request(method, url)
    assert (anonymous.status_code == 401) == (not is_public), anonymous.text
    for principal, credentials in keys(registered).items():
        admitted = principal in audience or is_public
        if admitted and is_stream:
            continue
        response = await client.request(method, url, headers=credentials)
        refused = response.status_code == 403
        assert refused != admitted, f"{principal}: {response.status_code} {response.text}"
        assert response.status_code != 401
        assert response.status_code < 500, response.text


@pytest.mark.parametrize(("method", "path", "handler"), DOORS, ids=[f"{m} {p}" for m, p, _ in DOORS])
async def test_every_door_says_which_methods_it_has(
    method: str, path: str, handler: HTTPRouteHandler, client: httpx.AsyncClient
) -> None:
    response = await client.request("OPTIONS", filled(path))
    assert (response.status_code, response.content) == (204, b""), response.text
    assert method in {each.strip() for each in response.headers["allow"].split(",")}


async def test_tokens_that_are_none(client: httpx.AsyncClient) -> None:
    good = token(Audience.ADMIN, now=NOW)
    head, claims, signature = good.split(".")
    stale = token(Audience.ADMIN, now=NOW.replace(year=2025))
    swapped = token(Audience.DRIVER, now=NOW).split(".")[1]
    for wrong in (f"{head}.{swapped}.{signature}", f"{head}.{claims}.", f"{claims}.{signature}", stale, TOKEN_SECRET):
        response = await client.get("/v1/cases", headers=running.bearer(wrong))
        assert response.status_code == 401, wrong
    assert (await client.get("/v1/cases", headers=running.bearer(good))).status_code == 200


# -- nonsense


BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'{"note":"\xbe\xa9"}',
    b"[" * 100_000,
    b'{"name":"a\\u0000b","note":"a\\u0000b"}',
]
QUERIES = [{}, {"limit": "-1"}, {"limit": "x"}, {"after": "\0"}, {"date": "x", "from": "x", "to": "x"}, {"near": "\0"}]


@pytest.mark.parametrize(("method", "path", "handler"), OURS, ids=NAMES)
async def test_nonsense_is_refused_and_never_a_defect(
    method: str, path: str, handler: HTTPRouteHandler, client: httpx.AsyncClient, registered: dict[str, str]
) -> None:
    if path.endswith("/stream"):
        return
    audience = audience_of(handler)
    credentials = keys(registered).get(audience[0], {})
    requests: list[dict[str, Any]] = [{"params": query} for query in QUERIES]
    if method in ("POST", "PUT", "PATCH"):
        json = {"Content-Type": "application/json", "Idempotency-Key": "x"}
        requests += [{"content": body, "headers": {**credentials, **json}} for body in BODIES]
    url = filled(path)
    # Nonsense in a path beside the plainest query and the body that is an object: else it is not read.
    elsewhere = dict.fromkeys(url.replace("/x", nonsense) for nonsense in ("/%00", "/%ff") if "/x" in url)
    asked = [(url, each) for each in requests]
    asked += [(other, each) for other in elsewhere for each in (requests[0], requests[-1])]
    for address, request in asked:
        response = await client.request(method, address, **{"headers": credentials, **request})
        assert response.status_code < 500, f"{address} {request} {response.text}"
        if response.status_code >= 400:
            said = response.json()
            assert (said["status"], response.headers["content-type"]) == (
                response.status_code,
                "application/problem+json",
            )


FAR = 10**19
POISON: list[tuple[str, str, Audience, dict[str, object]]] = [
    ("POST", "/v1/tokens", Audience.ADMIN, {"audience": "driver", "subject": "x", "account_id": FAR}),
    ("POST", "/v1/tokens", Audience.ADMIN, {"audience": "clerk", "subject": "x", "operator_id": FAR}),
    ("POST", "/v1/tokens", Audience.ADMIN, {"audience": "clerk", "subject": "a\0b"}),
    ("POST", "/v1/accounts", Audience.ADMIN, {"name": "a\0b"}),
    ("POST", "/v1/account/plates", Audience.DRIVER, {"plate": "a\0b", "plate_color": "blue"}),
    ("POST", "/v1/account/top-ups", Audience.DRIVER, {"amount_fen": 1, "channel": "local", "payer": "a\0b"}),
    ("POST", f"/v1/charges/{NOBODY}/pay", Audience.PUBLIC, {"channel": "a\0b", "payer": "ok"}),
    ("POST", f"/v1/charges/{NOBODY}/refunds", Audience.FINANCE, {"amount_fen": FAR, "reason": "a\0b"}),
    ("POST", f"/v1/charges/{NOBODY}/void", Audience.FINANCE, {"reason": "a\0b"}),
    (
        "POST",
        f"/v1/disputes/{NOBODY}/resolve",
        Audience.FINANCE,
        {"finding": "received", "amount_fen": FAR, "note": "a\0b"},
    ),
    ("POST", f"/v1/disputes/{NOBODY}/return", Audience.FINANCE, {"note": "a\0b"}),
    ("GET", f"/v1/disputes?after={NOBODY}&state=resolved", Audience.FINANCE, {}),
    ("POST", f"/v1/cases/{NOBODY}/decide", Audience.CLERK, {"kind": "void", "note": "a\0b"}),
    ("POST", f"/v1/events/{NOBODY}/decide", Audience.BOOTH, {"kind": "plate", "note": "x", "plate": "a\0b"}),
    ("POST", f"/v1/cases/{NOBODY}/assign", Audience.CLERK, {"assignee": "a\0b"}),
    ("GET", "/v1/cases?plate=a%00b", Audience.CLERK, {}),
    ("POST", f"/v1/account/charges/{NOBODY}/appeal", Audience.DRIVER, {"reason": "a\0b"}),
    ("POST", "/v1/admin/tariffs", Audience.ADMIN, {"code": "a\0b"}),
    ("POST", f"/v1/admin/tariffs/x/{FAR}/publish", Audience.ADMIN, {"accept": []}),
    ("POST", "/v1/admin/tariffs/jinan_road/1/apply", Audience.ADMIN, {"valid_from": "9999-12-31T23:59:59-14:00"}),
    (
        "POST",
        "/v1/admin/tariffs/jinan_road/1/apply",
        Audience.ADMIN,
        {"lots": [QC], "valid_from": "0001-01-01T00:00+14:00"},
    ),
    ("POST", "/v1/admin/zones", Audience.ADMIN, {"code": "x", "name_zh": "a\0b", "name_en": "x"}),
    ("GET", f"/v1/admin/tariffs/x/{FAR}", Audience.ADMIN, {}),
    ("GET", f"/v1/lots/{QC}/quote?from=0001-01-01T00:00%2B14:00&stay_min=5", Audience.PUBLIC, {}),
    ("GET", f"/v1/lots/{QC}/quote?from=9999-12-31T23:59-12:00&stay_min=5", Audience.PUBLIC, {}),
    ("GET", f"/v1/lots/{QC}/quote?from=9999-12-31T23:59Z&stay_min=5", Audience.PUBLIC, {}),
    ("GET", f"/v1/lots/{QC}/quote?from=0001-01-01T00:00Z&stay_min=5", Audience.PUBLIC, {}),
    ("POST", "/v1/settlements", Audience.FINANCE, {"business_date": "9999-12-31"}),
    ("POST", "/v1/settlements", Audience.FINANCE, {"business_date": "1969-12-31"}),
    ("POST", "/v1/settlements", Audience.FINANCE, {"business_date": "0001-01-01"}),
]


@pytest.mark.parametrize(("method", "path", "audience", "body"), POISON, ids=lambda value: str(value)[:40])
async def test_what_no_column_can_hold(
    method: str,
    path: str,
    audience: Audience,
    body: dict[str, object],
    client: httpx.AsyncClient,
    registered: dict[str, str],
) -> None:
    headers = {**keys(registered).get(audience, {}), "Idempotency-Key": "x"}
    response = await client.request(method, path, json=body, headers=headers)
    assert response.status_code < 500, response.text


async def test_a_door_that_is_not_there(client: httpx.AsyncClient) -> None:
    for method, path, status in (("GET", "/nope", 404), ("DELETE", "/v1/lots", 405), ("GET", "/v1/lots/nope", 404)):
        response = await client.request(method, path)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"]


async def test_health(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).json() == {"status": "ok"}
    health = (await client.get("/readyz")).json()
    assert health["checks"].keys() == {"database", "process", "redis", "worker", "clock"}
    assert all(check["ok"] for check in health["checks"].values())
    for path in ("/livez", "/readyz"):
        response = await client.head(path)
        assert (response.status_code, response.content) == (200, b"")


async def test_the_reference_opens_without_the_internet(client: httpx.AsyncClient) -> None:
    response = (await client.get("/schema")).raise_for_status()
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    files = re.findall(r"(?:src|href)=\"([^\"]+)\"", response.text)
    assert len(files) == 6
    for file in files:
        assert file.startswith(("/static/", "/problems"))
        assert (await client.get(file)).status_code == 200
    nowhere = await client.get("/schema/zz")
    assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "application/problem+json")


async def test_a_path_cannot_forge_a_line_of_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    forged = "/v1/settlements/x%00%0a2026 ERROR forged/2026-11-16.csv"
    response = await client.get(forged, headers=running.bearer(token(Audience.FINANCE, now=NOW)))
    assert response.status_code == 400, response.text
    assert response.json()["field"] == "operator"
    # What the caller's own library says of its request is another log.
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert all("forged" not in line for line in said)
    assert any("/v1/settlements/{operator}" in line for line in said)
