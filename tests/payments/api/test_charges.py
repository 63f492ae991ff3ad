"""Charges over HTTP: shown to and paid by whoever has their reference."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from parking import tariffs
from parking.plates import VehicleClass
from payments.flow import charges as charges_flow
from payments.identity import Audience
from tests.payments.api.conftest import Client

TARIFFS = Path(__file__).parents[3] / "seeds" / "tariffs"


async def test_whoever_holds_a_charge_may_pay_it(client: Client) -> None:
    charge_id = await client.city.reference_of(await client.city.charge(None, 500))
    status, shown = await client.ask("GET", f"/v1/charges/{charge_id}")
    assert status == 200
    amounts = {"amount_fen", "paid_fen", "owed_fen", "refunded_fen", "waived_fen"}
    assert shown.keys() == {"reference", "state", *amounts, "lines", "corrections", "account_ending"}
    status, paid = await client.ask("POST", f"/v1/charges/{charge_id}/pay", {"channel": "local", "payer": "ok"})
    assert (status, paid["state"], paid["charge_state"]) == (200, "succeeded", "paid")
    again = await client.ask("POST", f"/v1/charges/{charge_id}/pay", {"channel": "local", "payer": "ok"})
    assert again == (409, {"type": "ChargeNotDue"})
    assert (await client.ask("POST", f"/v1/charges/{charge_id}/pay", {"channel": "local"}))[0] == 400
    assert "next_action" not in paid
    other = await client.city.reference_of(await client.city.charge(None, 500))
    _, sent = await client.ask("POST", f"/v1/charges/{other}/pay", {"channel": "local", "payer": "redirect"})
    assert (sent["state"], *sent["next_action"]) == ("accepted", "redirect_url")
    assert (await client.ask("GET", f"/v1/charges/{UUID(int=0)}"))[1] == {"type": "NoSuchCharge"}
    assert (await client.ask("GET", "/v1/charges/none"))[0] == 404


async def test_a_key_is_one_payment_and_the_account_goes_first(client: Client) -> None:
    city = client.city
    account_id = await city.account()
    reference = await city.reference_of(await city.charge(account_id, 500))
    path = f"/v1/charges/{reference}/pay"
    slow, ok = {"channel": "local", "payer": "slow:x"}, {"channel": "local", "payer": "ok"}
    status, first = await client.ask("POST", path, slow, idempotency_key="k")
    assert status == 200
    assert await client.ask("POST", path, slow, idempotency_key="k") == (200, first)
    assert await client.ask("POST", path, ok, idempotency_key="k") == (409, {"type": "PaymentContradicted"})
    assert await client.ask("POST", path, ok) == (409, {"type": "PaymentInProgress"})
    client.speaks_for(Audience.DRIVER, account_id + 1)
    assert await client.ask("POST", path, ok) == (409, {"type": "PaymentInProgress"})
    client.speaks_for(Audience.DRIVER, account_id)
    status, paid = await client.ask("POST", path, ok)
    assert (status, paid["charge_state"]) == (200, "paid")
    await city.resolve()


async def test_public_lines_say_nothing_of_time_and_place(client: Client) -> None:
    road = tariffs.Compiled(tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes()))
    now = client.city.now
    bus = tariffs.Vehicle(kind=VehicleClass.LARGE, new_energy=True)
    used = tariffs.Past(
        now - timedelta(hours=40), now - timedelta(hours=39), (tariffs.Use("quota.nev", now - timedelta(hours=40), 60),)
    )
    visit = tariffs.Visit(now - timedelta(hours=30), now, bus)
    fee = tariffs.price([(visit.entered_at, road)], visit, [used])
    account_id = await client.city.account()
    asked = client.city.request(account_id, fee.fee_fen)
    request = msgspec.structs.replace(asked, lines=msgspec.Raw(msgspec.json.encode(fee.lines)))
    async with client.city.pool.acquire() as db, db.transaction():
        await charges_flow.request_charges(db, [request], now=client.city.now)
    _, shown = await client.ask("GET", f"/v1/charges/{request.reference}")
    assert sum(line["amount_fen"] for line in shown["lines"]) == fee.fee_fen == shown["amount_fen"]
    assert all(line["label_zh"] and line["label_en"] for line in shown["lines"])
    said = msgspec.json.encode(shown["lines"]).decode()
    assert "大型车" in said
    assert not re.search(r"\d\d:\d\d|\d\d-\d\d|20\d\d-|_at", said), said
    assert {name for line in shown["lines"] for name in line} == {
        "kind", "amount_fen", "units", "unit_fen", "label_zh", "label_en",
    }  # fmt: skip

    client.speaks_for(Audience.DRIVER, account_id)
    _, page = await client.ask("GET", "/v1/account/charges")
    assert re.search(r"\d\d:\d\d", page["charges"][0]["lines"][-1]["text_zh"])


async def test_an_identifier_is_for_staff_and_gateways_alone(client: Client) -> None:
    charge_id = await client.city.charge(None, 500)
    body = {"channel": "local", "payer": "ok"}
    assert (await client.ask("GET", f"/v1/charges/{charge_id}"))[1] == {"type": "NoSuchCharge"}
    assert (await client.ask("POST", f"/v1/charges/{charge_id}/pay", body))[1] == {"type": "NoSuchCharge"}
    client.speaks_for(Audience.CLERK)
    assert (await client.ask("GET", f"/v1/charges/{charge_id}"))[0] == 200
    client.speaks_for(Audience.GATEWAY)
    assert (await client.ask("POST", f"/v1/charges/{charge_id}/pay", body))[0] == 200


async def test_a_driver_pages_by_reference_and_sees_no_place_that_is_hidden(client: Client) -> None:
    account_id = await client.city.account()
    made = [await client.city.charge(account_id, 500) for _ in range(3)]
    await client.city.owner.execute("update charge set place_hidden = true where id = $1", max(made))
    client.speaks_for(Audience.DRIVER, account_id)
    _, page = await client.ask("GET", "/v1/account/charges?limit=2")
    hidden, shown = page["charges"]
    assert (hidden["lot_id"], hidden["created_at"], shown["lot_id"]) == (None, None, client.city.lot_id)
    assert (hidden["visit"], shown["visit"]["lot_zh"], shown["visit"]["plate"]) == (None, "停车场", "鲁A12345")
    assert await client.ask("GET", f"/v1/account/charges/{shown['reference']}") == (200, shown)
    assert await client.ask("GET", f"/v1/account/charges/{hidden['reference']}") == (200, hidden)
    client.speaks_for(Audience.DRIVER, await client.city.account())
    assert (await client.ask("GET", f"/v1/account/charges/{shown['reference']}"))[1] == {"type": "NoSuchCharge"}
    client.speaks_for(Audience.DRIVER, account_id)
    assert "text_zh" in shown["lines"][0]
    assert "text_zh" not in hidden["lines"][0]
    _, rest = await client.ask("GET", f"/v1/account/charges?limit=2&after={page['next']}")
    assert [charge["reference"] for charge in rest["charges"]] == [str(await client.city.reference_of(min(made)))]


async def test_a_bill_says_what_it_was_before(client: Client) -> None:
    charge_id = await client.city.charge(None, 1_000)
    reference = await client.city.reference_of(charge_id)
    await client.city.pay(charge_id)
    await client.city.adjust((charge_id, 400))
    await client.city.adjust((charge_id, 1_200))
    _, shown = await client.ask("GET", f"/v1/charges/{reference}")
    assert (shown["state"], shown["amount_fen"], shown["owed_fen"], shown["waived_fen"]) == ("due", 1_000, 600, 200)
    assert [(each["from_fen"], each["to_fen"], each["cause"]) for each in shown["corrections"]] == [
        (1_000, 400, "passing"),
        (400, 1_000, "passing"),
    ]
    assert {each["made_on"] for each in shown["corrections"]} == {"2026-11-16"}
    await client.city.owner.execute("update charge set place_hidden = true where id = $1", charge_id)
    hidden = (await client.ask("GET", f"/v1/charges/{reference}"))[1]["corrections"]
    assert hidden == [{**each, "made_on": None} for each in shown["corrections"]]
    assert sum(line["amount_fen"] for line in shown["lines"]) == shown["amount_fen"] + shown["waived_fen"]
    assert (await client.ask("POST", f"/v1/charges/{reference}/pay", {"channel": "local", "payer": "ok"}))[0] == 200
    await client.city.resolve()
