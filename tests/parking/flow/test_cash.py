"""Cash at the booth pays the charge of its stay, whatever was told first."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from parking.decisions import Kind
from parking.flow.cash import book_waiting
from payments.disputes import Finding
from payments.flow import collection
from payments.flow import settlement as settlement_flow
from payments.flow.disputes import resolve_dispute, return_money
from payments.flow.resolution import resolve_unknown
from tests.conftest import NOW
from tests.district import QC, District, Say, event, visit
from tests.parking.deciding import decide, polled
from tests.parking.flow.test_device_facts import said
from tests.parking.flow.test_prepayments import quoted

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MORNING = NOW - 3 * HOUR
OWED = "select owed_fen from charge c join stay s on s.id = c.stay_id where s.plate = $1 and s.state = 'closed'"
PAID = "select paid_fen from charge c join stay s on s.id = c.stay_id where s.plate = $1 and s.state = 'closed'"
TOO_MUCH = """
select d.held_fen, d.id from dispute d join charge c on c.id = d.payable_id join stay s on s.id = c.stay_id
where d.kind = 'overpaid' and s.plate = $1 order by d.held_fen
"""
OPEN = "select count(*) from parking_case where reason = 'cash_taken' and resolved_at is null"


def cash(number: str, fen: int, *, lot: str = QC, **more: object) -> Say:
    return said(number, "cash", NOW, lot=lot, amount_fen=fen, person="li", **more)


async def collect(district: District) -> None:
    await book_waiting(district.pool, now=district.now)
    await collection.collect_due(district.pool, now=district.now, random_bits=district.random_bits, limit=100)


async def fen_of(district: District, number: str, plate: str) -> int:
    """What a visit that ends now costs."""
    _, answer = await district.record(*visit(number, plate, MORNING, NOW))
    assert answer.fee_fen
    return answer.fee_fen


async def test_cash_pays_what_is_owed_once_and_a_part_leaves_the_rest_due(district: District) -> None:
    fee = await fen_of(district, "a", "鲁A11111")
    part = cash("a-1", fee - 100, of="ao")
    assert (await district.answer(part)).status == "recorded"
    assert await district.count(OWED, "鲁A11111") == 100
    assert (await district.answer(part)).status == "duplicate"
    assert await district.count(OWED, "鲁A11111") == 100
    await district.answer(cash("a-2", 100, plate="鲁A·11111"))
    assert await district.count(PAID, "鲁A11111") == fee
    assert await district.count(OPEN) == 0
    assert await district.broken() == {}


async def test_too_much_waits_in_suspense_and_goes_back_by_hand(district: District) -> None:
    fee = await fen_of(district, "b", "鲁B22222")
    await district.answer(cash("b-1", fee + 300, of="bo"))
    await district.answer(cash("b-2", 50, of="bo"))
    fewer, more = await district.owner.fetch(TOO_MUCH, "鲁B22222")
    assert (fewer["held_fen"], more["held_fen"]) == (50, 300)
    dispute = more["id"]
    channels = district.channels(NOW)
    await return_money(district.pool, channels, dispute_id=dispute, note="", actor="wu", now=NOW)
    by_hand = await district.owner.fetchval(
        "select d.id from dispute d join refund r on r.id = d.refund_id where r.dispute_id = $1", dispute
    )
    assert await district.broken() == {}
    async with district.pool.acquire() as db, db.transaction():
        await resolve_dispute(
            db, channels, dispute_id=by_hand, finding=Finding.PAID, note="given back", actor="wu", now=NOW
        )
    assert await district.count("select count(*) from dispute where resolution = 'returned'") == 1
    assert await district.broken() == {}


async def test_cash_of_nobody_is_before_a_person(district: District) -> None:
    await district.answer(cash("c-1", 500))
    await district.answer(cash("c-2", 500, of="unheard of"))
    assert await book_waiting(district.pool, now=NOW) == 0
    assert await district.count(OPEN) == 2
    assert await district.broken() == {}
    await district.owner.execute("update parking_case set resolved_at = $1, resolved_by = 'wu'", NOW)
    assert await district.broken() == {}


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("by", ["of", "plate"])
async def test_in_any_order_cash_pays_and_no_account_does(district: District, order: int, by: str) -> None:
    """Entry, exit and cash, told in each order: the wallet keeps its money, and the rest of a part comes from it."""
    n = f"{by}{order}"
    plate = f"鲁D{'5' if by == 'of' else '7'}{order}{'K' if by == 'of' else 'M'}3{order}"
    account_id = await district.account(plate, wallet_fen=0)
    entry, leave = visit(n, plate, MORNING, NOW, replay=True)
    known = {"of": f"{n}o"} if by == "of" else {"plate": plate}
    told = [entry, leave, cash(f"{n}-1", 100, **known, replay=True)]
    for each in next(list(way) for at, way in enumerate(permutations(told)) if at == order):
        await district.answer(each)
        await book_waiting(district.pool, now=district.now)
    await collect(district)
    row = await district.owner.fetchrow(
        "select paid_fen, owed_fen, method from charge where account_id = $1 and state <> 'void' and amount_fen > 0",
        account_id,
    )
    assert row is not None
    assert (row["paid_fen"], row["method"]) == (100, "cash")
    assert row["owed_fen"] > 0
    assert await district.broken() == {}


async def test_cash_for_what_was_corrected_goes_back_by_hand(district: District) -> None:
    """The entry turns out to have been later: what was paid too much is before a person, who gives it back."""
    fee = await fen_of(district, "e", "鲁E33333")
    await district.answer(cash("e-1", fee, of="eo"))
    await district.answer(event("e-later", "entry", NOW - HOUR, "鲁E33333", replay=True))
    back = await district.count("select count(*) from refund where channel = 'cash' and state = 'requested'")
    if back:
        await resolve_unknown(district.pool, district.channels(NOW + MINUTE), clock=lambda: NOW + MINUTE)
        assert await district.count("select count(*) from refund where channel = 'cash' and code = 'by_hand'") == back
    assert await district.broken() == {}


async def test_a_statement_pays_out_what_the_operator_did_not_take_itself(district: District) -> None:
    fee = await fen_of(district, "f", "鲁F44444")
    await district.answer(cash("f-1", fee, of="fo"))
    day = (NOW + 8 * HOUR).date()
    await settlement_flow.settle(district.pool, business_date=day, now=NOW + timedelta(days=1))
    row = await district.owner.fetchrow(
        "select s.* from settlement s where business_date = $1 and operator_id = $2", day, district.lot().operator_id
    )
    assert row is not None
    assert row["cash_fen"] >= fee
    assert row["payout_fen"] == max(row["carried_fen"] + row["net_fen"] - row["cash_fen"], 0)
    assert await district.broken() == {}


async def test_cash_pays_at_once_what_a_car_inside_was_quoted(district: District) -> None:
    plate = "鲁G77777"
    waits = """
    select count(*) from cash_taken k join device_fact f on f.id = k.id where f.event_id = $1 and k.charge_id is null
    """
    entered = await district.answer(event("g", "entry", MORNING, plate))
    await district.answer(cash("g-1", 600, plate=plate))
    assert await district.count(waits, "g-1") == 1  # nobody has asked what it costs
    await decide(district, Kind.RIGHT, about=await device_fact(district, "g-1"))
    quote = await quoted(district, plate, NOW, QC)
    assert quote.amount_fen == 600
    await district.answer(cash("g-2", 500, plate=plate))
    assert await district.count(waits, "g-2") == 1  # a part of it is told when it leaves
    await district.answer({**cash("g-3", 600, plate=plate), "occurred_at": (NOW + MINUTE).isoformat()})
    assert await district.count(waits, "g-3") == 0
    paid = await quoted(district, plate, NOW + 2 * MINUTE, QC)
    assert (paid.amount_fen, paid.paid_fen) == (0, 600)
    assert paid.paid_until is not None
    assert (await polled(district, entered.stay_id)).paid_until == paid.paid_until
    left = await district.answer(event("go", "exit", NOW + 10 * MINUTE, plate))
    assert (left.gate, left.fee_fen) == ("open", 600)
    assert (await polled(district, entered.stay_id)).paid_until is None
    assert await district.broken() == {}


async def device_fact(district: District, event_id: str) -> UUID:
    found: UUID = await district.owner.fetchval("select id from device_fact where event_id = $1", event_id)
    return found


async def test_cash_after_its_quote_has_lapsed_waits(district: District) -> None:
    plate = "鲁G88888"
    await district.answer(event("h", "entry", MORNING, plate))
    await quoted(district, plate, NOW - 30 * MINUTE, QC)
    await district.answer(cash("h-1", 600, plate=plate))
    waits = "select count(*) from cash_taken where plate = $1 and charge_id is null"
    assert await district.count(waits, plate) == 1
    await district.answer(event("ho", "exit", NOW, plate))
    await book_waiting(district.pool, now=NOW + MINUTE)
    assert await district.count(waits, plate) == 0
    assert await district.count(OWED, plate) == 0
