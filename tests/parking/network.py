"""A small registered network for tests that need lots."""

from datetime import UTC, datetime

import sql
from parking.flow.lots import register_lot, register_operator
from parking.lots import Direction, LanePlan, LotKind, LotPlan
from parking.occupancy import Count
from parking.store.occupancy import counts_of

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)


def lot_plan(
    code: str, *, capacity: int, kind: LotKind, district: tuple[str, str], place: tuple[float, float]
) -> LotPlan:
    """A plan with one entry and one exit lane; `place` is latitude and longitude."""
    return LotPlan(
        code=code,
        operator_code="jn-static",
        name_zh=f"{district[0]}停车场{code[-1]}",
        name_en=f"{district[1]} Lot {code[-1]}",
        district_zh=district[0],
        district_en=district[1],
        address_zh="泉城路180号",
        kind=kind,
        capacity=capacity,
        longitude=place[1],
        latitude=place[0],
        gateway=f"{code}-gw",
        lanes=(LanePlan(f"{code}-in", "g1", Direction.ENTRY), LanePlan(f"{code}-out", "g1", Direction.EXIT)),
    )


PLANS = (
    lot_plan("jn-1", capacity=100, kind=LotKind.MALL, district=("历下区", "Lixia"), place=(36.6683, 117.0209)),
    lot_plan("jn-2", capacity=40, kind=LotKind.ROAD, district=("历下区", "Lixia"), place=(36.6702, 117.0301)),
    lot_plan("jn-3", capacity=500, kind=LotKind.STATION, district=("天桥区", "Tianqiao"), place=(36.6716, 116.9910)),
)


async def register(db: sql.Connection) -> list[int]:
    """Registers one operator and the three lots of PLANS; the lots' numbers."""
    await register_operator(
        db, code="jn-static", name_zh="济南静态交通", name_en="Jinan Static", platform_fee_bps=300, by="tests", now=NOW
    )
    return [await register_lot(db, plan, by="tests", now=NOW) for plan in PLANS]


async def move(db: sql.Connection, lot_id: int, by: int) -> Count:
    """The count of a lot after `by` more cars are inside, written as gate events write it."""
    await db.execute(
        "update lot_occupancy set inside = inside + $2, version = version + 1, updated_at = $3 where lot_id = $1",
        lot_id, by, NOW,
    )  # fmt: skip
    (count,) = await counts_of(db, [lot_id])
    return count
