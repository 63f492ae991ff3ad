"""Deciding in PostgreSQL: stays, money, the barrier, the count and cases follow what a person says of an event."""

import asyncio
from copy import copy
from typing import Any
from uuid import UUID

import pytest

from parking.barrier import Command
from parking.cases import Reason, UnknownCase
from parking.cases import State as CaseState
from parking.decisions import DecisionContradicted, DecisionUnfit, FactTooOld, Kind, NoSuchFact
from parking.plates import PlateColor
from parking.stays import State, UnknownStay
from payments.charges import ChargeState
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, visit
from tests.parking.deciding import HOUR, MINUTE, MORNING, case_of, decide, fact, found, polled, wallet
from tests.payments.city import City

# -- which vehicle it was


async def test_a_misread_exit_is_put_to_its_entry(district: District) -> None:
    await district.record(event("ni", "entry", MORNING, "鲁A40001"))
    left = await district.answer(event("no", "exit", NOW, "鲁B77777"))
    assert (left.gate, left.reason) == (Command.HOLD, "exit_without_entry")
    case = await case_of(district, "鲁B77777", Reason.EXIT_WITHOUT_ENTRY)
    assert case.candidates == []
    decided = await decide(district, Kind.PLATE, case=case.id, plate="鲁A40001")
    assert decided.stay is not None
    assert (decided.stay.state, await district.inside()) == (State.CLOSED, 0)
    now = await polled(district, left.stay_id)
    assert (now.fee_fen, now.gate, now.charge_state) == (600, Command.HOLD, ChargeState.DUE)
    assert (await found(district, plate="鲁B77777")) == []
    (resolved,) = await found(district, plate="鲁B77777", state=CaseState.RESOLVED)
    assert (resolved.resolved_by, resolved.note, resolved.at_stake_fen) == ("li", "seen on the picture", 600)
    assert [(each.n, each.kind, each.decided_by) for each in resolved.decisions] == [(1, "plate", "li")]


async def test_an_entry_that_was_found_is_a_pair_and_undone_is_none(district: District) -> None:
    entered = await district.answer(
        event("pi", "entry", MORNING, "鲁A50001", images=[{"role": "whole", "ref": "oss://pi.jpg"}])
    )
    await district.record(event("pj", "entry", MORNING, "鲁A50003"))
    await district.record(event("po", "exit", NOW, "鲁A50002"))
    case = await case_of(district, "鲁A50002", Reason.EXIT_WITHOUT_ENTRY)
    assert {(each.plate, each.likeness) for each in case.candidates} == {
        *(("鲁A50001", "one_off"), ("鲁A50003", "one_off"))
    }
    assert any(each.images is not None and b"oss://pi.jpg" in bytes(each.images) for each in case.candidates)
    decided = await decide(district, Kind.PAIR, case=case.id, stay_id=entered.stay_id)
    assert decided.stay is not None
    assert (decided.stay.state, decided.stay.doubts, await district.inside()) == (State.CLOSED, (), 1)
    assert await found(district, plate="鲁A50002") == []
    assert await district.broken() == {}
    await decide(district, Kind.UNDO, case=case.id, undoes=1)
    assert await district.inside() == 2
    again = await case_of(district, "鲁A50002", Reason.EXIT_WITHOUT_ENTRY)
    assert (again.resolved_by, len(again.decisions)) == (None, 2)
    assert await district.broken() == {}
    for number, plate in (("pq", "鲁A50001"), ("pr", "鲁A50003")):
        await district.record(event(number, "exit", NOW, plate))


async def test_what_no_camera_saw_is_entered_by_hand(district: District) -> None:
    await district.record(event("qo", "exit", NOW, "鲁A60001"))
    case = await case_of(district, "鲁A60001", Reason.EXIT_WITHOUT_ENTRY)
    made = await decide(district, Kind.MANUAL_ENTRY, case=case.id, entered_at=MORNING, key="k")
    again = await decide(district, Kind.MANUAL_ENTRY, case=case.id, entered_at=MORNING, key="k")
    assert again.decision == made.decision
    assert made.stay is not None
    assert (made.stay.entered_at, made.stay.left_at) == (MORNING, NOW)
    assert (await polled(district, made.stay.id)).fee_fen == 600
    assert await district.broken() == {}
    for kind, at in ((Kind.VOID, MORNING), (Kind.MANUAL_ENTRY, MORNING - HOUR)):
        with pytest.raises(DecisionContradicted):
            await decide(district, kind, case=case.id, entered_at=at, key="k")
    # It can be void as any event, and is one that a look-up of decisions names.
    shown = await case_of(district, "鲁A60001", Reason.EXIT_WITHOUT_ENTRY, state=CaseState.ALL)
    await decide(district, Kind.VOID, about=shown.decisions[0].event_id)
    assert (await case_of(district, "鲁A60001", Reason.EXIT_WITHOUT_ENTRY)).stay_state == "exit_only"
    assert await district.count("select count(*) from charge where amount_fen > 0 and stay_id = $1", made.stay.id) == 0


async def test_an_event_that_was_no_vehicle_is_void_until_that_is_undone(district: District) -> None:
    await district.record(*visit("r", "鲁A70001", MORNING, NOW))
    await district.record(event("rx", "entry", NOW, "鲁A70002"))
    entered, left, ghost = [await fact(district, each) for each in ("ri", "ro", "rx")]
    assert await district.inside() == 1
    await decide(district, Kind.VOID, about=ghost)
    assert await district.inside() == 0
    decided = await decide(district, Kind.VOID, about=left)
    assert (decided.stay, await district.inside()) == (None, 1)
    assert await district.count("select coalesce(sum(owed_fen), 0) from charge where stay_id = $1", entered) == 0
    assert await district.broken() == {}
    undone = await decide(district, Kind.UNDO, about=left, undoes=1)
    assert undone.stay is not None
    assert (await polled(district, undone.stay.id)).fee_fen == 600
    assert await district.inside() == 0


async def test_a_read_without_a_plate_counts_once_somebody_says_which_it_was(district: District) -> None:
    await district.record(event("si", "entry", MORNING, "无牌"))
    (case,) = [
        each for each in await found(district, reason=Reason.NO_PLATE) if each.event_id == await fact(district, "si")
    ]
    decided = await decide(district, Kind.PLATE, case=case.id, plate="鲁A80001")
    assert (decided.stay and decided.stay.state, await district.inside()) == (State.OPEN, 1)
    assert [each.id for each in await found(district, reason=Reason.NO_PLATE) if each.id == case.id] == []
    left = await district.answer(event("so", "exit", NOW, "鲁A80001"))
    assert (left.fee_fen, left.reason) == (600, None)
    assert await district.broken() == {}
    await decide(district, Kind.UNDO, case=case.id, undoes=1)
    assert [each.id for each in await found(district, reason=Reason.NO_PLATE) if each.id == case.id] == [case.id]


# -- doubts


async def test_a_match_found_right_is_charged(district: District) -> None:
    city = City(district.pool, district.owner, NOW, district.random_bits)
    driver = await district.account("鲁AB1234")
    await city.top_up(driver, 10_000)
    await district.record(event("wi", "entry", MORNING, "鲁AB1234"))
    await district.record(event("wo", "exit", NOW, "鲁A81234", confidence=0.8))
    await city.collect()
    assert await wallet(district, driver) == 10_000
    case = await case_of(district, "鲁A81234", Reason.MATCH_PROBABLE)
    assert (case.at_stake_fen, [each.plate for each in case.candidates]) == (600, ["鲁AB1234"])
    await decide(district, Kind.RIGHT, case=case.id)
    await city.collect()
    assert (await wallet(district, driver), await found(district, plate="鲁A81234")) == (9_400, [])


async def test_whose_plate_was_read_at_the_exit_pays_once_somebody_says_so(district: District) -> None:
    driver = await district.account("鲁AC8S53")
    await district.record(event("vi", "entry", MORNING, "鲁AC8SS3", confidence=0.9))
    await district.record(event("vo", "exit", NOW, "鲁AC8S53", confidence=0.8))
    entered, left = await fact(district, "vi"), await fact(district, "vo")
    payers = "select account_id from charge where stay_id = $1 and amount_fen > 0 and state <> 'void'"
    assert [row["account_id"] for row in await district.owner.fetch(payers, entered)] == [None]
    await decide(district, Kind.PLATE, about=left, plate="鲁AC8S53")
    assert [row["account_id"] for row in await district.owner.fetch(payers, entered)] == [driver]
    assert await district.broken() == {}
    await decide(district, Kind.UNDO, about=left, undoes=1)
    assert [row["account_id"] for row in await district.owner.fetch(payers, entered)] == [None]


@pytest.mark.parametrize(
    ("number", "plate", "entered", "confidence", "reason"),
    [
        ("xa", "鲁AEK8X6", MORNING, 0.4, Reason.LOW_CONFIDENCE),
        ("xb", "鲁AHT7V4", NOW - 20 * 24 * HOUR, 0.95, Reason.LONG_STAY),
    ],
)
async def test_a_doubt_that_was_looked_at_holds_nothing_back(
    district: District, number: str, plate: str, entered: Any, confidence: float, reason: Reason
) -> None:
    await district.account(plate)
    await district.record(event(f"{number}i", "entry", entered, plate, replay=True))
    await district.record(event(f"{number}o", "exit", NOW, plate, confidence=confidence))
    held = "select count(*) from charge_hold where released_at is null and reason = $1"
    assert await district.count(held, reason.value) == 1
    case = await case_of(district, plate, reason)
    await decide(district, Kind.RIGHT, case=case.id)
    assert await district.count(held, reason.value) == 0
    assert await found(district, plate=plate) == []
    await decide(
        district,
        Kind.UNDO,
        case=case.id,
        undoes=len((await found(district, plate=plate, state=CaseState.ALL))[0].decisions),
    )
    assert await district.broken() == {}


# -- what is refused


async def test_what_cannot_be_decided_is_refused_and_changes_nothing(district: District) -> None:
    entered = await district.answer(event("yi", "entry", MORNING, "鲁AC0001"))
    other = await district.answer(event("yj", "entry", MORNING, "鲁AC8801"))
    await district.record(event("yo", "exit", NOW, "鲁AC5501"))
    case = await case_of(district, "鲁AC5501", Reason.EXIT_WITHOUT_ENTRY)
    entry_fact = await fact(district, "yi")
    before = await district.count("select count(*) from decision")
    refused: list[tuple[type[Exception], Kind, dict[str, Any]]] = [
        (UnknownCase, Kind.VOID, {"case": UUID(int=7)}),
        (UnknownCase, Kind.VOID, {"case": case.id, "lot_ids": [district.lot(HOSPITAL).id]}),
        (NoSuchFact, Kind.VOID, {"about": UUID(int=7)}),
        (NoSuchFact, Kind.VOID, {"about": entry_fact, "lot_ids": []}),
        (UnknownStay, Kind.PAIR, {"case": case.id, "stay_id": UUID(int=7)}),
        (DecisionUnfit, Kind.PAIR, {"about": entry_fact, "stay_id": other.stay_id}),
        (DecisionUnfit, Kind.PAIR, {"case": case.id}),
        (DecisionUnfit, Kind.PLATE, {"case": case.id}),
        (DecisionUnfit, Kind.PLATE, {"case": case.id, "plate": "未知"}),
        (DecisionUnfit, Kind.UNDO, {"case": case.id, "undoes": 1}),
        (DecisionUnfit, Kind.MANUAL_ENTRY, {"case": case.id}),
        (DecisionUnfit, Kind.MANUAL_ENTRY, {"case": case.id, "entered_at": NOW + HOUR}),
        (DecisionUnfit, Kind.MANUAL_ENTRY, {"case": case.id, "entered_at": MORNING, "lane": f"{QC}-out"}),
        (DecisionUnfit, Kind.LET_OUT_FREE, {"about": entry_fact}),
    ]
    for error, kind, said in refused:
        with pytest.raises(error):
            await decide(district, kind, **said)
    assert await district.count("select count(*) from decision") == before
    late = copy(district)
    late.now = NOW + 40 * 24 * HOUR
    with pytest.raises(FactTooOld):
        await decide(late, Kind.VOID, case=case.id)
    await decide(district, Kind.PAIR, case=case.id, stay_id=entered.stay_id)
    await district.record(event("yk", "exit", NOW, "鲁AC8801"))


async def test_an_exit_that_has_its_entry_is_no_half(district: District) -> None:
    await district.record(*visit("z", "鲁AC2001", MORNING, NOW))
    other = await district.answer(event("zx", "entry", MORNING, "鲁AC9999"))
    with pytest.raises(DecisionUnfit):
        await decide(district, Kind.PAIR, about=await fact(district, "zo"), stay_id=other.stay_id)
    await district.record(event("zy", "exit", NOW, "鲁AC9999"))


async def test_the_color_of_a_plate_is_its_own(district: District) -> None:
    await district.record(event("ai", "entry", MORNING, "鲁AC3001"))
    decided = await decide(
        district, Kind.PLATE, about=await fact(district, "ai"), plate="鲁AC3001", plate_color=PlateColor.YELLOW
    )
    assert decided.stay is not None
    assert decided.stay.plate_color is PlateColor.YELLOW
    left = await district.answer(event("ao", "exit", NOW, "鲁AC3001", plate_color="yellow"))
    assert left.fee_fen == 1200


async def test_who_decided_what_is_in_the_audit_log(district: District) -> None:
    await district.record(event("bi", "entry", NOW, "鲁AC4001"))
    about = await fact(district, "bi")
    await decide(district, Kind.VOID, about=about)
    row = await district.owner.fetchrow("select actor, action from audit where subject = $1", str(about))
    assert row is not None
    assert tuple(row) == ("li", "event.decide")


async def test_two_who_decide_at_once_take_turns(district: District) -> None:
    await district.record(event("ci", "entry", MORNING, "鲁AC6001"))
    about = await fact(district, "ci")
    same = await asyncio.gather(*(decide(district, Kind.VOID, about=about, key="same") for _ in range(4)))
    assert {each.decision.n for each in same} == {1}
    plates = ("鲁AC6777", "鲁AC6888", "鲁AC6999")
    told = [decide(district, Kind.PLATE, about=about, plate=plate) for plate in plates]
    left = asyncio.create_task(district.record(event("co", "exit", NOW, "鲁AC6777")))
    assert sorted(each.decision.n for each in await asyncio.gather(*told)) == [2, 3, 4]
    await left
    await decide(district, Kind.PLATE, about=about, plate="鲁AC6777")
    assert await district.inside() == 0
    assert await district.broken() == {}


async def test_what_is_undone_is_no_case_again_where_the_stay_is_whole(district: District) -> None:
    left = [event(f"uo{sure}", "exit", NOW - HOUR, "鲁A83001", confidence=sure) for sure in (0.4, 0.9)]
    await district.record(*({**each, "replay": True} for each in left))
    await decide(district, Kind.PLATE, about=await fact(district, "uo0.4"), plate="鲁A83001")
    await district.record({**event("ui", "entry", MORNING, "鲁A83001"), "replay": True})
    await decide(district, Kind.UNDO, about=await fact(district, "uo0.4"), undoes=1)
    assert await found(district, plate="鲁A83001") == []
    assert await district.broken() == {}


async def test_a_doubtful_read_is_a_case_again_once_its_stay_is_whole_no_more(district: District) -> None:
    for sure in (0.4, 0.9):
        at = MORNING + sure * MINUTE
        await district.record(
            {**event(f"zz{sure}", "entry", at, "鲁K57X36", lot=STATION, confidence=sure), "replay": True}
        )
    await district.record({**event("zzo", "exit", NOW, "鲁K51X36", lot=STATION, confidence=0.5), "replay": True})
    await decide(district, Kind.RIGHT, about=await fact(district, "zzo"))
    assert await found(district, lot=STATION, plate="鲁K57X36", reason=Reason.LOW_CONFIDENCE) == []
    await decide(district, Kind.VOID, about=await fact(district, "zzo"))
    assert len(await found(district, lot=STATION, plate="鲁K57X36", reason=Reason.LOW_CONFIDENCE)) == 1
    assert await district.broken() == {}
    for number in ("zz0.4", "zz0.9"):
        await decide(district, Kind.VOID, about=await fact(district, number))


async def test_a_doubtful_exit_that_was_found_right_is_before_nobody_once_its_entry_is_told(district: District) -> None:
    entry, left = visit("dx", "鲁A61006", MORNING, NOW, confidence=0.5, replay=True)
    await district.record(left)
    await decide(district, Kind.RIGHT, about=await fact(district, "dxo"))
    await district.record({**entry, "confidence": 0.97})
    assert await found(district, plate="鲁A61006") == []
    assert await district.broken() == {}
