"""A misread corrected: whose account it was not gets the money back, and the operator's statement follows."""

from datetime import date, timedelta

from parking.decisions import Kind
from parking.stays import State
from payments.flow import settlement as settlement_flow
from tests.conftest import NOW
from tests.district import District, visit
from tests.parking.deciding import MORNING, decide, fact, wallet
from tests.payments.city import City


async def test_a_misread_corrected_gives_the_money_back_and_charges_who_was_there(district: District) -> None:
    city = City(district.pool, district.owner, NOW, district.random_bits)
    victim, driver = await district.account("鲁A20001"), await district.account("鲁A30009")
    await city.top_up(victim, 10_000)
    await city.top_up(driver, 10_000)
    await district.record(*visit("m", "鲁A20001", MORNING, NOW))  # it was 鲁A30009, both times
    await city.collect()
    assert (await wallet(district, victim), await wallet(district, driver)) == (9_400, 10_000)

    await decide(district, Kind.PLATE, about=await fact(district, "mi"), plate="鲁A30009")
    decided = await decide(district, Kind.PLATE, about=await fact(district, "mo"), plate="鲁A30009")
    assert decided.stay is not None
    assert (decided.stay.plate, decided.stay.state) == ("鲁A30009", State.CLOSED)
    await city.collect()
    assert (await wallet(district, victim), await wallet(district, driver)) == (10_000, 9_400)
    assert await district.inside() == 0
    assert await district.broken() == {}
    day = date(2026, 11, 16)
    settled = await settlement_flow.settle(district.pool, business_date=day, now=NOW + timedelta(days=1))
    (statement,) = [each for each in settled if each.operator_code == "jn-static"]
    assert statement.gross_fen - statement.refunds_fen == 600
