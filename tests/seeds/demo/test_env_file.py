"""What the examples of README are given: answers that show something, in a file of one demonstration alone."""

import stat
from datetime import UTC, date, datetime
from pathlib import Path

from payments.identity import Audience, read_token
from seeds.city.drivers import drivers
from seeds.city.jinan import jinan
from seeds.demo import env_file as files
from seeds.demo.env_file import env_file, variables
from seeds.demo.environment import Environment

NOW = datetime(2026, 11, 16, tzinfo=UTC)
SECRET = "s" * 32


def test_the_driver_has_two_vehicles_and_money() -> None:
    city, people = jinan(), drivers()
    accounts = tuple(range(5001, 5001 + len(people)))
    keys = {lot.plan.gateway: "olk" for lot in city.lots}
    environment = Environment("", "", 8000, SECRET, date(2026, 11, 16), NOW, speed=1.0, started=0.0)
    token = variables(environment, city, keys, accounts)["DRIVER_TOKEN"]
    principal = read_token(token, secrets=(SECRET,), now=NOW).principal
    driver = people[accounts.index(principal.id)]
    assert principal.audience is Audience.DRIVER
    assert len(driver.vehicles) == 2
    assert driver.top_up_fen >= files.WALLET_FEN_MIN


def test_a_second_demonstration_leaves_the_first_ones_file_alone(tmp_path: Path) -> None:
    with env_file({"ONELOT": "a b"}, 8000, tmp_path) as first:
        assert first.name == "demo.env"
        assert stat.S_IMODE(first.stat().st_mode) == 0o600
        with env_file({"ONELOT": "other"}, 8001, tmp_path) as second:
            assert second.name == "demo-8001.env"
        assert first.read_text("utf-8") == "export ONELOT='a b'\n"
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_demonstration_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "demo.env").write_text("export ONELOT=gone\nexport MORE=lines\n", "utf-8")
    with env_file({"ONELOT": "new"}, 8000, tmp_path) as file:
        assert file.read_text("utf-8") == "export ONELOT=new\n"
