"""Cars that nobody saw leave: they leave the count, and one case asks a person to look."""

from datetime import timedelta

from parking.flow.occupancy import leave_out_long_inside
from tests.conftest import NOW
from tests.district import QC, STATION, District, event, facts

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CASES = """
select count(*) from parking_case k join gate_event e on e.id = k.event_id
 where k.reason = 'inside_too_long' and k.resolved_at is null and e.event_id = $1
"""


async def test_a_car_that_is_inside_longer_than_usual_leaves_the_count(district: District) -> None:
    long_ago, yesterday = NOW - 25 * HOUR, NOW - 23 * HOUR
    await district.record(event("a", "entry", long_ago, "鲁A10001", replay=True))
    await district.record(event("b", "entry", yesterday, "鲁A10002", replay=True))
    await district.record(event("c", "entry", long_ago, "鲁A10003", lot=STATION, replay=True))
    assert (await district.inside(QC), await district.inside(STATION)) == (2, 1)
    assert await leave_out_long_inside(district.pool, now=NOW) == 1
    assert await leave_out_long_inside(district.pool, now=NOW) == 0
    assert (await district.inside(QC), await district.inside(STATION)) == (1, 1)
    assert await district.count(CASES, "a") == 1
    # Should it have been there all the time, it leaves as any other, and is not taken off the count again.
    left = await district.answer(event("d", "exit", NOW, "鲁A10001"))
    assert facts(left)[0::4] == ("review", "long_stay")
    assert await district.inside(QC) == 1
    assert await district.count(CASES, "a") == 0


async def test_a_lot_that_counts_itself_has_left_it_out_before(district: District) -> None:
    occupied = "select inside + correction from lot_occupancy where lot_id = $1"
    lot_id = district.lot(QC).id
    await district.record(event("e", "entry", NOW - 30 * HOUR, "鲁A20001", replay=True))
    # Its own count, two hours ago, found ten cars.
    free = district.lot(QC).capacity - 10
    await district.record(
        event("f", "entry", NOW - 2 * HOUR, "鲁A20002", remaining_spaces=free), received_at=NOW - 2 * HOUR
    )
    assert await district.count(occupied, lot_id) == 10
    assert await leave_out_long_inside(district.pool, now=NOW) == 1
    assert await district.count(occupied, lot_id) == 10


async def test_read_again_at_its_lane_it_stays_left_out(district: District) -> None:
    before = await district.inside(QC)
    await district.record(event("g", "entry", NOW - 30 * HOUR, "鲁A30001", replay=True))
    await leave_out_long_inside(district.pool, now=NOW)
    late = event("h", "entry", NOW - 30 * HOUR + timedelta(minutes=1), "鲁A30001", replay=True)
    assert facts(await district.answer(late))[0] == "recorded"
    assert await district.inside(QC) == before
    assert await district.count("select count(*) from open_stay where plate = '鲁A30001' and not counted") == 1
