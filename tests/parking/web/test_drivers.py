"""A driver finds the cheapest free space for three hours near 趵突泉 and pays a bill, as a browser shows it: in both
languages, on a phone and on a desk; with a keyboard alone, and without a script.
"""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import asyncpg
import httpx
import pytest
from msgspec import structs
from playwright.async_api import Browser, Page, expect

from parking import forecast as forecast_
from parking.flow import forecast
from parking.flow.network import read_network
from parking.store import forecast as forecast_store
from seeds.city.jinan import CITY_BOX, jinan
from seeds.city.registration import register_network
from sql.pool import open_pool
from tests import running
from tests.conftest import NOW
from tests.parking.web.browser import SIZES, check_page, opened, picture
from tests.patience import PATIENCE_S

WAYS = list(zip(SIZES, ("zh-CN", "en"), ("light", "dark"), strict=True))
TIMEOUT_MS = PATIENCE_S * 1000


class City(NamedTuple):
    """The service, and the reference of a bill that is due."""

    client: httpx.AsyncClient
    bill: str


@pytest.fixture(scope="module")
async def city(database_url: str, redis_server_url: str) -> AsyncIterator[City]:
    """The middle of the city, each lot heard of; a car has just left one without an account that pays."""
    whole = jinan()
    lots = tuple(lot for lot in whole.lots if lot.plan.code.startswith("lx-0"))
    small = structs.replace(
        whole, lots=lots, tariffs={lot.tariff: whole.tariffs[lot.tariff] for lot in lots if lot.tariff}
    )
    db = await asyncpg.connect(database_url)
    registered = await register_network(db, small, now=NOW, random_bits=partial(secrets.randbits, 64))
    async with await open_pool(database_url, connections_max=2) as pool:
        network = await read_network(db, NOW)
        for week in range(3):
            at = forecast_.begun(NOW) - timedelta(weeks=week)
            for hours in range(-9, 12):
                free = {lot.id: lot.capacity * (12 - abs(hours)) // 14 for lot in network.lots.values()}
                await forecast_store.add_history(db, at + timedelta(hours=hours), free)
        await forecast.compute_usual(pool, now=NOW)
    await db.close()
    settings = running.settings(database_url, redis_server_url, now=NOW, city_box=CITY_BOX)
    async with running.served(settings) as client:
        for lot in lots:
            key = registered.keys[lot.plan.gateway]
            said = {"sent_at": NOW.isoformat()}
            (await client.post("/v1/gateway/heartbeat", json=said, headers=running.bearer(key))).raise_for_status()
        road = next(lot.plan for lot in lots if lot.plan.code == "lx-034")
        answers = []
        for kind, at in (("entry", NOW - timedelta(hours=3)), ("exit", NOW)):
            event = {
                "event_id": f"bill-{kind}",
                "kind": kind,
                "lane": next(lane.code for lane in road.lanes if lane.direction == kind),
                "occurred_at": at.isoformat(),
                "plate": "鲁A8R35K",
                "plate_color": "blue",
                "vehicle_class": "small",
                "confidence": 0.99,
                "replay": kind == "entry",
            }
            sent = await client.post(
                "/v1/gate-events", json=[event], headers=running.bearer(registered.keys[road.gateway])
            )
            answers += sent.raise_for_status().json()
        yield City(client, answers[-1]["charge_reference"])


async def fees(page: Page) -> list[str]:
    """What the listed lots cost, in their order."""
    return [(await each.inner_text()).strip() for each in await page.locator(".lot-price").all()]


def walked(about: str) -> str | None:
    """How many minutes one walks, as the list says it."""
    found = re.search(r"步行 (\d+) 分钟|(\d+) min walk", about)
    return found and (found[1] or found[2])


def yuan(said: str) -> float:
    return float(said.removeprefix("¥")) if said.startswith("¥") else 0.0


@pytest.mark.parametrize(("size", "language", "scheme"), WAYS)
async def test_the_cheapest_free_space_for_three_hours_is_found(
    city: City, browser: Browser, size: str, language: str, scheme: str
) -> None:
    async with opened(browser, str(city.client.base_url), size=SIZES[size], language=language, color_scheme=scheme) as (
        page,
        _,
    ):
        await page.goto("/")
        await check_page(page)
        await picture(page, f"find-{size}")
        await page.locator("#q").press_sequentially("btq")
        await page.locator("#suggestions li").first.wait_for()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        stay, longer = page.locator("select[name=stay]"), page.locator("#longer")
        while await stay.input_value() != "180":
            before = await longer.input_value()
            await longer.press("ArrowRight")
            assert await longer.input_value() != before
        chosen = await stay.locator("option:checked").inner_text()
        await expect(longer).to_have_attribute("aria-valuetext", chosen)
        await page.locator("[data-sort=walk]").click()
        await page.locator("[data-sort=walk][aria-current]").wait_for()
        await expect(page.locator("#found")).to_have_attribute("aria-busy", "false")
        walks = [int(walk) for each in await page.locator(".lot-about").all_inner_texts() if (walk := walked(each))]
        assert walks == sorted(walks) != []
        await page.locator(".chip", has=page.locator("input[name=room]")).click()
        await page.locator("[data-sort=fee]").click()
        await page.locator("[data-sort=fee][aria-current]").wait_for()
        await expect(page.locator("#found")).to_have_attribute("aria-busy", "false", timeout=TIMEOUT_MS)
        listed = await fees(page)
        assert [yuan(each) for each in listed] == sorted(yuan(each) for each in listed)
        assert "near=36.66120" in page.url
        assert {"stay=180", "room=1", "sort=fee"} <= set(page.url.partition("?")[2].split("&"))
        await check_page(page)
        await picture(page, f"found-{size}")
        name = await page.locator(".lot-name").first.inner_text()
        await page.locator(".lot-name").first.click()
        await page.wait_for_url("**/lots/**")
        assert await page.locator("h1").inner_text() == name
        assert await page.locator(".total strong").inner_text() == listed[0]
        assert await page.locator(".usual svg path.middle").count() >= 1
        assert await page.locator(".ways a").count() == 5
        await check_page(page)
        await picture(page, f"lot-{size}")


@pytest.mark.parametrize(("size", "language", "scheme"), WAYS)
async def test_a_bill_is_read_and_paid_once(
    city: City, browser: Browser, size: str, language: str, scheme: str
) -> None:
    async with opened(browser, str(city.client.base_url), size=SIZES[size], language=language, color_scheme=scheme) as (
        page,
        _,
    ):
        await page.goto(f"/bills/{city.bill}")
        await check_page(page)
        await picture(page, f"bill-{size}")
        pay = page.locator("[data-channel=local]")
        if await pay.count():
            await pay.click()
        await page.locator("#bill .badge.good").wait_for()
        assert await pay.count() == 0
    charge = (await city.client.get(f"/v1/charges/{city.bill}")).json()
    assert (charge["state"], charge["paid_fen"]) == ("paid", charge["amount_fen"])


async def test_without_a_script_the_list_is_there_and_the_form_asks(city: City, browser: Browser) -> None:
    async with opened(browser, str(city.client.base_url), size=SIZES["phone"], java_script_enabled=False) as (page, _):
        await page.goto("/?q=%E8%B6%B5%E7%AA%81%E6%B3%89&stay=180&sort=fee&room=1")
        listed = await fees(page)
        assert [yuan(each) for each in listed] == sorted(yuan(each) for each in listed) != []
        await page.locator("#q").fill("大明湖")
        await page.locator("#search").click()
        await page.wait_for_url("**/?q=%E5%A4%A7*")
        assert await page.locator(".lot").count() > 0


async def test_names_and_words_are_no_code(city: City) -> None:
    evil = "<script>alert(1)</script>\"'"
    for path in ("/", "/lots/lx-034"):
        page = await city.client.get(path, params={"q": evil, "near": evil, "at": evil, "stay": evil, "sort": evil})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    assert (await city.client.get("/lots/nowhere")).status_code == 404
    assert (await city.client.get("/bills/00000000-0000-4000-8000-000000000001")).status_code == 404


async def test_the_first_visit_is_light(city: City) -> None:
    """The page with its map, as it goes over the wire."""
    names = ("tokens.css", "parts.css", "driver.css", "find.js", "live.js", "map.js", "icon.svg", "jinan.json")
    files = [f"/static/{name}" for name in (*names, "maplibre-gl.mjs", "maplibre-gl-worker.mjs")]
    sent = 0
    for path in ("/", *files):
        async with city.client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            sent += sum([len(part) async for part in answer.aiter_raw()])
    assert sent < 700_000
