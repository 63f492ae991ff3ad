"""The pack over HTTP: signed with the gateway's key, by difference, and with those who have rights."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest

import sql
from parking import offline
from parking.api.offline import PACKS, SIGNATURE
from parking.grants import second_of
from parking.offline import Delta, Entries, PackKeys
from parking.plates import PlateColor
from payments.identity import Audience, split_key
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token
from tests.parking.api.problem import problem
from tests.parking.rights import charged_by

HOUR = timedelta(hours=1)
PATH = "/v1/gateway/pack"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
RIGHTS = """
[[exempt]]
name_zh = "警车、救护车"
name_en = "Police and ambulances"
who = { tags = ["ambulance", "police"] }

[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"
"""

REGISTERED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/admin/exempt-vehicles", {"plate": "鲁A71C34", "tags": ["ambulance"], "reason": "city list"}),
    ("/v1/admin/exempt-vehicles", {"plate": "鲁A71C36", "tags": ["taxi"], "reason": "of no use here"}),
    (
        "/v1/admin/bans",
        {
            "plate": "鲁A71C43",
            "plate_color": "blue",
            "lot": HOSPITAL,
            "valid_from": (NOW - HOUR).isoformat(),
            "valid_until": None,
            "reason": "drove through the barrier",
        },
    ),
    (
        "/v1/admin/passes",
        {
            "code": "month",
            "vehicles": [{"plate": "鲁A71C46"}, {"plate": "鲁A71C49"}],
            "lots": [HOSPITAL],
            "bays": 2,
            "valid_from": "2026-11-01",
            "valid_through": "2026-11-30",
            "note": "paid",
        },
    ),
    (
        "/v1/admin/passes",
        {
            "code": "month",
            "vehicles": [{"plate": "鲁A71C38"}, {"plate": "鲁A71C40"}],
            "lots": [HOSPITAL],
            "bays": 1,
            "valid_from": "2026-11-01",
            "valid_through": "2026-11-30",
            "note": "shared",
        },
    ),
)


@pytest.fixture(scope="module")
async def client(
    pool: sql.Pool, database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process; the hospital exempts ambulances and sells passes."""
    await charged_by(pool, database_url, HOSPITAL, "rights", RIGHTS)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def keys(district: District, lot: str) -> PackKeys:
    """As a gateway computes them, from nothing but its own key."""
    parts = split_key(district.keys[lot])
    assert parts is not None
    return offline.keys_of(sha256(parts[1]).digest())


async def packed(client: httpx.AsyncClient, district: District, lot: str, **query: int) -> dict[str, Any]:
    answer = await client.get(PATH, params=query, headers=running.bearer(district.keys[lot]))
    assert answer.raise_for_status().headers[SIGNATURE] == offline.sign(keys(district, lot), answer.content)
    pack: dict[str, Any] = answer.json()
    return pack


def marks(district: District, lot: str, *plates: str) -> list[str]:
    return [offline.mark(keys(district, lot), plate, PlateColor.BLUE) for plate in plates]


async def test_rights_and_bans_fill_their_sections(client: httpx.AsyncClient, district: District) -> None:
    for path, body in REGISTERED:
        (await client.post(path, json=body, headers=ADMIN)).raise_for_status()
    closes = {"state": "closed", "valid_from": (NOW + HOUR).isoformat()}
    (await client.put(f"/v1/admin/lanes/{HOSPITAL}-in/state", json=closes, headers=ADMIN)).raise_for_status()
    inside = [
        event(f"in{plate}", "entry", NOW - HOUR, plate, lot=HOSPITAL, replay=True) for plate in ("鲁A71C49", "鲁A71C63")
    ]
    headers = running.bearer(district.keys[HOSPITAL])
    (await client.post("/v1/gate-events", json=inside, headers=headers)).raise_for_status()
    entries: dict[str, Any] = {}
    while not entries.get("bans"):
        # The process reads what is registered each second.
        await asyncio.sleep(1.1)
        entries = (await packed(client, district, HOSPITAL))["entries"]
    (pack,) = entries["shared"]
    held, pays = marks(district, HOSPITAL, "鲁A71C49", "鲁A71C63")
    assert entries == {
        "inside": {held: [0], pays: []},
        "leaving": {},
        "linked": [],
        "exempt": {car: [[]] for car in marks(district, HOSPITAL, "鲁A71C34")},
        "passes": {car: [[]] for car in marks(district, HOSPITAL, "鲁A71C46", "鲁A71C49")},
        "shared": {
            pack: {"bays": 1, "vehicles": sorted(marks(district, HOSPITAL, "鲁A71C38", "鲁A71C40")), "grants": [[]]}
        },
        "kinds": {f"police/white/{seen}": [[]] for seen in ("small", "large", "motorcycle")},
        "free_min": 0,
        "bans": {car: [0] for car in marks(district, HOSPITAL, "鲁A71C43")},
        "closed": {f"{HOSPITAL}-in": [second_of(NOW + HOUR)]},
        "unread": [],
    }


async def test_a_gateway_that_has_a_version_gets_what_differs(client: httpx.AsyncClient, district: District) -> None:
    first = await packed(client, district, QC)
    assert (first["version"], first["lot"], "since" in first, "delta" in first) == (1, QC, False, False)
    said = event("p1", "entry", NOW - 3 * HOUR, "鲁A72C34", replay=True)
    (await client.post("/v1/gate-events", json=said, headers=running.bearer(district.keys[QC]))).raise_for_status()
    second = await packed(client, district, QC, since=1)
    assert (second["version"], second["since"], "entries" in second) == (2, 1, False)
    (mark,) = marks(district, QC, "鲁A72C34")
    assert second["delta"] == {"inside": {mark: []}}
    was = msgspec.convert(first["entries"], Entries)
    applied = offline.applied(was, msgspec.convert(second["delta"], Delta))
    assert offline.digest(applied) == second["digest"]
    assert "72C34" not in msgspec.json.encode(applied).decode()


async def test_packs_are_for_gateways_and_not_often(client: httpx.AsyncClient, district: District) -> None:
    for _ in range(PACKS.requests):
        await packed(client, district, STATION)
    answer = await client.get(PATH, headers=running.bearer(district.keys[STATION]))
    assert problem(answer, 429)["facts"]["retry_after_s"] <= PACKS.seconds
    assert (await client.get(PATH, headers=ADMIN)).status_code == 403
    problem(await client.get(PATH, params={"since": "0"}, headers=running.bearer(district.keys[QC])), 400, "since")
