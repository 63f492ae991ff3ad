"""What a lot offers, from staff's document to what a driver finds by it, over HTTP and at the command line."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, token
from tests.parking.api.problem import problem
from tests.patience import PATIENCE_S

ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
SAID: dict[str, Any] = {
    "spaces": [{"kind": "ev", "count": 20, "connector": "gbt_dc", "power_kw": 60.0}, {"kind": "disabled", "count": 4}],
    "height_max_cm": 210,
    "opening_hours": "06:00-23:00",
    "address_en": "16766 Jingshi Road",
    "payment_methods": ["wechat", "cash"],
    "income": "business",
}


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def lines(district: District, action: str, lot: str) -> list[dict[str, Any]]:
    found = await district.owner.fetch(
        "select detail::text from audit where action = $1 and subject = $2 order by id", action, f"lot:{lot}"
    )
    return [json.loads(each["detail"]) for each in found]


async def shown(client: httpx.AsyncClient, lot: str, until: Any) -> dict[str, Any]:
    """The lot as everybody sees it, once every process knows what was said."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            detail: dict[str, Any] = (await client.get(f"/v1/lots/{lot}")).json()
            if until(detail["facilities"]):
                return detail
            await asyncio.sleep(0.05)


async def test_a_lot_says_what_it_offers_and_is_found_by_it(client: httpx.AsyncClient, district: District) -> None:
    path = f"/v1/admin/lots/{HOSPITAL}/facilities"
    tag = (await client.get(f"/v1/lots/{HOSPITAL}")).headers["etag"]
    answers = await asyncio.gather(*(client.put(path, json=SAID, headers=ADMIN) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [204] * 4
    # Of those who say the same at once one has changed something.
    (line,) = await lines(district, "lot.facilities", HOSPITAL)
    assert line["height_max_cm"] == {"before": None, "after": 210}

    detail = await shown(client, HOSPITAL, lambda offered: offered is not None)
    offered = detail["facilities"]
    assert offered["spaces"][0] == SAID["spaces"][0]
    # Ten in the morning in Jinan.
    assert (offered["is_open"], offered["changes_at"]) == (True, "2026-11-16T15:00:00Z")
    assert offered["payment_methods"][0] == {"code": "wechat", "name_zh": "微信支付", "name_en": "WeChat Pay"}
    again = await client.get(f"/v1/lots/{HOSPITAL}", headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["etag"] == tag) == (200, False)

    async def codes(**params: str) -> list[str]:
        answer = await client.get("/v1/lots", params=params)
        assert answer.status_code == 200, answer.text
        return [lot["code"] for lot in answer.json()["lots"]]

    assert await codes(ev="true", disabled="true", height_cm="210", open_at="2026-11-16T20:00+08:00") == [HOSPITAL]
    assert HOSPITAL not in await codes(height_cm="211")
    assert HOSPITAL not in await codes(open_at="2026-11-16T23:30 08:00")
    assert STATION in await codes(open_at="2026-11-16T23:30+08:00", height_cm="450")
    (listed,) = (await client.get("/v1/lots", params={"ev": "true"})).json()["lots"]
    assert [listed[name] for name in ("is_open", "ev_spaces", "disabled_spaces", "height_max_cm")] == [True, 20, 4, 210]

    # All of it is said anew: what is left out is not said any more.
    less = {**SAID, "height_max_cm": 230}
    del less["opening_hours"]
    assert (await client.put(path, json=less, headers=ADMIN)).status_code == 204
    assert (await client.get(path, headers=ADMIN)).json()["opening_hours"] is None
    assert (await lines(district, "lot.facilities", HOSPITAL))[1:] == [
        {
            "height_max_cm": {"before": 210, "after": 230},
            "opening_hours": {"before": "06:00-23:00", "after": None},
        }
    ]
    detail = await shown(client, HOSPITAL, lambda offered: offered["height_max_cm"] == 230)
    assert detail["facilities"]["is_open"] is None


async def test_what_is_refused_names_its_field(client: httpx.AsyncClient, district: District) -> None:
    path = f"/v1/admin/lots/{QC}/facilities"
    before = await lines(district, "lot.facilities", QC)
    for body, status, field in (
        ({"spaces": [{"kind": "standard", "count": 51}]}, 422, "spaces"),
        ({"opening_hours": "whenever"}, 400, "opening_hours"),
        ({"spaces": [{"kind": "ev", "count": 0}]}, 400, "spaces[0].count"),
        ({"pool": True}, 400, "pool"),
    ):
        problem(await client.put(path, json=body, headers=ADMIN), status, field)
    problem(await client.get("/v1/lots", params={"open_at": "2026-11-16T23:30"}), 400, "open_at")
    problem(await client.get("/v1/lots", params={"open_at": "0001-01-01T00:00Z"}), 400, "open_at")
    problem(await client.get("/v1/lots", params={"height_cm": 0}), 400, "height_cm")
    problem(await client.put("/v1/admin/lots/nowhere/facilities", json={}, headers=ADMIN), 404)
    assert await lines(district, "lot.facilities", QC) == before


async def test_staff_of_one_operator_speak_for_its_lots(client: httpx.AsyncClient, district: District) -> None:
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(QC).operator_id))
    theirs, others = f"/v1/admin/lots/{QC}", f"/v1/admin/lots/{STATION}"
    assert (await client.put(f"{theirs}/facilities", json={"phone": "12345"}, headers=clerk)).status_code == 204
    assert (await client.put(f"{theirs}/bays", json={"bays": []}, headers=clerk)).status_code == 204
    for path, body in (("facilities", {}), ("bays", {"bays": []}), ("bays/A1", {"sensor": None})):
        problem(await client.put(f"{others}/{path}", json=body, headers=clerk), 403)
    for path in ("facilities", "bays"):
        problem(await client.get(f"{others}/{path}", headers=clerk), 403)


async def test_bays_have_numbers_and_sensors(client: httpx.AsyncClient, district: District) -> None:
    path = f"/v1/admin/lots/{STATION}/bays"
    said = {"bays": [{"number": f"A{number}", "sensor": f"sensor-{number}"} for number in range(1, 4)]}
    for _ in range(2):
        assert (await client.put(path, json=said, headers=ADMIN)).status_code == 204
    page = (await client.get(path, params={"limit": 2}, headers=ADMIN)).json()
    assert ([each["number"] for each in page["bays"]], page["next"]) == (["A1", "A2"], "A2")
    page = (await client.get(path, params={"limit": 2, "after": "A2"}, headers=ADMIN)).json()
    assert (page["bays"], page["next"]) == ([{"number": "A3", "sensor": "sensor-3"}], None)

    for _ in range(2):
        assert (await client.put(f"{path}/A3", json={"sensor": "sensor-9"}, headers=ADMIN)).status_code == 204
    problem(await client.put(f"{path}/A3", json={"sensor": "sensor-1"}, headers=ADMIN), 409, "sensor")
    problem(await client.put(f"{path}/B1", json={"sensor": "sensor-7"}, headers=ADMIN), 404)
    problem(await client.put(path, json={"bays": [{"number": "A1"}] * 2}, headers=ADMIN), 422, "bays")
    elsewhere = {"bays": [{"number": "A1", "sensor": "sensor-1"}]}
    problem(await client.put(f"/v1/admin/lots/{HOSPITAL}/bays", json=elsewhere, headers=ADMIN), 409, "bays")
    # Two bays may change their sensors in one list.
    swapped = {"bays": [{"number": "A1", "sensor": "sensor-2"}, {"number": "A2", "sensor": "sensor-1"}]}
    assert (await client.put(path, json=swapped, headers=ADMIN)).status_code == 204
    assert await lines(district, "lot.bays", STATION) == [
        {"before": {}, "after": {"A1": "sensor-1", "A2": "sensor-2", "A3": "sensor-3"}},
        {"before": {"A3": "sensor-3"}, "after": {"A3": "sensor-9"}},
        {
            "before": {"A1": "sensor-1", "A2": "sensor-2", "A3": "sensor-9"},
            "after": {"A1": "sensor-2", "A2": "sensor-1"},
        },
    ]


async def test_the_same_at_the_command_line(
    database_url: str, redis_url: str, district: District, tmp_path: Path
) -> None:
    env = running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat())
    file = tmp_path / "said.json"
    for noun, said in (("facilities", '{"phone": "96116"}'), ("bays", '[{"number": "C7", "sensor": "s-7"}]')):
        file.write_text(said, "utf-8")
        assert await running.onelot(env, "lot", noun, QC, str(file)) == (0, "")
        code, printed = await running.onelot(env, "lot", noun, QC)
        assert (code, said[2:-2].split(", ")[0] in printed) == (0, True), printed
    file.write_text('{"phone": 7}', "utf-8")
    code, printed = await running.onelot(env, "lot", "facilities", QC, str(file))
    assert (code, "phone: Expected" in printed) == (2, True), printed
