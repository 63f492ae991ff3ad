"""Events that are told late are judged by what held when they happened: the payer, the price, the plate."""

from datetime import timedelta

from msgspec import structs

from parking import tariffs
from parking.flow.tariffs import publish_tariff
from parking.prices import TariffInForce
from payments.flow import accounts as accounts_flow
from tests.conftest import NOW
from tests.district import District, facts, visit

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def test_who_links_a_plate_later_does_not_pay_for_before(district: District) -> None:
    account_id = await district.account("鲁A10023", linked_at=NOW - HOUR)
    _, before = await district.record(*visit("u", "鲁A10023", NOW - 5 * HOUR, NOW - 2 * HOUR))
    _, after = await district.record(*visit("u2", "鲁A10023", NOW - 90 * MINUTE, NOW))
    assert [facts(answer)[3] for answer in (before, after)] == ["pay_at_gate", "will_be_charged"]
    async with district.pool.acquire() as db:
        assert (await accounts_flow.standing(db, account_id)).owed_fen == facts(after)[2]


async def test_a_stay_is_priced_by_what_held_when_it_began(district: District) -> None:
    lot = district.lot()
    prices = district.network.prices[lot.id]
    cheap = prices.tariffs[0].tariff
    tiers = (structs.replace(cheap.bands[0].tiers[0], unit_fen=2000),)
    dear = structs.replace(cheap, bands=tuple(structs.replace(band, tiers=tiers) for band in cheap.bands), caps=())
    async with district.pool.acquire() as db, db.transaction():
        number = (await publish_tariff(db, document=tariffs.to_json(dear), by="tests", now=NOW, findings=())).id
    later = TariffInForce(NOW - HOUR, number, dear, tariffs.Compiled(dear), 2)
    raised = structs.replace(prices, tariffs=(*prices.tariffs, later))
    network = structs.replace(district.network, prices={**district.network.prices, lot.id: raised})
    said = [{**each, "replay": True} for each in visit("v", "鲁A10024", NOW - 26 * HOUR, NOW - 24 * HOUR)]
    _, old = await structs.replace(district, network=network).record(*said)
    _, new = await structs.replace(district, network=network).record(*visit("v2", "鲁A10025", NOW - 59 * MINUTE, NOW))
    assert (facts(old)[2], facts(new)[2]) == (400, 2000)


async def test_a_plate_whose_colour_was_not_read_is_the_same_vehicle(district: District) -> None:
    came, went = visit("colour", "鲁A10026", NOW - 3 * HOUR, NOW)
    entered = await district.answer({**came, "plate_color": "unknown"})
    assert (await district.answer(went)).stay_id == entered.stay_id
    assert await district.count("select count(*) from gate_event where color_read = 'unknown' and plate_color = 'blue'")
