"""Price texts over HTTP by staff: registered, checked, published with what was accepted, and applied."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import structs

import sql
from parking import tariffs
from parking.api.tariff_lint import TariffLint
from parking.tariffs import Tariff, lint
from parking.tariffs.lint import Finding
from payments.identity import Audience
from seeds.city.jinan import TARIFFS
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, token
from tests.parking.api.problem import problem

ROAD = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
WARNING = Finding("farmable", "warning", "$.free", "可以分次停放", "May be split")
ERROR = Finding("longer_costs_less", "error", "$.bands[0]", "停得更久反而更便宜", "Longer costs less")
PATH = "/v1/admin/tariffs"
LATER = NOW + timedelta(days=1)


@pytest.fixture
async def client(database_url: str, redis_server_url: str, district: District) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the check finds; the true one takes seconds."""
    findings: list[Finding] = []
    monkeypatch.setattr(lint, "check", lambda *_, **__: list(findings))
    return findings


def staff(**limits: Any) -> dict[str, str]:
    return running.bearer(token(Audience.ADMIN, now=NOW, **limits))


def text(code: str, *, free_min: int = 30, **changes: object) -> Tariff:
    return structs.replace(ROAD, code=code, free=structs.replace(ROAD.free, minutes=free_min), **changes)


async def register(client: httpx.AsyncClient, tariff: Tariff, *, status: int = 201) -> dict[str, Any]:
    answer = await client.post(PATH, content=tariffs.to_json(tariff), headers=staff())
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def publish(client: httpx.AsyncClient, code: str, version: int = 1, **more: object) -> httpx.Response:
    return await client.post(f"{PATH}/{code}/{version}/publish", json=more, headers=staff())


async def test_from_a_document_to_a_price_that_holds(
    client: httpx.AsyncClient, district: District, owner: sql.Connection, found: list[Finding]
) -> None:
    found.append(WARNING)
    drafted = await register(client, text("a"))
    assert (drafted["version"], drafted["state"]) == (1, "draft")
    assert [one["text_zh"] for one in drafted["findings"]] == ["可以分次停放"]
    problem(await client.get("/v1/tariffs/a"), 404)

    said = problem(await publish(client, "a"), 422, "accept")
    assert "farmable" in said["detail"]
    assert said["facts"]["findings"][0]["path"] == "$.free"

    accept = [{"kind": "farmable", "path": "$.free", "reason": "known since 2019"}]
    answer = await publish(client, "a", accept=accept, lots=[QC], valid_from=LATER.isoformat())
    assert answer.status_code == 200, answer.text
    row = answer.json()
    assert (row["state"], row["published_by"]) == ("published", "admin:test")
    assert [(one["kind"], one["reason"], one["by"]) for one in row["accepted"]] == [
        ("farmable", "known since 2019", "admin:test")
    ]
    assert row["document"] == msgspec.json.decode(tariffs.to_json(text("a")))
    assert (await client.get(f"{PATH}/a/1", headers=staff())).json() == row

    # Everybody sees it at once, and where it will hold.
    shown = (await client.get("/v1/tariffs/a")).json()
    assert [(lot["code"], lot["since"], lot["until"]) for lot in shown["lots"]] == [(QC, "2026-11-17T02:00:00Z", None)]
    assert (await client.get(f"/v1/lots/{QC}")).json()["tariff"]["code"] == "jinan_road"
    lines = await owner.fetch(
        "select actor, action, subject, detail from audit where subject = 'tariff:a/1' order by id"
    )
    assert {row["actor"] for row in lines} == {"admin:test"}
    assert {row["action"] for row in lines} == {"tariff.register", "tariff.publish", "tariff.apply"}
    assert any("known since 2019" in row["detail"] for row in lines)


async def test_what_is_published_stays(client: httpx.AsyncClient, found: list[Finding]) -> None:
    await register(client, text("b"))
    assert (await publish(client, "b")).status_code == 200
    once = (await publish(client, "b")).json()
    assert (await publish(client, "b")).json() == once
    assert (await register(client, text("b"), status=200))["state"] == "published"
    second = await register(client, text("b", free_min=20))
    assert (second["version"], second["state"]) == (2, "draft")
    third = await register(client, text("b", free_min=25))
    assert (third["version"], third["state"]) == (2, "draft")
    assert (await client.get(f"{PATH}/b/2", headers=staff())).json()["document"]["free"]["minutes"] == 25
    assert (await register(client, text("b"), status=200))["version"] == 1
    assert (await client.get("/v1/tariffs/b")).json()["version"] == 1
    problem(await client.get("/v1/tariffs/b", params={"version": 2}), 404)


async def test_errors_forbid_publication(client: httpx.AsyncClient, found: list[Finding]) -> None:
    found.extend([ERROR, WARNING])
    await register(client, text("c"))
    accept = [{"kind": one.kind, "reason": "please"} for one in found]
    said = problem(await publish(client, "c", accept=accept), 422)
    assert [one["kind"] for one in said["facts"]["findings"]] == ["longer_costs_less"]


async def test_a_reason_says_something_of_a_kind_there_is(client: httpx.AsyncClient, found: list[Finding]) -> None:
    found.append(WARNING)
    await register(client, text("j"))
    for accept in ([{"kind": "farmable", "reason": "  "}], [{"kind": "farmabel", "reason": "known"}]):
        problem(await publish(client, "j", accept=accept), 422, "accept")


async def test_one_check_at_a_time(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on, end = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> list[Finding]:
        going_on.set()
        assert end.wait(20)
        return []

    monkeypatch.setattr(lint, "check", slow)
    monkeypatch.setattr(TariffLint.findings, "__kwdefaults__", {"wait_s": 0.05})
    first = asyncio.create_task(register(client, text("k")))
    assert await asyncio.to_thread(going_on.wait, 20)
    busy = await client.post(PATH, content=tariffs.to_json(text("l")), headers=staff())
    end.set()
    problem(busy, 503)
    assert int(busy.headers["retry-after"]) > 0
    assert (await first)["state"] == "draft"


async def test_the_true_check_looks_at_it(client: httpx.AsyncClient) -> None:
    drafted = await register(client, tariffs.from_toml((TARIFFS / "county_lot.toml").read_bytes()))
    assert "farmable" in {one["kind"] for one in drafted["findings"]}
    assert all(one["bills"] for one in drafted["findings"] if one["kind"] == "farmable")


async def test_a_document_may_be_toml(client: httpx.AsyncClient, found: list[Finding]) -> None:
    toml = (TARIFFS / "mall.toml").read_bytes()
    answer = await client.post(PATH, content=toml, headers={**staff(), "Content-Type": "application/toml"})
    assert (answer.status_code, answer.json()["code"]) == (201, "mall")
    assert answer.headers["location"] == f"{PATH}/mall/1"
    said = problem(await client.post(PATH, content=toml, headers=staff()), 422)
    assert said["title"] == "Tariff unclear"
    unfit = {**msgspec.json.decode(tariffs.to_json(ROAD)), "free": {"minutes": -1}}
    said = problem(await client.post(PATH, json=unfit, headers=staff()), 422)
    assert said["facts"]["path"] == "$.free.minutes"


async def test_all_of_it_or_nothing(client: httpx.AsyncClient, found: list[Finding]) -> None:
    await register(client, text("e"))
    later = (LATER + timedelta(hours=1)).isoformat()
    problem(await publish(client, "e", lots=[QC, "nowhere"], valid_from=later), 404, "lots")
    problem(await publish(client, "e", lots=[QC], valid_from="2026-11-15T00:00:00Z"), 409, "valid_from")
    problem(await publish(client, "e", lots=[QC], valid_from="2026-11-18T00:00:00"), 400, "valid_from")
    assert (await client.get(f"{PATH}/e/1", headers=staff())).json()["state"] == "draft"
    await register(client, text("f", time_zone="Europe/Berlin"))
    said = problem(await publish(client, "f", lots=[QC], valid_from=later), 422)
    assert (said["facts"]["tariff_zone"], said["facts"]["lot_zone"]) == ("Europe/Berlin", "Asia/Shanghai")
    problem(await client.post(f"{PATH}/e/1/apply", json={"lots": [QC]}, headers=staff()), 404)


async def test_price_areas(client: httpx.AsyncClient, district: District, found: list[Finding]) -> None:
    zone = {"code": "core", "name_zh": "一类区", "name_en": "Zone 1"}
    assert (await client.post("/v1/admin/zones", json=zone, headers=staff())).json() == zone
    again = await client.post("/v1/admin/zones", json=zone, headers=staff())
    assert (again.status_code, again.json()) == (200, zone)
    problem(await client.post("/v1/admin/zones", json={**zone, "name_en": "1"}, headers=staff()), 409, "name_en")
    await register(client, text("g"))
    assert (await publish(client, "g", zones=["core"])).status_code == 200
    place = f"/v1/admin/lots/{STATION}/zone"
    problem(await client.put(place, json={"zone": "nowhere"}, headers=staff()), 404)
    problem(await client.put("/v1/admin/lots/nowhere/zone", json={"zone": "core"}, headers=staff()), 404)
    assert (await client.put(place, json={"zone": "core"}, headers=staff())).status_code == 204
    lot = (await client.get(f"/v1/lots/{STATION}")).json()
    assert (lot["zone"], lot["tariff"]["code"]) == ("core", "jinan_road")  # its own price goes before the area's
    listed = (await client.get("/v1/tariffs")).json()
    assert listed["total"] == len(listed["tariffs"])
    (summary,) = [one for one in listed["tariffs"] if one["code"] == "g"]
    assert (summary["zones"], summary["lots"], summary["price_mode"]) == (["core"], [], "government")


async def test_staff_of_one_operator_apply_to_their_lots(
    client: httpx.AsyncClient, district: District, found: list[Finding]
) -> None:
    theirs = staff(operator_id=district.lot(QC).operator_id)
    problem(await client.post(PATH, content=tariffs.to_json(text("h")), headers=theirs), 403)
    await register(client, text("h"))
    problem(await client.post(f"{PATH}/h/1/publish", json={}, headers=theirs), 403)
    assert (await publish(client, "h")).status_code == 200
    since = {"valid_from": (LATER + timedelta(hours=2)).isoformat()}
    apply = f"{PATH}/h/1/apply"
    problem(await client.post(apply, json={"lots": [QC, STATION], **since}, headers=theirs), 403)
    problem(await client.post(apply, json={"zones": ["core"], **since}, headers=theirs), 403)
    problem(await client.put(f"/v1/admin/lots/{QC}/zone", json={"zone": None}, headers=theirs), 403)
    assert (await client.post(apply, json={"lots": [HOSPITAL], **since}, headers=theirs)).status_code == 204
    assert (await client.post(apply, json={"lots": [HOSPITAL], **since}, headers=theirs)).status_code == 204
    said = problem(await client.post(apply, json={}, headers=theirs), 422, "lots")
    assert "lots, zones" in said["detail"]
    problem(await client.post(apply, json={"lots": [HOSPITAL] * 501}, headers=theirs), 400, "lots")
    shown = (await client.get("/v1/tariffs/h")).json()
    assert [lot["code"] for lot in shown["lots"]] == [HOSPITAL]


async def test_versions_come_in_pages(client: httpx.AsyncClient, found: list[Finding]) -> None:
    for code in ("i1", "i2", "i3"):
        await register(client, text(code))
    codes: list[str] = []
    after: int | None = 0
    while after is not None:
        page = (await client.get(PATH, params={"state": "draft", "after": after, "limit": 2}, headers=staff())).json()
        codes += [one["code"] for one in page["tariffs"]]
        after = page["next"]
    assert [code for code in codes if code.startswith("i")] == ["i1", "i2", "i3"]
    problem(await client.get(PATH, params={"state": "new"}, headers=staff()), 400, "state")
