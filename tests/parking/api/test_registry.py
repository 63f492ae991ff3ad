"""What is registered, seen and changed over HTTP: a lot from its registration to its closing, and back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

import sql
from payments.identity import Audience
from seeds.city.jinan import CITY_BOX
from seeds.city.network import lot_plan
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, event, token
from tests.parking.api.problem import problem
from tests.patience import PATIENCE_S

HOUR = timedelta(hours=1)
LOTS = "/v1/admin/lots"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    settings = running.settings(database_url, redis_server_url, now=NOW, city_box=CITY_BOX)
    async with running.served(settings) as client:
        client.headers.update(ADMIN)
        yield client


def plan(code: str, **changes: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(lot_plan(code, "jn-static")), **changes}


async def test_a_lot_holds_probable_matches(client: httpx.AsyncClient, owner: sql.Connection) -> None:
    lot, tomorrow = f"{LOTS}/{STATION}", (NOW + 24 * HOUR).isoformat()
    hold = {"probable_match": "hold", "valid_from": tomorrow}
    answers = [await client.put(f"{lot}/probable-match", json=hold) for _ in range(2)]
    assert [each.json()["outcome"] for each in answers] == ["changed", "unchanged"]
    problem(await client.put(f"{lot}/probable-match", json={"probable_match": "wave"}), 400, "probable_match")
    early = {**hold, "valid_from": (NOW - HOUR).isoformat()}
    problem(await client.put(f"{lot}/probable-match", json=early), 409, "valid_from")
    shown = (await client.get(lot)).json()
    assert (shown["probable_match"], [each["probable_match"] for each in shown["probable_matches"]]) == (
        "open",
        ["hold"],
    )
    (line,) = await owner.fetch("select detail from audit where action = 'lot.probable_match'")
    assert msgspec.json.decode(line["detail"])["before"] == {"probable_match": "open"}


async def is_told_to_drivers(client: httpx.AsyncClient, lot: str, status: str) -> None:
    """Waits until drivers are told so: what they are told is kept for a moment."""
    async with asyncio.timeout(PATIENCE_S):
        while (await client.get(f"/v1/lots/{lot}")).json()["status"] != status:  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.1)


async def test_a_lot_is_registered_mistyped_mended_closed_and_opened(
    client: httpx.AsyncClient, owner: sql.Connection
) -> None:
    mistyped = plan("baotu", name_zh="包突泉停车场", longitude=36.66, latitude=117.01)
    said = problem(await client.post(LOTS, json=mistyped), 422, "longitude")
    assert "say longitude 117.01 and latitude 36.66" in said["detail"]
    mistyped |= {"longitude": 117.01, "latitude": 36.66}
    assert [(await client.post(LOTS, json=mistyped)).status_code for _ in range(2)] == [201, 200]
    said = problem(await client.post(LOTS, json={**mistyped, "capacity": 60}), 409, "capacity")
    assert said["facts"] == {"registered": 50, "said": 60}
    key = (await client.post("/v1/admin/gateways/baotu-gw/keys")).json()["key"]

    lot = f"{LOTS}/baotu"
    mended = {"name_zh": "趵突泉停车场", "longitude": 117.0123}
    assert (await client.patch(lot, json=mended)).json() == {"outcome": "changed", "valid_from": None}
    assert (await client.patch(lot, json=mended)).json()["outcome"] == "unchanged"
    problem(await client.patch(lot, json={"longitude": 36.0}), 422, "longitude")
    problem(await client.patch(lot, json={"capacity": 3}), 400, "capacity")
    (line,) = await owner.fetch("select detail from audit where action = 'lot.change' and subject = 'lot:baotu'")
    assert msgspec.json.decode(line["detail"]) == {
        "before": {"name_zh": "包突泉停车场", "longitude": 117.01},
        "after": mended,
    }

    more = {"capacity": 80, "valid_from": (NOW + 24 * HOUR).isoformat()}
    assert (await client.put(f"{lot}/capacity", json=more)).json()["outcome"] == "changed"
    assert (await client.put(f"{lot}/capacity", json=more)).json()["outcome"] == "unchanged"
    answers = [await client.put(f"{lot}/capacity", json={**more, "capacity": spaces}) for spaces in (81, 80)]
    assert [each.json()["outcome"] for each in answers] == ["replaced"] * 2

    headers = running.bearer(key)
    entry = event("b1", "entry", NOW, "鲁A51001", lot="baotu")
    assert (await client.post("/v1/gate-events", json=entry, headers=headers)).json()["gate"] == "open"
    closed = (await client.put(f"{lot}/state", json={"state": "closed"})).json()
    assert closed["outcome"] == "changed"
    assert (await client.put(f"{lot}/state", json={"state": "closed"})).json()["outcome"] == "unchanged"
    await running.known()
    public = (await client.get("/v1/lots/baotu")).json()
    assert (public["status"], public["free"], public["capacity"]) == ("closed", 0, 50)
    shown = (await client.get(lot)).json()
    assert (shown["state"], shown["capacity"], shown["name_zh"]) == ("closed", 50, "趵突泉停车场")
    assert [(each["capacity"], each["valid_from"][:10]) for each in shown["capacities"]] == [(80, "2026-11-17")]
    # Who comes is held and is no visit; who is inside gets out.
    now = datetime.fromisoformat(closed["valid_from"]) + timedelta(seconds=1)
    comes = event("b2", "entry", now, "鲁A51002", lot="baotu")
    answer = (await client.post("/v1/gate-events", json=comes, headers=headers)).json()
    assert (answer["gate"], answer["reason"], "stay_id" in answer) == ("hold", "closed", False)
    leaves = event("b3", "exit", now, "鲁A51001", lot="baotu")
    answer = (await client.post("/v1/gate-events", json=leaves, headers=headers)).json()
    assert (answer["gate"], answer["reason"]) == ("open", "no_price")
    assert await owner.fetchval("select count(*) from open_stay where plate like '鲁A5100_'") == 0

    opened = (await client.put(f"{lot}/state", json={"state": "open"})).json()
    assert opened["outcome"] == "changed"
    await running.known()
    now = datetime.fromisoformat(opened["valid_from"]) + timedelta(seconds=1)
    again = event("b4", "entry", now, "鲁A51002", lot="baotu")
    assert (await client.post("/v1/gate-events", json=again, headers=headers)).json()["gate"] == "open"
    assert [each["state"] for each in (await client.get(lot)).json()["states"]] == ["closed", "open"]
    await is_told_to_drivers(client, "baotu", "open")


async def test_what_was_decided_is_not_decided_anew(client: httpx.AsyncClient, district: District) -> None:
    lot = f"{LOTS}/{QC}"
    for path, body in (
        ("capacity", {"capacity": 60}),
        ("state", {"state": "closed"}),
        ("probable-match", {"probable_match": "hold"}),
    ):
        past = {**body, "valid_from": (NOW - HOUR).isoformat()}
        said = problem(await client.put(f"{lot}/{path}", json=past), 409, "valid_from")
        assert said["title"] == "Rewrites the past"
        far = {**body, "valid_from": "2206-12-01T00:00:00+08:00"}
        problem(await client.put(f"{lot}/{path}", json=far), 422, "valid_from")
    # A lane's clock may be ahead by some seconds: who was let in at 10:00:08 is not kept out from 10:00:05 on.
    began = datetime.fromisoformat(said["facts"]["earliest"])
    came = began + timedelta(seconds=8)
    headers = running.bearer(district.keys[QC])
    told = await client.post("/v1/gate-events", json=event("d1", "entry", came, "鲁A51010"), headers=headers)
    assert told.json()["gate"] == "open"
    soon = {"state": "closed", "valid_from": (began + timedelta(seconds=5)).isoformat()}
    said = problem(await client.put(f"{lot}/state", json=soon), 409, "valid_from")
    assert datetime.fromisoformat(said["facts"]["earliest"]) >= came


async def test_of_two_clerks_who_say_different_things_one_is_told(client: httpx.AsyncClient) -> None:
    at = (NOW + 48 * HOUR).isoformat()
    wanted = [{"capacity": capacity, "valid_from": at} for capacity in (61, 62, 61)]
    answers = await asyncio.gather(*(client.put(f"{LOTS}/{QC}/capacity", json=each) for each in wanted))
    taken = [(each.status_code, each.json().get("outcome", each.json().get("title"))) for each in answers]
    assert {status for status, _ in taken} == {200}
    assert sorted(outcome for _, outcome in taken) in (
        ["changed", "replaced", "unchanged"],
        ["changed", "replaced", "replaced"],
    )
    both = plan("twice"), plan("twice", capacity=51)
    answers = await asyncio.gather(*(client.post(LOTS, json=each) for each in both))
    assert sorted(each.status_code for each in answers) == [201, 409]


async def test_the_code_of_a_lot_is_mended_and_the_old_one_leads_to_it(
    client: httpx.AsyncClient, owner: sql.Connection
) -> None:
    mistyped, rightly = f"{LOTS}/hongjialuo", f"{LOTS}/hongjialou"
    for code in ("hongjialuo", "code-other"):
        (await client.post(LOTS, json=plan(code))).raise_for_status()
    assert (await client.patch(mistyped, json={"code": "hongjialou"})).json()["outcome"] == "changed"
    assert (await client.patch(rightly, json={"code": "hongjialou"})).json()["outcome"] == "unchanged"
    await running.known()
    # Everything that has the old code goes on: signs, tickets, settings. Lists know the new one alone.
    for path in ("/v1/lots/hongjialuo", "/v1/lots/hongjialou", mistyped, rightly):
        assert (await client.get(path)).raise_for_status().json()["code"] == "hongjialou"
    (await client.put(f"{mistyped}/capacity", json={"capacity": 51})).raise_for_status()
    page = (await client.get(LOTS, params={"q": "hongjial"})).json()
    assert [each["code"] for each in page["lots"]] == ["hongjialou"]
    shown = (await client.get(rightly)).json()
    assert (shown["former_codes"], shown["capacities"][-1]["capacity"]) == (["hongjialuo"], 51)
    # No other lot gets it, by registering or by a change, until it is given up.
    again = problem(await client.post(LOTS, json=plan("hongjialuo")), 409, "code")
    assert again["facts"] == {"registered": "hongjialou", "said": "hongjialuo"}
    for taken in ("hongjialuo", "hongjialou"):
        problem(await client.patch(f"{LOTS}/code-other", json={"code": taken}), 409, "code")
    problem(await client.patch(rightly, json={"former_codes": ["code-other"]}), 409, "former_codes")
    problem(await client.patch(rightly, json={"code": "stream"}), 400, "body")
    assert (await client.patch(rightly, json={"former_codes": []})).json()["outcome"] == "changed"
    assert (await client.patch(f"{LOTS}/code-other", json={"code": "hongjialuo"})).json()["outcome"] == "changed"
    await running.known()
    found = [(await client.get(f"/v1/lots/{code}")).json()["code"] for code in ("hongjialuo", "code-other")]
    assert found == ["hongjialuo", "hongjialuo"]
    # And back: what was typed first was right.
    assert (await client.patch(rightly, json={"code": "hongjialou2", "former_codes": []})).json()[
        "outcome"
    ] == "changed"
    assert (await client.patch(f"{LOTS}/hongjialou2", json={"code": "hongjialou"})).json()["outcome"] == "changed"
    lines = await owner.fetch(
        "select subject, detail from audit where action = 'lot.change' and subject like 'lot:hongjial%' order by id"
    )
    assert [each["subject"] for each in lines] == [
        *("lot:hongjialuo", "lot:hongjialou", "lot:hongjialou", "lot:hongjialou2")
    ]
    assert msgspec.json.decode(lines[0]["detail"]) == {
        "before": {"code": "hongjialuo", "former_codes": []},
        "after": {"code": "hongjialou", "former_codes": ["hongjialuo"]},
    }


async def test_lots_are_listed_by_what_staff_look_for(client: httpx.AsyncClient, district: District) -> None:
    for code in ("list-a", "list-b", "list-c"):
        body = plan(code, district_zh="槐荫区", district_en="Huaiyin", kind="mall")
        assert (await client.post(LOTS, json=body)).status_code == 201
    (await client.put(f"{LOTS}/list-b/state", json={"state": "closed"})).raise_for_status()

    async def codes(**params: Any) -> tuple[list[str], str | None]:
        page = (await client.get(LOTS, params=params)).raise_for_status().json()
        return [each["code"] for each in page["lots"]], page["next"]

    assert await codes(q="list", limit=2) == (["list-a", "list-b"], "list-b")
    assert await codes(q="list", limit=2, after="list-b") == (["list-c"], None)
    assert await codes(district="Huaiyin", state="closed") == (["list-b"], None)
    assert await codes(kind="mall", q="list", state="open") == (["list-a", "list-c"], None)
    assert await codes(operator="sd-rail") == ([STATION], None)
    rail = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    page = (await client.get(LOTS, headers=rail)).json()
    assert [each["code"] for each in page["lots"]] == [STATION]
    problem(await client.get(f"{LOTS}/{QC}", headers=rail), 403)
    problem(await client.get(f"{LOTS}/nowhere"), 404)


async def test_one_operator_changes_its_own_lots(client: httpx.AsyncClient, district: District) -> None:
    rail = running.bearer(token(Audience.ADMIN, now=NOW, operator_id=district.lot(STATION).operator_id))
    for path, body in (("capacity", {"capacity": 60}), ("state", {"state": "closed"})):
        problem(await client.put(f"{LOTS}/{QC}/{path}", json=body, headers=rail), 403)
        problem(await client.put(f"{LOTS}/nowhere/{path}", json=body, headers=rail), 404)
    problem(await client.patch(f"{LOTS}/{QC}", json={"name_zh": "东站"}, headers=rail), 403)
    clerk = running.bearer(token(Audience.CLERK, now=NOW))
    problem(await client.patch(f"{LOTS}/{QC}", json={"name_zh": "东站"}, headers=clerk), 403)


async def test_who_is_let_into_a_closed_lot_is_inside(client: httpx.AsyncClient, owner: sql.Connection) -> None:
    (await client.post(LOTS, json=plan("hand"))).raise_for_status()
    headers = running.bearer((await client.post("/v1/admin/gateways/hand-gw/keys")).json()["key"])
    closed = (await client.put(f"{LOTS}/hand/state", json={"state": "closed"})).raise_for_status().json()
    await running.known()
    now = datetime.fromisoformat(closed["valid_from"]) + timedelta(seconds=1)
    entry = event("h1", "entry", now, "鲁A51020", lot="hand")
    assert (await client.post("/v1/gate-events", json=entry, headers=headers)).json()["gate"] == "hold"
    clerk = running.bearer(token(Audience.CLERK, now=NOW))
    wanted = {"reason": "closed", "plate": "鲁A51020"}
    (case,) = (await client.get("/v1/cases", params=wanted, headers=clerk)).json()["cases"]
    said = {"kind": "plate", "plate": "鲁A51020", "note": "the firm that repairs the roof"}
    decided = await client.post(f"/v1/cases/{case['id']}/decide", json=said, headers=clerk)
    assert decided.status_code == 200, decided.text
    assert await owner.fetchval("select count(*) from open_stay where plate = '鲁A51020'") == 1


async def test_where_a_lot_lies_is_mended_until_a_car_comes_and_then_begins_at_an_instant(
    client: httpx.AsyncClient, district: District
) -> None:
    for code in ("outer", "inner"):
        (await client.post(LOTS, json=plan(code))).raise_for_status()
    inner, nested = f"{LOTS}/inner/surroundings", {"inside_of": "outer", "inner_clock": "stops"}
    twice = [(await client.put(inner, json=nested)).raise_for_status().json()["outcome"] for _ in range(2)]
    assert twice == ["changed", "unchanged"]
    problem(await client.put(f"{LOTS}/outer/surroundings", json={"inside_of": "inner"}), 422, "inside_of")
    problem(await client.put(inner, json={"inside_of": "nowhere"}), 404, "inside_of")
    problem(await client.put(inner, json={"inner_clock": "stops"}), 400, "body")
    shown = (await client.get(f"{LOTS}/inner")).json()
    assert (shown["inside_of"], shown["inner_clock"], shown["road"]) == ("outer", "stops", None)
    assert (await client.put(inner, json={"road": "lishan"})).json()["outcome"] == "changed"
    shown = (await client.get(f"{LOTS}/inner")).json()
    assert (shown["inside_of"], shown["road"], shown["road_within_min"]) == (None, "lishan", 10)
    headers = running.bearer((await client.post("/v1/admin/gateways/inner-gw/keys")).json()["key"])
    came = event("n1", "entry", NOW, "鲁A51030", lot="inner")
    (await client.post("/v1/gate-events", json=came, headers=headers)).raise_for_status()
    # From then on it begins at an instant: what was decided stays, and what has not begun is replaced.
    past = {**nested, "valid_from": (NOW - HOUR).isoformat()}
    assert problem(await client.put(inner, json=past), 409, "valid_from")["title"] == "Rewrites the past"
    ahead = {**nested, "valid_from": (NOW + 24 * HOUR).isoformat()}
    for body, outcome in ((ahead, "changed"), (ahead, "unchanged"), ({**ahead, "inner_clock": "runs"}, "replaced")):
        assert (await client.put(inner, json=body)).json()["outcome"] == outcome
    # Never in itself, now or then.
    around = {"inside_of": "inner", "valid_from": (NOW + 12 * HOUR).isoformat()}
    problem(await client.put(f"{LOTS}/outer/surroundings", json=around), 422, "inside_of")
    shown = (await client.get(f"{LOTS}/inner")).json()
    assert (shown["inside_of"], shown["road"]) == (None, "lishan")
    (begins,) = shown["surroundings"]
    assert (begins["inside_of"], begins["inner_clock"], begins["road"]) == ("outer", "runs", None)
    assert (await client.put(inner, json=nested)).json()["outcome"] == "changed"
    assert (await client.get(f"{LOTS}/inner")).json()["inside_of"] == "outer"
    rail = running.bearer(token(Audience.ADMIN, now=NOW, operator_id=district.lot(STATION).operator_id))
    problem(await client.put(inner, json=nested, headers=rail), 403)
