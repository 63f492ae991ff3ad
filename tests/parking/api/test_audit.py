"""The audit log as administrators and auditors look things up in it, and what some changes leave there."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, event, token
from tests.parking.api.problem import problem

HOUR = timedelta(hours=1)
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
AUDITOR = running.bearer(token(Audience.AUDITOR, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def lines(client: httpx.AsyncClient, headers: dict[str, str] = AUDITOR, **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/admin/audit", params=query, headers=headers)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["lines"]
    return found


async def looks(
    client: httpx.AsyncClient, query: dict[str, str], headers: dict[str, str] = AUDITOR
) -> list[tuple[int, int]]:
    """The owner and the rows of each look of a clerk at stays of one plate."""
    like = {"action": "personal.read", "subject": "stays", "actor": "clerk:test"}
    found = await lines(client, headers, **{**like, **query})
    return [(line["owner_id"], line["detail"]["rows"]) for line in found if line["detail"]["plate"] == "鲁A97002"]


async def test_who_looks_at_a_case_changes_from_whom_to_whom(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("a1", "exit", NOW, "鲁A97001"))
    (case,) = (await client.get("/v1/cases", params={"plate": "鲁A97001"}, headers=ADMIN)).json()["cases"]
    for assignee in ("wang", "wang", "li", None):
        said = {"assignee": assignee}
        (await client.post(f"/v1/cases/{case['id']}/assign", json=said, headers=ADMIN)).raise_for_status()
    found = await lines(client, subject=f"case:{case['id']}")
    assert [(line["action"], line["detail"]) for line in reversed(found)] == [
        ("case.assign", {"before": None, "after": "wang"}),
        ("case.assign", {"before": "wang", "after": "li"}),
        ("case.assign", {"before": "li", "after": None}),
    ]
    assert {line["owner_id"] for line in found} == {district.lot(QC).operator_id}


async def test_who_has_a_day_settled_is_kept(client: httpx.AsyncClient, district: District) -> None:
    day = f"{(NOW - timedelta(days=1)):%Y-%m-%d}"
    (await client.post("/v1/settlements", json={"business_date": day}, headers=ADMIN)).raise_for_status()
    (line,) = await lines(client, action="settlement.settle", subject=f"settlement:{day}")
    assert (line["actor"], set(line["detail"]["operators"])) == ("admin:test", {"jn-static", "sd-rail"})


async def test_lines_are_found_by_actor_operator_and_time(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("b1", "entry", NOW - HOUR, "鲁A97002"))
    own, other = (district.lot(lot).operator_id for lot in (QC, STATION))
    clerks = {of: running.bearer(token(Audience.CLERK, now=NOW, operator_id=of)) for of in (own, other)}
    for clerk in clerks.values():
        (await client.get("/v1/stays", params={"plate": "鲁A97002"}, headers=clerk)).raise_for_status()
    assert await looks(client, {"operator": "jn-static"}) == [(own, 1)]
    assert await looks(client, {"operator": "sd-rail"}) == [(other, 0)]
    assert await looks(client, {"operator": "nobody"}) == []
    hour_ago, soon = (NOW - HOUR).isoformat(), (NOW + HOUR).isoformat()
    assert sorted(await looks(client, {"from": hour_ago, "until": soon})) == sorted([(own, 1), (other, 0)])
    assert await looks(client, {"until": hour_ago}) == await looks(client, {"from": soon}) == []
    # An auditor of one operator reads what stands under that one.
    limited = running.bearer(token(Audience.AUDITOR, now=NOW, operator_id=own))
    assert await looks(client, {}, limited) == [(own, 1)]
    assert await looks(client, {"operator": "sd-rail"}, limited) == []
    problem(await client.get("/v1/admin/audit", params={"owner_id": str(other)}, headers=limited), 403)
    (read, *_) = await lines(client, action="audit.read")
    assert read["actor"] == "auditor:test"


async def test_what_is_changed_of_a_lot_is_read_by_its_operators_auditors(
    client: httpx.AsyncClient, district: District
) -> None:
    own, other = (district.lot(lot).operator_id for lot in (QC, STATION))
    gateway, lane = f"{QC}-gw", f"{QC}-in"
    for path, said in (
        (f"lots/{QC}", {"address_zh": "泉城路 1 号"}),
        (f"lanes/{lane}", {"code": f"{lane}-2"}),
        (f"lanes/{lane}-2", {"code": lane}),
        (f"gateways/{gateway}", {"code": f"{gateway}-2"}),
        (f"gateways/{gateway}-2", {"code": gateway}),
    ):
        (await client.patch(f"/v1/admin/{path}", json=said, headers=ADMIN)).raise_for_status()
    wanted = {"lot.change": 1, "lane.change": 2, "gateway.change": 2}
    for operator_id, seen in ((own, wanted), (other, dict.fromkeys(wanted, 0))):
        auditor = running.bearer(token(Audience.AUDITOR, now=NOW, operator_id=operator_id))
        found = {action: await lines(client, auditor, action=action) for action in wanted}
        assert {action: len(rows) for action, rows in found.items()} == seen
        assert {line["owner_id"] for rows in found.values() for line in rows} <= {operator_id}
    assert await lines(client, owner_id="0") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-11-16T00:00:00"}, "from"),
        ({"from": "2026-11-16T00:00:00Z", "until": "2026-11-16T00:00:00Z"}, "until"),
        ({"limit": "0"}, "limit"),
        ({"after": "x"}, "after"),
    ],
)
async def test_what_cannot_be_looked_up(client: httpx.AsyncClient, query: dict[str, str], field: str) -> None:
    problem(await client.get("/v1/admin/audit", params=query, headers=ADMIN), 400, field)


async def test_an_auditor_changes_nothing(client: httpx.AsyncClient, district: District) -> None:
    for method, path in (
        ("POST", "/v1/accounts"),
        ("POST", "/v1/settlements"),
        ("POST", "/v1/tokens"),
        ("POST", "/v1/cases/decide"),
    ):
        assert (await client.request(method, path, json={}, headers=AUDITOR)).status_code == 403


async def test_the_log_at_a_terminal_has_the_same_filters(
    database_url: str, redis_url: str, client: httpx.AsyncClient, district: District
) -> None:
    own = district.lot(QC).operator_id
    clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=own))
    (await client.get("/v1/stays", params={"plate": "鲁A97009"}, headers=clerk)).raise_for_status()
    env = running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat())
    wanted = ("audit", "--subject", "stays", "--operator", "jn-static", "--from", (NOW - HOUR).isoformat(), "--json")
    code, printed = await running.onelot(env, *wanted)
    assert code == 0, printed
    found = [msgspec.json.decode(line) for line in printed.splitlines()]
    assert {"rows": 0, "plate": "鲁A97009"} in [line["detail"] for line in found]
    code, printed = await running.onelot(env, *wanted, "--until", (NOW - HOUR / 2).isoformat())
    assert (code, printed) == (0, "")
