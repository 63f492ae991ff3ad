"""A browser without a screen: fills in forms of pages as people do, by what stands in them."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime

import httpx
import pyotp
from msgspec import Struct

import sql
from parking.clock import system
from parking.flow import sessions as session_flow
from parking.flow import staff as flow
from parking.flow.network import read_network
from payments.identity import Audience, Principal
from tests.conftest import NOW

PASSWORD = "correct horse battery"
ADMIN = Principal(Audience.ADMIN, "tests")
HTML = {"Accept": "text/html", "Accept-Language": "en"}
TOKEN = re.compile(r'name="form_token" value="(\w+)"')


class Person(Struct, frozen=True):
    """An account and what signs in to it."""

    login: str
    password: str
    totp_secret: str | None


async def person(
    pool: sql.Pool,
    login: str,
    audience: Audience,
    *,
    operator_id: int | None = None,
    lot_id: int | None = None,
    now: datetime = NOW,
) -> Person:
    """Somebody who has chosen a password."""
    browser = session_flow.Browser(f"test {login}", "tests")
    async with pool.acquire() as db:
        network = await read_network(db, now)
    async with pool.acquire() as db, db.transaction():
        invited = await flow.add(
            db,
            login=login,
            name=login.title(),
            audience=audience,
            operator_id=operator_id,
            lot_id=lot_id,
            network=network,
            by=ADMIN,
            now=now,
            wall=system(),
            random_bytes=secrets.token_bytes,
        )
    about = await session_flow.invitation(pool, login=login, code=invited.code, browser=browser, wall=system())
    totp = "" if about.totp_secret is None else pyotp.TOTP(about.totp_secret).at(system())
    await session_flow.choose_password(
        pool,
        login=login,
        code=invited.code,
        password=PASSWORD,
        totp=totp,
        browser=browser,
        now=now,
        wall=system(),
        random_bytes=secrets.token_bytes,
    )
    async with pool.acquire() as db:
        # They sign in half a minute later: a code is taken once.
        await db.execute("update staff set totp_step = 0 where login = $1", login)
    return Person(login, PASSWORD, about.totp_secret)


class Visitor:
    """Opens pages and sends their forms; has its own cookies."""

    def __init__(self, base_url: httpx.URL, **headers: str) -> None:
        self.client = httpx.AsyncClient(base_url=base_url, headers={**HTML, **headers}, timeout=30)

    async def open(self, path: str) -> httpx.Response:
        """A page."""
        return await self.client.get(path)

    async def send(self, at: str, path: str, fields: Mapping[str, str | list[str]], **headers: str) -> httpx.Response:
        """The form of the page `at`, sent to `path`."""
        found = TOKEN.search((await self.client.get(at)).text)
        assert found is not None, f"{at} has no form"
        return await self.client.post(path, data={"form_token": found[1], **fields}, headers=headers)

    async def sign_in(self, who: Person, **more: str) -> httpx.Response:
        """Signs in."""
        totp = "" if who.totp_secret is None else pyotp.TOTP(who.totp_secret).at(system())
        said = {"login": who.login, "password": who.password, "totp": totp, **more}
        return await self.send("/sign-in", "/sign-in", said)

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
