"""Settings: what a file and the environment may say, and that a mistake is told before anything is done."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from typing import Any

import pytest
from msgspec import structs

from parking import settings
from parking.settings import BadSetting, Settings
from tests import running

DOCS = Path(__file__).parents[2] / "docs"
DEFAULTS: dict[str, Any] = structs.asdict(Settings())

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


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "http", "must be a whole number of at least 0 and at most 65535."),
        ("CLOCK_SPEED", "0", "must be a number above 0 and at most 100000."),
        ("TEST_CHANNEL", "perhaps", "must be true or false."),
        ("LOG_FORMAT", "xml", "must be json or text."),
        ("CLOCK_START", "2026-11-16T09:00:00", "must be an instant with its offset, like 2026-11-20T08:00:00+08:00."),
        ("REDIS_URL", "http://:hunter2@cache", "must be an address that begins with redis:// or rediss:// or unix://."),
        ("DATABASE_ULR", "x", "is no setting of OneLot; is ONELOT_DATABASE_URL meant?"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy", "has 'proxy', which is no IP address and no network like 10.0.0.0/8."),
    ],
)
def test_a_mistake_is_told_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(BadSetting) as told:
        settings.read({f"ONELOT_{name}": value})
    assert str(told.value) == f"ONELOT_{name} {allowed}"


def written(file: Path, text: str) -> dict[str, str]:
    """The environment that names a file with this text."""
    file.write_text(text, encoding="utf-8")
    return {"ONELOT_CONFIG": str(file)}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    said = written(
        tmp_path / "onelot.toml",
        "port = 80\nworkers = 2\ntest_channel = true\nclock_start = 2026-11-16T09:00:00+08:00\n"
        'token_secrets_file = "/nowhere"',
    )
    given = settings.read({**said, "ONELOT_WORKERS": "4", "ONELOT_TOKEN_SECRETS": SECRET})
    assert (given.port, given.workers, given.test_channel, given.secrets) == (80, 4, True, (SECRET,))
    assert given.clock_start == datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = 65536", ": port must be a whole number of at least 0 and at most 65535."),
        ("port = true", ": port must be a whole number"),
        ("workers = [1]", ": workers must be a whole number"),
        ('hots = "::1"', ": hots is no setting of OneLot; is host meant?"),
        ("[server]\nport = 80", ": server is no setting of OneLot"),
        ('database_url = "mysql://hunter2@db"', ": database_url must be an address that begins with postgresql://"),
        ('token_secrets = "hunter2', " (ONELOT_CONFIG) cannot be read: "),
        ('token_secrets_file = "missing"', ": token_secrets_file names missing, which cannot be read: No such file"),
        ('token_secrets_file = "/dev/null"', ": token_secrets_file names /dev/null, which is empty."),
        ('token_secrets_file = "/dev/zero"', "which cannot be read: it has more than 65536 bytes."),
        ('redis_url = "redis://a"\nredis_url_file = "/x"', ": redis_url_file is given twice, here and as "),
    ],
)
def test_a_mistake_in_a_file_names_it(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "onelot.toml"
    with pytest.raises(BadSetting) as told:
        settings.read(written(file, text))
    assert str(told.value).startswith(str(file))
    assert says in str(told.value)
    assert "hunter2" not in str(told.value)


def test_a_file_of_settings_that_is_not_there() -> None:
    with pytest.raises(BadSetting, match="cannot be read: No such file"):
        settings.read({"ONELOT_CONFIG": "/nowhere/onelot.toml"})


def test_secrets_have_files_of_their_own(tmp_path: Path) -> None:
    secret, address = tmp_path / "secret", tmp_path / "address"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    address.write_text("postgresql://u:p@db/onelot\n", encoding="utf-8")
    given = settings.read(
        {
            **written(tmp_path / "onelot.toml", f'database_url_file = "{address}"'),
            "ONELOT_TOKEN_SECRETS_FILE": str(secret),
        }
    )
    assert (given.database_url, given.secrets) == ("postgresql://u:p@db/onelot", (SECRET,))


def test_the_example_has_every_setting_with_its_default() -> None:
    text = re.sub(r"^# (?=\w+ = )", "", (DOCS / "onelot.toml").read_text("utf-8"), flags=re.MULTILINE)
    said = tomllib.loads(text)
    assert said.keys() == DEFAULTS.keys()
    assert {name: value for name, value in said.items() if DEFAULTS[name] is not None} == {
        name: value for name, value in DEFAULTS.items() if value is not None
    }


def test_the_table_has_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| (`ONELOT_.*?) \| (.*?) \|", (DOCS / "operating.md").read_text("utf-8"), re.MULTILINE)
    said = {
        name: default
        for names, defaults in rows
        for name, default in zip(
            re.findall(r"`ONELOT_(\w+)`", names), (each.strip(" `") for each in defaults.split(", ")), strict=False
        )
    }
    shown = {name: str(value).removesuffix(".0").lower() for name, value in DEFAULTS.items()}
    # No port, no list: nothing is a number there.
    none = {name.upper(): "none" for name, value in DEFAULTS.items() if str(value) in ("None", "", "0")}
    assert said == {name.upper(): value for name, value in shown.items()} | none


async def test_commands_take_a_file(tmp_path: Path) -> None:
    env = {"ONELOT_CONFIG": "/nowhere", "ONELOT_TOKEN_SECRETS": ""}
    file = written(tmp_path / "onelot.toml", "port = 0\nworkers = 0")["ONELOT_CONFIG"]
    code, printed = await running.onelot(env, "--config", file, "serve")
    assert (code, f"BadSetting: {file}: workers must be" in printed) == (2, True), printed


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
