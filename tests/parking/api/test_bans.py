"""Bans over HTTP: kept out at the entry, never kept in, for as long as they hold, and what drivers say against them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token, visit
from tests.parking.api.problem import problem

HOUR = timedelta(hours=1)
PATH = "/v1/admin/bans"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def comes(client: httpx.AsyncClient, district: District, said: dict[str, Any], lot: str = QC) -> Any:
    """The answer to an event of a lot, as the gateway sends it once every process knows of what was said before."""
    await running.known()
    answer = await client.post("/v1/gate-events", json=said, headers=running.bearer(district.keys[lot]))
    return answer.raise_for_status().json()


async def ban(client: httpx.AsyncClient, plate: str, headers: dict[str, str] = ADMIN, **said: Any) -> Any:
    about = {"plate": plate, "reason": "three unpaid exits", "valid_until": (NOW + 24 * HOUR).isoformat(), **said}
    answer = await client.post(PATH, json={"valid_from": (NOW - HOUR).isoformat(), **about}, headers=headers)
    return answer.raise_for_status().json()


async def test_who_is_banned_is_kept_out_and_before_a_person(client: httpx.AsyncClient, district: District) -> None:
    made = await ban(client, "鲁A41012")
    before, inside = await district.inside(), "select count(*) from open_stay where plate = '鲁A41012'"
    of_car = {"reason": "banned", "plate": "鲁A41012"}
    entry = event("b1", "entry", NOW, "鲁A41012")
    answer = await comes(client, district, entry)
    assert (answer["gate"], answer["reason"], answer["status"]) == ("hold", "banned", "review")
    assert answer["display"]["zh"] == "请联系值守"
    again = await comes(client, district, entry)
    assert (again["gate"], again["status"]) == ("hold", "duplicate")
    # It is not inside, whether anybody says so or not.
    assert (await district.count(inside), await district.inside()) == (0, before)
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(QC).operator_id))
    (case,) = (await client.get("/v1/cases", params=of_car, headers=clerk)).json()["cases"]
    turned = {"kind": "void", "note": "turned away"}
    decided = await client.post(f"/v1/cases/{case['id']}/decide", json=turned, headers=clerk)
    assert decided.status_code == 200, decided.text
    assert (await district.count(inside), await district.inside()) == (0, before)
    assert (await client.get("/v1/cases", params=of_car, headers=clerk)).json()["cases"] == []
    listed = (await client.get(PATH, params={"plate": "鲁A41012"}, headers=ADMIN)).json()["bans"]
    assert [(each["id"], each["reason"]) for each in listed] == [(made["id"], "three unpaid exits")]


async def test_who_is_inside_leaves_as_any_other(client: httpx.AsyncClient, district: District) -> None:
    entry, exit_ = visit("i", "鲁A42012", NOW - 3 * HOUR, NOW)
    await comes(client, district, {**entry, "replay": True})
    await ban(client, "鲁A42012")
    answer = await comes(client, district, exit_)
    assert (answer["fee_fen"], answer["payment"]) == (600, "pay_at_gate")
    assert "reason" not in answer


async def test_who_is_let_in_by_hand_finds_the_way_out(client: httpx.AsyncClient, district: District) -> None:
    await ban(client, "鲁A43012")
    entry, exit_ = visit("h", "鲁A43012", NOW, NOW + timedelta(seconds=30))
    assert (await comes(client, district, entry))["gate"] == "hold"
    assert (await comes(client, district, exit_))["gate"] == "open"


async def test_who_is_seen_or_said_to_have_come_in_is_inside(client: httpx.AsyncClient, district: District) -> None:
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(QC).operator_id))
    before = await district.inside()
    for number, plate in (("p", "鲁A49012"), ("q", "鲁A49013")):
        await ban(client, plate)
        assert (await comes(client, district, event(number, "entry", NOW, plate)))["gate"] == "hold"
    lane = {"lane": f"{QC}-in", "occurred_at": (NOW + timedelta(seconds=20)).isoformat()}
    passed = {"event_id": "p~", "kind": "passage", "of": "p", "outcome": "passed", **lane}
    await comes(client, district, passed)
    assert await district.inside() == before + 1
    (case,) = (await client.get("/v1/cases", params={"reason": "banned", "plate": "鲁A49013"}, headers=clerk)).json()[
        "cases"
    ]
    decided = {"kind": "right", "note": "let in by hand"}
    answer = await client.post(f"/v1/cases/{case['id']}/decide", json=decided, headers=clerk)
    assert answer.status_code == 200, answer.text
    assert await district.inside() == before + 2
    (found,) = (await client.get(f"/v1/lots/{QC}/inside", params={"plate": "鲁A49013"}, headers=clerk)).json()
    assert found["stay_id"] == case["stay_id"]
    assert await district.broken() == {}


async def test_who_was_turned_away_and_comes_when_the_ban_is_over_is_in_once(
    client: httpx.AsyncClient, district: District
) -> None:
    made = await ban(client, "鲁A40012")
    away = event("t1", "entry", NOW - 2 * HOUR, "鲁A40012")
    turned = await comes(client, district, {**away, "replay": True, "occurred_at": (NOW - HOUR / 2).isoformat()})
    assert turned["reason"] == "banned"
    await client.delete(f"{PATH}/{made['id']}", params={"reason": "paid"}, headers=ADMIN)
    came = await comes(client, district, event("t2", "entry", NOW, "鲁A40012"))
    assert (came["gate"], came["status"]) == ("open", "recorded")
    cases = "select count(*) from parking_case where reason = 'entry_while_inside' and stay_id = $1"
    assert await district.count(cases, turned["stay_id"]) == 0
    assert await district.broken() == {}


async def test_a_ban_holds_where_it_reaches_and_until_it_ends(client: httpx.AsyncClient, district: District) -> None:
    made = await ban(client, "鲁A44012", operator="jn-static")
    away = event("r1", "entry", NOW, "鲁A44012", lot=STATION)
    assert (await comes(client, district, away, STATION))["gate"] == "open"
    here = event("r2", "entry", NOW, "鲁A44012", lot=HOSPITAL)
    assert (await comes(client, district, here, HOSPITAL))["gate"] == "hold"
    await ban(client, "鲁A44013", valid_until=(NOW - timedelta(minutes=1)).isoformat())
    assert (await comes(client, district, event("r3", "entry", NOW, "鲁A44013")))["gate"] == "open"
    where = f"{PATH}/{made['id']}"
    assert (await client.delete(where, params={"reason": "paid"}, headers=ADMIN)).status_code == 204
    problem(await client.delete(where, params={"reason": "paid"}, headers=ADMIN), 409)
    later = event("r4", "entry", NOW + timedelta(seconds=90), "鲁A44012")
    assert (await comes(client, district, later))["gate"] == "open"


async def test_a_driver_appeals_once(client: httpx.AsyncClient, district: District) -> None:
    account = await district.account("鲁A45012")
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    other = running.bearer(token(Audience.DRIVER, now=NOW, id=await district.account("鲁A46012")))
    made = await ban(client, "鲁A45012")
    (seen,) = (await client.get("/v1/account/bans", headers=driver)).json()
    assert (seen["id"], seen["reason"], seen["said"]) == (made["id"], "three unpaid exits", None)
    where = f"/v1/account/bans/{made['id']}/appeal"
    problem(await client.post(where, json={"said": "not me"}, headers=other), 404)
    said = await client.post(where, json={"said": "I have paid"}, headers=driver)
    assert said.json()["said"] == "I have paid"
    problem(await client.post(where, json={"said": "I have paid"}, headers=driver), 409)
    appealed = (await client.get(PATH, params={"appealed": "true"}, headers=ADMIN)).json()["bans"]
    assert [each["id"] for each in appealed] == [made["id"]]


async def test_staff_of_an_operator_ban_from_its_lots_alone(client: httpx.AsyncClient, district: District) -> None:
    ours = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(QC).operator_id))
    said = {"plate": "鲁A47012", "reason": "x", "valid_until": None}
    for where, status in (({}, 403), ({"lot": STATION}, 403), ({"lot": QC}, 201)):
        answer = await client.post(PATH, json={**said, **where}, headers=ours)
        assert answer.status_code == status, where
    everywhere = await ban(client, "鲁A48012")
    problem(await client.delete(f"{PATH}/{everywhere['id']}", params={"reason": "x"}, headers=ours), 403)
