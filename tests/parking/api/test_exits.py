"""The phases of an exit over HTTP, as gateways and drivers meet them: the clock of the service goes with the story."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec import Struct, structs

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, Say, event, token
from tests.parking.rounds import round_of

DOOR = "/v1/gate-events"
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


class Gate(Struct):
    """The service, and the gateway of a lot that calls it at an instant."""

    client: httpx.AsyncClient
    now: datetime
    lot: str
    key: str

    async def reads(self, number: str, way: str, plate: str, *, at: datetime | None = None) -> dict[str, Any]:
        """A car is read at a lane; what its gateway is answered."""
        return await self.says(event(number, way, self.now if at is None else at, plate, lot=self.lot))

    async def says(self, said: Say) -> dict[str, Any]:
        response = await self.client.post(DOOR, json=said, headers=running.bearer(self.key))
        return dict(response.raise_for_status().json())

    async def passage(self, number: str, outcome: str, of: str) -> dict[str, Any]:
        """What became of a car at the exit."""
        said = {"event_id": number, "kind": "passage", "lane": f"{self.lot}-out", "occurred_at": self.now.isoformat()}
        return await self.says({**said, "outcome": outcome, "of": of})

    async def pays(self, answer: dict[str, Any]) -> None:
        """The driver scans what the lane shows, and pays."""
        path = f"/v1/charges/{answer['charge_reference']}/pay"
        (await self.client.post(path, json={"channel": "local", "payer": "ok"})).raise_for_status()

    async def stay(self, answer: dict[str, Any]) -> dict[str, Any]:
        found = await self.client.get(f"/v1/stays/{answer['stay_id']}", headers=running.bearer(self.key))
        return dict(found.raise_for_status().json())


@pytest.fixture(params=[STATION, QC])
async def gate(
    request: pytest.FixtureRequest,
    database_url: str,
    redis_server_url: str,
    registered: dict[str, str],
    owner: Any,
) -> AsyncIterator[Gate]:
    """A lot that tells passages, and one that does not."""
    since = "update lot set confirms_passages_since = '2026-01-01' where code = $1"
    await owner.execute(since, STATION)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        gate = Gate(client, NOW, request.param, registered[request.param])
        yield gate


async def test_paid_and_read_again(gate: Gate, district: District) -> None:
    plate = f"鲁J1000{len(gate.lot)}"
    came = event(f"a{gate.lot}", "entry", NOW - 2 * HOUR, plate, lot=gate.lot, replay=True)
    await gate.says(came)
    held = await gate.reads(f"b{gate.lot}", "exit", plate, at=NOW - MINUTE)
    assert (held["gate"], held["payment"]) == ("hold", "pay_at_gate")
    assert (await gate.stay(held))["gate"] == "hold"
    await gate.pays(held)
    assert (await gate.stay(held))["gate"] == "open"
    # By another id, by the same, and live after that.
    for number, at in ((f"c{gate.lot}", NOW + 5 * SECOND), (f"d{gate.lot}", NOW + 65 * SECOND)):
        again = await gate.reads(number, "exit", plate, at=at)
        assert (again["gate"], again["stay_id"], again["display"]["en"][-13:]) == (
            "open",
            held["stay_id"],
            "paid, goodbye",
        )
    told = await gate.reads(f"b{gate.lot}", "exit", plate, at=NOW - MINUTE)
    assert (told["status"], told["gate"]) == ("duplicate", "open")


async def test_who_was_held_parked_on_and_comes_again_has_not_left(gate: Gate, district: District) -> None:
    plate = f"鲁J3000{len(gate.lot)}"
    await gate.says(event(f"h{gate.lot}", "entry", NOW - 5 * HOUR, plate, lot=gate.lot, replay=True))
    first = await gate.says(event(f"i{gate.lot}", "exit", NOW - 2 * HOUR, plate, lot=gate.lot, replay=True))
    held = await gate.reads(f"j{gate.lot}", "exit", plate)
    assert (held["gate"], held["payment"], held["stay_id"]) == ("hold", "pay_at_gate", first["stay_id"])
    assert held["fee_fen"] > first["fee_fen"]
    await gate.pays(held)
    stay = await gate.stay(held)
    assert (stay["gate"], stay["fee_fen"], stay["state"]) == ("open", held["fee_fen"], "closed")


async def test_of_two_who_pay_for_one_car_the_second_gets_the_money_back(
    gate: Gate, district: District, database_url: str, redis_server_url: str
) -> None:
    plate, lot = f"鲁J4800{len(gate.lot)}", gate.lot
    await gate.says(event(f"twi{lot}", "entry", NOW - 3 * HOUR, plate, lot=lot, replay=True))
    held = await gate.reads(f"two{lot}", "exit", plate)
    pay = f"/v1/charges/{held['charge_reference']}/pay"
    first = await gate.client.post(pay, json={"channel": "local", "payer": "slow:zhang"})
    assert first.raise_for_status().json()["charge_state"] == "due"
    # Somebody else in the car is asked to wait, and later may pay, since nobody knows what became of the first.
    refused = await gate.client.post(pay, json={"channel": "local", "payer": "ok:li"})
    assert (refused.status_code, 0 < int(refused.headers["Retry-After"]) <= 30) == (409, True)
    district.now = NOW + MINUTE
    async with running.served(running.settings(database_url, redis_server_url, now=district.now)) as client:
        second = await client.post(pay, json={"channel": "local", "payer": "ok:li"})
        assert second.raise_for_status().json()["charge_state"] == "paid"
        later = structs.replace(gate, client=client, now=district.now + 5 * SECOND)
        assert (await later.reads(f"twx{lot}", "exit", plate))["gate"] == "open"
        # The money of the first comes all the same: it is nobody's here, and finance gives it back.
        await round_of(district, redis_server_url, "resolve")
        finance = running.bearer(token(Audience.FINANCE, now=NOW))
        disputes = (await client.get("/v1/disputes", headers=finance)).raise_for_status().json()["disputes"]
        (over,) = disputes
        assert (over["kind"], over["held_fen"]) == ("overpaid", held["fee_fen"])
        back = await client.post(f"/v1/disputes/{over['id']}/return", json={"note": "paid twice"}, headers=finance)
        assert (back.raise_for_status().json()["state"], back.json()["amount_fen"]) == ("succeeded", held["fee_fen"])
        shown = (await client.get(f"/v1/charges/{held['charge_reference']}")).json()
        assert (shown["paid_fen"], shown["owed_fen"], shown["refunded_fen"]) == (held["fee_fen"], 0, 0)


async def test_who_waits_behind_and_follows_another_car_is_out(gate: Gate, district: District) -> None:
    before, n, then = await district.inside(gate.lot), len(gate.lot), NOW - 20 * HOUR
    late: Say = {"lot": gate.lot, "replay": True}
    for number, plate in enumerate((f"鲁J4100{n}", f"鲁J4200{n}")):
        await gate.says(event(f"k{n}{number}", "entry", then - 2 * HOUR, plate, **late))
    first = await gate.says(event(f"l{n}", "exit", then, f"鲁J4100{n}", **late))
    behind = await gate.says(event(f"m{n}", "exit", then + 20 * SECOND, f"鲁J4200{n}", **late))
    await gate.pays(first)
    assert await district.inside(gate.lot) == before + (2 if gate.lot == STATION else 0)
    # The loop does not know whose they are: two went through on one opening.
    lane = {"kind": "passage", "lane": f"{gate.lot}-out", "outcome": "passed", "replay": True}
    at = [(then + after * SECOND).isoformat() for after in (30, 33)]
    own, followed = [
        await gate.says({"event_id": f"n{n}{number}", "occurred_at": each, **lane}) for number, each in enumerate(at)
    ]
    assert (own["status"], followed["status"], followed["reason"]) == ("recorded", "review", "passage_without_read")
    assert {own["stay_id"], followed["stay_id"]} == {first["stay_id"], behind["stay_id"]}
    assert await district.inside(gate.lot) == before
    # What it did not pay it owes.
    stay = await gate.stay(behind)
    assert (stay["state"], stay["gate"], stay["fee_fen"]) == ("closed", "hold", behind["fee_fen"])
    assert await district.broken() == {}


async def test_turned_back_after_paying(gate: Gate, district: District) -> None:
    plate = f"鲁J2000{len(gate.lot)}"
    before = await district.inside(gate.lot)
    await gate.says(event(f"e{gate.lot}", "entry", NOW - 2 * HOUR, plate, lot=gate.lot, replay=True))
    held = await gate.reads(f"f{gate.lot}", "exit", plate)
    await gate.pays(held)
    told = await gate.passage(f"g{gate.lot}", "turned_back", f"f{gate.lot}")
    assert (told["status"], told["gate"], told["stay_id"]) == ("recorded", "none", held["stay_id"])
    assert await district.inside(gate.lot) == before + 1
    assert (await gate.stay(held))["state"] == "open"
    assert await gate.passage(f"g{gate.lot}", "turned_back", f"f{gate.lot}") == {**told, "status": "duplicate"}


async def test_who_only_drives_by_the_exit_pays_on_leaving(gate: Gate, district: District) -> None:
    """Read at the exit in the free time, parked on, and back after hours; also where no passages are told."""
    plate, lot = f"鲁J4900{len(gate.lot)}", gate.lot
    for number, kind, ago in ((f"dbi{lot}", "entry", 6 * HOUR), (f"dbo{lot}", "exit", 6 * HOUR - 10 * MINUTE)):
        passed = await gate.says(event(number, kind, NOW - ago, plate, lot=lot, replay=True))
    assert passed["fee_fen"] == 0
    held = await gate.reads(f"dbx{lot}", "exit", plate)
    assert (held["gate"], held["fee_fen"], held["stay_id"]) == ("hold", 900, passed["stay_id"])
    await gate.pays(held)
    assert (await gate.reads(f"dby{lot}", "exit", plate, at=NOW + 5 * SECOND))["gate"] == "open"


async def test_the_exit_rule_of_a_lot_is_an_admins_to_set(gate: Gate, district: District) -> None:
    path = f"/v1/admin/lots/{STATION}/exits"
    said = {"confirms_passages": True, "leave_within_min": 20}
    lines = "select count(*) from audit where action = 'lot.exit_rule'"
    before = await district.count(lines)
    for audience, status in ((Audience.ADMIN, 204), (Audience.CLERK, 403), (Audience.ADMIN, 204)):
        done = await gate.client.put(path, json=said, headers=running.bearer(token(audience, now=NOW)))
        assert done.status_code == status
    assert await district.count(lines) == before + 1
    rule = await district.owner.fetch("select * from lot where code = $1", STATION)
    assert (rule[0]["leave_within_min"], rule[0]["confirms_passages_since"].year) == (20, 2026)
    nowhere = await gate.client.put(
        "/v1/admin/lots/nowhere/exits", json=said, headers=running.bearer(token(Audience.ADMIN, now=NOW))
    )
    assert nowhere.status_code == 404
    wrong = await gate.client.put(
        path, json={**said, "leave_within_min": 0}, headers=running.bearer(token(Audience.ADMIN, now=NOW))
    )
    assert (wrong.status_code, wrong.json()["field"]) == (400, "leave_within_min")
    await district.owner.execute("update lot set leave_within_min = 15")
