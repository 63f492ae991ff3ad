"""A real browser looks at the pages: Chromium, at the size of a phone and of a desk. Whatever it complains of fails the
test: an error on its console, a request that leaves the host, what the policy of a page forbids, a script that throws.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec import Struct
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.patience import PATIENCE_S

CHROMIUM = "/usr/bin/chromium"
PHONE, DESK = (390, 844), (1440, 900)
SIZES = {"phone": PHONE, "desk": DESK}
AXE = Path(__file__).parent / "axe" / "axe.min.js"
# What axe calls the weight of what it finds: what is lighter is a matter of taste.
GRAVE = ("serious", "critical")
# What no page may do, said where the listener below hears it.
_WATCH = """
document.addEventListener('securitypolicyviolation', e =>
  console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))
"""


class Complaints(Struct):
    """What the browser complained of."""

    said: list[str]


expect.set_options(timeout=PATIENCE_S * 1000)


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A browser. Where there is none the tests are skipped, but not where all of them have to run."""
    if not (found := shutil.which(CHROMIUM)):
        if os.environ.get("CI"):
            pytest.fail(f"there is no {CHROMIUM}, and all tests have to run here")
        pytest.skip(f"there is no {CHROMIUM}: install Chromium to look at the pages")
    async with async_playwright() as playwright:
        # Root has no sandbox to offer, and what is opened is ours.
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(
    browser: Browser, address: str, *, size: tuple[int, int] = DESK, language: str = "zh-CN", **context: Any
) -> AsyncIterator[tuple[Page, Complaints]]:
    """A page of its own, without cookies, which complains at its end. `address`: the host that nothing may leave.

    `context`: as playwright has it: `color_scheme`, `java_script_enabled`, `storage_state`.
    """
    width, height = size
    made = await browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        locale=language,
        timezone_id="Asia/Shanghai",
        **context,
    )
    made.set_default_timeout(PATIENCE_S * 1000)
    await made.add_init_script(_WATCH)
    page = await made.new_page()
    complaints = Complaints([])
    host = urlsplit(address).netloc
    page.on("console", lambda line: complaints.said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.said.append(f"thrown: {error}"))
    page.on("request", lambda each: None if _stays(each.url, host) else complaints.said.append(f"leaves: {each.url}"))
    try:
        yield page, complaints
    finally:
        await made.close()
    assert not complaints.said


def _stays(url: str, host: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about") or parts.netloc == host


async def check_page(page: Page) -> None:
    """What holds of any page: axe finds nothing serious, nothing has to be scrolled sideways, it has one heading of the
    first rank, and says in which language it is.
    """
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run({resultTypes: ['violations']})")
    grave = [
        f"{each['id']}: {each['help']} at {[node['target'] for node in each['nodes']][:3]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]
    assert not grave, "\n".join(grave)
    wide, room = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room, f"the page is {wide} wide, the window {room}"
    assert await page.locator("h1").count() == 1
    assert await page.locator("html").get_attribute("lang")


async def picture(page: Page, name: str) -> None:
    """A picture of the whole page for people to look at, where ONELOT_PICTURES names a folder."""
    if folder := os.environ.get("ONELOT_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
