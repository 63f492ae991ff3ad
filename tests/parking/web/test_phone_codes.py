"""Drivers sign in by a code that their phone is sent: guesses, floods, other browsers and other sites get nowhere."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from itertools import count

import httpx
import pytest

import sql
from parking import phone_codes
from parking.clock import system
from parking.flow import accounts as accounts_flow
from parking.flow import phone_codes as flow
from parking.phone_codes import OF_ADDRESS, TRIES_MAX, Gateway
from parking.sessions import COOKIE
from payments.flow import accounts as payments_flow
from tests import running
from tests.conftest import NOW
from tests.district import TOKEN_SECRET
from tests.parking.web.texts import KEY, TextGateway, text_gateway
from tests.parking.web.visitor import Visitor

AT = "/sign-in/phone"
OF_PHONE = "select account_id from account_phone where phone = $1"


@pytest.fixture(scope="module")
async def texts() -> AsyncIterator[TextGateway]:
    """What sends messages."""
    async with text_gateway() as made:
        yield made


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str], texts: TextGateway
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process, which sends messages."""
    settings = running.settings(
        database_url, redis_server_url, now=NOW, text_gateway=texts.url, text_gateway_key=KEY, test_channel=False
    )
    async with running.served(settings) as client:
        yield client


@pytest.fixture(scope="module")
async def demonstration(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service without anything that sends messages."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


@pytest.fixture(scope="module")
def phones() -> Iterator[str]:
    """Phones that nobody has used."""
    return (f"139{number:08}" for number in count(1))


@pytest.fixture(autouse=True)
async def long_ago(owner: sql.Connection) -> None:
    """All tests ask from one address."""
    await owner.execute("delete from phone_code")


async def delivered(pool: sql.Pool, texts: TextGateway) -> int:
    """A round of the worker."""
    return await flow.send(pool, Gateway(texts.url, KEY), TOKEN_SECRET, wall=system)


async def told(visitor: Visitor, pool: sql.Pool, texts: TextGateway, phone: str, **more: str) -> str:
    """The code that a phone is sent when somebody asks for one."""
    asked = await visitor.send(AT, AT, {"phone": phone, **more})
    assert asked.status_code in (200, 303), asked.text
    await delivered(pool, texts)
    return texts.sent[f"+86{phone}"][-1]


async def say(visitor: Visitor, phone: str, code: str, **more: str) -> httpx.Response:
    """Says a code."""
    return await visitor.send(AT, f"{AT}/code", {"phone": phone, "code": code, **more})


def alert(answer: httpx.Response) -> str:
    """What a page says against it."""
    return answer.text.split('role="alert">')[1].split("<")[0]


async def test_a_driver_signs_in_and_out(
    client: httpx.AsyncClient,
    pool: sql.Pool,
    owner: sql.Connection,
    texts: TextGateway,
    phones: Iterator[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    phone, planted = next(phones), "0" * 64
    caplog.set_level(logging.DEBUG)
    async with Visitor(client.base_url) as visitor:
        asked = await visitor.open("/me?a=1")
        assert (asked.status_code, asked.headers["location"]) == (303, f"{AT}?next=%2Fme%3Fa%3D1")
        visitor.client.cookies.set(COOKIE, planted)
        code = await told(visitor, pool, texts, phone)
        begun = await say(visitor, phone, code, next="//evil.example")
        assert (begun.status_code, begun.headers["location"]) == (303, "/me")
        assert f"{COOKIE}=" in begun.headers["set-cookie"]
        assert planted not in begun.headers["set-cookie"]
        visitor.client.cookies.delete(COOKIE)
        assert (await visitor.open("/me")).status_code == 303
    async with Visitor(client.base_url) as visitor:
        await owner.execute("delete from phone_code")
        code = await told(visitor, pool, texts, phone)
        await say(visitor, phone, code)
        assert phone_codes.masked(f"+86{phone}") in (await visitor.open("/me")).text
        assert (await visitor.open("/desk")).status_code == 403
        assert (await visitor.open(AT)).headers["location"] == "/me"
        assert (await say_again(visitor, client, phone, code)).status_code == 422
        assert (await visitor.client.post("/me/sign-out", data={})).status_code == 403
        out = await visitor.send("/me", "/me/sign-out", {})
        assert (out.status_code, out.headers["location"]) == (303, f"{AT}?out=1")
        assert (await visitor.open("/me")).status_code == 303
    account_id = await owner.fetchval(OF_PHONE, f"+86{phone}")
    lines = await owner.fetch(
        "select action, detail::text detail from audit where owner_id = $1 order by id", account_id
    )
    # What is of one instant is in no order.
    actions = sorted(line["action"] for line in lines)
    assert actions == ["account.open", "driver.sign_in", "driver.sign_in", "session.end"]
    said = [*caplog.messages, *(line["detail"] for line in lines)]
    assert not [each for each in said if phone in each or code in each]


async def say_again(visitor: Visitor, client: httpx.AsyncClient, phone: str, code: str) -> httpx.Response:
    """The same code from the same browser, which has signed out meanwhile in another window."""
    async with Visitor(client.base_url) as other:
        kept = {name: value for name, value in visitor.client.cookies.items() if name != COOKIE}
        other.client.cookies.update(kept)
        return await say(other, phone, code)


async def test_a_code_is_guessed_a_few_times_by_one_browser(
    client: httpx.AsyncClient, pool: sql.Pool, texts: TextGateway, phones: Iterator[str]
) -> None:
    phone = next(phones)
    async with Visitor(client.base_url) as mine, Visitor(client.base_url) as other:
        code = await told(mine, pool, texts, phone)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        said = [await say(other, phone, each) for each in [wrong] * TRIES_MAX + [code]]
        said += [await say(other, next(phones), code)]
        # Who did not ask uses up no tries.
        said += [await say(mine, phone, wrong) for _ in range(TRIES_MAX - 1)]
        assert {(answer.status_code, alert(answer)) for answer in said} == {(422, alert(said[0]))}
        assert (await say(mine, phone, code)).status_code == 303
    async with Visitor(client.base_url) as mine:
        phone = next(phones)
        code = await told(mine, pool, texts, phone)
        for _ in range(TRIES_MAX):
            await say(mine, phone, f"{(int(code) + 1) % 10**6:06}")
        assert (await say(mine, phone, code)).status_code == 422


async def test_a_code_ends_by_time_and_by_the_next_one(
    client: httpx.AsyncClient, pool: sql.Pool, owner: sql.Connection, texts: TextGateway, phones: Iterator[str]
) -> None:
    phone = next(phones)
    async with Visitor(client.base_url) as visitor:
        first = await told(visitor, pool, texts, phone)
        await owner.execute("update phone_code set asked_at = asked_at - interval '2 minutes'")
        second = await told(visitor, pool, texts, phone)
        assert first != second
        assert (await say(visitor, phone, first)).status_code == 422
        await owner.execute("update phone_code set ends_at = now() where ended_at is null")
        assert (await say(visitor, phone, second)).status_code == 422


async def test_codes_are_not_poured_out(
    client: httpx.AsyncClient, pool: sql.Pool, owner: sql.Connection, texts: TextGateway, phones: Iterator[str]
) -> None:
    phone = next(phones)
    async with Visitor(client.base_url) as visitor:
        await told(visitor, pool, texts, phone)
        again = await visitor.send(AT, AT, {"phone": phone})
        assert again.status_code == 429
        assert 1 <= int(again.headers["retry-after"]) <= 60
        unfit = await visitor.send(AT, AT, {"phone": "12345"})
        assert (unfit.status_code, "eleven digits" in unfit.text) == (422, True)
        await owner.execute(
            "insert into phone_code (id, phone, browser, address, language, seed, asked_at, ends_at, ended_at)"
            " select gen_random_uuid(), '+8613700000000', '', address, 'zh', '', asked_at, ends_at, asked_at"
            "   from phone_code, generate_series(2, $1)",
            OF_ADDRESS[0][1],
        )
        full = await visitor.send(AT, AT, {"phone": next(phones)})
        assert full.status_code == 429
        assert int(full.headers["retry-after"]) > 3000


async def test_nobody_learns_whether_a_phone_has_an_account(
    client: httpx.AsyncClient, pool: sql.Pool, texts: TextGateway, owner: sql.Connection, phones: Iterator[str]
) -> None:
    known, unknown = next(phones), next(phones)
    async with Visitor(client.base_url) as visitor:
        assert (await say(visitor, known, await told(visitor, pool, texts, known))).status_code == 303
    await owner.execute("delete from phone_code")
    async with Visitor(client.base_url) as visitor:
        answers = {}
        for phone in (known, unknown):
            asked = await visitor.send(AT, AT, {"phone": phone})
            wrong = await say(visitor, phone, "abc")
            answers[phone] = [
                (each.status_code, re.sub(rf"{phone}|[0-9a-f]{{64}}", "", each.text), sorted(each.headers))
                for each in (asked, wrong)
            ]
        assert answers[known] == answers[unknown]


async def test_a_form_of_another_site_asks_for_nothing(client: httpx.AsyncClient, phones: Iterator[str]) -> None:
    phone = next(phones)
    async with Visitor(client.base_url) as visitor:
        await visitor.open(AT)
        for path in (AT, f"{AT}/code"):
            assert (await visitor.client.post(path, data={"phone": phone, "code": "1"})).status_code == 403
            crossed = await visitor.send(AT, path, {"phone": phone}, **{"Sec-Fetch-Site": "cross-site"})
            assert crossed.status_code == 403


async def test_a_suspended_account_is_not_signed_in_to_and_a_closed_one_has_no_phone(
    client: httpx.AsyncClient, pool: sql.Pool, owner: sql.Connection, texts: TextGateway, phones: Iterator[str]
) -> None:
    phone, bits = next(phones), count(1).__next__
    async with Visitor(client.base_url) as visitor:
        await say(visitor, phone, await told(visitor, pool, texts, phone))
        account_id = await owner.fetchval(OF_PHONE, f"+86{phone}")
        about = {"account_id": account_id, "actor": "tests", "now": NOW, "random_bits": bits}
        async with pool.acquire() as db, db.transaction():
            export = await accounts_flow.export_account(db, **about)
            assert (export.phone, len(export.sessions)) == (f"+86{phone}", 1)
            await payments_flow.bar_account(db, **about, barred=True, reason="tests")
        visitor.client.cookies.delete(COOKIE)
        await owner.execute("delete from phone_code")
        refused = await say(visitor, phone, await told(visitor, pool, texts, phone))
        assert (refused.status_code, "suspended" in alert(refused)) == (403, True)
        async with pool.acquire() as db, db.transaction():
            await payments_flow.bar_account(db, **about, barred=False, reason="tests")
            await accounts_flow.close_account(db, **about)
        assert await owner.fetchval(OF_PHONE, f"+86{phone}") is None
        assert not await owner.fetchval("select count(*) from session where account_id = $1", account_id)


async def test_demonstrations_show_the_message(demonstration: httpx.AsyncClient, phones: Iterator[str]) -> None:
    async with Visitor(demonstration.base_url) as visitor:
        assert "demonstration" in (await visitor.open(AT)).text
        phone = next(phones)
        shown = (await visitor.send(AT, AT, {"phone": phone})).text
        found = re.search(r'id="message">(\d{6})', shown)
        assert found
        assert "Demonstration" in shown
        assert (await say(visitor, phone, found[1])).status_code == 303


async def test_nobody_is_offered_what_cannot_be(
    database_url: str, redis_server_url: str, registered: dict[str, str], phones: Iterator[str]
) -> None:
    settings = running.settings(database_url, redis_server_url, now=NOW, test_channel=False)
    async with running.served(settings) as client, Visitor(client.base_url) as visitor:
        assert (await visitor.open(AT)).status_code == 404
        # The form of another page, so that it is ours.
        for path in (AT, f"{AT}/code"):
            assert (await visitor.send("/sign-in", path, {"phone": next(phones)})).status_code == 404


async def test_a_message_is_tried_again_until_it_is_taken_or_never_will_be(
    client: httpx.AsyncClient, pool: sql.Pool, owner: sql.Connection, texts: TextGateway, phones: Iterator[str]
) -> None:
    due = "update phone_code set send_at = asked_at where send_at is not null"
    left = "select send_at is not null from phone_code where phone = $1"
    for answers, taken, stays in (([503, 429], [0, 0, 1], False), ([422], [0, 0], False), ([503], [0], True)):
        phone = next(phones)
        async with Visitor(client.base_url) as visitor:
            await visitor.send(AT, AT, {"phone": phone})
        texts.answers = [*answers]
        rounds = []
        for _ in taken:
            rounds.append(await delivered(pool, texts))
            # Not before its time.
            assert await delivered(pool, texts) == 0
            if not stays:
                await owner.execute(due)
        assert (rounds, await owner.fetchval(left, f"+86{phone}")) == (taken, stays)
        assert len(texts.sent.get(f"+86{phone}", [])) == sum(taken)
    # What could not be sent in time is not sent.
    await owner.execute("update phone_code set send_at = asked_at, ends_at = now() where send_at is not null")
    asked = texts.asked
    assert (await delivered(pool, texts), texts.asked) == (0, asked)
    # Nor does it matter how the gateway is away.
    async with Visitor(client.base_url) as visitor:
        await visitor.send(AT, AT, {"phone": next(phones)})
    assert await flow.send(pool, Gateway("http://127.0.0.1:9/send", KEY), TOKEN_SECRET, wall=system) == 0
    assert await owner.fetchval("select count(*) from phone_code where send_error = 'ConnectError'") == 1


# -- the gateway itself


GOOD = {"id": "1", "phone": "+8613900000000", "text": "Code 123456", "code": "123456", "language": "zh"}


@pytest.mark.parametrize(
    ("changes", "head", "status"),
    [
        ({}, {}, 202),
        ({}, {"authorization": "Bearer other"}, 401),
        ({}, {"idempotency-key": "2"}, 422),
        ({"phone": "13900000000"}, {}, 422),
        ({"code": "12345"}, {}, 422),
        ({"text": "nothing"}, {}, 422),
        ({"text": "123456 for +8613900000000"}, {}, 422),
        ({"text": "123456" * 40}, {}, 422),
        ({"language": "de"}, {}, 422),
        ({"more": "x"}, {}, 422),
        ({"id": 1}, {}, 422),
    ],
)
def test_the_gateway_takes_what_is_whole(changes: dict[str, object], head: dict[str, str], status: int) -> None:
    heads = {"authorization": f"Bearer {KEY}", "idempotency-key": "1", **head}
    assert TextGateway().take(heads, {**GOOD, **changes}) == status


def test_the_gateway_sends_a_message_once() -> None:
    gateway, heads = TextGateway(), {"authorization": f"Bearer {KEY}", "idempotency-key": "1"}
    other = {**GOOD, "code": "654321", "text": "654321"}
    assert [gateway.take(heads, each) for each in (GOOD, GOOD, other)] == [202, 200, 409]
    assert gateway.sent == {GOOD["phone"]: ["123456"]}
