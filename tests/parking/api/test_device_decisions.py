"""Over HTTP: staff decide about what devices said and no camera read."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, event
from tests.parking.api.test_situations import cases, clerk, decide, late, say

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def test_a_person_says_who_passed_unread(client: httpx.AsyncClient, district: District) -> None:
    (came,) = await say(
        client, district, *late(event("un1", "entry", NOW - 2 * HOUR, "鲁A88C04", lot=HOSPITAL)), lot=HOSPITAL
    )
    passed = {"event_id": "un2", "kind": "passage", "lane": f"{HOSPITAL}-out", "outcome": "passed"}
    (told,) = await say(client, district, {**passed, "occurred_at": NOW.isoformat()}, lot=HOSPITAL)
    assert told["reason"] == "passage_without_read"
    own = clerk(district, HOSPITAL)
    (case,) = [
        each for each in await cases(client, own, lot=HOSPITAL) if (each["device"] or {}).get("event_id") == "un2"
    ]
    path = f"/v1/cases/{case['id']}"
    said = {"kind": "manual_exit", "note": "seen on the picture", "plate": "鲁A88C04"}
    assert (await client.post(f"{path}/decide", json=said, headers=clerk(district, STATION))).status_code == 404
    for wrong, field in (({"kind": "manual_entry"}, "kind"), ({"kind": "pair"}, "kind"), ({"plate": "无牌"}, "plate")):
        refused = await client.post(f"{path}/decide", json={**said, **wrong}, headers=own)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    await decide(client, path, own, "manual_exit", plate="鲁A88C04")
    gateway = running.bearer(district.keys[HOSPITAL])
    stay = (await client.get(f"/v1/stays/{came['stay_id']}", headers=gateway)).json()
    assert (stay["state"], stay["fee_fen"]) == ("closed", 400)
    shown = (await client.get(path, headers=own)).json()
    assert [each["kind"] for each in shown["decisions"]] == ["manual_exit", "manual_exit"]
    assert shown["resolved_by"] is not None
    await decide(client, path, own, "undo", undoes=1)
    assert (await client.get(f"/v1/stays/{came['stay_id']}", headers=gateway)).json()["state"] == "open"
    await decide(client, path, own, "right")
