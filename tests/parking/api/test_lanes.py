"""Gates and lanes over HTTP: added, renamed, turned round and closed, and a reversible lane's day with its cars."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

import sql
from parking.live.network import MISS_PAUSE_S
from payments.identity import Audience
from seeds.city.network import lot_plan
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, event, token
from tests.parking.api.problem import problem

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LOTS, LANES, GATEWAYS = "/v1/admin/lots", "/v1/admin/lanes", "/v1/admin/gateways"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        client.headers.update(running.bearer(token(Audience.ADMIN, now=NOW)))
        yield client


async def lot(client: httpx.AsyncClient, code: str) -> dict[str, str]:
    """A lot of its own, and what its gateway sends with its events."""
    body = msgspec.to_builtins(lot_plan(code, "jn-static"))
    (await client.post(LOTS, json=body)).raise_for_status()
    key = (await client.post(f"/v1/admin/gateways/{code}-gw/keys")).raise_for_status().json()["key"]
    # A test before this one may have named a lane that nobody knows: so long nobody asks for another unknown name.
    await asyncio.sleep(MISS_PAUSE_S)
    return running.bearer(key)


async def outcome(answer: Any) -> str:
    return str((await answer).raise_for_status().json()["outcome"])


async def test_gates_and_lanes_are_added_and_mended(client: httpx.AsyncClient, owner: sql.Connection) -> None:
    headers = await lot(client, "gates")
    north = {"code": "n", "name": "北门"}
    twice = ["changed", "unchanged"]
    assert [await outcome(client.post(f"{LOTS}/gates/gates", json=north)) for _ in range(2)] == twice
    problem(await client.post(f"{LOTS}/gates/gates", json={**north, "name": "南门"}), 409, "name")
    assert await outcome(client.patch(f"{LOTS}/gates/gates/n", json={"code": "north"})) == "changed"
    assert await outcome(client.patch(f"{LOTS}/gates/gates/north", json={"name": "北门"})) == "unchanged"
    problem(await client.patch(f"{LOTS}/gates/gates/north", json={"code": "g1"}), 409, "code")
    problem(await client.patch(f"{LOTS}/gates/gates/n", json={"name": "?"}), 404, "gate")

    added = {"code": "gates-n1", "gate": "north", "direction": "entry"}
    closed = {"state": "closed"}
    problem(await client.put(f"{LOTS}/gates/gates/north/state", json=closed), 409, "gate")
    assert [await outcome(client.post(f"{LOTS}/gates/lanes", json=added)) for _ in range(2)] == twice
    problem(await client.post(f"{LOTS}/gates/lanes", json={**added, "direction": "exit"}), 409, "direction")
    problem(await client.post(f"{LOTS}/gates/lanes", json={**added, "code": "x1", "gate": "south"}), 404, "gate")
    problem(
        await client.post(f"{LOTS}/gates/lanes", json={**added, "code": "x1", "gateway": f"{QC}-gw"}), 404, "gateway"
    )
    problem(await client.post(f"{LOTS}/{QC}/lanes", json={**added, "gate": "g1"}), 409, "lot")
    said = event("g1", "entry", NOW, "鲁A61001", lot="gates", lane="gates-n1")
    assert (await client.post("/v1/gate-events", json=said, headers=headers)).json()["gate"] == "open"

    assert await outcome(client.patch(f"{LANES}/gates-n1", json={"code": "gates-n2", "gate": "g1"})) == "changed"
    assert await outcome(client.patch(f"{LANES}/gates-n2", json={"gate": "g1"})) == "unchanged"
    problem(await client.patch(f"{LANES}/gates-n2", json={"code": "gates-in"}), 409, "code")
    problem(await client.patch(f"{LANES}/gates-n2", json={"gateway": f"{QC}-gw"}), 422, "gateway")
    problem(await client.patch(f"{LANES}/gates-n1", json={"gate": "g1"}), 404)
    await running.known()
    # What was read at it is read at it still: the same event is known under the new code, and refused under the old.
    again = {**said, "lane": "gates-n2"}
    assert (await client.post("/v1/gate-events", json=again, headers=headers)).json()["status"] == "duplicate"
    problem(await client.post("/v1/gate-events", json={**said, "event_id": "g2"}, headers=headers), 422, "lane")
    shown = (await client.get(f"{LOTS}/gates")).json()
    assert [(each["code"], each["name"]) for each in shown["gates"]] == [("g1", ""), ("north", "北门")]
    assert [(each["code"], each["gate"]) for each in shown["lanes"]] == [
        *(("gates-in", "g1"), ("gates-n2", "g1"), ("gates-out", "g1"))
    ]
    lines = await owner.fetch("select detail from audit where action = 'lane.change' and subject = 'lane:gates-n1'")
    assert [msgspec.json.decode(line["detail"])["before"]["code"] for line in lines] == ["gates-n1"]


async def test_a_day_of_a_reversible_lane(client: httpx.AsyncClient, owner: sql.Connection) -> None:
    headers = await lot(client, "tidal")
    # By the clock of the lot it is 10:00 on a Monday: in until 10:20, out for the rest of the day.
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    week = [
        {"days": days, "at": "00:00", "direction": "entry"},
        {"days": days, "at": "10:20", "direction": "exit"},
    ]
    assert await outcome(client.put(f"{LANES}/tidal-in/direction", json={"week": week})) == "changed"
    turned = (await client.put(f"{LANES}/tidal-out/direction", json={"week": week})).json()
    assert turned["outcome"] == "changed"
    assert await outcome(client.put(f"{LANES}/tidal-out/direction", json={"week": week})) == "unchanged"
    problem(await client.put(f"{LANES}/tidal-out/direction", json={"week": week[:1]}), 400, "body")
    problem(await client.put(f"{LANES}/tidal-out/direction", json={}), 400, "body")
    await running.known()
    now = datetime.fromisoformat(turned["valid_from"]) + timedelta(seconds=1)

    async def tell(number: str, kind: str, plate: str, at: Any, **more: Any) -> dict[str, Any]:
        said = event(f"t{number}", kind, at, plate, lot="tidal", lane="tidal-out", **more)
        answer: dict[str, Any] = (await client.post("/v1/gate-events", json=said, headers=headers)).json()
        return answer

    # Now it leads in, whatever it was registered as; since it was just turned round, who says that it drives out is
    # believed. Where the week is old, it is not.
    assert (await tell("1", "entry", "鲁A62001", now))["gate"] == "open"
    came = event("t7", "entry", NOW - MINUTE, "鲁C5M2T9", lot="tidal")
    assert (await client.post("/v1/gate-events", json=came, headers=headers)).json()["gate"] == "open"
    driven = await tell("2", "exit", "鲁C5M2T9", now)
    assert (driven["gate"], driven["stay_id"] is not None) == ("open", True)
    wrong = event("t6", "exit", now, "鲁A62004", lot="tidal", lane="tidal-in")
    answer = (await client.post("/v1/gate-events", json=wrong, headers=headers)).json()
    assert (answer["gate"], answer["reason"]) == ("hold", "kind_contradicts_lane")
    # A read that says nothing of itself comes in with the lane.
    assert (await tell("3", "read", "鲁B8K7P3", now))["gate"] == "open"
    # What is handed in of yesterday went the way that the lane led yesterday at that time: out, as it was registered.
    yesterday = NOW - 24 * HOUR
    came = event("t4", "entry", yesterday, "鲁A62003", lot="tidal", replay=True)
    (await client.post("/v1/gate-events", json=came, headers=headers)).raise_for_status()
    left = await tell("5", "read", "鲁A62003", yesterday + 10 * MINUTE, replay=True)
    assert left["stay_id"] is not None
    kinds = (
        "select e.event_id, e.kind::text from gate_event e join lane a on a.id = e.lane_id where a.code = 'tidal-out'"
    )
    assert {tuple(row) for row in await owner.fetch(kinds)} >= {("t1", "entry"), ("t3", "entry"), ("t5", "exit")}
    public = (await client.get("/v1/lots/tidal")).json()
    assert (public["lanes_entry"], public["lanes_exit"]) == (2, 0)
    (shown,) = [each for each in (await client.get(f"{LOTS}/tidal")).json()["lanes"] if each["code"] == "tidal-out"]
    assert (shown["direction"], shown["ways"][0]["week"][1]["at"]) == ("entry", "10:20")
    # No car that was read is turned round.
    past = {"direction": "entry", "valid_from": (NOW - HOUR).isoformat()}
    said = problem(await client.put(f"{LANES}/tidal-out/direction", json=past), 409, "valid_from")
    assert said["title"] == "Rewrites the past"


async def test_a_gate_is_closed(client: httpx.AsyncClient) -> None:
    headers = await lot(client, "shut")
    came = event("s1", "entry", NOW, "鲁A63001", lot="shut")
    assert (await client.post("/v1/gate-events", json=came, headers=headers)).json()["gate"] == "open"
    assert await outcome(client.put(f"{LOTS}/shut/gates/g1/state", json={"state": "closed"})) == "changed"
    assert await outcome(client.put(f"{LOTS}/shut/gates/g1/state", json={"state": "closed"})) == "unchanged"
    assert await outcome(client.put(f"{LANES}/shut-out/state", json={"state": "closed"})) == "unchanged"
    await running.known()
    (entry,) = [each for each in (await client.get(f"{LOTS}/shut")).json()["lanes"] if each["code"] == "shut-in"]
    since = NOW + timedelta(seconds=90)
    assert (entry["state"], entry["states"][0]["state"]) == ("closed", "closed")
    comes = event("s2", "entry", since, "鲁A63002", lot="shut")
    answer = (await client.post("/v1/gate-events", json=comes, headers=headers)).json()
    assert (answer["gate"], answer["reason"]) == ("hold", "closed")
    # Who is inside gets out, also by a lane that is closed.
    leaves = event("s3", "exit", since, "鲁A63001", lot="shut")
    assert (await client.post("/v1/gate-events", json=leaves, headers=headers)).json()["gate"] == "open"
    assert await outcome(client.put(f"{LANES}/shut-in/state", json={"state": "open"})) == "changed"


async def test_one_operator_changes_its_own_lanes(client: httpx.AsyncClient, district: District) -> None:
    rail = running.bearer(token(Audience.ADMIN, now=NOW, operator_id=district.lot(STATION).operator_id))
    added = {"code": "other-1", "gate": "g1", "direction": "entry"}
    for method, path, body in (
        ("POST", f"{LOTS}/{QC}/gates", {"code": "n"}),
        ("PATCH", f"{LOTS}/{QC}/gates/g1", {"name": "?"}),
        ("PUT", f"{LOTS}/{QC}/gates/g1/state", {"state": "closed"}),
        ("POST", f"{LOTS}/{QC}/lanes", added),
        ("PATCH", f"{LANES}/{QC}-in", {"gate": "g1"}),
        ("PUT", f"{LANES}/{QC}-in/direction", {"direction": "exit"}),
        ("PUT", f"{LANES}/{QC}-in/state", {"state": "closed"}),
    ):
        problem(await client.request(method, path, json=body, headers=rail), 403)


async def test_a_lot_has_another_gateway_for_a_lane(client: httpx.AsyncClient, district: District) -> None:
    first = await lot(client, "many")
    second = {"code": "many-gw2"}
    twice = [await outcome(client.post(f"{LOTS}/many/gateways", json=second)) for _ in range(2)]
    assert twice == ["changed", "unchanged"]
    problem(await client.post(f"{LOTS}/many/gateways", json={"code": f"{QC}-gw"}), 409, "code")
    problem(await client.post(f"{LOTS}/nowhere/gateways", json=second), 404)
    rail = running.bearer(token(Audience.ADMIN, now=NOW, operator_id=district.lot(STATION).operator_id))
    problem(await client.post(f"{LOTS}/many/gateways", json={"code": "many-gw3"}, headers=rail), 403)
    key = (await client.post("/v1/admin/gateways/many-gw2/keys")).raise_for_status().json()["key"]
    assert await outcome(client.patch(f"{LANES}/many-in", json={"gateway": "many-gw2"})) == "changed"
    await running.known()
    said = event("m1", "entry", NOW, "鲁A64001", lot="many")
    problem(await client.post("/v1/gate-events", json=said, headers=first), 403, "lane")
    assert (await client.post("/v1/gate-events", json=said, headers=running.bearer(key))).json()["gate"] == "open"
    leaves = event("m2", "exit", NOW + MINUTE, "鲁A64001", lot="many")
    assert (await client.post("/v1/gate-events", json=leaves, headers=first)).json()["gate"] == "open"
    shown = (await client.get(f"{LOTS}/many")).json()
    assert shown["gateways"] == ["many-gw", "many-gw2"]
    assert {each["code"]: each["gateway"] for each in shown["lanes"]} == {"many-in": "many-gw2", "many-out": "many-gw"}


# -- a gateway of several lots


async def test_a_gateway_of_several_lots(client: httpx.AsyncClient, district: District, owner: sql.Connection) -> None:
    headers, other = await lot(client, "hub"), await lot(client, "wing")
    since = await it_serves_another(client)
    await it_speaks_for_both(client, headers, owner)
    await it_is_told_of_both(client, headers, other)
    await it_ceases_to_serve(client, since)
    rail = token(Audience.ADMIN, now=NOW, operator_id=district.lot(STATION).operator_id)
    problem(await client.put(f"{GATEWAYS}/hub-gw/lots/wing", json={}, headers=running.bearer(rail)), 403)
    await running.known()
    leaves = event("w2", "exit", NOW, "鲁A64002", lot="wing")
    assert (await client.post("/v1/gate-events", json=leaves, headers=other)).json()["gate"] == "open"
    count = {"event_id": "c4", "kind": "count", "occurred_at": NOW.isoformat(), "free": 7, "lot": "wing"}
    problem(await client.post("/v1/gate-events", json=count, headers=headers), 403, "lot")
    # What is of a time when it served the lot is taken from it still.
    late = {**count, "event_id": "c5", "replay": True, "occurred_at": since}
    (await client.post("/v1/gate-events", json=late, headers=headers)).raise_for_status()
    lines = await owner.fetch("select action from audit where subject = 'gateway:hub-gw' order by id")
    assert [each["action"] for each in lines if "key" not in each["action"]] == [
        *("gateway.serve", "gateway.release", "gateway.release")
    ]
    assert await district.broken() == {}


async def it_serves_another(client: httpx.AsyncClient) -> str:
    """The gateway of the hub moves the lanes of the wing; since when it serves it."""
    serves = f"{GATEWAYS}/hub-gw/lots/wing"
    problem(await client.patch(f"{LANES}/wing-in", json={"gateway": "hub-gw"}), 422, "gateway")
    begun = (await client.put(serves, json={})).raise_for_status().json()
    assert [begun["outcome"], await outcome(client.put(serves, json={}))] == ["changed", "unchanged"]
    for way in ("in", "out"):
        assert await outcome(client.patch(f"{LANES}/wing-{way}", json={"gateway": "hub-gw"})) == "changed"
    await running.known()
    return str(begun["valid_from"])


async def it_speaks_for_both(client: httpx.AsyncClient, headers: dict[str, str], owner: sql.Connection) -> None:
    # One array with cars of both: each is of the lot of its lane.
    cars = [event("h1", "entry", NOW, "鲁A64001", lot="hub"), event("w1", "entry", NOW, "鲁A64002", lot="wing")]
    # Whoever says the lot as well says what is known.
    cars = [{**each, "lot": "wing"} for each in cars]
    answers = (await client.post("/v1/gate-events", json=cars, headers=headers)).raise_for_status().json()
    assert [each["gate"] for each in answers] == ["open", "open"]
    doubts = [[(doubt["field"], doubt["read"]) for doubt in each.get("doubts", ())] for each in answers]
    assert doubts == [[("lot", "hub")], []]
    inside = "select l.code from open_stay o join lot l on l.id = o.lot_id where o.plate = $1"
    assert [await owner.fetchval(inside, each["plate"]) for each in cars] == ["hub", "wing"]
    stay = await client.get(f"/v1/stays/{answers[1]['stay_id']}", headers=headers)
    assert stay.raise_for_status().json()["stay_id"] == answers[1]["stay_id"]
    # What no lane says the event says: a count is of the gateway's own lot, or of the one that is named.
    for number, said, free in ((1, {"free": 9}, (9, None)), (2, {"free": 7, "lot": "wing"}, (9, 7))):
        count = {"event_id": f"c{number}", "kind": "count", "occurred_at": NOW.isoformat(), **said}
        (await client.post("/v1/gate-events", json=count, headers=headers)).raise_for_status()
        found = "select (said->>'free')::int from device_fact f join lot l on l.id = f.lot_id where l.code = $1"
        assert (await owner.fetchval(found, "hub"), await owner.fetchval(found, "wing")) == free
    stranger = {"event_id": "c3", "kind": "count", "occurred_at": NOW.isoformat(), "free": 7, "lot": QC}
    said_so = problem(await client.post("/v1/gate-events", json=stranger, headers=headers), 403, "lot")
    assert said_so["gate"] == "none"
    ticket = {"event_id": "t1", "lane": "wing-in"}
    handed = (await client.post("/v1/gateway/tickets", json=ticket, headers=headers)).raise_for_status().json()
    assert handed["qr"].startswith("onelot:ticket/wing/")
    session = {"plate": "鲁A64002", "started_at": NOW.isoformat(), "lot": "wing"}
    (await client.put("/v1/charging-sessions/s1", json=session, headers=headers)).raise_for_status()
    charged = "select l.code from charging_session s join lot l on l.id = s.lot_id where s.session = 's1'"
    assert await owner.fetchval(charged) == "wing"
    beat = {"sent_at": NOW.isoformat()}
    (await client.post("/v1/gateway/heartbeat", json=beat, headers=headers)).raise_for_status()
    (shown,) = [each for each in (await client.get(GATEWAYS)).json()["gateways"] if each["code"] == "hub-gw"]
    assert (shown["lot"], shown["lots"]) == ("hub", ["hub", "wing"])
    assert None not in (shown["last_event_at"], shown["silent_s"])


async def it_is_told_of_both(client: httpx.AsyncClient, headers: dict[str, str], other: dict[str, str]) -> None:
    # Commands of all its lots come by one way, numbered as one.
    for lane in ("hub-out", "wing-out"):
        (await client.post(f"/v1/lanes/{lane}/open", json={"reason": "test"})).raise_for_status()
    told = (await client.get("/v1/gateway/commands", headers=headers)).raise_for_status().json()
    assert [(each["lot"], each["lane"]) for each in told["commands"]] == [("hub", "hub-out"), ("wing", "wing-out")]
    first, second = told["commands"]
    assert (second["n"], told["next"]) == (first["n"] + 1, second["n"])
    after = {"after": first["n"]}
    left = (await client.get("/v1/gateway/commands", params=after, headers=headers)).json()["commands"]
    assert [each["lot"] for each in left] == ["wing"]
    done = f"/v1/gateway/commands/{second['id']}/ack"
    assert (await client.post(done, json={"outcome": "done"}, headers=other)).status_code == 404
    assert (await client.post(done, json={"outcome": "done"}, headers=headers)).status_code == 204
    # A pack of each, with versions of its own.
    for named, said in (({}, "hub"), ({"lot": "wing"}, "wing"), ({"lot": "hub"}, "hub")):
        pack = (await client.get("/v1/gateway/pack", params=named, headers=headers)).raise_for_status().json()
        assert (pack["lot"], pack["version"], len(pack["entries"]["inside"])) == (said, 1, 1)
    problem(await client.get("/v1/gateway/pack", params={"lot": QC}, headers=headers), 403, "lot")
    problem(await client.get("/v1/gateway/pack", params={"lot": "nowhere"}, headers=headers), 404, "lot")


async def it_ceases_to_serve(client: httpx.AsyncClient, since: str) -> None:
    serves, own = f"{GATEWAYS}/hub-gw/lots/wing", f"{GATEWAYS}/hub-gw/lots/hub"
    assert problem(await client.delete(serves), 409, "lot")["facts"]["lanes"] == ["wing-in", "wing-out"]
    for way in ("in", "out"):
        assert await outcome(client.patch(f"{LANES}/wing-{way}", json={"gateway": "wing-gw"})) == "changed"
    problem(await client.delete(serves, params={"from": since}), 409, "valid_from")
    ahead = {"from": (NOW + HOUR).isoformat()}
    assert [await outcome(client.delete(serves, params=ahead)) for _ in range(2)] == ["changed", "unchanged"]
    # Whose service ends gets no lane any more.
    problem(await client.patch(f"{LANES}/wing-in", json={"gateway": "hub-gw"}), 422, "gateway")
    assert await outcome(client.delete(serves)) == "changed"
    assert await outcome(client.put(own, json={})) == "unchanged"
    problem(await client.delete(own), 409, "lot")
    problem(await client.put(f"{GATEWAYS}/hub-gw/lots/{STATION}", json={}), 409, "lot")
    problem(await client.put(f"{GATEWAYS}/hub-gw/lots/nowhere", json={}), 404, "lot")
    problem(await client.put(f"{GATEWAYS}/nowhere/lots/wing", json={}), 404)
