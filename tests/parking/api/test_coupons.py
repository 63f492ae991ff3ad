"""Coupons over HTTP: at the gate and before it, once each, used up, given back, and at whose cost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

import sql
from parking.coupons import GIVEN_BACK_AT_ONCE_USES_MAX
from parking.flow.coupons import look_on
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, token, visit
from tests.parking.api.problem import problem
from tests.parking.rights import charged_by

HOUR = timedelta(hours=1)
PATH = "/v1/admin/coupons"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
SOLD = """
[[discounts]]
code = "hour"
name_zh = "减免一小时"
name_en = "An hour"
kind = "minutes"
minutes = 60
coupon = true

[[discounts]]
code = "half"
name_zh = "半价"
name_en = "Half price"
kind = "percent"
percent = 50
coupon = true

[[discounts]]
code = "three"
name_zh = "减免3元"
name_en = "3 CNY"
kind = "amount"
fen = 300
coupon = true

[[discounts]]
code = "all"
name_zh = "全免"
name_en = "Free"
kind = "percent"
percent = 100
coupon = true

[[discounts]]
code = "card"
name_zh = "市民卡八折"
name_en = "Citizen card"
kind = "percent"
percent = 20
paid_by = ["citizen_card"]

[[discounts]]
code = "seamless"
name_zh = "无感支付九折"
name_en = "Paid by an account"
kind = "percent"
percent = 10
paid_by = ["account"]
"""


@pytest.fixture(scope="module")
async def client(
    pool: sql.Pool, database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process; the hospital takes coupons."""
    await charged_by(pool, database_url, HOSPITAL, "taking", SOLD)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def gateway(district: District) -> dict[str, str]:
    return running.bearer(district.keys[HOSPITAL])


async def hand_out(client: httpx.AsyncClient, discount: str, headers: dict[str, str] = ADMIN, **said: Any) -> list[str]:
    about = {
        "discount": discount, "lots": [HOSPITAL], "valid_from": (NOW - 24 * HOUR).isoformat(),
        "valid_until": (NOW + 24 * HOUR).isoformat(), "note": "opening day", **said,
    }  # fmt: skip
    answer = await client.post(PATH, json=about, headers=headers)
    return [each["code"] for each in answer.raise_for_status().json()]


async def sent(client: httpx.AsyncClient, district: District, said: dict[str, Any]) -> Any:
    answer = await client.post("/v1/gate-events", json=said, headers=gateway(district))
    return answer.raise_for_status().json()


async def stays(
    client: httpx.AsyncClient, district: District, number: str, plate: str, *codes: str, hours: int = 5
) -> Any:
    """The answer to the exit of a car that stayed so long and hands in these codes."""
    entry, exit_ = visit(number, plate, NOW - hours * HOUR, NOW, lot=HOSPITAL)
    await sent(client, district, {**entry, "replay": True})
    return await sent(client, district, {**exit_, "coupons": list(codes)} if codes else exit_)


@pytest.mark.parametrize(
    ("discount", "fen", "plate"),
    [("hour", 800, "鲁A81012"), ("half", 500, "鲁A82012"), ("three", 700, "鲁A83012"), ("all", 0, "鲁A84012")],
)
async def test_a_coupon_takes_off_what_the_price_says(
    client: httpx.AsyncClient, district: District, discount: str, fen: int, plate: str
) -> None:
    (code,) = await hand_out(client, discount)
    out = await stays(client, district, f"k{discount}", plate, code)
    assert (out["fee_fen"], out["coupons"]) == (fen, [{"code": code, "outcome": "taken"}])
    assert out["gate"] == ("open" if fen == 0 else "hold")
    worth = await district.owner.fetchval(
        "select r.rights->'coupons'->0->>'worth_fen' from stay_rights r join stay s on s.id = r.stay_id "
        "where s.plate = $1",
        plate,
    )
    assert worth == str(1000 - fen)


async def test_a_coupon_is_taken_once(client: httpx.AsyncClient, district: District) -> None:
    (code,) = await hand_out(client, "all")
    first = await stays(client, district, "o1", "鲁A85012", code)
    assert (first["gate"], first["fee_fen"]) == ("open", 0)
    second = await stays(client, district, "o2", "鲁B86034", code)
    assert (second["gate"], second["fee_fen"], second["coupons"]) == (
        "hold",
        1000,
        [{"code": code, "outcome": "used_up"}],
    )
    again = await client.post(
        f"/v1/stays/{first['stay_id']}/coupons", json={"coupons": [code]}, headers=gateway(district)
    )
    assert again.json()["coupons"] == [{"code": code, "outcome": "already"}]
    unknown = await stays(client, district, "o3", "鲁C87056", "nobody-has-it")
    assert (unknown["fee_fen"], unknown["coupons"]) == (1000, [{"code": "nobody-has-it", "outcome": "unknown"}])


async def test_two_gates_race_for_one_coupon(client: httpx.AsyncClient, district: District) -> None:
    (code,) = await hand_out(client, "all", uses_max=2)
    cars = ["鲁A21012", "鲁B32034", "鲁C43056", "鲁D54078", "鲁E65019"]
    for number, plate in enumerate(cars):
        entry, _ = visit(f"r{number}", plate, NOW - 5 * HOUR, NOW, lot=HOSPITAL)
        await sent(client, district, {**entry, "replay": True})
    exits = [visit(f"r{n}", plate, NOW - 5 * HOUR, NOW, lot=HOSPITAL)[1] for n, plate in enumerate(cars)]
    answers = await asyncio.gather(*(sent(client, district, {**each, "coupons": [code]}) for each in exits))
    assert sorted(each["coupons"][0]["outcome"] for each in answers) == ["taken"] * 2 + ["used_up"] * 3
    assert sorted(each["fee_fen"] for each in answers) == [0, 0, 1000, 1000, 1000]


async def test_a_coupon_is_presented_while_the_car_is_inside(client: httpx.AsyncClient, district: District) -> None:
    (code,) = await hand_out(client, "hour")
    entry, exit_ = visit("i", "鲁A88012", NOW - 5 * HOUR, NOW, lot=HOSPITAL)
    came = await sent(client, district, {**entry, "replay": True})
    said = {"plate": "鲁A88012", "coupons": [code]}
    till = await client.post(f"/v1/lots/{HOSPITAL}/coupons", json=said, headers=gateway(district))
    assert till.raise_for_status().json() == {
        "stay_id": came["stay_id"],
        "coupons": [{"code": code, "outcome": "taken"}],
    }
    out = await sent(client, district, {**exit_, "coupons": [code]})
    assert (out["fee_fen"], out["coupons"]) == (800, [{"code": code, "outcome": "already"}])
    problem(await client.post(f"/v1/lots/{HOSPITAL}/coupons", json=said, headers=gateway(district)), 404)


async def test_a_coupon_is_presented_at_the_exit(client: httpx.AsyncClient, district: District) -> None:
    (code,) = await hand_out(client, "all")
    out = await stays(client, district, "x", "鲁A89012")
    assert (out["gate"], out["fee_fen"]) == ("hold", 1000)
    where = f"/v1/stays/{out['stay_id']}"
    taken = await client.post(f"{where}/coupons", json={"coupons": [code]}, headers=gateway(district))
    assert taken.json()["coupons"] == [{"code": code, "outcome": "taken"}]
    assert (await client.get(where, headers=gateway(district))).json()["gate"] == "open"
    problem(
        await client.post(f"{where}/coupons", json={"coupons": [code]}, headers=running.bearer(district.keys[STATION])),
        404,
    )


async def test_a_coupon_comes_back_from_a_stay_that_is_none(client: httpx.AsyncClient, district: District) -> None:
    (code,) = await hand_out(client, "all")
    out = await stays(client, district, "v", "鲁A91012", code)
    assert out["fee_fen"] == 0
    exit_id = await district.owner.fetchval("select exit_event_id from stay where plate = '鲁A91012'")
    void = {"kind": "void", "note": "another car"}
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(HOSPITAL).operator_id))
    (await client.post(f"/v1/events/{exit_id}/decide", json=void, headers=clerk)).raise_for_status()
    other = await stays(client, district, "v2", "鲁B92034", code)
    assert (other["fee_fen"], other["coupons"]) == (0, [{"code": code, "outcome": "taken"}])


async def test_a_coupon_comes_back_from_a_charge_that_is_withdrawn(
    client: httpx.AsyncClient, district: District
) -> None:
    (code,) = await hand_out(client, "half")
    out = await stays(client, district, "w", "鲁A93012", code)
    assert out["fee_fen"] == 500
    finance = running.bearer(token(Audience.FINANCE, now=NOW))
    number = await district.owner.fetchval("select id from charge where stay_id = $1::uuid", out["stay_id"])
    voided = await client.post(f"/v1/charges/{number}/void", json={"reason": "goodwill"}, headers=finance)
    assert voided.status_code in (200, 201, 204), voided.text
    other = await stays(client, district, "w2", "鲁B94034", code)
    assert (other["fee_fen"], other["coupons"]) == (500, [{"code": code, "outcome": "taken"}])


async def test_a_coupon_that_is_used_often_gets_back_what_came_to_nothing_by_and_by(
    client: httpx.AsyncClient, district: District, pool: sql.Pool
) -> None:
    many = GIVEN_BACK_AT_ONCE_USES_MAX + 1
    (code,) = await hand_out(client, "all", uses_max=many)
    out = await stays(client, district, "often", "鲁A62012", code)
    assert out["fee_fen"] == 0
    exit_id = await district.owner.fetchval("select exit_event_id from stay where plate = '鲁A62012'")
    # What the version before wrote, which counted nothing.
    await district.owner.execute(
        "insert into coupon_use (lot_id, fact_id, coupon_id, presented_at, presented_by) "
        "select u.lot_id, derived.id, u.coupon_id, u.presented_at, 'li' from coupon_use u "
        "cross join generate_series(2, $2) n cross join lateral (select (overlay(u.fact_id::text placing "
        "lpad(n::text, 8, '0') from 29))::uuid as id) derived where u.fact_id = $1",
        exit_id,
        many,
    )
    assert (await used(client, code), await look_on(pool, now=NOW, limit_s=60)) == (1, 1)
    assert (await used(client, code), await look_on(pool, now=NOW, limit_s=60)) == (many, 0)
    void = {"kind": "void", "note": "another car"}
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(HOSPITAL).operator_id))
    (await client.post(f"/v1/events/{exit_id}/decide", json=void, headers=clerk)).raise_for_status()
    early = await stays(client, district, "often2", "鲁B63034", code)
    assert (early["fee_fen"], early["coupons"]) == (1000, [{"code": code, "outcome": "used_up"}])
    assert (await look_on(pool, now=NOW, limit_s=60), await used(client, code)) == (1, many - 1)
    late = await stays(client, district, "often3", "鲁C64056", code)
    assert (late["fee_fen"], late["coupons"]) == (0, [{"code": code, "outcome": "taken"}])
    assert await used(client, code) == many


async def used(client: httpx.AsyncClient, code: str) -> int:
    listed = (await client.get(PATH, params={"ended": "true", "limit": "200"}, headers=ADMIN)).json()["coupons"]
    (found,) = [each["used"] for each in listed if each["code"] == code]
    return int(found)


async def test_who_hands_out_the_same_codes_waits_for_the_lowest_of_them(
    client: httpx.AsyncClient, district: District
) -> None:
    await hand_out(client, "all", codes=["ORDER-0"])
    handed_out = (
        "insert into coupon select gen_random_uuid(), $1, operator_id, lot_ids, discount, uses_max, valid_from, "
        "valid_until, merchant, note, added_by, added_at from coupon where code = 'ORDER-0'"
    )
    about = {
        "discount": "all", "lots": [HOSPITAL], "valid_from": NOW.isoformat(),
        "valid_until": (NOW + HOUR).isoformat(), "note": "x", "codes": ["ORDER-3", "ORDER-2", "ORDER-1"],
    }  # fmt: skip
    async with district.owner.transaction():
        await district.owner.execute(handed_out, "ORDER-2")
        other = asyncio.create_task(client.post(PATH, json=about, headers=ADMIN))
        assert not (await asyncio.wait({other}, timeout=0.5))[0], "it did not wait"
        await district.owner.execute(handed_out, "ORDER-3")
    problem(await other, 409, "codes")


async def test_what_coupons_cost_is_told_by_who_bears_it(client: httpx.AsyncClient, district: District) -> None:
    (code,) = await hand_out(client, "three", merchant="Zhongyou Mall")
    await stays(client, district, "m", "鲁A95012", code)
    span = {"since": (NOW - HOUR).isoformat(), "until": (NOW + HOUR).isoformat()}
    finance = running.bearer(token(Audience.FINANCE, now=NOW, operator_id=district.lot(HOSPITAL).operator_id))
    costs = (
        (await client.get("/v1/admin/coupon-costs", params=span, headers=finance)).raise_for_status().json()["costs"]
    )
    (one,) = [each for each in costs if each["merchant"] == "Zhongyou Mall"]
    assert (one["lot"], one["uses"], one["worth_fen"]) == (HOSPITAL, 1, 300)
    theirs = running.bearer(token(Audience.FINANCE, now=NOW, operator_id=district.lot(STATION).operator_id))
    assert (await client.get("/v1/admin/coupon-costs", params=span, headers=theirs)).json() == {"costs": []}


async def test_coupons_end_and_are_refused_where_they_do_not_fit(client: httpx.AsyncClient, district: District) -> None:
    (code,) = await hand_out(client, "all", codes=["OPENING-2026"])
    assert code == "OPENING-2026"
    about = {
        "discount": "all", "lots": [HOSPITAL], "valid_from": NOW.isoformat(),
        "valid_until": (NOW + HOUR).isoformat(), "note": "x",
    }  # fmt: skip
    problem(await client.post(PATH, json={**about, "codes": [code]}, headers=ADMIN), 409, "codes")
    problem(await client.post(PATH, json={**about, "discount": "none"}, headers=ADMIN), 422, "discount")
    problem(await client.post(PATH, json={**about, "lots": [HOSPITAL, STATION]}, headers=ADMIN), 422, "lots")
    problem(await client.post(PATH, json={**about, "valid_until": NOW.isoformat()}, headers=ADMIN), 422, "valid_until")
    theirs = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    problem(await client.post(PATH, json=about, headers=theirs), 403)
    problem(await client.delete(f"{PATH}/{code}", headers=theirs), 403)
    assert (await client.delete(f"{PATH}/{code}", headers=ADMIN)).status_code == 204
    problem(await client.delete(f"{PATH}/unknown", headers=ADMIN), 404)
    out = await stays(client, district, "e", "鲁A96012", code)
    assert out["coupons"] == [{"code": code, "outcome": "not_now"}]
    listed = (await client.get(PATH, params={"ended": "true", "limit": "200"}, headers=ADMIN)).json()["coupons"]
    assert "admin:test" in [each["ended_by"] for each in listed if each["code"] == code]


async def test_how_the_driver_pays_is_what_the_gate_says(client: httpx.AsyncClient, district: District) -> None:
    entry, exit_ = visit("paid1", "鲁A97012", NOW - 5 * HOUR, NOW, lot=HOSPITAL)
    await sent(client, district, {**entry, "replay": True})
    assert (await sent(client, district, {**exit_, "paid_by": "citizen_card"}))["fee_fen"] == 800
    await district.account("鲁B98034")
    linked = await stays(client, district, "paid2", "鲁B98034")
    assert (linked["fee_fen"], linked["payment"]) == (900, "will_be_charged")
    doubtful = visit("paid3", "鲁C99056", NOW - 5 * HOUR, NOW, lot=HOSPITAL)
    await sent(client, district, {**doubtful[0], "replay": True})
    out = await sent(client, district, {**doubtful[1], "paid_by": "Citizen Card!"})
    assert (out["fee_fen"], [each["field"] for each in out["doubts"]]) == (1000, ["paid_by"])
