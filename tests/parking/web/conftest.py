"""One browser for all tests of pages of a run."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.parking.web import browser as browsers


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with browsers.launched() as browser:
        yield browser
