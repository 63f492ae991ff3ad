"""An exit that is told again says what the poll of its stay says, whatever has become of it since."""

from parking.answers import Answer
from parking.barrier import Command
from parking.decisions import Kind
from payments.charges import charge_id
from tests.conftest import NOW
from tests.district import District, event
from tests.parking.deciding import HOUR, MORNING, decide, fact, polled
from tests.payments.city import City


async def told_again(district: District, number: str, plate: str) -> Answer:
    """The answer to an exit that was told before; the gateway that polls is told the same."""
    again = await district.answer(event(number, "exit", NOW, plate))
    now = await polled(district, again.stay_id)
    assert again.status == "duplicate"
    assert (again.gate, again.stay_id, again.fee_fen, again.payment, again.charge_reference) == (
        *(now.gate, now.stay_id, now.fee_fen, now.payment, now.charge_reference),
    )
    return again


async def test_an_exit_whose_entry_was_told_later(district: District) -> None:
    held = await district.answer(event("ra", "exit", NOW, "鲁AT4X71"))
    assert (held.gate, held.fee_fen) == (Command.HOLD, None)
    assert (await told_again(district, "ra", "鲁AT4X71")).fee_fen is None
    entered = await district.answer(event("rb", "entry", MORNING, "鲁AT4X71", replay=True))
    again = await told_again(district, "ra", "鲁AT4X71")
    assert (again.gate, again.fee_fen, again.payment, again.stay_id) == ("hold", 600, "pay_at_gate", entered.stay_id)
    assert again.display is not None
    assert again.display.zh == "请付6.00元"
    city = City(district.pool, district.owner, NOW, district.random_bits)
    assert entered.stay_id is not None
    await city.pay(charge_id(entered.stay_id, None), "ok")
    assert (await told_again(district, "ra", "鲁AT4X71")).gate is Command.OPEN


async def test_an_exit_that_a_person_put_to_an_account(district: District) -> None:
    await district.account("鲁AV6Y82")
    await district.record(event("rc", "entry", MORNING, "鲁AV6Y82"))
    held = await district.answer(event("rd", "exit", NOW, "鲁B3H7K9"))
    assert held.gate is Command.HOLD
    await decide(district, Kind.PLATE, about=await fact(district, "rd"), plate="鲁AV6Y82")
    again = await told_again(district, "rd", "鲁B3H7K9")
    assert (again.gate, again.fee_fen, again.payment) == ("open", 600, "will_be_charged")


async def test_an_exit_that_a_person_let_out_or_made_void(district: District) -> None:
    await district.answer(event("re", "exit", NOW, "鲁AW8Z93"))
    await decide(district, Kind.LET_OUT_FREE, about=await fact(district, "re"))
    assert (await told_again(district, "re", "鲁AW8Z93")).gate is Command.OPEN
    await district.record(event("rf", "entry", NOW - HOUR, "鲁AX9B14"))
    await district.answer(event("rg", "exit", NOW, "鲁AX9B14"))
    await decide(district, Kind.VOID, about=await fact(district, "rg"))
    # It is inside again, and whoever stands there waits for a person.
    again = await district.answer(event("rg", "exit", NOW, "鲁AX9B14"))
    assert (again.status, again.gate) == ("duplicate", Command.HOLD)
