"""What a lot's computer hears over HTTP: the long poll, the stream, what it acknowledges, and opening from afar."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from parking.live import commands as live
from parking.live.commands import LISTENERS_OF_GATEWAY_MAX
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token, visit
from tests.parking.api.problem import problem
from tests.parking.live.own_redis import Server
from tests.patience import PATIENCE_S

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
COMMANDS = "/v1/gateway/commands"
# The worker does not run here: what is paid is passed on when all who listen are looked for.


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def gateway(district: District, lot: str = QC) -> dict[str, str]:
    return running.bearer(district.keys[lot])


def clerk(district: District, lot: str = QC, audience: Audience = Audience.CLERK) -> dict[str, str]:
    of_lot = district.lot(lot)
    lot_id = of_lot.id if audience is Audience.BOOTH else None
    return running.bearer(token(audience, now=NOW, operator_id=of_lot.operator_id, lot_id=lot_id))


async def asked(client: httpx.AsyncClient, headers: dict[str, str], **query: int) -> dict[str, Any]:
    answer = await client.get(COMMANDS, params={"wait_s": 25, **query}, headers=headers)
    said: dict[str, Any] = answer.raise_for_status().json()
    return said


async def held(client: httpx.AsyncClient, district: District, name: str, plate: str, lot: str = QC) -> Any:
    """A car at the exit that has to pay: what its gateway is answered."""
    entry, exit_ = visit(name, plate, NOW - 3 * HOUR, NOW, lot=lot)
    for said in ({**entry, "replay": True}, exit_):
        answer = await client.post("/v1/gate-events", json=said, headers=gateway(district, lot))
    said = answer.raise_for_status().json()
    assert said["gate"] == "hold"
    return said


async def pay(client: httpx.AsyncClient, said: Any) -> None:
    paid = await client.post(f"/v1/charges/{said['charge_reference']}/pay", json={"channel": "local", "payer": "ok"})
    assert paid.raise_for_status().json()["charge_state"] == "paid"


async def test_who_waits_hears_that_a_car_has_paid(client: httpx.AsyncClient, district: District) -> None:
    start = (await asked(client, gateway(district), wait_s=0))["next"]
    said = await held(client, district, "h1", "鲁A51C01")
    waiting = asyncio.create_task(asked(client, gateway(district), after=start))
    await asyncio.sleep(0.1)
    await pay(client, said)
    heard = await waiting
    (command,) = heard["commands"]
    assert (command["gate"], command["because"], command["event_id"], command["stay_id"]) == (
        *("open", "paid", "h1o"),
        said["stay_id"],
    )
    assert command["display"] == {"zh": "6.00元 已支付", "en": "¥6.00 paid, goodbye"}
    assert (command["lane"], heard["next"]) == (f"{QC}-out", command["n"])
    assert 100 < command["expires_in_s"] <= 120
    # Nothing beyond it, and it all again for whoever has forgotten.
    assert (await asked(client, gateway(district), after=heard["next"], wait_s=0))["commands"] == []
    assert command["n"] in [c["n"] for c in (await asked(client, gateway(district), wait_s=0))["commands"]]
    ack = f"{COMMANDS}/{command['id']}/ack"
    for status, headers, body in (
        (404, gateway(district, HOSPITAL), {"outcome": "done"}),
        (400, gateway(district), {"outcome": "perhaps"}),
        (204, gateway(district), {"outcome": "done", "detail": "relay 1"}),
        (204, gateway(district), {"outcome": "done"}),
        (409, gateway(district), {"outcome": "failed"}),
    ):
        assert (await client.post(ack, json=body, headers=headers)).status_code == status, (status, body)
    assert command["n"] not in [c["n"] for c in (await asked(client, gateway(district), wait_s=0))["commands"]]
    shown = (await client.get(f"/v1/lanes/{QC}-out/commands", headers=clerk(district))).json()
    assert [(row["event_id"], row["outcome"], row["detail"]) for row in shown] == [("h1o", "done", "relay 1")]


async def test_a_lane_is_opened_from_afar_by_those_who_may(client: httpx.AsyncClient, district: District) -> None:
    lane = f"/v1/lanes/{HOSPITAL}-in/open"
    reason = {"reason": "a car without a plate"}
    start = (await asked(client, gateway(district, HOSPITAL), wait_s=0))["next"]
    waiting = asyncio.create_task(asked(client, gateway(district, HOSPITAL), after=start))
    await asyncio.sleep(0.1)
    opened = await client.post(lane, json=reason, headers=clerk(district, HOSPITAL, Audience.BOOTH))
    assert opened.status_code == 202
    (command,) = (await waiting)["commands"]
    assert (command["id"], command["because"], "event_id" in command) == (
        opened.json()["command_id"],
        "remote_open",
        False,
    )
    again = await client.post(lane, json=reason, headers=clerk(district, HOSPITAL))
    assert again.json() == opened.json()
    for headers in (clerk(district, STATION), clerk(district, QC, Audience.BOOTH)):
        problem(await client.post(lane, json=reason, headers=headers), 404, "lane")
    refused = await client.post(lane, json=reason, headers=gateway(district, HOSPITAL))
    assert refused.status_code == 403
    nothing = await client.post(lane, json={"reason": ""}, headers=clerk(district, HOSPITAL))
    problem(nothing, 400, "reason")


async def test_a_clerks_decision_is_heard_at_once(client: httpx.AsyncClient, district: District) -> None:
    start = (await asked(client, gateway(district, STATION), wait_s=0))["next"]
    said = event("c1o", "exit", NOW, "鲁A51C02", lot=STATION)
    answer = (await client.post("/v1/gate-events", json=said, headers=gateway(district, STATION))).json()
    assert (answer["gate"], answer["reason"]) == ("hold", "exit_without_entry")
    cases = await client.get("/v1/cases", params={"plate": "鲁A51C02"}, headers=clerk(district, STATION))
    (case,) = cases.json()["cases"]
    waiting = asyncio.create_task(asked(client, gateway(district, STATION), after=start))
    await asyncio.sleep(0.1)
    verdict = {"kind": "let_out_free", "note": "came by tow truck"}
    decided = await client.post(f"/v1/cases/{case['id']}/decide", json=verdict, headers=clerk(district, STATION))
    decided.raise_for_status()
    (command,) = (await waiting)["commands"]
    assert (command["gate"], command["because"], command["event_id"]) == ("open", "released", "c1o")


async def test_the_stream_goes_on_where_it_broke_off(client: httpx.AsyncClient, district: District) -> None:
    lane, reason = f"/v1/lanes/{QC}-in/open", {"reason": "x"}
    start = (await asked(client, gateway(district), wait_s=0))["next"]

    async def read(last: int, upto: int) -> list[str]:
        """The lines until so many commands came."""
        lines: list[str] = []
        headers = {**gateway(district), "Last-Event-ID": str(last)}
        async with client.stream("GET", f"{COMMANDS}/stream", headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for line in answer.aiter_lines():
                lines.append(line)
                if sum(each.startswith("data:") for each in lines) == upto:
                    return lines
        return lines

    streaming = asyncio.create_task(read(start, 1))
    await asyncio.sleep(0.2)
    (await client.post(lane, json=reason, headers=clerk(district))).raise_for_status()
    lines = await asyncio.wait_for(streaming, PATIENCE_S)
    assert "event: command" in lines
    number = int(next(line for line in lines if line.startswith("id:")).split(":")[1])
    assert number > start
    # What was sent is not acknowledged, and comes again only to who asks from before it.
    assert (await asyncio.wait_for(read(start, 1), PATIENCE_S))[-1].startswith("data:")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(number, 1), 0.5)
    malformed = await client.get(f"{COMMANDS}/stream", headers={**gateway(district), "Last-Event-ID": "x"})
    problem(malformed, 400, "Last-Event-ID")


async def test_a_gateway_waits_on_a_few_connections_only(client: httpx.AsyncClient, district: District) -> None:
    start = (await asked(client, gateway(district, STATION), wait_s=0))["next"]
    waiting = [
        asyncio.create_task(asked(client, gateway(district, STATION), after=start, wait_s=2))
        for _ in range(LISTENERS_OF_GATEWAY_MAX)
    ]
    await asyncio.sleep(0.3)
    for path in (COMMANDS, f"{COMMANDS}/stream"):
        refused = await client.get(path, headers=gateway(district, STATION))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert [each["commands"] for each in await asyncio.gather(*waiting)] == [[]] * LISTENERS_OF_GATEWAY_MAX
    assert (await asked(client, gateway(district, STATION), after=start, wait_s=0))["next"] == start
    for bad in ({"wait_s": "26"}, {"after": "-1"}, {"after": "x"}):
        problem(await client.get(COMMANDS, params=bad, headers=gateway(district)), 400, next(iter(bad)))


async def test_while_redis_is_away_all_who_listen_are_looked_for(
    database_url: str, district: District, server: Server
) -> None:
    server.stop()
    async with running.served(running.settings(database_url, server.url, now=NOW)) as client:
        start = (await asked(client, gateway(district, HOSPITAL), wait_s=0))["next"]
        said = await held(client, district, "a1", "鲁A51C03", HOSPITAL)
        waiting = asyncio.create_task(asked(client, gateway(district, HOSPITAL), after=start))
        await asyncio.sleep(0.1)
        await pay(client, said)
        (command,) = (await waiting)["commands"]
        assert command["because"] == "paid"
        # And another process's command, for which nobody rang here.
        waiting = asyncio.create_task(asked(client, gateway(district, HOSPITAL), after=command["n"]))
        await asyncio.sleep(0.1)
        async with running.served(running.settings(database_url, server.url, now=NOW)) as other:
            lane = f"/v1/lanes/{HOSPITAL}-out/open"
            (await other.post(lane, json={"reason": "x"}, headers=clerk(district, HOSPITAL))).raise_for_status()
            assert [each["because"] for each in (await waiting)["commands"]] == ["remote_open"]


async def test_another_process_rings(
    database_url: str, redis_server_url: str, client: httpx.AsyncClient, district: District, monkeypatch: Any
) -> None:
    key = gateway(district, STATION)

    async def open_by(one: httpx.AsyncClient, way: str, waiting: asyncio.Task[Any]) -> int:
        lane = f"/v1/lanes/{STATION}-{way}/open"
        (await one.post(lane, json={"reason": "x"}, headers=clerk(district, STATION))).raise_for_status()
        heard = await waiting
        assert len(heard["commands"]) == 1
        return int(heard["next"])

    # Who waits is looked for by the clock no more: only the other one's bell can wake this process.
    monkeypatch.setattr(live, "POLL_S", 3600.0)
    start = (await asked(client, key, wait_s=0))["next"]
    waiting = asyncio.create_task(asked(client, key, after=start))
    await asyncio.sleep(1.2)  # the look that was waited for before
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as other:
        heard = await open_by(other, "in", waiting)
    monkeypatch.undo()
    # And one of its own, so that it goes by the clock again.
    await open_by(client, "out", asyncio.create_task(asked(client, key, after=heard)))
