"""Exits that are only probably matched, where the lot holds such cars."""

from datetime import timedelta

from parking.decisions import Kind
from parking.flow.network import read_network
from tests.district import HOSPITAL, District, event
from tests.parking.deciding import polled
from tests.parking.flow.test_commands import decide, last_number, new

HOUR = timedelta(hours=1)


async def test_a_lot_holds_who_only_probably_came_until_a_person_has_looked(district: District) -> None:
    """Nobody is told what it costs meanwhile, nor may pay the way out; the debit waits as everywhere."""
    now = district.later()
    came, left = "鲁A41B77", "鲁A41877"
    hold = "insert into lot_probable_match (lot_id, valid_from, probable_match) values ($1, $2, 'hold')"
    await district.owner.execute(hold, district.lot(HOSPITAL).id, now - HOUR)
    async with district.pool.acquire() as db:
        district.network = await read_network(db, now)
    account_id = await district.account(came)
    before = await last_number(district, HOSPITAL)
    await district.answer(event("q1i", "entry", now - 3 * HOUR, came, lot=HOSPITAL))
    exit_ = event("q1o", "exit", now, left, lot=HOSPITAL)
    held = await district.answer(exit_)
    told = (held.gate, held.reason, held.fee_fen, held.payment, held.charge_reference)
    assert told == ("hold", "match_probable", None, None, None)
    assert (await district.answer(exit_)).gate == "hold"
    stay = await polled(district, held.stay_id, lot=HOSPITAL)
    assert (stay.gate, stay.fee_fen, stay.charge_reference) == ("hold", None, None)
    owed = "select amount_fen from charge where account_id = $1 and state = 'due'"
    assert await district.owner.fetch(owed, account_id) != []
    assert await new(district, HOSPITAL, before) == []
    assert await decide(district, "q1o", Kind.PAIR, stay_id=held.stay_id) != set()
    ((gate, because, event_id, fee_fen, _),) = await new(district, HOSPITAL, before)
    assert (gate, because, event_id) == ("open", "debited", "q1o")
    again = await district.answer(exit_)
    assert (again.gate, again.payment, again.fee_fen) == ("open", "will_be_charged", fee_fen)
    # One that was read before the lot held such cars is let out still.
    await district.answer(event("q2i", "entry", now - 6 * HOUR, "鲁A41B99", lot=HOSPITAL))
    late = await district.answer(event("q2o", "exit", now - 2 * HOUR, "鲁A41899", lot=HOSPITAL))
    assert (late.gate, late.reason, late.payment) == ("hold", "match_probable", "pay_at_gate")
    # A person lets out whom it holds, without saying who it is.
    await district.answer(event("q3i", "entry", now - 3 * HOUR, "鲁A41B44", lot=HOSPITAL))
    assert (await district.answer(event("q3o", "exit", now, "鲁A41844", lot=HOSPITAL))).fee_fen is None
    before = await last_number(district, HOSPITAL)
    await decide(district, "q3o", Kind.LET_OUT_FREE)
    assert [row[:3] for row in await new(district, HOSPITAL, before)] == [("open", "released", "q3o")]
    await district.owner.execute("delete from lot_probable_match")
