"""Events that are told late are judged by what held when they happened: the payer, the price, the plate."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import pytest
from msgspec import structs

from parking import tariffs
from parking.flow import plates as plates_flow
from parking.flow.tariffs import publish_tariff
from parking.plates import PlateColor, PlateRefused
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


async def test_who_held_the_plate_when_the_car_left_pays_although_it_is_told_late(district: District) -> None:
    """A gateway was offline; meanwhile the driver unlinked the plate and linked it again, and somebody else had it."""
    plate = "鲁A10027"
    first = await district.account(plate)

    async def at(hours_ago: int, change: Callable[..., Awaitable[object]], account_id: int) -> None:
        async with district.pool.acquire() as db, db.transaction():
            await change(
                db,
                account_id=account_id,
                plate=plate,
                plate_color=PlateColor.BLUE,
                now=NOW - hours_ago * HOUR,
                random_bits=district.random_bits,
                actor="driver",
            )

    second = await district.account()
    await at(20, plates_flow.unlink_plate, first)
    await at(18, plates_flow.link_plate, second)
    await at(10, plates_flow.unlink_plate, second)
    await at(8, plates_flow.link_plate, first)
    visits = [(26, 24, first), (23, 19, None), (18, 17, second), (11, 9, None), (9, 7, first)]
    for number, (came, left, payer) in enumerate(visits):
        said = visit(f"late{number}", plate, NOW - came * HOUR, NOW - left * HOUR)
        await district.record(*({**each, "replay": True} for each in said))
        stay = "select account_id from stay where plate = $1 and left_at = $2"
        assert await district.owner.fetchval(stay, plate, NOW - left * HOUR) == payer, (came, left)


async def test_a_plate_never_has_two_holders(district: District) -> None:
    plate = "鲁A10028"
    accounts = [await district.account() for _ in range(6)]

    async def change(to: Callable[..., Awaitable[object]], account_id: int, now: datetime) -> None:
        async with district.pool.acquire() as db, db.transaction():
            await to(
                db,
                account_id=account_id,
                plate=plate,
                plate_color=PlateColor.BLUE,
                now=now,
                random_bits=district.random_bits,
                actor="driver",
            )

    holder = "select array_agg(account_id) from account_plate where plate = $1 and unlinked_at is null"
    await asyncio.gather(*(change(plates_flow.link_plate, each, NOW - HOUR) for each in accounts))
    first, *others = await district.owner.fetchval(holder, plate)
    assert others == []
    # The others wait, and the one that has waited longest follows without a gap.
    await change(plates_flow.unlink_plate, first, NOW - MINUTE)
    (second,) = await district.owner.fetchval(holder, plate)
    times = await district.owner.fetch(
        "select account_id, unlinked_at, linked_at from account_plate where plate = $1 order by linked_at", plate
    )
    assert [tuple(row) for row in times] == [(first, NOW - MINUTE, NOW - HOUR), (second, None, NOW - MINUTE)]
    # And the database would not take it, whoever asked.
    with pytest.raises(asyncpg.ExclusionViolationError):
        await district.owner.execute(
            "insert into account_plate select plate, plate_color, $2, linked_at + interval '1 hour' from account_plate "
            "where plate = $1", plate, accounts[0],
        )  # fmt: skip


async def test_an_account_has_so_many_plates_also_at_once(district: District) -> None:
    account_id = await district.account()

    async def link(number: int) -> bool:
        try:
            async with district.pool.acquire() as db, db.transaction():
                await plates_flow.link_plate(
                    db,
                    account_id=account_id,
                    plate=f"鲁B2{number:04}",
                    plate_color=PlateColor.BLUE,
                    now=NOW,
                    random_bits=district.random_bits,
                    actor="driver",
                )
        except PlateRefused:
            return False
        return True

    linked = await asyncio.gather(*map(link, range(plates_flow.PLATES_PER_ACCOUNT_MAX + 10)))
    assert sum(linked) == plates_flow.PLATES_PER_ACCOUNT_MAX
    assert await district.count("select count(*) from account_plate where account_id = $1", account_id) == sum(linked)


async def test_a_plate_of_a_suspended_account_is_free_and_its_past_is_kept(district: District) -> None:
    plate = "鲁A10029"
    before = await district.account(plate)
    await district.owner.execute("update account set status = 'suspended' where id = $1", before)
    after = await district.account(plate, linked_at=NOW - HOUR)
    rows = await district.owner.fetch(
        "select account_id, unlinked_at from account_plate where plate = $1 order by linked_at", plate
    )
    assert [tuple(row) for row in rows] == [(before, NOW - HOUR), (after, None)]


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
