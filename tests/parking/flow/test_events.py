"""Recording events in PostgreSQL: what is kept, what follows, and what a bad event may not do to its neighbours."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking.answers import Answer, Display, Status
from parking.barrier import Command, Payment
from parking.cases import Filter
from parking.flow.stays import stay_by_id
from parking.prices import LotPrices
from parking.stays import UnknownStay
from parking.store.cases import cases
from payments.charges import ChargeState, charge_id
from payments.flow import accounts as accounts_flow
from payments.flow import charges as charges_flow
from payments.store import charges as charge_store
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, facts, visit

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
MORNING = NOW - 3 * HOUR


# -- one visit


async def test_a_visit(district: District) -> None:
    entered, left = await district.record(*visit("a", "鲁A10001", MORNING, NOW))
    assert facts(entered) == ("recorded", "open", None, None, None)
    assert facts(left) == ("recorded", "hold", 600, "pay_at_gate", None)
    assert left.stay_id
    assert left.stay_id == entered.stay_id
    async with district.pool.acquire() as db:
        charge = await charges_flow.charge_by_id(db, charge_id(left.stay_id, None))
    assert (charge.amount_fen, charge.state, charge.account_id) == (600, ChargeState.DUE, None)
    assert await district.inside() == 0


async def test_a_visit_that_is_free_leaves_no_charge(district: District) -> None:
    _, left = await district.record(*visit("b", "鲁A10002", NOW - 30 * MINUTE, NOW))
    assert facts(left) == ("recorded", "open", 0, "not_needed", None)
    assert left.stay_id
    async with district.pool.acquire() as db:
        assert await charge_store.charges_by_id(db, [charge_id(left.stay_id, None)]) == {}


async def test_a_linked_car_drives_out_and_its_account_owes(district: District) -> None:
    account_id = await district.account("鲁A10003")
    _, left = await district.record(*visit("c", "鲁A10003", MORNING, NOW))
    assert facts(left) == ("recorded", "open", 600, "will_be_charged", None)
    async with district.pool.acquire() as db:
        assert (await accounts_flow.standing(db, account_id)).owed_fen == 600


async def test_the_plate_is_its_text_and_its_colour(district: District) -> None:
    await district.account("鲁A10004", color="yellow")
    entered = await district.answer(event("d1", "entry", MORNING, "鲁A10004", plate_color="yellow"))
    # One text that is inside once: the barrier opens, and nobody is charged before a person has looked.
    blue = await district.answer(event("d2", "exit", NOW, "鲁A10004"))
    assert facts(blue) == ("review", "open", 1200, "will_be_charged", "match_probable")
    assert blue.stay_id == entered.stay_id
    # What is read exactly later weighs more.
    yellow = await district.answer(event("d3", "exit", NOW, "鲁A10004", plate_color="yellow"))
    assert facts(yellow) == ("recorded", "open", 1200, "will_be_charged", None)


async def test_a_new_energy_car_has_its_two_hours_once_a_day(district: District) -> None:
    green = {"plate_color": "green"}
    first = await district.record(*visit("e1", "鲁AD12345", NOW - 5 * HOUR, NOW - 4 * HOUR, **green))
    assert facts(first[1]) == ("recorded", "open", 0, "not_needed", None)
    again = await district.record(*visit("e2", "鲁AD12345", MORNING, NOW - HOUR, **green))
    assert facts(again[1]) == ("recorded", "hold", 200, "pay_at_gate", None)
    # The other lot has a quota of its own.
    other = await district.record(*visit("e3", "鲁AD12345", MORNING, NOW - HOUR, lot=HOSPITAL, **green))
    assert facts(other[1]) == ("recorded", "open", 0, "not_needed", None)


async def test_where_no_price_was_published_nobody_pays(district: District) -> None:
    prices = {**district.network.prices, district.lot().id: LotPrices()}
    network = structs.replace(district.network, prices=prices)
    free = structs.replace(district, network=network)
    left = (await free.record(*visit("f", "鲁A10006", MORNING, NOW)))[1]
    assert facts(left) == ("review", "open", 0, "not_needed", "no_price")
    # A person is told of it once a day, and not of each car.
    left = (await free.record(*visit("f2", "鲁C20116", MORNING, NOW)))[1]
    assert facts(left) == ("recorded", "open", 0, "not_needed", None)


# -- repeats and contradictions


async def test_a_repeat_is_answered_as_the_first_time(district: District) -> None:
    said = visit("g", "鲁A10007", MORNING, NOW)
    first = await district.record(*said)
    again = await district.record(*said)
    replayed = await district.record(*({**each, "replay": True} for each in said))
    for one, two, three in zip(first, again, replayed, strict=True):
        assert two == structs.replace(one, status=Status.DUPLICATE)
        assert three == structs.replace(two, gate=Command.NONE)
    assert await district.inside() == 0
    assert await district.count("select count(*) from gate_event where event_id in ('gi', 'go')") == 2


async def test_a_repeat_in_the_same_batch(district: District) -> None:
    said = visit("h", "鲁A10008", MORNING, NOW)
    answers = await district.record(said[0], said[0], said[1], said[1])
    assert [answer.status for answer in answers] == [*("recorded", "duplicate", "recorded", "duplicate")]
    assert facts(answers[1])[1:] == facts(answers[0])[1:]
    assert facts(answers[3])[1:] == facts(answers[2])[1:]


async def test_a_camera_that_counts_from_the_beginning_again(district: District) -> None:
    """Another car under an id that was used is a fact of its own; a person hears once a day of the device."""
    numbers = [f"j3-{n}" for n in range(4)]
    before = [event(number, "entry", MORNING, f"鲁A1011{n}", lot=HOSPITAL) for n, number in enumerate(numbers)]
    after = [event(number, "entry", NOW, f"鲁A1012{n}", lot=HOSPITAL) for n, number in enumerate(numbers)]
    await district.record(*before)
    answers = await district.record(*after)
    assert [facts(each) for each in answers] == [
        ("review", "open", None, None, "numbers_restarted"),
        *[("recorded", "open", None, None, None)] * 3,
    ]
    assert await district.count("select count(*) from open_stay where plate like '鲁A1012%'") == 4
    again = await district.record(*before, *after)
    assert {each.status for each in again} == {"duplicate"}
    assert [each.stay_id for each in again[4:]] == [each.stay_id for each in answers]
    later = event(numbers[0], "entry", NOW + MINUTE, "鲁A10130", lot=HOSPITAL)
    assert facts(await district.answer(later)) == ("recorded", "open", None, None, None)


async def test_an_id_that_is_none_costs_no_more_with_each_event(district: District) -> None:
    said = [event("same", "entry", MORNING + n * MINUTE, f"鲁A3{n:04}", lot=STATION) for n in range(100)]
    answers = await district.record(*said)
    assert {facts(each)[0] for each in answers} <= {"recorded", "review"}
    assert {each.status for each in await district.record(*said[-20:])} == {"duplicate"}


async def test_the_id_of_an_event_is_its_gateways_own(district: District) -> None:
    answers = await district.record(
        event("k", "entry", MORNING, "鲁A10013"), event("k", "entry", MORNING, "鲁A10013", lot=STATION)
    )
    assert [facts(answer)[0] for answer in answers] == ["recorded", "recorded"]


async def test_a_camera_that_fires_twice(district: District) -> None:
    entered = await district.answer(event("l1", "entry", MORNING, "鲁A10014"))
    twice = await district.answer(event("l2", "entry", MORNING + 20 * SECOND, "鲁A10014"))
    assert (facts(twice), twice.stay_id) == (facts(entered), entered.stay_id)
    left = await district.answer(event("l3", "exit", NOW, "鲁A10014"))
    held = await district.answer(event("l4", "exit", NOW + 20 * SECOND, "鲁A10014"))
    assert facts(held) == facts(left) == ("recorded", "hold", 600, "pay_at_gate", None)
    assert left.stay_id
    async with district.pool.acquire() as db, db.transaction():
        await charges_flow.void_charge(db, charge_id=charge_id(left.stay_id, None), reason="kind", actor="li", now=NOW)
    paid = await district.answer(event("l5", "exit", NOW + 40 * SECOND, "鲁A10014"))
    assert facts(paid) == ("recorded", "open", 600, "pay_at_gate", None)
    # The first event again is answered by what holds now.
    again = await district.answer(event("l3", "exit", NOW, "鲁A10014"))
    assert facts(again) == ("duplicate", "open", 600, "pay_at_gate", None)
    assert again.display is not None
    assert again.display.zh.endswith("已支付")


async def test_the_same_camera_in_one_batch(district: District) -> None:
    left_at = NOW - 5 * MINUTE
    answers = await district.record(
        event("m1", "entry", MORNING, "鲁A10015"),
        event("m2", "entry", MORNING + SECOND, "鲁A10015"),
        event("m3", "exit", left_at, "鲁A10015"),
        event("m4", "exit", left_at + SECOND, "鲁A10015"),
    )
    assert [facts(answer)[1] for answer in answers] == ["open", "open", "hold", "hold"]
    assert await district.count("select count(*) from stay where plate = '鲁A10015'") == 1


# -- out of order, and what nobody understands


async def test_an_exit_that_comes_before_its_entry(district: District) -> None:
    account_id = await district.account("鲁F8KW36")
    said = [{**each, "replay": True} for each in visit("n", "鲁F8KW36", MORNING, NOW - MINUTE)]
    early = await district.answer(said[1])
    assert facts(early) == ("review", "none", None, None, "exit_without_entry")
    whole = await district.answer(said[0])
    assert facts(whole) == ("recorded", "none", None, None, None)
    assert early.stay_id
    assert whole.stay_id
    async with district.pool.acquire() as db:
        assert (await accounts_flow.standing(db, account_id)).owed_fen == 600
        # The number that was answered first leads to the stay that its exit is part of.
        named = await stay_by_id(db, district.lot(), early.stay_id, now=NOW)
    assert (named.stay_id, named.state, named.fee_fen) == (whole.stay_id, "closed", 600)
    assert await district.inside() == 0


async def test_a_day_that_was_cut_off_is_handed_in_late(district: District) -> None:
    days_ago = NOW - timedelta(days=34)
    said = [{**each, "replay": True} for each in visit("o", "鲁A10017", days_ago - 2 * HOUR, days_ago)]
    late, early = await district.record(said[1], said[0])
    assert [facts(late)[0], facts(early)[0]] == ["recorded", "recorded"]
    older = [
        {**each, "event_id": f"{each['event_id']}x", "replay": True} for each in visit("o", "鲁A10018", days_ago, NOW)
    ]
    older[0]["occurred_at"] = (NOW - timedelta(days=36)).isoformat()
    refused = await district.answer(older[0])
    assert facts(refused) == ("review", "none", None, None, "clock_behind")
    assert refused.stay_id is None


async def test_a_car_that_comes_in_twice_was_missed_going_out(district: District) -> None:
    first = await district.answer(event("p1", "entry", MORNING, "鲁A10019"))
    second = await district.answer(event("p2", "entry", MORNING + HOUR, "鲁A10019"))
    assert facts(second) == ("review", "open", None, None, "entry_while_inside")
    left = await district.answer(event("p3", "exit", NOW, "鲁A10019"))
    assert facts(left) == ("recorded", "hold", 400, "pay_at_gate", None)
    assert left.stay_id == second.stay_id
    state = await district.owner.fetchval("select state from stay where id = $1", first.stay_id)
    assert state == "superseded"


async def test_a_car_without_a_plate_is_held_and_seen(district: District) -> None:
    answer = await district.answer(event("q1", "entry", MORNING, "无车牌"))
    assert facts(answer) == ("review", "hold", None, None, "no_plate")
    assert answer.stay_id is None
    assert await district.inside() == 0
    async with district.pool.acquire() as db:
        found = await cases(db, Filter(lot_ids=[district.lot().id]), after=UUID(int=0), limit=200)
    (case,) = [one for one in found if one.reason == "no_plate"]
    assert (case.plate, case.plate_read) == ("", "无车牌")


async def test_a_lane_that_is_told_the_wrong_way(district: District) -> None:
    said = {**event("r1", "exit", MORNING, "鲁A10020"), "lane": f"{QC}-in"}
    answer = await district.answer(said)
    assert facts(answer) == ("review", "hold", None, None, "kind_contradicts_lane")
    assert answer.display == Display("请联系值守", "Please call for help")
    assert await district.count("select count(*) from open_stay where plate = '鲁A10020'") == 0


async def test_a_doubtful_read_counts_and_is_seen(district: District) -> None:
    entered = await district.answer(event("s1", "entry", MORNING, "鲁A10021", lot=HOSPITAL, confidence=0.3))
    assert facts(entered) == ("review", "open", None, None, "low_confidence")
    left = await district.answer(event("s2", "exit", NOW, "鲁A10021", lot=HOSPITAL, confidence=0.3))
    assert facts(left) == ("review", "hold", 600, "pay_at_gate", "low_confidence")
    # A sure read of what is inside leaves nothing to look at.
    sure = await district.answer(event("s3", "exit", NOW + SECOND, "鲁A10021", lot=HOSPITAL))
    assert facts(sure) == ("recorded", "hold", 600, "pay_at_gate", None)
    async with district.pool.acquire() as db:
        found = await cases(db, Filter(lot_ids=[district.lot(HOSPITAL).id]), after=UUID(int=0), limit=200)
    assert [case for case in found if case.plate == "鲁A10021"] == []


async def test_a_long_stay_is_shown_before_an_account_pays(district: District) -> None:
    account_id = await district.account("鲁A10022")
    came, went = visit("t", "鲁A10022", NOW - timedelta(days=9), NOW)
    _, left = await district.record({**came, "replay": True}, went)
    assert facts(left)[0::4] == ("review", "long_stay")
    assert facts(left)[1::2] == (Command.OPEN, Payment.WILL_BE_CHARGED)
    assert left.stay_id
    key = charge_id(left.stay_id, account_id)
    async with district.pool.acquire() as db:
        charge = await charges_flow.charge_by_id(db, key)
    assert (charge.state, charge.collect_at) == (ChargeState.DUE, None)
    held = "select count(*) from charge_hold where charge_id = $1 and reason = 'long_stay' and released_at is null"
    assert await district.count(held, key) == 1


# -- clocks


async def test_an_entry_lane_an_hour_behind_charges_nobody(district: District) -> None:
    came, went = visit("clk1", "鲁E11111", NOW - HOUR, NOW, lot=HOSPITAL)
    entered = await district.answer(came, received_at=NOW - 27 * MINUTE)
    # The clock is a matter of the gateway and not of its cars (live/clocks.py).
    assert facts(entered) == ("recorded", "open", None, None, None)
    assert facts(await district.answer(went)) == ("recorded", "open", 0, "not_needed", None)


@pytest.mark.parametrize(
    ("number", "parked", "fee_fen"), [("clk2", 30 * MINUTE, 0), ("clk3", 130 * MINUTE, 600), ("clk4", MINUTE, 0)]
)
async def test_an_exit_lane_an_hour_behind_traps_nobody(
    district: District, number: str, parked: timedelta, fee_fen: int
) -> None:
    came, went = visit(number, f"鲁E2222{number[-1]}", NOW - parked, NOW - HOUR, lot=STATION)
    await district.answer(came)
    left = await district.answer(went, received_at=NOW)
    assert (left.fee_fen, left.stay_id is not None) == (fee_fen, True)


# -- counts


async def test_counts_follow_the_cars(district: District) -> None:
    lot_id, before = district.lot(STATION).id, await district.inside(STATION)
    cars = [event(f"u{n}", "entry", MORNING, f"鲁A2000{n}", lot=STATION) for n in range(5)]
    await district.record(*cars)
    assert await district.inside(STATION) == before + 5
    away = [event(f"v{n}", "exit", MORNING + MINUTE, f"鲁A2000{n}", lot=STATION) for n in range(3)]
    await district.record(*away)
    assert await district.inside(STATION) == before + 2
    # The lot counts 480 of 500 free itself: our count is corrected by it, and moves on from there.
    await district.record(event("u9", "entry", MORNING, "鲁A20009", lot=STATION, remaining_spaces=480))
    occupancy = "select inside + correction from lot_occupancy where lot_id = $1"
    assert await district.count(occupancy, lot_id) == 20
    await district.record(event("w1", "exit", MORNING + MINUTE, "鲁A20009", lot=STATION))
    assert await district.count(occupancy, lot_id) == 19
    # Old news, and a count the lot cannot have, are not believed.
    old = event("w2", "entry", MORNING, "鲁A20010", lot=STATION, remaining_spaces=100, replay=True)
    await district.record(old, event("w3", "entry", MORNING, "鲁A20011", lot=STATION, remaining_spaces=501))
    assert await district.count(occupancy, lot_id) == 21


# -- a whole day


async def test_the_same_day_twice_and_shuffled(district: District) -> None:
    source = random.Random(7)
    day = [visit(f"z{n}", f"鲁B{n:05}", MORNING + n * SECOND, NOW - n * SECOND) for n in range(150)]
    told = [each for pair in day for each in pair] * 2
    source.shuffle(told)
    cases_before = await district.count("select count(*) from parking_case where resolved_at is null")
    answers: list[Answer] = []
    for start in range(0, len(told), 50):
        answers += await district.record(*told[start : start + 50])
    assert sum(facts(answer)[0] == "duplicate" for answer in answers) == 300
    assert await district.count("select count(*) from gate_event where event_id like 'z%'") == 300
    assert await district.count("select count(*) from stay where plate like '鲁B%' and state = 'closed'") == 150
    halves = "select count(*) from stay where plate like '鲁B%' and state not in ('closed', 'merged')"
    assert await district.count(halves) == 0
    assert await district.count("select count(*) from parking_case where resolved_at is null") == cases_before


# -- looking a stay up


async def test_a_stay_says_whether_its_car_may_leave(district: District) -> None:
    entered = await district.answer(event("aa1", "entry", MORNING, "鲁A50001"))
    assert entered.stay_id
    async with district.pool.acquire() as db:
        inside = await stay_by_id(db, district.lot(), entered.stay_id, now=NOW)
        assert (inside.state, inside.gate, inside.charge_reference) == ("open", "none", None)
        await district.record(event("aa2", "exit", NOW, "鲁A50001"))
        due = await stay_by_id(db, district.lot(), entered.stay_id, now=NOW)
        assert (due.state, due.gate, due.fee_fen, due.charge_state) == ("closed", "hold", 600, "due")
        charge = await charges_flow.charge_by_id(db, charge_id(entered.stay_id, None))
        assert due.charge_reference == charge.reference
        async with db.transaction():
            await charges_flow.void_charge(db, charge_id=charge.id, reason="kind", actor="li", now=NOW)
        free = await stay_by_id(db, district.lot(), entered.stay_id, now=NOW)
        assert (free.gate, free.charge_state) == ("open", "void")
        with pytest.raises(UnknownStay):
            await stay_by_id(db, district.lot(HOSPITAL), entered.stay_id, now=NOW)
