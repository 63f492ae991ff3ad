"""Paying inside over HTTP: at a station with nothing but the plate, by the own driver, in a booth; offline after it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from parking import offline
from parking.grants import instant_of
from parking.plates import PlateColor
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token
from tests.parking.api.problem import problem
from tests.parking.api.test_inside import found, staff
from tests.parking.api.test_offline import keys, packed

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def asks(
    client: httpx.AsyncClient, plate: str, headers: dict[str, str] | None = None, *, lot: str = QC, **more: object
) -> httpx.Response:
    return await client.post(f"/v1/lots/{lot}/inside/quote", json={"plate": plate, **more}, headers=headers)


async def told(client: httpx.AsyncClient, district: District, said: dict[str, Any], lot: str) -> dict[str, Any]:
    answer = await client.post("/v1/gate-events", json=said, headers=running.bearer(district.keys[lot]))
    body: dict[str, Any] = answer.raise_for_status().json()
    return body


async def pays(client: httpx.AsyncClient, reference: str) -> None:
    paid = await client.post(f"/v1/charges/{reference}/pay", json={"channel": "local", "payer": "ok"})
    assert paid.raise_for_status().json()["charge_state"] == "paid"


async def test_who_pays_at_a_station_leaves_without_stopping(client: httpx.AsyncClient, district: District) -> None:
    await told(client, district, event("p1", "entry", NOW - 3 * HOUR, "鲁A91C34", replay=True), QC)
    quote = (await asks(client, "鲁 a·91c34")).raise_for_status().json()
    assert quote == {
        "charge_reference": quote["charge_reference"],
        "amount_fen": 600,
        "paid_fen": 0,
        "pay_by": quote["pay_by"],
        "paid_until": None,
        "leave_within_min": 15,
        "payment": "pay_at_gate",
        "overstay": None,
    }
    shown = (await client.get(f"/v1/charges/{quote['charge_reference']}")).json()
    assert (shown["owed_fen"], "lot_id" in shown, "created_at" in shown) == (600, False, False)
    await pays(client, quote["charge_reference"])
    paid = (await asks(client, "鲁A91C34")).json()
    assert (paid["amount_fen"], paid["paid_fen"]) == (0, 600)
    assert paid["paid_until"] is not None
    (row,) = await found(client, staff(district, Audience.BOOTH), "91C34")
    assert (row["fee_fen"], row["gate"], row["paid_until"]) == (600, "open", paid["paid_until"])
    left = await told(client, district, event("p2", "exit", NOW + 5 * timedelta(seconds=1), "鲁A91C34"), QC)
    assert (left["gate"], left["charge_reference"], left["display"]["en"][-13:]) == (
        "open",
        quote["charge_reference"],
        "paid, goodbye",
    )


async def leaves(client: httpx.AsyncClient, district: District, car: str) -> list[int]:
    """When a car that is inside the station leaves without paying, as the pack says."""
    turns: list[int] = (await packed(client, district, STATION))["entries"]["inside"][car]
    return turns


async def test_the_pack_knows_who_has_paid_and_until_when(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("q1", "entry", NOW - 3 * HOUR, "鲁A92C34", lot=STATION, replay=True))
    car = offline.mark(keys(district, STATION), "鲁A92C34", PlateColor.BLUE)
    assert await leaves(client, district, car) == []
    quote = (await asks(client, "鲁A92C34", lot=STATION)).json()
    assert await leaves(client, district, car) == []
    await pays(client, quote["charge_reference"])
    at_once, until = await leaves(client, district, car)
    # The clock of the service goes on while this runs.
    assert at_once == 0
    assert NOW + 15 * MINUTE <= instant_of(until) <= NOW + 17 * MINUTE


async def test_strangers_learn_nothing_but_what_is_to_be_paid(client: httpx.AsyncClient, district: District) -> None:
    account = await district.account("鲁A93C34")
    for plate, ago in (("鲁A93C34", 3 * HOUR), ("鲁A93C36", 5 * MINUTE)):
        await district.record(event(f"r{plate}", "entry", NOW - ago, plate, replay=True))
    answers = [await asks(client, plate) for plate in ("鲁A93C34", "鲁A93C36", "鲁A93C38")]
    for answer in answers:
        problem(answer, 404)
    assert len({answer.json()["detail"] for answer in answers}) == 1
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    own = (await asks(client, "鲁A93C34", driver)).raise_for_status().json()
    assert (own["payment"], own["charge_reference"], own["amount_fen"]) == ("will_be_charged", None, 0)
    problem(await asks(client, "鲁A93C36", driver), 404)
    assert await district.count("select count(*) from charge where account_id = $1", account) == 0


async def test_a_quote_is_owed_by_nobody_elsewhere(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("t1", "entry", NOW - 3 * HOUR, "鲁A95C34", replay=True))
    (await asks(client, "鲁A95C34")).raise_for_status()
    there = running.bearer(district.keys[STATION])
    owed = await client.get("/v1/arrears", params={"plate": "鲁A95C34"}, headers=there)
    assert owed.raise_for_status().json()["owed_fen"] == 0


async def test_staff_ask_in_their_lots_and_that_is_kept(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("s1", "entry", NOW - 3 * HOUR, "鲁A94C34", lot=HOSPITAL, replay=True))
    looks = "select count(*) from audit where action = 'personal.read' and subject = 'inside'"
    before = await district.count(looks)
    booth = staff(district, Audience.BOOTH, HOSPITAL)
    assert (await asks(client, "鲁A94C34", booth, lot=HOSPITAL, plate_color="blue")).json()["amount_fen"] == 600
    assert await district.count(looks) == before + 1
    problem(await asks(client, "鲁A94C34", staff(district, Audience.BOOTH, QC), lot=HOSPITAL), 403, "lot")
    problem(await asks(client, "鲁A94C34", lot="none"), 404)
    problem(await asks(client, "", lot=HOSPITAL), 400, "plate")
    problem(await asks(client, "鲁A94C34", lot=HOSPITAL, plate_color="green"), 404)
