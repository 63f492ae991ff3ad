"""Exits in phases: quoted, quoted anew, paid, then passed or turned back; where a lot tells passages and where not."""

from datetime import datetime, timedelta

import pytest

import sql
from parking.answers import Answer
from parking.decisions import Kind
from parking.flow.arrears import look_for_unpaid
from parking.flow.occupancy import leave_out_long_inside
from payments.charges import ChargeState
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, facts
from tests.parking.deciding import decide, fact
from tests.parking.flow.test_passages import charged, passage, pay

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
MORNING = NOW - 3 * HOUR


@pytest.fixture(autouse=True)
async def telling(owner: sql.Connection, registered: dict[str, str]) -> None:
    """The station tells passages; the road does not."""
    since = "update lot set confirms_passages_since = '2026-01-01', leave_within_min = 15 where code = $1"
    await owner.execute(since, STATION)


async def told(district: District, said: Say) -> Answer:
    """What is answered to what is told as it happens."""
    return await district.answer(said, received_at=datetime.fromisoformat(said["occurred_at"]))


async def at_exit(district: District, number: str, at: datetime, plate: str, *, lot: str = STATION) -> Answer:
    return await told(district, event(number, "exit", at, plate, lot=lot))


async def enters(district: District, number: str, plate: str, at: datetime = MORNING, *, lot: str = STATION) -> Answer:
    return await told(district, event(number, "entry", at, plate, lot=lot))


async def test_a_car_at_the_exit_is_inside_until_it_passes(district: District) -> None:
    await enters(district, "a1", "鲁H10001")
    left = await at_exit(district, "a2", NOW, "鲁H10001")
    assert facts(left) == ("recorded", "hold", 600, "pay_at_gate", None)
    assert await district.inside(STATION) == 1
    await pay(district, left, NOW + MINUTE)
    await told(district, passage("a3", "exit", NOW + 2 * MINUTE, "passed", lot=STATION, of="a2"))
    assert await district.inside(STATION) == 0
    assert await district.broken() == {}


async def test_who_drives_by_the_exit_pays_for_all_of_it(district: District) -> None:
    came = NOW - 6 * HOUR
    await enters(district, "b1", "鲁H20002", came)
    by = await at_exit(district, "b2", came + 10 * MINUTE, "鲁H20002")
    assert facts(by)[:4] == ("recorded", "open", 0, "not_needed")
    assert await district.inside(STATION) == 1
    left = await at_exit(district, "b3", NOW, "鲁H20002")
    assert left.stay_id == by.stay_id
    assert facts(left)[:2] == ("recorded", "hold")
    assert left.fee_fen
    assert left.fee_fen > 0
    assert await district.broken() == {}


async def test_the_fee_is_quoted_anew_while_the_car_stands_there(district: District) -> None:
    await enters(district, "c1", "鲁H30003", NOW - 2 * HOUR)
    first = await at_exit(district, "c2", NOW - HOUR, "鲁H30003")
    again = await at_exit(district, "c3", NOW, "鲁H30003")
    assert again.fee_fen
    assert first.fee_fen
    assert (again.stay_id, again.fee_fen > first.fee_fen) == (first.stay_id, True)
    assert await charged(district, again) == (again.fee_fen, 0, again.fee_fen, ChargeState.DUE)
    assert await district.broken() == {}


@pytest.mark.parametrize(("number", "lot"), [("1", STATION), ("2", QC)])
async def test_who_has_paid_is_let_out_however_often_it_is_read(district: District, number: str, lot: str) -> None:
    plate = f"鲁H4000{number}"
    await enters(district, f"d{number}i", plate, lot=lot)
    left = await at_exit(district, f"d{number}o", NOW, plate, lot=lot)
    assert facts(left) == ("recorded", "hold", 600, "pay_at_gate", None)
    await pay(district, left, NOW + MINUTE)
    for n, after in enumerate((65 * SECOND, 5 * MINUTE, 15 * MINUTE)):
        again = await at_exit(district, f"d{number}o{n}", NOW + after, plate, lot=lot)
        assert facts(again) == ("recorded", "open", 600, "pay_at_gate", None)
        assert again.stay_id == left.stay_id
    repeat = await at_exit(district, f"d{number}o", NOW, plate, lot=lot)
    assert facts(repeat) == ("duplicate", "open", 600, "pay_at_gate", None)
    assert await district.inside(lot) == (1 if lot == STATION else 0)
    assert await district.broken() == {}


@pytest.mark.parametrize(("number", "lot"), [("1", STATION), ("2", QC)])
async def test_who_paid_late_is_let_out_all_the_same(district: District, number: str, lot: str) -> None:
    plate = f"鲁H5000{number}"
    await enters(district, f"e{number}i", plate, lot=lot)
    left = await at_exit(district, f"e{number}o", NOW, plate, lot=lot)
    await pay(district, left, NOW + 20 * MINUTE)
    again = await at_exit(district, f"e{number}p", NOW + 22 * MINUTE, plate, lot=lot)
    assert (facts(again), again.stay_id) == (("recorded", "open", 600, "pay_at_gate", None), left.stay_id)


@pytest.mark.parametrize(("number", "lot"), [("1", STATION), ("2", HOSPITAL)])
async def test_who_pays_an_old_quote_owes_what_is_beyond_it(district: District, number: str, lot: str) -> None:
    plate = f"鲁H5100{number}"
    await enters(district, f"o{number}i", plate, NOW - 9 * HOUR, lot=lot)
    left = await at_exit(district, f"o{number}o", NOW - 8 * HOUR, plate, lot=lot)
    assert left.fee_fen
    # It backs off, parks on, and pays what it was asked for in the morning on its way to the exit.
    await pay(district, left, NOW)
    again = await at_exit(district, f"o{number}p", NOW + 5 * MINUTE, plate, lot=lot)
    amount_fen, paid_fen, owed_fen, _ = await charged(district, again)
    assert (again.stay_id, again.gate, again.fee_fen) == (left.stay_id, "hold", owed_fen)
    assert (paid_fen, owed_fen) == (left.fee_fen, amount_fen - left.fee_fen)
    await pay(district, again, NOW + 6 * MINUTE)
    opened = await at_exit(district, f"o{number}q", NOW + 20 * MINUTE, plate, lot=lot)
    assert (opened.gate, opened.fee_fen) == ("open", amount_fen)
    assert await district.broken() == {}


async def test_who_paid_and_stays_is_asked_for_what_is_beyond(district: District) -> None:
    await enters(district, "f1", "鲁H60006")
    left = await at_exit(district, "f2", NOW, "鲁H60006")
    await pay(district, left, NOW + MINUTE)
    later = await at_exit(district, "f3", NOW + 2 * HOUR, "鲁H60006")
    assert later.stay_id == left.stay_id
    amount_fen, paid_fen, owed_fen, state = await charged(district, later)
    assert (paid_fen, owed_fen, state) == (600, amount_fen - 600, ChargeState.DUE)
    assert facts(later) == ("recorded", "hold", owed_fen, "pay_at_gate", None)
    await pay(district, later, NOW + 2 * HOUR + MINUTE)
    opened = await at_exit(district, "f4", NOW + 2 * HOUR + 10 * MINUTE, "鲁H60006")
    assert facts(opened)[1:3] == ("open", amount_fen)
    assert await district.broken() == {}


@pytest.mark.parametrize(("number", "after"), [("1", 16 * MINUTE), ("2", 2 * HOUR), ("3", 23 * HOUR)])
async def test_who_was_held_and_did_not_pay_has_not_left(district: District, number: str, after: timedelta) -> None:
    plate = f"鲁H4200{number}"
    await enters(district, f"q{number}i", plate, lot=HOSPITAL)
    left = await at_exit(district, f"q{number}o", NOW, plate, lot=HOSPITAL)
    again = await at_exit(district, f"q{number}p", NOW + after, plate, lot=HOSPITAL)
    assert left.fee_fen
    assert again.fee_fen
    assert facts(again) == ("recorded", "hold", again.fee_fen, "pay_at_gate", None)
    assert (again.stay_id, again.charge_reference) == (left.stay_id, left.charge_reference)
    assert again.fee_fen > left.fee_fen
    assert await charged(district, again) == (again.fee_fen, 0, again.fee_fen, ChargeState.DUE)
    await pay(district, again, NOW + after + MINUTE)
    opened = await at_exit(district, f"q{number}q", NOW + after + 5 * MINUTE, plate, lot=HOSPITAL)
    assert facts(opened) == ("recorded", "open", again.fee_fen, "pay_at_gate", None)
    assert await district.broken() == {}


@pytest.mark.parametrize(("number", "came", "gate"), [("1", MORNING, "hold"), ("2", NOW - 65 * MINUTE, "open")])
async def test_who_paid_and_is_read_late_owes_at_most_what_is_beyond(
    district: District, number: str, came: datetime, gate: str
) -> None:
    plate = f"鲁H4300{number}"
    await enters(district, f"r{number}i", plate, came, lot=HOSPITAL)
    left = await at_exit(district, f"r{number}o", NOW, plate, lot=HOSPITAL)
    await pay(district, left, NOW + MINUTE)
    late = await at_exit(district, f"r{number}p", NOW + 20 * MINUTE, plate, lot=HOSPITAL)
    amount_fen, paid_fen, owed_fen, _ = await charged(district, late)
    assert (late.stay_id, paid_fen, owed_fen) == (left.stay_id, left.fee_fen, amount_fen - paid_fen)
    assert (late.gate, late.fee_fen) == (gate, owed_fen or paid_fen)
    assert (owed_fen > 0) == (gate == "hold")
    assert await district.broken() == {}


async def test_an_account_is_not_debited_for_more_before_somebody_has_looked(district: District) -> None:
    await district.account("鲁H44004")
    await enters(district, "s1", "鲁H44004", lot=HOSPITAL)
    by = await at_exit(district, "s2", NOW, "鲁H44004", lot=HOSPITAL)
    assert facts(by) == ("recorded", "open", 600, "will_be_charged", None)
    left = await at_exit(district, "s3", NOW + 2 * HOUR, "鲁H44004", lot=HOSPITAL)
    assert left.fee_fen
    assert facts(left) == ("review", "open", left.fee_fen, "will_be_charged", "turned_round")
    assert (left.stay_id, left.fee_fen > 600) == (by.stay_id, True)
    held = "select count(*) from charge_hold where reason = 'turned_round' and released_at is null and charge_id = $1"
    charge = await district.owner.fetchval("select id from charge where stay_id = $1", left.stay_id)
    assert await district.count(held, charge) == 1
    # Later it came in again and was not seen, more likely.
    later = await at_exit(district, "s4", NOW + 6 * HOUR, "鲁H44004", lot=HOSPITAL)
    assert facts(later)[:2] == ("review", "hold")
    assert later.reason == "exit_without_entry"
    assert await district.broken() == {}


async def test_an_account_pays_what_it_was_quoted_and_later_the_rest(district: District) -> None:
    await district.account("鲁H70007")
    await enters(district, "g1", "鲁H70007")
    first = await at_exit(district, "g2", NOW, "鲁H70007")
    assert facts(first) == ("recorded", "open", 600, "will_be_charged", None)
    soon = await at_exit(district, "g3", NOW + 10 * MINUTE, "鲁H70007")
    assert (facts(soon)[1:3], soon.stay_id) == (("open", 600), first.stay_id)
    assert await district.broken() == {}


async def test_who_paid_and_never_passes_counts_until_that_is_too_long(district: District) -> None:
    came = NOW - timedelta(days=9, hours=23)
    await enters(district, "h1", "鲁H80008", came)
    left = await at_exit(district, "h2", came + HOUR, "鲁H80008")
    assert left.fee_fen
    await pay(district, left, NOW)
    assert await leave_out_long_inside(district.pool, now=NOW) == 0
    before = await district.inside(STATION)
    assert await leave_out_long_inside(district.pool, now=NOW + 2 * HOUR) == 1
    assert await district.inside(STATION) == before - 1
    cases = "select count(*) from parking_case where reason = 'inside_too_long' and stay_id = $1"
    assert await district.count(cases, left.stay_id) == 1


async def test_who_comes_in_again_had_passed(district: District) -> None:
    await enters(district, "i1", "鲁H90009")
    left = await at_exit(district, "i2", MORNING + HOUR, "鲁H90009")
    assert left.fee_fen
    again = await enters(district, "i3", "鲁H90009", NOW - HOUR)
    assert facts(again) == ("recorded", "open", None, None, None)
    assert again.stay_id != left.stay_id
    inside = "select count(*) from stay where plate = '鲁H90009' and at_exit"
    assert await district.count(inside) == 0


async def unpaid(district: District, plate: str, now: datetime) -> int:
    """How many cases there are then of a car that left without paying."""
    await look_for_unpaid(district.pool, now=now)
    cases = (
        "select count(*) from parking_case k join gate_event e on e.lot_id = k.lot_id and e.id = k.event_id "
        "where k.reason = 'left_unpaid' and k.resolved_at is null and e.plate = $1"
    )
    return await district.count(cases, plate)


async def test_who_passes_without_having_paid_is_before_a_person_until_it_pays(district: District) -> None:
    await enters(district, "t1", "鲁H45001")
    held = await at_exit(district, "t2", NOW - HOUR, "鲁H45001")
    assert await unpaid(district, "鲁H45001", NOW) == 0
    await told(district, passage("t3", "exit", NOW - 59 * MINUTE, "passed", lot=STATION, of="t2"))
    assert await unpaid(district, "鲁H45001", NOW - 50 * MINUTE) == 0
    assert await unpaid(district, "鲁H45001", NOW) == await unpaid(district, "鲁H45001", NOW) == 1
    await pay(district, held, NOW + MINUTE)
    assert await unpaid(district, "鲁H45001", NOW + 2 * MINUTE) == 0
    assert await district.broken() == {}


async def test_who_was_held_and_is_not_there_any_more_left_without_paying(district: District) -> None:
    for plate, lot in (("鲁H45002", HOSPITAL), ("鲁H45003", HOSPITAL), ("鲁H45004", QC)):
        await enters(district, f"{plate}i", plate, NOW - 5 * HOUR, lot=lot)
        await at_exit(district, f"{plate}o", NOW - 4 * HOUR, plate, lot=lot)
    await enters(district, "u1", "鲁H45002", NOW - 3 * HOUR, lot=HOSPITAL)
    plates = ("鲁H45002", "鲁H45003", "鲁H45004")
    # It came again; the other may be there still, and along a road there is no barrier.
    assert [await unpaid(district, plate, NOW) for plate in plates] == [1, 0, 0]
    assert [await unpaid(district, plate, NOW + 21 * HOUR) for plate in plates] == [1, 1, 0]
    # Read again, it had not left.
    again = await at_exit(district, "u2", NOW, "鲁H45003", lot=HOSPITAL)
    assert again.gate == "hold"
    assert await unpaid(district, "鲁H45003", NOW + 21 * HOUR) == 0
    assert await district.broken() == {}


async def test_who_left_having_paid_is_before_nobody_for_what_went_back(district: District) -> None:
    came, plate = NOW - 5 * HOUR, "鲁H45005"
    await enters(district, "w1", plate, came, lot=HOSPITAL)
    await pay(district, await at_exit(district, "w2", NOW - 4 * HOUR, plate, lot=HOSPITAL), NOW - 4 * HOUR)
    await enters(district, "w3", plate, NOW - 3 * HOUR, lot=HOSPITAL)
    about = await fact(district, "w1")
    await decide(district, Kind.VOID, about=about)
    await decide(district, Kind.UNDO, about=about, undoes=1)
    owed = "select owed_fen from charge where stay_id = $1"
    assert (await district.count(owed, about), await unpaid(district, plate, NOW)) == (200, 0)
    assert await district.broken() == {}


async def test_the_way_in_is_no_way_out(district: District) -> None:
    await enters(district, "j1", "鲁H11111")
    said = {**event("j2", "exit", NOW, "鲁H11111", lot=STATION), "lane": f"{STATION}-in"}
    assert facts(await district.answer(said)) == ("review", "hold", None, None, "kind_contradicts_lane")
    assert await district.count("select count(*) from open_stay where plate = '鲁H11111'") == 1


async def test_who_turns_back_after_paying_counts_again_as_inside(district: District) -> None:
    await enters(district, "k1", "鲁H22222")
    left = await at_exit(district, "k2", NOW, "鲁H22222")
    await pay(district, left, NOW + MINUTE)
    before = await district.inside(STATION)
    said = await told(district, passage("k3", "exit", NOW + 3 * MINUTE, "turned_back", lot=STATION, of="k2"))
    assert (said.stay_id, await district.inside(STATION)) == (left.stay_id, before)
    later = await at_exit(district, "k4", NOW + HOUR, "鲁H22222")
    assert (later.gate, later.fee_fen) == ("hold", (await charged(district, later))[2])
    assert await district.broken() == {}
