"""Pages for everybody as a browser shows them: in both languages, on a phone and on a desk, by day and by night."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser

from tests import running
from tests.conftest import NOW
from tests.parking.web.browser import SIZES, check_page, opened, picture


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


@pytest.mark.parametrize("path", ["/problems", "/problems/not-yours", "/tariffs/jinan_road"])
async def test_a_page_keeps_nobody_out(path: str, client: httpx.AsyncClient, browser: Browser) -> None:
    for (name, size), language, scheme in zip(SIZES.items(), ("zh-CN", "en"), ("light", "dark"), strict=True):
        async with opened(browser, str(client.base_url), size=size, language=language, color_scheme=scheme) as (
            page,
            _,
        ):
            await page.goto(path)
            await check_page(page)
            await picture(page, f"{path.strip('/').replace('/', '-')}-{name}")
