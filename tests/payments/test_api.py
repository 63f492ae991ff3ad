"""The payment doors over HTTP: what each audience sees, and how a repeat and a refusal answer."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

import sql
from parking import tariffs
from parking.plates import VehicleClass
from payments import charges, flow, identity
from payments.accounts import HolderUnclear
from payments.api import ROUTES
from payments.errors import OneLotError
from payments.identity import Audience, Principal
from payments.settlement import LotName
from tests.payments.city import DAY, City

TARIFFS = Path(__file__).parents[2] / "seeds" / "tariffs"
SECRET = "a secret of at least thirty-two characters"


class Speaker:
    """Who is calling now."""

    principal = Principal(Audience.PUBLIC, "")


class Door:
    """A client that speaks for one caller at a time."""

    def __init__(self, city: City, client: httpx.AsyncClient, speaker: Speaker) -> None:
        self.city, self.client, self.speaker = city, client, speaker

    def speaks_for(self, audience: Audience, account_id: int = 0, operator_id: int | None = None) -> None:
        """From here on requests come from this caller."""
        self.speaker.principal = Principal(audience, f"{audience}:test", account_id, operator_id)

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """The status and the decoded body of an answer."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.request(method, path, json=body, headers=sent)
        return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else answer.text


@pytest.fixture
async def door(city: City) -> AsyncIterator[Door]:
    """The routes of payments, with the dependencies the application gives them."""

    async def transaction() -> AsyncIterator[sql.Connection]:
        async with city.pool.acquire() as db, db.transaction():
            yield db

    def refusal(_: Request[Any, Any, Any], refused: OneLotError) -> Response[dict[str, str]]:
        return Response({"type": type(refused).__name__}, status_code=409)

    speaker = Speaker()
    given: dict[str, Any] = {
        "pool": lambda: city.pool,
        "channels": lambda: city.channels,
        "now": lambda: city.now,
        "random_bits": lambda: city.random_bits,
        "token_secret": lambda: SECRET,
        "principal": lambda: speaker.principal,
        "lot_names": lambda: {city.lot_id: LotName(city.operator_id, "lot", "停车场", "Lot")},
    }
    app = Litestar(
        route_handlers=ROUTES,
        dependencies={
            "db": Provide(transaction),
            **{name: Provide(value, sync_to_thread=False) for name, value in given.items()},
        },
        exception_handlers={OneLotError: refusal},
        logging_config=None,
    )
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://onelot") as client:
        yield Door(city, client, speaker)


async def test_a_driver_tops_up_and_pays(door: Door) -> None:
    door.speaks_for(Audience.ADMIN)
    status, account = await door.ask("POST", "/v1/accounts", {"name": "张三"})
    assert (status, account["name"], account["status"]) == (201, "张三", "active")
    door.speaks_for(Audience.DRIVER, account["id"])

    body = {"amount_fen": 2_000, "channel": "local", "payer": "ok"}
    status, first = await door.ask("POST", "/v1/account/top-ups", body, idempotency_key="k1")
    assert (status, first["state"]) == (201, "succeeded")
    assert await door.ask("POST", "/v1/account/top-ups", body, idempotency_key="k1") == (201, first)
    assert await door.ask("GET", f"/v1/account/top-ups/{first['id']}") == (200, first)
    assert "next_action" not in first
    sent = {**body, "amount_fen": 1, "payer": "redirect"}
    _, second = await door.ask("POST", "/v1/account/top-ups", sent, idempotency_key="k2")
    assert (second["state"], *second["next_action"]) == ("accepted", "redirect_url")
    assert await door.ask("GET", f"/v1/account/top-ups/{second['id']}") == (200, second)
    other = {**body, "amount_fen": 1}
    assert await door.ask("POST", "/v1/account/top-ups", other, idempotency_key="k1") == (
        409,
        {"type": "TopUpContradicted"},
    )
    assert (await door.ask("POST", "/v1/account/top-ups", body))[0] == 400

    made = [await door.city.charge(account["id"], 500) for _ in range(3)]
    await door.city.collect()
    status, standing = await door.ask("GET", "/v1/account")
    assert (status, standing["wallet_fen"], standing["owed_fen"]) == (200, 500, 0)
    status, page = await door.ask("GET", "/v1/account/charges?limit=2")
    assert status == 200
    assert page["charges"][0]["lines"][0]["units"] == 2
    status, rest = await door.ask("GET", f"/v1/account/charges?limit=2&after={page['next']}")
    assert {c["id"] for c in page["charges"] + rest["charges"]} == {str(c) for c in made}
    assert rest["next"] is None


async def test_whoever_holds_a_charge_may_pay_it(door: Door) -> None:
    charge_id = await door.city.charge(None, 500)
    status, shown = await door.ask("GET", f"/v1/charges/{charge_id}")
    assert status == 200
    assert shown.keys() == {"id", "state", "amount_fen", "refunded_fen", "lines"}
    status, paid = await door.ask("POST", f"/v1/charges/{charge_id}/pay", {"channel": "local", "payer": "ok"})
    assert (status, paid["state"], paid["charge_state"]) == (200, "succeeded", "paid")
    again = await door.ask("POST", f"/v1/charges/{charge_id}/pay", {"channel": "local", "payer": "ok"})
    assert again == (409, {"type": "ChargeNotDue"})
    assert (await door.ask("POST", f"/v1/charges/{charge_id}/pay", {"channel": "local"}))[0] == 400
    assert "next_action" not in paid
    other = await door.city.charge(None, 500)
    _, sent = await door.ask("POST", f"/v1/charges/{other}/pay", {"channel": "local", "payer": "redirect"})
    assert (sent["state"], *sent["next_action"]) == ("accepted", "redirect_url")
    assert (await door.ask("GET", f"/v1/charges/{UUID(int=0)}"))[1] == {"type": "NoSuchCharge"}
    assert (await door.ask("GET", "/v1/charges/none"))[0] == 404


async def test_public_lines_say_nothing_of_time_and_place(door: Door) -> None:
    road = tariffs.compile(tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes()))
    now = door.city.now
    bus = tariffs.Vehicle(kind=VehicleClass.LARGE, new_energy=True)
    used = tariffs.Past(
        now - timedelta(hours=40), now - timedelta(hours=39), (tariffs.Use("quota.nev", now - timedelta(hours=40), 60),)
    )
    fee = tariffs.price(road, tariffs.Visit(now - timedelta(hours=30), now, bus), [used])
    account_id = await door.city.account()
    asked = door.city.request(account_id, fee.fee_fen)
    request = msgspec.structs.replace(asked, lines=msgspec.Raw(msgspec.json.encode(fee.lines)))
    async with door.city.pool.acquire() as db, db.transaction():
        await flow.request_charges(db, [request], now=door.city.now)
    _, shown = await door.ask("GET", f"/v1/charges/{charges.charge_id(request.stay_id)}")
    assert sum(line["amount_fen"] for line in shown["lines"]) == fee.fee_fen == shown["amount_fen"]
    assert all(line["label_zh"] and line["label_en"] for line in shown["lines"])
    said = msgspec.json.encode(shown["lines"]).decode()
    assert "大型车" in said
    assert not re.search(r"\d\d:\d\d|\d\d-\d\d|20\d\d-|_at", said), said
    assert {name for line in shown["lines"] for name in line} == {
        "kind", "amount_fen", "units", "unit_fen", "label_zh", "label_en",
    }  # fmt: skip

    door.speaks_for(Audience.DRIVER, account_id)
    _, page = await door.ask("GET", "/v1/account/charges")
    assert re.search(r"\d\d:\d\d", page["charges"][0]["lines"][-1]["text_zh"])


async def test_finance_refunds_withdraws_and_settles(door: Door) -> None:
    city = door.city
    paid, due = await city.charge(None, 1_000), await city.charge(None, 400)
    await city.pay(paid)
    door.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    refund = {"amount_fen": 300, "reason": "gate was broken"}
    not_yours = (409, {"type": "NotYours"})
    assert await door.ask("POST", f"/v1/charges/{paid}/refunds", refund, idempotency_key="r") == not_yours
    assert await door.ask("POST", f"/v1/charges/{due}/void", {"reason": "x"}) == not_yours
    assert await door.ask("POST", "/v1/settlements", {"business_date": str(DAY)}) == not_yours

    door.speaks_for(Audience.FINANCE)
    status, refunded = await door.ask("POST", f"/v1/charges/{paid}/refunds", refund, idempotency_key="r")
    assert (status, refunded["state"]) == (201, "succeeded")
    assert await door.ask("POST", f"/v1/charges/{paid}/refunds", refund, idempotency_key="r") == (201, refunded)
    status, void = await door.ask("POST", f"/v1/charges/{due}/void", {"reason": "plate misread"})
    assert (status, void["state"]) == (200, "void")

    assert (await door.ask("POST", "/v1/settlements", {"business_date": str(DAY)}))[1] == {"type": "DayNotOver"}
    city.now = city.now.replace(day=17)
    status, settled = await door.ask("POST", "/v1/settlements", {"business_date": str(DAY)})
    [mine] = [s for s in settled if s["operator_id"] == city.operator_id]
    assert (status, mine["gross_fen"], mine["refunds_fen"], mine["net_fen"]) == (200, 1_400, 700, 696)

    code = mine["operator_code"]
    assert await door.ask("GET", f"/v1/settlements?from={DAY}&to={DAY}&operator={code}") == (200, [mine])
    status, text = await door.ask("GET", f"/v1/settlements/{code}/{DAY}.csv")
    assert status == 200
    *_, line, total = csv.reader(io.StringIO(text))
    assert (line[2:5], total[-1]) == (["lot", "停车场", "Lot"], "6.96")
    assert (await door.ask("GET", f"/v1/settlements/{code}/{DAY}"))[1] == {"type": "NoSuchSettlement"}

    door.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    assert await door.ask("GET", f"/v1/settlements?from={DAY}&to={DAY}&operator={code}") == (200, [])
    assert await door.ask("GET", f"/v1/settlements/{code}/{DAY}.csv") == not_yours


async def test_journals_by_pages(door: Door) -> None:
    for amount_fen in (100, 200, 300):
        await door.city.charge(None, amount_fen)
    door.speaks_for(Audience.FINANCE, operator_id=door.city.operator_id)
    seen: list[int] = []
    after = ""
    while True:
        status, page = await door.ask("GET", f"/v1/journals?date={DAY}&limit=2{after}")
        assert status == 200
        seen += [journal["transfers"][0]["amount_fen"] for journal in page["journals"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    if not seen:
        # An earlier test closed the day: what was booked since is in the next.
        _, page = await door.ask("GET", "/v1/journals?date=2026-11-17")
        seen = [journal["transfers"][0]["amount_fen"] for journal in page["journals"]]
    assert sorted(seen) == [100, 200, 300]
    assert (await door.ask("GET", f"/v1/journals?date={DAY}&after=nonsense"))[1] == {"type": "CursorMalformed"}


async def test_tokens_speak_for_whom_they_were_made(door: Door) -> None:
    door.speaks_for(Audience.ADMIN)
    account_id = await door.city.account()
    driver = {"audience": "driver", "subject": "driver:zhang", "account_id": account_id}
    status, signed = await door.ask("POST", "/v1/tokens", driver)
    assert status == 201
    read = identity.read_token(signed["token"], secrets=(SECRET,), now=door.city.now)
    assert (read.audience, read.id) == (Audience.DRIVER, account_id)
    clerk = {"audience": "clerk", "subject": "clerk:li", "operator_id": door.city.operator_id}
    assert (await door.ask("POST", "/v1/tokens", clerk))[0] == 201
    refused = {"type": HolderUnclear.__name__}
    for wrong in ({"audience": "gateway"}, {"audience": "driver"}, {"audience": "clerk", "account_id": account_id}):
        assert (await door.ask("POST", "/v1/tokens", {"subject": "x", **wrong}))[1] == refused
    assert (await door.ask("POST", "/v1/tokens", {**driver, "account_id": 999_999_999}))[1] == {"type": "NoSuchAccount"}


async def test_a_token_never_reaches_beyond_its_issuer(door: Door) -> None:
    city = door.city
    own, account_id = city.operator_id, await city.account()
    admin, clerk = {"audience": "admin", "subject": "x"}, {"audience": "clerk", "subject": "x"}
    driver = {"audience": "driver", "subject": "x", "account_id": account_id}
    door.speaks_for(Audience.ADMIN)
    assert (await door.ask("POST", "/v1/tokens", admin))[0] == 201
    refused = (409, {"type": "HolderUnclear"})
    assert await door.ask("POST", "/v1/tokens", {**admin, "operator_id": own}) == refused
    assert await door.ask("POST", "/v1/tokens", {**driver, "operator_id": own}) == refused
    assert await door.ask("POST", "/v1/tokens", {**clerk, "operator_id": account_id}) == (
        409,
        {"type": "NoSuchOperator"},
    )

    door.speaks_for(Audience.ADMIN, operator_id=own)
    not_yours = (409, {"type": "NotYours"})
    for beyond in (admin, clerk, driver, {**clerk, "operator_id": 1}, {"audience": "finance", "subject": "x"}):
        assert await door.ask("POST", "/v1/tokens", beyond) == not_yours
    status, signed = await door.ask("POST", "/v1/tokens", {**clerk, "operator_id": own})
    assert status == 201
    assert identity.read_token(signed["token"], secrets=(SECRET,), now=city.now).operator_id == own


def test_every_route_says_for_whom_and_what_it_is() -> None:
    for route in ROUTES:
        assert route.opt["audience"]
        assert route.operation_id
        assert route.summary
