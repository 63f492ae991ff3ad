"""What really happens at gates, over HTTP: what the table of situations names and no other module tells."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import structs, to_builtins

import sql
from payments.identity import Audience
from seeds.city.network import lot_plan
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, token, visit
from tests.parking.rights import charged_by
from tests.parking.rounds import round_of

DOOR = "/v1/gate-events"
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


# A place that is let to somebody for the nights: who comes earlier or stays on pays for that.
SHARED = """
[[passes]]
code = "night"
name_zh = "错时共享"
name_en = "Shared at night"
price_fen = 9000
period = "month"
hours = [{ from = "18:00", to = "09:00" }]
"""


@pytest.fixture(scope="module")
async def client(
    pool: sql.Pool, database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process; the station lets its places for the nights."""
    await charged_by(pool, database_url, STATION, "sharing", SHARED)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def say(client: httpx.AsyncClient, district: District, *said: Say, lot: str = QC) -> list[dict[str, Any]]:
    """What a gateway is answered to events that it hands in together."""
    answer = await client.post(DOOR, json=list(said), headers=running.bearer(district.keys[lot]))
    answers: list[dict[str, Any]] = answer.raise_for_status().json()
    return answers


async def pay(client: httpx.AsyncClient, answer: dict[str, Any]) -> None:
    """The driver scans what the lane shows, and pays."""
    path = f"/v1/charges/{answer['charge_reference']}/pay"
    (await client.post(path, json={"channel": "local", "payer": "ok"})).raise_for_status()


def clerk(district: District, lot: str = QC) -> dict[str, str]:
    return running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(lot).operator_id))


async def cases(client: httpx.AsyncClient, headers: dict[str, str], **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        (await client.get("/v1/cases", params=query, headers=headers)).raise_for_status().json()["cases"]
    )
    return found


async def decide(client: httpx.AsyncClient, path: str, headers: dict[str, str], kind: str, **said: Any) -> None:
    answer = await client.post(
        f"{path}/decide", json={"kind": kind, "note": "seen on the picture", **said}, headers=headers
    )
    answer.raise_for_status()


def late(*said: Say) -> list[Say]:
    """Events as they are handed in late."""
    return [{**each, "replay": True} for each in said]


def bare(number: str, kind: str, at: datetime, lot: str = QC, **more: Any) -> Say:
    """A vehicle at a lane that the camera read no plate of."""
    said = event(number, kind, at, lot=lot, plate_color="unknown", **more)
    del said["plate"]
    return said


# -- no plate


async def test_who_has_no_plate_comes_and_goes_by_a_ticket(client: httpx.AsyncClient, district: District) -> None:
    (held,) = await say(client, district, bare("np1", "entry", NOW))
    assert (held["gate"], held["reason"]) == ("hold", "no_plate")
    (came,) = await say(client, district, *late(bare("np2", "entry", NOW - 3 * HOUR, ticket="7f3a-91", confidence=0)))
    assert (came["status"], came["stay_id"] is not None, came.get("doubts")) == ("recorded", True, None)
    # Another car with the next number is another vehicle.
    (other,) = await say(client, district, *late(bare("np3", "entry", NOW - 3 * HOUR, ticket="7f3a-92")))
    assert other["stay_id"] != came["stay_id"]
    (left,) = await say(client, district, bare("np4", "exit", NOW, ticket="7F3A91"))
    assert (left["gate"], left["fee_fen"], left["stay_id"]) == ("hold", 600, came["stay_id"])
    await pay(client, left)
    (again,) = await say(client, district, bare("np5", "exit", NOW + 5 * SECOND, ticket="7F3A91"))
    assert (again["gate"], again["stay_id"]) == ("open", came["stay_id"])
    # Nobody makes a stranger's ticket their own.
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=await district.account()))
    link = {"plate": "票7F3A91", "plate_color": "blue"}
    assert (await client.post("/v1/account/plates", json=link, headers=driver)).status_code == 422


async def test_a_ticket_is_given_its_plate_by_a_person(client: httpx.AsyncClient, district: District) -> None:
    (came,) = await say(client, district, *late(bare("nq1", "entry", NOW - 3 * HOUR, ticket="PAPER17")))
    # The paper is lost, and at the exit the plate that lay behind the window is in its place.
    (left,) = await say(client, district, event("nq2", "exit", NOW, "鲁A71C04"))
    assert (left["gate"], left["reason"]) == ("hold", "exit_without_entry")
    day = {"from": (NOW - 4 * HOUR).isoformat(), "to": NOW.isoformat()}
    shown = await client.get("/v1/events", params={"lot": QC, "plate": "票PAPER17", **day}, headers=clerk(district))
    (entry,) = shown.raise_for_status().json()["events"]
    await decide(client, f"/v1/events/{entry['id']}", clerk(district), "plate", plate="鲁A71C04")
    stay = (await client.get(f"/v1/stays/{came['stay_id']}", headers=running.bearer(district.keys[QC]))).json()
    assert (stay["state"], stay["fee_fen"], stay["gate"]) == ("closed", 600, "hold")
    assert await cases(client, clerk(district), plate="鲁A71C04") == []


# -- reads that are no cars of their own, and cars that were not read


async def test_a_camera_that_fires_twice_has_seen_one_car(client: httpx.AsyncClient, district: District) -> None:
    came = [event(f"tw{n}", "entry", NOW - 3 * HOUR + n * 4 * SECOND, "鲁A72C04") for n in range(2)]
    misread = event("tw2", "entry", NOW - 3 * HOUR + 0.6 * SECOND, "鲁A72CO4", confidence=0.5)
    answers = await say(client, district, *late(*came, misread))
    assert len({answer["stay_id"] for answer in answers[:2]}) == 1
    left = await say(client, district, *(event(f"tx{n}", "exit", NOW + n * SECOND, "鲁A72C04") for n in range(2)))
    assert [(each["gate"], each["fee_fen"]) for each in left] == [("hold", 600)] * 2
    assert {each["stay_id"] for each in left} == {answers[0]["stay_id"]}
    stays = "select count(*) from stay where plate like '鲁A72C%' and merged_into is null"
    assert await district.count(stays) == 1
    assert await district.count("select count(*) from open_stay where plate like '鲁A72C%'") == 0


async def test_who_comes_again_without_having_left_pays_from_then_on(
    client: httpx.AsyncClient, district: District
) -> None:
    came = [event(f"de{n}", "entry", NOW - ago * HOUR, "鲁A73C04") for n, ago in enumerate((30, 2))]
    first, second = await say(client, district, *late(*came))
    assert second["reason"] == "entry_while_inside"
    (left,) = await say(client, district, event("de3", "exit", NOW, "鲁A73C04"))
    assert (left["stay_id"], left["fee_fen"]) == (second["stay_id"], 400)
    gateway = running.bearer(district.keys[QC])
    before = (await client.get(f"/v1/stays/{first['stay_id']}", headers=gateway)).json()
    assert (before["state"], before.get("fee_fen")) == ("superseded", None)


async def test_who_follows_another_car_out_is_before_a_person(client: httpx.AsyncClient, district: District) -> None:
    rule = {"confirms_passages": True}
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    (await client.put(f"/v1/admin/lots/{STATION}/exits", json=rule, headers=admin)).raise_for_status()
    came = (("tg0", "鲁A74C01"), ("tg1", "鲁B58D36"))
    reads = [event(number, "entry", NOW - 2 * HOUR, plate, lot=STATION) for number, plate in came]
    _, behind = await say(client, district, *late(*reads), lot=STATION)
    (left,) = await say(client, district, event("tg3", "exit", NOW - MINUTE, "鲁A74C01", lot=STATION), lot=STATION)
    await pay(client, left)
    passages = [
        {"event_id": f"tp{n}", "kind": "passage", "lane": f"{STATION}-out", "outcome": "passed", "of": "tg3",
         "occurred_at": (NOW - 30 * SECOND + n * 3 * SECOND).isoformat()}
        for n in range(2)
    ]  # fmt: skip
    own, followed = await say(client, district, *passages, lot=STATION)
    assert (own["stay_id"], own["status"]) == (left["stay_id"], "recorded")
    assert (followed["reason"], followed.get("stay_id")) == ("passage_without_read", None)
    assert len(await cases(client, clerk(district, STATION), reason="passage_without_read")) == 1
    # Whoever it was comes again one day, and is charged for nothing that nobody saw.
    (again,) = await say(client, district, event("tg9", "entry", NOW, "鲁B58D36", lot=STATION), lot=STATION)
    assert (again["gate"], again["reason"]) == ("open", "entry_while_inside")
    gone = await client.get(f"/v1/stays/{behind['stay_id']}", headers=running.bearer(district.keys[STATION]))
    assert (gone.json()["state"], gone.json().get("fee_fen")) == ("superseded", None)


async def test_who_turns_back_at_the_entry_never_came(client: httpx.AsyncClient, district: District) -> None:
    (came,) = await say(client, district, event("tb1", "entry", NOW, "鲁A87C04"))
    assert came["gate"] == "open"
    back = {"event_id": "tb2", "kind": "passage", "lane": f"{QC}-in", "outcome": "turned_back", "of": "tb1"}
    (told,) = await say(client, district, {**back, "occurred_at": (NOW + 20 * SECOND).isoformat()})
    assert (told["status"], told["gate"], told["stay_id"]) == ("recorded", "none", came["stay_id"])
    assert await district.count("select count(*) from open_stay where plate = '鲁A87C04'") == 0


# -- barriers and counts


async def test_a_barrier_that_a_person_lifts_has_a_name_a_reason_and_its_money(
    client: httpx.AsyncClient, district: District
) -> None:
    entry, exit_ = visit("li", "鲁A75C04", NOW - 3 * HOUR, NOW - 2 * MINUTE, lot=HOSPITAL)
    await say(client, district, *late(entry, exit_), lot=HOSPITAL)
    lift = {"event_id": "lift", "kind": "barrier", "lane": f"{HOSPITAL}-out", "occurred_at": (NOW - MINUTE).isoformat()}
    lift |= {"action": "opened", "by": "person", "person": "li", "reason": "ambulance behind"}
    (told,) = await say(client, district, lift, lot=HOSPITAL)
    assert (told["status"], told["gate"]) == ("recorded", "none")
    query = {"lot": HOSPITAL, "from": (NOW - HOUR).isoformat(), "without_money": "true"}
    (shown,) = (await client.get("/v1/lifts", params=query, headers=clerk(district, HOSPITAL))).json()["lifts"]
    assert (shown["person"], shown["reason"], shown["plate"], shown["owed_fen"], shown["taken_fen"]) == (
        *("li", "ambulance behind", "鲁A75C04", 600, None),
    )


async def test_a_gateway_that_was_cut_off_changes_what_was_believed(
    client: httpx.AsyncClient, district: District
) -> None:
    first, second = (
        visit("of", "鲁A76C04", NOW - 49 * HOUR, NOW - 47 * HOUR),
        visit("og", "鲁A76C04", NOW - 2 * HOUR, NOW),
    )
    await say(client, district, *late(first[0]))
    (live,) = await say(client, district, second[1])
    assert live["fee_fen"] > 5_000
    told = await say(client, district, *late(second[0], first[1]))
    assert {each["gate"] for each in told} == {"none"}
    fees = "select array_agg(fee_fen order by left_at) from stay where plate = '鲁A76C04' and state = 'closed'"
    assert await district.owner.fetchval(fees) == [400, 400]
    (again,) = await say(client, district, second[1])
    assert (again["status"], again["fee_fen"], again["gate"]) == ("duplicate", 400, "hold")


async def test_a_lot_counts_itself_and_names_who_is_not_there(client: httpx.AsyncClient, district: District) -> None:
    at = NOW.isoformat()
    await say(client, district, *late(event("ct1", "entry", NOW - HOUR, "鲁A77C04", lot=HOSPITAL)), lot=HOSPITAL)
    counted = {"event_id": "ct2", "kind": "count", "occurred_at": at, "occupied": 41}
    (told,) = await say(client, district, counted, lot=HOSPITAL)
    assert told["status"] == "recorded"
    row = "select inside + correction from lot_occupancy where lot_id = $1"
    assert await district.count(row, district.lot(HOSPITAL).id) == 41
    listed = {"event_id": "ct3", "kind": "plates_inside", "occurred_at": at, "plates": ["鲁K77777"]}
    (told,) = await say(client, district, listed, lot=HOSPITAL)
    assert told["reason"] == "plates_inside_differ"
    assert len(await cases(client, clerk(district, HOSPITAL), reason="plates_inside_differ")) == 1


async def test_cash_pays_and_its_shift_is_handed_over(client: httpx.AsyncClient, district: District) -> None:
    entry, exit_ = visit("ca", "鲁A78C04", NOW - 3 * HOUR, NOW - 2 * MINUTE)
    _, left = await say(client, district, *late(entry, exit_))
    cash: Say = {"event_id": "cash", "kind": "cash", "occurred_at": NOW.isoformat(), "lane": f"{QC}-out", "of": "cao"}
    cash |= {"amount_fen": 600, "person": "li", "shift": "early"}
    nobodys = {**cash, "event_id": "cash-2", "of": "unheard of", "amount_fen": 50}
    told = await say(client, district, cash, nobodys)
    assert [each["status"] for each in told] == ["recorded", "recorded"]
    assert left["fee_fen"] == 600
    assert await district.count("select owed_fen from charge where stay_id = $1", UUID(left["stay_id"])) == 0
    assert len(await cases(client, clerk(district), reason="cash_taken")) == 1
    operator_id, lot_id = district.lot().operator_id, district.lot().id
    booth = running.bearer(token(Audience.BOOTH, now=NOW, operator_id=operator_id, lot_id=lot_id))
    (shift,) = (
        await client.get("/v1/shifts", params={"lot": QC, "from": (NOW - HOUR).isoformat()}, headers=booth)
    ).json()["shifts"]
    assert (shift["name"], shift["taken_fen"], shift["waiting_count"]) == ("early", 650, 1)
    path = f"/v1/shifts/{shift['id']}/hand-over"
    over = (await client.post(path, json={"counted_fen": 600}, headers=booth)).json()
    assert (over["taken_fen"], over["counted_fen"], over["difference_fen"]) == (650, 600, -50)
    of_lot = await cases(client, clerk(district), lot=QC, limit="100")
    handed = await cases(client, clerk(district), shift=shift["id"], state="all", limit="100")
    assert over["open_cases"] == len(handed) > 0
    assert {each["id"] for each in handed} == {each["id"] for each in of_lot}
    assert (await client.post(path, json={"counted_fen": 600}, headers=booth)).json() == over
    assert (await client.post(path, json={"counted_fen": 650}, headers=booth)).status_code == 409
    file = await client.get(f"/v1/shifts/{shift['id']}/cash.csv", headers=booth)
    yuan = [line.split(",")[-1] for line in file.text.splitlines()]
    assert (yuan[0], sorted(yuan[1:3]), yuan[3:]) == ("金额（元）", ["0.50", "6.00"], [])
    there = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    assert (await client.get(f"/v1/shifts/{shift['id']}/cash.csv", headers=there)).status_code == 404
    opened = await client.post("/v1/shifts", json={"lot": QC, "name": "late"}, headers=booth)
    assert opened.status_code == 200
    elsewhere = await client.post("/v1/shifts", json={"lot": HOSPITAL, "name": "late"}, headers=booth)
    assert elsewhere.status_code == 403
    await say(client, district, {**cash, "event_id": "cash-3", "amount_fen": 10, "replay": True})
    shifts = (await client.get("/v1/shifts", headers=booth)).json()["shifts"]
    assert [(each["name"], each["taken_fen"], each["late_count"]) for each in shifts if each["taken_fen"]] == [
        *(("early", 650, 0), ("early", 10, 1)),
    ]


# -- one vehicle in several lots


async def test_a_cloned_plate_waits_for_a_person(
    client: httpx.AsyncClient, district: District, redis_server_url: str
) -> None:
    account = await district.account("鲁A79C04")
    await say(client, district, *late(*visit("cl", "鲁A79C04", NOW - 5 * HOUR, NOW - HOUR)))
    await say(client, district, *late(*visit("cm", "鲁A79C04", NOW - 3 * HOUR, NOW, lot=HOSPITAL)), lot=HOSPITAL)
    await round_of(district, redis_server_url, "elsewhere")
    (case,) = await cases(client, clerk(district), reason="elsewhere", plate="鲁A79C04")
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    charges = (await client.get("/v1/account/charges", headers=driver)).json()["charges"]
    assert [each["state"] for each in charges] == ["due", "due"]
    held = "select count(*) from charge_hold where reason = 'elsewhere' and released_at is null"
    assert await district.count(held) == 2
    await decide(client, f"/v1/cases/{case['id']}", clerk(district), "right")
    assert await district.count(held) == 0


async def test_what_is_given_back_goes_the_way_it_came(client: httpx.AsyncClient, district: District) -> None:
    _, left = await say(client, district, *late(*visit("rf", "鲁A80C04", NOW - 3 * HOUR, NOW)))
    charge = await district.owner.fetchval("select id from charge where stay_id = $1", UUID(left["stay_id"]))
    reference = await district.owner.fetchval("select reference from charge where id = $1", charge)
    await pay(client, {"charge_reference": reference})
    finance = running.bearer(token(Audience.FINANCE, now=NOW))
    refund = {"amount_fen": 200, "reason": "gate was broken"}
    path = f"/v1/charges/{charge}/refunds"
    for headers, status in ((clerk(district), 403), (finance, 201)):
        done = await client.post(path, json=refund, headers={**headers, "Idempotency-Key": "once"})
        assert done.status_code == status
    assert done.json()["state"] == "succeeded"
    shown = (await client.get(f"/v1/charges/{reference}")).json()
    assert (shown["paid_fen"], shown["refunded_fen"]) == (600, 200)


async def test_a_lot_inside_of_another_contradicts_nobody(
    client: httpx.AsyncClient, district: District, redis_server_url: str
) -> None:
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    inner = structs.replace(lot_plan("qc-inner", "jn-static"), inside_of=QC)
    made = await client.post("/v1/admin/lots", json=to_builtins(inner), headers=admin)
    assert made.status_code == 201
    keys = await client.post(f"/v1/admin/gateways/{inner.gateway}/keys", headers=admin)
    await running.known()
    there = running.bearer(keys.raise_for_status().json()["key"])
    said = late(*visit("nl", "鲁A81C04", NOW - 3 * HOUR, NOW - HOUR, lot="qc-inner"))
    (await client.post(DOOR, json=said, headers=there)).raise_for_status()
    await say(client, district, *late(event("nmi", "entry", NOW - 4 * HOUR, "鲁A81C04")))
    (left,) = await say(client, district, event("nmo", "exit", NOW, "鲁A81C04"))
    assert left["fee_fen"] == 800
    await round_of(district, redis_server_url, "elsewhere")
    assert await cases(client, admin, reason="elsewhere", plate="鲁A81C04") == []


# -- what is still owed


async def test_who_owes_is_asked_at_the_next_lot(client: httpx.AsyncClient, district: District) -> None:
    entry, exit_ = visit("ow", "鲁A85C04", NOW - 5 * HOUR, NOW - 2 * HOUR)
    _, left = await say(client, district, *late(entry, exit_))
    there, query = running.bearer(district.keys[STATION]), {"plate": "鲁A·85C04"}
    owed = (await client.get("/v1/arrears", params=query, headers=there)).raise_for_status().json()
    assert (owed["owed_fen"], owed["display"]["zh"]) == (left["fee_fen"], "欠费 5.00元")
    assert [set(each) for each in owed["charges"]] == [{"reference", "owed_fen"}]
    await pay(client, {"charge_reference": owed["charges"][0]["reference"]})
    owed = (await client.get("/v1/arrears", params=query, headers=there)).json()
    assert (owed["owed_fen"], owed["charges"]) == (0, [])
    earned = "select s.lot_id from charge c join stay s on s.id = c.stay_id where s.plate = $1 and c.state = 'paid'"
    assert await district.owner.fetchval(earned, "鲁A85C04") == district.lot(QC).id
    # What an account pays is its own affair.
    await district.account("鲁A86C04")
    await say(client, district, *late(*visit("ox", "鲁A86C04", NOW - 5 * HOUR, NOW - 2 * HOUR)))
    owed = (await client.get("/v1/arrears", params={"plate": "鲁A86C04"}, headers=there)).json()
    assert owed["owed_fen"] == 0
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=1))
    assert (await client.get("/v1/arrears", params=query, headers=driver)).status_code == 403


# -- a place for the hours of some days


async def test_who_comes_before_the_hours_of_a_shared_place_or_stays_on_pays_for_that(
    client: httpx.AsyncClient, district: District
) -> None:
    shared = {
        "code": "night",
        "vehicles": [{"plate": "鲁A83C04"}, {"plate": "鲁B84D36"}],
        "lots": [STATION],
        "valid_from": "2026-11-15",
        "valid_through": "2026-11-16",
        "bays": 2,
        "note": "shared",
    }
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    (await client.post("/v1/admin/passes", json=shared, headers=admin)).raise_for_status()
    # 17:00 to 10:00: an hour early, an hour over. 18:30 to 08:30: neither. Who does not come owes nothing.
    for number, plate, came, left, fee_fen in (
        ("bk", "鲁A83C04", 17 * HOUR, 0 * HOUR, 400),
        ("bl", "鲁B84D36", 15.5 * HOUR, 1.5 * HOUR, 0),
    ):
        said = visit(number, plate, NOW - came, NOW - left, lot=STATION)
        _, out = await say(client, district, *late(*said), lot=STATION)
        assert out["fee_fen"] == fee_fen
