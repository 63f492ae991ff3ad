"""What a car owes from before is said at the gate where its lot wants that, and keeps nobody in."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from parking.texts import amounts
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token, visit
from tests.parking.api.test_situations import clerk, late, pay, say

HOUR = timedelta(hours=1)
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def says(client: httpx.AsyncClient, path: str, what: str | None) -> None:
    (await client.put(f"/v1/admin/{path}/arrears", json={"say": what}, headers=ADMIN)).raise_for_status()


async def test_a_gate_says_what_a_car_owes_from_before(client: httpx.AsyncClient, district: District) -> None:
    owner = district.lot(QC).operator_code
    await says(client, f"operators/{owner}", "show")
    await says(client, f"lots/{HOSPITAL}", "nothing")
    await running.known()
    plate = "鲁A51D01"
    first, second = (
        visit("o1", plate, NOW - 73 * HOUR, NOW - 70 * HOUR),
        visit("o2", plate, NOW - 30 * HOUR, NOW - 28 * HOUR),
    )
    _, owed, _, later = await say(client, district, *late(*first, *second))
    assert "arrears" not in owed  # it is no car at a lane
    sum_fen = owed["fee_fen"] + later["fee_fen"]
    (came,) = await say(client, district, event("o3", "entry", NOW - 2 * HOUR, plate, replay=True))
    assert came["gate"] == "none"
    (seen,) = await say(client, district, event("o4", "entry", NOW, "鲁A51D02"))
    assert (seen["gate"], seen.get("arrears")) == ("open", None)
    (left,) = await say(client, district, event("o5", "exit", NOW, plate))
    # That of this stay is asked for by itself.
    assert left["fee_fen"] == 400
    assert left["arrears"] == {"owed_fen": sum_fen, "since": "2026-11-13"}
    zh, en = amounts.narrow(sum_fen, "CNY")
    assert left["display"]["zh"].endswith(f" 欠费 {zh}（11月13日起）")
    assert left["display"]["en"] == f"Please pay ¥4.00. {en} owed since 2026-11-13"
    await pay(client, left)
    (again,) = await say(client, district, event("o6", "exit", NOW + timedelta(seconds=5), plate))
    assert (again["gate"], again["arrears"]["owed_fen"]) == ("open", sum_fen)
    # A lot may say otherwise than its operator, and another operator has said nothing.
    for number, lot in (("o7", HOSPITAL), ("o8", STATION)):
        (other,) = await say(client, district, event(number, "entry", NOW, plate, lot=lot), lot=lot)
        assert (other["gate"], other.get("arrears")) == ("open", None)
    await says(client, f"lots/{HOSPITAL}", None)
    await running.known()
    repeated = event("o7", "entry", NOW, plate, lot=HOSPITAL)
    (other,) = await say(client, district, repeated, lot=HOSPITAL)
    assert (other["gate"], other["arrears"]["owed_fen"], other["display"]["zh"][:4]) == ("open", sum_fen, "欢迎光临")
    await pay(client, owed)
    await pay(client, later)
    (other,) = await say(client, district, repeated, lot=HOSPITAL)
    assert other.get("arrears") is None


async def test_who_says_what_gates_say(client: httpx.AsyncClient, district: District) -> None:
    for path in (f"lots/{STATION}", f"operators/{district.lot(STATION).operator_code}"):
        before = await district.count("select count(*) from audit where action like '%.say_arrears'")
        refused = await client.put(f"/v1/admin/{path}/arrears", json={"say": "show"}, headers=clerk(district, STATION))
        assert refused.status_code == 403
        other = token(Audience.ADMIN, now=NOW, operator_id=district.lot(QC).operator_id)
        not_theirs = await client.put(f"/v1/admin/{path}/arrears", json={"say": "show"}, headers=running.bearer(other))
        assert not_theirs.status_code == 403
        wrong = await client.put(f"/v1/admin/{path}/arrears", json={"say": "shout"}, headers=ADMIN)
        assert (wrong.status_code, wrong.json()["field"]) == (400, "say")
        assert await district.count("select count(*) from audit where action like '%.say_arrears'") == before
        # The same again is no change, and has no line.
        for what in ("show", "nothing", "nothing"):
            await says(client, path, what)
        assert await district.count("select count(*) from audit where action like '%.say_arrears'") == before + 2
    for path in ("lots/nowhere", "operators/nobody"):
        assert (await client.put(f"/v1/admin/{path}/arrears", json={"say": "show"}, headers=ADMIN)).status_code in (
            404,
            422,
        )
