"""What people decide about what devices said: a car that passed unread, cash without a charge, a list that differs."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from parking.cases import Reason
from parking.decisions import DecisionContradicted, DecisionUnfit, Kind
from parking.flow.cases import CaseShown
from parking.stays import State
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, visit
from tests.parking.deciding import decide, found
from tests.parking.flow.test_device_facts import said
from tests.parking.flow.test_passages import charged, passage, pay, state_of

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
MORNING = NOW - 3 * HOUR


async def case_about(district: District, event_id: str, lot: str = QC) -> CaseShown:
    """The case about what a device said, by what its gateway called it."""
    fact: UUID = await district.owner.fetchval("select id from device_fact where event_id = $1", event_id)
    (case,) = [each for each in await found(district, lot=lot) if each.event_id == fact]
    return case


async def open_about(district: District, event_id: str, lot: str = QC) -> Sequence[CaseShown]:
    fact: UUID = await district.owner.fetchval("select id from device_fact where event_id = $1", event_id)
    return [each for each in await found(district, lot=lot) if each.event_id == fact]


async def test_who_passed_the_exit_unread_has_left(district: District) -> None:
    await district.record(event("ai", "entry", MORNING, "鲁P10001"))
    before = await district.inside()
    await district.answer(passage("ap", "exit", NOW - HOUR, "passed"))
    case = await case_about(district, "ap")
    assert (case.lane, case.occurred_at, case.reason) == (f"{QC}-out", NOW - HOUR, Reason.PASSAGE_WITHOUT_READ)
    assert case.device is not None
    assert b'"outcome": "passed"' in bytes(case.device)
    made = await decide(district, Kind.MANUAL_EXIT, case=case.id, plate="鲁P1·0001", key="once")
    assert made.stay is not None
    assert (made.stay.state, made.stay.left_at, await district.inside()) == (State.CLOSED, NOW - HOUR, before - 1)
    assert await open_about(district, "ap") == []
    assert await district.count("select fee_fen from stay where id = $1", made.stay.id) == 400
    again = await decide(district, Kind.MANUAL_EXIT, case=case.id, plate="鲁P1·0001", key="once")
    assert (again.decision, again.stay) == (made.decision, None)
    for kind, plate in ((Kind.VOID, None), (Kind.MANUAL_EXIT, "鲁P20002")):
        with pytest.raises(DecisionContradicted):
            await decide(district, kind, case=case.id, plate=plate, key="once")
    assert await district.broken() == {}
    # It was another car: that one has left, and this one is inside again.
    await district.record(event("aj", "entry", MORNING, "鲁P20002"))
    await decide(district, Kind.MANUAL_EXIT, case=case.id, plate="鲁P20002")
    assert (await state_of(district, "鲁P10001"), await state_of(district, "鲁P20002")) == (["inside"], ["closed"])
    await decide(district, Kind.UNDO, case=case.id, undoes=2)
    assert (await state_of(district, "鲁P10001"), await state_of(district, "鲁P20002")) == (["closed"], ["inside"])
    await decide(district, Kind.UNDO, case=case.id, undoes=1)
    assert await state_of(district, "鲁P10001") == ["inside"]
    assert [each.id for each in await open_about(district, "ap")] == [case.id]
    assert [each.kind for each in (await case_about(district, "ap")).decisions if each.event_id == case.event_id] == [
        "manual_exit",
        "manual_exit",
        "undo",
        "undo",
    ]
    assert await district.broken() == {}


async def test_who_passed_the_entry_unread_is_inside(district: District) -> None:
    await district.answer(passage("bp", "entry", MORNING, "passed", lot=HOSPITAL))
    case = await case_about(district, "bp", HOSPITAL)
    before = await district.inside(HOSPITAL)
    with pytest.raises(DecisionUnfit):
        await decide(district, Kind.MANUAL_EXIT, case=case.id, plate="鲁P30003")
    for plate in (None, "无牌"):
        with pytest.raises(DecisionUnfit):
            await decide(district, Kind.MANUAL_ENTRY, case=case.id, plate=plate)
    with pytest.raises(DecisionUnfit):
        await decide(district, Kind.LET_OUT_FREE, case=case.id)
    await decide(district, Kind.MANUAL_ENTRY, case=case.id, plate="鲁P30003")
    assert await district.inside(HOSPITAL) == before + 1
    left = await district.answer(event("bo", "exit", NOW, "鲁P30003", lot=HOSPITAL))
    assert (left.fee_fen, left.reason) == (600, None)
    assert await district.broken() == {}


async def test_a_lot_that_tells_passages_knows_that_who_was_entered_by_hand_has_left(district: District) -> None:
    lot = STATION
    await district.owner.execute(
        "update lot_occupancy set tells_passages = true where lot_id = $1", district.lot(lot).id
    )
    await district.record(event("ci", "entry", MORNING, "鲁P40004", lot=lot))
    await district.answer(passage("cp", "exit", NOW - HOUR, "passed", lot=lot))
    case = await case_about(district, "cp", lot)
    await decide(district, Kind.MANUAL_EXIT, case=case.id, plate="鲁P40004")
    passed = "select count(*) from read_passage where lot_id = $1 and passed_at is not null and counts"
    assert await district.count(passed, district.lot(lot).id) >= 1
    assert await district.count("select count(*) from stay where plate = '鲁P40004' and not at_exit") == 1
    assert await district.broken() == {}


async def test_what_turned_nobody_back_is_void(district: District) -> None:
    _, left = await district.record(*visit("d", "鲁P50005", MORNING, NOW - 2 * HOUR))
    await pay(district, left, NOW)
    await district.answer(passage("dp", "exit", NOW - 2 * HOUR + MINUTE, "turned_back", of="do"))
    assert await state_of(district, "鲁P50005") == ["inside"]
    fact: UUID = await district.owner.fetchval("select id from device_fact where event_id = 'dp'")
    await decide(district, Kind.VOID, about=fact)
    assert (await state_of(district, "鲁P50005"), (await charged(district, left))[2]) == (["closed"], 0)
    assert await district.broken() == {}
    await decide(district, Kind.UNDO, about=fact, undoes=1)
    assert await state_of(district, "鲁P50005") == ["inside"]
    assert await district.broken() == {}


async def test_what_is_found_right_is_no_case_whatever_is_told_later(district: District) -> None:
    await district.answer(passage("ep", "exit", NOW - 4 * HOUR, "passed", lot=HOSPITAL))
    case = await case_about(district, "ep", HOSPITAL)
    await decide(district, Kind.RIGHT, case=case.id)
    # Another passage at the lane has them all looked at anew.
    await district.answer(passage("eq", "exit", NOW - 4 * HOUR + MINUTE, "passed", lot=HOSPITAL, replay=True))
    assert await open_about(district, "ep", HOSPITAL) == []
    listed = said("er", "plates_inside", NOW, lot=HOSPITAL, plates=["鲁P77777"])
    await district.answer(listed)
    of_list = await case_about(district, "er", HOSPITAL)
    assert of_list.found is not None
    assert "鲁P77777".encode() in bytes(of_list.found)
    await decide(district, Kind.RIGHT, case=of_list.id)
    assert await open_about(district, "er", HOSPITAL) == []
    await decide(district, Kind.UNDO, case=of_list.id, undoes=1)
    assert [each.id for each in await open_about(district, "er", HOSPITAL)] == [of_list.id]


async def test_cash_without_a_charge_is_given_to_a_car(district: District) -> None:
    _, left = await district.record(*visit("f", "鲁P60006", MORNING, NOW - MINUTE))
    await district.answer(said("fc", "cash", NOW, lot=QC, amount_fen=600, person="li", plate="鲁P60O06"))
    case = await case_about(district, "fc")
    assert case.reason is Reason.CASH_TAKEN
    await decide(district, Kind.PLATE, case=case.id, plate="鲁P60006")
    assert (await charged(district, left))[1:3] == (600, 0)
    assert await open_about(district, "fc") == []
    for kind, more in ((Kind.UNDO, {"undoes": 1}), (Kind.PLATE, {"plate": "鲁P60007"})):
        with pytest.raises(DecisionUnfit):
            await decide(district, kind, case=case.id, **more)
    # What was told by mistake waits for nobody, until that is undone.
    await district.record(*visit("g", "鲁P70007", MORNING, NOW - MINUTE))
    await district.answer(said("gc", "cash", NOW - 90 * MINUTE, lot=QC, amount_fen=200, plate="鲁P70008"))
    wrong = await case_about(district, "gc")
    await decide(district, Kind.VOID, case=wrong.id)
    await decide(district, Kind.PLATE, case=wrong.id, plate="鲁P70009")
    assert [each.id for each in await open_about(district, "gc")] == [wrong.id]
    await decide(district, Kind.VOID, case=wrong.id)
    assert await open_about(district, "gc") == []
    assert await district.broken() == {}
