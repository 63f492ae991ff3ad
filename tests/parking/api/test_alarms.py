"""Alarms over HTTP: who sees which, and what they may do about them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from parking.alarms import AlarmKind, Cause
from parking.store import alarms as store
from payments import ids
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, token


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def test_staff_of_an_operator_see_and_close_their_own_alarms(
    client: httpx.AsyncClient, district: District
) -> None:
    def staff(audience: Audience, lot: str) -> dict[str, str]:
        return running.bearer(token(audience, now=NOW, operator_id=district.lot(lot).operator_id))

    lot_id = district.lot(QC).id
    made = [ids.new(NOW, lot_id, district.random_bits()) for _ in range(2)]
    for id_, kind in zip(made, (AlarmKind.SILENT_LOT, AlarmKind.COUNT_OFF), strict=True):
        await store.raise_alarm(district.owner, id_, Cause(lot_id, kind), NOW)
    clerk, auditor = staff(Audience.CLERK, QC), staff(Audience.AUDITOR, QC)
    first = (await client.get("/v1/alarms?limit=1", headers=auditor)).raise_for_status().json()
    rest = (await client.get(f"/v1/alarms?after={first['next']}", headers=auditor)).raise_for_status().json()
    assert {each["id"] for page in (first, rest) for each in page["alarms"]} == {str(id_) for id_ in made}
    assert (len(first["alarms"]), rest["next"]) == (1, None)
    assert (await client.get("/v1/alarms", headers=staff(Audience.CLERK, STATION))).json()["alarms"] == []

    at = f"/v1/alarms/{made[0]}"
    assert (await client.post(f"{at}/acknowledge", headers=auditor)).status_code == 403
    assert (await client.post(f"{at}/acknowledge", headers=staff(Audience.CLERK, STATION))).status_code == 404
    assert (await client.post(f"{at}/acknowledge", headers=clerk)).json()["state"] == "acknowledged"
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    assert (await client.post(f"{at}/acknowledge", headers=admin)).status_code == 409
    assert (await client.post(f"{at}/dispatch", json={"to": "li"}, headers=admin)).json()["dispatched_to"] == "li"
    done = (await client.post(f"{at}/resolve", json={"note": "mended"}, headers=clerk)).json()
    assert (done["state"], done["kind_en"], done["gone_at"]) == ("resolved", "The lot is silent", None)
    still = (await client.get("/v1/alarms?resolved=false", headers=clerk)).json()["alarms"]
    assert [each["kind"] for each in still] == ["count_off"]
    lines = await district.owner.fetch("select action from audit where subject = $1 order by id", f"alarm:{made[0]}")
    assert {line["action"] for line in lines} == {"alarm.acknowledge", "alarm.dispatch", "alarm.resolve"}
