"""Somebody who is new registers a lot from what docs/operating.md says, mistypes everything once, and mends it.

Once at the command line and once over HTTP: an operator, a lot with spaces for electric cars and a reversible lane, a
price, a gateway and a member of staff. Then a car comes and goes, its stay is found by its plate, and who did what is
read.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from parking.live.network import POLL_S
from seeds.city.jinan import CITY_BOX
from tests import blocks, running
from tests.conftest import NOW
from tests.district import visit
from tests.parking.api.problem import problem

ROOT = Path(__file__).parent.parent
HOUR = timedelta(hours=1)
PLATE = "鲁A88K66"
# The documents that docs/operating.md shows, by what a reader calls them.
SHOWN = {
    blocks.json_of(block).file: msgspec.json.decode(block.text)
    for block in blocks.blocks(ROOT / "docs" / "operating.md")
    if block.language == "json"
}
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
WEEK = [
    {"days": WORKDAYS, "at": "06:30", "direction": "entry"},
    {"days": WORKDAYS, "at": "12:00", "direction": "exit"},
]
LOT, OFFERS = "jn-lx-001", SHOWN["offers.json"]
TARIFF = (ROOT / blocks.FILES["tariff.toml"]).read_text("utf-8")
DEARER = TARIFF.replace("unit_fen = 200", "unit_fen = 2000")
# What stands in the audit log of it.
DONE = {
    *("operator.register", "operator.fee", "operator.change", "lot.register", "lot.change", "lot.capacity"),
    *("lot.facilities", "gate.register", "lane.register", "lane.change", "lane.direction", "tariff.publish"),
    *("tariff.apply", "gateway.change", "gateway_key.issue", "token.issue", "token.revoke"),
}


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation of Jinan in which nothing is registered."""
    clock = {"ONELOT_CLOCK_START": NOW.isoformat(), "ONELOT_CLOCK_STARTED": str(time())}
    return running.environment(database_url, redis_url, **clock, ONELOT_CITY_BOX=CITY_BOX)


@pytest.fixture
async def client(database_url: str, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Its service."""
    async with running.served(running.settings(database_url, redis_url, now=NOW, city_box=CITY_BOX)) as client:
        yield client


def lot(**said: Any) -> dict[str, Any]:
    """The lot of the documents with what is said of it otherwise."""
    return {**SHOWN["lot.json"], **said}


def offers(*spaces: dict[str, Any]) -> dict[str, Any]:
    """What the lot of the documents offers with other spaces."""
    return {**OFFERS, "spaces": spaces}


def came_and_went(of_lot: str, entry: str, left: str) -> list[dict[str, Any]]:
    """What a gateway says of a car that stayed two hours and is gone."""
    came, went = visit(of_lot, PLATE, NOW - 3 * HOUR, NOW - HOUR, replay=True)
    return [{**came, "lane": entry}, {**went, "lane": left}]


def mistyped_lane() -> list[dict[str, str]]:
    """The lanes of the documents, of which one leads nowhere."""
    first, second = SHOWN["lot.json"]["lanes"]
    return [first, {**second, "direction": "exti"}]


# -- at the command line


class Terminal(NamedTuple):
    """Where a newcomer types commands and keeps files."""

    env: dict[str, str]
    folder: Path

    async def onelot(self, *words: str, refused: str | None = None) -> str:
        """What a command prints; or it is refused and says this."""
        code, printed = await running.onelot(self.env, *words)
        assert "Traceback" not in printed
        assert (code == 0) is (refused is None), printed
        assert (refused or "") in printed
        return printed.strip()

    def file(self, name: str, said: object) -> str:
        """A file with a text or a document."""
        path = self.folder / name
        path.write_bytes(said.encode() if isinstance(said, str) else msgspec.json.encode(said))
        return str(path)


async def types_operator(at: Terminal) -> None:
    """Who runs lots: the share has a digit too many, and the name a slip."""
    named = ("operator", "add", "jn-static", "--name-zh", "济南静态交痛", "--name-en", "Jinan Static", "--fee-bps")
    await at.onelot(*named, "12000", refused="0<=x<=10000")
    await at.onelot(*named, "1200")
    await at.onelot(
        *named, "120", refused="platform_fee_bps: 1200, and not 120. Registering changes nothing that is there"
    )
    await at.onelot("operator", "fee", "jn-static", "--fee-bps", "120", "--from", "2026-11-16")
    mend = ("--name-zh", "济南静态交通")
    await at.onelot("operator", "change", "jn-statik", *mend, refused="'jn-statik'")
    assert await at.onelot("operator", "change", "jn-static", *mend) == "changed"


async def types_lot(at: Terminal) -> None:
    """A lot: a lane leads nowhere, its operator is none; then it is taken with a wrong name, capacity and gateway."""
    register = ("lot", "add")
    await at.onelot(
        *register,
        at.file("lot.json", lot(lanes=mistyped_lane())),
        refused="lanes[1].direction: Invalid enum value 'exti'",
    )
    await at.onelot(*register, at.file("lot.json", lot(operator_code="jn-statik")), refused="'jn-statik'")
    await at.onelot(*register, at.file("lot.json", lot(name_zh="泉成路路内泊位", capacity=8, gateway="jn-lx-01-gw")))
    await at.onelot(*register, at.file("lot.json", lot()), refused='another name_zh: "泉成路路内泊位"')
    assert await at.onelot("lot", "change", LOT, "--name-zh", lot()["name_zh"]) == "changed"
    assert (await at.onelot("lot", "capacity", LOT, "80")).startswith("changed from ")


async def types_offers(at: Terminal) -> None:
    """What it offers: of a plug that there is not, and more spaces than there are."""
    says, electric = ("lot", "facilities", LOT), OFFERS["spaces"][0]
    await at.onelot(
        *says,
        at.file("offers.json", offers({**electric, "connector": "gbt_cd"})),
        refused="spaces[0].connector: Invalid",
    )
    await at.onelot(*says, at.file("offers.json", offers({**electric, "count": 100})), refused="80")
    await at.onelot(*says, at.file("offers.json", OFFERS))
    assert '"gbt_dc"' in await at.onelot(*says)


async def types_lane(at: Terminal) -> None:
    """A lane that leads in before noon and out after it: without its gate, and with a wrong code and a wrong week."""
    lane = ("--gate", "b", "--direction", "entry")
    await at.onelot("lane", "add", LOT, f"{LOT}-bl", *lane, refused="no gate 'b'")
    assert await at.onelot("gate", "add", LOT, "b", "--name", "北门") == "changed"
    assert await at.onelot("lane", "add", LOT, f"{LOT}-bl", *lane) == "changed"
    assert await at.onelot("lane", "change", f"{LOT}-bl", "--code", f"{LOT}-b1") == "changed"
    leads = ("lane", "direction", f"{LOT}-b1", "--week")
    await at.onelot(*leads, at.file("week.json", [{**WEEK[0], "at": "6:30"}, WEEK[1]]), refused="[0].at: Expected")
    assert (await at.onelot(*leads, at.file("week.json", [{**WEEK[0], "at": "08:30"}, WEEK[1]]))).startswith(
        "changed from "
    )
    assert (await at.onelot(*leads, at.file("week.json", WEEK))).startswith("changed from ")


async def types_price(at: Terminal) -> None:
    """A price: an hour costs ten times as much as the notice says; and it is to hold at a lot that is none."""
    await at.onelot("tariff", "publish", at.file("tariff.toml", DEARER), refused="Not published.")
    await at.onelot("tariff", "publish", at.file("tariff.toml", TARIFF))
    apply = ("tariff", "apply", "jinan_road", "--from", "2026-11-16T00:00:00+08:00", "--lot")
    await at.onelot(*apply, "jn-xl-001", refused="'jn-xl-001'")
    assert f"holds at {LOT} from 2026-11-16" in await at.onelot(*apply, LOT)


async def types_gateway(at: Terminal) -> dict[str, str]:
    """Its gateway: by the code that it should have had."""
    await at.onelot("gateway", "key", f"{LOT}-gw", refused="UnknownGateway")
    assert await at.onelot("gateway", "change", "jn-lx-01-gw", "--code", f"{LOT}-gw") == "changed"
    return running.bearer(await at.onelot("gateway", "key", f"{LOT}-gw"))


async def types_clerk(at: Terminal) -> tuple[dict[str, str], dict[str, str]]:
    """A clerk: of a role that is none, and under a wrong name."""
    clerk = ("token", "--operator", "jn-static", "--role")
    await at.onelot(*clerk, "clark", "--subject", "li", refused="'clerk'")
    wrong = running.bearer((await at.onelot(*clerk, "clerk", "--subject", "lee")).splitlines()[-1])
    assert await at.onelot("tokens", "revoke", "--subject", "lee") == "1 revoked"
    return wrong, running.bearer((await at.onelot(*clerk, "clerk", "--subject", "li")).splitlines()[-1])


async def types_car(
    at: Terminal, client: httpx.AsyncClient, gateway: dict[str, str], clerk: tuple[dict[str, str], dict[str, str]]
) -> None:
    """A car comes and goes. Its stay is found, by half its plate it is not."""
    wrong, right = clerk
    await asyncio.sleep(POLL_S + 0.3)
    for said in came_and_went(LOT, f"{LOT}-in", f"{LOT}-out"):
        answer = await client.post("/v1/gate-events", json=said, headers=gateway)
        assert answer.json()["status"] == "recorded", answer.text
    await at.onelot("stays", "find", "--plate", "鲁A", refused="Name the whole plate.")
    assert LOT in await at.onelot("stays", "find", "--plate", PLATE)
    found = await client.get("/v1/stays", params={"plate": PLATE}, headers=right)
    assert [(each["lot"], each["fee_fen"]) for each in found.json()["stays"]] == [(LOT, 400)]
    problem(await client.get("/v1/stays", params={"plate": PLATE}, headers=wrong), 401)


async def types_trail(at: Terminal) -> None:
    """Who did it."""
    (line,) = (await at.onelot("audit", "--subject", f"lot:{LOT}", "--action", "lot.change", "--json")).splitlines()
    read = msgspec.json.decode(line)
    assert (read["actor"], read["detail"]["before"]) == ("command line: tests", {"name_zh": "泉成路路内泊位"})
    lines = (await at.onelot("audit", "--actor", "command line: tests", "--json")).splitlines()
    done = {msgspec.json.decode(line)["action"] for line in lines}
    assert done >= DONE, done
    assert "personal.read" in await at.onelot("audit", "--actor", "li")


async def test_at_the_command_line(env: dict[str, str], client: httpx.AsyncClient, tmp_path: Path) -> None:
    at = Terminal(env, tmp_path)
    for step in (types_operator, types_lot, types_offers, types_lane, types_price):
        await step(at)
    await types_car(at, client, await types_gateway(at), await types_clerk(at))
    await types_trail(at)


# -- over HTTP


OPERATORS, LOTS, GATEWAYS, OTHER_LOT = "/v1/admin/operators", "/v1/admin/lots", "/v1/admin/gateways", "sd-hy-001"


class Caller(NamedTuple):
    """An administrator who calls the API."""

    client: httpx.AsyncClient

    async def told(self, method: str, path: str, said: object, **more: Any) -> Any:
        """The answer to what is taken."""
        response = await self.client.request(method, path, json=said, **more)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def refused(self, method: str, path: str, said: object, status: int, field: str | None) -> str:
        """Why something is not taken."""
        detail: str = problem(await self.client.request(method, path, json=said), status, field)["detail"]
        return detail

    async def audit(self, **wanted: str) -> list[dict[str, Any]]:
        """Lines of the audit log."""
        lines: list[dict[str, Any]] = (await self.client.get("/v1/admin/audit", params=wanted)).json()["lines"]
        return lines


async def sends_operator(calls: Caller) -> None:
    """Who runs lots."""
    rail = {"code": "sd-rail", "name_zh": "山东铁陆", "name_en": "Shandong Rail"}
    share = {"platform_fee_bps": 600, "time_zone": "Asia/Shanghai"}
    await calls.refused("POST", OPERATORS, {**rail, **share, "platform_fee_bps": 12000}, 400, "platform_fee_bps")
    await calls.told("POST", OPERATORS, {**rail, **share})
    same = {**rail, **share, "platform_fee_bps": 60}
    assert "600, and not 60" in await calls.refused("POST", OPERATORS, same, 409, "platform_fee_bps")
    agreed = {"platform_fee_bps": 60, "valid_from": "2026-11-16"}
    await calls.told("PUT", f"{OPERATORS}/sd-rail/share", agreed)
    mended = {"name_zh": "山东铁路"}
    await calls.refused("PATCH", f"{OPERATORS}/sd-rial", mended, 404, None)
    await calls.told("PATCH", f"{OPERATORS}/sd-rail", mended)


async def sends_lot(calls: Caller) -> None:
    """A lot."""
    lanes = [{"code": f"{OTHER_LOT}-{way}", "gate": "a", "direction": way} for way in ("entry", "exit")]
    plan = lot(code=OTHER_LOT, operator_code="sd-rail", gateway="sd-hy-01-gw", lanes=lanes)
    await calls.refused("POST", LOTS, {**plan, "lanes": mistyped_lane()}, 400, "lanes[1].direction")
    await calls.refused("POST", LOTS, {**plan, "operator_code": "sd-rial"}, 422, "operator_code")
    await calls.told("POST", LOTS, {**plan, "name_zh": "泉成路路内泊位", "capacity": 8})
    await calls.refused("POST", LOTS, plan, 409, "name_zh")
    await calls.told("PATCH", f"{LOTS}/{OTHER_LOT}", {"name_zh": plan["name_zh"]})
    await calls.told("PUT", f"{LOTS}/{OTHER_LOT}/capacity", {"capacity": 80})


async def sends_offers(calls: Caller) -> None:
    """What it offers."""
    says, electric = f"{LOTS}/{OTHER_LOT}/facilities", OFFERS["spaces"][0]
    await calls.refused("PUT", says, offers({**electric, "connector": "gbt_cd"}), 400, "spaces[0].connector")
    await calls.refused("PUT", says, offers({**electric, "count": 100}), 422, "spaces")
    await calls.told("PUT", says, OFFERS)


async def sends_lane(calls: Caller) -> None:
    """A lane that leads in before noon and out after it."""
    lane = {"code": f"{OTHER_LOT}-bl", "gate": "b", "direction": "entry"}
    await calls.refused("POST", f"{LOTS}/{OTHER_LOT}/lanes", lane, 404, "gate")
    await calls.told("POST", f"{LOTS}/{OTHER_LOT}/gates", {"code": "b", "name": "北门"})
    await calls.told("POST", f"{LOTS}/{OTHER_LOT}/lanes", lane)
    await calls.told("PATCH", f"/v1/admin/lanes/{OTHER_LOT}-bl", {"code": f"{OTHER_LOT}-b1"})
    leads = f"/v1/admin/lanes/{OTHER_LOT}-b1/direction"
    await calls.refused("PUT", leads, {"week": [{**WEEK[0], "at": "6:30"}, WEEK[1]]}, 400, "week[0].at")
    await calls.told("PUT", leads, {"week": [{**WEEK[0], "at": "08:30"}, WEEK[1]]})
    await calls.told("PUT", leads, {"week": WEEK})


async def sends_price(calls: Caller) -> None:
    """A price."""
    tariffs, toml = "/v1/admin/tariffs", {"Content-Type": "application/toml"}
    price = TARIFF.replace('"jinan_road"', '"rail_road"')

    async def registered(text: str) -> str:
        draft = await calls.client.post(tariffs, content=text.encode(), headers=toml)
        assert draft.status_code == 201, draft.text
        return f"{draft.headers['location']}/publish"

    dearer = await registered(price.replace("unit_fen = 200", "unit_fen = 2000"))
    await calls.refused("POST", dearer, {}, 422, "accept")
    publish = await registered(price)
    where = {"lots": [OTHER_LOT], "valid_from": "2026-11-16T00:00:00+08:00"}
    await calls.refused("POST", publish, {**where, "lots": ["sd-yh-001"]}, 404, "lots")
    await calls.told("POST", publish, where)


async def sends_gateway(calls: Caller) -> dict[str, str]:
    """Its gateway."""
    problem(await calls.client.post(f"{GATEWAYS}/{OTHER_LOT}-gw/keys"), 404)
    await calls.told("PATCH", f"{GATEWAYS}/sd-hy-01-gw", {"code": f"{OTHER_LOT}-gw"})
    return running.bearer((await calls.client.post(f"{GATEWAYS}/{OTHER_LOT}-gw/keys")).json()["key"])


async def sends_clerk(calls: Caller) -> tuple[dict[str, str], dict[str, str]]:
    """A clerk."""
    clerk = {"audience": "clerk", "operator_id": (await calls.client.get(f"{OPERATORS}/sd-rail")).json()["id"]}
    await calls.refused("POST", "/v1/tokens", {**clerk, "subject": "lin", "audience": "clark"}, 400, "audience")
    wrong = running.bearer((await calls.told("POST", "/v1/tokens", {**clerk, "subject": "lee"}))["token"])
    assert await calls.told("POST", "/v1/tokens/revoke", {"subject": "lee"}) == {"revoked": 1}
    return wrong, running.bearer((await calls.told("POST", "/v1/tokens", {**clerk, "subject": "lin"}))["token"])


async def sends_car(calls: Caller, gateway: dict[str, str], clerk: tuple[dict[str, str], dict[str, str]]) -> None:
    """A car comes and goes."""
    wrong, right = clerk
    await asyncio.sleep(POLL_S + 0.3)
    for said in came_and_went(OTHER_LOT, f"{OTHER_LOT}-entry", f"{OTHER_LOT}-exit"):
        answer = await calls.told("POST", "/v1/gate-events", said, headers=gateway)
        assert answer["status"] == "recorded"
    problem(await calls.client.get("/v1/stays", params={"plate": "鲁A"}, headers=right), 400, "plate")
    found = (await calls.client.get("/v1/stays", params={"plate": PLATE}, headers=right)).json()["stays"]
    assert [(each["lot"], each["fee_fen"]) for each in found] == [(OTHER_LOT, 400)]
    problem(await calls.client.get("/v1/stays", params={"plate": PLATE}, headers=wrong), 401)


async def sends_trail(calls: Caller) -> None:
    """Who did it, and what was before."""
    (line,) = await calls.audit(subject=f"lot:{OTHER_LOT}", action="lot.change")
    assert (line["actor"], line["detail"]["before"]) == ("chen", {"name_zh": "泉成路路内泊位"})
    done = {each["action"] for each in await calls.audit(actor="chen")}
    assert done >= DONE, done
    (line,) = await calls.audit(actor="lin")
    assert line["action"] == "personal.read"


async def test_over_http(env: dict[str, str], client: httpx.AsyncClient) -> None:
    _, admin = await running.onelot(env, "token", "--role", "admin", "--subject", "chen")
    client.headers.update(running.bearer(admin.split()[-1]))
    calls = Caller(client)
    for step in (sends_operator, sends_lot, sends_offers, sends_lane, sends_price):
        await step(calls)
    await sends_car(calls, await sends_gateway(calls), await sends_clerk(calls))
    await sends_trail(calls)
