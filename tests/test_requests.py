"""What is kept of a request: its identifier, a line for every refusal, an alarm for wrong keys, and who read what."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

import sql
from parking import limits
from parking.api.requests import WRONG_CREDENTIALS_PER_MINUTE
from payments.identity import Audience, Principal, sign_token
from tests import running
from tests.conftest import NOW
from tests.district import QC, TOKEN_SECRET, token

PLATE = "鲁A12345"
LINES = "parking.api.requests"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def fields(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The fields of the lines about refusals."""
    return [dict(record.fields) for record in caplog.records if record.name == LINES and hasattr(record, "fields")]


async def test_a_request_has_an_identifier_everywhere(client: httpx.AsyncClient) -> None:
    mine = {"X-Request-ID": "gateway-7.000123"}
    good = await client.get("/livez", headers=mine)
    assert good.headers.get_list("x-request-id") == ["gateway-7.000123"]
    for path, status in (("/v1/lots/nope", 404), ("/nowhere", 404), ("/v1/cases", 401), ("/v1/lots?limit=x", 400)):
        answer = await client.get(path, headers=mine)
        assert (answer.status_code, answer.headers["x-request-id"]) == (status, "gateway-7.000123"), path
        assert answer.json()["request_id"] == "gateway-7.000123", path
    made = {(await client.get("/nowhere")).json()["request_id"] for _ in range(3)}
    assert len(made) == 3
    for bad in ("short", "x" * 65, "a b c d e f g", "<script>alert(1)</script>"):
        answer = await client.get("/nowhere", headers={"X-Request-ID": bad})
        assert answer.json()["request_id"] == answer.headers["x-request-id"] != bad


async def test_every_refusal_is_a_line_without_secrets_or_plates(
    client: httpx.AsyncClient, registered: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    wrong_key = registered[QC][:-4] + "0000"
    driver = token(Audience.DRIVER, now=NOW, id=1001)
    path = f"/v1/admin/plates/{PLATE}"
    for credentials in (None, wrong_key, driver, driver[:-3] + "abc"):
        headers = {} if credentials is None else running.bearer(credentials)
        await client.delete(path, params={"plate_color": "blue"}, headers={**headers, "X-Request-ID": "request-1"})
    said = fields(caplog)
    assert [(line["status"], line["caller"]) for line in said] == [
        (401, "nobody"),
        (401, f"key {registered[QC][4:20]}"),
        (403, "driver 1001"),
        (401, "token"),
    ]
    assert {(line["method"], line["route"], line["request_id"]) for line in said} == {
        ("DELETE", "/v1/admin/plates/{plate}", "request-1")
    }
    assert said[2]["problem"] == "not-yours"
    for secret in (PLATE, wrong_key[21:], driver):
        assert secret not in str([vars(record) for record in caplog.records])


async def test_a_share_of_the_others_is_logged_by_route(
    database_url: str, redis_url: str, registered: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings = running.settings(database_url, redis_url, now=NOW, access_log_share=0.5)
    async with running.served(settings) as client:
        for _ in range(4):
            assert (await client.get(f"/v1/lots/{QC}?crs=wgs84")).status_code == 200
            assert (await client.post("/v1/gate-events", json=[], headers=running.bearer(registered[QC]))).status_code
    said = [line for line in fields(caplog) if line["status"] == 200]
    assert [(line["method"], line["route"]) for line in said] == [("GET", "/v1/lots/{code}")] * 2
    assert all(isinstance(line["took_ms"], float) for line in said)


def alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The alarms that were given."""
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


async def test_many_wrong_keys_are_an_alarm_wherever_they_come(
    database_url: str, redis_url: str, registered: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    settings = running.settings(database_url, redis_url, now=NOW)
    async with running.served(settings) as one, running.served(settings) as other:
        for n in range(WRONG_CREDENTIALS_PER_MINUTE + 5):
            await one.get("/v1/cases")  # says nothing, guesses nothing
            assert not alarms(caplog)
            if n < WRONG_CREDENTIALS_PER_MINUTE - 1:
                await (one, other)[n % 2].get("/v1/cases", headers=running.bearer(f"olk_{n:016}_{'0' * 64}"))
        for client in (one, other) * 5:
            await client.get("/v1/cases", headers=running.bearer("of no form"))
    assert alarms(caplog) == ["ALARM 60 wrong keys or tokens within a minute"]


async def test_who_is_slowed_down_still_guesses(
    database_url: str,
    redis_url: str,
    registered: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "REFUSAL_DELAY_S", 0.01)
    caplog.set_level(logging.WARNING)
    settings = running.settings(database_url, redis_url, now=NOW, failures_max=3, caller_requests_max=3)
    good = running.bearer(token(Audience.CLERK, now=NOW))
    async with running.served(settings) as client:
        for _ in range(WRONG_CREDENTIALS_PER_MINUTE + 5):
            await client.get("/v1/cases", headers=good)  # asks too often, and guesses nothing
        assert not alarms(caplog)
        for _ in range(WRONG_CREDENTIALS_PER_MINUTE + 5):
            await client.get("/v1/cases", headers=running.bearer("of no form"))
    assert len(alarms(caplog)) == 1


async def test_who_looks_at_plates_and_at_the_log_is_kept(client: httpx.AsyncClient, pool: sql.Pool) -> None:
    # Somebody else's reads are in the log as well.
    who, auditing = Principal(Audience.CLERK, "clerk:looks"), Principal(Audience.ADMIN, "admin:looks")
    clerk, admin = (
        running.bearer(sign_token(each, token_id=uuid4(), secret=TOKEN_SECRET, now=NOW, life=timedelta(days=1)))
        for each in (who, auditing)
    )
    for path in ("/v1/cases", "/v1/refused-events"):
        assert (await client.get(path, headers=clerk)).status_code == 200
    query = {"action": "personal.read", "actor": who.subject, "limit": "1"}
    page = (await client.get("/v1/admin/audit", params=query, headers=admin)).json()
    rest = (await client.get("/v1/admin/audit", params={**query, "after": page["next"]}, headers=admin)).json()
    seen = [(line["actor"], line["subject"], line["detail"]) for line in page["lines"] + rest["lines"]]
    assert sorted(seen) == [
        (who.subject, "cases", {"rows": 0}),
        (who.subject, "refused-events", {"rows": 0}),
    ]
    reads = await client.get(
        "/v1/admin/audit", params={"action": "audit.read", "actor": auditing.subject}, headers=admin
    )
    assert [line["actor"] for line in reads.json()["lines"]] == [auditing.subject] * 2
    for audience in (Audience.CLERK, Audience.FINANCE):
        answer = await client.get("/v1/admin/audit", headers=running.bearer(token(audience, now=NOW)))
        assert answer.status_code == 403
