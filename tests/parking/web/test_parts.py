"""The parts that pages are made of: what a table offers, and how all of them look to a browser, with texts that would
like to be code.
"""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import httpx
import pytest
from litestar.datastructures import Headers
from msgspec.structs import replace
from playwright.async_api import Browser, Route

from parking import files
from parking.texts.languages import EN, ZH, Language
from parking.texts.pages import desk
from parking.web import charts
from parking.web.reader import Reader
from parking.web.response import TEMPLATES
from parking.web.tables import Choice, Column, Filter, Kind, Plate, Row, State, Table, Tone, report
from payments.flow.reports import Form, write
from tests import running
from tests.conftest import NOW
from tests.parking.web.browser import SIZES, check_page, opened, picture

EVIL = "<script>alert('1')</script>\"'&{{7*7}}"
BEFORE = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
TABLE = Table(
    "Cars inside",
    "/desk/inside",
    [
        Column("plate", "Plate", Kind.PLATE),
        Column("lot", "Lot"),
        Column("since", "Since", Kind.TIME),
        Column("stayed", "For", Kind.LENGTH),
        Column("due", "Due", Kind.FEN),
        Column("state", "State", Kind.STATE),
    ],
    [
        Row(
            [Plate("鲁A12345", "blue"), EVIL, BEFORE, timedelta(minutes=60), 1250, State("waits", Tone.WAITS)], "/desk"
        ),
        Row([Plate("鲁AD12345", "green"), "=1+1", NOW, timedelta(0), -300, State("good", Tone.GOOD)], "/desk"),
        Row([Plate(None), "b", NOW, None, None, State(EVIL, Tone.BAD)], "/desk"),
    ],
    query={"q": EVIL},
    filters=[Filter("q", "Plate", EVIL), Filter("lot", "Lot", "b", [Choice("a", "A"), Choice("b", EVIL)])],
)
PAGE = """
{% extends "layouts/staff.html" %}
{% from "macros/table.html" import table with context %}
{% from "macros/timeline.html" import timeline with context %}
{% from "macros/chart.html" import chart with context %}
{% block title %}{{ evil }}{% endblock %}
{% block main %}<h1>{{ evil }}</h1>{% call(row) table(it) %}<button>{{ row.href }}</button>{% endcall %}
<section class="panel">{{ timeline(steps) }}</section><section class="panel">{{ chart(bars) }}</section>
<section class="panel">{{ chart(lines) }}</section>{% endblock %}
"""
HOURS = [f"{hour:02d}" for hour in range(24)]


def reader(language: Language = EN) -> Reader:
    return Reader(language, desk.WORDS, ZoneInfo("Asia/Shanghai"))


def rendered(language: Language) -> str:
    """A page of staff with every part on it."""
    ways = [
        SimpleNamespace(said=name, href="/desk", count=at, is_here=not at) for at, name in enumerate(["A", "B", EVIL])
    ]
    values = [hour * hour for hour in range(24)]
    other = [None if hour == 9 else hour * 20 for hour in range(24)]
    return TEMPLATES.from_string(PAGE).render(
        reader=reader(language),
        form_field="x",
        form_token=EVIL,
        desk=SimpleNamespace(home="/desk", who=EVIL, role=EVIL, place=EVIL, other_language="?lang=en", ways=ways),
        evil=EVIL,
        it=TABLE,
        steps=[
            SimpleNamespace(at=BEFORE, said=EVIL, more="", tone="good"),
            SimpleNamespace(at=NOW, said="left", more=EVIL, tone=None),
        ],
        bars=charts.bars("Bars", HOURS, values),
        lines=charts.lines(
            "Lines",
            HOURS,
            [charts.Series("today", values), charts.Series(EVIL, other)],
        ),
    )


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process, for style sheets and scripts."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


@pytest.mark.parametrize("language", [ZH, EN])
async def test_every_part_in_a_browser(language: Language, client: httpx.AsyncClient, browser: Browser) -> None:
    sent = files.send(files.file(rendered(language).encode(), ".html"), Headers())

    async def answer(route: Route) -> None:
        await route.fulfill(body=sent.content, headers={**sent.headers, "Content-Type": "text/html; charset=utf-8"})

    for (name, size), scheme in zip(SIZES.items(), ("light", "dark"), strict=True):
        async with opened(browser, str(client.base_url), size=size, color_scheme=scheme) as (page, _):
            await page.route("**/parts", answer)
            await page.goto("/parts")
            assert await page.evaluate("htmx.version")
            assert await page.title() == EVIL
            await check_page(page)
            await picture(page, f"parts-{language}-{name}")


def names(table: Table) -> list[str | None]:
    return [row.values[0].text for row in table.sorted if isinstance(row.values[0], Plate)]


def test_a_whole_table_is_sorted_and_what_has_no_value_comes_last() -> None:
    first, second, third = names(TABLE)
    assert names(replace(TABLE, query={"sort": "due"})) == [second, first, third]
    assert names(replace(TABLE, query={"sort": "-due"})) == [first, second, third]
    assert names(replace(TABLE, query={"sort": "nothing"})) == [first, second, third]
    assert names(replace(TABLE, query={"sort": "due"}, next="x")) == [first, second, third]


def test_addresses_keep_what_was_asked() -> None:
    table = replace(TABLE, query={"q": "鲁 &=", "sort": "due"}, next="7")
    assert table.at(after="7") == "/desk/inside?q=%E9%B2%81+%26%3D&sort=due&after=7"
    assert table.at(q=None, sort=None) == "/desk/inside"
    due = replace(TABLE, query={"sort": "due"})
    assert [due.turned(column).rpartition("=")[2] for column in due.columns[3:5]] == ["stayed", "-due"]
    assert [due.order(column) for column in due.columns[3:5]] == [None, "ascending"]


async def test_a_file_has_the_rows_of_the_page_and_no_formula() -> None:
    out = io.BytesIO()
    shown = replace(TABLE, query={"sort": "-due"})
    await write(report(shown, reader(), by="clerk:li", now=NOW), Form.CSV, "en", out)
    lines = out.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "Plate,Lot,Since,For (min),Due (¥),State"
    assert lines[2] == "鲁AD12345,'=1+1,2026-11-16 10:00:00,0,-3.00,good"
    assert lines[3].startswith(",b,2026-11-16 10:00:00,,,")


@pytest.mark.parametrize(
    ("values", "end"),
    [([], 4), ([3], 4), ([5], 5), ([6], 10), ([11, 19], 20), ([100], 100), ([4001], 5000), ([99_999], 100_000)],
)
def test_an_axis_ends_at_a_round_number(values: list[int], end: int) -> None:
    assert charts.most(values) == end


def test_a_line_is_broken_where_nothing_is_known() -> None:
    (line,) = charts.lines("", ["a", "b", "c"], [charts.Series("x", [0, None, 4])]).lines
    assert line.d.count("M") == 2
    assert len(line.points) == 2
