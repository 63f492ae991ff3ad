"""The gateways' door over HTTP: every answer names what does not fit, and of everything sent a trace is kept."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic
from typing import Any

import httpx
import msgspec
import pytest

from parking.events import BODY_BYTES_MAX, PAYLOAD_KEPT_BYTES_MAX
from parking.flow import plates
from parking.flow.lots import issue_gateway_key
from parking.live.network import MISS_PAUSE_S
from parking.plates import PlateRefused
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, token, visit
from tests.parking.api.problem import problem
from tests.patience import PATIENCE_S

MORNING = NOW - timedelta(hours=3)
DOOR = "/v1/gate-events"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process, called with the key of the gateway at Quancheng Road."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        client.headers.update(running.bearer(registered[QC]))
        yield client


async def refused_now(district: District) -> list[tuple[str, str | None, bytes]]:
    """What has been refused and kept since the last look: code, field and payload, by code."""
    rows = await district.owner.fetch("delete from refused_event returning code, field, payload, payload_bytes")
    assert all(len(row["payload"]) == min(row["payload_bytes"], PAYLOAD_KEPT_BYTES_MAX) for row in rows)
    return sorted((row["code"], row["field"], row["payload"]) for row in rows)


async def test_a_visit_over_http(client: httpx.AsyncClient, district: District) -> None:
    entered, left = visit("a", "鲁A10001", MORNING, NOW)
    said = (await client.post(DOOR, json={**entered, "replay": True})).raise_for_status().json()
    stay_id = said.pop("stay_id")
    welcome = {"zh": "欢迎光临", "en": "Welcome"}
    assert said == {"event_id": "ai", "status": "recorded", "gate": "none", "display": welcome}
    live = (await client.post(DOOR, json=entered)).raise_for_status().json()
    assert (live["status"], live["gate"], live["stay_id"]) == ("duplicate", "open", stay_id)
    said = (await client.post(DOOR, json=left)).raise_for_status().json()
    reference = said.pop("charge_reference")
    assert said == {
        "event_id": "ao",
        "status": "recorded",
        "gate": "hold",
        "stay_id": stay_id,
        "fee_fen": 600,
        "payment": "pay_at_gate",
        "display": {"zh": "请付6.00元", "en": "Please pay ¥6.00"},
    }
    stay = (await client.get(f"/v1/stays/{stay_id}")).raise_for_status().json()
    assert (stay["gate"], stay["fee_fen"], stay["charge_state"]) == ("hold", 600, "due")
    again = (await client.post(DOOR, json={**left, "replay": True})).raise_for_status().json()
    assert stay["charge_reference"] == again["charge_reference"] == reference
    second_read = (await client.post(DOOR, json={**left, "event_id": "ao2"})).raise_for_status().json()
    assert second_read["charge_reference"] == reference
    assert (again["status"], again["fee_fen"]) == ("duplicate", 600)
    assert await refused_now(district) == []


HELP = {"zh": "请联系值守", "en": "Please call for help"}
WHOLE = event("w", "entry", MORNING)


@pytest.mark.parametrize(
    ("said", "status", "field", "code"),
    [
        (b"{bad", 400, "body", "not_json"),
        (b"", 400, "body", "not_json"),
        (b"[" + msgspec.json.encode(WHOLE), 400, "body", "not_json"),
        (b"[" * 100_000, 400, "body", "not_json"),
        (b'{"plate":"\xbe\xa9A12345"}', 400, "body", "not_json"),  # GBK
        (b"null", 400, "body", "malformed"),
        ({**WHOLE, "event_id": None}, 400, "event_id", "malformed"),
        ({**WHOLE, "kind": None}, 400, "kind", "malformed"),
        ({**WHOLE, "lane": ""}, 400, "lane", "malformed"),
        ({**WHOLE, "lane": "qc\0"}, 400, "lane", "malformed"),
        ({**WHOLE, "lane": "nowhere"}, 422, "lane", "unknown_lane"),
        ({**WHOLE, "lane": "x' or '1'='1"}, 422, "lane", "unknown_lane"),
        ({**WHOLE, "lane": f"{HOSPITAL}-in"}, 403, "lane", "lane_not_yours"),
        ([WHOLE] * 501, 400, "body", "too_many_events"),
    ],
)  # fmt: skip
async def test_a_refusal_names_the_field_and_leaves_a_trace(
    client: httpx.AsyncClient, district: District, said: bytes | Say | list[Say], status: int, field: str, code: str
) -> None:
    body = said if isinstance(said, bytes) else msgspec.json.encode(said)
    told = problem(await client.post(DOOR, content=body), status, field)
    assert (told["gate"], told["display"]) == ("hold", HELP)
    ((kept_code, kept_field, payload),) = await refused_now(district)
    assert (kept_code, kept_field) == (code, field.replace("\0", ""))
    if payload != body[:PAYLOAD_KEPT_BYTES_MAX]:  # an event that could be read is kept as it was understood
        assert msgspec.json.decode(payload)["event_id"] == WHOLE["event_id"]


async def test_a_body_that_is_too_large(client: httpx.AsyncClient, district: District) -> None:
    told = problem(await client.post(DOOR, content=b" " * 10_000_000), 413, "body")
    assert (told["gate"], told["display"]) == ("hold", HELP)
    problem(await client.post(DOOR, content=chunks(10)), 413, "body")
    assert [code for code, _, _ in await refused_now(district)] == ["body_too_large", "body_too_large"]


async def chunks(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield b" " * BODY_BYTES_MAX


async def test_an_array_is_answered_in_order(client: httpx.AsyncClient, district: District) -> None:
    entered, left = visit("c", "鲁A10003", NOW - timedelta(minutes=1), NOW)
    said = [
        left,
        {**event("c2", "entry", NOW), "kind": None},
        entered,
        {**event("c3", "entry", NOW), "lane": "nowhere"},
        entered,
        {**entered, "plate": "鲁A10004"},
        {"event_id": "c4"},
    ]
    answers = (await client.post(DOOR, json=said)).raise_for_status().json()
    assert [(a["event_id"], a["status"], a.get("reason"), a.get("field"), a.get("code")) for a in answers] == [
        ("co", "recorded", None, None, None),
        ("c2", "rejected", "malformed", "kind", 400),
        ("ci", "recorded", None, None, None),
        ("c3", "rejected", "unknown_lane", "lane", 422),
        ("ci", "duplicate", None, None, None),
        ("ci", "duplicate", None, None, None),
        ("c4", "rejected", "malformed", "kind", 400),
    ]
    assert [(a["gate"], a["display"]) for a in answers if a["status"] == "rejected"] == [("hold", HELP)] * 3
    assert [code for code, _, _ in await refused_now(district)] == [*("malformed", "malformed", "unknown_lane")]
    assert (await client.post(DOOR, content=b"[]")).json() == []


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("plate_color", "farm_green"),
        ("vehicle_class", "bus"),
        ("confidence", 96),
        ("remaining_spaces", -9),
        ("park_id", "3"),
        ("a\0b", 1),
        ("occurred_at", "2026-11-16 10:00:00"),
        ("plate", "ΑΒΕ1234"),
        ("images", [{"role": "x", "ref": "data:image/png;base64,AAAA"}]),
    ],
)
async def test_what_is_not_in_form_is_taken_named_and_kept(
    client: httpx.AsyncClient, district: District, field: str, sent: object
) -> None:
    number = f"gentle-{field}".replace("\0", "")
    car = {**event(number, "entry", NOW, "鲁A10030"), field: sent}
    answer = (await client.post(DOOR, json=car)).raise_for_status().json()
    assert answer["gate"] == "open"
    (doubt,) = answer["doubts"]
    assert doubt["field"].startswith(field.replace("\0", "␀"))
    kept = await district.owner.fetchval("select doubts from gate_event where event_id = $1", number)
    assert msgspec.json.decode(kept) == answer["doubts"]
    again = (await client.post(DOOR, json=car)).raise_for_status().json()
    assert (again["status"], again["doubts"]) == ("duplicate", answer["doubts"])
    assert await refused_now(district) == []


async def test_an_operator_says_what_its_cameras_call_no_plate(client: httpx.AsyncClient, district: District) -> None:
    said = event("t1", "entry", NOW, "京A·88888")
    assert (await client.post(DOOR, json=said)).json()["status"] == "recorded"
    async with district.pool.acquire() as db, db.transaction():
        about: dict[str, Any] = {"operator_code": "jn-static", "text": "京A-88888", "by": "tests", "now": NOW}
        assert await plates.add_no_plate_text(db, **about) == "京A88888"
    await running.known()
    held = (await client.post(DOOR, json={**said, "event_id": "t2"})).json()
    assert (held["reason"], held["gate"]) == ("no_plate", "hold")
    async with district.pool.acquire() as db, db.transaction():
        await plates.drop_no_plate_text(db, **about)
        with pytest.raises(PlateRefused):
            await plates.drop_no_plate_text(db, **about)
        with pytest.raises(PlateRefused):
            await plates.add_no_plate_text(db, **{**about, "text": "无牌车"})


async def test_another_car_under_a_used_id_is_no_problem(client: httpx.AsyncClient, district: District) -> None:
    first = event("d", "entry", NOW - timedelta(minutes=1), "鲁A10004")
    (await client.post(DOOR, json=first)).raise_for_status()
    other = {**first, "plate": "鲁A10005", "occurred_at": NOW.isoformat()}
    said = (await client.post(DOOR, json=other)).raise_for_status().json()
    assert (said["status"] in ("recorded", "review"), said["gate"]) == (True, "open")
    assert await refused_now(district) == []


async def test_what_was_refused_can_be_looked_at(client: httpx.AsyncClient, district: District) -> None:
    problem(await client.post(DOOR, content=b"{bad"), 400, "body")
    own = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(QC).operator_id))
    page = (await client.get("/v1/refused-events", headers=own)).raise_for_status().json()
    assert [(row["lot"], row["code"], row["payload"]) for row in page["refused"]] == [(QC, "not_json", "e2JhZA==")]
    other = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    page = (await client.get("/v1/refused-events", headers=other)).raise_for_status().json()
    assert page["refused"] == []
    await refused_now(district)


# -- keys


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer x"},
        {"Authorization": "Bearer olk_x"},
        {"Authorization": f"Bearer olk_{'0' * 16}_{'0' * 64}"},
        {"Authorization": f"Bearer olk_{'0' * 16}_{'g' * 64}"},
        {"Authorization": "Basic b25lOmxvdA=="},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
    ],
)
async def test_a_key_that_is_none(client: httpx.AsyncClient, header: dict[str, str]) -> None:
    response = await client.post(DOOR, json=WHOLE, headers=header)
    assert problem(response, 401)["gate"] == "hold"
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_the_right_name_with_a_wrong_secret(client: httpx.AsyncClient, registered: dict[str, str]) -> None:
    key = registered[QC]
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    problem(await client.post(DOOR, json=WHOLE, headers=running.bearer(wrong)), 401)


async def test_the_key_of_another_gateway(
    client: httpx.AsyncClient, district: District, registered: dict[str, str]
) -> None:
    other = running.bearer(registered[STATION])
    problem(await client.post(DOOR, json=WHOLE, headers=other), 403, "lane")
    assert len(await refused_now(district)) == 1
    entered = (await client.post(DOOR, json=event("e", "entry", MORNING, "鲁A10006"))).json()
    problem(await client.get(f"/v1/stays/{entered['stay_id']}", headers=other), 404)


async def test_drivers_and_staff_do_not_speak_for_gates(client: httpx.AsyncClient) -> None:
    for audience in (Audience.DRIVER, Audience.CLERK, Audience.FINANCE, Audience.ADMIN):
        theirs = running.bearer(token(audience, now=NOW))
        problem(await client.post(DOOR, json=WHOLE, headers=theirs), 403)


async def test_keys_are_rotated_without_a_gap(client: httpx.AsyncClient, district: District) -> None:
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    path = f"/v1/admin/gateways/{HOSPITAL}-gw/keys"
    old = district.keys.get(HOSPITAL) or ""
    new = (await client.post(path, headers=admin)).raise_for_status().json()["key"]
    await asyncio.sleep(MISS_PAUSE_S)
    said = event("f1", "entry", MORNING, "鲁A10007", lot=HOSPITAL)
    for key in (new, old):  # both hold while the gateway is changed over
        (await client.post(DOOR, json=said, headers=running.bearer(key))).raise_for_status()
    problem(await client.post(path, headers=admin), 409)
    revoked = await client.delete(f"{path}/{old.split('_')[1]}", headers=admin)
    assert revoked.status_code == 204
    started = monotonic()
    while (await client.post(DOOR, json=said, headers=running.bearer(old))).status_code != 401:
        assert monotonic() - started < PATIENCE_S, "a revoked key is refused"
        await asyncio.sleep(0.05)
    (await client.post(DOOR, json=said, headers=running.bearer(new))).raise_for_status()
    keys = (await client.get(path, headers=admin)).raise_for_status().json()
    assert [(key["slot"], key["revoked_at"] is None) for key in keys] == [(1, False), (2, True)]
    assert "secret" not in str(keys)
    again = await client.delete(f"{path}/{old.split('_')[1]}", headers=admin)
    problem(again, 404)


async def test_a_key_issued_elsewhere_is_known_at_once(client: httpx.AsyncClient, district: District) -> None:
    async with district.pool.acquire() as db, db.transaction():
        key = await issue_gateway_key(
            db, gateway_code=f"{STATION}-gw", by="tests", now=NOW, secret=secrets.token_bytes(32)
        )
    await asyncio.sleep(MISS_PAUSE_S)
    said = event("g1", "entry", MORNING, "鲁A10008", lot=STATION)
    (await client.post(DOOR, json=said, headers=running.bearer(key))).raise_for_status()
