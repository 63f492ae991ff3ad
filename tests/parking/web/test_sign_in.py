"""Signing in as people do it, and as those do who should not: guesses, forms of other sites, planted sessions."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic

import httpx
import pyotp
import pytest
from redis.asyncio import Redis

import sql
from parking import sessions
from parking.clock import system
from parking.sessions import COOKIE, FREE_OF_LOGIN, form_token
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, District, event
from tests.parking.web.visitor import PASSWORD, Person, Visitor, person
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


@pytest.fixture(scope="module")
async def clerk(pool: sql.Pool, registered: dict[str, str]) -> Person:
    """Works for all operators."""
    return await person(pool, "li.na", Audience.CLERK)


@pytest.fixture(scope="module")
async def admin(pool: sql.Pool, registered: dict[str, str]) -> Person:
    """Makes accounts."""
    return await person(pool, "boss", Audience.ADMIN)


@pytest.fixture(autouse=True)
async def forgiven(pool: sql.Pool) -> None:
    """All tests try from one address, and each is long after the others: a code is taken once."""
    async with pool.acquire() as db:
        await db.execute("delete from sign_in_failure")
        await db.execute("update staff set totp_step = 0")


async def signed_out(visitor: Visitor) -> None:
    """Waits until all processes know."""
    until = monotonic() + PATIENCE_S
    while (await visitor.open("/desk")).status_code != 303:
        assert monotonic() < until
        await asyncio.sleep(0.05)


async def test_who_is_not_signed_in_is_shown_where_to(client: httpx.AsyncClient, clerk: Person) -> None:
    async with Visitor(client.base_url) as visitor:
        asked = await visitor.open("/desk/account?a=1")
        assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Fdesk%2Faccount%3Fa%3D1")
        part = await visitor.client.get("/desk", headers={"HX-Request": "true"})
        assert (part.status_code, part.headers["hx-redirect"]) == (204, "/sign-in?next=%2Fdesk")
        assert (await client.get("/desk")).json()["status"] == 401
        begun = await visitor.sign_in(clerk, next="/desk/account?a=1")
        assert (begun.status_code, begun.headers["location"]) == (303, "/desk/account?a=1")
        assert "Li.Na" in (await visitor.open("/desk")).text
        assert (await visitor.open("/sign-in")).status_code == 303


async def test_a_session_is_new_and_says_how_it_is_kept(client: httpx.AsyncClient, clerk: Person) -> None:
    async with Visitor(client.base_url) as visitor:
        planted = "0" * 64
        visitor.client.cookies.set(COOKIE, planted)
        begun = await visitor.sign_in(clerk)
        said = begun.headers["set-cookie"]
        assert planted not in said
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in said.split(";")}
        assert "Secure" not in said
        page = await visitor.open("/desk")
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-frame-options"] == "DENY"
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
    async with Visitor(client.base_url) as other:
        other.client.cookies.set(COOKIE, planted)
        assert (await other.open("/desk")).status_code == 303


async def test_a_form_of_another_site_does_nothing(client: httpx.AsyncClient, clerk: Person, pool: sql.Pool) -> None:
    async with Visitor(client.base_url) as visitor:
        await visitor.sign_in(clerk)
        for fields in ({}, {"form_token": ""}, {"form_token": form_token("0" * 64)}):
            answer = await visitor.client.post("/sign-out", data=fields)
            assert answer.status_code == 403
        crossed = await visitor.send("/desk", "/sign-out", {}, **{"Sec-Fetch-Site": "cross-site"})
        assert crossed.status_code == 403
        assert (await visitor.open("/desk")).status_code == 200
        assert (await visitor.client.post("/sign-in", data={"login": "x"})).status_code == 403


async def test_wrong_is_wrong_whatever_it_is(client: httpx.AsyncClient, clerk: Person, admin: Person) -> None:
    async with Visitor(client.base_url) as visitor:
        said = set()
        for who, more in (
            (clerk, {"password": "wrong"}),
            (clerk, {"login": "nobody"}),
            (admin, {"totp": "000000"}),
            (admin, {"totp": ""}),
        ):
            answer = await visitor.sign_in(who, **more)
            assert answer.status_code == 422
            said.add(answer.text.split('role="alert">')[1].split("<")[0])
        assert len(said) == 1


async def test_a_code_of_the_telephone_is_taken_once(client: httpx.AsyncClient, admin: Person) -> None:
    assert admin.totp_secret is not None
    code = pyotp.TOTP(admin.totp_secret).at(system() + timedelta(seconds=30))
    async with Visitor(client.base_url) as one, Visitor(client.base_url) as other:
        assert (await one.sign_in(admin, totp=code)).status_code == 303
        assert (await other.sign_in(admin, totp=code)).status_code == 422


async def test_guesses_wait_longer_and_longer_and_gates_do_not(
    client: httpx.AsyncClient, clerk: Person, pool: sql.Pool, registered: dict[str, str]
) -> None:
    async with Visitor(client.base_url) as visitor:
        for _ in range(FREE_OF_LOGIN + 1):
            assert (await visitor.sign_in(clerk, password="wrong")).status_code == 422
        waits = await visitor.sign_in(clerk)
        assert waits.status_code == 429
        assert 0 < int(waits.headers["retry-after"]) <= 30
        unknown = [(await visitor.sign_in(clerk, login="no.such")).status_code for _ in range(FREE_OF_LOGIN + 2)]
        assert unknown == [422] * (FREE_OF_LOGIN + 1) + [429]
        for n in range(20):
            await visitor.sign_in(clerk, login=f"no.such.{n}")
        assert (await visitor.sign_in(clerk, login="another")).status_code == 429
    said = event("guess-1", "entry", NOW)
    answer = await client.post("/v1/gate-events", json=said, headers=running.bearer(registered[QC]))
    assert answer.status_code == 200, answer.text
    async with pool.acquire() as db:
        await db.execute("update sign_in_failure set last_at = last_at - interval '1 hour'")
    async with Visitor(client.base_url) as visitor:
        assert (await visitor.sign_in(clerk)).status_code == 303


async def test_guesses_at_once_are_as_many(client: httpx.AsyncClient, clerk: Person) -> None:
    async with Visitor(client.base_url) as visitor:
        await visitor.open("/sign-in")
        answers = await asyncio.gather(*(visitor.sign_in(clerk, password=f"guess {n}") for n in range(12)))
        assert [answer.status_code for answer in answers].count(422) == FREE_OF_LOGIN + 1


async def test_redis_may_go_and_nobody_is_signed_out(
    client: httpx.AsyncClient, clerk: Person, redis_server_url: str
) -> None:
    async with Visitor(client.base_url) as visitor:
        await visitor.sign_in(clerk)
        assert (await visitor.open("/desk")).status_code == 200
        async with Redis.from_url(redis_server_url) as redis:
            kept = await redis.keys("onelot:session:*")
            assert kept
            for key in kept:
                await redis.set(key, "{}")
            assert (await visitor.open("/desk")).status_code == 200
            await redis.flushdb()
        assert (await visitor.open("/desk")).status_code == 200


async def test_signing_out_ends_it_everywhere_at_once(client: httpx.AsyncClient, clerk: Person) -> None:
    async with Visitor(client.base_url) as one, Visitor(client.base_url) as other, Visitor(client.base_url) as stolen:
        for each in (one, other):
            await each.sign_in(clerk)
        stolen.client.cookies.update(one.client.cookies)
        assert (await stolen.open("/desk")).status_code == 200
        await one.send("/desk", "/sign-out", {})
        await signed_out(stolen)
        assert (await other.open("/desk")).status_code == 200
        await other.send("/desk", "/sign-out/everywhere", {})
        await signed_out(other)


@pytest.mark.parametrize("column", ["seen_at", "ends_at"])
async def test_a_session_ends_by_itself(
    client: httpx.AsyncClient, clerk: Person, pool: sql.Pool, owner: sql.Connection, redis_url: str, column: str
) -> None:
    async with Visitor(client.base_url) as visitor:
        await visitor.sign_in(clerk)
        hashed = sessions.hashed(visitor.client.cookies[COOKIE])
        length = timedelta(minutes=31) if column == "seen_at" else timedelta(hours=13)
        await owner.execute(
            f"update session set {column} = {column} - $2::interval where token_hash = $1", hashed, length
        )
        assert (await visitor.open("/desk")).status_code == 303


async def test_an_account_is_made_reset_and_ended(
    client: httpx.AsyncClient, admin: Person, pool: sql.Pool, district: District
) -> None:
    async with Visitor(client.base_url) as boss, Visitor(client.base_url) as new:
        assert (await boss.sign_in(admin)).status_code == 303
        made = await boss.send(
            "/desk/staff", "/desk/staff", {"login": "zhao", "audience": "finance", "operator": "jn-static"}
        )
        assert made.status_code == 200, made.text
        code = made.text.split('class="code-out">')[1].split("<")[0]
        twice = await boss.send("/desk/staff", "/desk/staff", {"login": "zhao", "audience": "clerk"})
        assert twice.status_code == 409
        assert (await new.send("/sign-in/code", "/sign-in/code", {"login": "zhao", "code": "AAAA"})).status_code == 422
        choosing = await new.send("/sign-in/code", "/sign-in/code", {"login": "Zhao", "code": code.lower()})
        assert choosing.status_code == 200
        secret = choosing.text.split('<span class="code">')[1].split("<")[0]
        said = {"login": "zhao", "code": code, "password": PASSWORD, "totp": pyotp.TOTP(secret).now()}
        weak = await new.send("/sign-in/code", "/sign-in/password", {**said, "password": "zhao zhao zhao"})
        assert weak.status_code == 422
        without = await new.send("/sign-in/code", "/sign-in/password", {**said, "totp": "1"})
        assert without.status_code == 422
        assert (await new.send("/sign-in/code", "/sign-in/password", said)).status_code == 303
        assert (await new.send("/sign-in/code", "/sign-in/password", said)).status_code == 422
        assert "jn-static" in (await new.open("/desk")).text
        assert (await new.open("/desk/staff")).status_code == 403

        assert (await new.open("/desk/account")).text.count("<time") == 2
        changed = await new.send("/desk", "/desk/account/password", {"password": PASSWORD, "another": "a better horse"})
        assert changed.headers["location"] == "/desk/account?done=1"
        wrong = await new.send("/desk", "/desk/account/password", {"password": PASSWORD, "another": "another horse!"})
        assert wrong.status_code == 422

        ended = await boss.send("/desk/staff", "/desk/staff/zhao/disable", {"reason": "left"})
        assert ended.status_code == 303
        await signed_out(new)
        last = await boss.send("/desk/staff", "/desk/staff/boss/disable", {"reason": "x"})
        assert last.status_code == 409
        assert (await boss.send("/desk/staff", "/desk/staff/nobody/reset", {"reason": "x"})).status_code == 404
    async with pool.acquire() as db:
        lines = await db.fetch("select action from audit where subject = 'staff:zhao' order by id")
    assert {line["action"] for line in lines} == {
        "staff.add", "staff.choose_password", "staff.sign_in", "staff.sign_in_refused", "staff.change_password",
        "staff.disable",
    }  # fmt: skip


async def test_a_person_meets_a_page_where_a_program_meets_a_document(client: httpx.AsyncClient) -> None:
    async with Visitor(client.base_url) as visitor:
        lost = await visitor.open("/nowhere")
        assert (lost.status_code, lost.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert (await visitor.open("/v1/lots/nope")).headers["content-type"] == "application/problem+json"
    assert (await client.get("/nowhere")).headers["content-type"] == "application/problem+json"
