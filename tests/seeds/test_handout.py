"""What the examples of README are given: answers that show something."""

from datetime import UTC, date, datetime

from payments.identity import Audience, read_token
from seeds import handout
from seeds.accounts import drivers
from seeds.city import jinan
from seeds.plant import Planted
from seeds.stage import Stage

NOW = datetime(2026, 11, 16, tzinfo=UTC)
SECRET = "s" * 32


def test_the_driver_has_two_vehicles_and_money() -> None:
    city, people = jinan(), drivers()
    accounts = tuple(range(5001, 5001 + len(people)))
    keys = {lot.plan.gateway: "olk" for lot in city.lots}
    planted = Planted(operators={}, tariffs={}, lots={}, keys=keys, accounts=accounts)
    stage = Stage("", "", 8000, SECRET, date(2026, 11, 16), NOW, speed=1.0, started=0.0)
    words = handout.words(stage, city, planted)
    principal = read_token(words["DRIVER_TOKEN"], secrets=(SECRET,), now=NOW)
    driver = people[accounts.index(principal.id)]
    assert principal.audience is Audience.DRIVER
    assert len(driver.vehicles) == 2
    assert driver.top_up_fen >= handout.WALLET_FEN_MIN
