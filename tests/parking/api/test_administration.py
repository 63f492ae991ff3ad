"""What staff may do to the network and to plates over HTTP, and that staff of one operator stay with their own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

import sql
from payments.identity import Audience
from seeds.city.network import lot_plan
from sql import invariants
from tests import running
from tests.conftest import NOW
from tests.district import QC, District, event, token
from tests.parking.api.problem import problem

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PLATES = "/v1/account/plates"
BLUE = {"plate_color": "blue"}
LOT: dict[str, Any] = msgspec.to_builtins(lot_plan("new", "jn-static"))


@pytest.fixture
async def client(database_url: str, redis_server_url: str, district: District) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def staff(audience: Audience, **limits: Any) -> dict[str, str]:
    return running.bearer(token(audience, now=NOW, **limits))


async def test_a_plate_has_one_payer_until_it_is_let_go(
    client: httpx.AsyncClient, district: District, owner: sql.Connection
) -> None:
    first_id, second_id = await district.account(), await district.account()
    first, second = staff(Audience.DRIVER, id=first_id), staff(Audience.DRIVER, id=second_id)
    body = {"plate": "鲁A 5H0LD", **BLUE}
    for _ in range(2):
        assert (await client.post(PLATES, json=body, headers=first)).status_code == 201
    # Nobody learns that the plate has an account: the answer and the list are those of a link.
    for _ in range(2):
        assert (await client.post(PLATES, json=body, headers=second)).status_code == 201
    assert [each["plate"] for each in (await client.get(PLATES, headers=second)).json()] == ["鲁A5H0LD"]
    payer = (
        "select account_id from account_plate where plate = '鲁A5H0LD' and plate_color = 'blue' and unlinked_at is null"
    )
    assert await owner.fetchval(payer) == first_id
    # Text and colour are the vehicle: the same text on yellow is another one.
    yellow = {**body, "plate_color": "yellow"}
    assert (await client.post(PLATES, json=yellow, headers=second)).status_code == 201

    assert (await client.delete(f"{PLATES}/鲁A5H0LD", params=BLUE, headers=first)).status_code == 204
    assert await owner.fetchval(payer) == second_id
    problem(await client.delete(f"{PLATES}/鲁A5H0LD", params=BLUE, headers=first), 404, "plate")
    assert (await client.post(PLATES, json=body, headers=first)).status_code == 201
    assert await owner.fetchval(payer) == second_id

    # Who waits gets it from an account that may do nothing.
    await owner.execute("update account set status = 'suspended' where id = $1", second_id)
    assert (await client.post(PLATES, json=body, headers=first)).status_code == 201
    assert await owner.fetchval(payer) == first_id
    assert await owner.fetchval("select count(*) from plate_claim where plate = '鲁A5H0LD'") == 0


async def test_of_two_accounts_that_link_a_plate_one_pays(client: httpx.AsyncClient, district: District) -> None:
    drivers = [staff(Audience.DRIVER, id=await district.account()) for _ in range(2)]
    for driver in drivers:
        # Whoever comes second is told the same, and learns nothing of another.
        assert (await client.post(PLATES, json={"plate": "鲁A89C04", **BLUE}, headers=driver)).status_code == 201
    gateway = running.bearer(district.keys[QC])
    came = event("op1", "entry", NOW - 3 * HOUR, "鲁A89C04", replay=True)
    for said in (came, event("op2", "exit", NOW + MINUTE, "鲁A89C04")):
        answer = (await client.post("/v1/gate-events", json=said, headers=gateway)).raise_for_status().json()
    assert (answer["gate"], answer["payment"]) == ("open", "will_be_charged")
    charges = [(await client.get("/v1/account/charges", headers=driver)).json()["charges"] for driver in drivers]
    assert [len(each) for each in charges] == [1, 0]


async def test_of_two_who_link_at_once_one_pays(
    client: httpx.AsyncClient, district: District, owner: sql.Connection
) -> None:
    body = {"plate": "鲁A2RACE", **BLUE}
    accounts = [await district.account() for _ in range(4)]
    answers = await asyncio.gather(
        *(client.post(PLATES, json=body, headers=staff(Audience.DRIVER, id=account)) for account in accounts)
    )
    assert [answer.status_code for answer in answers] == [201] * 4
    for table, rows in (("account_plate", 1), ("plate_claim", 3)):
        assert await owner.fetchval(f"select count(*) from {table} where plate = '鲁A2RACE'") == rows


async def test_staff_of_the_city_release_a_plate(
    client: httpx.AsyncClient, district: District, owner: sql.Connection
) -> None:
    holder = await district.account("鲁A7REL5")
    path = "/v1/admin/plates/鲁A7REL5"
    limited = staff(Audience.CLERK, operator_id=district.lot(QC).operator_id)
    problem(await client.delete(path, params=BLUE, headers=limited), 403)
    assert (await client.delete(path, params=BLUE, headers=staff(Audience.CLERK))).status_code == 204
    problem(await client.delete(path, params=BLUE, headers=staff(Audience.CLERK)), 404, "plate")
    lines = await owner.fetch(
        "select actor, detail from audit where owner_id = $1 and action = 'plate.release'", holder
    )
    assert [(row["actor"], "鲁A7REL5" in row["detail"]) for row in lines] == [("clerk:test", True)]
    said = problem(
        await client.delete(f"/v1/admin/plates/{'x' * 3000}", params=BLUE, headers=staff(Audience.ADMIN)), 404, "plate"
    )
    assert "xxx" not in str(said)


async def test_keys_leave_lines_in_the_audit_log(client: httpx.AsyncClient, owner: sql.Connection) -> None:
    admin, keys = staff(Audience.ADMIN), f"/v1/admin/gateways/{QC}-gw/keys"
    key_id = (await client.post(keys, headers=admin)).raise_for_status().json()["key"].split("_")[1]
    (await client.delete(f"{keys}/{key_id}", headers=admin)).raise_for_status()
    lines = await owner.fetch("select actor, action, subject from audit where detail->>'key_id' = $1", key_id)
    assert {tuple(row) for row in lines} == {
        ("admin:test", "gateway_key.issue", f"gateway:{QC}-gw"),
        ("admin:test", "gateway_key.revoke", f"gateway:{QC}-gw"),
    }


async def test_an_administrator_of_one_operator_stays_with_it(client: httpx.AsyncClient, district: District) -> None:
    own, other = (staff(Audience.ADMIN, operator_id=o.id) for o in district.network.operators.values())
    mine = {"jn-static": own, "sd-rail": other}
    assert {o.code for o in district.network.operators.values()} == set(mine)
    keys = f"/v1/admin/gateways/{QC}-gw/keys"
    problem(await client.post("/v1/admin/lots", json=LOT, headers=other), 403)
    problem(await client.post(keys, headers=other), 403)
    problem(await client.get(keys, headers=other), 403)
    problem(await client.delete(f"{keys}/0123456789abcdef", headers=other), 403)
    assert (await client.post("/v1/admin/lots", json=LOT, headers=own)).status_code == 201
    issued = await client.post("/v1/admin/gateways/new-gw/keys", headers=own)
    assert issued.status_code == 201
    (key,) = (await client.get("/v1/admin/gateways/new-gw/keys", headers=own)).json()
    assert key["id"] in issued.json()["key"]
    assert (await client.post("/v1/admin/lots", json=LOT, headers=own)).status_code == 200
    for taken, field in (({"code": "new2"}, "gateway"), ({"code": "new2", "gateway": "new2-gw"}, "lanes")):
        problem(await client.post("/v1/admin/lots", json={**LOT, **taken}, headers=own), 409, field)
    problem(await client.get("/v1/admin/gateways/nobody/keys", headers=staff(Audience.ADMIN)), 404)

    inner = {**LOT, "code": "inner", "gateway": "inner-gw", "inside_of": QC, "inner_clock": "stops"}
    inner["lanes"] = [{**lane, "code": f"inner-{lane['code']}"} for lane in LOT["lanes"]]
    problem(await client.post("/v1/admin/lots", json={**inner, "inside_of": None}, headers=own), 400, "body")
    problem(await client.post("/v1/admin/lots", json={**inner, "operator_code": "sd-rail"}, headers=other), 403)
    assert (await client.post("/v1/admin/lots", json=inner, headers=own)).status_code == 201
    said = f"Time in {inner['name_en']}, a lot inside, is not counted here."
    for _ in range(100):
        board = (await client.get(f"/v1/lots/{QC}")).json()["tariff"]["board"]
        if said in board["en"]:
            break
        await asyncio.sleep(0.1)
    assert said in board["en"]

    problem(await client.get("/v1/admin/invariants", headers=own), 403)
    assert (await client.get("/v1/admin/invariants", headers=staff(Audience.ADMIN))).json()["holds"]


async def test_a_case_names_its_lot(client: httpx.AsyncClient, district: District) -> None:
    said = event("names-1", "entry", NOW, "无车牌")
    headers = running.bearer(district.keys[QC])
    (await client.post("/v1/gate-events", json=said, headers=headers)).raise_for_status()
    (case,) = (await client.get("/v1/cases", headers=staff(Audience.CLERK))).json()["cases"]
    assert (case["lot"], case["reason"]) == (QC, "no_plate")
    assert "lot_id" not in case


def test_findings_show_no_plates() -> None:
    row = {"lot_id": 1, "plate": "鲁A12345", "plate_color": "blue"}
    assert invariants.shown(row) == "lot_id=1, plate=…, plate_color=…"
