"""Three lots in two districts of Jinan with places and names of their own, and no tariff: what the live list shows."""

import secrets
from functools import partial
from typing import Any

import sql
from parking.lots import LotKind, LotPlan
from parking.occupancy import Count
from parking.store.occupancy import counts_of
from seeds.city.network import lot_plan, small_city
from seeds.city.registration import register_network
from tests.conftest import NOW


def plan(code: str, place: tuple[float, float], district: tuple[str, str], **facts: Any) -> LotPlan:
    """A lot at a place (latitude, longitude) in a district (its name in Chinese and English)."""
    return lot_plan(
        code,
        "jn-static",
        name_zh=f"{district[0]}停车场{code[-1]}",
        name_en=f"{district[1]} Lot {code[-1]}",
        district_zh=district[0],
        district_en=district[1],
        address_zh="泉城路180号",
        latitude=place[0],
        longitude=place[1],
        **facts,
    )


PLANS = (
    plan("jn-1", (36.6683, 117.0209), ("历下区", "Lixia"), kind=LotKind.MALL, capacity=100),
    plan("jn-2", (36.6702, 117.0301), ("历下区", "Lixia"), kind=LotKind.ROAD, capacity=40),
    plan("jn-3", (36.6716, 116.9910), ("天桥区", "Tianqiao"), kind=LotKind.STATION, capacity=500),
)
CITY = small_city(PLANS, fees_bps={"jn-static": 300})


async def register(db: sql.Connection) -> list[int]:
    """Registers one operator and the three lots of PLANS, without a tariff; the lots' numbers."""
    registered = await register_network(db, CITY, now=NOW, random_bits=partial(secrets.randbits, 64))
    return [registered.lots[each.code] for each in PLANS]


async def move(db: sql.Connection, lot_id: int, by: int) -> Count:
    """The count of a lot after `by` more cars are inside, written as gate events write it."""
    await db.execute(
        "update lot_occupancy set inside = inside + $2, version = version + 1, updated_at = $3, heard_at = $3 "
        "where lot_id = $1",
        lot_id, by, NOW,
    )  # fmt: skip
    (count,) = await counts_of(db, [lot_id])
    return count
