"""Charging sessions over HTTP: parking while charging, staying on afterwards, and what is told late."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

import sql
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, District, token, visit
from tests.parking.api.problem import problem
from tests.parking.rights import charged_by

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CHARGED = """
[charging]
free_max_min = 120

[overstay]
grace_min = 30
unit_min = 30
unit_fen = 500
cap_fen = 2000
"""


@pytest.fixture(scope="module")
async def client(
    pool: sql.Pool, database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process; the hospital has charging bays."""
    await charged_by(pool, database_url, HOSPITAL, "charging", CHARGED)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def tell(client: httpx.AsyncClient, district: District, name: str, **said: Any) -> httpx.Response:
    return await client.put(f"/v1/charging-sessions/{name}", json=said, headers=running.bearer(district.keys[HOSPITAL]))


async def leaves(client: httpx.AsyncClient, district: District, number: str, plate: str) -> Any:
    """The answer to the exit of a car that stayed for five hours."""
    for said in visit(number, plate, NOW - 5 * HOUR, NOW, lot=HOSPITAL):
        live = said if said["kind"] == "exit" else {**said, "replay": True}
        answer = await client.post("/v1/gate-events", json=live, headers=running.bearer(district.keys[HOSPITAL]))
    return answer.raise_for_status().json()


def between(since: timedelta, until: timedelta | None) -> dict[str, str]:
    """A session from so long after the entry on."""
    came = NOW - 5 * HOUR
    end = {} if until is None else {"ended_at": (came + until).isoformat()}
    return {"started_at": (came + since).isoformat(), **end}


async def test_parking_is_free_while_charging_and_staying_on_costs(
    client: httpx.AsyncClient, district: District
) -> None:
    told = await tell(
        client, district, "s1", plate="鲁A61012", bay="C7", energy_wh=30_000, **between(0 * HOUR, 2 * HOUR)
    )
    assert told.raise_for_status().json() == {"overstay": None}
    # Three hours are charged; of these two and a half are beyond the grace, of which the cap leaves four units.
    assert (await leaves(client, district, "c1", "鲁A61012"))["fee_fen"] == 600 + 2000
    assert (await leaves(client, district, "c2", "鲁B62034"))["fee_fen"] == 1000


async def test_a_session_that_goes_on_and_its_end_that_is_told_late(
    client: httpx.AsyncClient, district: District
) -> None:
    await tell(client, district, "s3", plate="鲁A63012", **between(3 * HOUR, None))
    out = await leaves(client, district, "c3", "鲁A63012")
    assert out["fee_fen"] == 600
    await tell(client, district, "s3", plate="鲁A63012", **between(3 * HOUR, 4 * HOUR))
    fee = await district.count("select fee_fen from stay where plate = '鲁A63012' and state = 'closed'")
    assert fee == 800 + 500
    stay = (await client.get(f"/v1/stays/{out['stay_id']}", headers=running.bearer(district.keys[HOSPITAL]))).json()
    assert stay["fee_fen"] == 1300
    again = await tell(client, district, "s3", plate="鲁A63012", **between(3 * HOUR, 4 * HOUR))
    assert again.json() == {"overstay": None}
    assert await district.count("select count(*) from charging_session where session = 's3'") == 2


async def test_who_is_charged_is_told_before_staying_on_costs(client: httpx.AsyncClient, district: District) -> None:
    """Shown by the bay, by the driver's own app and where staff look, from the beginning to the cap."""
    account = await district.account("鲁A66012")
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    entry, exit_ = visit("ov", "鲁A66012", NOW - 5 * HOUR, NOW, lot=HOSPITAL)
    gateway = running.bearer(district.keys[HOSPITAL])
    (await client.post("/v1/gate-events", json={**entry, "replay": True}, headers=gateway)).raise_for_status()
    charges = {"grace_min": 30, "unit_min": 30, "unit_fen": 500, "cap_fen": 2000}
    words = "占位费每 30 分钟 5 元，最高 20 元。", "costs ¥5 per 30 minutes, at most ¥20."
    for until, begins, shown in (
        (None, None, ("充电结束 30 分钟后", "From 30 minutes after charging on, staying ")),
        (
            4.75 * HOUR,
            NOW + 15 * MINUTE,
            ("充电已结束，10:15 起", "Charging has ended; from 10:15 on staying "),
        ),
    ):
        told = await tell(client, district, "s8", plate="鲁A66012", **between(3 * HOUR, until))
        notice = told.raise_for_status().json()["overstay"]
        assert notice.pop("display") == {"zh": shown[0] + words[0], "en": shown[1] + words[1]}
        at = notice.pop("begins_at")
        assert (None if at is None else datetime.fromisoformat(at), notice) == (begins, charges)
    inside = f"/v1/lots/{HOSPITAL}/inside"
    (row,) = (await client.get(inside, params={"plate": "鲁A66012"}, headers=driver)).raise_for_status().json()
    assert (row["overstay"]["begins_at"], row["fee_fen"]) == (at, 800)
    quoted = await client.post(f"{inside}/quote", json={"plate": "鲁A66012"}, headers=driver)
    assert quoted.raise_for_status().json()["overstay"]["begins_at"] == at
    left = (await client.post("/v1/gate-events", json=exit_, headers=gateway)).raise_for_status().json()
    assert left["fee_fen"] == 800
    again = await tell(client, district, "s8", plate="鲁A66012", **between(3 * HOUR, 4.75 * HOUR))
    assert again.json() == {"overstay": None}


async def test_what_cannot_be_is_refused(client: httpx.AsyncClient, district: District) -> None:
    await tell(client, district, "s4", plate="鲁A64012", **between(3 * HOUR, 4 * HOUR))
    problem(await tell(client, district, "s4", plate="鲁B65034", **between(3 * HOUR, 4 * HOUR)), 409, "plate")
    problem(await tell(client, district, "s5", plate="鲁A64012", **between(4 * HOUR, 3 * HOUR)), 422, "ended_at")
    problem(await tell(client, district, "s6", plate="鲁A64012", **between(3 * HOUR, 9 * HOUR)), 422, "ended_at")
    problem(await tell(client, district, "s7", plate="nothing", **between(3 * HOUR, 4 * HOUR)), 422, "plate")
    problem(await tell(client, district, "s" * 65, plate="鲁A64012", **between(3 * HOUR, 4 * HOUR)), 422, "session")
