"""What a lot says of itself: the plates inside, cash at the booth, barriers that persons opened."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from parking.answers import Answer
from parking.device_facts import NAMED_MAX
from parking.store.lifts import lifts
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, Say, event, facts, visit
from tests.parking.flow.test_passages import pay

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MORNING = NOW - 3 * HOUR


def said(event_id: str, kind: str, at: datetime, *, lot: str = STATION, **more: object) -> Say:
    return {"event_id": event_id, "kind": kind, "occurred_at": at.isoformat(), "lot": lot, **more}


async def occupied(district: District, lot: str) -> int:
    """What is published of a lot."""
    return await district.count("select inside + correction from lot_occupancy where lot_id = $1", district.lot(lot).id)


async def found(district: District, event_id: str) -> dict[str, object]:
    row = await district.owner.fetchval("select found::text from device_fact where event_id = $1", event_id)
    return dict(json.loads(row))


async def test_a_lots_own_list_counts_and_names_what_differs(district: District) -> None:
    cars = ("鲁K10001", "鲁K20002", "鲁K30003")
    await district.record(*(event(f"a{n}", "entry", MORNING, plate, lot=STATION) for n, plate in enumerate(cars)))
    await district.answer(event("a9", "entry", NOW - MINUTE, "鲁K99999", lot=STATION))
    money = await district.count("select count(*) from charge")
    cases = "select count(*) from parking_case where reason = 'plates_inside_differ'"
    before = await district.count(cases)
    listed = said("b1", "plates_inside", NOW, plates=["鲁K1·0001", "鲁K77777"])
    told = await district.answer(listed)
    assert facts(told) == ("review", "none", None, None, "plates_inside_differ")
    # Who has just come in may not be on it yet.
    assert await found(district, "b1") == {
        "not_there": ["鲁K20002", "鲁K30003"],
        "not_there_count": 2,
        "unknown": ["鲁K77777"],
        "unknown_count": 1,
    }
    assert await occupied(district, STATION) == 2
    # One case a list, told as often as it may be; the facts and the money stay as they are.
    assert (await district.answer(listed)).status == "duplicate"
    assert await district.count(cases) == before + 1
    assert await district.count("select count(*) from open_stay where plate like '鲁K%'") == 4
    assert await district.count("select count(*) from charge") == money
    same = said("b2", "plates_inside", NOW, plates=[*cars, "鲁K99999"])
    assert facts(await district.answer(same)) == ("recorded", "none", None, None, None)
    assert await occupied(district, STATION) == 4


async def test_a_list_of_yesterday_counts_nothing(district: District) -> None:
    before = await occupied(district, HOSPITAL)
    old = said(
        "c1", "plates_inside", NOW - 2 * HOUR, lot=HOSPITAL, replay=True, plates=[f"鲁L{n:05}" for n in range(60)]
    )
    await district.answer(old)
    assert await occupied(district, HOSPITAL) == before
    named = await found(district, "c1")
    assert (named["unknown_count"], len(named["unknown"])) == (60, NAMED_MAX)  # type: ignore[arg-type]


async def test_cash_of_a_car_that_is_inside_is_before_a_person(district: District) -> None:
    told = await district.answer(said("d1", "cash", NOW, amount_fen=400, person="li", shift="7", plate="鲁K10001"))
    assert facts(told) == ("recorded", "none", None, None, None)
    cases = "select count(*) from parking_case c join device_fact f on f.id = c.event_id where f.event_id = 'd1'"
    assert await district.count(cases) == 1


async def lifted(district: District, number: str, at: datetime, **more: object) -> Answer:
    lane = f"{HOSPITAL}-out"
    lift = {**said(number, "barrier", at, lot=HOSPITAL), "lane": lane, "action": "opened", "by": "person"}
    return await district.answer({**lift, "person": "li", "reason": "ambulance", **more})


async def test_lifts_say_for_which_car_and_what_was_paid(district: District) -> None:
    _, owes = await district.record(*visit("e", "鲁M10001", MORNING, NOW - 40 * MINUTE, lot=HOSPITAL))
    await lifted(district, "l1", NOW - 39 * MINUTE)
    _, paid = await district.record(*visit("f", "鲁M20002", MORNING, NOW - 20 * MINUTE, lot=HOSPITAL))
    await pay(district, paid, NOW)
    await lifted(district, "l2", NOW - 19 * MINUTE)
    await district.record(*visit("g", "鲁M30003", MORNING, NOW - 8 * MINUTE, lot=HOSPITAL))
    await district.answer(said("h", "cash", NOW - 7 * MINUTE, lot=HOSPITAL, amount_fen=600, of="go"))
    await lifted(district, "l3", NOW - 7 * MINUTE)
    await lifted(district, "l4", NOW - 6 * MINUTE, by="device")
    lot_ids, first = [district.lot(HOSPITAL).id], UUID(int=0)
    async with district.pool.acquire() as db:
        everything = await lifts(db, lot_ids, after=first, since=first, without_money=False, limit=10)
        unpaid = await lifts(db, lot_ids, after=first, since=first, without_money=True, limit=10)
        rest = await lifts(db, lot_ids, after=everything[0].id, since=first, without_money=False, limit=10)
    assert [(each.person, each.plate, each.owed_fen, each.paid_fen, each.taken_fen) for each in everything] == [
        ("li", "鲁M10001", owes.fee_fen, 0, None),
        ("li", "鲁M20002", 0, paid.fee_fen, None),
        ("li", "鲁M30003", 0, 600, 600),
    ]
    assert [each.plate for each in unpaid] == ["鲁M10001"]
    assert [each.plate for each in rest] == ["鲁M20002", "鲁M30003"]
