"""Read this first: a Monday of a car park, told over HTTP against `onelot serve` and `onelot work` as they run.

A driver opens an account, drives in and out without stopping, and has paid a second later; who has no account pays at
the gate; who has too little pays after a top-up; who pays for a car that a camera took for theirs appeals, and a clerk
puts it right and the money comes back; the gateway tells its whole day again; finance closes the day, and the figures
agree to the fen.
"""

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from io import StringIO
from pathlib import Path
from time import monotonic, time
from typing import Any

import asyncpg
import httpx
import pytest
from msgspec import Struct, field

from payments.identity import Audience
from tests import running
from tests.district import QC, Say, event, token
from tests.patience import PATIENCE_S

JINAN = timezone(timedelta(hours=8))
MONDAY = date(2026, 11, 16)
NINE = datetime(2026, 11, 16, 9, 0, tzinfo=JINAN)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = NINE + 3 * HOUR
TUESDAY = NINE + timedelta(days=1)
# Three hours by day on the road: three times two yuan.
FEE_FEN = 600
DOOR = "/v1/gate-events"


class Installation(Struct):
    """The installed system. It is stopped and started again where the story makes a leap in time."""

    database_url: str
    redis_url: str
    folder: Path
    gateway_key: str
    said: list[Say] = field(default_factory=list)
    address: str = ""
    admin: str = token(Audience.ADMIN, now=NINE - timedelta(hours=1))

    @asynccontextmanager
    async def running_at(self, moment: datetime) -> AsyncIterator[httpx.AsyncClient]:
        """Serving and working, with the clock at `moment` and from there on as fast as ours."""
        clock = {"ONELOT_CLOCK_START": moment.isoformat(), "ONELOT_CLOCK_STARTED": str(time())}
        env = running.environment(self.database_url, self.redis_url, **clock)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running.working(self.folder / "work.log", env))
            _, address = await stack.enter_async_context(running.serving(self.folder / "serve.log", env))
            self.address = address
            yield await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=10))

    async def passes(self, way: str, plate: str, at: datetime) -> dict[str, Any]:
        """A car passes the gate; what the gateway is answered."""
        said = event(str(len(self.said)), way, at, plate)
        self.said.append(said)
        return dict(await self.gateway("POST", DOOR, json=said))

    async def gateway(self, method: str, path: str, **request: Any) -> Any:
        """A request of the lot's gateway."""
        return await self.ask(self.gateway_key, method, path, **request)

    async def ask(self, credentials: str | None, method: str, path: str, **request: Any) -> Any:
        """A request that is answered well."""
        headers = {**request.pop("headers", {}), **(running.bearer(credentials) if credentials else {})}
        async with httpx.AsyncClient(base_url=self.address, timeout=10) as client:
            response = await client.request(method, path, headers=headers, **request)
        assert response.is_success, response.text
        return response.json() if "json" in response.headers.get("content-type", "") else response.text


class Driver(Struct):
    """Somebody with an account."""

    lot: Installation
    token: str

    async def tops_up(self, amount_fen: int, key: str) -> None:
        """Puts money into the wallet through the local test channel."""
        body = {"amount_fen": amount_fen, "channel": "local", "payer": "ok"}
        done = await self._ask("POST", "/v1/account/top-ups", json=body, headers={"Idempotency-Key": key})
        assert done["state"] == "succeeded"

    async def stands(self) -> tuple[int, int]:
        """What the wallet holds and what is owed, in fen."""
        account = await self._ask("GET", "/v1/account")
        return account["wallet_fen"], account["owed_fen"]

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        return await self.lot.ask(self.token, method, path, **request)


async def a_driver(lot: Installation, name: str, plate: str, wallet_fen: int) -> Driver:
    """Opens an account, puts money into it and says which car is theirs."""
    account = await lot.ask(lot.admin, "POST", "/v1/accounts", json={"name": name})
    wanted = {"audience": "driver", "subject": name, "account_id": account["id"], "hours": 72}
    driver = Driver(lot, (await lot.ask(lot.admin, "POST", "/v1/tokens", json=wanted))["token"])
    await driver.tops_up(wallet_fen, key=f"first of {name}")
    linked = {"plate": plate, "plate_color": "blue"}
    await lot.ask(driver.token, "POST", "/v1/account/plates", json=linked)
    assert await driver.stands() == (wallet_fen, 0)
    return driver


async def soon(wanted: object, look: Callable[[], Awaitable[object]], within_s: float = PATIENCE_S) -> float:
    """Waits until what one sees is what is wanted; how long that took."""
    started = monotonic()
    while (seen := await look()) != wanted:
        assert monotonic() - started < within_s, f"still {seen}, not {wanted}"
        await asyncio.sleep(0.05)
    return monotonic() - started


async def free_spaces(lot: Installation) -> int:
    """What everybody can see."""
    return int((await lot.ask(None, "GET", f"/v1/lots/{QC}"))["free"])


@asynccontextmanager
async def watching(lot: Installation, seen: list[int | None]) -> AsyncIterator[None]:
    """Somebody keeps the live page open; `seen` are the free spaces it has shown of the lot, of which nobody has heard
    anything before.
    """

    async def watch() -> None:
        async with (
            httpx.AsyncClient(base_url=lot.address, timeout=30) as client,
            client.stream("GET", "/v1/lots/stream") as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    seen.extend(one["free"] for one in json.loads(line[6:])["lots"] if one["code"] == QC)

    task = asyncio.create_task(watch())
    try:
        await soon([None], lambda: _value(list(seen)))
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _value(value: object) -> object:
    return value


@pytest.fixture
async def lot(database_url: str, redis_url: str, registered: dict[str, str], tmp_path: Path) -> Installation:
    """Fifty bays at Quancheng Road, with the road price of Jinan; nobody has parked there yet."""
    return Installation(database_url, redis_url, tmp_path, registered[QC])


async def test_a_monday(lot: Installation) -> None:
    async with lot.running_at(NINE):
        regular, poor = await at_nine_three_cars_drive_in(lot)
    async with lot.running_at(NOON):
        await at_noon_the_regular_drives_out_without_stopping(lot, regular)
        await the_casual_driver_pays_at_the_gate(lot)
        await the_poor_one_pays_after_a_top_up(lot, poor)
        await a_misread_is_put_right_and_the_money_comes_back(lot)
        await everything_is_told_again(lot, regular, poor)
    async with lot.running_at(TUESDAY) as client:
        await finance_closes_the_day(lot, client)
        await everything_is_told_again(lot, regular, poor)
        await the_books_are_right(lot)


async def at_nine_three_cars_drive_in(lot: Installation) -> tuple[Driver, Driver]:
    seen: list[int | None] = []
    async with watching(lot, seen):
        regular = await a_driver(lot, "Wang", "鲁A10001", wallet_fen=5000)
        poor = await a_driver(lot, "Zhao", "鲁A10002", wallet_fen=100)

        for plate in ("鲁A10001", "鲁A10002", "鲁A10003"):
            answer = await lot.passes("entry", plate, NINE)
            assert (answer["status"], answer["gate"]) == ("recorded", "open")

        await soon(47, lambda: free_spaces(lot))
        await soon(47, lambda: _value(seen[-1]))
        counted = [free for free in seen if free is not None]
        assert counted == sorted(counted, reverse=True)
    return regular, poor


async def at_noon_the_regular_drives_out_without_stopping(lot: Installation, regular: Driver) -> None:
    answer = await lot.passes("exit", "鲁A10001", NOON)
    assert (answer["gate"], answer["fee_fen"], answer["payment"]) == ("open", FEE_FEN, "will_be_charged")

    took_s = await soon((5000 - FEE_FEN, 0), regular.stands)
    assert took_s < 3  # a second on a machine that has nothing else to do

    assert (await lot.ask(lot.admin, "GET", "/v1/admin/invariants"))["holds"]


async def the_casual_driver_pays_at_the_gate(lot: Installation) -> None:
    answer = await lot.passes("exit", "鲁A10003", NOON)
    assert (answer["gate"], answer["payment"]) == ("hold", "pay_at_gate")
    assert answer["display"]["en"] == "Please pay ¥6.00"

    stay = await lot.gateway("GET", f"/v1/stays/{answer['stay_id']}")
    assert (stay["gate"], stay["charge_state"]) == ("hold", "due")

    # Behind the code on the screen is a reference of the charge. Whoever sees it may pay, and nobody says who they are.
    charge = await lot.ask(None, "GET", f"/v1/charges/{answer['charge_reference']}")
    assert (charge["amount_fen"], sum(line["amount_fen"] for line in charge["lines"])) == (FEE_FEN, FEE_FEN)
    body = {"channel": "local", "payer": "ok"}
    paid = await lot.ask(None, "POST", f"/v1/charges/{answer['charge_reference']}/pay", json=body)
    assert (paid["state"], paid["charge_state"]) == ("succeeded", "paid")

    stay = await lot.gateway("GET", f"/v1/stays/{answer['stay_id']}")
    assert (stay["gate"], stay["charge_state"]) == ("open", "paid")
    read_again = await lot.passes("exit", "鲁A10003", NOON + timedelta(seconds=30))
    assert (read_again["gate"], read_again["stay_id"]) == ("open", answer["stay_id"])


async def the_poor_one_pays_after_a_top_up(lot: Installation, poor: Driver) -> None:
    answer = await lot.passes("exit", "鲁A10002", NOON)
    assert (answer["gate"], answer["fee_fen"]) == ("open", FEE_FEN)  # nobody is held up over money

    await soon("declined", lambda: last_attempt(lot))
    assert await poor.stands() == (100, FEE_FEN)

    await poor.tops_up(1000, key="second of Zhao")
    await soon((1100 - FEE_FEN, 0), poor.stands)


async def last_attempt(lot: Installation) -> object:
    """How the latest attempt to collect from a wallet ended; drivers see only that they owe."""
    connection = await asyncpg.connect(lot.database_url)
    try:
        return await connection.fetchval("select state from attempt where channel = 'wallet' order by id desc limit 1")
    finally:
        await connection.close()


async def a_misread_is_put_right_and_the_money_comes_back(lot: Installation) -> None:
    """Dirt on the plate: 鲁CQ3598 came and left, and was read as the car of somebody who was at home."""
    at_home = await a_driver(lot, "Li", "鲁CQ3398", wallet_fen=5000)
    for way, at in (("entry", NOON - 2 * HOUR), ("exit", NOON + MINUTE)):
        lot.said.append({**event(str(len(lot.said)), way, at, "鲁CQ3398"), "replay": True})
        await lot.gateway("POST", DOOR, json=lot.said[-1])
    await soon((5000 - FEE_FEN, 0), at_home.stands)

    (charge,) = (await lot.ask(at_home.token, "GET", "/v1/account/charges"))["charges"]
    body = {"reason": "My car was at home."}
    await lot.ask(at_home.token, "POST", f"/v1/account/charges/{charge['reference']}/appeal", json=body)

    clerk = token(Audience.CLERK, now=NOON - HOUR, operator_id=await operator_of(lot))
    (case,) = (await lot.ask(clerk, "GET", "/v1/cases", params={"reason": "appeal"}))["cases"]
    assert (case["said"], case["at_stake_fen"]) == ("My car was at home.", FEE_FEN)
    day = {"from": NINE.isoformat(), "to": (NOON + HOUR).isoformat(), "lot": QC, "plate": "鲁CQ3398"}
    reads = (await lot.ask(clerk, "GET", "/v1/events", params=day))["events"]
    assert [read["kind"] for read in reads] == ["entry", "exit"]
    verdict = {"kind": "plate", "plate": "鲁CQ3598", "plate_color": "blue", "note": "seen on the picture"}
    await lot.ask(clerk, "POST", f"/v1/events/{reads[0]['id']}/decide", json=verdict)
    await lot.ask(clerk, "POST", f"/v1/cases/{case['id']}/decide", json=verdict)

    await soon((5000, 0), at_home.stands)
    (charge,) = (await lot.ask(at_home.token, "GET", "/v1/account/charges"))["charges"]
    assert (charge["amount_fen"], charge["refunded_fen"]) == (0, FEE_FEN)
    assert [each["to_fen"] for each in charge["corrections"]] == [0]
    assert (await lot.ask(clerk, "GET", "/v1/cases", params={"reason": "appeal"}))["cases"] == []


async def operator_of(lot: Installation) -> int:
    connection = await asyncpg.connect(lot.database_url)
    try:
        return int(await connection.fetchval("select operator_id from lot where code = $1", QC))
    finally:
        await connection.close()


async def everything_is_told_again(lot: Installation, *drivers: Driver) -> None:
    """The gateway was cut off, does not know what had arrived, and hands in its whole day."""
    before = [await driver.stands() for driver in drivers], await free_spaces(lot)

    answers = await lot.gateway("POST", DOOR, json=[{**said, "replay": True} for said in lot.said])
    assert {answer["status"] for answer in answers} == {"duplicate"}

    assert ([await driver.stands() for driver in drivers], await free_spaces(lot)) == before


async def finance_closes_the_day(lot: Installation, client: httpx.AsyncClient) -> None:
    finance = token(Audience.FINANCE, now=TUESDAY)
    day = {"business_date": str(MONDAY)}
    settled = await lot.ask(finance, "POST", "/v1/settlements", json=day)
    (ours,) = [one for one in settled if one["operator_code"] == "jn-static"]
    # What was paid for the misread car came and went on the same day; who really was there owes it.
    assert (ours["charges"], ours["gross_fen"], ours["refunds_fen"]) == (5, 5 * FEE_FEN, FEE_FEN)
    assert await lot.ask(finance, "POST", "/v1/settlements", json=day) == settled

    file = await client.get(f"/v1/settlements/jn-static/{MONDAY}.csv", headers=running.bearer(finance))
    header, *lines = csv.reader(StringIO(file.content.decode("utf-8-sig")))
    gross, fee, net = (header.index(f"{name}（元）") for name in ("应收", "平台服务费", "应付净额"))
    total = [0 if n < gross else sum(fen(line[n]) for line in lines) for n in range(len(header))]
    assert total[gross] == 5 * FEE_FEN

    # What the operator is owed in the books is what the file says, to the fen.
    journals = (await lot.ask(finance, "GET", "/v1/journals", params={"date": str(MONDAY)}))["journals"]
    owed = 0
    for transfer in (transfer for journal in journals for transfer in journal["transfers"]):
        amount_fen = transfer["amount_fen"]
        owed += amount_fen * ((transfer["credit_book"] == "payable") - (transfer["debit_book"] == "payable"))
    assert total[net] == owed == 4 * FEE_FEN - total[fee]
    assert total[fee] == 72  # three of a hundred of what is kept


def fen(yuan: str) -> int:
    return int(Decimal(yuan) * 100)


async def the_books_are_right(lot: Installation) -> None:
    code, printed = await running.onelot(running.environment(lot.database_url, lot.redis_url), "verify")
    assert code == 0, printed
    assert "count_differs_from_stays" in printed
    for log in lot.folder.glob("*.log"):
        assert "ERROR" not in log.read_text(), log.read_text()
