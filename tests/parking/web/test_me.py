"""A driver's own page: what they do on it by forms, that it is nobody else's, and the whole of it in a browser."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Literal
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser

import sql
from parking.sessions import form_token
from tests import running
from tests.conftest import NOW
from tests.district import District, event, visit
from tests.parking.web.browser import SIZES, check_page, opened, picture
from tests.parking.web.visitor import Visitor

AT = "/sign-in/phone"
WAYS = list(zip(SIZES, ("zh-CN", "en"), ("light", "dark"), ("鲁A3T57W", "鲁A4V69X"), strict=True))
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service with the test channel, whose pages show the messages that it would send."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def sign_in(visitor: Visitor, phone: str) -> None:
    """By the code that the page shows."""
    shown = (await visitor.send(AT, AT, {"phone": phone})).text
    code = re.search(r'id="message">(\d{6})', shown)
    assert code is not None, shown
    begun = await visitor.send(AT, f"{AT}/code", {"phone": phone, "code": code[1]})
    assert begun.headers["location"] == "/me"


async def account_of(owner: sql.Connection, phone: str) -> int:
    """Whose account it is."""
    number: int = await owner.fetchval("select account_id from account_phone where phone = $1", f"+86{phone}")
    return number


async def parks(district: District, owner: sql.Connection, phone: str, plate: str) -> UUID:
    """The account has paid for a car since a month; it has left owing for a visit, and is inside again: the bill."""
    account_id = await account_of(owner, phone)
    await owner.execute("update account_plate set linked_at = $2 where account_id = $1", account_id, NOW - 720 * HOUR)
    await district.record(*visit(plate, plate, NOW - 5 * HOUR, NOW - 3 * HOUR, replay=True))
    await district.record(event(f"{plate} again", "entry", NOW - HOUR, plate, replay=True))
    reference: UUID = await owner.fetchval("select reference from charge where account_id = $1", account_id)
    return reference


async def test_what_a_driver_does_and_nobody_else(
    client: httpx.AsyncClient, district: District, owner: sql.Connection
) -> None:
    async with Visitor(client.base_url) as mine, Visitor(client.base_url) as other:
        await sign_in(mine, "13900000001")
        await sign_in(other, "13900000002")
        assert "Add your car first" in (await mine.open("/me")).text
        added = await mine.send("/me", "/me/cars", {"plate": "鲁a2R35K", "plate_color": "blue"})
        assert added.headers["location"] == "/me?said=linked#cars"
        reference = await parks(district, owner, "13900000001", "鲁A2R35K")
        shown = (await mine.open("/me")).text
        assert "Parked now" in shown
        assert shown.count("鲁A2R35K") >= 3
        bill = f"/me/bills/{reference}"
        assert (await mine.open(bill)).status_code == 200

        # Of another account: neither the stay, nor the bill, nor the car; nor anything done to them.
        theirs = (await other.open("/me")).text
        assert "鲁A2R35K" not in theirs
        assert str(reference) not in theirs
        assert (await other.open(bill)).status_code == 404
        paying = {"channel": "local", "key": "k" * 32}
        for path, said in (
            (f"{bill}/appeal", {"reason": "not mine"}),
            ("/me/pay", {**paying, "reference": str(reference)}),
            ("/me/cars/remove", {"plate": "鲁A2R35K", "plate_color": "blue"}),
        ):
            assert (await other.send("/me", path, said)).status_code == 404, path
        await other.send("/me", "/me/pay", paying)
        exported = await other.send("/me", "/me/data", {})
        assert "鲁A2R35K" not in exported.text
        # Who waits for the plate of another is shown nothing of it.
        await other.send("/me", "/me/cars", {"plate": "鲁A2R35K", "plate_color": "blue"})
        theirs = (await other.open("/me")).text
        assert "None of your cars" in theirs
        assert str(reference) not in theirs
        assert await owner.fetchval("select state from charge where reference = $1", reference) == "due"

        for path in ("/me/pay", "/me/cars", "/me/cars/remove", "/me/data", "/me/sign-out", f"{bill}/appeal"):
            for fields in ({}, {"form_token": form_token("0" * 64)}):
                assert (await mine.client.post(path, data=fields)).status_code == 403, path

        appealed = await mine.send(bill, f"{bill}/appeal", {"reason": "I was not there"})
        assert appealed.status_code == 303
        assert "I was not there" in (await mine.open("/me")).text
        paid = await mine.send("/me", "/me/pay", paying)
        assert paid.headers["location"] == "/me?said=paid"
        assert "Receipt" in (await mine.open(bill)).text
        # Its button once more.
        again = await mine.send(bill, "/me/pay", {**paying, "reference": str(reference)})
        assert again.headers["location"] == f"{bill}?said=waits"
        data = (await mine.send("/me", "/me/data", {})).json()
        assert data["phone"] == "+8613900000001"
        removed = await mine.send("/me", "/me/cars/remove", {"plate": "鲁A2R35K", "plate_color": "blue"})
        assert removed.status_code == 303
        unfit = await mine.send("/me", "/me/cars", {"plate": "nothing", "plate_color": "blue"})
        assert unfit.status_code in (400, 422)


@pytest.mark.parametrize(("size", "language", "scheme", "plate"), WAYS, ids=["phone-zh", "desk-en"])
async def test_a_driver_sees_the_running_stay_and_pays(
    client: httpx.AsyncClient,
    browser: Browser,
    district: District,
    owner: sql.Connection,
    size: str,
    language: str,
    scheme: Literal["light", "dark"],
    plate: str,
) -> None:
    address, phone = str(client.base_url), f"1370000{len(size):04}"
    async with opened(browser, address, size=SIZES[size], language=language, color_scheme=scheme) as (page, _):
        await page.goto("/")
        await page.locator("header a[href='/me']").click()
        await page.wait_for_url("**/sign-in/phone?next=%2Fme")
        await check_page(page)
        # By keyboard alone: the field has the focus.
        await page.keyboard.type(phone)
        await page.keyboard.press("Enter")
        code = re.search(r"\d{6}", await page.locator("#message").inner_text())
        assert code is not None
        await check_page(page)
        await page.keyboard.type(code[0])
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/me")
        await check_page(page)
        await page.locator("input[name='plate']").last.fill(plate)
        await page.locator("form[action='/me/cars'] button").click()
        await page.wait_for_url("**/me?said=linked*")
        reference = await parks(district, owner, phone, plate)
        await page.goto("/me")
        assert await page.locator("#running .figure").inner_text() not in ("", "¥0.00")
        assert await page.locator("#running .plate").count() == 1
        await check_page(page)
        await picture(page, f"me-{size}-{language}")
        await page.goto(f"/me/bills/{reference}")
        await check_page(page)
        await picture(page, f"me-bill-{size}-{language}")
        await page.goto("/me")
        await page.locator("form[action='/me/pay'] button").click()
        await page.wait_for_url("**/me?said=paid")
        assert await page.locator("form[action='/me/pay']").count() == 0
        await check_page(page)
        await page.locator("form[action='/me/sign-out'] button").click()
        await page.wait_for_url("**/sign-in/phone?out=1")
        assert (await page.goto("/me")) is not None
        assert page.url.endswith("/sign-in/phone?next=%2Fme")
