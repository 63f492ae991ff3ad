"""A stay that became part of another one, which became part of a third, is the third for whoever looks it up."""

from datetime import timedelta

from parking.cases import Reason
from parking.cases import State as CaseState
from parking.decisions import Kind
from parking.lots import Direction
from tests.conftest import NOW
from tests.district import HOSPITAL, District, event
from tests.parking.deciding import MORNING, case_of, decide, fact, found, polled
from tests.parking.flow.test_cash import OWED, cash
from tests.parking.flow.test_device_facts import lifted
from tests.parking.flow.test_lifts import lifts_of

MINUTE = timedelta(minutes=1)
PLATE, MISREAD = "鲁P3K7W9", "鲁P5X2H6"


async def test_what_names_a_stay_of_before_leads_to_what_it_is_now(district: District) -> None:
    reads = {"mi": (0, "鲁P8T4A1"), "mj": (5, MISREAD), "mk": (10, PLATE)}
    for number, (minute, plate) in reads.items():
        await district.record(event(number, "entry", MORNING + minute * MINUTE, plate, lot=HOSPITAL))
    left = await district.answer(event("mo", "exit", NOW - 40 * MINUTE, PLATE, lot=HOSPITAL, confidence=0.4))
    await lifted(district, "mo-1", NOW - 39 * MINUTE)
    for number in ("mj", "mi"):
        stay = (await decide(district, Kind.PLATE, about=await fact(district, number), plate=PLATE)).stay
    assert stay is not None
    steps = "select count(*) from stay where state = 'merged' and merged_into is not null and plate = $1"
    assert (await district.count(steps, PLATE), stay.id != left.stay_id) == (2, True)

    assert (await polled(district, left.stay_id, lot=HOSPITAL)).stay_id == stay.id
    (case,) = await found(district, lot=HOSPITAL, plate=PLATE, reason=Reason.LOW_CONFIDENCE)
    assert (case.stay_id, case.stay_state, case.fee_fen, case.left_at) == (stay.id, "closed", 600, stay.left_at)
    (lift,) = [each for each in await lifts_of(district) if each.at == NOW - 39 * MINUTE]
    assert lift.stay_id == stay.id
    await district.record(cash("mo-2", 600, lot=HOSPITAL, of="mo"))
    assert await district.count(OWED, PLATE) == 0


async def test_a_case_is_found_by_the_plate_that_was_decided_and_by_that_of_its_stay(district: District) -> None:
    other, misread = "鲁P6H9C3", "鲁P2R8Y4"
    await district.record(event("ni", "entry", MORNING, other))
    await district.record(event("no", "exit", NOW, misread))
    case = await case_of(district, misread, Reason.EXIT_WITHOUT_ENTRY)
    await decide(district, Kind.PLATE, case=case.id, plate=other)
    for plate in (misread, other):
        (resolved,) = await found(district, plate=plate, state=CaseState.RESOLVED)
        assert (resolved.id, resolved.kind) == (case.id, Direction.EXIT)
    # A matched exit has the text that was read, and its stay the one of the entry.
    entry, leaving = "鲁P7B1M3", "鲁P781M3"
    await district.record(event("oi", "entry", MORNING, entry))
    await district.record(event("oo", "exit", NOW, leaving, confidence=0.8))
    probable = await case_of(district, leaving, Reason.MATCH_PROBABLE)
    assert [each.id for each in await found(district, plate=entry)] == [probable.id]
