"""Cases as people at a terminal find and decide them."""

from datetime import timedelta

import msgspec
import pytest

from tests import running
from tests.conftest import NOW
from tests.district import QC, District, event, visit

MORNING = NOW - timedelta(hours=3)


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation whose clock stands at the tests' day."""
    return running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), COLUMNS="250")


async def test_a_case_is_listed_shown_and_decided(env: dict[str, str], district: District) -> None:
    await district.record(event("a1", "exit", NOW, "鲁A10001"), event("a2", "exit", NOW, "鲁B55555"))
    code, printed = await running.onelot(env, "cases", "list", "--lot", QC, "--reason", "exit_without_entry")
    assert code == 0, printed
    assert "鲁A10001" in printed
    code, printed = await running.onelot(env, "cases", "list", "--plate", "鲁A10001", "--day", "2026-11-16")
    assert (code, "鲁B55555" in printed) == (0, False)
    number = printed.splitlines()[3].strip("│ ").split("│")[0].strip()
    code, printed = await running.onelot(env, "cases", "show", number, "--json")
    assert code == 0, printed
    assert msgspec.json.decode(printed)["plate"] == "鲁A10001"
    decide = ("cases", "decide", number)
    code, printed = await running.onelot(
        env, *decide, "let_out_and_charge", "--note", "x", "--entered", "2026-11-16T07:00"
    )
    assert code == 0, printed
    assert "closed" in printed
    stay = await district.owner.fetchrow("select entered_at, fee_fen, let_out::text from stay where plate = '鲁A10001'"
                                         " and state = 'closed'")  # fmt: skip
    assert stay is not None
    assert tuple(stay) == (MORNING, 600, "charge")
    code, printed = await running.onelot(env, *decide, "plate", "--note", "x", "--plate", "nothing")
    assert (code, "DecisionUnfit" in printed) == (2, True)
    code, printed = await running.onelot(env, "cases", "list", "--lot", "nowhere")
    assert (code, "UnknownLot" in printed) == (2, True)
    code, printed = await running.onelot(env, "cases", "list", "--limit", "1", "--state", "all")
    assert (code, "more: --after" in printed) == (0, True)


async def test_a_case_is_shown_in_words(env: dict[str, str], district: District) -> None:
    await district.record(event("c1", "entry", MORNING, "鲁A51001"), event("c2", "entry", MORNING, "鲁A51003"))
    await district.record(event("c3", "exit", NOW, "鲁A51002"))
    code, printed = await running.onelot(env, "cases", "list", "--plate", "鲁A51002")
    assert (code, "有出场无进场 Left, and was not seen to come" in printed) == (0, True), printed
    number = printed.splitlines()[3].strip("│ ").split("│")[0].strip()
    code, printed = await running.onelot(env, "cases", "show", number)
    assert code == 0, printed
    for said in ("有出场无进场", QC, "鲁A51001", "鲁A51003", "one_off", "exit_only", "nobody looks"):
        assert said in printed
    code, printed = await running.onelot(env, "cases", "assign", number, "--to", "li")
    assert (code, printed.strip()) == (0, "1 cases: li looks")
    code, printed = await running.onelot(env, "cases", "list", "--assignee", "li")
    assert (code, number in printed) == (0, True)
    decide = ("cases", "decide", number, "let_out_and_charge", "--amount-fen", "300", "--note", "no ticket")
    code, printed = await running.onelot(env, *decide, "--entered", "2026-11-16T07:00")
    assert code == 0, printed
    code, printed = await running.onelot(env, "cases", "show", number)
    for said in ("at stake ¥: 3.00 due", "放行并计费 Let out and charged", "no ticket", "command line"):
        assert said in printed


async def test_cases_are_decided_alike(env: dict[str, str], district: District) -> None:
    texts = [f"鲁B{n}{n}{n}0{n}" for n in range(2, 9)]
    await district.record(*(event(f"d{n}", "exit", NOW, text) for n, text in enumerate(texts)))
    await district.record(event("dk", "entry", NOW, "无牌"))
    every = ("cases", "decide-all", "let_out_free", "--note", "the camera was out", "--day", "2026-11-16")
    code, printed = await running.onelot(env, "cases", "decide-all", "right", "--note", "x")
    assert (code, "Say which" in printed) == (2, True), printed
    code, printed = await running.onelot(env, *every, "--reason", "exit_without_entry", "--lot", QC)
    assert (code, "Decide" in printed) == (1, True), printed  # nobody answered
    code, printed = await running.onelot(env, *every, "--reason", "exit_without_entry", "--lot", QC, "--yes")
    assert (code, printed.endswith(" decided, 0 refused\n")) == (0, True), printed
    open_ = "select count(*) from parking_case where reason = 'exit_without_entry' and resolved_at is null"
    assert await district.count(open_) == 0
    let_out = "select count(*) from stay where let_out = 'free' and plate = any($1)"
    assert await district.owner.fetchval(let_out, texts) == len(texts)
    code, printed = await running.onelot(env, *every, "--reason", "no_plate", "--yes")
    assert (code, "0 decided, 1 refused" in printed, "DecisionUnfit" in printed) == (1, True, True), printed


async def test_a_booth_gets_its_token(env: dict[str, str], district: District) -> None:
    await district.record(*visit("b", "鲁A20001", MORNING, NOW))
    code, printed = await running.onelot(env, "token", "--role", "booth", "--subject", "booth 1", "--lot", QC)
    assert code == 0, printed
    code, printed = await running.onelot(env, "token", "--role", "booth", "--subject", "booth 1")
    assert (code, "HolderUnclear" in printed) == (2, True)
