"""Passes over HTTP: through their last day, expired inside, shared bays, changed and ended late."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

import sql
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, Say, token, visit
from tests.parking.api.problem import problem
from tests.parking.rights import charged_by
from tests.parking.rounds import round_of

HOUR = timedelta(hours=1)
PATH = "/v1/admin/passes"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
SOLD = """
[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"

[[passes]]
code = "kind"
name_zh = "宽限月卡"
name_en = "Month pass with grace"
price_fen = 40000
period = "month"
grace_days = 1
"""


def day(clock: str, of: int = 15) -> datetime:
    """A time of a day of November in Jinan; the test's own is the 16th."""
    return datetime.fromisoformat(f"2026-11-{of:02}T{clock}:00+08:00")


@pytest.fixture(scope="module")
async def client(
    pool: sql.Pool, database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process; the hospital sells passes."""
    await charged_by(pool, database_url, HOSPITAL, "selling", SOLD)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def sell(client: httpx.AsyncClient, *plates: str, headers: dict[str, str] = ADMIN, **said: Any) -> Any:
    about = {
        "code": "month",
        "vehicles": [{"plate": plate} for plate in plates],
        "lots": [HOSPITAL],
        "valid_from": "2026-11-01",
        "valid_through": "2026-11-30",
        "note": "paid at the desk",
        **said,
    }
    answer = await client.post(PATH, json=about, headers=headers)
    return answer.raise_for_status().json()


async def say(client: httpx.AsyncClient, district: District, *said: Say) -> list[dict[str, Any]]:
    """What the gateway of the hospital is answered to events that it hands in late."""
    late = [{**each, "replay": True} for each in said]
    answer = await client.post("/v1/gate-events", json=late, headers=running.bearer(district.keys[HOSPITAL]))
    answers: list[dict[str, Any]] = answer.raise_for_status().json()
    return answers


async def fee(
    client: httpx.AsyncClient, district: District, number: str, plate: str, came: datetime, left: datetime
) -> int:
    """What a stay costs that is told late."""
    _, out = await say(client, district, *visit(number, plate, came, left, lot=HOSPITAL))
    fee_fen: int = out["fee_fen"]
    return fee_fen


async def fees(client: httpx.AsyncClient, district: District, redis_url: str, *plates: str) -> list[int]:
    """What the stays of vehicles cost once the worker has priced again what waits for it, in order of time."""
    await round_of(district, redis_url, "reprice")
    found = []
    for plate in plates:
        query = {"plate": plate, "lot": HOSPITAL, "state": "closed"}
        stays = (await client.get("/v1/stays", params=query, headers=ADMIN)).raise_for_status().json()["stays"]
        found += [each["fee_fen"] for each in reversed(stays)]
    return found


async def test_a_pass_holds_through_its_last_day(client: httpx.AsyncClient, district: District) -> None:
    made = await sell(client, "鲁A51012", valid_through="2026-11-15")
    assert (made["bays"], made["lots"], made["ended_through"]) == (1, [HOSPITAL], None)
    assert await fee(client, district, "d1", "鲁A51012", day("20:00"), day("23:59")) == 0
    assert await fee(client, district, "d2", "鲁A51012", day("00:10", 16), day("01:10", 16)) == 200
    rights = await district.owner.fetchval(
        "select r.rights->'passes'->0->>'pass_id' from stay_rights r join stay s on s.id = r.stay_id "
        "where s.plate = '鲁A51012' and s.fee_fen = 0"
    )
    assert rights == made["id"]


async def test_the_same_again_is_one_pass(client: httpx.AsyncClient, district: District) -> None:
    first = await sell(client, "鲁A59112", "鲁A59113")
    assert await sell(client, "鲁A59113", "鲁A59112") == first
    assert (await sell(client, "鲁A59112", "鲁A59113", note="paid twice"))["id"] != first["id"]
    sold = "select count(distinct pass_id) from pass_vehicle where plate = '鲁A59112'"
    assert await district.count(sold) == 2
    lines = "select count(*) from audit where action = 'pass.sell' and subject = $1"
    assert await district.count(lines, first["id"]) == 1
    # One that was ended is sold anew.
    about = {"through": "2026-11-20", "reason": "sold the car"}
    (await client.delete(f"{PATH}/{first['id']}", params=about, headers=ADMIN)).raise_for_status()
    assert (await sell(client, "鲁A59112", "鲁A59113"))["id"] != first["id"]


async def test_a_live_car_with_a_pass_is_let_out(client: httpx.AsyncClient, district: District) -> None:
    await sell(client, "鲁A52012")
    entry, exit_ = visit("live", "鲁A52012", NOW - 3 * HOUR, NOW, lot=HOSPITAL)
    for said in ({**entry, "replay": True}, exit_):
        answer = await client.post("/v1/gate-events", json=said, headers=running.bearer(district.keys[HOSPITAL]))
    assert (answer.json()["gate"], answer.json()["fee_fen"]) == ("open", 0)


async def test_a_pass_that_ends_during_a_stay_covers_it_until_then(
    client: httpx.AsyncClient, district: District
) -> None:
    await sell(client, "鲁A53012", valid_through="2026-11-15")
    assert await fee(client, district, "x1", "鲁A53012", day("22:00"), day("02:00", 16)) == 400
    await sell(client, "鲁A54012", valid_through="2026-11-14", code="kind")
    assert await fee(client, district, "x2", "鲁A54012", day("22:00"), day("02:00", 16)) == 400
    lines = "select count(*) from charge c join stay s on s.id = c.stay_id where s.plate = $1 and c.lines::text like $2"
    assert await district.count(lines, "鲁A53012", "%月卡%") == 1


async def test_two_cars_share_a_bay_in_any_order(
    client: httpx.AsyncClient, district: District, redis_server_url: str
) -> None:
    await sell(client, "鲁A55012", "鲁B66034", bays=1)
    first = visit("s1", "鲁A55012", day("08:00"), day("11:00"), lot=HOSPITAL)
    second = visit("s2", "鲁B66034", day("09:00"), day("14:00"), lot=HOSPITAL)
    # Of the first only the exit is late.
    for said in (first[0], second[0], second[1]):
        await say(client, district, said)
    assert await fees(client, district, redis_server_url, "鲁A55012", "鲁B66034") == [1000]
    await say(client, district, first[1])
    assert await fees(client, district, redis_server_url, "鲁A55012", "鲁B66034") == [0, 400]
    # The other way round: who came later is told first.
    await sell(client, "鲁A57012", "鲁B68034", bays=1)
    for said in (
        *visit("s4", "鲁B68034", day("09:00"), day("14:00"), lot=HOSPITAL),
        *visit("s3", "鲁A57012", day("08:00"), day("11:00"), lot=HOSPITAL),
    ):
        await say(client, district, said)
    assert await fees(client, district, redis_server_url, "鲁A57012", "鲁B68034") == [0, 400]
    # Both at once.
    await sell(client, "鲁A59012", "鲁B70034", bays=1)
    together = [
        *visit("s6", "鲁B70034", day("09:00"), day("14:00"), lot=HOSPITAL),
        *visit("s5", "鲁A59012", day("08:00"), day("11:00"), lot=HOSPITAL),
    ]
    await say(client, district, *together)
    assert await fees(client, district, redis_server_url, "鲁A59012", "鲁B70034") == [0, 400]


async def test_a_pass_that_is_registered_late_gives_back(
    client: httpx.AsyncClient, district: District, redis_server_url: str
) -> None:
    assert await fee(client, district, "l1", "鲁A71012", day("08:00"), day("13:00")) == 1000
    await sell(client, "鲁A71012")
    assert await fees(client, district, redis_server_url, "鲁A71012") == [0]
    assert await district.count("select owed_fen from charge c join stay s on s.id = c.stay_id "
                                "where s.plate = '鲁A71012'") == 0  # fmt: skip


async def test_a_change_ends_one_and_begins_another(
    client: httpx.AsyncClient, district: District, redis_server_url: str
) -> None:
    made = await sell(client, "鲁A72012")
    assert await fee(client, district, "c1", "鲁A72012", day("08:00", 10), day("10:00", 10)) == 0
    assert await fee(client, district, "c2", "鲁A72012", day("08:00", 14), day("10:00", 14)) == 0
    other = {
        "code": "month", "vehicles": [{"plate": "鲁B73034"}], "lots": [HOSPITAL], "valid_from": "2026-11-12",
        "valid_through": "2026-11-30", "note": "another car",
    }  # fmt: skip
    changed = (await client.post(f"{PATH}/{made['id']}/change", json=other, headers=ADMIN)).raise_for_status().json()
    assert changed["group_id"] == made["group_id"] != changed["id"]
    assert await fees(client, district, redis_server_url, "鲁A72012") == [0, 400]
    assert await fee(client, district, "c3", "鲁B73034", day("08:00", 14), day("10:00", 14)) == 0
    problem(await client.post(f"{PATH}/{made['id']}/change", json=other, headers=ADMIN), 409)
    listed = (await client.get(PATH, params={"plate": "鲁A72012", "ended": "true"}, headers=ADMIN)).json()["passes"]
    assert [each["ended_through"] for each in listed] == ["2026-11-11"]


async def test_a_pass_is_ended_early(client: httpx.AsyncClient, district: District) -> None:
    made = await sell(client, "鲁A74012")
    end = {"through": "2026-11-14", "reason": "given back"}
    answer = await client.delete(f"{PATH}/{made['id']}", params=end, headers=ADMIN)
    assert answer.status_code == 204, answer.text
    assert await fee(client, district, "e1", "鲁A74012", day("08:00"), day("10:00")) == 400
    problem(await client.delete(f"{PATH}/{made['id']}", params=end, headers=ADMIN), 409)


async def test_what_no_price_sells_and_what_is_not_ours_is_refused(
    client: httpx.AsyncClient, district: District
) -> None:
    theirs = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    about = {
        "code": "month", "vehicles": [{"plate": "鲁A75012"}], "lots": [HOSPITAL], "valid_from": "2026-11-12",
        "valid_through": "2026-11-30", "note": "x",
    }  # fmt: skip
    problem(await client.post(PATH, json=about, headers=theirs), 403)
    problem(await client.post(PATH, json={**about, "code": "year"}, headers=ADMIN), 422, "code")
    problem(await client.post(PATH, json={**about, "lots": [STATION]}, headers=ADMIN), 422, "code")
    problem(await client.post(PATH, json={**about, "lots": []}, headers=ADMIN), 422, "lots")
    problem(await client.post(PATH, json={**about, "zone": "nowhere"}, headers=ADMIN), 404, "zone")
    problem(await client.post(PATH, json={**about, "lots": ["nowhere"]}, headers=ADMIN), 404, "lots")
