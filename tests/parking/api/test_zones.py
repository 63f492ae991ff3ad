"""Price areas over HTTP and at the command line."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, token
from tests.parking.api.problem import problem

ZONES = "/v1/admin/zones"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def test_an_area_is_looked_up_and_called_rightly(client: httpx.AsyncClient, district: District) -> None:
    for code in ("a-core", "b-rim"):
        new = {"code": code, "name_zh": "核心区", "name_en": "Core"}
        assert (await client.post(ZONES, json=new, headers=ADMIN)).status_code == 201
    for lot in (QC, HOSPITAL, STATION):
        answer = await client.put(f"/v1/admin/lots/{lot}/zone", json={"zone": "a-core"}, headers=ADMIN)
        assert answer.status_code == 204, answer.text
    applied = {"zones": ["a-core"], "valid_from": "2027-01-01T00:00:00+08:00"}
    answer = await client.post("/v1/admin/tariffs/jinan_road/1/apply", json=applied, headers=ADMIN)
    assert answer.status_code == 204, answer.text

    page = (await client.get(ZONES, params={"limit": 1}, headers=ADMIN)).json()
    assert page == {
        "zones": [{"code": "a-core", "name_zh": "核心区", "name_en": "Core", "tariff": None, "lots": 3}],
        "next": "a-core",
    }
    page = (await client.get(ZONES, params={"after": "a-core"}, headers=ADMIN)).json()
    assert (page["zones"][0]["code"], page["zones"][0]["lots"]) == ("b-rim", 0)
    prices = [{"valid_from": "2026-12-31T16:00:00Z", "tariff": "jinan_road", "version": 1}]
    assert (await client.get(f"{ZONES}/a-core", headers=ADMIN)).json()["prices"] == prices
    inside = (await client.get(f"{ZONES}/a-core/lots", params={"limit": 2}, headers=ADMIN)).json()
    assert inside == {"lots": [STATION, HOSPITAL], "next": HOSPITAL}
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=district.lot(STATION).operator_id))
    assert (await client.get(f"{ZONES}/a-core/lots", headers=clerk)).json() == {"lots": [STATION], "next": None}

    for area, status in (("d-new", 201), ("d-new", 200)):
        said = {"code": area, "name_zh": "新区", "name_en": "New"}
        assert (await client.post(ZONES, json=said, headers=ADMIN)).status_code == status
    otherwise = {"code": "d-new", "name_zh": "新区", "name_en": "Newer"}
    problem(await client.post(ZONES, json=otherwise, headers=ADMIN), 409, "name_en")
    for outcome in ("changed", "unchanged"):
        answer = await client.patch(f"{ZONES}/a-core", json={"name_en": "Centre"}, headers=ADMIN)
        assert answer.json()["outcome"] == outcome
    shown = (await client.get(f"{ZONES}/a-core", headers=ADMIN)).json()
    assert (shown["name_zh"], shown["name_en"]) == ("核心区", "Centre")
    for method, path in (("GET", "nowhere"), ("GET", "nowhere/lots"), ("PATCH", "nowhere")):
        problem(await client.request(method, f"{ZONES}/{path}", json={}, headers=ADMIN), 404)


async def test_the_same_at_the_command_line(database_url: str, redis_url: str, registered: dict[str, str]) -> None:
    env = running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat())
    lines = []
    for names, code in ((("西", "West"), 0), (("西", "West"), 0), (("西", "Wst"), 2)):
        said = ("zone", "add", "z-west", "--name-zh", names[0], "--name-en", names[1])
        assert (await running.onelot(env, *said))[0] == code
        _, printed = await running.onelot(env, "audit", "--action", "zone.register", "--json")
        lines.append(printed.count("zone:z-west"))
    assert lines == [1, 1, 1]
    for outcome in ("changed", "unchanged"):
        assert (await running.onelot(env, "zone", "rename", "z-west", "--name-zh", "西区"))[1].strip() == outcome
    code, printed = await running.onelot(env, "zone", "list", "--after", "y")
    assert (code, "西区" in printed, "a-core" in printed) == (0, True, False), printed
    code, printed = await running.onelot(env, "zone", "show", "z-west")
    assert (json.loads(printed)["name_zh"], json.loads(printed)["prices"]) == ("西区", [])
    assert await running.onelot(env, "zone", "lots", "z-west") == (0, "")
