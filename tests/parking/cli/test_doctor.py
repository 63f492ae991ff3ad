"""`onelot doctor` on real servers: an installation that is well, and what is found where it is not."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests import running
from tests.conftest import NOW
from tests.district import District
from tests.parking.cli.test_cli import NO_DATABASE, NO_REDIS

OFFICE = {"ONELOT_TOKEN_SECRETS": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "ONELOT_TEST_CHANNEL": "false"}


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation that looks as one in production does, but for its clock and its login."""
    return running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), **OFFICE)


async def found(env: dict[str, str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the remarks by their kind."""
    code, printed = await running.onelot(env, "doctor", "--json")
    return code, {remark["kind"]: remark for remark in json.loads(printed)["remarks"]}


async def test_what_is_found_is_said_with_what_to_do(district: District, env: dict[str, str]) -> None:
    code, remarks = await found(env)
    assert (code, {"other_clock", "owner_allowed", "never_worked", "gateway_unheard"} <= set(remarks)) == (1, True)
    assert not {"not_ready", "no_month_ahead", "redis_away", "lot_without_price", "lot_without_lane"} & set(remarks)
    code, printed = await running.onelot(env, "doctor")
    assert code == 1
    assert "Start onelot work." in printed
    assert "请启动 onelot work" in printed
    assert "ok  schema" in printed
    code, printed = await running.onelot(env, "doctor", "--lang", "zh")
    assert "Start onelot work" not in printed
    assert "正常  schema" in printed


async def test_a_login_that_owns_the_books_is_wrong(district: District, env: dict[str, str]) -> None:
    code, remarks = await found({**env, "ONELOT_ALLOW_OWNER": "false"})
    assert (code, remarks["login_powerful"]["severity"]) == (2, "wrong")


async def test_what_the_database_tells(district: District, env: dict[str, str]) -> None:
    owner = district.owner
    await owner.execute("insert into schema_migration values (9999, 'of_the_future', '', $1)", NOW)
    later = {**env, "ONELOT_CLOCK_START": (NOW + timedelta(days=150)).isoformat()}
    try:
        code, remarks = await found(later)
        assert code == 1
        assert "9999" in remarks["schema_newer"]["text_en"]
        assert "stay" in remarks["no_month_ahead"]["text_en"] or "+" in remarks["no_month_ahead"]["text_en"]
        code, printed = await running.onelot(env, "migrate")
        assert (code, "which this version does not know" in printed, "Traceback" in printed) == (2, True, False)
        assert (await running.onelot(env, "operators"))[0] == 0, "others are brought up to date one after the other"
    finally:
        await owner.execute("delete from schema_migration where number = 9999")


async def test_what_is_away_does_not_hide_the_rest() -> None:
    code, remarks = await found({**running.environment(NO_DATABASE, NO_REDIS), **OFFICE})
    assert code == 2
    assert {"database_away", "redis_away"} <= set(remarks)
    assert NO_DATABASE.partition("@")[0] not in json.dumps(remarks)
    code, printed = await running.onelot({**running.environment(NO_DATABASE, NO_REDIS), **OFFICE}, "doctor")
    assert (code, "not looked at  city" in printed) == (2, True)


async def test_a_secret_that_is_missing_or_weak(district: District, env: dict[str, str]) -> None:
    code, remarks = await found({**env, "ONELOT_TOKEN_SECRETS": "short"})
    assert (code, remarks["secrets_missing"]["severity"]) == (2, "wrong")
    code, remarks = await found({**env, "ONELOT_TOKEN_SECRETS": "ab" * 20})
    assert "secrets_weak" in remarks


async def test_a_setting_that_is_none_is_told_at_once(env: dict[str, str]) -> None:
    code, printed = await running.onelot({**env, "ONELOT_PROT": "1"}, "doctor")
    assert (code, "is ONELOT_PORT meant?" in printed) == (2, True)
