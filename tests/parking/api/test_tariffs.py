"""What everybody may ask of prices: the texts that are published, their pages, and what a stay would cost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from markupsafe import escape
from msgspec import structs

import sql
from parking import tariffs
from parking.flow.lots import register_lot
from parking.flow.prices import apply_to_lot
from parking.flow.tariffs import publish_tariff
from parking.tariffs.notice import notice
from parking.texts import languages
from seeds.city.jinan import TARIFFS
from seeds.city.network import lot_plan
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION
from tests.parking.api.problem import problem

ROAD = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
BOARD = notice(ROAD)
QUOTE = f"/v1/lots/{QC}/quote"
EVIL = '<script>alert("&")</script>'
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, pool: sql.Pool, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service where the road price gets dearer tomorrow at one lot, and where one lot has no price."""
    dear = structs.replace(ROAD, caps=(), name_zh=EVIL, name_en=EVIL, source=EVIL, basis_zh=EVIL, basis_en=EVIL)
    async with pool.acquire() as db, db.transaction():
        number = (await publish_tariff(db, document=tariffs.to_json(dear), by="tests", now=NOW, findings=())).id
        await apply_to_lot(db, lot_code=HOSPITAL, tariff_id=number, valid_from=NOW + DAY, by="tests", now=NOW)
        await register_lot(db, lot_plan("bare", "jn-static"), by="tests", now=NOW)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, **params: str | int) -> dict[str, Any]:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


# -- texts


async def test_the_list(client: httpx.AsyncClient) -> None:
    page = await get(client, "/v1/tariffs")
    (one,) = page["tariffs"]
    assert (one["code"], one["version"], one["currency"], one["grade"]) == ("jinan_road", 2, "CNY", "hearsay")
    assert sorted(one["lots"]) == sorted([QC, HOSPITAL, STATION])
    assert (await get(client, "/v1/tariffs", offset=1))["tariffs"] == []


async def test_a_text_in_full(client: httpx.AsyncClient) -> None:
    shown = await get(client, "/v1/tariffs/jinan_road")
    assert (shown["version"], shown["name_zh"]) == (2, EVIL)
    assert [(lot["code"], lot["since"], lot["until"]) for lot in shown["lots"]] == [
        (HOSPITAL, "2026-11-17T02:00:00Z", None)
    ]
    assert [(one["version"], one["holds_from"]) for one in shown["versions"]] == [
        (2, "2026-11-17T02:00:00Z"), (1, "2026-01-01T00:00:00Z"),
    ]  # fmt: skip
    first = await get(client, "/v1/tariffs/jinan_road", version=1)
    assert {lot["code"]: lot["until"] for lot in first["lots"]} == {
        QC: None, HOSPITAL: "2026-11-17T02:00:00Z", STATION: None,
    }  # fmt: skip
    assert first["document"]["bands"][0]["tiers"] == [{"unit_fen": 200, "unit_min": 60}]
    facts = first["board"]["facts"]
    assert (facts["price_mode"], facts["color"], facts["complaints_phone"]) == ("government", "blue", "12345")
    assert (first["board"]["zh"], first["board"]["en"]) == (BOARD.zh, BOARD.en)
    for path in ("/v1/tariffs/jinan_road?version=3", "/v1/tariffs/nothing"):
        assert problem(await client.get(path), 404)["title"] == "Unknown tariff"


async def test_it_is_sent_once(client: httpx.AsyncClient) -> None:
    for path in (
        "/v1/tariffs",
        "/v1/tariffs/jinan_road",
        "/tariffs/jinan_road",
        f"{QUOTE}?from=2026-11-16T08:00Z&stay_min=60",
    ):
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


# -- pages


async def test_the_page_is_safe_and_in_both_languages(client: httpx.AsyncClient) -> None:
    zh = await client.get("/tariffs/jinan_road", params={"lang": "zh"})
    assert zh.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in zh.headers["content-security-policy"]
    assert "<script" not in zh.text
    assert " style=" not in zh.text
    assert str(escape('<script>alert("&")</script>')) in zh.text
    assert "<dt>币种</dt><dd>元</dd>" in zh.text
    first = (await client.get("/tariffs/jinan_road", params={"lang": "zh", "version": 1})).text
    assert "济南市道路停车泊位收费标准" in first
    assert all(escape(line) in first for line in BOARD.zh)
    assert "政府定价" in first
    assert "qc-road停车场" in first
    assert "自 2026-01-01 08:00 起" in first
    english = (await client.get("/tariffs/jinan_road?version=1", headers={"Accept-Language": "en-GB,zh;q=0.5"})).text
    assert all(escape(line) in english for line in BOARD.en)
    assert '<html lang="en">' in english
    assert (await client.get("/static/tariff.css")).status_code == 200
    assert (await client.get("/tariffs/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [(None, "", "zh"), (None, "de,en;q=0.5", "en"), (None, "en-US", "en"), ("zh", "en", "zh"), ("xx", "de", "zh")],
)
def test_the_language_of_a_page(asked: str | None, accepted: str, spoken: str) -> None:
    assert languages.choose(asked, accepted) == spoken


async def test_a_lot_shows_its_board(client: httpx.AsyncClient) -> None:
    lot = await get(client, f"/v1/lots/{QC}")
    assert (lot["zone"], lot["tariff"]["version"], lot["tariff"]["free_min"]) == (None, 1, 30)
    assert lot["tariff"]["since"] == "2026-01-01T00:00:00Z"
    assert lot["tariff"]["board"]["facts"]["basis_zh"].startswith("济发改成本")
    assert "bands" not in lot["tariff"]


# -- quotes


@pytest.mark.parametrize(
    ("params", "fee_fen"),
    [
        ({"from": "2026-11-16T10:00:00+08:00", "to": "2026-11-16T12:00:00+08:00"}, 400),
        ({"from": "2026-11-16T02:00:00Z", "stay_min": 180}, 600),
        ({"stay_min": 120}, 400),
        ({"stay_min": 30}, 0),
        ({"stay_min": 120, "class": "large"}, 800),
        ({"stay_min": 180, "new_energy": "true"}, 200),
        ({"stay_min": 120, "class": "motorcycle"}, 400),
    ],
)
async def test_what_a_stay_would_cost(client: httpx.AsyncClient, params: dict[str, str | int], fee_fen: int) -> None:
    quote = await get(client, QUOTE, **params)
    assert (quote["fee_fen"], quote["currency"], quote["tariff"], quote["version"]) == (fee_fen, "CNY", "jinan_road", 1)
    assert sum(line["amount_fen"] for line in quote["lines"]) == fee_fen
    assert all(line["text_zh"] and line["text_en"] and line["rule"] for line in quote["lines"])


async def test_a_plus_that_a_query_lost_is_found_again(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{QUOTE}?from=2026-11-16T10:00:00+08:00&to=2026-11-16T12:00:00%2B08:00")
    assert (answer.status_code, answer.json()["entered_at"]) == (200, "2026-11-16T02:00:00Z")


async def test_a_quote_for_later_is_by_the_price_of_then(client: httpx.AsyncClient) -> None:
    night = {"stay_min": 240}
    today = await get(client, f"/v1/lots/{HOSPITAL}/quote", **{"from": "2026-11-16T20:00:00+08:00"}, **night)
    later = await get(client, f"/v1/lots/{HOSPITAL}/quote", **{"from": "2026-11-18T20:00:00+08:00"}, **night)
    assert [(one["fee_fen"], one["version"]) for one in (today, later)] == [(500, 1), (800, 2)]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "to"),
        ({"stay_min": 5, "to": "2026-11-16T12:00:00Z"}, "to"),
        ({"from": "2026-11-16T10:00:00", "stay_min": 5}, "from"),
        ({"from": "yesterday", "stay_min": 5}, "from"),
        ({"from": "2026-11-16T10:00:00Z", "to": "2026-11-16T12:00:00"}, "to"),
        ({"from": "2026-11-16T10:00:00Z", "to": "2026-11-16T09:59:59Z"}, "to"),
        ({"from": "2026-11-16T10:00:00Z", "to": "2027-12-31T00:00:00Z"}, "to"),
        ({"stay_min": -1}, "stay_min"),
        ({"stay_min": 400 * 24 * 60 + 1}, "stay_min"),
        ({"stay_min": 5, "class": "bus"}, "class"),
        ({"stay_min": 5, "new_energy": "perhaps"}, "new_energy"),
    ],
)
async def test_a_question_that_makes_no_sense(
    client: httpx.AsyncClient, params: dict[str, str | int], field: str
) -> None:
    problem(await client.get(QUOTE, params=params), 400, field)


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("stay_min", {"from": "9999-12-31T23:50Z", "stay_min": 30}),
        ("from", {"from": "9999-12-31T23:50Z", "stay_min": 1}),
        ("stay_min", {"from": "2199-12-31T23:50Z", "stay_min": 30}),
        ("from", {"from": "1969-12-31T23:50Z", "stay_min": 30}),
    ],
)
async def test_years_that_nobody_parks_in(client: httpx.AsyncClient, field: str, params: dict[str, Any]) -> None:
    problem(await client.get(QUOTE, params=params), 400, field)


async def test_a_quote_for_long_is_the_same(client: httpx.AsyncClient) -> None:
    day, year = [(await get(client, QUOTE, stay_min=days * 24 * 60))["fee_fen"] for days in (1, 365)]
    assert year == day * 365


async def test_a_lot_without_a_price_has_no_quote(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/v1/lots/bare/quote?stay_min=5"), 409)["title"] == "No tariff"
    problem(await client.get(f"{QUOTE}?from=2025-11-16T10:00:00Z&stay_min=5"), 409)
    problem(await client.get("/v1/lots/nowhere/quote?stay_min=5"), 404)
