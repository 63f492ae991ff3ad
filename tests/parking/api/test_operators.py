"""An operator over HTTP and at the command line, from its first day to its last."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from payments.identity import Audience
from seeds.city.network import lot_plan
from tests import running
from tests.conftest import NOW
from tests.district import STATION, District, token
from tests.parking.api.problem import problem

OPERATORS, LOTS = "/v1/admin/operators", "/v1/admin/lots"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
NEW = {
    "code": "zg",
    "name_zh": "章丘停车",
    "name_en": "Zhangqiu",
    "platform_fee_bps": 200,
    "time_zone": "Asia/Shanghai",
}


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def test_an_operator_from_its_first_day_to_its_last(client: httpx.AsyncClient, district: District) -> None:
    for status in (201, 200):
        answer = await client.post(OPERATORS, json=NEW, headers=ADMIN)
        assert (answer.status_code, answer.headers["location"]) == (status, f"{OPERATORS}/zg"), answer.text
    problem(await client.post(OPERATORS, json={**NEW, "platform_fee_bps": 300}, headers=ADMIN), 409, "platform_fee_bps")

    path = f"{OPERATORS}/zg"
    for outcome in ("changed", "unchanged"):
        said = {"name_en": "Zhangqiu Parking", "time_zone": "Asia/Urumqi"}
        assert (await client.patch(path, json=said, headers=ADMIN)).json()["outcome"] == outcome
    share = {"platform_fee_bps": 150, "valid_from": "2027-01-01"}
    for agreed in ({**share, "platform_fee_bps": 1_500}, share, share):
        assert (await client.put(f"{path}/share", json=agreed, headers=ADMIN)).status_code == 204
    shown = (await client.get(path, headers=ADMIN)).json()
    assert [shown[name] for name in ("name_en", "time_zone", "platform_fee_bps", "lots", "closed_from")] == [
        "Zhangqiu Parking", "Asia/Urumqi", 200, 0, None,
    ]  # fmt: skip
    assert shown["rates"] == [{"valid_from": None, "platform_fee_bps": 200}, share]

    lot: dict[str, Any] = msgspec.to_builtins(lot_plan("zg-1", "zg"))
    assert (await client.post(LOTS, json=lot, headers=ADMIN)).status_code == 201
    end = {"closed_from": "2026-11-20"}
    refused = problem(await client.put(f"{path}/end", json=end, headers=ADMIN), 409, "closed_from")
    assert refused["facts"]["lots"] == ["zg-1"]
    # A second after midnight there.
    closing = {"state": "closed", "valid_from": "2026-11-20T00:00:01+06:00"}
    assert (await client.put(f"{LOTS}/zg-1/state", json=closing, headers=ADMIN)).json()["outcome"] == "changed"
    problem(await client.put(f"{path}/end", json=end, headers=ADMIN), 409, "closed_from")
    later = {"closed_from": "2026-11-21"}
    for outcome in ("changed", "unchanged"):
        assert (await client.put(f"{path}/end", json=later, headers=ADMIN)).json()["outcome"] == outcome
    problem(await client.post(LOTS, json={**lot, **_codes("zg-2")}, headers=ADMIN), 409)
    reopening = {"state": "open", "valid_from": "2026-12-01T00:00:00+06:00"}
    problem(await client.put(f"{LOTS}/zg-1/state", json=reopening, headers=ADMIN), 409)
    # It goes on after all.
    assert (await client.put(f"{path}/end", json={"closed_from": None}, headers=ADMIN)).json()["outcome"] == "changed"
    assert (await client.put(f"{LOTS}/zg-1/state", json=reopening, headers=ADMIN)).json()["outcome"] == "changed"
    problem(await client.put(f"{path}/end", json=later, headers=ADMIN), 409, "closed_from")

    actions = await district.owner.fetch("select action from audit where subject = 'operator:zg' order by at, id")
    assert [each["action"] for each in actions] == [
        "operator.register", "operator.change", "operator.fee", "operator.fee", "operator.end", "operator.end",
    ]  # fmt: skip


def _codes(lot: str) -> dict[str, Any]:
    plan: dict[str, Any] = msgspec.to_builtins(lot_plan(lot, "zg"))
    return {name: plan[name] for name in ("code", "gateway", "lanes")}


async def test_a_clock_by_which_days_are_closed_stays(client: httpx.AsyncClient, district: District) -> None:
    operator = district.lot(STATION).operator_code
    await district.owner.execute(
        "insert into operator_day (operator_id, closed_through) values ($1, '2026-11-15') "
        "on conflict (operator_id) do update set closed_through = excluded.closed_through",
        district.lot(STATION).operator_id,
    )
    said = {"time_zone": "Asia/Urumqi"}
    problem(await client.patch(f"{OPERATORS}/{operator}", json=said, headers=ADMIN), 409, "time_zone")
    problem(await client.patch(f"{OPERATORS}/{operator}", json={"time_zone": "Mars"}, headers=ADMIN), 422, "time_zone")
    for path, body in (("nobody", {}), ("nobody/end", {"closed_from": None})):
        method = "PUT" if "/" in path else "PATCH"
        problem(await client.request(method, f"{OPERATORS}/{path}", json=body, headers=ADMIN), 404)


async def test_operators_are_listed_page_by_page(client: httpx.AsyncClient, district: District) -> None:
    async def codes(**params: Any) -> tuple[list[str], str | None]:
        answer = await client.get(OPERATORS, params=params, headers=ADMIN)
        assert answer.status_code == 200, answer.text
        return [each["code"] for each in answer.json()["operators"]], answer.json()["next"]

    assert await codes(q="JN-STA") == (["jn-static"], None)
    assert await codes(limit=1) == (["jn-static"], "jn-static")
    assert "jn-static" not in (await codes(limit=200, after="jn-static"))[0]
    assert "sd-rail" in (await codes(limit=200, after="jn-static"))[0]
    number = district.lot(STATION).operator_id
    finance = running.bearer(token(Audience.FINANCE, now=NOW, operator_id=number))
    (own,) = (await client.get(OPERATORS, headers=finance)).json()["operators"]
    assert own["id"] == number
    problem(await client.get(f"{OPERATORS}/jn-static", headers=finance), 403)


async def test_the_same_at_the_command_line(database_url: str, redis_url: str, registered: dict[str, str]) -> None:
    env = running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat())
    names = ("--name-zh", "历城停车", "--name-en", "Licheng")
    assert (await running.onelot(env, "operator", "add", "lc", *names, "--fee-bps", "100"))[0] == 0
    assert (await running.onelot(env, "operator", "change", "lc", "--name-en", "Li"))[1].strip() == "changed"
    for outcome in ("changed", "unchanged"):
        assert (await running.onelot(env, "operator", "close", "lc", "--from", "2026-12-01"))[1].strip() == outcome
    code, printed = await running.onelot(env, "operators", "历城")
    assert (code, "2026-12-01" in printed, "jn-static" in printed) == (0, True, False), printed
    assert (await running.onelot(env, "operator", "reopen", "lc"))[1].strip() == "changed"
    code, printed = await running.onelot(env, "operator", "show", "lc")
    assert (json.loads(printed)["name_en"], json.loads(printed)["closed_from"]) == ("Li", None)
