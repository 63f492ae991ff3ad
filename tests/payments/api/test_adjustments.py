"""Adjustments over HTTP: operators see what became cheaper or dearer, and drivers set how dear a visit may become."""

import pytest

from payments.identity import Audience
from tests.payments.api.conftest import Client

DAYS = "from=2026-11-16&to=2026-11-16"


async def test_an_operator_sees_its_own_by_pages(client: Client) -> None:
    city = client.city
    made = [await city.charge(None, 1_000) for _ in range(3)]
    await city.adjust(*((each, 400) for each in made))
    await city.adjust((made[0], 0))
    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id)
    seen, after = [], ""
    while True:
        status, page = await client.ask("GET", f"/v1/adjustments?{DAYS}&limit=3{after}")
        assert status == 200
        seen += page["adjustments"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted((each["from_fen"], each["to_fen"]) for each in seen) == [(400, 0)] + [(1_000, 400)] * 3
    assert {each["kind"] for each in seen} == {"lowered"}
    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    assert (await client.ask("GET", f"/v1/adjustments?{DAYS}"))[1] == {"adjustments": [], "next": None}


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        (f"{DAYS}&after=x", "CursorMalformed"),
        (f"{DAYS}&after=00000000-0000-8000-8000-000000000000.99999999999", "CursorMalformed"),
        ("from=2026-11-17&to=2026-11-16", "RangeTooWide"),
    ],
)
async def test_what_cannot_be_asked_for(client: Client, query: str, refusal: str) -> None:
    client.speaks_for(Audience.FINANCE)
    assert (await client.ask("GET", f"/v1/adjustments?{query}"))[1] == {"type": refusal}


async def test_a_driver_says_how_dear_a_visit_may_become(client: Client) -> None:
    account_id = await client.city.account()
    client.speaks_for(Audience.DRIVER, account_id)
    assert (await client.ask("GET", "/v1/account"))[1]["debit_max_fen"] == 5_000
    assert (await client.ask("PUT", "/v1/account/debit-limit", {"debit_max_fen": 700}))[1]["debit_max_fen"] == 700
    assert (await client.ask("PUT", "/v1/account/debit-limit", {"debit_max_fen": -1}))[0] == 400
    assert (await client.ask("GET", "/v1/account"))[1]["debit_max_fen"] == 700
    charge_id = await client.city.charge(account_id, 500)
    await client.city.adjust((charge_id, 900))
    assert (await client.city.stands(charge_id)).owed_fen == 700
