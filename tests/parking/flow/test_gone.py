"""Who has paid and gone is asked for no more, and of a stay in doubt nobody is reminded before a person has looked."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

import sql
from parking.answers import Answer
from parking.decisions import Kind
from parking.flow.arrears import look_for_unpaid
from parking.plates import PlateColor
from parking.store import arrears as store
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, visit
from tests.parking.deciding import decide, fact
from tests.parking.flow.test_elsewhere import sweep
from tests.parking.flow.test_exits import at_exit, enters
from tests.parking.flow.test_passages import charged, passage, pay
from tests.parking.flow.test_prepayments import pays, quoted

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CAME = NOW - 175 * MINUTE
AGAIN = NOW + 2 * HOUR


@pytest.fixture(autouse=True)
async def telling(owner: sql.Connection, registered: dict[str, str]) -> None:
    """The station tells passages, the others do not."""
    since = "update lot set confirms_passages_since = '2026-01-01' where code = $1"
    await owner.execute(since, STATION)


async def paid_and_gone(district: District, number: str, plate: str, lot: str) -> Answer:
    """A car that came at CAME, paid at the exit, was read there once more and is gone."""
    await enters(district, f"{number}i", plate, CAME, lot=lot)
    left = await at_exit(district, f"{number}o", NOW, plate, lot=lot)
    await pay(district, left, NOW + MINUTE)
    await at_exit(district, f"{number}p", NOW + 2 * MINUTE, plate, lot=lot)
    if lot == STATION:
        await district.answer(passage(f"{number}~", "exit", NOW + 3 * MINUTE, "passed", lot=lot, of=f"{number}p"))
    return left


async def money(district: District, answer: Answer) -> tuple[int, int, int]:
    """What is asked for a stay, owed of it, and waived."""
    amount_fen, _, owed_fen, _ = await charged(district, answer)
    waived = "select waived_fen from charge where stay_id = $1"
    return amount_fen, owed_fen, await district.count(waived, answer.stay_id)


async def arrears(district: District, plate: str) -> int:
    async with district.pool.acquire() as db:
        owed = await store.owed_by(db, plate, PlateColor.BLUE, since=NOW - timedelta(days=90))
        vehicle = (plate, PlateColor.BLUE)
        both = await store.owed_by_vehicles(db, [vehicle], since=NOW - timedelta(days=90), beside=[])
    in_all = sum(each.owed_fen for each in owed)
    assert in_all == (both[vehicle].owed_fen if both else 0)
    return in_all


@pytest.mark.parametrize("lot", [QC, HOSPITAL, STATION])
async def test_an_earlier_entry_is_not_billed_to_who_has_paid_and_gone(district: District, lot: str) -> None:
    number = f"a{lot}"
    plate = f"鲁K1000{[QC, HOSPITAL, STATION].index(lot)}"
    left = await paid_and_gone(district, number, plate, lot)
    paid_fen, owed_fen, _ = await money(district, left)
    assert (paid_fen, owed_fen) == (left.fee_fen, 0)
    await district.answer(
        event(f"{number}r", "entry", CAME - 10 * MINUTE, plate, lot=lot, replay=True), received_at=AGAIN
    )
    amount_fen, owed_fen, waived_fen = await money(district, left)
    assert (amount_fen, owed_fen) == (paid_fen, 0)
    assert waived_fen > 0
    why = "select waived_for::text from charge_adjustment a join charge c on c.id = a.charge_id where c.stay_id = $1"
    assert await district.owner.fetchval(why, left.stay_id) == "not_accepted"
    assert await arrears(district, plate) == 0
    assert await district.broken() == {}


async def test_a_decision_is_not_billed_to_who_has_paid_and_gone(district: District) -> None:
    left = await paid_and_gone(district, "b", "鲁K20001", HOSPITAL)
    misread = event("b0", "entry", CAME - 10 * MINUTE, "鲁K2F7E1", lot=HOSPITAL, replay=True)
    await district.answer(misread, received_at=AGAIN)
    await decide(district, Kind.PLATE, about=await fact(district, "b0"), plate="鲁K20001")
    amount_fen, owed_fen, waived_fen = await money(district, left)
    assert (amount_fen, owed_fen) == (left.fee_fen, 0)
    assert waived_fen > 0
    assert await district.broken() == {}


@pytest.mark.parametrize("replay", [False, True])
async def test_who_paid_inside_and_stays_is_asked_for_the_rest(district: District, replay: bool) -> None:
    number, plate = f"c{replay}", f"鲁K3000{int(replay)}"
    await enters(district, f"{number}i", plate, CAME, lot=HOSPITAL)
    await pays(district, await quoted(district, plate, NOW, HOSPITAL), NOW + MINUTE)
    said = event(f"{number}o", "exit", AGAIN, plate, lot=HOSPITAL, replay=replay)
    left = await district.answer(said, received_at=AGAIN + replay * HOUR)
    _, owed_fen, waived_fen = await money(district, left)
    assert (left.fee_fen, waived_fen) == (owed_fen, 0)
    assert owed_fen > 0
    # It has not paid since: what it owes follows what is found out.
    entry = event(f"{number}r", "entry", CAME - 10 * MINUTE, plate, lot=HOSPITAL, replay=True)
    await district.answer(entry, received_at=AGAIN + 2 * HOUR)
    assert (await money(district, left))[1:] > (owed_fen, 0)
    await pay(district, left, AGAIN + 3 * HOUR)
    entry = event(f"{number}s", "entry", CAME - 20 * MINUTE, plate, lot=HOSPITAL, replay=True)
    await district.answer(entry, received_at=AGAIN + 4 * HOUR)
    assert (await money(district, left))[1] == 0
    assert await district.broken() == {}


async def test_the_barrier_opens_for_who_has_paid_whatever_comes_with_it(district: District) -> None:
    await enters(district, "di", "鲁K40001", CAME, lot=STATION)
    left = await at_exit(district, "do", NOW, "鲁K40001")
    await pay(district, left, NOW + MINUTE)
    earlier = event("dr", "entry", CAME - 10 * MINUTE, "鲁K40001", lot=STATION, replay=True)
    soon = NOW + 4 * MINUTE
    _, again = await district.record(earlier, event("dp", "exit", soon, "鲁K40001", lot=STATION), received_at=soon)
    assert (again.stay_id, again.gate) == (left.stay_id, "open")
    assert (await money(district, left))[1] == 0


async def unpaid(district: District, stay_id: UUID | None, now: datetime) -> int:
    await look_for_unpaid(district.pool, now=now)
    query = "select count(*) from parking_case where reason = 'left_unpaid' and resolved_at is null and stay_id = $1"
    return await district.count(query, stay_id)


async def test_of_a_doubtful_exit_nobody_is_reminded_before_a_person_has_looked(district: District) -> None:
    plate, days = "鲁K50001", timedelta(days=2)
    await enters(district, "ei", plate, CAME - days, lot=HOSPITAL)
    read = event("eo", "exit", NOW - days, plate, lot=HOSPITAL, confidence=0.3)
    left = await district.answer(read, received_at=NOW - days)
    assert left.reason == "low_confidence"
    assert (await money(district, left))[1] > 0
    assert (await arrears(district, plate), await unpaid(district, left.stay_id, NOW)) == (0, 0)
    await decide(district, Kind.RIGHT, about=await fact(district, "eo"))
    owed_fen = (await money(district, left))[1]
    assert (await arrears(district, plate), await unpaid(district, left.stay_id, NOW)) == (owed_fen, 1)
    assert await district.broken() == {}


async def test_of_two_stays_that_contradict_nobody_is_reminded(district: District) -> None:
    plate = "鲁K60001"
    await district.account(plate, linked_at=NOW + MINUTE)
    await district.record(*visit("f", plate, NOW - 5 * HOUR, NOW - HOUR, lot=QC, replay=True))
    before_fen = await arrears(district, plate)
    assert before_fen > 0
    await district.record(*visit("g", plate, NOW - 3 * HOUR, NOW, lot=HOSPITAL, replay=True))
    await sweep(district)
    assert await arrears(district, plate) == 0


async def test_who_parked_for_longer_than_events_are_told_again_is_before_a_person_too(district: District) -> None:
    came, plate = NOW - timedelta(days=50), "鲁G9K3W7"
    district.now = came
    await district.answer(event("gza", "entry", came, plate, lot=HOSPITAL))
    district.now = NOW
    left = await district.answer(event("gzb", "exit", NOW, plate, lot=HOSPITAL))
    await decide(district, Kind.RIGHT, about=await fact(district, "gzb"))
    assert await unpaid(district, left.stay_id, NOW + 25 * HOUR) == 1
    # Whenever it pays, nobody has to look any more.
    await pay(district, left, NOW + 30 * timedelta(days=1))
    assert await unpaid(district, left.stay_id, NOW + 31 * timedelta(days=1)) == 0
