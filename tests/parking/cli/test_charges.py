"""Charges as people at a terminal look them up."""

from datetime import timedelta

import msgspec
import pytest

from tests import running
from tests.conftest import NOW
from tests.district import QC, District, visit

MORNING = NOW - timedelta(hours=3)


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation whose clock stands at the tests' day."""
    return running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), COLUMNS="250")


async def test_charges_are_found_and_those_of_a_line(env: dict[str, str], district: District) -> None:
    await district.record(*visit("a1", "鲁A96001", MORNING, NOW), *visit("a2", "鲁A96002", MORNING, NOW))
    code, printed = await running.onelot(env, "charges", "find", "--plate", "鲁A96001")
    assert code == 0, printed
    for said in ("鲁A96001 blue", QC, "6.00", "due"):
        assert said in printed
    assert "鲁A96002" not in printed
    of_day = ("charges", "find", "--lot", QC, "--date", "2026-11-16", "--state", "due", "--json")
    code, printed = await running.onelot(env, *of_day)
    assert code == 0, printed
    found = msgspec.json.decode(printed)["charges"]
    assert {"鲁A96001", "鲁A96002"} <= {charge["visit"]["plate"] for charge in found}
    line = ("charges", "line", "--lot", QC, "--date", "2026-11-16")
    code, printed = await running.onelot(env, *line, "--limit", "1")
    assert (code, "more: --after" in printed) == (0, True), printed
    code, printed = await running.onelot(env, *line, "--json")
    assert code == 0, printed
    parts = msgspec.json.decode(printed)["charges"]
    assert sum(part["settled"]["gross_fen"] for part in parts) == sum(charge["amount_fen"] for charge in found)
    code, printed = await running.onelot(env, "charges", "find", "--lot", QC)
    assert (code, "LookUpTooWide" in printed) == (2, True), printed
