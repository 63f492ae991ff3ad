"""What is told again is answered by how it stands now, whatever has become of it since."""

from uuid import uuid4

from msgspec import structs

from parking import bans
from parking.answers import Answer
from parking.bans import Ban
from parking.barrier import Command
from parking.dated import Version
from parking.decisions import Kind
from parking.plates import PlateColor
from payments.charges import charge_id
from tests.conftest import NOW
from tests.district import QC, District, event
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


async def test_an_exit_without_a_plate_that_a_person_named(district: District) -> None:
    await district.record(event("rh", "entry", MORNING, "鲁AY1C25"))
    held = await district.answer(event("ri", "exit", NOW, "无牌车"))
    assert (held.gate, held.stay_id, held.reason) == (Command.HOLD, None, "no_plate")
    assert (await district.answer(event("ri", "exit", NOW, "无牌车"))).gate is Command.HOLD
    await decide(district, Kind.PLATE, about=await fact(district, "ri"), plate="鲁AY1C25")
    again = await told_again(district, "ri", "无牌车")
    assert (again.gate, again.fee_fen, again.payment) == ("hold", 600, "pay_at_gate")
    city = City(district.pool, district.owner, NOW, district.random_bits)
    assert again.stay_id is not None
    await city.pay(charge_id(again.stay_id, None), "ok")
    assert (await told_again(district, "ri", "无牌车")).gate is Command.OPEN


# -- entries


async def entered(district: District, number: str, plate: str) -> Command:
    return (await district.answer(event(number, "entry", NOW, plate))).gate


async def test_an_entry_whose_ban_has_ended_or_has_begun(district: District) -> None:
    allowed, banned = district.network, structs.replace(district.network, bans=bans.by_plate([ban("鲁AZ2D36")]))
    district.network = banned
    assert await entered(district, "rj", "鲁AZ2D36") is Command.HOLD
    assert await entered(district, "rj", "鲁AZ2D36") is Command.HOLD
    # Read badly once more, it is who it was.
    assert await entered(district, "rj", "无牌") is Command.HOLD
    district.network = allowed
    assert await entered(district, "rj", "鲁AZ2D36") is Command.OPEN
    district.network = banned
    assert await entered(district, "rj", "鲁AZ2D36") is Command.HOLD


async def test_an_entry_that_a_person_says_is_a_vehicle(district: District) -> None:
    district.network = structs.replace(district.network, bans=bans.by_plate([ban("鲁AA3E47")]))
    for number, plate in (("rk", "鲁AA3E47"), ("rl", "无牌")):
        assert await entered(district, number, plate) is Command.HOLD
        about = await fact(district, number)
        await decide(district, Kind.PLATE, about=about, plate="鲁AA3E47" if number == "rk" else "鲁AB4F58")
        assert await entered(district, number, plate) is Command.OPEN
        await decide(district, Kind.UNDO, about=about, undoes=1)
        assert await entered(district, number, plate) is Command.HOLD


async def test_an_entry_at_a_lane_that_was_closed_does_not_count(district: District) -> None:
    lane, allowed = district.network.lanes[f"{QC}-in"], district.network
    closed = structs.replace(lane, closures=(Version(NOW - HOUR, True),))
    district.network = structs.replace(allowed, lanes={**allowed.lanes, lane.code: closed})
    assert await entered(district, "rm", "鲁AC5G69") is Command.HOLD
    district.network = allowed
    # Let in, it would not be known at the exit; its next read is another event.
    assert await entered(district, "rm", "鲁AC5G69") is Command.HOLD
    assert await entered(district, "rn", "鲁AC5G69") is Command.OPEN


def ban(plate: str) -> Ban:
    since = NOW - HOUR
    return Ban(uuid4(), None, None, plate, PlateColor.BLUE, since, None, "x", "admin:test", since)
