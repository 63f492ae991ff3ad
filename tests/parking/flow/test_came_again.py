"""A vehicle comes again long after its exit was read as another text: what is said of that exit then."""

from datetime import timedelta

from parking.decisions import Kind
from tests.conftest import NOW
from tests.district import District, event
from tests.parking.deciding import decide, fact

DAY = timedelta(days=1)
STAYS = """
select state::text, entered_at, seen_again_at from stay where plate = $1 and state not in ('open', 'merged')
union all
select 'inside', entered_at, null from open_stay where plate = $1
 order by 2
"""


async def test_who_came_again_is_inside_once_also_if_the_exit_before_was_none(district: District) -> None:
    plate = "鲁A6B28C"
    told = (("ca1", "entry", 10, plate), ("ca2", "exit", 9, "鲁A6828C"), ("ca3", "entry", 3, plate))
    for number, kind, days, text in told:
        at = NOW - days * DAY
        await district.record(event(number, kind, at, text), received_at=at)
    await decide(district, Kind.VOID, about=await fact(district, "ca2"))
    rows = [tuple(row) for row in await district.owner.fetch(STAYS, plate)]
    assert rows == [("superseded", NOW - 10 * DAY, NOW - 3 * DAY), ("inside", NOW - 3 * DAY, None)]
    assert await district.broken() == {}
