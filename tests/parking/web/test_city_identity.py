"""Signing in by the city's identity, at a provider that refuses whatever the standard lets it refuse."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

import sql
from parking.city_identity import BACK
from parking.clock import system
from parking.flow import staff as flow
from parking.live import city_identity as live
from parking.sessions import COOKIE
from parking.staff import IdentityTaken
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.parking.web.provider import CLIENT_ID, CLIENT_SECRET, CityProvider, basic, city_provider
from tests.parking.web.visitor import ADMIN, Person, Visitor, person

# The provider sends browsers here; who opens pages in these tests takes the path of it.
REDIRECT = f"http://127.0.0.1:9{BACK}"


@pytest.fixture(scope="module")
async def city() -> AsyncIterator[CityProvider]:
    """The city's identity."""
    async with city_provider(REDIRECT) as made:
        yield made


@pytest.fixture(autouse=True)
def nobody_signed_in(city: CityProvider) -> None:
    """It is as it was before."""
    city.signed_in, city.spoil, city.is_away = None, dict, False


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str], city: CityProvider
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process, which knows the city's identity."""
    settings = running.settings(
        database_url,
        redis_server_url,
        now=NOW,
        city_identity=city.issuer,
        city_identity_client=CLIENT_ID,
        city_identity_client_secret=CLIENT_SECRET,
        city_identity_redirect=REDIRECT,
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(live, "KEYS_AGAIN_S", 0.0)
        async with running.served(settings) as client:
            yield client


@pytest.fixture(scope="module")
async def clerk(pool: sql.Pool, registered: dict[str, str]) -> Person:
    """Known to the city as jinan-1."""
    return await known(pool, "li.na", Audience.CLERK, "jinan-1")


@pytest.fixture(scope="module")
async def boss(pool: sql.Pool, registered: dict[str, str]) -> Person:
    """Known to the city as jinan-2; signs in with a second factor."""
    return await known(pool, "boss", Audience.ADMIN, "jinan-2")


async def known(pool: sql.Pool, login: str, audience: Audience, identity: str) -> Person:
    made = await person(pool, login, audience)
    async with pool.acquire() as db, db.transaction():
        await flow.identify(db, login, identity, by=ADMIN, now=NOW)
    return made


async def sent(visitor: Visitor, path: str = "/sign-in/city") -> str:
    """Where the browser is sent to."""
    there = await visitor.open(path)
    assert there.status_code == 303, there.text
    return there.headers["location"]


async def answered(address: str) -> str:
    """The path and the question with which the city's identity sends the browser back."""
    async with httpx.AsyncClient() as outside:
        back = await outside.get(address)
    assert back.status_code == 302, back.text
    at = urlsplit(back.headers["location"])
    assert at.path == BACK
    return f"{at.path}?{at.query}"


async def through(visitor: Visitor, path: str = "/sign-in/city") -> httpx.Response:
    """There and back."""
    return await visitor.open(await answered(await sent(visitor, path)))


async def test_staff_sign_in_by_it_and_land_where_they_wanted(
    client: httpx.AsyncClient, clerk: Person, city: CityProvider, pool: sql.Pool
) -> None:
    city.signed_in = {"sub": "jinan-1"}
    async with Visitor(client.base_url) as visitor:
        assert 'href="/sign-in/city?next=%2Fdesk%2Fcases"' in (await visitor.open("/sign-in?next=/desk/cases")).text
        planted = "0" * 64
        visitor.client.cookies.set(COOKIE, planted)
        begun = await through(visitor, "/sign-in/city?next=/desk/cases")
        assert (begun.status_code, begun.headers["location"]) == (303, "/desk/cases")
        assert f"{COOKIE}=" in begun.headers["set-cookie"]
        assert planted not in begun.headers["set-cookie"]
    async with Visitor(client.base_url) as visitor:
        await through(visitor)
        assert "Li.Na" in (await visitor.open("/desk")).text
    async with pool.acquire() as db:
        said = await db.fetchval(
            "select detail from audit where action = 'staff.sign_in' and actor = 'staff:li.na' order by id desc limit 1"
        )
    assert json.loads(said)["by"] == "city identity"


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_nobody_is_led_elsewhere(client: httpx.AsyncClient, clerk: Person, city: CityProvider, then: str) -> None:
    city.signed_in = {"sub": "jinan-1"}
    async with Visitor(client.base_url) as visitor:
        begun = await through(visitor, str(httpx.URL("/sign-in/city", params={"next": then})))
        assert begun.headers["location"] == "/desk"


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (None, "did not say that you signed in"),
        ({"sub": "jinan-9"}, "No account here"),
        ({"sub": "jinan-2"}, "second factor"),
        ({"sub": "jinan-2", "amr": ["pwd"]}, "second factor"),
    ],
)
async def test_who_is_not_signed_in(
    client: httpx.AsyncClient, boss: Person, city: CityProvider, who: dict[str, Any] | None, said: str
) -> None:
    city.signed_in = who
    async with Visitor(client.base_url) as visitor:
        answer = await through(visitor)
        assert answer.status_code == 422
        assert said in answer.text
        assert COOKIE not in visitor.client.cookies
        assert (await visitor.open("/desk")).status_code == 303


async def test_an_administrator_signs_in_with_a_second_factor_of_the_city(
    client: httpx.AsyncClient, boss: Person, city: CityProvider
) -> None:
    city.signed_in = {"sub": "jinan-2", "amr": ["pwd", "otp"]}
    async with Visitor(client.base_url) as visitor:
        assert (await through(visitor)).headers["location"] == "/desk"
        shown = (await visitor.open("/desk/staff")).text
        assert 'value="jinan-2"' in shown
        changed = await visitor.send("/desk/staff", "/desk/staff/boss/identity", {"identity": "jinan-3"})
        assert changed.status_code == 303
        await visitor.send("/desk/staff", "/desk/staff/boss/identity", {"identity": "jinan-2"})


async def test_an_answer_is_of_the_browser_that_was_sent_and_good_once(
    client: httpx.AsyncClient, clerk: Person, city: CityProvider
) -> None:
    city.signed_in = {"sub": "jinan-1"}
    async with Visitor(client.base_url) as mine, Visitor(client.base_url) as other:
        back = await answered(await sent(mine))
        # Somebody else's browser is led here with an answer that is not its own.
        assert (await other.open(back)).status_code == 422
        await sent(other)
        assert (await other.open(back)).status_code == 422
        assert (await mine.open(back)).status_code == 303
        assert (await mine.open(back)).status_code == 422


async def test_a_token_that_is_not_right_signs_nobody_in(
    client: httpx.AsyncClient, clerk: Person, city: CityProvider
) -> None:
    city.signed_in = {"sub": "jinan-1"}
    for wrong in ({"aud": "other"}, {"iss": "https://other.example"}, {"nonce": "x"}, {"exp": 1}):
        city.spoil = lambda claims, wrong=wrong: {**claims, **wrong}  # type: ignore[misc]
        async with Visitor(client.base_url) as visitor:
            assert (await through(visitor)).status_code == 422


async def test_another_key_is_asked_for_and_one_that_is_known_is_not(
    client: httpx.AsyncClient, clerk: Person, city: CityProvider
) -> None:
    city.signed_in = {"sub": "jinan-1"}
    async with Visitor(client.base_url) as visitor:
        assert (await through(visitor)).status_code == 303
        before = city.asked_for_keys
        await visitor.client.get("/desk")
        visitor.client.cookies.clear()
        assert (await through(visitor)).status_code == 303
        assert city.asked_for_keys == before
        city.change_key()
        visitor.client.cookies.clear()
        assert (await through(visitor)).status_code == 303
        assert city.asked_for_keys == before + 1


async def test_while_it_is_away_people_sign_in_by_password(
    city: CityProvider, clerk: Person, database_url: str, redis_server_url: str
) -> None:
    city.is_away = True
    settings = running.settings(
        database_url,
        redis_server_url,
        now=NOW,
        city_identity=city.issuer,
        city_identity_client=CLIENT_ID,
        city_identity_client_secret=CLIENT_SECRET,
        city_identity_redirect=REDIRECT,
    )
    async with running.served(settings) as client, Visitor(client.base_url) as visitor:
        away = await visitor.open("/sign-in/city")
        assert away.status_code == 503
        assert "does not answer" in away.text
        assert (await visitor.sign_in(clerk)).status_code == 303


async def test_an_identity_is_one_account_s_and_who_loses_it_is_signed_out(
    client: httpx.AsyncClient, clerk: Person, boss: Person, city: CityProvider, pool: sql.Pool
) -> None:
    async with pool.acquire() as db:
        with pytest.raises(IdentityTaken):
            await flow.identify(db, "boss", "jinan-1", by=ADMIN, now=NOW)
    count = "select count(*) from session k join staff s on s.id = k.staff_id where s.login = 'li.na' and ends_at > $1"
    city.signed_in = {"sub": "jinan-1"}
    async with Visitor(client.base_url) as visitor:
        await through(visitor)
        async with pool.acquire() as db, db.transaction():
            assert await db.fetchval(count, system()) > 0
            await flow.identify(db, "li.na", None, by=ADMIN, now=NOW)
            assert await db.fetchval(count, system()) == 0
        visitor.client.cookies.clear()
        assert (await through(visitor)).status_code == 422
        async with pool.acquire() as db, db.transaction():
            await flow.identify(db, "li.na", "jinan-1", by=ADMIN, now=NOW)


async def test_without_one_there_is_no_such_page(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> None:
    async with (
        running.served(running.settings(database_url, redis_server_url, now=NOW)) as client,
        Visitor(client.base_url) as visitor,
    ):
        assert (await visitor.open("/sign-in/city")).status_code == 404
        assert "/sign-in/city" not in (await visitor.open("/sign-in")).text


# -- the provider itself


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"code_verifier": "another"}, 400),
        ({"redirect_uri": "https://evil.example/"}, 400),
        ({"grant_type": "refresh_token"}, 400),
        ({"code": "made up"}, 400),
    ],
)
async def test_the_provider_exchanges_what_the_standard_says(
    client: httpx.AsyncClient, city: CityProvider, changes: dict[str, str], status: int
) -> None:
    city.signed_in = {"sub": "jinan-1"}
    async with Visitor(client.base_url) as visitor, httpx.AsyncClient() as outside:
        where = await sent(visitor)
        asked = {name: value for name, (value,) in parse_qs(urlsplit(where).query).items()}
        for missing in ("nonce", "code_challenge", "state"):
            less = {name: value for name, value in asked.items() if name != missing}
            refused = await outside.get(f"{city.issuer}/authorize", params=less)
            assert "error=" in refused.headers["location"]
        elsewhere = await outside.get(f"{city.issuer}/authorize", params={**asked, "redirect_uri": "https://evil/"})
        assert elsewhere.status_code == 400
        verifier = "v" * 43
        challenge = {"code_challenge": "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"}
        code = parse_qs(urlsplit(await answered(str(httpx.URL(where).copy_merge_params(challenge)))).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": verifier,
            **changes,
        }
        signed = {"Authorization": basic()}
        wrong = await outside.post(f"{city.issuer}/token", data=form, auth=("onelot", "guess"))
        assert wrong.status_code == 401
        first = await outside.post(f"{city.issuer}/token", data=form, headers=signed)
        assert first.status_code == status
        assert (await outside.post(f"{city.issuer}/token", data=form, headers=signed)).status_code == 400
