"""What malformed requests are answered: which field, by the name the caller gave it, in one kind of document."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from parking.api import decoding
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import token

NOBODY = UUID(int=1)
TOP_UP = {"amount_fen": 5, "channel": "local", "payer": "ok"}
KEY = {"Idempotency-Key": "k"}
TOP_UPS, CHARGES, SETTLEMENTS = "/v1/account/top-ups", f"/v1/charges/{NOBODY}", "/v1/settlements"
LOT = {
    "code": "new", "operator_code": "jn-static", "name_zh": "新", "name_en": "new", "district_zh": "历下",
    "district_en": "Lixia", "kind": "road", "capacity": 10, "longitude": 117.0, "latitude": 36.6, "gateway": "new-gw",
    "lanes": [{"code": "new-in", "gate": "g1", "direction": "entry"}],
}  # fmt: skip


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def staff(audience: Audience, **limits: Any) -> dict[str, str]:
    return running.bearer(token(audience, now=NOW, **limits))


def refused(response: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    """The problem document of an answer."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert said["status"] == status
    assert said.get("field") == field, said
    assert "regex" not in said["detail"]
    return said


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
    said = refused(await client.post(path, content=body, headers=headers), 400, field)
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
        refused(await client.post("/v1/admin/lots", json={**LOT, "lanes": [lane]}, headers=admin), 400, field)
    refused(await client.post("/v1/admin/lots", json={**LOT, "capacity": "10"}, headers=admin), 400, "capacity")


async def test_a_field_that_is_there_twice_is_refused(client: httpx.AsyncClient) -> None:
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=1001)) | KEY | {"Content-Type": "application/json"}
    twice = b'{"amount_fen": 100, "channel": "local", "payer": "ok", "amount_fen": 400000}'
    refused(await client.post(TOP_UPS, content=twice, headers=driver), 400, "amount_fen")
    escaped = twice.replace(b'"amount_fen": 400000', b'"\\u0061mount_fen": 400000')
    assert escaped != twice
    refused(await client.post(TOP_UPS, content=escaped, headers=driver), 400, "amount_fen")
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
    refused(await client.get(path, params=params, headers=staff(Audience.FINANCE)), 400, field)


async def test_rules_name_their_field_too(client: httpx.AsyncClient) -> None:
    driver, finance, admin = staff(Audience.DRIVER, id=1001), staff(Audience.FINANCE), staff(Audience.ADMIN)
    refused(await client.post(TOP_UPS, json=TOP_UP, headers=driver), 400, "Idempotency-Key")
    other = {**TOP_UP, "channel": "barter"}
    refused(await client.post(TOP_UPS, json=other, headers=driver | KEY), 422, "channel")
    plate: dict[str, str] = {"plate": "x" * 30, "plate_color": "blue"}
    refused(await client.post("/v1/account/plates", json=plate, headers=driver), 422, "plate")
    plate = {"plate": "鲁A12345", "plate_color": "unknown"}
    refused(await client.post("/v1/account/plates", json=plate, headers=driver), 422, "plate_color")
    for day, status in (("1969-12-31", 422), ("2026-11-16", 409)):
        refused(await client.post(SETTLEMENTS, json={"business_date": day}, headers=finance), status, "business_date")
    asked = {"audience": "driver", "subject": "x"}
    refused(await client.post("/v1/tokens", json=asked, headers=admin), 422, "account_id")
    lot = {**LOT, "operator_code": "nobody"}
    refused(await client.post("/v1/admin/lots", json=lot, headers=admin), 422, "operator_code")


async def test_a_lot_is_not_called_like_the_stream(client: httpx.AsyncClient) -> None:
    said = refused(
        await client.post("/v1/admin/lots", json={**LOT, "code": "stream"}, headers=staff(Audience.ADMIN)), 400, "body"
    )
    assert "stream" in said["detail"]


async def test_credentials_come_in_any_case(client: httpx.AsyncClient) -> None:
    signed = token(Audience.CLERK, now=NOW)
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await client.get("/v1/reviews", headers={"Authorization": f"{scheme} {signed}"})).status_code == 200
    assert (await client.get("/v1/reviews", headers={"Authorization": f"Basic {signed}"})).status_code == 401


async def test_what_the_decoder_says_becomes_a_path_and_a_sentence() -> None:
    assert decoding.said("Expected `int`, got `str` - at `$.a[0].b`") == ("a[0].b", "Expected `int`, got `str`.")
    assert decoding.said("Object missing required field `b` - at `$.a`")[0] == "a.b"
    assert decoding.said("Object contains unknown field `b`")[0] == "b"
    assert decoding.said("Expected `object`, got `null`")[0] == "body"
    assert decoding.said("Expected `str` matching regex '^a$' - at `$.a`") == ("a", "Expected `str` of another form.")
