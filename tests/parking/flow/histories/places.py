"""Two districts that are mirrors of each other: the same lots and prices, and the same vehicles with other plates."""

import secrets
from datetime import timedelta
from functools import partial
from typing import Any

import sql
from parking import tariffs
from parking.bookings import BookingRule
from parking.lots import LotKind, LotPlan
from parking.store import bookings
from parking.tariffs import Tariff
from seeds.city.network import City, CityLot, OperatorPlan, lot_plan
from seeds.city.registration import register_network
from tests.conftest import NOW
from tests.district import FIRST_DAY
from tests.parking.rights import HOURLY

# Two stretches of one road, a lot that tells passages with one inside of it, and one that is far away.
STREETS = NORTH, SOUTH = "north", "south"
MALL, CELLAR, FAR = "mall", "cellar", "far"
LOTS = (NORTH, SOUTH, MALL, CELLAR, FAR)
ROAD_WITHIN_MIN = 10
UNIT_FEN, UNIT_MIN = 200, 60
SINCE = NOW - timedelta(days=15)
PROVINCES = {"a": "苏", "b": "皖"}
TOLD_IN_ORDER, TOLD_ANYHOW = PROVINCES

# New energy vehicles have two free hours, remembered in the whole city.
ALONG_ROADS = """
[[quotas]]
code = "nev"
name_zh = "新能源汽车免费时长"
name_en = "New energy vehicles"
who = { new_energy = true }
minutes = 120
counts = "chargeable"
memory = { per = "sliding", hours = 24, scope = "city" }
"""
WITH_RIGHTS = """
[[exempt]]
name_zh = "救护车"
name_en = "Ambulances"
who = { tags = ["ambulance"] }

[booking]
grace_min = 10

[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"

[[discounts]]
code = "half"
name_zh = "半价"
name_en = "Half price"
kind = "percent"
percent = 50
coupon = true

[[discounts]]
code = "card"
name_zh = "市民卡八折"
name_en = "Citizen card"
kind = "percent"
percent = 20
paid_by = ["citizen_card"]
"""


def code_of(lot: str, of: str) -> str:
    """A lot of one of the districts; `of`: the history and the district."""
    return f"{lot}-{of}"


async def register(db: sql.Connection, number: int) -> None:
    """Registers the two districts of a history."""
    for side in PROVINCES:
        of = f"{number}-{side}"
        city, rail = f"city-{of}", f"rail-{of}"
        bits = partial(secrets.randbits, 64)
        prices = {each.code: each for each in (_price(f"road-{of}", ALONG_ROADS), _price(f"lot-{of}", WITH_RIGHTS))}
        lots = tuple(
            CityLot(plan, f"road-{of}" if plan.kind is LotKind.ROAD else f"lot-{of}") for plan in _plans(of, city, rail)
        )
        operators = tuple(OperatorPlan(code, code, code, 100) for code in (city, rail))
        await register_network(db, City(operators, prices, lots), now=SINCE, random_bits=bits, prices_since=FIRST_DAY)
        mall_id = await db.fetchval("select id from lot where code = $1", code_of(MALL, of))
        await bookings.set_rule(db, mall_id, BookingRule(spaces=50))


def _price(code: str, rules: str) -> Tariff:
    return tariffs.from_toml((HOURLY.format(code=code) + rules).encode())


def _plans(of: str, city: str, rail: str) -> list[LotPlan]:
    def plan(lot: str, operator: str = city, **more: Any) -> LotPlan:
        return lot_plan(code_of(lot, of), operator, **more)

    road: dict[str, Any] = {"kind": LotKind.ROAD, "road": f"lishan-{of}", "road_within_min": ROAD_WITHIN_MIN}
    return [
        plan(NORTH, **road),
        plan(SOUTH, **road, latitude=36.675),
        plan(MALL, kind=LotKind.MALL, capacity=300, confirms_passages=True, longitude=117.08),
        plan(CELLAR, kind=LotKind.MALL, capacity=100, inside_of=code_of(MALL, of), longitude=117.08),
        plan(FAR, rail, kind=LotKind.STATION, capacity=500, longitude=117.6),
    ]
