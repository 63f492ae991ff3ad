"""Tokens over HTTP, and for whom each route is."""

from payments import identity
from payments.api import ROUTES
from payments.identity import Audience, HolderUnclear
from tests.payments.api.conftest import SECRET, Client


async def test_tokens_speak_for_whom_they_were_made(client: Client) -> None:
    client.speaks_for(Audience.ADMIN)
    account_id = await client.city.account()
    driver = {"audience": "driver", "subject": "driver:zhang", "account_id": account_id}
    status, signed = await client.ask("POST", "/v1/tokens", driver)
    assert status == 201
    read = identity.read_token(signed["token"], secrets=(SECRET,), now=client.city.now).principal
    assert (read.audience, read.id) == (Audience.DRIVER, account_id)
    clerk = {"audience": "clerk", "subject": "clerk:li", "operator_id": client.city.operator_id}
    assert (await client.ask("POST", "/v1/tokens", clerk))[0] == 201
    refused = {"type": HolderUnclear.__name__}
    for wrong in ({"audience": "gateway"}, {"audience": "driver"}, {"audience": "clerk", "account_id": account_id}):
        assert (await client.ask("POST", "/v1/tokens", {"subject": "x", **wrong}))[1] == refused
    assert (await client.ask("POST", "/v1/tokens", {**driver, "account_id": 999_999_999}))[1] == {
        "type": "NoSuchAccount"
    }


async def test_a_token_never_reaches_beyond_its_issuer(client: Client) -> None:
    city = client.city
    own, account_id = city.operator_id, await city.account()
    admin, clerk = {"audience": "admin", "subject": "x"}, {"audience": "clerk", "subject": "x"}
    driver = {"audience": "driver", "subject": "x", "account_id": account_id}
    client.speaks_for(Audience.ADMIN)
    assert (await client.ask("POST", "/v1/tokens", admin))[0] == 201
    refused = (409, {"type": "HolderUnclear"})
    assert await client.ask("POST", "/v1/tokens", {**admin, "operator_id": own}) == refused
    assert await client.ask("POST", "/v1/tokens", {**driver, "operator_id": own}) == refused
    assert await client.ask("POST", "/v1/tokens", {**clerk, "operator_id": account_id}) == (
        409,
        {"type": "NoSuchOperator"},
    )

    client.speaks_for(Audience.ADMIN, operator_id=own)
    not_yours = (409, {"type": "NotYours"})
    for beyond in (admin, clerk, driver, {**clerk, "operator_id": 1}, {"audience": "finance", "subject": "x"}):
        assert await client.ask("POST", "/v1/tokens", beyond) == not_yours
    status, signed = await client.ask("POST", "/v1/tokens", {**clerk, "operator_id": own})
    assert status == 201
    assert identity.read_token(signed["token"], secrets=(SECRET,), now=city.now).principal.operator_id == own


def test_every_route_says_for_whom_and_what_it_is() -> None:
    for route in ROUTES:
        assert route.opt["audience"]
        assert route.operation_id
        assert route.summary
