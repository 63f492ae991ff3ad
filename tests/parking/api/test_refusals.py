"""What malformed requests are answered: which field, by the name the caller gave it, in one kind of document."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from parking.api import decoding
from payments.identity import Audience
from seeds.city.network import lot_plan
from tests import running
from tests.conftest import NOW
from tests.district import token
from tests.parking.api.problem import problem

NOBODY = UUID(int=1)
TOP_UP = {"amount_fen": 5, "channel": "local", "payer": "ok"}
KEY = {"Idempotency-Key": "k"}
TOP_UPS, CHARGES, SETTLEMENTS = "/v1/account/top-ups", f"/v1/charges/{NOBODY}", "/v1/settlements"
LOT: dict[str, Any] = msgspec.to_builtins(lot_plan("new", "jn-static"))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def staff(audience: Audience, **limits: Any) -> dict[str, str]:
    return running.bearer(token(audience, now=NOW, **limits))


@pytest.mark.parametrize(
    ("audience", "path", "body", "field"),
    [
        (Audience.DRIVER, TOP_UPS, b"", "body"),
        (Audience.DRIVER, TOP_UPS, b"{", "body"),
        (Audience.DRIVER, TOP_UPS, b"null", "body"),
        (Audience.DRIVER, TOP_UPS, b"[]", "body"),
        (Audience.DRIVER, TOP_UPS, b'{"channel":"\\ud800"}', "body"),
        (Audience.DRIVER, TOP_UPS, b'{"channel":"\xff"}', "body"),
        (Audience.DRIVER, TOP_UPS, b'{"amount_fen":"5","channel":"local","payer":"ok"}', "amount_fen"),
        (Audience.DRIVER, TOP_UPS, b'{"amount_fen":5.5,"channel":"local","payer":"ok"}', "amount_fen"),
        (Audience.DRIVER, TOP_UPS, b'{"amount_fen":true,"channel":"local","payer":"ok"}', "amount_fen"),
        (Audience.DRIVER, TOP_UPS, b'{"amount_fen":5,"channel":"local"}', "payer"),
        (Audience.DRIVER, TOP_UPS, b'{"amount_fen":5,"channel":"local","payer":"ok","fee":1}', "fee"),
        (Audience.DRIVER, TOP_UPS, b'{"amount_fen":5,"channel":"local","payer":"a\\u0000b"}', "payer"),
        (Audience.PUBLIC, f"{CHARGES}/pay", b'{"channel":7,"payer":"ok"}', "channel"),
        (Audience.FINANCE, SETTLEMENTS, b'{"business_date":"today"}', "business_date"),
        (Audience.ADMIN, "/v1/tokens", b'{"audience":"king","subject":"x"}', "audience"),
    ],
)
async def test_a_body_that_does_not_fit_is_named_by_its_field(
    client: httpx.AsyncClient, audience: Audience, path: str, body: bytes, field: str
) -> None:
    headers = {} if audience is Audience.PUBLIC else staff(audience, id=1001)
    headers |= {"Content-Type": "application/json", **KEY}
    said = problem(await client.post(path, content=body, headers=headers), 400, field)
    assert said["title"] == "Malformed"
    assert said["detail"].endswith(".") or ": " in said["detail"]


async def test_inner_fields_are_named_by_their_path(client: httpx.AsyncClient) -> None:
    admin = staff(Audience.ADMIN)
    lanes: list[tuple[dict[str, Any], str]] = [
        ({"code": "a b", "gate": "g", "direction": "entry"}, "lanes[0].code"),
        ({"code": "a", "direction": "entry"}, "lanes[0].gate"),
        ({"code": "a", "gate": "g", "direction": "up"}, "lanes[0].direction"),
    ]
    for lane, field in lanes:
        problem(await client.post("/v1/admin/lots", json={**LOT, "lanes": [lane]}, headers=admin), 400, field)
    problem(await client.post("/v1/admin/lots", json={**LOT, "capacity": "10"}, headers=admin), 400, "capacity")


async def test_a_field_that_is_there_twice_is_refused(client: httpx.AsyncClient) -> None:
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=1001)) | KEY | {"Content-Type": "application/json"}
    twice = b'{"amount_fen": 100, "channel": "local", "payer": "ok", "amount_fen": 400000}'
    problem(await client.post(TOP_UPS, content=twice, headers=driver), 400, "amount_fen")
    escaped = twice.replace(b'"amount_fen": 400000', b'"\\u0061mount_fen": 400000')
    assert escaped != twice
    problem(await client.post(TOP_UPS, content=escaped, headers=driver), 400, "amount_fen")
    # In another object the name is another field.
    inner = decoding.decoded(b'{"a": {"x": 1}, "b": [{"x": 1}, {"x": 2}]}', None)
    assert inner == {"a": {"x": 1}, "b": [{"x": 1}, {"x": 2}]}


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        (SETTLEMENTS, {"to": "2026-11-16"}, "from"),
        (SETTLEMENTS, {"from": "x", "to": "2026-11-16"}, "from"),
        (SETTLEMENTS, {"from": "2026-11-16", "to": "x"}, "to"),
        (SETTLEMENTS, {"from": "2020-01-01", "to": "2026-11-16"}, "to"),
        (SETTLEMENTS, {"from": "2026-11-16", "to": "2026-11-16", "operator": "a\0b"}, "operator"),
        ("/v1/journals", {}, "date"),
        ("/v1/journals", {"date": "2026-11-16", "limit": "0"}, "limit"),
        ("/v1/journals", {"date": "2026-11-16", "after": f"{10**30}.{NOBODY}"}, "after"),
        ("/v1/journals", {"date": "2026-11-16", "after": "7"}, "after"),
        ("/v1/lots", {"near": "x"}, "near"),
        ("/v1/lots", {"radius_m": "many"}, "radius_m"),
    ],
)
async def test_a_parameter_is_named_as_the_caller_knows_it(
    client: httpx.AsyncClient, path: str, params: dict[str, str], field: str
) -> None:
    problem(await client.get(path, params=params, headers=staff(Audience.FINANCE)), 400, field)


async def test_rules_name_their_field_too(client: httpx.AsyncClient) -> None:
    driver, finance, admin = staff(Audience.DRIVER, id=1001), staff(Audience.FINANCE), staff(Audience.ADMIN)
    problem(await client.post(TOP_UPS, json=TOP_UP, headers=driver), 400, "Idempotency-Key")
    other = {**TOP_UP, "channel": "barter"}
    problem(await client.post(TOP_UPS, json=other, headers=driver | KEY), 422, "channel")
    plate: dict[str, str] = {"plate": "x" * 30, "plate_color": "blue"}
    problem(await client.post("/v1/account/plates", json=plate, headers=driver), 422, "plate")
    plate = {"plate": "鲁A12345", "plate_color": "unknown"}
    problem(await client.post("/v1/account/plates", json=plate, headers=driver), 422, "plate_color")
    for day, status in (("1969-12-31", 422), ("2026-11-16", 409)):
        problem(await client.post(SETTLEMENTS, json={"business_date": day}, headers=finance), status, "business_date")
    asked = {"audience": "driver", "subject": "x"}
    problem(await client.post("/v1/tokens", json=asked, headers=admin), 422, "account_id")
    lot = {**LOT, "operator_code": "nobody"}
    problem(await client.post("/v1/admin/lots", json=lot, headers=admin), 422, "operator_code")


async def test_a_lot_is_not_called_like_the_stream(client: httpx.AsyncClient) -> None:
    said = problem(
        await client.post("/v1/admin/lots", json={**LOT, "code": "stream"}, headers=staff(Audience.ADMIN)), 400, "body"
    )
    assert "stream" in said["detail"]


async def test_credentials_come_in_any_case(client: httpx.AsyncClient) -> None:
    signed = token(Audience.CLERK, now=NOW)
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await client.get("/v1/cases", headers={"Authorization": f"{scheme} {signed}"})).status_code == 200
    assert (await client.get("/v1/cases", headers={"Authorization": f"Basic {signed}"})).status_code == 401


# Names that look like paths, as many as a body may have: what tries again from every character takes long.
PATHS = " - at `$" * 700 + "\n"
LONG_PATHS = " - at `$" * 20_000 + "\n"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (TOP_UPS, {PATHS: 1}, PATHS[:200]),
        (TOP_UPS, {**TOP_UP, "channel": {PATHS: 1}}, "channel"),
        (TOP_UPS, {**TOP_UP, "payer": PATHS}, "payer"),
        ("/v1/account/plates", {PATHS: {str(number): 1 for number in range(50)}, "plate": "\0"}, "plate"),
    ],
)
async def test_long_names_are_refused_and_not_repeated(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    said = problem(await client.post(path, json=body, headers=staff(Audience.DRIVER, id=1001) | KEY), 400, field)
    assert len(said["detail"]) < 1000
    problem(await client.post(path, json={LONG_PATHS: 1}, headers=staff(Audience.DRIVER, id=1001) | KEY), 413, "body")


async def test_an_event_with_long_names_is_refused(client: httpx.AsyncClient, registered: dict[str, str]) -> None:
    key = next(iter(registered.values()))
    response = await client.post("/v1/gate-events", json={PATHS: 1}, headers={"Authorization": f"Bearer {key}"})
    assert response.status_code == 400
    assert len(response.content) < 1000


async def test_an_address_has_a_length(client: httpx.AsyncClient) -> None:
    said = problem(await client.get("/v1/lots", params={"kind": "`$." * 4_000 + "\n"}), 414)
    assert "8192" in said["detail"]
    problem(await client.get("/v1/lots", params={"kind": "`$." * 1_000 + "\n"}), 400, "kind")
