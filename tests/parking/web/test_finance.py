"""The finance desk: a day is closed, a line of its statement leads to the pictures of a stay, and files of it open; no
operator's figures are another's.
"""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import openpyxl
import pypdfium2
import pytest
from playwright.async_api import Browser, Page

import sql
from parking.sessions import COOKIE
from parking.texts.languages import EN, ZH
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, visit
from tests.parking.web.browser import SIZES, check_page, opened, picture
from tests.parking.web.visitor import Person, Visitor, person

HOUR = timedelta(hours=1)
YESTERDAY = (NOW - timedelta(days=1)).date()
PICTURES = [{"role": "plate", "ref": "qc-road/2026/1115/a-plate.jpg"}]
ROOT = "/desk/finance"


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    folder = str(tmp_path_factory.mktemp("reports"))
    async with running.served(
        running.settings(database_url, redis_server_url, now=NOW, report_folder=folder)
    ) as client:
        yield client


@pytest.fixture(scope="module")
async def finance(pool: sql.Pool, registered: dict[str, str]) -> Person:
    """Works for all operators."""
    return await person(pool, "li.fin", Audience.FINANCE)


@pytest.fixture(scope="module")
async def auditor(pool: sql.Pool, owner_of_rail: int) -> Person:
    """Looks at the figures of one operator."""
    return await person(pool, "wang.audit", Audience.AUDITOR, operator_id=owner_of_rail)


@pytest.fixture(scope="module")
async def owner_of_rail(pool: sql.Pool, registered: dict[str, str]) -> int:
    """The number of the operator of the station."""
    async with pool.acquire() as db:
        found: int = await db.fetchval("select operator_id from lot where code = $1", STATION)
    return found


async def lived(district: District) -> None:
    """Two stays yesterday, in lots of two operators, one of them with a picture."""
    if await district.owner.fetchval("select count(*) from charge"):
        return
    at = NOW - 26 * HOUR
    await district.record(*visit("a", "鲁A11111", at, at + 2 * HOUR, images=PICTURES))
    await district.record(*visit("b", "鲁A22222", at, at + 3 * HOUR, lot=STATION))


@pytest.fixture(scope="module")
async def held(client: httpx.AsyncClient, finance: Person) -> str:
    """What the browser of finance holds: a code of their telephone is taken once."""
    async with Visitor(client.base_url) as visitor:
        await visitor.sign_in(finance)
        found = visitor.client.cookies.get(COOKIE)
    assert found is not None
    return found


def with_finance(client: httpx.AsyncClient, held: str) -> Visitor:
    """A browser without a screen in which finance is signed in."""
    visitor = Visitor(client.base_url)
    visitor.client.cookies.set(COOKIE, held)
    return visitor


async def test_finance_closes_a_day_and_comes_down_to_a_stay(
    client: httpx.AsyncClient, district: District, browser: Browser, held: str, tmp_path: Path
) -> None:
    await lived(district)
    address = str(client.base_url)
    kept = {"name": COOKIE, "value": held, "domain": "127.0.0.1", "path": "/", "expires": -1}
    more = {"httpOnly": True, "secure": False, "sameSite": "Lax"}
    state = {"cookies": [{**kept, **more}], "origins": []}
    for language, size in ((EN, "desk"), (ZH, "phone"), (ZH, "desk"), (EN, "phone")):
        tag = "en" if language == EN else "zh-CN"
        async with opened(browser, address, size=SIZES[size], language=tag, storage_state=state) as (page, _):
            await journey(page, f"{language}_{size}", tmp_path)


async def journey(page: Page, name: str, folder: Path) -> None:
    """From the day to the pictures of one stay, and the files of its statement."""
    await page.goto(ROOT)
    await check_page(page)
    await picture(page, f"finance_today_{name}")
    if close := await page.locator("form[action$='/close'] button").count():
        assert close == 1
        await page.locator("form[action$='/close'] button").click()
        await page.wait_for_url("**/finance?done=1")
        await check_page(page)
        await picture(page, f"finance_closed_{name}")
    await page.locator(f"a[href='{ROOT}/statements/jn-static/{YESTERDAY}']").click()
    await check_page(page)
    await picture(page, f"finance_statement_{name}")
    for form in ("xlsx", "pdf"):
        async with page.expect_download() as waiting:
            await page.locator(f"a[href*='settlement.{form}']").click()
        file = folder / f"{name}.{form}"
        await (await waiting.value).save_as(file)
        check_file(file.read_bytes(), form)
    await page.locator(f"a[href*='lot={QC}']").click()
    await check_page(page)
    await picture(page, f"finance_entries_{name}")
    await page.locator("table.rows tbody a").first.click()
    await check_page(page)
    await picture(page, f"finance_stay_{name}")
    assert "qc-road/2026/1115/a-plate.jpg" in await page.locator("main").inner_text()
    for part in ("statements", "disputes", "reports"):
        await page.goto(f"{ROOT}/{part}")
        await check_page(page)
        await picture(page, f"finance_{part}_{name}")


def check_file(content: bytes, form: str) -> None:
    """The file opens and has the sums."""
    if form == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
        assert len(rows) == 2
        assert rows[1][3] == QC
        return
    document = pypdfium2.PdfDocument(content)
    try:
        assert QC in document[0].get_textpage().get_text_range()
    finally:
        document.close()


async def test_a_form_makes_a_report_in_the_background(
    client: httpx.AsyncClient, district: District, held: str
) -> None:
    await lived(district)
    async with with_finance(client, held) as visitor:
        path = f"{ROOT}/reports"
        said = {"report": "prices", "form": "csv", "from": str(YESTERDAY), "to": str(YESTERDAY)}
        assert (await visitor.send(path, path, said)).status_code == 303
        chosen = str(httpx.QueryParams({**said, "operator": "x&y"}))
        moved = await visitor.open(f"{path}/download?{chosen}")
        assert moved.headers["location"] == (
            f"{path}/prices.csv?from={YESTERDAY}&to={YESTERDAY}&operator=x%26y&lang=en"
        )
    assert await district.owner.fetchval("select count(*) from report_run where report = 'prices'") == 1


async def test_an_auditor_of_one_operator_sees_that_and_changes_nothing(
    client: httpx.AsyncClient, district: District, auditor: Person, held: str
) -> None:
    await lived(district)
    async with with_finance(client, held) as visitor:
        await visitor.send(ROOT, f"{ROOT}/close", {"day": str(YESTERDAY)})
    async with Visitor(client.base_url) as visitor:
        await visitor.sign_in(auditor)
        today = (await visitor.open(ROOT)).text
        assert "/close" not in today
        assert "sd-rail" in today
        statements = (await visitor.open(f"{ROOT}/statements?operator=jn-static")).text
        assert "jn-static/" not in statements
        assert (await visitor.open(f"{ROOT}/statements/jn-static/{YESTERDAY}")).status_code == 403
        entries = f"{ROOT}/entries?operator=jn-static&lot={QC}&day={YESTERDAY}"
        assert (await visitor.open(entries)).status_code == 403
        days = f"from={YESTERDAY}&to={YESTERDAY}"
        assert (await visitor.open(f"{ROOT}/reports/daily.csv?{days}&operator=jn-static")).status_code == 403
        own = (await visitor.open(f"{ROOT}/reports/daily.csv?{days}")).text
        assert "sd-rail" in own
        assert "jn-static" not in own
        stay_id = await district.owner.fetchval("select id from stay where plate = '鲁A11111'")
        assert (await visitor.open(f"{ROOT}/stays/{stay_id}")).status_code == 404
