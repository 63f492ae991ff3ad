"""Charges that staff look up, those of which a line of a statement is made, and what a driver's bill names."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payments.flow import settlement as settlement_flow
from payments.identity import Audience
from payments.store import settlement as settlement_store
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token, visit
from tests.parking.api.problem import problem

HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
AUDITOR = running.bearer(token(Audience.AUDITOR, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def staff(district: District, audience: Audience, lot: str = QC) -> dict[str, str]:
    """Somebody of the operator of a lot, in whose booth a booth is."""
    of_lot = district.lot(lot)
    lot_id = of_lot.id if audience is Audience.BOOTH else None
    return running.bearer(token(audience, now=NOW, operator_id=of_lot.operator_id, lot_id=lot_id))


async def charges(client: httpx.AsyncClient, headers: dict[str, str], **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/charges", params=query, headers=headers)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["charges"]
    return found


async def every(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    """Of all pages."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await client.get("/v1/charges", params={**query, **after, "limit": "2"}, headers=AUDITOR)
        page = answer.raise_for_status().json()
        found += page["charges"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def test_charges_are_found_by_plate_state_method_and_day(client: httpx.AsyncClient, district: District) -> None:
    await district.record(*visit("a1", "鲁A91001", NOW - 5 * HOUR, NOW - 3 * HOUR))
    await district.record(*visit("a2", "鲁A91001", NOW - 2 * HOUR, NOW - HOUR, lot=HOSPITAL))
    count = "select count(*) from audit where subject = 'charges' and detail->>'plate' = $1"
    before = await district.owner.fetchval(count, "鲁A91001")
    later, earlier = await charges(client, staff(district, Audience.CLERK), plate="鲁A91001")
    assert await district.owner.fetchval(count, "鲁A91001") == before + 1
    assert (later["lot"], earlier["lot"], earlier["operator"]) == (HOSPITAL, QC, "jn-static")
    assert (earlier["visit"]["plate"], earlier["visit"]["entered_at"], earlier["state"]) == (
        *("鲁A91001", (NOW - 5 * HOUR).isoformat().replace("+00:00", "Z"), "due"),
    )
    pay = {"channel": "local", "payer": "ok"}
    (await client.post(f"/v1/charges/{earlier['reference']}/pay", json=pay)).raise_for_status()
    for query, wanted in (
        ({"state": "paid"}, [earlier]),
        ({"state": "due"}, [later]),
        ({"method": "local"}, [earlier]),
        ({"method": "wallet"}, []),
        ({"plate_color": "green"}, []),
        ({"lot": HOSPITAL}, [later]),
        ({"date": "2026-11-16"}, [later, earlier]),
        ({"date": "2026-11-15"}, []),
    ):
        found = await charges(client, ADMIN, plate="鲁A91001", **query)
        assert [each["reference"] for each in found] == [each["reference"] for each in wanted], query
    for day, is_there in (("2026-11-16", True), ("2026-11-14", False)):
        of_day = await charges(client, ADMIN, lot=QC, date=day, state="paid")
        assert (earlier["reference"] in [each["reference"] for each in of_day]) == is_there
    assert [each["reference"] for each in await every(client, plate="鲁A91001")] == [
        *(later["reference"], earlier["reference"]),
    ]
    shown = await client.get(f"/v1/stays/{earlier['stay_id']}", headers=ADMIN)
    assert shown.json()["charge"]["reference"] == earlier["reference"]


async def test_who_finds_which_charges(client: httpx.AsyncClient, district: District) -> None:
    await district.record(*visit("b1", "鲁A92001", NOW - 5 * HOUR, NOW - 3 * HOUR))
    for audience in (Audience.BOOTH, Audience.CLERK, Audience.FINANCE, Audience.AUDITOR):
        assert len(await charges(client, staff(district, audience), plate="鲁A92001")) == 1
        assert await charges(client, staff(district, audience, STATION), plate="鲁A92001") == []
        problem(
            await client.get("/v1/charges", params={"lot": QC}, headers=staff(district, audience, STATION)), 403, "lot"
        )
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=1))
    problem(await client.get("/v1/charges", params={"plate": "鲁A92001"}, headers=driver), 403)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({}, 400, "lot"),
        ({"lot": QC}, 400, "date"),
        ({"plate": "鲁"}, 400, "plate"),
        ({"lot": "nowhere", "date": "2026-11-16"}, 404, "lot"),
        ({"settled_on": "2026-11-16"}, 400, "settled_on"),
        ({"settled_on": "2026-11-16", "lot": QC, "date": "2026-11-16"}, 400, "settled_on"),
        ({"settled_on": "2026-11-16", "lot": QC, "after": "x"}, 400, "after"),
        ({"plate": "鲁A92001", "after": "x"}, 400, "after"),
        ({"plate": "鲁A92001", "state": "x"}, 400, "state"),
        ({"plate": "鲁A92001", "date": "0001-01-01"}, 200, ""),
        ({"plate": "鲁A92001", "date": "9999-12-31"}, 200, ""),
    ],
)
async def test_what_cannot_be_looked_up(
    client: httpx.AsyncClient, district: District, query: dict[str, str], status: int, field: str
) -> None:
    answer = await client.get("/v1/charges", params=query, headers=ADMIN)
    if status == 200:
        assert answer.json()["charges"] == []
    else:
        problem(answer, status, field)


async def test_the_charges_of_a_line_sum_up_to_it(client: httpx.AsyncClient, district: District) -> None:
    friday = NOW - 3 * A_DAY
    await district.account("鲁A93001", wallet_fen=10_000)
    for n, plate in enumerate(("鲁A93001", "鲁A93002", "鲁A93003")):
        await district.record(*visit(f"c{n}", plate, friday - 4 * HOUR, friday - HOUR, lot=STATION))
    paid, voided = [(await charges(client, ADMIN, plate=plate))[0] for plate in ("鲁A93002", "鲁A93003")]
    pay = {"channel": "local", "payer": "ok"}
    (await client.post(f"/v1/charges/{paid['reference']}/pay", json=pay)).raise_for_status()
    void = await client.post(f"/v1/charges/{voided['reference']}/void", json={"reason": "x"}, headers=ADMIN)
    void.raise_for_status()
    lot, today = district.lot(STATION), NOW.date()
    # What was done today stands in the line of today.
    for day in (friday.date(), today):
        await settlement_flow.settle(district.pool, business_date=day, now=NOW + A_DAY)
        parts = await every(client, lot=STATION, settled_on=str(day))
        async with district.pool.acquire() as db:
            lines = await settlement_store.lines(db, lot.operator_id, day)
        (line,) = [each for each in lines if each.lot_id == lot.id]
        for column in ("charges", "gross_fen", "refunds_fen", "collected_fen", "cash_fen"):
            assert sum(part["settled"][column] for part in parts) == getattr(line, column), (day, column)
        assert voided["reference"] in [part["reference"] for part in parts]
        stays = [(await client.get(f"/v1/stays/{part['stay_id']}", headers=AUDITOR)).json() for part in parts]
        assert {stay["lot"] for stay in stays} == {STATION}


async def test_a_drivers_bill_names_the_lot_the_plate_and_the_times(
    client: httpx.AsyncClient, district: District
) -> None:
    account = await district.account("鲁A94001", wallet_fen=5_000)
    await district.record(*visit("d1", "鲁A94001", NOW - 3 * HOUR, NOW - HOUR))
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    (bill,) = (await client.get("/v1/account/charges", headers=driver)).raise_for_status().json()["charges"]
    lot = district.lot(QC)
    assert bill["visit"] == {
        "lot": QC,
        "lot_zh": lot.name_zh,
        "lot_en": lot.name_en,
        "plate": "鲁A94001",
        "plate_color": "blue",
        "entered_at": (NOW - 3 * HOUR).isoformat().replace("+00:00", "Z"),
        "left_at": (NOW - HOUR).isoformat().replace("+00:00", "Z"),
    }
    assert sum(line["amount_fen"] for line in bill["lines"]) == bill["amount_fen"] == 400
    one = await client.get(f"/v1/account/charges/{bill['reference']}", headers=driver)
    assert one.json() == bill
    other = running.bearer(token(Audience.DRIVER, now=NOW, id=await district.account("鲁A94002")))
    problem(await client.get(f"/v1/account/charges/{bill['reference']}", headers=other), 404)


async def test_a_bill_that_hides_its_place_names_no_visit(client: httpx.AsyncClient, district: District) -> None:
    account = await district.account("鲁A95001", linked_at=NOW - HOUR, wallet_fen=5_000)
    await district.record(event("e1", "entry", NOW - 4 * HOUR, "鲁A95001"))
    await district.record(event("e2", "exit", NOW, "鲁A95001"))
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    (bill,) = (await client.get("/v1/account/charges", headers=driver)).raise_for_status().json()["charges"]
    assert (bill["visit"], bill["lot_id"]) == (None, None)
    # Staff see it all the same.
    (found,) = await charges(client, ADMIN, plate="鲁A95001")
    assert found["visit"]["lot"] == QC
