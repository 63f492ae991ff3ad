"""The desks of staff: a clerk decides a misread and the money follows, in a browser and in both languages; nobody
reaches what is another operator's; texts of cars and prices never become code.
"""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

import sql
from parking import forecast as forecast_
from parking.alarms import AlarmKind
from parking.flow import alarms as alarm_flow
from parking.flow import forecast
from parking.sessions import COOKIE
from parking.store import alarms as alarm_store
from parking.store import forecast as forecast_store
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, token, visit
from tests.parking.web.browser import SIZES, check_page, opened, picture
from tests.parking.web.visitor import PASSWORD, Person, Visitor, person

EVIL = "<script>alert(1)</script>"
STAFF = (Audience.BOOTH, Audience.CLERK, Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)


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


async def misread(district: District, number: int) -> UUID:
    """A car that came as one plate and left as another, which nobody saw come; the case of its exit."""
    left = NOW - timedelta(minutes=number)
    came, read = f"鲁A8{number:02d}01", f"鲁Q5X{number}Z7"
    await district.answer(event(f"mis{number}i", "entry", left - timedelta(hours=3), came))
    await district.answer(event(f"mis{number}o", "exit", left, read, confidence=0.4))
    found: UUID = await district.owner.fetchval(
        "select c.id from parking_case c join gate_event e on e.lot_id = c.lot_id and e.id = c.event_id "
        "where e.plate = $1 and c.resolved_at is null order by c.reason desc limit 1",
        read,
    )
    return found


async def sign_in(page: Page, who: Person) -> None:
    """As people do it, with keys."""
    await page.goto("/sign-in")
    await expect(page.locator("input[name=login]")).to_be_focused()
    await page.keyboard.type(who.login)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")


@pytest.mark.parametrize(("language", "size", "number"), [("zh-CN", "desk", 1), ("en", "phone", 2)])
async def test_a_clerk_corrects_a_misread_and_the_money_follows(
    language: str,
    size: str,
    number: int,
    client: httpx.AsyncClient,
    browser: Browser,
    clerk: Person,
    district: District,
) -> None:
    case_id = await misread(district, number)
    stakes = "select sum(c.amount_fen) from charge c join stay s on s.id = c.stay_id where s.plate = $1"
    plate = f"鲁A8{number:02d}01"
    assert not await district.owner.fetchval(stakes, plate)
    async with opened(browser, str(client.base_url), size=SIZES[size], language=language) as (page, _):
        await page.goto("/sign-in")
        await check_page(page)
        await picture(page, f"sign-in-{size}")
        await sign_in(page, clerk)
        await check_page(page)
        await picture(page, f"home-{size}")
        await page.goto("/desk/cases")
        await check_page(page)
        await picture(page, f"cases-{size}")
        await page.goto(f"/desk/cases/{case_id}")
        await check_page(page)
        await picture(page, f"case-{size}")
        await page.locator("input[name=plate]").fill(plate)
        await page.locator("button[value=plate]").click()
        await expect(page.locator(".notice.good")).to_be_visible()
        await check_page(page)
        await picture(page, f"decided-{size}")
        assert await district.owner.fetchval(stakes, plate) > 0
        await page.goto(f"/desk/stays?plate={plate}")
        await check_page(page)
        await picture(page, f"stays-{size}")
        await page.locator("tbody a").first.click()
        await page.wait_for_url("**/desk/stays/*-*")
        await check_page(page)
        await picture(page, f"stay-{size}")
        await page.goto(f"/desk/cases/{case_id}")
        await page.locator(".timeline button").first.click()
        await page.wait_for_load_state()
        assert not await district.owner.fetchval(
            "select count(*) from stay where plate = $1 and state = 'closed'", plate
        )


async def test_every_desk_in_a_browser(
    client: httpx.AsyncClient, browser: Browser, clerk: Person, district: District
) -> None:
    await misread(district, 3)
    paths = [
        *("inside?plate=鲁A8", "stays", "lanes", "shift", "lists/bans", "lists/exempt", "lists/passes", "account"),
    ]
    for size, language, scheme in (("desk", "en", "dark"), ("phone", "zh-CN", "light")):
        async with opened(browser, str(client.base_url), size=SIZES[size], language=language, color_scheme=scheme) as (
            page,
            _,
        ):
            await sign_in(page, clerk)
            for path in paths:
                await page.goto(f"/desk/{path}")
                await check_page(page)
                await picture(page, f"{re.split('[?]', path)[0].replace('/', '-')}-{size}")


async def test_a_case_is_decided_by_one_key_and_without_script(
    client: httpx.AsyncClient, browser: Browser, clerk: Person, district: District
) -> None:
    await district.answer(event("one-key", "entry", NOW - timedelta(minutes=5), "鲁A87777", confidence=0.3))
    async with opened(browser, str(client.base_url), language="en", java_script_enabled=False) as (page, _):
        await page.goto("/sign-in")
        await page.locator("input[name=login]").fill(clerk.login)
        await page.locator("input[name=password]").fill(PASSWORD)
        await page.locator("button.main").click()
        await page.wait_for_url("**/desk")
        await page.goto("/desk/cases?plate=鲁A87777")
        await page.locator("tbody a").first.click()
        await page.wait_for_url("**/desk/cases/*-*")
        await expect(page.locator("button[autofocus]")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".notice.good")).to_be_visible()
    assert await district.count(
        "select count(*) from parking_case c join gate_event e on e.lot_id = c.lot_id and e.id = c.event_id "
        "where e.plate = '鲁A87777' and c.resolved_at is not null"
    )


def credentials(district: District, audience: Audience, code: str) -> dict[str, str]:
    """Of somebody who works for the operator of a lot, where the audience may be limited to one."""
    lot = district.lot(code)
    operator_id = None if audience is Audience.ADMIN else lot.operator_id
    lot_id = lot.id if audience is Audience.BOOTH else None
    said = running.bearer(token(audience, now=NOW, operator_id=operator_id, lot_id=lot_id))
    return {**said, "Accept": "text/html", "Accept-Language": "en"}


@pytest.mark.parametrize("audience", [each for each in STAFF if each is not Audience.ADMIN])
async def test_nobody_reaches_what_is_another_operators(
    audience: Audience, client: httpx.AsyncClient, district: District
) -> None:
    await district.record(*visit("mine", "鲁A81111", NOW - timedelta(hours=2), NOW - timedelta(hours=1), lot=STATION))
    await district.answer(event("theirs", "entry", NOW, "鲁A82222", lot=STATION, confidence=0.2))
    stay = await district.owner.fetchval("select id from stay where plate = '鲁A81111'")
    case = await district.owner.fetchval(
        "select c.id from parking_case c where c.lot_id = $1 limit 1", district.lot(STATION).id
    )
    ours, theirs = (credentials(district, audience, code) for code in (QC, STATION))
    plates, lane = ("鲁A81111", "鲁A82222"), f"{STATION}-in"
    pages = [
        f"/desk/cases/{case}", f"/desk/cases?lot={STATION}", "/desk/cases", f"/desk/stays/{stay}",
        f"/desk/stays?lot={STATION}", "/desk/stays?plate=鲁A81111", f"/desk/inside?lot={STATION}&plate=鲁A8",
        f"/desk/lanes?lot={STATION}", "/desk/lanes", f"/desk/shift?lot={STATION}", "/desk/lists/bans", "/desk",
    ]  # fmt: skip
    seen = 0
    for path in pages:
        answer = await client.get(path, headers=ours)
        assert answer.status_code in (200, 403, 404), path
        row = answer.text.partition("<tbody")[2]
        assert not any(text in row for text in (*plates, lane)), path
        shown = (await client.get(path, headers=theirs)).text
        seen += sum(text in shown for text in (*plates, lane))
    assert seen, "nothing was there that could have been seen"
    for path, said in (
        (f"/desk/cases/{case}/decide", {"kind": "right"}),
        (f"/desk/lanes/{lane}/open", {"reason": "x"}),
        ("/desk/shift", {"lot": STATION, "name": "x"}),
        ("/desk/lists/bans", {"plate": "鲁A81111", "reason": "x", "lot": STATION}),
        ("/desk/lists/bans", {"plate": "鲁A81111", "reason": "x"}),
    ):
        answer = await client.post(path, data=said, headers=ours)
        assert answer.status_code in (403, 404), f"{path} {answer.status_code}"
    many = await client.post("/desk/cases/decide", data={"case": str(case)}, headers=ours)
    assert many.status_code == 403 or many.headers["location"].endswith("0.1")
    assert not await district.count("select count(*) from decision where decided_by like '%:test'")


async def test_texts_never_become_code(client: httpx.AsyncClient, district: District) -> None:
    await district.answer(event("evil", "entry", NOW, EVIL[:24], confidence=0.2))
    await district.owner.execute("update lot set name_zh = $1, name_en = $1 where code = $2", EVIL, HOSPITAL)
    admin = credentials(district, Audience.CLERK, QC)
    ban = {"plate": "鲁A83333", "reason": EVIL, "lot": QC}
    assert (await client.post("/desk/lists/bans", data=ban, headers=admin)).status_code == 303
    for path in ("/desk/cases", f"/desk/stays?plate={EVIL}", "/desk/lists/bans", "/desk/inside?plate=%3Cscript%3E"):
        text = (await client.get(path, headers=admin)).text
        assert "<script>alert" not in text, path
        assert "&lt;" in text or path == "/desk/cases", path
    sheet = await client.get("/desk/lists/bans?form=csv", headers=admin)
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    workbook = await client.get("/desk/lists/bans?form=xlsx", headers=admin)
    assert workbook.content.startswith(b"PK")


async def test_a_shift_is_counted_in_yuan(client: httpx.AsyncClient, district: District) -> None:
    booth = credentials(district, Audience.BOOTH, QC)
    assert (await client.post("/desk/shift", data={"lot": QC, "name": "early"}, headers=booth)).status_code == 303
    shown = (await client.get("/desk/shift", headers=booth)).text
    number = re.findall(r"/desk/shift/([\w-]+)/hand-over", shown)[-1]
    for wrong in ("1.234", "-1", "x", "NaN", "1e9"):
        answer = await client.post(f"/desk/shift/{number}/hand-over", data={"yuan": wrong}, headers=booth)
        assert answer.status_code == 422, wrong
    signed = await client.post(f"/desk/shift/{number}/hand-over", data={"yuan": "1,234.50"}, headers=booth)
    assert signed.status_code == 303, signed.text
    assert "¥1,234.50" in (await client.get("/desk/shift", headers=booth)).text


# -- the control room

ROOM = "/desk/control"
SILENT_FOR = timedelta(minutes=40)


async def fallen_silent(district: District, *, lot: str = HOSPITAL) -> UUID:
    """A lot was heard of and is not any more; its newest alarm."""
    lot_ids = [district.lot(lot).id]
    for ago in (timedelta(0), SILENT_FOR):
        await district.owner.execute("update lot_occupancy set heard_at = $2 where lot_id = $1", lot_ids[0], NOW - ago)
        await alarm_flow.look(district.pool, now=NOW, random_bits=district.random_bits)
    async with district.pool.acquire() as db:
        kind = AlarmKind.SILENT_LOT
        found = await alarm_store.find(db, lot_ids, before=None, limit=1, is_open=True, kind=kind)
    return found[0].id


@pytest.fixture
async def room(
    database_url: str, redis_server_url: str, district: District, pool: sql.Pool
) -> AsyncIterator[httpx.AsyncClient]:
    """The service, in a city in which a lot has been silent for a while and others have their usual days."""
    at = NOW - SILENT_FOR
    await district.answer(event("silent-i", "entry", at, "鲁A86666", lot=HOSPITAL), received_at=at)
    await district.answer(event("heard-i", "entry", NOW, "鲁A87676", lot=STATION))
    free = {each.id: each.capacity // 3 for each in district.network.lots.values()}
    async with pool.acquire() as db:
        for week in range(3):
            await forecast_store.add_history(db, forecast_.begun(NOW) - timedelta(weeks=week), free)
        await db.execute(
            "insert into gateway_state (lot_id, gateway_id, seen_at) values ($1, $2, $3) "
            "on conflict (lot_id, gateway_id) do update set seen_at = excluded.seen_at",
            district.lot(HOSPITAL).id,
            district.gateway(HOSPITAL).id,
            at,
        )
    await forecast.compute_usual(pool, now=NOW)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def test_a_regulator_sees_to_a_silent_lot(
    room: httpx.AsyncClient, browser: Browser, pool: sql.Pool, district: District
) -> None:
    async with Visitor(room.base_url) as visitor:
        await visitor.sign_in(await person(pool, "zhang.city", Audience.ADMIN))
        held = visitor.client.cookies.get(COOKIE)
    kept = {"name": COOKIE, "value": held, "domain": "127.0.0.1", "path": "/", "expires": -1}
    state = {"cookies": [{**kept, "httpOnly": True, "secure": False, "sameSite": "Lax"}], "origins": []}
    for size, language, scheme in (
        *(("desk", "en", "light"), ("phone", "zh-CN", "light")),
        *(("desk", "zh-CN", "dark"), ("phone", "en", "light")),
    ):
        alarm_id = await fallen_silent(district)
        about = {"size": SIZES[size], "language": language, "color_scheme": scheme, "storage_state": state}
        async with opened(browser, str(room.base_url), **about) as (page, _):  # type: ignore[arg-type]
            await seen_to(page, alarm_id, f"{language}-{size}")
        became = await district.owner.fetchrow(
            "select acknowledged_by, dispatched_to, resolved_at, note from alarm where id = $1", alarm_id
        )
        assert became is not None
        assert (became["dispatched_to"], became["note"]) == ("王工", "已更换网线"), language
        assert became["resolved_at"] is not None


async def seen_to(page: Page, alarm_id: UUID, name: str) -> None:
    """From the first screen to an alarm that is resolved, with keys alone."""
    path = f"{ROOM}/alarms/{alarm_id}"
    await page.goto("/desk")
    await check_page(page)
    await picture(page, f"control-home-{name}")
    await expect(page.locator(".todo a.bad .figure")).to_have_text("1")
    await page.goto(ROOM)
    await page.locator("#city-map").scroll_into_view_if_needed()
    await expect(page.locator("#map[data-drawn=map]")).to_be_visible()
    await check_page(page)
    await picture(page, f"control-{name}")
    await expect(page.locator(f"#alarms a[href='{path}']")).to_be_visible()
    for part in ("alarms", "lots", "lots?status=stale", "prices"):
        await page.goto(f"{ROOM}/{part}")
        await check_page(page)
        await picture(page, f"control-{part.replace('?', '-')}-{name}")
    await page.goto(path)
    await check_page(page)
    await picture(page, f"control-alarm-{name}")
    for typed in ("", "王工", "已更换网线"):
        await expect(page.locator("section [autofocus]")).to_be_focused()
        await page.keyboard.type(typed)
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    await expect(page.locator(".title .badge.good")).to_be_visible()
    await expect(page.locator(".timeline li")).to_have_count(4)
    await expect(page.locator("form[action^='/desk/control']")).to_have_count(0)
    await check_page(page)
    await picture(page, f"control-resolved-{name}")


async def test_who_audits_one_operator_sees_its_lots_and_changes_nothing(
    room: httpx.AsyncClient, district: District
) -> None:
    alarm_id = await fallen_silent(district)
    ours, theirs = (credentials(district, Audience.AUDITOR, code) for code in (QC, STATION))
    for path in ("", "/alarms", "/lots", "/map.json", "/prices", f"/alarms/{alarm_id}"):
        seen = await room.get(f"{ROOM}{path}", headers=ours)
        assert seen.status_code == 200, path
        assert STATION not in seen.text, path
        assert f"{ROOM}/alarms/{alarm_id}/" not in seen.text, "who only looks has no form"
    assert QC in (await room.get(f"{ROOM}/map.json", headers=ours)).text
    assert STATION in (await room.get(f"{ROOM}/map.json", headers=theirs)).text
    assert (await room.get(f"{ROOM}/alarms/{alarm_id}", headers=theirs)).status_code == 404
    said = {"to": "x", "note": "x"}
    for step in ("acknowledge", "dispatch", "resolve"):
        path = f"{ROOM}/alarms/{alarm_id}/{step}"
        assert (await room.post(path, data=said, headers=ours)).status_code == 403
        assert (await room.post(path, data=said)).status_code in (401, 403)
    admin = credentials(district, Audience.ADMIN, QC)
    done = f"{ROOM}/alarms/{alarm_id}/resolve"
    assert (await room.post(done, data=said, headers=admin)).headers["location"] == f"{ROOM}/alarms/{alarm_id}"
    assert (await room.post(done, data=said, headers=admin)).headers["location"].endswith("?taken=1")
    assert (await room.post(done, data={}, headers=admin)).status_code == 400
