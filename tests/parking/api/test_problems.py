"""Problem documents lead to a page of their kind, in the language of who asks, and every kind of error has one."""

import ast
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from parking.api.statuses import KIND_OF_STATUS
from parking.texts.problems import KINDS, PRECISE, code_of, title
from parking.texts.problems.facts import FACTS
from tests import running
from tests.conftest import NOW
from tests.parking.api.problem import problem
from tests.parking.errors import errors

ROOT = Path(__file__).parents[3]
ZH = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
# What the table of statuses and the handlers of problems.py name themselves.
BESIDE = {*KIND_OF_STATUS.values(), "malformed", "storage-away", "defect"}


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service, asked by anybody."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def raised() -> Iterator[tuple[str, str]]:
    """The kinds and the names of facts of all errors that are made anywhere, but for those under other names."""
    codes = {error.__name__: code_of(error) for error in errors()}
    for file in [*(ROOT / "parking").rglob("*.py"), *(ROOT / "payments").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) in codes:
                yield from ((codes[name], each.arg) for each in node.keywords if each.arg)


def test_every_error_has_a_kind_and_every_kind_an_error() -> None:
    refusals = {code_of(error) for error in errors() if not error.__subclasses__()}
    assert len(refusals) > 80
    assert not refusals - set(KINDS), f"say what it means in parking/texts/problems: {refusals - set(KINDS)}"
    assert not set(KINDS) - refusals - BESIDE
    assert set(KINDS) >= BESIDE
    assert set(KINDS) >= PRECISE


def test_every_kind_is_told_in_both_languages() -> None:
    for code, kind in KINDS.items():
        assert all((kind.title_zh, *kind.means, *kind.advice)), code
        assert not kind.title_zh.isascii(), code
        assert title(code, "en").isascii(), code
        for zh, en in (kind.means, kind.advice):
            assert not zh.isascii(), code
            assert zh.endswith("。"), code
            assert en.endswith("."), code


def test_kinds_name_the_facts_that_documents_carry() -> None:
    carried = defaultdict(set)
    for code, fact in raised():
        if fact != "field":
            carried[code].add(fact)
    wrong = {
        code: (sorted(carried[code]), kind.facts) for code, kind in KINDS.items() if set(kind.facts) != carried[code]
    }
    assert not wrong, f"parking/texts/problems: {wrong}"
    assert set(FACTS) == set().union(*carried.values())


async def test_type_leads_to_the_page(client: httpx.AsyncClient) -> None:
    said = problem(await client.get("/v1/lots/nowhere"), 404)
    assert (said["type"], said["title"]) == ("/problems/unknown-lot", "Unknown lot")
    shown = (await client.get(said["type"])).json()
    assert (shown["type"], shown["title_en"]) == (said["type"], said["title"])
    assert {each["name"] for each in shown["facts"]} >= set(said["facts"])
    listed = (await client.get("/problems")).json()["problems"]
    assert shown in listed
    assert len(listed) == len(KINDS)


async def test_documents_are_in_the_language_of_who_asks(client: httpx.AsyncClient) -> None:
    zh = await client.get("/v1/lots/nowhere", headers=ZH)
    assert (zh.headers["content-language"], zh.json()["title"]) == ("zh-CN", "没有该停车场")
    assert zh.json()["detail"] == KINDS["unknown-lot"].means[0]
    assert zh.json()["facts"] == {"code": "nowhere"}
    for asked in ({}, {"Accept-Language": "*"}, {"Accept-Language": "en-GB,zh;q=0.5"}):
        en = await client.get("/v1/lots/nowhere", headers=asked)
        assert (en.headers["content-language"], en.json()["detail"]) == ("en", "No lot has the code 'nowhere'.")
    # What does not fit is said in each case anew.
    wrong = await client.get("/v1/lots?limit=0", headers=ZH)
    assert (wrong.json()["title"], wrong.json()["field"]) == ("格式有误", "limit")
    assert wrong.json()["detail"] == "limit: Expected `int` >= 1"


async def test_pages_are_for_people_and_programs(client: httpx.AsyncClient) -> None:
    people: dict[str, Any] = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/problems", "/problems/charge-not-due"):
        en, zh = await client.get(path, headers=people), await client.get(path, headers={**people, **ZH})
        assert en.headers["content-type"].startswith("text/html")
        # Names that texts put between backticks are shown as code.
        assert "`" not in en.text + zh.text
        assert "<code>state</code>" in en.text or path == "/problems"
        assert "Charge not due" in en.text
        assert "费用无须支付" in zh.text
        assert 'lang="zh-CN"' in zh.text
        assert (await client.get(f"{path}?lang=zh", headers=people)).text == zh.text
        assert (await client.get(path)).headers["content-type"] == "application/json"
        assert "Accept-Language" in en.headers["vary"]
    problem(await client.get("/problems/nowhere"), 404)
