"""Who is inside and what that would cost now: for the lot's people, and for whoever pays for the plate."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from parking.flow.inside import find_inside
from parking.flow.prepayments import quote_inside
from parking.prepayments import NothingToPay
from parking.spans import STAY_MAX
from payments.identity import Audience, Principal
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token
from tests.parking.api.problem import problem

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LOOKED = "select count(*) from audit where action = 'personal.read' and subject = 'inside'"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def staff(district: District, audience: Audience, lot: str = QC) -> dict[str, str]:
    of_lot = district.lot(lot)
    lot_id = of_lot.id if audience is Audience.BOOTH else None
    return running.bearer(token(audience, now=NOW, operator_id=of_lot.operator_id, lot_id=lot_id))


async def found(client: httpx.AsyncClient, headers: dict[str, str], plate: str, lot: str = QC) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/lots/{lot}/inside", params={"plate": plate}, headers=headers)
    rows: list[dict[str, Any]] = answer.raise_for_status().json()
    return rows


async def test_staff_find_a_car_by_a_part_of_its_plate_with_what_it_costs(
    client: httpx.AsyncClient, district: District
) -> None:
    came = {"鲁A81C34": 3 * HOUR, "鲁A81C36": 10 * MINUTE}
    await district.record(*(event(f"s{p}", "entry", NOW - ago, p, replay=True) for p, ago in came.items()))
    before = await district.count(LOOKED)
    rows = await found(client, staff(district, Audience.BOOTH), "a81c3")
    assert [(row["plate"], row["fee_fen"], row["gate"], row["payment"]) for row in rows] == [
        ("鲁A81C36", 0, "open", "not_needed"),
        ("鲁A81C34", 600, "hold", "pay_at_gate"),
    ]
    assert sum(line["amount_fen"] for line in rows[1]["lines"]) == 600
    # What was asked for it then is what it costs: looking changes nothing.
    exit_ = event("s-out", "exit", NOW, "鲁A81C34")
    assert (await district.answer(exit_)).fee_fen == 600
    assert [row["plate"] for row in await found(client, staff(district, Audience.CLERK), "81C")] == ["鲁A81C36"]
    assert await district.count(LOOKED) == before + 2


async def test_who_came_longer_ago_than_a_stay_can_be_is_not_inside_and_hides_nobody(district: District) -> None:
    """Its next read begins another stay: it has no price, and keeps nobody else from having one."""
    later = NOW + STAY_MAX
    for n, (plate, came) in enumerate({"鲁A94C34": NOW - MINUTE, "鲁A94C36": NOW, "鲁A94C38": NOW + MINUTE}.items()):
        await district.answer(event(f"g{n}", "entry", came, plate))
    lot, network, booth = district.lot(), district.network, Principal(Audience.BOOTH, "li")

    async with district.pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        rows = await find_inside(
            db, lot, "A94C3", reader=booth, network=network, now=later, random_bits=district.random_bits
        )
        assert [row.plate for row in rows] == ["鲁A94C38", "鲁A94C36"]
        with pytest.raises(NothingToPay):
            await quote_inside(
                db, lot, "鲁A94C34", None, asker=booth, network=network, now=later, random_bits=district.random_bits
            )
        await transaction.rollback()


async def test_others_see_nothing(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("o1", "entry", NOW - HOUR, "鲁A82C34", lot=STATION, replay=True))
    path = f"/v1/lots/{STATION}/inside"
    for headers, status in (
        (staff(district, Audience.BOOTH, QC), 403),
        (staff(district, Audience.CLERK, HOSPITAL), 403),
        (running.bearer(district.keys[STATION]), 403),
        ({}, 401),
    ):
        assert (await client.get(path, params={"plate": "鲁A82C34"}, headers=headers)).status_code == status
    clerk = staff(district, Audience.CLERK, STATION)
    problem(await client.get(path, params={"plate": "A8"}, headers=clerk), 400, "plate")
    # Signs are no part of a plate, and NOTREAD is none: each would name every vehicle inside.
    for nothing in ("---", "· · ·", "NOTREAD"):
        problem(await client.get(path, params={"plate": nothing}, headers=clerk), 422, "plate")
    problem(await client.get("/v1/lots/none/inside", params={"plate": "A82"}, headers=clerk), 404)


async def test_a_driver_sees_the_own_car_if_it_came_after_it_was_linked(
    client: httpx.AsyncClient, district: District
) -> None:
    account = await district.account("鲁A83C34", linked_at=NOW - 5 * HOUR)
    other = await district.account()
    late = await district.account("鲁A83C36", linked_at=NOW - HOUR)
    for plate in ("鲁A83C34", "鲁A83C36"):
        await district.record(event(f"d{plate}", "entry", NOW - 3 * HOUR, plate, lot=HOSPITAL, replay=True))
    # Who only claims it learns nothing.
    await district.owner.execute(
        "insert into plate_claim (plate, plate_color, account_id, claimed_at) values ('鲁A83C34', 'blue', $1, $2)",
        *(other, NOW - 4 * HOUR),
    )

    async def sees(account_id: int) -> list[tuple[str, int, str]]:
        driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account_id))
        rows = await found(client, driver, "A83C", HOSPITAL)
        return [(row["plate"], row["fee_fen"], row["payment"]) for row in rows]

    assert await sees(account) == [("鲁A83C34", 600, "will_be_charged")]
    assert await sees(other) == await sees(late) == []
