"""Tickets that the service hands out, and drivers and booths that say which plate they are of."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token
from tests.parking.api.test_situations import bare, clerk, late, say

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def handed_out(client: httpx.AsyncClient, district: District, number: str, lot: str = QC) -> dict[str, Any]:
    asked = {"event_id": number, "lane": f"{lot}-in"}
    answer = await client.post("/v1/gateway/tickets", json=asked, headers=running.bearer(district.keys[lot]))
    ticket: dict[str, Any] = answer.raise_for_status().json()
    return ticket


async def claims(
    client: httpx.AsyncClient, headers: dict[str, str], ticket: str, plate: str, color: str = "blue"
) -> httpx.Response:
    said = {"lot": QC, "ticket": ticket, "plate": plate, "plate_color": color}
    return await client.post("/v1/tickets/claim", json=said, headers=headers)


async def test_a_driver_merges_a_ticket_with_a_plate_and_the_account_pays(
    client: httpx.AsyncClient, district: District
) -> None:
    ticket = await handed_out(client, district, "t1")
    assert (await handed_out(client, district, "t1"), ticket["shown"].replace("-", "")) == (ticket, ticket["ticket"])
    assert (await handed_out(client, district, "t2"))["ticket"] != ticket["ticket"]
    (came,) = await say(client, district, *late(bare("tm1", "entry", NOW - 3 * HOUR, ticket=ticket["shown"])))
    account = await district.account("鲁A61E01")
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    stranger = running.bearer(token(Audience.DRIVER, now=NOW, id=await district.account()))
    assert (await claims(client, stranger, ticket["qr"], "鲁A61E01")).status_code == 403
    assert (await claims(client, driver, "2222-2222-2222", "鲁A61E01")).status_code == 404
    assert (await claims(client, driver, ticket["qr"], "无牌")).status_code == 422
    merged = (await claims(client, driver, ticket["qr"], "鲁A61E01")).raise_for_status().json()
    assert (merged["plate"], merged["stay_id"]) == ("鲁A61E01", came["stay_id"])
    # The same again is the same; another plate is not.
    assert (await claims(client, driver, ticket["shown"], "鲁A61E01")).status_code == 200
    assert (await claims(client, clerk(district), ticket["shown"], "鲁A61E02")).status_code == 409
    assert (await claims(client, clerk(district), ticket["shown"], "鲁A61E01", "yellow")).status_code == 409
    # Shown at the exit, it is the plate's all the same.
    (left,) = await say(client, district, bare("tm2", "exit", NOW, ticket=ticket["ticket"]))
    assert (left["gate"], left["stay_id"], left["payment"]) == ("open", came["stay_id"], "will_be_charged")
    owed = await client.get("/v1/account/charges", headers=driver)
    assert [each["amount_fen"] for each in owed.json()["charges"]] == [600]
    lines = "select count(*) from audit where action = 'ticket.claim' and actor = 'driver:test'"
    assert await district.count(lines) == 1


async def test_a_booth_merges_a_ticket_of_its_lot(client: httpx.AsyncClient, district: District) -> None:
    ticket = await handed_out(client, district, "t3")
    (came,) = await say(client, district, *late(bare("tn1", "entry", NOW - 3 * HOUR, ticket=ticket["ticket"])))
    lots = {
        code: running.bearer(
            token(Audience.BOOTH, now=NOW, operator_id=district.lot(code).operator_id, lot_id=district.lot(code).id)
        )
        for code in (QC, HOSPITAL)
    }
    assert (await claims(client, lots[HOSPITAL], ticket["ticket"], "鲁A62E01")).status_code == 403
    assert (await claims(client, clerk(district, STATION), ticket["ticket"], "鲁A62E01")).status_code == 403
    (await claims(client, lots[QC], ticket["ticket"], "鲁A62E01")).raise_for_status()
    (left,) = await say(client, district, event("tn2", "exit", NOW, "鲁A62E01"))
    assert (left["gate"], left["fee_fen"], left["stay_id"]) == ("hold", 600, came["stay_id"])
    assert await district.broken() == {}


async def test_a_ticket_may_be_merged_before_its_car_is_read(client: httpx.AsyncClient, district: District) -> None:
    ticket = await handed_out(client, district, "t5")
    merged = await claims(client, clerk(district), ticket["ticket"], "鲁A63E01")
    assert merged.raise_for_status().json()["stay_id"] is None
    (came,) = await say(client, district, bare("to1", "entry", NOW, ticket=ticket["ticket"]))
    plate = "select plate from open_stay where id = $1"
    assert (came["gate"], await district.owner.fetchval(plate, UUID(came["stay_id"]))) == ("open", "鲁A63E01")


async def test_who_is_handed_no_ticket(client: httpx.AsyncClient, district: District) -> None:
    for asked, status in (({"event_id": "t9", "lane": f"{HOSPITAL}-in"}, 404), ({"event_id": "", "lane": QC}, 400)):
        answer = await client.post("/v1/gateway/tickets", json=asked, headers=running.bearer(district.keys[QC]))
        assert answer.status_code == status
