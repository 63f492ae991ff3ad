"""Cases over HTTP: who sees which, finding them and the events behind them, deciding, and a driver's appeal."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from parking.appeals import APPEALS_OPEN_MAX
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, token, visit
from tests.parking.api.problem import problem

MORNING = NOW - timedelta(hours=3)
NOTE = "seen on the picture"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def clerk(district: District, lot: str = QC) -> dict[str, str]:
    """Who works for the operator of a lot."""
    return running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(lot).operator_id))


def booth(district: District, lot: str = QC) -> dict[str, str]:
    """Who sits in the booth of a lot."""
    of_lot = district.lot(lot)
    return running.bearer(token(Audience.BOOTH, now=NOW, operator_id=of_lot.operator_id, lot_id=of_lot.id))


async def say(client: httpx.AsyncClient, district: District, *said: Say) -> None:
    answer = await client.post("/v1/gate-events", json=list(said), headers=running.bearer(district.keys[QC]))
    answer.raise_for_status()


async def cases(client: httpx.AsyncClient, headers: dict[str, str], **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/cases", params=query, headers=headers)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["cases"]
    return found


async def decide(client: httpx.AsyncClient, path: str, headers: dict[str, str], kind: str, **said: Any) -> Any:
    answer = await client.post(f"{path}/decide", json={"kind": kind, "note": NOTE, **said}, headers=headers)
    return answer.raise_for_status().json()


# -- finding


async def test_a_case_shows_what_helps_to_decide_it(client: httpx.AsyncClient, district: District) -> None:
    pictures = [{"role": "plate", "ref": "oss://a.jpg"}]
    await say(client, district, event("ai", "entry", MORNING, "鲁A10B01", images=pictures, replay=True))
    await say(client, district, event("ao", "exit", NOW, "鲁A10801"))
    (case,) = await cases(client, clerk(district), reason="match_probable")
    shown = {name: case[name] for name in ("lot", "kind", "plate", "stay_state", "fee_fen", "at_stake_fen", "age_s")}
    assert shown == {
        "lot": QC,
        "kind": "exit",
        "plate": "鲁A10801",
        "stay_state": "closed",
        "fee_fen": 600,
        "at_stake_fen": 600,
        "age_s": case["age_s"],
    }
    assert case["age_s"] >= 0
    (candidate,) = case["candidates"]
    assert (candidate["plate"], candidate["likeness"], candidate["images"]) == ("鲁A10B01", "confused", pictures)
    one = (await client.get(f"/v1/cases/{case['id']}", headers=clerk(district))).raise_for_status().json()
    assert {**one, "age_s": 0} == {**case, "age_s": 0}
    charge = await client.get(f"/v1/charges/{case['charge_reference']}")
    assert charge.json()["amount_fen"] == 600
    (matched,) = case["matches"]
    assert (matched["outcome"], matched["believed_until"]) == ("probable", None)
    assert [(each["plate"], each["likeness"]) for each in matched["candidates"]] == [("鲁A10B01", "confused")]
    assert matched["stay_id"] == candidate["stay_id"]
    assert (await decide(client, f"/v1/cases/{case['id']}", clerk(district), "right"))["stay_state"] == "closed"


async def test_a_case_shows_what_its_exit_was_matched_with_before(
    client: httpx.AsyncClient, district: District
) -> None:
    await say(client, district, event("mi", "entry", MORNING, "鲁A17E51", replay=True))
    await say(client, district, event("mo", "exit", NOW, "鲁A17F84"))
    (case,) = await cases(client, clerk(district), plate="鲁A17F84")
    assert [each["outcome"] for each in case["matches"]] == ["none"]
    await decide(client, f"/v1/cases/{case['id']}", clerk(district), "plate", plate="鲁A17E51")
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=clerk(district))).raise_for_status().json()
    assert shown["stay_state"] == "closed"
    before, *after = shown["matches"]
    assert (before["outcome"], before["believed_until"] is None) == ("none", False)
    # From then on it is of the text that came in, which its stay tells.
    assert [each["outcome"] for each in after if each["believed_until"] is None] == []


@pytest.mark.parametrize(
    ("plates", "read", "outcome"),
    [(("鲁A17E6B", "鲁A17E68"), "鲁A17E6S", "ambiguous"), (("鲁A17E7X",), "鲁C84M30", "none")],
)
async def test_who_pairs_an_exit_with_its_entry_makes_the_match_certain(
    client: httpx.AsyncClient, district: District, plates: Sequence[str], read: str, outcome: str
) -> None:
    for plate in plates:
        await say(client, district, event(f"i{plate}", "entry", MORNING, plate, replay=True))
    await say(client, district, event(f"o{read}", "exit", NOW, read))
    (case,) = await cases(client, clerk(district), plate=read)
    (before,) = case["matches"]
    assert (before["outcome"], before["stay_id"], before["believed_until"]) == (outcome, None, None)
    query = "select id from gate_event where event_id = $1"
    came = str(await district.owner.fetchval(query, f"i{plates[0]}"))
    await decide(client, f"/v1/cases/{case['id']}", clerk(district), "pair", stay_id=came)
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=clerk(district))).raise_for_status().json()
    was, holds = shown["matches"]
    assert (was["outcome"], was["believed_until"]) == (outcome, holds["believed_from"])
    assert (holds["outcome"], holds["stay_id"], holds["believed_until"]) == ("certain", came, None)


async def test_cases_are_found_by_lot_reason_plate_day_state_and_assignee(
    client: httpx.AsyncClient, district: District
) -> None:
    await district.record(event("b1", "exit", NOW, "鲁A11001"), event("b2", "exit", NOW, "鲁A11002", lot=HOSPITAL))
    own = clerk(district)
    ours = {case["plate"]: case for case in await cases(client, own, reason="exit_without_entry")}
    assert {"鲁A11001", "鲁A11002"} <= set(ours)
    assert {case["lot"] for case in await cases(client, own, lot=HOSPITAL)} == {HOSPITAL}
    assert [case["plate"] for case in await cases(client, own, plate="鲁A·11001")] == ["鲁A11001"]
    assert await cases(client, own, plate="鲁A11001", day="2026-11-15") == []
    assert len(await cases(client, own, plate="鲁A11001", day="2026-11-16")) == 1
    path = f"/v1/cases/{ours['鲁A11001']['id']}"
    assert (await client.post(f"{path}/assign", json={"assignee": "wang"}, headers=own)).status_code == 204
    assert [case["plate"] for case in await cases(client, own, assignee="wang")] == ["鲁A11001"]
    assert (await client.post(f"{path}/assign", json={"assignee": None}, headers=own)).status_code == 204
    assert await cases(client, own, assignee="wang") == []
    await decide(client, path, own, "void")
    assert await cases(client, own, plate="鲁A11001") == []
    (resolved,) = await cases(client, own, plate="鲁A11001", state="resolved")
    assert (resolved["resolved_by"], resolved["note"]) == ("clerk:test", NOTE)


async def test_cases_have_pages(client: httpx.AsyncClient, district: District) -> None:
    await district.record(*(event(f"c{n}", "exit", MORNING, f"鲁C1000{n}") for n in range(5)))
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(20):
        page = (await client.get("/v1/cases", params={"limit": "2", **after}, headers=clerk(district))).json()
        seen += [case["id"] for case in page["cases"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen)) >= 5
    assert seen == sorted(seen)
    for query, field in (({"limit": "0"}, "limit"), ({"after": "x"}, "after"), ({"reason": "x"}, "reason")):
        problem(await client.get("/v1/cases", params=query, headers=clerk(district)), 400, field)


async def test_who_sees_and_decides_which_cases(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("d1", "exit", NOW, "鲁A12001"), event("d2", "exit", NOW, "鲁A12002", lot=HOSPITAL))
    own, here, there = clerk(district), booth(district), booth(district, HOSPITAL)
    (case,) = await cases(client, own, plate="鲁A12001")
    assert len(await cases(client, here, plate="鲁A12001")) == 1
    assert await cases(client, there, plate="鲁A12001") == []
    assert {case["lot"] for case in await cases(client, there)} == {HOSPITAL}
    assert await cases(client, clerk(district, STATION), plate="鲁A12001") == []
    path = f"/v1/cases/{case['id']}"
    said = {"kind": "let_out_free", "note": NOTE}
    for other in (there, clerk(district, STATION)):
        problem(await client.get(path, headers=other), 404)
        problem(await client.post(f"{path}/decide", json=said, headers=other), 404)
        problem(await client.post(f"{path}/assign", json={"assignee": "x"}, headers=other), 404)
        problem(await client.post(f"/v1/events/{case['event_id']}/decide", json=said, headers=other), 404)
        problem(await client.get("/v1/cases", params={"lot": QC}, headers=other), 403, "lot")
    problem(await client.get("/v1/cases", params={"lot": "nowhere"}, headers=own), 404, "lot")
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=1))
    problem(await client.post(f"{path}/decide", json=said, headers=driver), 403)
    for audience in (Audience.FINANCE, Audience.ADMIN):
        headers = running.bearer(token(audience, now=NOW))
        assert len(await cases(client, headers, plate="鲁A12001")) == 1
    assert (await decide(client, path, here, "let_out_free"))["n"] == 1
    assert await cases(client, own, plate="鲁A12001") == []


async def test_a_booth_has_a_token_of_its_lot(client: httpx.AsyncClient, district: District) -> None:
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    said = {"audience": "booth", "subject": "booth 3", "lot_id": district.lot(HOSPITAL).id}
    issued = (await client.post("/v1/tokens", json=said, headers=admin)).raise_for_status().json()
    await district.record(event("e1", "exit", NOW, "鲁A13001", lot=HOSPITAL), event("e2", "exit", NOW, "鲁A13002"))
    found = await cases(client, running.bearer(issued["token"]))
    assert ({case["lot"] for case in found}, "鲁A13001" in [case["plate"] for case in found]) == ({HOSPITAL}, True)
    for wrong in ({"lot_id": None}, {"lot_id": 999_999}, {"audience": "clerk"}):
        problem(await client.post("/v1/tokens", json={**said, **wrong}, headers=admin), 422, "lot_id")
    by_code = {"audience": "booth", "subject": "booth 4", "lot": HOSPITAL}
    issued = (await client.post("/v1/tokens", json=by_code, headers=admin)).raise_for_status().json()
    assert {case["lot"] for case in await cases(client, running.bearer(issued["token"]))} == {HOSPITAL}
    problem(await client.post("/v1/tokens", json={**by_code, "lot": "nowhere"}, headers=admin), 422, "lot")
    problem(await client.post("/v1/tokens", json={**said, "lot": HOSPITAL}, headers=admin), 400, "body")


async def test_events_are_looked_up_by_plate_lane_and_time(client: httpx.AsyncClient, district: District) -> None:
    await district.record(*visit("f", "鲁A14001", MORNING, NOW))
    query = {
        "lot": QC,
        "from": (MORNING - timedelta(hours=1)).isoformat(),
        "to": (NOW + timedelta(hours=1)).isoformat(),
    }
    own = clerk(district)
    page = (await client.get("/v1/events", params={**query, "plate": "A14001"}, headers=own)).raise_for_status().json()
    assert [(each["kind"], each["plate"], each["counts"]) for each in page["events"]] == [
        *(("entry", "鲁A14001", True), ("exit", "鲁A14001", True))
    ]
    of_lane = {**query, "plate": "A14001", "lane": f"{QC}-out"}
    (left,) = (await client.get("/v1/events", params=of_lane, headers=own)).json()["events"]
    await decide(client, f"/v1/events/{left['id']}", own, "plate", plate="鲁A14009")
    (again,) = (await client.get("/v1/events", params={**of_lane, "plate": "A14009"}, headers=own)).json()["events"]
    assert (again["id"], again["plate"], again["plate_now"]) == (left["id"], "鲁A14001", "鲁A14009")
    first = (await client.get("/v1/events", params={**query, "limit": "1"}, headers=own)).json()
    second = (
        await client.get("/v1/events", params={**query, "limit": "1", "after": first["next"]}, headers=own)
    ).json()
    assert first["events"][0]["id"] != second["events"][0]["id"]
    looks = "select count(*) from audit where action = 'personal.read' and subject = 'events'"
    assert await district.count(looks) == 5
    problem(await client.get("/v1/events", params={**query, "plate": "A1"}, headers=own), 422, "plate")
    problem(await client.get("/v1/events", params={**query, "to": "2027-01-01T00:00:00Z"}, headers=own), 422, "to")
    problem(await client.get("/v1/events", params={**query, "from": "2026-11-16T00:00:00"}, headers=own), 422, "to")
    problem(await client.get("/v1/events", params=query, headers=booth(district, HOSPITAL)), 403, "lot")
    await decide(client, f"/v1/events/{left['id']}", own, "undo", undoes=1)


# -- deciding


async def test_a_key_is_all_that_was_said_under_it(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("g8", "exit", NOW, "鲁A15081"))
    (case,) = await cases(client, clerk(district), plate="鲁A15081")
    headers = {**clerk(district), "Idempotency-Key": "plates"}
    said = {"kind": "plate", "plate": "鲁A15082", "note": NOTE}
    for one in (said, said):
        done = await client.post(f"/v1/cases/{case['id']}/decide", json=one, headers=headers)
        assert done.raise_for_status().json()["n"] == 1
    for other in ({"plate": "鲁A15083"}, {"plate_color": "yellow"}, {"direction": "entry"}):
        problem(await client.post(f"/v1/cases/{case['id']}/decide", json={**said, **other}, headers=headers), 409)


async def test_a_key_is_one_decision(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("g1", "exit", NOW, "鲁A15001"))
    (case,) = await cases(client, clerk(district), plate="鲁A15001")
    headers = {**clerk(district), "Idempotency-Key": "once"}
    path = f"/v1/cases/{case['id']}"
    first = await decide(client, path, headers, "let_out_free")
    again = await decide(client, path, headers, "let_out_free")
    assert (first["n"], again["n"]) == (1, 1)
    other = {"kind": "void", "note": NOTE}
    problem(await client.post(f"{path}/decide", json=other, headers=headers), 409)
    problem(await client.post(f"{path}/decide", json={"kind": "void"}, headers=headers), 400, "note")
    problem(await client.post(f"{path}/decide", json={**other, "kind": "plate"}, headers=clerk(district)), 422, "plate")
    problem(await client.post(f"{path}/decide", json={**other, "more": 1}, headers=headers), 400, "more")


async def test_several_are_decided_at_once_each_on_its_own(client: httpx.AsyncClient, district: District) -> None:
    plates = ["鲁A16001", "鲁A16002"]
    await district.record(*(event(f"h{n}", "exit", NOW, plate) for n, plate in enumerate(plates)))
    ids = [(await cases(client, clerk(district), plate=plate))[0]["id"] for plate in plates]
    nobody = "00000000-0000-0000-0000-000000000001"
    said = {"case_ids": [ids[0], nobody, ids[1]], "decision": {"kind": "void", "note": NOTE}}
    answer = await client.post("/v1/cases/decide", json=said, headers=clerk(district))
    answers = answer.raise_for_status().json()["answers"]
    assert [(each["case_id"], "decided" in each, each.get("refused")) for each in answers] == [
        *((ids[0], True, None), (nobody, False, "UnknownCase"), (ids[1], True, None))
    ]
    for plate in plates:
        assert await cases(client, clerk(district), plate=plate) == []
    problem(
        await client.post("/v1/cases/decide", json={**said, "case_ids": []}, headers=clerk(district)), 400, "case_ids"
    )
    problem(
        await client.post("/v1/cases/decide", json={**said, "case_ids": ids * 51}, headers=clerk(district)),
        400,
        "case_ids",
    )


async def test_the_barrier_opens_and_the_list_counts_at_once(client: httpx.AsyncClient, district: District) -> None:
    entered, left = await district.record(*visit("i", "鲁A17001", MORNING, NOW))
    gateway = running.bearer(district.keys[QC])
    stay = f"/v1/stays/{left.stay_id}"
    assert (await client.get(stay, headers=gateway)).json()["gate"] == "hold"
    event_id = await district.owner.fetchval("select id from gate_event where event_id = 'io'")
    await decide(client, f"/v1/events/{event_id}", booth(district), "let_out_and_charge")
    now = (await client.get(stay, headers=gateway)).json()
    assert (now["gate"], now["charge_state"], now["fee_fen"]) == ("open", "due", 600)
    assert entered.stay_id == left.stay_id


# -- appeals


async def test_a_driver_appeals_and_gets_the_money_back(client: httpx.AsyncClient, district: District) -> None:
    account_id = await district.account("鲁A18001")
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account_id))
    await say(client, district, *visit("j", "鲁A18001", MORNING, NOW, replay=True))
    (charge,) = (await client.get("/v1/account/charges", headers=driver)).json()["charges"]
    path = f"/v1/account/charges/{charge['reference']}/appeal"
    first = (await client.post(path, json={"reason": "I was in Qingdao"}, headers=driver)).raise_for_status().json()
    again = (await client.post(path, json={"reason": "I was in Qingdao!"}, headers=driver)).raise_for_status().json()
    assert first == again
    (case,) = await cases(client, clerk(district), reason="appeal", plate="鲁A18001")
    assert (case["id"], case["said"], case["at_stake_fen"]) == (first["case_id"], "I was in Qingdao", 600)
    assert case["charge_reference"] == charge["reference"]
    await decide(client, f"/v1/cases/{case['id']}", clerk(district), "plate", plate="鲁A18888")
    (charge,) = (await client.get("/v1/account/charges", headers=driver)).json()["charges"]
    assert charge["amount_fen"] == 0
    (correction,) = charge["corrections"]
    assert (correction["cause"], correction["cause_zh"]) == ("decision", "经工作人员核查，停车记录已更正")
    public = (await client.get(f"/v1/charges/{charge['reference']}")).raise_for_status().json()
    assert public["corrections"] == charge["corrections"]
    (appealed,) = (await client.get("/v1/account/appeals", headers=driver)).raise_for_status().json()["appeals"]
    assert (appealed["outcome"], appealed["appealed_fen"], appealed["given_back_fen"]) == ("cancelled", 600, 600)
    assert appealed["charge_reference"] == charge["reference"]
    assert appealed["text_zh"] == "经核查，该笔费用已取消。共减少 6.00 元。原因：经工作人员核查，停车记录已更正。"
    problem(await client.post(path, json={"reason": "again"}, headers=driver), 409)
    other = running.bearer(token(Audience.DRIVER, now=NOW, id=await district.account()))
    problem(await client.post(path, json={"reason": "x"}, headers=other), 404)
    problem(await client.post(path, json={"reason": ""}, headers=driver), 400, "reason")


async def test_appeals_have_limits(client: httpx.AsyncClient, district: District) -> None:
    plates = [f"鲁A1900{n}" for n in range(6)]
    account_id = await district.account(*plates[:3])
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account_id))
    for n in range(APPEALS_OPEN_MAX + 1):
        began = NOW - timedelta(days=n + 1)
        await district.record(*visit(f"k{n}", plates[n % 3], began - timedelta(hours=3), began, replay=True))
    charges = (await client.get("/v1/account/charges", headers=driver)).json()["charges"]
    answers = [
        (
            await client.post(f"/v1/account/charges/{each['reference']}/appeal", json={"reason": "no"}, headers=driver)
        ).status_code
        for each in charges
    ]
    assert answers == [200] * APPEALS_OPEN_MAX + [409]
    page = (await client.get("/v1/account/appeals?limit=4", headers=driver)).json()
    found = page["appeals"]
    while page["next"] is not None:
        page = (await client.get(f"/v1/account/appeals?limit=4&after={page['next']}", headers=driver)).json()
        found += page["appeals"]
    assert len(found) == APPEALS_OPEN_MAX
    assert {(each["outcome"], each["text_zh"]) for each in found} == {(None, "已受理，等待核查。")}
