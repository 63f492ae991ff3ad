"""What became of cars after they were read, told by the same door: what it makes of stays, money, count and cases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from parking.answers import Answer, Status
from parking.cases import Reason
from parking.cases import State as CaseState
from parking.decisions import Kind
from payments.charges import ChargeState, charge_id
from payments.flow import charges as charges_flow
from payments.flow.collection import collect_due
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, facts, visit
from tests.parking.deciding import case_of, decide, fact, found
from tests.parking.flow.histories.telling import filled

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
MORNING = NOW - 3 * HOUR
CASES = "select count(*) from parking_case where reason = 'passage_without_read' and resolved_at is null"


def passage(event_id: str, way: str, at: datetime, outcome: str, *, lot: str = QC, **more: Any) -> Say:
    """What a loop behind the barrier of a lane says."""
    lane = f"{lot}-{'in' if way == 'entry' else 'out'}"
    said: Say = {"event_id": event_id, "kind": "passage", "lane": lane, "occurred_at": at.isoformat()}
    return {**said, "outcome": outcome, **more}


async def state_of(district: District, plate: str) -> list[str]:
    rows = await district.owner.fetch(
        "select state::text from stay where plate = $1 and state not in ('open', 'merged') union all "
        "select 'inside' from open_stay where plate = $1 order by 1",
        plate,
    )
    return [row["state"] for row in rows]


async def charged(district: District, answer: Answer) -> tuple[int, int, int, ChargeState]:
    """What a driver without account has to pay for a stay: in all, paid, owed."""
    assert answer.stay_id
    async with district.pool.acquire() as db:
        charge = await charges_flow.charge_by_id(db, charge_id(answer.stay_id, None))
    return charge.amount_fen, charge.paid_fen, charge.owed_fen, charge.state


async def pay(district: District, answer: Answer, at: datetime) -> None:
    """The driver pays at the gate."""
    assert answer.stay_id
    await charges_flow.pay_charge(
        district.pool,
        district.channels(at),
        charge_id=charge_id(answer.stay_id, None),
        channel="local",
        payer="ok",
        now=at,
        random_bits=district.random_bits,
    )


@pytest.mark.parametrize(("first", "at"), [("passage", MORNING - 5 * HOUR), ("void", MORNING - 7 * HOUR)])
async def test_a_doubtful_read_whose_car_turned_back_is_before_nobody(
    district: District, first: str, at: datetime
) -> None:
    n = f"z{first[0]}"
    turned = passage(f"{n}2", "entry", at + MINUTE, "turned_back", of=f"{n}1")
    await district.answer(event(f"{n}1", "entry", at, f"鲁GZ{n[1].upper()}001", confidence=0.4))
    about = await fact(district, f"{n}1")
    if first == "passage":
        await district.answer(turned)
    await decide(district, Kind.VOID, about=about)
    if first == "void":
        await district.answer(turned)
    await decide(district, Kind.UNDO, about=about, undoes=1)
    doubts = "select count(*) from parking_case where event_id = $1 and resolved_at is null"
    assert await district.count(doubts, about) == 0
    assert await district.broken() == {}


async def test_who_turns_back_at_the_entry_never_came(district: District) -> None:
    await district.answer(event("a1", "entry", MORNING - HOUR, "鲁G10001"))
    assert await district.inside() == 1
    told = await district.answer(passage("a2", "entry", MORNING - 59 * MINUTE, "turned_back"))
    assert facts(told) == ("recorded", "none", None, None, None)
    assert (await district.inside(), await state_of(district, "鲁G10001")) == (0, [])
    # Told again it is the same, and another car is another matter.
    again = await district.answer(passage("a2", "entry", MORNING - 59 * MINUTE, "turned_back"))
    assert again == structs.replace(told, status=Status.DUPLICATE)
    assert await district.broken() == {}


async def test_who_turns_back_at_the_exit_is_inside_and_owes_nothing_yet(district: District) -> None:
    _, left = await district.record(*visit("b", "鲁G20002", MORNING, NOW - HOUR))
    assert await charged(district, left) == (400, 0, 400, ChargeState.DUE)
    told = await district.answer(passage("b3", "exit", NOW - HOUR + MINUTE, "turned_back", of="bo"))
    assert told.stay_id == left.stay_id
    assert (await district.inside(), await state_of(district, "鲁G20002")) == (1, ["inside"])
    assert await charged(district, left) == (0, 0, 0, ChargeState.PAID)
    again = await district.answer(event("b4", "exit", NOW, "鲁G20002"))
    assert (facts(again), again.stay_id) == (("recorded", "hold", 600, "pay_at_gate", None), left.stay_id)
    assert (await district.inside(), await charged(district, left)) == (0, (600, 0, 600, ChargeState.DUE))
    assert await district.broken() == {}


async def test_who_paid_and_turns_back_pays_the_rest_when_leaving(district: District) -> None:
    went = NOW - HOUR
    entry, read = visit("c", "鲁G30003", MORNING, went, lot=STATION)
    await district.answer(entry, received_at=MORNING)
    left = await district.answer(read, received_at=went)
    await pay(district, left, NOW - MINUTE)
    await district.answer(passage("c3", "exit", NOW - HOUR + MINUTE, "cancelled", lot=STATION))
    assert await charged(district, left) == (400, 400, 0, ChargeState.PAID)
    assert await state_of(district, "鲁G30003") == ["inside"]
    assert await district.broken() == {}
    again = await district.answer(event("c4", "exit", NOW, "鲁G30003", lot=STATION))
    assert (facts(again), again.stay_id) == (("recorded", "hold", 200, "pay_at_gate", None), left.stay_id)
    assert await charged(district, left) == (600, 400, 200, ChargeState.DUE)
    await pay(district, left, NOW)
    opened = await district.answer(event("c5", "exit", NOW + MINUTE, "鲁G30003", lot=STATION))
    assert facts(opened) == ("recorded", "open", 600, "pay_at_gate", None)
    assert await district.broken() == {}


async def test_what_an_account_paid_goes_back_if_the_car_that_turned_back_never_came(district: District) -> None:
    account = await district.account("鲁G70107")
    await filled(district, account)
    await district.record(*visit("gb", "鲁G70107", MORNING, NOW - HOUR))
    await collect_due(district.pool, now=NOW, random_bits=district.random_bits, limit=10)
    kept = "select paid_fen, refunded_fen from charge where account_id = $1"
    await district.answer(passage("gb1", "exit", NOW - HOUR + MINUTE, "turned_back", of="gbo"))
    assert tuple(await district.owner.fetchrow(kept, account) or ()) == (400, 0)
    await district.answer(passage("gb2", "entry", MORNING + MINUTE, "turned_back", of="gbi"))
    assert await state_of(district, "鲁G70107") == []
    assert tuple(await district.owner.fetchrow(kept, account) or ()) == (400, 400)
    assert await district.broken() == {}


async def test_what_is_read_of_a_car_that_passed_is_a_new_visit(district: District) -> None:
    _, left = await district.record(*visit("d", "鲁G40004", NOW - 20 * MINUTE, NOW - 12 * MINUTE))
    await district.answer(passage("d3", "exit", NOW - 12 * MINUTE + 20 * SECOND, "passed"))
    seen = await district.answer(event("d4", "exit", NOW - 12 * MINUTE + 50 * SECOND, "鲁G40004"))
    assert (seen.stay_id, seen.gate) == (left.stay_id, "open")
    again = await district.answer(event("d5", "exit", NOW - 2 * MINUTE, "鲁G40004"))
    assert facts(again) == ("review", "hold", None, None, "exit_without_entry")


async def test_a_passage_before_its_read_is_before_a_person_until_that_comes(district: District) -> None:
    before = await district.count(CASES)
    told = await district.answer(passage("e3", "exit", NOW - MINUTE, "turned_back", lot=HOSPITAL))
    assert facts(told) == ("review", "none", None, None, "passage_without_read")
    assert await district.count(CASES) == before + 1
    _, left = await district.record(
        *({**each, "replay": True} for each in visit("e", "鲁G50005", MORNING, NOW - 2 * MINUTE, lot=HOSPITAL))
    )
    assert facts(left) == ("recorded", "none", None, None, None)
    assert await district.count(CASES) == before
    assert await state_of(district, "鲁G50005") == ["inside"]
    assert await district.broken() == {}


async def test_reads_that_leave_the_way_to_their_lane(district: District) -> None:
    came, went = visit("f", "鲁G60006", MORNING, NOW, lot=STATION)
    answers = await district.record({**came, "kind": "read"}, {**went, "kind": "read"})
    assert [facts(each)[1:3] for each in answers] == [("open", None), ("hold", 600)]
    # Told again with its way, it is the same event.
    assert (await district.answer(went)).status == "duplicate"


async def test_one_id_of_two_kinds_is_two_facts(district: District) -> None:
    entered = await district.answer(event("g1", "entry", MORNING + 41 * MINUTE, "鲁G70007"))
    told = await district.answer(passage("g1", "entry", MORNING + 41 * MINUTE + MINUTE, "passed"))
    assert (told.status, told.stay_id) == ("recorded", entered.stay_id)
    assert (await district.answer(event("g1", "entry", MORNING + 41 * MINUTE, "鲁G70007"))).status == "duplicate"
    assert (
        await district.answer(passage("g1", "entry", MORNING + 41 * MINUTE + MINUTE, "passed"))
    ).status == "duplicate"
    fuller = passage("g1", "entry", MORNING + 41 * MINUTE + MINUTE + SECOND, "passed", of="g1")
    assert (await district.answer(fuller)).status == "duplicate"
    assert await district.count("select count(*) from device_fact where event_id = 'g1'") == 2


async def test_a_lot_counts_itself_without_a_car(district: District) -> None:
    said: Say = {"event_id": "h1", "kind": "count", "occurred_at": NOW.isoformat(), "lot": HOSPITAL}
    occupied = "select inside + correction from lot_occupancy where lot_id = $1"
    lot_id = district.lot(HOSPITAL).id
    told = await district.answer({**said, "free": 150, "spaces": {"charging": 7}})
    assert facts(told) == ("recorded", "none", None, None, None)
    assert await district.count(occupied, lot_id) == 50
    await district.answer({**said, "event_id": "h2", "occupied": "60"})
    assert await district.count(occupied, lot_id) == 60
    # Old news, and what the lot cannot have.
    await district.answer({**said, "event_id": "h3", "free": 1, "replay": True})
    odd = await district.answer({**said, "event_id": "h4", "free": 201, "colour": "red"})
    assert await district.count(occupied, lot_id) == 60
    assert [(each.field, each.sent) for each in odd.doubts] == [("colour", "red"), ("free", "of 200")]


async def test_a_barrier_that_a_person_opened_is_kept_with_who_and_why(district: District) -> None:
    lane = f"{QC}-out"
    said: Say = {"event_id": "i1", "kind": "barrier", "lane": lane, "occurred_at": NOW.isoformat(), "action": "opened"}
    told = await district.answer({**said, "by": "人工", "person": "li", "reason": "ambulance"})
    assert facts(told) == ("recorded", "none", None, None, None)
    kept = await district.owner.fetchval("select said from device_fact where event_id = 'i1'")
    assert '"person": "li"' in kept
    assert '"by": "person"' in kept


async def test_who_is_found_right_and_turned_back_did_not_come_whatever_is_told_first(district: District) -> None:
    for n, plate in enumerate(("鲁G80018", "鲁G80029")):
        back = passage(f"j{n}~", "entry", MORNING + n * HOUR + MINUTE, "turned_back", of=f"j{n}")
        await district.record({**event(f"j{n}", "entry", MORNING + n * HOUR, plate), "replay": True})
        if n:
            await district.record({**back, "replay": True})
        await decide(district, Kind.RIGHT, about=await fact(district, f"j{n}"))
        if not n:
            await district.record({**back, "replay": True})
        assert await state_of(district, plate) == []


async def test_a_read_that_was_none_hands_its_passage_on_whatever_is_told_first(district: District) -> None:
    for n, (plate, ghost) in enumerate((("鲁G90018", "鲁G9001B"), ("鲁G93328", "鲁G9332B"))):
        at = MORNING + n * HOUR + 30 * MINUTE
        said = [*visit(f"k{n}", plate, MORNING, at), event(f"k{n}x", "exit", at + 0.6 * SECOND, ghost)]
        back = passage(f"k{n}~", "exit", at + MINUTE, "turned_back", of=f"k{n}x")
        await district.record(*({**each, "replay": True} for each in said))
        if n:
            await district.record({**back, "replay": True})
            assert await state_of(district, plate) == ["inside"]
        await decide(district, Kind.VOID, about=await fact(district, f"k{n}x"))
        if not n:
            await district.record({**back, "replay": True})
        assert await state_of(district, plate) == ["closed"]
        assert await district.broken() == {}
        await decide(district, Kind.UNDO, about=await fact(district, f"k{n}x"), undoes=1)
        assert await state_of(district, plate) == ["inside"]


async def test_what_is_undone_leaves_what_its_passage_says(district: District) -> None:
    for n, plate in enumerate(("鲁G11018", "鲁G13328")):
        back = passage(f"m{n}~", "entry", MORNING + n * HOUR + MINUTE, "turned_back", of=f"m{n}")
        await district.record({**event(f"m{n}", "entry", MORNING + n * HOUR, plate), "replay": True})
        if n:
            await district.record({**back, "replay": True})
        await decide(district, Kind.PLATE, about=await fact(district, f"m{n}"), plate=plate)
        if not n:
            await district.record({**back, "replay": True})
        assert await state_of(district, plate) == ["inside"]
        await decide(district, Kind.UNDO, about=await fact(district, f"m{n}"), undoes=1)
        assert await state_of(district, plate) == []


async def test_who_is_let_out_was_looked_at(district: District) -> None:
    """Also where it was another case of the exit that was decided: whoever opens has seen the car."""
    await district.record(event("py", "exit", NOW, "AB5678"))
    doubtful = await case_of(district, "AB5678", Reason.UNKNOWN_PLATE_FORM)
    other = await case_of(district, "AB5678", Reason.EXIT_WITHOUT_ENTRY)
    made = await decide(district, Kind.LET_OUT_FREE, case=other.id)
    await district.record(event("pya", "exit", NOW + SECOND, "AB5678"))
    assert doubtful.id not in {each.id for each in await found(district, plate="AB5678")}
    assert await district.broken() == {}
    await decide(district, Kind.UNDO, about=other.event_id, undoes=made.decision.n)
    assert {doubtful.id, other.id} <= {each.id for each in await found(district, plate="AB5678")}
    for number in ("py", "pya"):
        await decide(district, Kind.VOID, about=await fact(district, number))
    assert await district.broken() == {}


async def test_a_read_that_a_person_found_right_is_no_case_again(district: District) -> None:
    """It has the form of no plate for ever; whatever is told of its car since, that was looked at."""
    await district.record(event("pw", "entry", MORNING, "AB1234"))
    case = await case_of(district, "AB1234", Reason.UNKNOWN_PLATE_FORM)
    made = await decide(district, Kind.RIGHT, case=case.id)
    settled = await case_of(district, "AB1234", Reason.UNKNOWN_PLATE_FORM, state=CaseState.RESOLVED)
    assert (settled.resolved_by, settled.note) == ("li", "seen on the picture")
    await district.record(passage("pwp", "entry", MORNING + SECOND, "passed"))
    await district.record(event("pwa", "entry", MORNING + 10 * MINUTE, "AB1234"))
    (again,) = [each for each in await found(district, plate="AB1234", state=CaseState.ALL) if each.id == case.id]
    assert (again.resolved_by, again.note) == ("li", "seen on the picture")
    # It is open as long as that decision holds no more.
    await decide(district, Kind.UNDO, about=case.event_id, undoes=made.decision.n)
    assert case.id in {each.id for each in await found(district, plate="AB1234")}
    for number in ("pw", "pwa"):
        await decide(district, Kind.VOID, about=await fact(district, number))
    assert await district.broken() == {}
