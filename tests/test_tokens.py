"""Tokens over HTTP: how long they live, how they end, and that an account that is barred can do nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic
from typing import Any

import httpx
import msgspec
import pytest

import sql
from parking import limits
from parking.live.identity import LiveIdentity
from payments.flow import accounts as accounts_flow
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import token
from tests.patience import PATIENCE_S
from tests.test_routes import OURS, PATH

# A revoked token is refused everywhere so soon; one second of it is the pause between two looks.
NEW_SECRET = "a newer secret of more than thirty-two characters"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


async def issued(client: httpx.AsyncClient, **wanted: object) -> dict[str, Any]:
    """A new token as an administrator is given it."""
    response = await client.post("/v1/tokens", json=wanted, headers=ADMIN)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def opened(client: httpx.AsyncClient) -> int:
    """A new account."""
    return int((await client.post("/v1/accounts", json={"name": "Wang"}, headers=ADMIN)).json()["id"])


async def turns(client: httpx.AsyncClient, path: str, bearer: str, status: int) -> float:
    """Waits until a request is answered with a status; how long that took."""
    started = monotonic()
    while (await client.get(path, headers=running.bearer(bearer))).status_code != status:
        assert monotonic() - started < PATIENCE_S
        await asyncio.sleep(0.05)
    return monotonic() - started


async def test_a_revoked_token_is_refused_and_its_neighbour_is_not(client: httpx.AsyncClient, pool: sql.Pool) -> None:
    clerk = {"audience": "clerk", "subject": "li", "hours": 2}
    first, second = await issued(client, **clerk), await issued(client, **clerk)
    for each in (first, second):
        assert (await client.get("/v1/cases", headers=running.bearer(each["token"]))).status_code == 200
    revoked = await client.post("/v1/tokens/revoke", json={"token_id": first["id"]}, headers=ADMIN)
    assert (revoked.status_code, revoked.json()) == (200, {"revoked": 1})
    await turns(client, "/v1/cases", first["token"], 401)
    assert (await client.get("/v1/cases", headers=running.bearer(second["token"]))).status_code == 200
    # All of a subject, and none is left.
    everything = {"subject": "li"}
    assert (await client.post("/v1/tokens/revoke", json=everything, headers=ADMIN)).json() == {"revoked": 1}
    await turns(client, "/v1/cases", second["token"], 401)
    assert (await client.post("/v1/tokens/revoke", json=everything, headers=ADMIN)).status_code == 404
    for wrong in ({}, {"subject": "li", "token_id": first["id"]}):
        assert (await client.post("/v1/tokens/revoke", json=wrong, headers=ADMIN)).status_code == 422
    listed = (await client.get("/v1/tokens?subject=li&limit=1", headers=ADMIN)).json()
    assert [each["id"] for each in listed["tokens"]] == [second["id"]]
    listed = (await client.get(f"/v1/tokens?subject=li&after={listed['next']}", headers=ADMIN)).json()
    assert [(each["id"], each["revoked_by"]) for each in listed["tokens"]] == [(first["id"], "admin:test")]
    async with pool.acquire() as db:
        text = await db.fetchval(
            "select detail::text from audit where action = 'token.issue' and subject = 'clerk:li' order by id limit 1"
        )
    detail = msgspec.json.decode(text)
    assert (detail["token_id"], detail["audience"], detail["expires_at"]) == (
        first["id"], "clerk", first["expires_at"],
    )  # fmt: skip


async def test_staff_have_a_token_for_a_shift_and_drivers_for_longer(client: httpx.AsyncClient) -> None:
    for audience in ("clerk", "finance", "admin"):
        body = {"audience": audience, "subject": "x", "hours": 13}
        refused = await client.post("/v1/tokens", json=body, headers=ADMIN)
        assert (refused.status_code, refused.json()["facts"]) == (422, {"hours_max": 12})
    account_id = await opened(client)
    month = await issued(client, audience="driver", subject="wang", account_id=account_id, hours=24 * 30)
    assert (await client.get("/v1/account", headers=running.bearer(month["token"]))).status_code == 200


async def test_a_suspended_account_can_do_nothing_on_any_route(client: httpx.AsyncClient) -> None:
    account_id = await opened(client)
    signed = await issued(client, audience="driver", subject="wang", account_id=account_id)
    # One that was signed elsewhere with our secret is stopped as well.
    other = token(Audience.DRIVER, now=NOW, id=account_id)
    why = {"reason": "stolen"}
    suspended = await client.post(f"/v1/accounts/{account_id}/suspend", json=why, headers=ADMIN)
    assert suspended.json()["status"] == "suspended"
    await turns(client, "/v1/account", signed["token"], 403)
    tried = 0
    for method, path, handler in OURS:
        if Audience.DRIVER not in handler.opt["audience"]:
            continue
        url = path.format_map({**PATH, "plate": "x", "code": "x"})
        for bearer in (signed["token"], other):
            answer = await client.request(method, url, headers={**running.bearer(bearer), "Idempotency-Key": "x"})
            assert (answer.status_code, answer.json()["title"]) == (403, "Account barred"), f"{method} {path}"
            tried += 1
    assert tried > 12
    body = {"audience": "driver", "subject": "wang", "account_id": account_id}
    assert (await client.post("/v1/tokens", json=body, headers=ADMIN)).status_code == 403
    await client.post(f"/v1/accounts/{account_id}/resume", json=why, headers=ADMIN)
    await turns(client, "/v1/account", signed["token"], 200)


async def test_a_suspended_account_is_refused_only_so_often(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REFUSAL_DELAY_S", 0.01)
    async with running.served(running.settings(database_url, redis_url, now=NOW, failures_max=40)) as client:
        account_id = await opened(client)
        mine = running.bearer(token(Audience.DRIVER, now=NOW, id=account_id))
        await client.post(f"/v1/accounts/{account_id}/suspend", json={"reason": "stolen"}, headers=ADMIN)
        await turns(client, "/v1/account", mine["Authorization"].removeprefix("Bearer "), 403)
        answers = [(await client.get("/v1/account", headers=mine)).status_code for _ in range(50)]
    assert answers[-1] == 429, answers


async def test_a_driver_ends_all_tokens(client: httpx.AsyncClient) -> None:
    account_id = await opened(client)
    mine = [await issued(client, audience="driver", subject="wang", account_id=account_id) for _ in range(2)]
    done = await client.delete("/v1/account/tokens", headers=running.bearer(mine[0]["token"]))
    assert done.json() == {"revoked": 2}
    for each in mine:
        await turns(client, "/v1/account", each["token"], 401)


async def test_a_new_secret_drops_nobody(database_url: str, redis_server_url: str, registered: dict[str, str]) -> None:
    settings = running.settings(database_url, redis_server_url, now=NOW)
    rotated = msgspec.structs.replace(settings, token_secrets=f"{NEW_SECRET},{settings.token_secrets}")
    async with running.served(settings) as client:
        before = await issued(client, audience="clerk", subject="rotated")
    async with running.served(rotated) as client:
        after = await issued(client, audience="clerk", subject="rotated")
        for each in (before, after):
            assert (await client.get("/v1/cases", headers=running.bearer(each["token"]))).status_code == 200
        await client.post("/v1/tokens/revoke", json={"token_id": before["id"]}, headers=ADMIN)
        await turns(client, "/v1/cases", before["token"], 401)


async def test_a_request_asks_the_database_for_nobody(pool: sql.Pool, registered: dict[str, str]) -> None:
    """What is looked at per request is in memory, and is read again only when something has changed."""
    live = await LiveIdentity.open(pool, lambda: NOW)
    before = live.barred
    await live.refresh()
    assert live.barred is before
    async with pool.acquire() as db, db.transaction():
        account = await accounts_flow.open_account(db, name="", now=NOW)
        for barred in (True, True):
            await accounts_flow.bar_account(
                db, account_id=account.id, barred=barred, reason="x", actor="li", now=NOW, random_bits=lambda: 7
            )
    await live.refresh()
    assert account.id in live.barred.accounts
    assert live.barred.version == before.version + 1
    # What has ended by itself need not be remembered.
    live._clock = lambda: NOW + timedelta(days=400)
    async with pool.acquire() as db, db.transaction():
        await accounts_flow.bar_account(
            db, account_id=account.id, barred=False, reason="x", actor="li", now=NOW, random_bits=lambda: 8
        )
    await live.refresh()
    assert live.barred.tokens == frozenset()
