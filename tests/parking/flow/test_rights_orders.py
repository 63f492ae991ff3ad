"""Rights that are told in any order beside the stays they bear on: what comes of it is the same.

Two lots charge by one price that exempts, sells passes and asks how drivers pay. In the one everything is told in its
order, and rights before any stay; in the other events come anyhow and rights somewhere among them.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from parking.entitlements import NewVehicle, Reach
from parking.flow import entitlements, passes, repricing
from parking.flow.network import read_network
from parking.passes import PassPlan
from parking.plates import PlateColor
from payments.identity import Audience, Principal
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, Say, event
from tests.parking.rights import charged_by

IN_ORDER, ANYHOW = HOSPITAL, STATION
HOUR = timedelta(hours=1)
ADMIN = Principal(Audience.ADMIN, "admin:test")
PRICE = """
[[exempt]]
name_zh = "救护车"
name_en = "Ambulances"
who = { tags = ["ambulance"] }

[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"

[[discounts]]
code = "card"
name_zh = "市民卡八折"
name_en = "Citizen card"
kind = "percent"
percent = 20
paid_by = ["citizen_card"]
"""
FEES = """
select s.plate, s.entered_at, s.left_at, s.fee_fen, coalesce(c.amount_fen, 0), coalesce(c.owed_fen, 0)
  from stay s
  left join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.account_id is not distinct from s.account_id
 where s.lot_id = $1 and s.state = 'closed' and s.plate like $2 order by s.plate, s.entered_at
"""


@pytest.fixture(scope="module")
async def priced(pool: Any, database_url: str, registered: dict[str, str]) -> None:
    """Both lots charge by the price."""
    for lot in (IN_ORDER, ANYHOW):
        await charged_by(pool, database_url, lot, f"rights-{lot}", PRICE)


def days(chance: random.Random, name: str) -> list[Say]:
    """What the gates of a lot say of five cars over three days."""
    said: list[Say] = []
    for car in range(5):
        at = NOW - timedelta(days=4) + chance.randrange(600) * timedelta(minutes=1)
        for visit in range(chance.randint(1, 4)):
            left_at = at + chance.randrange(20, 900) * timedelta(minutes=1)
            method = {"paid_by": "citizen_card"} if chance.random() < 0.3 else {}
            number = f"{name}{car}-{visit}"
            said.append(event(f"{number}i", "entry", at, plate(name, car), replay=True))
            said.append(event(f"{number}o", "exit", left_at, plate(name, car), replay=True, **method))
            at = left_at + chance.randrange(60, 600) * timedelta(minutes=1)
    return sorted(said, key=lambda each: each["occurred_at"])


def plate(name: str, car: int) -> str:
    """Plates that no camera takes for each other."""
    return f"{'鲁苏浙皖豫'[car]}{name}{'36924'[car] * 2}{'XWTPK'[car] * 2}{car}"


def in_lot(said: Say, lot: str) -> Say:
    return {**said, "lane": f"{lot}-{'in' if said['kind'] == 'entry' else 'out'}"}


def rights(district: District, lot: str, name: str) -> list[Callable[[], Awaitable[object]]]:
    """What is said of the cars: one is an ambulance for a day, two share a bay, which a third joins on the last day."""
    of_lot = district.lot(lot)
    about: dict[str, Any] = {
        "principal": ADMIN, "network": district.network, "now": NOW, "random_bits": district.random_bits
    }  # fmt: skip
    ambulance = NewVehicle(
        plate(name, 0),
        "x",
        tags=("ambulance",),
        valid_from=NOW - timedelta(days=3),
        valid_until=NOW - timedelta(days=2),
    )
    shared = [(plate(name, car), PlateColor.BLUE) for car in (1, 2)]
    plan = PassPlan("month", shared, 1, [of_lot], date(2026, 11, 13), date(2026, 11, 15), "x")
    alone = PassPlan(
        "month", [(plate(name, 3), PlateColor.BLUE)], None, [of_lot], date(2026, 11, 14), date(2026, 11, 14), "x"
    )
    return [
        lambda: entitlements.register_vehicles(
            district.pool, [ambulance], Reach(of_lot.operator_id, of_lot.id), **about
        ),
        lambda: passes.sell(district.pool, plan, **about),
        lambda: passes.sell(district.pool, alone, **about),
    ]


async def outcome(district: District, lot: str, name: str) -> list[tuple[Any, ...]]:
    while await repricing.catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits):
        pass
    return [tuple(row) for row in await district.owner.fetch(FEES, district.lot(lot).id, f"_{name}%")]


@pytest.mark.parametrize("seed", range(8))
async def test_rights_and_stays_told_anyhow_come_out_as_in_order(priced: None, district: District, seed: int) -> None:
    chance = random.Random(seed)
    name = "ABCDEFGH"[seed]
    async with district.pool.acquire() as db:
        district.network = await read_network(db, NOW)
    told = days(chance, name)
    await district.account(plate(name, 4))
    for say in rights(district, IN_ORDER, name):
        await say()
    for each in told:
        await district.record(in_lot(each, IN_ORDER))
    anyhow = [in_lot(each, ANYHOW) for each in told]
    chance.shuffle(anyhow)
    waiting = rights(district, ANYHOW, name)
    while anyhow or waiting:
        if waiting and (not anyhow or chance.random() < 0.3):
            await waiting.pop(chance.randrange(len(waiting)))()
        batch, anyhow = anyhow[: (size := chance.randint(1, 8))], anyhow[size:]
        if batch:
            await district.record(*batch)
    in_order = await outcome(district, IN_ORDER, name)
    assert await outcome(district, ANYHOW, name) == in_order
    assert any(fee == 0 for *_, fee, _, _ in in_order)
