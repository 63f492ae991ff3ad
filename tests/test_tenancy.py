"""Nobody who works for one operator sees a row of another's: every door that shows something, for every role."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parking import limits
from parking.api.authentication import audience_of
from parking.flow.reports import REPORTS
from parking.sessions import PAGE
from payments.identity import READERS, Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, Say, event, token, visit
from tests.test_routes import OURS, PATH

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Administrators and auditors of the city see everything; whoever works for an operator may be none of the first.
ROLES = tuple(each for each in READERS if each is not Audience.ADMIN)
SHOWN = [(path, handler) for method, path, handler in OURS if method == "GET" and not path.endswith("/stream")]
# What only theirs says: plates, people, reasons, names of shifts.
PAID, OWES, DOUBTED, INSIDE, BANNED = "鲁A8K111", "鲁A8K222", "鲁A8K333", "鲁A8K444", "鲁A8K555"
PEOPLE = ("wang-of-theirs", "zhao-of-theirs")
SHIFT, REASON = "shift-of-theirs", "reason-of-theirs"
DAYS = {"from": "2026-11-15", "to": "2026-11-16"}


class Theirs(Struct, frozen=True):
    """What stands in a path to lead to another operator's, and what must not be seen there."""

    path: Mapping[str, object]
    marks: frozenset[str]


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    settings = running.settings(database_url, redis_server_url, now=NOW, caller_requests_max=1_000_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "REFUSAL_DELAY_S", 0.01)
        async with running.served(settings) as client:
            yield client


def works_for(district: District, audience: Audience, code: str) -> dict[str, str]:
    """Of somebody who works for the operator of a lot; of a booth, for the lot."""
    lot = district.lot(code)
    lot_id = lot.id if audience is Audience.BOOTH else None
    return running.bearer(token(audience, now=NOW, operator_id=lot.operator_id, lot_id=lot_id))


@pytest.fixture(scope="module")
async def happened(client: httpx.AsyncClient, registered: dict[str, str]) -> None:
    """A day at the station: cars that paid, owe, are doubted, are inside; people who took cash and lifted barriers."""
    earlier = {"replay": True}
    told: list[Say] = [
        *({**each, **earlier} for each in visit("tp", PAID, NOW - 5 * HOUR, NOW - 4 * HOUR, lot=STATION)),
        *({**each, **earlier} for each in visit("to", OWES, NOW - 5 * HOUR, NOW - 3 * HOUR, lot=STATION)),
        {**event("td", "entry", NOW - HOUR, DOUBTED, lot=STATION, confidence=0.2), **earlier},
        {**event("ti", "entry", NOW - HOUR, INSIDE, lot=STATION), **earlier},
        {
            "event_id": "tc",
            "kind": "cash",
            "occurred_at": (NOW - 4 * HOUR).isoformat(),
            "lane": f"{STATION}-out",
            "of": "tpo",
            "amount_fen": 500,
            "person": PEOPLE[0],
            "shift": SHIFT,
        },
        {
            "event_id": "tl",
            "kind": "barrier",
            "occurred_at": (NOW - 2 * HOUR).isoformat(),
            "action": "opened",
            "lane": f"{STATION}-out",
            "by": "person",
            "person": PEOPLE[1],
            "reason": REASON,
        },
    ]
    answer = await client.post("/v1/gate-events", json=told, headers=running.bearer(registered[STATION]))
    assert answer.status_code == 200, answer.text
    assert all(each["status"] in ("recorded", "review") for each in answer.json()), answer.json()


@pytest.fixture
async def theirs(client: httpx.AsyncClient, happened: None, district: District) -> Theirs:
    """What the day left behind."""
    lot = district.lot(STATION)
    admin = running.bearer(token(Audience.ADMIN, now=NOW))
    ban = {"plate": BANNED, "reason": REASON, "lot": STATION, "valid_until": (NOW + 24 * HOUR).isoformat()}
    await client.post("/v1/admin/bans", json={**ban, "valid_from": (NOW - HOUR).isoformat()}, headers=admin)
    one = district.owner.fetchval
    stay = await one("select id from stay where plate = $1", PAID)
    case = await one("select id from parking_case where lot_id = $1 order by id limit 1", lot.id)
    shift = await one("select id from booth_shift where lot_id = $1", lot.id)
    reference = await one("select reference from charge where stay_id = $1", stay)
    assert None not in (stay, case, shift, reference)
    marks = {PAID, OWES, DOUBTED, INSIDE, BANNED, *PEOPLE, SHIFT, REASON, *map(str, (stay, case, shift, reference))}
    path = {
        **PATH,
        "stay_id": stay,
        "case_id": case,
        "shift_id": shift,
        "reference": reference,
        "code": STATION,
        "operator": "sd-rail",
        "lane": f"{STATION}-out",
        "gateway": STATION,
    }
    return Theirs(path, frozenset(marks))


def filled(path: str, theirs: Theirs) -> str:
    """A door with theirs in its blanks."""
    parts = [
        str(theirs.path.get(part[1:].partition("}")[0].partition(":")[0], "x")) if part.startswith("{") else part
        for part in path.split("/")
    ]
    return "/".join(parts)


def addresses(path: str, theirs: Theirs) -> list[str]:
    """A door with theirs in its blanks; one that gives reports, for each of them."""
    address = filled(path, theirs)
    if "{file" not in path:
        return [address]
    return [f"{address.rpartition('/')[0]}/{name}.json" for name in REPORTS]


def questions(handler: HTTPRouteHandler) -> list[dict[str, str]]:
    """Ways to ask a door for theirs; those that it does not know it refuses."""
    asked: list[dict[str, str]] = [{}, DAYS, {"lot": STATION}, {"operator": "sd-rail"}, {"plate": PAID}]
    asked += [{**DAYS, "lot": STATION}, {**DAYS, "operator": "sd-rail"}, {"day": "2026-11-16"}, {"state": "all"}]
    if handler.opt.get(PAGE):
        asked += [{"lot": STATION, "plate": "鲁A8K"}, {"form": "csv"}, {"q": "鲁A8K"}]
    return asked


async def seen(
    client: httpx.AsyncClient, url: str, query: dict[str, str], by: dict[str, str], theirs: Theirs
) -> set[str]:
    """What of theirs an answer has that was not in the question."""
    answer = await client.get(url, params=query, headers={**by, "Accept": "text/html, application/json"})
    assert answer.status_code < 500, f"{url} {query}: {answer.text[:500]}"
    if answer.status_code != 200:
        return set()
    # What was asked for by whoever asks stands in their own page, and in their own lines of the audit log.
    asked = {url, *query.values(), *([PAID] if "audit" in url else ())}
    return {mark for mark in theirs.marks if mark in answer.text and not any(mark in said for said in asked)}


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_sees_what_is_another_operators(
    role: Audience, client: httpx.AsyncClient, district: District, theirs: Theirs
) -> None:
    ours, their = works_for(district, role, QC), works_for(district, role, STATION)
    shown: set[str] = set()
    leaks: list[Any] = []
    for path, handler in SHOWN:
        if role not in audience_of(handler):
            continue
        for url in addresses(path, theirs):
            for query in questions(handler):
                if found := await seen(client, url, query, ours, theirs):
                    leaks.append((url, query, found))
                shown |= await seen(client, url, query, their, theirs)
    assert not leaks
    assert len(shown) >= 5, f"nothing was there that could have been seen: {shown}"
