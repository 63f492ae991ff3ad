"""Settings: what the environment may say, and that a mistake in it is told before anything is done."""

from datetime import UTC, datetime, timedelta
from time import time

import pytest

from parking import settings
from parking.settings import BadSetting, Settings

SECRET = "s" * 32


def test_without_a_word_everything_has_a_default() -> None:
    assert settings.read({}) == Settings()
    assert settings.read({"PATH": "/bin", "ONELOTTERY": "1", "onelot_port": "1"}) == Settings()


def test_words_become_values() -> None:
    given = settings.read(
        {
            "ONELOT_DATABASE_URL": "postgresql://db/onelot",
            "ONELOT_PORT": "80",
            "ONELOT_WORKERS": "4",
            "ONELOT_TEST_CHANNEL": "true",
            "ONELOT_CLOCK_START": "2026-11-16T09:00:00+08:00",
            "ONELOT_CLOCK_SPEED": "60",
            "ONELOT_CLOCK_STARTED": "1794790800.5",
        }
    )
    assert (given.database_url, given.port, given.workers, given.test_channel) == (
        "postgresql://db/onelot",
        80,
        4,
        True,
    )
    assert given.clock_start == datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
    assert (given.clock_speed, given.clock_started) == (60, 1794790800.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", ""),
        ("REDIS_URL", "http://cache"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("PORT", ""),
        ("WORKERS", "0"),
        ("POOL_MAX", "1"),
        ("BATCH_EVENTS_MAX", "0"),
        ("TEST_CHANNEL", "perhaps"),
        ("CLOCK_SPEED", "0"),
        ("CLOCK_SPEED", "-1"),
        ("CLOCK_SPEED", "nan"),
        ("CLOCK_START", "nine"),
        ("CLOCK_START", "2026-11-16T09:00:00"),  # whose nine o'clock?
        ("DATABASE_ULR", "postgresql://db/onelot"),  # a typo is not lost
    ],
)
def test_a_mistake_is_told(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=rf"^ONELOT_{name}\b") as told:
        settings.read({f"ONELOT_{name}": value})
    assert told.value.facts == {"setting": f"ONELOT_{name}"}
    assert "$" not in told.value.sentence


def test_what_only_tests_are_told_is_no_setting() -> None:
    given = {"ONELOT_TEST_DATABASE_URL": "postgresql://x", "ONELOT_TEST_REDIS_URL": "redis://x"}
    assert settings.read(given) == Settings()


@pytest.mark.parametrize("secrets", ["", " ", ",", "short", f"{SECRET},short", f"{SECRET[:31]}"])
def test_a_secret_that_is_none(secrets: str) -> None:
    with pytest.raises(BadSetting, match="ONELOT_TOKEN_SECRETS"):
        _ = Settings(token_secrets=secrets).secrets


def test_secrets_are_rotated_the_newest_first() -> None:
    assert Settings(token_secrets=f" {SECRET} , {'t' * 40} ,").secrets == (SECRET, "t" * 40)


def test_the_clock_is_the_systems_unless_told_otherwise() -> None:
    before = datetime.now(UTC)
    assert before <= Settings().clock()() <= datetime.now(UTC)


def test_a_clock_may_start_elsewhere_and_run_faster() -> None:
    start = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
    clock = Settings(clock_start=start, clock_speed=3600, clock_started=time() - 10).clock()
    assert timedelta(hours=10) <= clock() - start < timedelta(hours=11)
    now = Settings(clock_start=start, clock_speed=1).clock()()
    assert timedelta(0) <= now - start < timedelta(seconds=1)


def test_all_processes_of_a_demonstration_agree_on_the_time() -> None:
    told = {
        "ONELOT_CLOCK_START": "2026-11-16T09:00:00Z",
        "ONELOT_CLOCK_SPEED": "60",
        "ONELOT_CLOCK_STARTED": str(time()),
    }
    one, other = settings.read(told).clock(), settings.read(told).clock()
    read = [clock() for _ in range(9) for clock in (one, other)]
    assert read == sorted(read)
