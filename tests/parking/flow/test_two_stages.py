"""What a camera tells again under the id that it had, with other content: fuller, better read, or of another car."""

from datetime import timedelta

import pytest
from msgspec import structs

from parking.answers import Status
from parking.barrier import Command
from tests.conftest import NOW
from tests.district import STATION, District, event, facts

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
MORNING = NOW - 3 * HOUR


async def reads_of(district: District, event_id: str) -> list[tuple[bool, str]]:
    """What is recorded under an id: whether it is one more read, and its plate."""
    rows = await district.owner.fetch(
        "select first_id, plate from gate_event where event_id = $1 order by id", event_id
    )
    return [(row["first_id"] is not None, row["plate"]) for row in rows]


async def test_a_camera_that_tells_a_passing_in_two_stages(district: District) -> None:
    """The second stage adds colour and pictures under the same id: it is kept, answered as the first, and no fact."""
    first = event("j1", "entry", MORNING, "鲁A10009", plate_color="unknown")
    fuller = {**first, "plate_color": "blue", "images": [{"role": "plate", "ref": "oss://j1.jpg"}]}
    told = await district.answer(first)
    again = await district.answer(fuller)
    assert again == structs.replace(told, status=Status.DUPLICATE)
    assert await district.answer(fuller) == again
    corrected = await district.answer({**fuller, "plate": "鲁A10008", "occurred_at": (MORNING + SECOND).isoformat()})
    assert (corrected.status, corrected.stay_id) == ("duplicate", told.stay_id)
    # What is received in one millisecond has no order.
    assert sorted(await reads_of(district, "j1")) == [(False, "鲁A10009"), (True, "鲁A10008"), (True, "鲁A10009")]
    assert await district.count("select count(*) from open_stay where plate in ('鲁A10008', '鲁A10009')") == 1
    await district.answer(event("j1o", "exit", MORNING + MINUTE, "鲁A10009"))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("turned", [False, True])
async def test_a_camera_that_first_reads_no_plate(district: District, turned: bool, whole: bool) -> None:
    """In whatever order its two reads come, the car is inside, nobody has to look, and it leaves as any other."""
    number, plate = f"j5{turned:d}{whole:d}", f"鲁A15{turned:d}{whole:d}5"
    blind = event(number, "entry", MORNING, "", confidence=0, plate_color="unknown", lot=STATION)
    seen = event(number, "entry", MORNING + 2 * SECOND, plate, confidence=0.97, lot=STATION)
    said = [seen, blind] if turned else [blind, seen]
    answers = await district.record(*said) if whole else [await district.answer(each) for each in said]
    by_plate = answers[0] if turned else answers[1]
    assert facts(by_plate) == ("recorded", "open", None, None, None)
    # The same again is answered by what is known now.
    again = await district.record(*said)
    assert [(each.status, each.gate, each.stay_id) for each in again] == [("duplicate", "open", by_plate.stay_id)] * 2
    assert await district.count(f"select count(*) from open_stay where plate = '{plate}'") == 1
    open_cases = (
        "select count(*) from parking_case k join gate_event e on e.id = k.event_id "
        "where e.event_id = $1 and k.resolved_at is null"
    )
    assert await district.count(open_cases, number) == 0
    assert await district.broken() == {}
    left = await district.answer(event(f"{number}o", "exit", MORNING + 5 * MINUTE, plate, lot=STATION))
    assert (left.stay_id, left.gate, left.status) == (by_plate.stay_id, "open", "recorded")


@pytest.mark.parametrize("turned", [False, True])
async def test_a_second_stage_that_reads_better(district: District, turned: bool) -> None:
    """One car, by the text that was read more surely, whichever is told first."""
    number, plate = f"j6{turned:d}", "鲁AKW518" if turned else "鲁AJT608"
    doubtful = event(number, "entry", MORNING, plate.replace("8", "B"), confidence=0.5, lot=STATION)
    sure = event(number, "entry", MORNING + SECOND, plate, confidence=0.97, lot=STATION)
    answers = [await district.answer(each) for each in ([sure, doubtful] if turned else [doubtful, sure])]
    assert {each.gate for each in answers} == {Command.OPEN}
    inside = await district.owner.fetch("select plate from open_stay where plate like $1", f"{plate[:-1]}%")
    assert [row["plate"] for row in inside] == [plate]
    assert await district.broken() == {}
    left = await district.answer(event(f"{number}o", "exit", MORNING + 5 * MINUTE, plate, lot=STATION))
    assert left.gate is Command.OPEN


async def test_another_car_under_the_id_of_the_one_before(district: District) -> None:
    one = await district.answer(event("j7", "entry", MORNING, "鲁A10701", lot=STATION))
    other = await district.answer(event("j7", "entry", MORNING + 4 * SECOND, "鲁C88632", lot=STATION))
    assert (other.gate, other.reason in ("numbers_restarted", None)) == (Command.OPEN, True)
    assert None not in (one.stay_id, other.stay_id)
    assert one.stay_id != other.stay_id
    for number, plate in (("j7a", "鲁A10701"), ("j7b", "鲁C88632")):
        await district.record(event(number, "exit", MORNING + MINUTE, plate, lot=STATION))


async def test_two_stages_in_one_batch(district: District) -> None:
    first = event("j2", "entry", MORNING, "鲁A10010")
    told, again = await district.record(first, {**first, "confidence": 0.99})
    assert again == structs.replace(told, status=Status.DUPLICATE)
    assert [is_more for is_more, _ in await reads_of(district, "j2")] == [False, True]
    await district.answer(event("j2o", "exit", MORNING + MINUTE, "鲁A10010"))
