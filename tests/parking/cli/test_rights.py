"""Bans, passes, coupons, bookings and alarms at the command line: said, listed as text and as JSON, and ended."""

import json
from datetime import timedelta

import pytest

import sql
from parking.flow import alarms as alarm_flow
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, District, event
from tests.parking.rights import charged_by, takes_bookings

SOLD = """
[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"

[[discounts]]
code = "two_yuan"
name_zh = "两元"
name_en = "Two yuan"
kind = "amount"
fen = 200
coupon = true
"""
TIME = ("--from", "2026-11-17T10:00:00+08:00", "--until", "2026-11-17T12:00:00+08:00")


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation whose clock stands at the tests' day."""
    return running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), COLUMNS="250")


async def run(env: dict[str, str], *words: str) -> str:
    code, printed = await running.onelot(env, *words)
    assert code == 0, printed
    return printed


async def shown(env: dict[str, str], *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (await run(env, *words, "--json")).splitlines()]


async def test_a_ban_is_said_listed_and_ended(env: dict[str, str], district: District) -> None:
    number = (await run(env, "ban", "add", "鲁A41012", "--lot", QC, "--reason", "blocked the lane")).strip()
    assert [each["id"] for each in await shown(env, "ban", "list", "--plate", "鲁A41012")] == [number]
    assert "blocked the lane" in await run(env, "ban", "list", "--plate", "鲁A41012")
    await run(env, "ban", "end", number, "--reason", "settled")
    # The clock of each command begins anew, so that one that ended now may hold for the next.
    (ended,) = await shown(env, "ban", "list", "--plate", "鲁A41012", "--ended")
    assert ended["end_reason"] == "settled"


async def test_passes_coupons_and_bookings(
    env: dict[str, str], district: District, pool: sql.Pool, database_url: str
) -> None:
    await charged_by(pool, database_url, HOSPITAL, "cli-rights", SOLD)
    await takes_bookings(pool, HOSPITAL, 5)
    days = ("--from", "2026-11-10", "--through", "2026-12-09", "--note", "desk")
    sold = [await run(env, "pass", "add", "month", "鲁A42012", "--lot", HOSPITAL, *days) for _ in range(2)]
    assert sold[0] == sold[1]
    (one,) = await shown(env, "pass", "list", "--plate", "鲁A42012")
    assert (one["id"], one["plates"]) == (sold[0].strip(), ["鲁A42012"])
    await run(env, "pass", "end", sold[0].strip(), "--through", "2026-11-15", "--reason", "moved")
    assert await district.count("select count(*) from parking_pass where end_reason = 'moved'") == 1

    codes = (
        await run(env, "coupon", "add", "two_yuan", "--lot", HOSPITAL, *TIME, "--count", "2", "--note", "x")
    ).split()
    assert len(codes) == 2
    await run(env, "coupon", "end", codes[0])
    assert codes[1] in [each["code"] for each in await shown(env, "coupon", "list")]
    assert codes[0] not in [each["code"] for each in await shown(env, "coupon", "list")]

    await run(env, "booking", "rule", HOSPITAL, "--spaces", "4")
    booked = [await run(env, "booking", "add", HOSPITAL, "b-1", "鲁A43012", *TIME) for _ in range(2)]
    assert booked[0] == booked[1]
    assert [each["reference"] for each in await shown(env, "booking", "list", HOSPITAL)] == ["b-1"]
    await run(env, "booking", "end", HOSPITAL, "b-1", "--reason", "ill")
    assert await shown(env, "booking", "list", HOSPITAL) == []


async def test_an_alarm_is_seen_to(env: dict[str, str], district: District) -> None:
    await district.record(event("silent", "entry", NOW - timedelta(hours=4), "鲁A41099", lot=HOSPITAL))
    await district.owner.execute(
        "update lot_occupancy set heard_at = $2 where lot_id = $1", district.lot(HOSPITAL).id, NOW - timedelta(hours=4)
    )
    await alarm_flow.look(district.pool, now=NOW, random_bits=district.random_bits)
    (alarm,) = await shown(env, "alarms", "list", "--lot", HOSPITAL, "--kind", "silent_lot")
    number = str(alarm["id"])
    assert HOSPITAL in await run(env, "alarms", "list", "--limit", "1")
    for words, said in (
        (("acknowledge", number), "Acknowledged"),
        (("dispatch", number, "--to", "the electrician"), "Sent"),
        (("resolve", number, "--note", "cable mended"), "Resolved"),
    ):
        assert (await run(env, "alarms", *words)).strip() == f"{number} {HOSPITAL}: {said}"
    assert not await shown(env, "alarms", "list", "--lot", HOSPITAL)
    (over,) = await shown(env, "alarms", "list", "--lot", HOSPITAL, "--resolved")
    assert (over["resolved_by"], over["note"]) == (running.TYPED_BY, "cable mended")
    code, refused = await running.onelot(env, "alarms", "acknowledge", number)
    assert (code, "AlarmTaken" in refused) == (2, True)
