"""What gateways say of themselves over HTTP, how staff see it, and that a clock that is known wrong is taken off."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from parking.clocks import READINGS_MIN
from parking.live.clocks import FOLLOW_S
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token
from tests.parking.api.problem import problem
from tests.patience import PATIENCE_S

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
BEAT = "/v1/gateway/heartbeat"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def gateway(district: District, lot: str = QC) -> dict[str, str]:
    return running.bearer(district.keys[lot])


async def shown(client: httpx.AsyncClient, district: District, lot: str) -> dict[str, Any]:
    """A gateway as a clerk of its operator sees it."""
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(lot).operator_id))
    rows = (await client.get("/v1/admin/gateways", headers=clerk)).raise_for_status().json()["gateways"]
    (row,) = [row for row in rows if row["lot"] == lot]
    assert {each["lot"] for each in rows} == ({QC, HOSPITAL} if lot != STATION else {STATION})
    return dict(row)


async def test_gateways_are_found_page_by_page(client: httpx.AsyncClient, district: District) -> None:
    async def found(headers: dict[str, str], **wanted: str | int) -> tuple[list[str], str | None]:
        page = (await client.get("/v1/admin/gateways", params=wanted, headers=headers)).raise_for_status().json()
        return [each["code"] for each in page["gateways"]], page["next"]

    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    of = {lot: f"{lot}-gw" for lot in (STATION, HOSPITAL, QC)}
    assert await found(admin) == (sorted(of.values()), None)
    assert await found(admin, limit=2) == (sorted(of.values())[:2], sorted(of.values())[1])
    assert await found(admin, limit=2, after=sorted(of.values())[1]) == (sorted(of.values())[2:], None)
    assert await found(admin, q="HOSPITAL") == ([of[HOSPITAL]], None)
    assert await found(admin, lot=QC) == ([of[QC]], None)
    assert await found(clerk) == ([of[STATION]], None)
    problem(await client.get("/v1/admin/gateways", params={"lot": QC}, headers=clerk), 403, "lot")
    problem(await client.get("/v1/admin/gateways", params={"lot": "nowhere"}, headers=admin), 404, "lot")


async def test_a_lot_whose_gateway_lives_is_known(client: httpx.AsyncClient, district: District) -> None:
    """The hospital has sent nothing: nobody knows how full it is, until its gateway says that it lives."""

    async def stands() -> tuple[str, int | None]:
        lot = (await client.get(f"/v1/lots/{HOSPITAL}")).raise_for_status().json()
        return lot["status"], lot["free"]

    assert await stands() == ("unknown", None)
    beat = {"sent_at": NOW.isoformat()}
    (await client.post(BEAT, json=beat, headers=gateway(district, HOSPITAL))).raise_for_status()
    async with asyncio.timeout(PATIENCE_S):
        while await stands() != ("open", 200):  # noqa: ASYNC110 - counts reach readers a little later
            await asyncio.sleep(0.02)
    # Said again at once it writes nothing: every lot beats each 30 seconds.
    version = "select version from lot_occupancy where lot_id = $1"
    before = await district.count(version, district.lot(HOSPITAL).id)
    (await client.post(BEAT, json=beat, headers=gateway(district, HOSPITAL))).raise_for_status()
    assert await district.count(version, district.lot(HOSPITAL).id) == before


async def test_a_heartbeat_is_answered_with_the_time_and_the_last_one_is_shown(
    client: httpx.AsyncClient, district: District
) -> None:
    before = await shown(client, district, QC)
    assert (before["seen_at"], before["silent_s"], before["keys_active"]) == (None, None, 1)
    for backlog in (700, 12):
        said = {
            "sent_at": (NOW + 30 * SECOND).isoformat(),
            "backlog_events": backlog,
            "software": "gate 4.2",
            "lanes": [{"lane": f"{QC}-in", "barrier": "open", "camera": "ok"}],
        }
        heard = (await client.post(BEAT, json=said, headers=gateway(district))).raise_for_status().json()
        assert abs(datetime.fromisoformat(heard["as_of"]) - NOW) < 60 * SECOND
        assert abs(heard["clock_ahead_ms"] - 30_000) < 30_000
        assert (heard["events_waiting"], heard["commands_waiting"]) == (0, 0)
    after = await shown(client, district, QC)
    assert (after["backlog_events"], after["software"], after["clocks"]) == (12, "gate 4.2", [])
    assert after["lanes"] == said["lanes"]
    assert after["silent_s"] < 30
    rows = "select count(*) from gateway_state where gateway_id = $1"
    assert await district.count(rows, district.gateway().id) == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "sent_at"),
        ({"sent_at": "2026-11-16T10:00:00"}, "sent_at"),
        ({"sent_at": NOW.isoformat(), "backlog_events": -1}, "backlog_events"),
        ({"sent_at": NOW.isoformat(), "lanes": [{"lane": ""}]}, "lanes[0].lane"),
        ({"sent_at": NOW.isoformat(), "mood": "good"}, "mood"),
        ({"sent_at": "0001-01-01T00:00:00+14:00"}, "sent_at"),
        ({"sent_at": "9999-12-31T23:59:59-12:00"}, "sent_at"),
    ],
)
async def test_a_heartbeat_of_another_form_is_refused(
    client: httpx.AsyncClient, district: District, said: dict[str, Any], field: str
) -> None:
    answer = await client.post(BEAT, json=said, headers=gateway(district))
    assert problem(answer, 400, answer.json().get("field"))["detail"]
    assert field in (answer.json()["field"] + answer.json()["detail"])


async def test_a_backlog_of_a_clock_that_is_known_wrong_is_applied(
    client: httpx.AsyncClient, district: District
) -> None:
    """Eight hours ahead, the trap of zones: what would lie in the future is where it was."""
    ahead = 8 * HOUR
    for _ in range(READINGS_MIN):
        said = {"sent_at": (NOW + ahead).isoformat()}
        (await client.post(BEAT, json=said, headers=gateway(district, STATION))).raise_for_status()
    found: list[Any] = []
    while not found:
        await asyncio.sleep(0.1)
        found = (await shown(client, district, STATION))["clocks"]
    assert [abs(each["ahead_s"] - 8 * 3600) < 60 for each in found] == [True]
    known = await district.owner.fetchval("select ahead from clock_spell where ended_at is null")
    # Every process knows it a moment later.
    await asyncio.sleep(FOLLOW_S + 0.5)
    said_late = [
        event(f"1-{kind}", kind, NOW - ago + ahead, "鲁A61B01", lot=STATION, replay=True)
        for kind, ago in (("entry", 3 * HOUR), ("exit", HOUR))
    ]
    answers = (await client.post("/v1/gate-events", json=said_late, headers=gateway(district, STATION))).json()
    assert [each["status"] for each in answers] == ["recorded", "recorded"]
    (row,) = await district.owner.fetch("select entered_at, left_at from stay where plate = '鲁A61B01'")
    assert (row["entered_at"], row["left_at"]) == (NOW - 3 * HOUR + ahead - known, NOW - HOUR + ahead - known)
    cases = "select count(*) from parking_case where lot_id = $1 and reason = 'clock_ahead' and resolved_at is null"
    assert await district.count(cases, district.lot(STATION).id) == 1
