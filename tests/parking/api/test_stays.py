"""Stays that staff look up: by plate, lot, lane and time, page by page, and each with what was believed of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from payments import ids
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token, visit
from tests.parking.api.problem import problem

HOUR = timedelta(hours=1)
MORNING = NOW - 3 * HOUR


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def staff(district: District, audience: Audience, lot: str = QC) -> dict[str, str]:
    """Somebody of the operator of a lot, in whose booth a booth is."""
    of_lot = district.lot(lot)
    lot_id = of_lot.id if audience is Audience.BOOTH else None
    return running.bearer(token(audience, now=NOW, operator_id=of_lot.operator_id, lot_id=lot_id))


ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))
AUDITOR = running.bearer(token(Audience.AUDITOR, now=NOW))


async def stays(client: httpx.AsyncClient, headers: dict[str, str], **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/stays", params=query, headers=headers)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["stays"]
    return found


async def looks(district: District, action: str = "personal.read") -> list[tuple[str, str, Any]]:
    rows = await district.owner.fetch(
        "select actor, subject, detail->>'plate' as plate from audit where action = $1 order by id", action
    )
    return [tuple(row) for row in rows]


async def test_a_stay_is_found_by_its_plate_with_all_that_belongs_to_it(
    client: httpx.AsyncClient, district: District
) -> None:
    pictures = [{"role": "plate", "ref": "oss://a.jpg"}]
    await district.record(event("ai", "entry", MORNING, "鲁A71001", images=pictures))
    await district.record(event("ao", "exit", NOW, "鲁A71001", confidence=0.3))
    before = len(await looks(district))
    (stay,) = await stays(client, staff(district, Audience.CLERK), plate="魯a·71001", plate_color="blue")
    named = (
        "lot",
        "plate",
        "plate_color",
        "state",
        "entry_lane",
        "exit_lane",
        "fee_fen",
        "entry_images",
        "exit_images",
    )
    assert {name: stay[name] for name in named} == {
        "lot": QC,
        "plate": "鲁A71001",
        "plate_color": "blue",
        "state": "closed",
        "entry_lane": f"{QC}-in",
        "exit_lane": f"{QC}-out",
        "fee_fen": 600,
        "entry_images": pictures,
        "exit_images": None,
    }
    assert (stay["charge"]["state"], stay["charge"]["owed_fen"], stay["charge"]["account_ending"]) == ("due", 600, None)
    shown = await client.get(f"/v1/charges/{stay['charge']['reference']}")
    assert shown.json()["amount_fen"] == 600
    assert [case["reason"] for case in stay["cases"]] == ["low_confidence"]
    assert stay["cases"][0]["reason_zh"]
    assert (await looks(district))[before:] == [("clerk:test", "stays", "鲁A71001")]


async def test_open_stays_and_halves_are_found_among_the_others(client: httpx.AsyncClient, district: District) -> None:
    await district.record(*visit("b1", "鲁A72001", MORNING - 9 * HOUR, MORNING - 8 * HOUR))
    await district.record(event("b2", "exit", MORNING - 2 * HOUR, "鲁A72001", lot=HOSPITAL))
    await district.record(event("b3", "entry", MORNING, "鲁A72001"))
    found = await stays(client, ADMIN, plate="鲁A72001")
    assert [(stay["state"], stay["lot"]) for stay in found] == [("open", QC), ("exit_only", HOSPITAL), ("closed", QC)]
    for state in ("open", "exit_only", "closed"):
        assert [stay["state"] for stay in await stays(client, ADMIN, plate="鲁A72001", state=state)] == [state]
    assert await stays(client, ADMIN, plate="鲁A72001", plate_color="green") == []
    assert await stays(client, ADMIN, plate="鲁A7200") == []


async def test_stays_of_a_lot_are_found_by_time_and_lane(client: httpx.AsyncClient, district: District) -> None:
    day = NOW - timedelta(days=3)
    await district.record(
        *visit("c1", "鲁A73001", day, day + HOUR, lot=HOSPITAL),
        *visit("c2", "鲁A73002", day, day + 2 * HOUR, lot=HOSPITAL),
        event("c3", "entry", day + 3 * HOUR, "鲁A73003", lot=HOSPITAL),
    )
    own = staff(district, Audience.FINANCE)

    async def plates(**query: str) -> list[str]:
        return [stay["plate"] for stay in await stays(client, own, lot=HOSPITAL, **query)]

    during = {"from": day.isoformat(), "until": (day + 4 * HOUR).isoformat()}
    assert await plates(**during) == ["鲁A73003", "鲁A73002", "鲁A73001"]
    assert await plates(**{**during, "from": (day + 2 * HOUR).isoformat()}) == ["鲁A73003", "鲁A73002"]
    assert await plates(**{**during, "until": (day + 2 * HOUR).isoformat()}) == ["鲁A73001"]
    assert await plates(**during, lane=f"{HOSPITAL}-out") == ["鲁A73002", "鲁A73001"]
    by_lane = await stays(client, own, lane=f"{HOSPITAL}-in", **during, state="open")
    assert [stay["plate"] for stay in by_lane] == ["鲁A73003"]


@pytest.mark.parametrize("by", [{"lot": STATION}, {"plate": "鲁A74000"}])
async def test_pages_have_each_stay_once(client: httpx.AsyncClient, district: District, by: dict[str, str]) -> None:
    since = NOW - timedelta(days=9)
    # Two end at one instant.
    for n in range(3):
        at = since + n * HOUR
        await district.record(
            *visit(f"d{n}{len(by['lot'])}" if "lot" in by else f"e{n}", "鲁A74000", at, at + HOUR / 2, lot=STATION),
            *visit(f"f{n}{len(by['lot'])}" if "lot" in by else f"g{n}", "鲁A74001", at, at + HOUR / 2, lot=STATION),
        )
    query = {**by, "from": since.isoformat(), "until": (since + 4 * HOUR).isoformat()}
    everything = [stay["id"] for stay in await stays(client, ADMIN, **query)]
    assert len(everything) == (6 if "lot" in by else 3)
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in everything:
        page = (await client.get("/v1/stays", params={**query, **after, "limit": "2"}, headers=ADMIN)).json()
        seen += [stay["id"] for stay in page["stays"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == everything


async def test_who_finds_which_stays(client: httpx.AsyncClient, district: District) -> None:
    await district.record(event("h1", "entry", MORNING, "鲁A75001"))
    (stay,) = await stays(client, ADMIN, plate="鲁A75001")
    path = f"/v1/stays/{stay['id']}"
    own = [staff(district, each) for each in (Audience.BOOTH, Audience.CLERK, Audience.FINANCE, Audience.AUDITOR)]
    for headers in (*own, ADMIN, AUDITOR):
        assert len(await stays(client, headers, plate="鲁A75001")) == 1
        assert (await client.get(path, headers=headers)).status_code == 200
    for headers in (staff(district, Audience.BOOTH, HOSPITAL), staff(district, Audience.CLERK, STATION)):
        assert await stays(client, headers, plate="鲁A75001") == []
        problem(await client.get(path, headers=headers), 404)
        problem(await client.get("/v1/stays", params={"lot": QC}, headers=headers), 403, "lot")
        problem(await client.get("/v1/stays", params={"lane": f"{QC}-in"}, headers=headers), 404, "lane")
    # A booth has one lot and need not name it.
    booth = await stays(client, own[0], state="open")
    assert ({each["lot"] for each in booth}, "鲁A75001" in [each["plate"] for each in booth]) == ({QC}, True)
    gateway = await client.get(path, headers=running.bearer(district.keys[QC]))
    assert (gateway.json()["state"], "plate" in gateway.json()) == ("open", False)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({}, 400, "lot"),
        ({"plate": "鲁A"}, 400, "plate"),
        ({"plate": "·"}, 400, "plate"),
        ({"plate": "鲁A75009", "plate_color": "pink"}, 400, "plate_color"),
        ({"lot": "nowhere"}, 404, "lot"),
        ({"lane": "nowhere"}, 404, "lane"),
        ({"lot": QC, "from": "2026-11-16T00:00:00"}, 400, "from"),
        ({"lot": QC, "from": "2026-11-16T00:00:00Z", "until": "2026-11-16T00:00:00Z"}, 400, "until"),
        ({"lot": QC, "after": "x"}, 400, "after"),
        ({"lot": QC, "after": f"{10**30}.{UUID(int=0)}"}, 400, "after"),
        ({"lot": QC, "limit": "101"}, 400, "limit"),
        ({"lot": QC, "state": "x"}, 400, "state"),
    ],
)
async def test_what_cannot_be_looked_up(
    client: httpx.AsyncClient, district: District, query: dict[str, str], status: int, field: str
) -> None:
    problem(await client.get("/v1/stays", params=query, headers=ADMIN), status, field)


async def test_staff_see_what_was_believed_of_a_stay_when(client: httpx.AsyncClient, district: District) -> None:
    account = await district.account("鲁A76001", wallet_fen=0)
    await district.record(*visit("i1", "鲁A76001", MORNING, NOW - HOUR))
    (found,) = await stays(client, ADMIN, plate="鲁A76001")
    # The gateway was cut off: it really came two hours earlier.
    await district.record(event("i0", "entry", MORNING - 2 * HOUR, "鲁A76001", replay=True))
    clerk = staff(district, Audience.CLERK)
    before = len(await looks(district))
    stay = (await client.get(f"/v1/stays/{found['id']}", headers=clerk)).raise_for_status().json()
    assert (await looks(district))[before:] == [("clerk:test", f"stay:{stay['id']}", "鲁A76001")]
    assert [fact["event_id"] for fact in stay["facts"]][-1] == "i1o"
    assert {fact["counts"] for fact in stay["facts"]} == {True}
    assert stay["charge"]["account_ending"] == f"{account % 100:02}"
    said = {"kind": "plate", "note": "seen", "plate": "鲁A76009", "plate_color": "blue"}
    event_id = stay["facts"][-1]["id"]
    (await client.post(f"/v1/events/{event_id}/decide", json=said, headers=clerk)).raise_for_status()
    after = (await client.get(f"/v1/stays/{found['id']}", headers=clerk)).raise_for_status().json()
    assert after["state"] != "closed"
    was = after["revisions"][-1]
    assert (was["state"], was["fee_fen"], was["left_at"]) == ("closed", stay["fee_fen"], stay["left_at"])
    # What was charged to the account for it then is nothing now.
    assert (was["charge"]["amount_fen"], was["charge"]["owed_fen"]) == (0, 0)
    (other,) = await stays(client, clerk, plate="鲁A76009")
    whole = (await client.get(f"/v1/stays/{other['id']}", headers=clerk)).json()
    assert [(made["kind"], made["note"]) for made in whole["decisions"]] == [("plate", "seen")]
    assert [fact["plate_now"] for fact in whole["facts"]] == ["鲁A76009"]


async def test_a_stay_that_is_none(client: httpx.AsyncClient, district: District) -> None:
    nobody = ids.new(NOW, district.lot().id, 7)
    for stay_id in (nobody, UUID(int=1)):
        problem(await client.get(f"/v1/stays/{stay_id}", headers=ADMIN), 404)
