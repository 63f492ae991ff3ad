"""A driver's account over HTTP."""

from payments.identity import Audience
from tests.payments.api.conftest import Client


async def test_a_driver_tops_up_and_pays(client: Client) -> None:
    client.speaks_for(Audience.ADMIN)
    status, account = await client.ask("POST", "/v1/accounts", {"name": "张三"})
    assert (status, account["name"], account["status"]) == (201, "张三", "active")
    client.speaks_for(Audience.DRIVER, account["id"])

    body = {"amount_fen": 2_000, "channel": "local", "payer": "ok"}
    status, first = await client.ask("POST", "/v1/account/top-ups", body, idempotency_key="k1")
    assert (status, first["state"]) == (201, "succeeded")
    assert await client.ask("POST", "/v1/account/top-ups", body, idempotency_key="k1") == (201, first)
    assert await client.ask("GET", f"/v1/account/top-ups/{first['id']}") == (200, first)
    assert "next_action" not in first
    sent = {**body, "amount_fen": 1, "payer": "redirect"}
    _, second = await client.ask("POST", "/v1/account/top-ups", sent, idempotency_key="k2")
    assert (second["state"], *second["next_action"]) == ("accepted", "redirect_url")
    assert await client.ask("GET", f"/v1/account/top-ups/{second['id']}") == (200, second)
    other = {**body, "amount_fen": 1}
    assert await client.ask("POST", "/v1/account/top-ups", other, idempotency_key="k1") == (
        409,
        {"type": "TopUpContradicted"},
    )
    assert (await client.ask("POST", "/v1/account/top-ups", body))[0] == 400

    made = [await client.city.charge(account["id"], 500) for _ in range(3)]
    await client.city.collect()
    status, standing = await client.ask("GET", "/v1/account")
    assert (status, standing["wallet_fen"], standing["owed_fen"]) == (200, 500, 0)
    status, page = await client.ask("GET", "/v1/account/charges?limit=2")
    assert status == 200
    assert page["charges"][0]["lines"][0]["units"] == 2
    status, rest = await client.ask("GET", f"/v1/account/charges?limit=2&after={page['next']}")
    references = {str(await client.city.reference_of(charge_id)) for charge_id in made}
    assert {c["reference"] for c in page["charges"] + rest["charges"]} == references
    assert rest["next"] is None
