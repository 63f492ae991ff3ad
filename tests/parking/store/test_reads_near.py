"""Which reads the database says may be of one passing: all that are, and of others few."""

import random
from datetime import timedelta
from uuid import UUID

from parking.lots import Direction
from parking.passings import SECOND_LOOK, SURE, TOGETHER, belong_together
from parking.plates import PlateColor, VehicleClass
from parking.reads import Read
from parking.store import events as store
from tests.conftest import NOW
from tests.district import QC, District, event

SECOND = timedelta(seconds=1)
PLATES = ("鲁A12B45", "鲁A12845", "鲁A12B4", "鲁A12B46", "鲁AD12345", "京A12B45", "鲁C77777")
CONFIDENCES = (0.3, 0.8999, 0.9, 0.9001, 0.97)
RECORDED = """
select e.lot_id, e.id, e.lane_id, e.effective_at as at, e.plate, round(e.confidence::numeric, 4)::float8 as confidence
  from gate_event e
  join lot on lot.id = e.lot_id
 where lot.code = $1 and e.event_id like 'near%' and e.first_id is null
"""
SINCE_EVER = (UUID(int=0), UUID(int=2**128 - 1))


async def test_what_belongs_together_is_found(district: District) -> None:
    chance = random.Random(7)
    said = [
        event(
            f"near{n}",
            "entry",
            NOW - 40 * SECOND + chance.choice((0, 0.5, 1, 2, 9, 10, 11, 20)) * SECOND,
            chance.choice(PLATES),
            confidence=chance.choice(CONFIDENCES),
        )
        for n in range(120)
    ]
    await district.record(*said)
    rows = await district.owner.fetch(RECORDED, QC)
    recorded = [
        Read(
            **row,
            direction=Direction.ENTRY,
            plate_color=PlateColor.BLUE,
            vehicle_class=VehicleClass.SMALL,
        )
        for row in rows
    ]
    assert len(recorded) > 60
    for one in recorded:
        async with district.pool.acquire() as db:
            around = await store.reads_near(db, [one], SECOND_LOOK, SINCE_EVER)
        others = [other for other in recorded if other.id != one.id]
        found = {read.id for read, near_id in around if near_id == one.id}
        assert {other.id for other in others if belong_together(one, other)} <= found
        far = {other.id for other in others if other.plate != one.plate and is_sure_and_far(one, other)}
        assert not far & found


def is_sure_and_far(one: Read, other: Read) -> bool:
    """Whether two reads of different texts can be of one vehicle no more."""
    return min(one.confidence, other.confidence) > SURE and abs(one.at - other.at) > TOGETHER
