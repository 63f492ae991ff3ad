"""What the examples of docs/calling.md are given: answers that show something, in a file of one demonstration alone."""

import stat
from datetime import UTC, date, datetime
from pathlib import Path

from payments.identity import Audience, read_token
from seeds.city.drivers import drivers
from seeds.city.jinan import jinan
from seeds.city.registration import Registered
from seeds.demo import env_file as files
from seeds.demo.env_file import env_file, variables
from seeds.demo.environment import Environment
from seeds.traffic.day import history

NOW = datetime(2026, 11, 16, tzinfo=UTC)
SECRET = "s" * 32


def test_the_driver_has_two_vehicles_money_and_has_parked() -> None:
    people = drivers(400)
    accounts = tuple(range(5001, 5001 + len(people)))
    _, visits = history(jinan(), day=date(2026, 11, 15), seed=1, scale=0.02, motorists=people)
    driver = people[accounts.index(files.driver_with_bills(people, accounts, visits))]
    plates = {vehicle.plate for vehicle in driver.vehicles}
    assert len(plates) == 2
    assert driver.top_up_fen >= files.WALLET_FEN_MIN
    assert sum(visit.vehicle.plate in plates for visit in visits) >= 2


def test_examples_are_priced_by_the_citys_own_text_and_have_a_token_for_everybody() -> None:
    city = jinan()
    keys = {lot.plan.gateway: "olk" for lot in city.lots}
    operators = {plan.code: number for number, plan in enumerate(city.operators, 1)}
    registered = Registered(operators, {}, {lot.plan.code: at for at, lot in enumerate(city.lots, 1)}, keys)
    environment = Environment("", "", 8000, SECRET, date(2026, 11, 16), NOW, speed=1.0, started=0.0)
    named = variables(environment, city, registered, "token of a driver")
    lot = files.example_lot(city)
    assert (named["LOT"], lot.tariff) == (lot.plan.code, "jinan_road")
    for word in ("BOOTH", "CLERK", "FINANCE", "ADMIN"):
        principal = read_token(named[f"{word}_TOKEN"], secrets=(SECRET,), now=NOW).principal
        assert principal.audience is Audience[word]
    booth = read_token(named["BOOTH_TOKEN"], secrets=(SECRET,), now=NOW).principal
    assert (booth.operator_id, booth.lot_id) == (operators[lot.plan.operator_code], registered.lots[lot.plan.code])


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
