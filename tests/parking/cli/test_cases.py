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
    code, printed = await running.onelot(env, "cases", "show", number)
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


async def test_a_booth_gets_its_token(env: dict[str, str], district: District) -> None:
    await district.record(*visit("b", "鲁A20001", MORNING, NOW))
    code, printed = await running.onelot(env, "token", "--role", "booth", "--subject", "booth 1", "--lot", QC)
    assert code == 0, printed
    code, printed = await running.onelot(env, "token", "--role", "booth", "--subject", "booth 1")
    assert (code, "HolderUnclear" in printed) == (2, True)
