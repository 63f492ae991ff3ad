"""A city's register from the command line: a lot registered, found, mended, closed and opened again."""

from datetime import timedelta
from pathlib import Path
from time import time

import msgspec
import pytest

import sql
from seeds.city.jinan import CITY_BOX
from seeds.city.network import lot_plan
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation of Jinan."""
    clock = {"ONELOT_CLOCK_START": NOW.isoformat(), "ONELOT_CLOCK_STARTED": str(time())}
    return running.environment(database_url, redis_url, **clock, ONELOT_CITY_BOX=CITY_BOX)


async def test_a_lot_is_looked_after(
    env: dict[str, str], tmp_path: Path, owner: sql.Connection, district: District
) -> None:
    async def onelot(*words: str, code: int = 0) -> str:
        ended, printed = await running.onelot(env, *words)
        assert (ended, "Traceback" in printed) == (code, False), printed
        return printed.strip()

    def file(**changes: object) -> str:
        path = tmp_path / "baotu.json"
        path.write_bytes(msgspec.json.encode(lot_plan("baotu", "jn-static", **changes)))
        return str(path)

    assert "say longitude 117.02 and latitude 36.67" in await onelot(
        "lot", "add", file(longitude=36.67, latitude=117.02), code=2
    )
    number = await onelot("lot", "add", file(name_zh="包突泉"))
    assert await onelot("lot", "add", file(name_zh="包突泉")) == f"{number}\nunchanged"
    assert "another name_zh" in await onelot("lot", "add", file(name_zh="趵突泉"), code=2)

    mend = ("lot", "change", "baotu", "--name-zh", "趵突泉", "--kind", "scenic")
    assert [await onelot(*mend) for _ in range(2)] == ["changed", "unchanged"]
    assert "outside of the city" in await onelot("lot", "change", "baotu", "--latitude", "31", code=2)
    assert "Expected `float`" in await onelot("lot", "change", "baotu", "--latitude", "200", code=2)
    lies = ("lot", "surroundings", "baotu", "--road", "lishan")
    assert [await onelot(*lies) for _ in range(2)] == ["changed", "unchanged"]
    since = (NOW + timedelta(days=1)).isoformat()
    assert await onelot("lot", "capacity", "baotu", "80", "--from", since) == f"changed from {since}"
    assert await onelot("lot", "capacity", "baotu", "80", "--from", since) == "unchanged"
    past = (NOW - timedelta(days=1)).isoformat()
    assert "RewritesThePast" in await onelot("lot", "close", "baotu", "--from", past, code=2)
    assert (await onelot("lot", "close", "baotu")).startswith("changed from 2026-11-16T02:0")
    assert await onelot("lot", "close", "baotu") == "unchanged"
    listed = await onelot("lot", "list", "趵突", "--state", "closed", "--operator", "jn-static")
    assert "baotu" in listed
    assert QC not in listed
    shown = msgspec.json.decode(await onelot("lot", "show", "baotu"))
    assert (shown["state"], shown["kind"], shown["capacities"]) == (
        "closed",
        "scenic",
        [{"valid_from": since.replace("+00:00", "Z"), "capacity": 80}],
    )
    assert (await onelot("lot", "reopen", "baotu")).startswith("changed")
    assert "UnknownLot" in await onelot("lot", "show", "nowhere", code=2)
    recode = ("lot", "change", "baotu", "--code", "baotu-spring")
    assert [await onelot(*recode) for _ in range(2)] == ["changed", "unchanged"]
    assert msgspec.json.decode(await onelot("lot", "show", "baotu"))["former_codes"] == ["baotu"]
    assert await onelot("lot", "change", "baotu", "--no-former-codes") == "changed"
    assert "UnknownLot" in await onelot("lot", "show", "baotu", code=2)
    assert (
        await onelot("--by", "王", "lot", "change", "baotu-spring", "--code", "baotu", "--no-former-codes") == "changed"
    )
    assert "is no name" in await onelot("--by", " ", "lot", "list", code=2)
    by = await owner.fetchval("select actor from audit where subject = 'lot:baotu-spring' order by id desc limit 1")
    assert by == "command line: 王"
    rows = await owner.fetch("select action from audit where subject = 'lot:baotu' and actor = 'command line: tests'")
    assert sorted(row["action"] for row in rows) == [
        *("lot.capacity", "lot.change", "lot.change", "lot.close", "lot.register", "lot.reopen", "lot.surroundings")
    ]


async def test_a_lot_holds_probable_matches(env: dict[str, str], district: District) -> None:
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    for said in (f"changed from {tomorrow}", "unchanged"):
        ended, printed = await running.onelot(env, "lot", "probable-match", QC, "hold", "--from", tomorrow)
        assert (ended, printed.strip()) == (0, said)


async def test_gates_and_lanes_are_looked_after(env: dict[str, str], tmp_path: Path, district: District) -> None:
    async def onelot(*words: str, code: int = 0) -> str:
        ended, printed = await running.onelot(env, *words)
        assert (ended, "Traceback" in printed) == (code, False), printed
        return printed.strip()

    week = tmp_path / "week.json"
    switches = [(["mon"], "06:30", "entry"), (["mon"], "12:00", "exit")]
    week.write_bytes(
        msgspec.json.encode([dict(zip(("days", "at", "direction"), each, strict=True)) for each in switches])
    )
    lane = f"{HOSPITAL}-east"
    assert await onelot("gate", "add", HOSPITAL, "east", "--name", "东门") == "changed"
    assert await onelot("gate", "change", HOSPITAL, "east", "--name", "东门") == "unchanged"
    added = ("lane", "add", HOSPITAL, lane, "--gate", "east", "--direction", "exit")
    assert [await onelot(*added) for _ in range(2)] == ["changed", "unchanged"]
    assert "another direction" in await onelot(*added[:-1], "entry", code=2)
    assert (await onelot("lane", "direction", lane, "--week", str(week))).startswith("changed from 2026-11-16")
    assert await onelot("lane", "direction", lane, "--week", str(week)) == "unchanged"
    assert "a direction, or a week" in await onelot("lane", "direction", lane, code=2)
    week.write_text('[{"days": ["moon"]}]')
    assert "is no week" in await onelot("lane", "direction", lane, "--week", str(week), code=2)
    assert await onelot("gateway", "add", HOSPITAL, f"{HOSPITAL}-gw2") == "changed"
    assert await onelot("lane", "change", lane, "--gateway", f"{HOSPITAL}-gw2") == "changed"
    (row,) = [line for line in (await onelot("gateway", "list", "--lot", HOSPITAL)).splitlines() if "gw2" in line]
    assert lane in row
    serves = (f"{HOSPITAL}-gw2", QC)
    assert (await onelot("gateway", "serve", *serves)).startswith("changed from")
    assert await onelot("gateway", "serve", *serves) == "unchanged"
    assert f"{HOSPITAL}-gw2" in await onelot("gateway", "list", "--lot", QC)
    assert (await onelot("gateway", "release", *serves)).startswith("changed from")
    assert f"{HOSPITAL}-gw2" not in await onelot("gateway", "list", "--lot", QC)
    assert "LotsApart" in await onelot("gateway", "serve", f"{HOSPITAL}-gw2", STATION, code=2)
    assert await onelot("lane", "change", lane, "--gate", "g1", "--code", f"{HOSPITAL}-e1") == "changed"
    assert (await onelot("lane", "close", f"{HOSPITAL}-e1")).startswith("changed from")
    assert (await onelot("gate", "close", HOSPITAL, "g1")).startswith("changed from")
    assert (await onelot("gate", "reopen", HOSPITAL, "g1")).startswith("changed from")
    assert await onelot("lane", "reopen", f"{HOSPITAL}-e1") == "unchanged"
    assert "UnknownLane" in await onelot("lane", "close", lane, code=2)
