"""Stays as people at a terminal look them up."""

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


async def test_stays_are_found_and_one_is_shown(env: dict[str, str], district: District) -> None:
    await district.record(*visit("a1", "鲁A81001", MORNING, NOW), *visit("a2", "鲁A81002", MORNING, NOW))
    code, printed = await running.onelot(env, "stays", "find", "--plate", "鲁A81001", "--color", "blue")
    assert code == 0, printed
    for said in ("鲁A81001 blue", QC, "closed", "6.00", "due "):
        assert said in printed
    assert "鲁A81002" not in printed
    during = ("--from", MORNING.isoformat(), "--until", (NOW + timedelta(hours=1)).isoformat())
    by_lane = ("stays", "find", "--lane", f"{QC}-out", "--state", "closed", *during, "--json")
    code, printed = await running.onelot(env, *by_lane)
    assert code == 0, printed
    page = msgspec.json.decode(printed)
    assert {"鲁A81001", "鲁A81002"} <= {stay["plate"] for stay in page["stays"]}
    code, printed = await running.onelot(env, "stays", "find", "--lot", QC, *during, "--limit", "1")
    assert (code, "more: --after" in printed) == (0, True)
    after = printed.split("--after ")[1].strip()
    code, printed = await running.onelot(env, "stays", "find", "--lot", QC, *during, "--after", after, "--json")
    assert code == 0, printed
    rest = [stay["id"] for stay in msgspec.json.decode(printed)["stays"]]
    assert rest == [stay["id"] for stay in page["stays"]][1:]
    code, printed = await running.onelot(env, "stays", "show", rest[0])
    assert (code, len(msgspec.json.decode(printed)["facts"])) == (0, 2), printed


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ((), "LookUpTooWide"),
        (("--plate", "鲁A"), "LookUpTooWide"),
        (("--lot", "nowhere"), "UnknownLot"),
        (("--lot", QC, "--lane", "nowhere"), "UnknownLane"),
        (("--lot", QC, "--after", "x"), "CursorMalformed"),
        (("--lot", QC, "--from", "2026-11-16T00:00:00"), "no instant"),
    ],
)
async def test_what_cannot_be_looked_up(
    env: dict[str, str], district: District, said: tuple[str, ...], why: str
) -> None:
    code, printed = await running.onelot(env, "stays", "find", *said)
    assert (code, why in printed) == (2, True), printed
