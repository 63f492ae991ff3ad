"""Vehicles whose exits or entries were read as another text: what is said of those when they come again."""

from datetime import timedelta

from parking.decisions import Kind
from tests.conftest import NOW
from tests.district import District, event
from tests.parking.deciding import decide, fact

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
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


async def test_a_vehicle_that_was_read_as_one_that_is_inside(district: District) -> None:
    """The doubtful entry is another vehicle's, and goes with the exit of a text like it: whose, a person says."""
    for number, kind, hours, plate, sure in (
        ("ri1", "entry", 5, "鲁A260B0", 0.96),
        ("ri2", "entry", 4, "鲁A260B0", 0.48),
        ("ri3", "exit", 3, "鲁A26080", 0.97),
        ("ri4", "exit", 1, "鲁A260B0", 0.97),
    ):
        await district.answer(event(number, kind, NOW - timedelta(hours=hours), plate, confidence=sure))
        assert await district.broken() == {}
    stays = await district.owner.fetch(
        "select entered_at, left_at, doubts from stay where plate = '鲁A260B0' order by 1"
    )
    assert [(NOW - stay["entered_at"], NOW - stay["left_at"], stay["doubts"]) for stay in stays] == [
        (timedelta(hours=5), timedelta(hours=1), []),
        (timedelta(hours=4), timedelta(hours=3), ["match_probable"]),
    ]


async def test_another_look_at_a_short_plate_is_the_same_passing(district: District) -> None:
    """Texts of five characters that differ in the middle have no three of either end in common."""
    for number, text, seconds, sure in (("sh1", "A12B3", 0, 0.7), ("sh2", "A17B3", 3, 0.97)):
        at = NOW - HOUR + seconds * SECOND
        await district.record(event(number, "entry", at, text, confidence=sure, replay=True))
    inside = await district.owner.fetch("select plate from open_stay where plate like 'A1_B3'")
    assert [row["plate"] for row in inside] == ["A17B3"]
