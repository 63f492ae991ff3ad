"""What vehicles are known for, over HTTP: at the gate, registered late, ended, and who may say so."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

import sql
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, token, visit
from tests.parking.api.problem import problem
from tests.parking.rights import charged_by

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PATH = "/v1/admin/exempt-vehicles"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
EXEMPT = """
[[exempt]]
name_zh = "军警车辆"
name_en = "Military and police vehicles"
who = { tags = ["military", "police"] }

[[exempt]]
name_zh = "救护车"
name_en = "Ambulances"
who = { tags = ["ambulance"] }

[[classes]]
code = "coach"
name_zh = "大客车"
name_en = "Coaches"
who = { at_least = { seats = 20 } }
percent = 300
"""


@pytest.fixture(scope="module")
async def client(
    pool: sql.Pool, database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process; the hospital asks for tags and seats."""
    await charged_by(pool, database_url, HOSPITAL, "exempting", EXEMPT)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def key(district: District, lot: str = HOSPITAL) -> dict[str, str]:
    return running.bearer(district.keys[lot])


async def passes(client: httpx.AsyncClient, district: District, *said: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to events that the gateway of the hospital sends one after the other, as replays if they are old."""
    answers = []
    for each in said:
        answer = await client.post("/v1/gate-events", json=each, headers=key(district))
        answers.append(answer.raise_for_status().json())
    return answers


def stayed(number: str, plate: str, hours: int = 5, *, until: datetime = NOW, **more: Any) -> list[dict[str, Any]]:
    """A stay of so many hours that ends now, told at its end."""
    entry, exit_ = visit(number, plate, until - hours * HOUR, until, lot=HOSPITAL, **more)
    return [{**entry, "replay": True}, exit_ if until == NOW else {**exit_, "replay": True}]


async def register(client: httpx.AsyncClient, headers: dict[str, str] = ADMIN, **said: Any) -> Any:
    answer = await client.post(PATH, json={"reason": "city list", **said}, headers=headers)
    return answer.raise_for_status().json()


async def owed(district: District, plate: str) -> int:
    """What is left to pay of a vehicle's charges."""
    return await district.count(
        "select coalesce(sum(c.owed_fen), 0) from charge c join stay s on s.lot_id = c.lot_id and s.id = c.stay_id "
        "where s.plate = $1",
        plate,
    )


@pytest.mark.parametrize(
    "plate", ["鲁A1201警", "WJ鲁1201A", "VA12011", "KA12011"], ids=["police", "armed police", "military", "navy"]
)
async def test_a_police_car_is_let_out_for_nothing_and_recorded(
    client: httpx.AsyncClient, district: District, plate: str
) -> None:
    _, out = await passes(client, district, *stayed(f"p{plate}", plate, plate_color="white"))
    assert (out["gate"], out["fee_fen"], out["payment"]) == ("open", 0, "not_needed")
    assert out["display"]["zh"] == "免费 一路平安"
    assert await district.count("select fee_fen from stay where plate = $1 and state = 'closed'", plate) == 0


async def test_a_plate_without_rights_pays(client: httpx.AsyncClient, district: District) -> None:
    _, out = await passes(client, district, *stayed("n", "鲁A13012"))
    assert (out["gate"], out["fee_fen"]) == ("hold", 1000)


async def test_an_ambulance_with_an_ordinary_plate_is_on_the_list(
    client: httpx.AsyncClient, district: District
) -> None:
    made = await register(client, plate="鲁A 14012", plate_color="blue", tags=["ambulance"])
    assert (made["plate"], made["tags"], made["lot"], made["operator"]) == ("鲁A14012", ["ambulance"], None, None)
    _, out = await passes(client, district, *stayed("a", "鲁A14012"))
    assert (out["gate"], out["fee_fen"], out["payment"]) == ("open", 0, "not_needed")
    rights = await district.owner.fetchval(
        "select r.rights->>'tags' from stay_rights r join stay s on s.id = r.stay_id where s.plate = '鲁A14012'"
    )
    assert rights == '["ambulance"]'
    listed = (await client.get(PATH, params={"plate": "鲁A14012"}, headers=ADMIN)).raise_for_status().json()
    assert [each["id"] for each in listed["vehicles"]] == [made["id"]]
    looked = "select count(*) from audit where action = 'personal.read' and subject = 'exempt vehicles'"
    assert await district.count(looked) > 0


async def test_seats_of_the_register_decide_the_class(client: httpx.AsyncClient, district: District) -> None:
    await register(client, plate="鲁A15012", facts={"seats": 45}, lot=HOSPITAL)
    _, out = await passes(client, district, *stayed("s", "鲁A15012", 2))
    assert out["fee_fen"] == 1200


async def test_who_is_registered_late_gets_back_what_was_too_much(
    client: httpx.AsyncClient, district: District
) -> None:
    plate = "鲁A16012"
    _, out = await passes(client, district, *stayed("l", plate))
    assert (out["gate"], out["fee_fen"]) == ("hold", 1000)
    made = await register(client, plate=plate, tags=["ambulance"], valid_from=(NOW - HOUR).isoformat())
    assert await owed(district, plate) == 0
    stay = (await client.get(f"/v1/stays/{out['stay_id']}", headers=key(district))).json()
    assert stay["gate"] == "open"
    cause = await district.owner.fetchrow(
        "select a.cause, a.cause_id from charge_adjustment a join stay s on s.lot_id = a.lot_id and "
        "s.id = (select stay_id from charge where id = a.charge_id) where s.plate = $1",
        plate,
    )
    assert cause is not None
    assert (cause["cause"], str(cause["cause_id"])) == ("right", made["id"])


async def test_what_is_ended_holds_no_more(client: httpx.AsyncClient, district: District) -> None:
    plate = "鲁A17012"
    made = await register(client, plate=plate, tags=["ambulance"], valid_from=(NOW - 3 * DAY).isoformat())
    await passes(client, district, *stayed("e1", plate, until=NOW - 2 * DAY))
    where = f"{PATH}/{made['id']}"
    at = (NOW - DAY).isoformat()
    ended = await client.delete(where, params={"reason": "sold", "at": at}, headers=ADMIN)
    assert ended.status_code == 204, ended.text
    problem(await client.delete(where, params={"reason": "sold"}, headers=ADMIN), 409)
    _, out = await passes(client, district, *stayed("e2", plate))
    assert out["fee_fen"] == 1000
    fees = await district.owner.fetch("select fee_fen from stay where plate = $1 order by left_at", plate)
    assert [row["fee_fen"] for row in fees] == [0, 1000]


async def test_staff_of_an_operator_register_for_its_lots_alone(client: httpx.AsyncClient, district: District) -> None:
    ours = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(HOSPITAL).operator_id))
    theirs = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    said = {"plate": "鲁A18012", "tags": ["ambulance"], "reason": "x"}
    for headers, where, status in (
        (ours, {}, 403),
        (theirs, {"lot": HOSPITAL}, 403),
        (theirs, {"operator": "jn-static"}, 403),
        (ours, {"lot": "nowhere"}, 404),
        (ours, {"operator": "nobody"}, 422),
        (ours, {"lot": HOSPITAL}, 201),
    ):
        assert (await client.post(PATH, json={**said, **where}, headers=headers)).status_code == status, where
    listed = (await client.get(PATH, params={"plate": "鲁A18012"}, headers=theirs)).json()
    assert listed == {"vehicles": [], "next": None}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"plate": "hello", "tags": ["ambulance"]}, "plate"),
        ({"plate": "鲁A19012"}, "tags"),
        ({"plate": "鲁A19012", "facts": {"bays": 99}}, "facts.bays"),
        ({"plate": "鲁A19012", "tags": ["x"], "valid_from": "2026-09-01T00:00:00Z"}, "valid_from"),
        (
            {"plate": "鲁A19012", "tags": ["x"], "valid_until": (NOW - DAY).isoformat()},
            "valid_until",
        ),
    ],
)
async def test_what_cannot_be_registered_says_why(client: httpx.AsyncClient, said: dict[str, Any], field: str) -> None:
    answer = await client.post(PATH, json={"reason": "x", **said}, headers=ADMIN)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
