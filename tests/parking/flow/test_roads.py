"""Lots beside and inside of others: stretches of one road are priced as one stay."""

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs

from parking import network as networks
from parking.dated import Version
from parking.flow import repricing
from parking.flow.lots import register_lot
from parking.flow.network import read_network
from parking.lots import Around, InnerClock, LotPlan, UnknownLot
from parking.pauses import Nest
from parking.surroundings import ALWAYS
from parking.tariffs.language.sources import Source
from seeds.city.network import lot_plan
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, visit

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FEES = "select fee_fen from stay where plate = $1 and state = 'closed' order by entered_at"


def on_one_road(district: District, within_min: int = 10) -> District:
    """The district as it is where the road and the hospital are stretches of one road."""
    lots = {
        id_: structs.replace(lot, road="lishan", road_within_min=within_min) if lot.code in (QC, HOSPITAL) else lot
        for id_, lot in district.network.lots.items()
    }
    prices = networks.of_roads(lots.values(), district.network.prices)
    by_code = {lot.code: lot for lot in lots.values()}
    network = structs.replace(district.network, lots=lots, lots_by_code=by_code, prices=prices)
    return structs.replace(district, network=network)


async def caught_up(district: District) -> None:
    while await district.count("select count(*) from repricing"):
        await repricing.catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits)


async def fees(district: District, plate: str) -> list[int]:
    return [row["fee_fen"] for row in await district.owner.fetch(FEES, plate)]


@pytest.mark.parametrize(
    ("number", "lot", "away_min", "expected"),
    [
        (1, HOSPITAL, 10, [200, 200]),  # from the first entry on it is the second hour, which is no longer free
        (2, HOSPITAL, 11, [200, 0]),
        (3, STATION, 9, [200, 0]),
        (4, QC, 9, [200, 200]),
    ],
)
async def test_who_drives_on_is_priced_as_one_stay(
    district: District, number: int, lot: str, away_min: int, expected: list[int]
) -> None:
    road, plate, began = on_one_road(district), f"鲁AR100{number}", NOW - 2 * HOUR
    again = began + HOUR + away_min * MINUTE
    await road.record(*visit(f"a{number}", plate, began, began + HOUR))
    await road.record(*visit(f"b{number}", plate, again, again + 20 * MINUTE, lot=lot))
    assert await fees(district, plate) == expected


async def test_free_minutes_are_had_once_along_a_road(district: District) -> None:
    road, began = on_one_road(district), NOW - 2 * HOUR
    for number, lot, expected in ((1, HOSPITAL, [0, 200]), (2, STATION, [0, 0])):
        plate, again = f"鲁AR200{number}", began + 29 * MINUTE
        await road.record(*visit(f"c{number}", plate, began, began + 20 * MINUTE))
        await road.record(*visit(f"d{number}", plate, again, again + 25 * MINUTE, lot=lot))
        assert await fees(district, plate) == expected


async def test_a_tariff_that_says_how_long_is_kept_to(district: District) -> None:
    road = on_one_road(district, within_min=5)
    prices = road.network.prices[district.lot(QC).id]
    assert [each.tariff.rejoin_min for each in prices.tariffs] == [5]
    again = networks.of_roads(road.network.lots.values(), road.network.prices)[district.lot(QC).id]
    assert [each.tariff.rejoin_min for each in again.tariffs] == [5]
    alone = networks.of_roads([road.lot(QC)], district.network.prices)[district.lot(QC).id]
    assert [each.tariff.rejoin_min for each in alone.tariffs] == [0]


async def test_lots_are_stretches_of_a_road_for_a_while(district: District) -> None:
    """A visit is counted on to the next if both lots were stretches of the road when each of them began."""
    joins, leaves = NOW - 110 * MINUTE, NOW - 39 * MINUTE
    places = Version(joins, Around(road="lishan", road_within_min=10)), Version(leaves, Around())
    lots = {
        id_: structs.replace(lot, surroundings=places) if lot.code in (QC, HOSPITAL) else lot
        for id_, lot in district.network.lots.items()
    }
    prices = networks.of_roads(lots.values(), district.network.prices)
    road = structs.replace(district, network=structs.replace(district.network, lots=lots, prices=prices))
    for began, expected in ((joins - MINUTE, [200, 0]), (joins, [200, 200]), (joins + MINUTE, [200, 0])):
        plate, again = f"鲁AR50{began:%M}", began + 70 * MINUTE
        await road.record(*visit(f"j{plate}", plate, began, began + HOUR))
        await road.record(*visit(f"k{plate}", plate, again, again + 20 * MINUTE, lot=HOSPITAL))
        assert await fees(district, plate) == expected
    assert await road.broken() == {}


@pytest.mark.parametrize("seed", range(4))
async def test_in_any_order_a_road_costs_the_same(district: District, seed: int) -> None:
    road, chance = on_one_road(district), random.Random(seed)
    at, visits = NOW - 20 * HOUR, []
    for _ in range(4):
        at += chance.choice((5, 9, 12)) * MINUTE
        left_at = at + chance.choice((15, 40, 90)) * MINUTE
        visits.append((chance.choice((QC, HOSPITAL)), at, left_at))
        at = left_at
    outcomes = []
    for turn in range(2):
        plate = f"鲁AR3{seed}{turn}5"
        told: list[dict[str, Any]] = [
            {**each, "replay": True}
            for n, (lot, entered_at, left_at) in enumerate(visits)
            for each in visit(f"e{seed}{turn}{n}", plate, entered_at, left_at, lot=lot)
        ]
        if turn:
            chance.shuffle(told)
        for each in told:
            await road.record(each)
        await caught_up(road)
        outcomes.append(await fees(district, plate))
    assert outcomes[0] == outcomes[1]


async def test_lots_are_registered_beside_and_inside_of_others(district: District) -> None:
    inner = structs.replace(lot_plan("qc-inner", "jn-static"), inside_of=QC, inner_clock=InnerClock.STOPS)
    stretch = structs.replace(lot_plan("lishan-1", "jn-static"), road="lishan", road_within_min=15)
    async with district.pool.acquire() as db:
        async with db.transaction():
            for plan in (inner, stretch):
                await register_lot(db, plan, by="tests", now=NOW)
        with pytest.raises(UnknownLot):
            await register_lot(
                db, structs.replace(lot_plan("x", "jn-static"), inside_of="nowhere"), by="tests", now=NOW
            )
        network = await read_network(db, NOW)
    lots = network.lots_by_code
    assert network.nests[district.lot(QC).id] == Nest(inner={lots["qc-inner"].id: ALWAYS})
    assert Source.NEST in network.prices[district.lot(QC).id].asks
    assert Source.NEST not in network.prices[district.lot(HOSPITAL).id].asks
    with pytest.raises(msgspec.ValidationError, match="inside_of"):
        msgspec.convert({**msgspec.to_builtins(lot_plan("y", "jn-static")), "inner_clock": "stops"}, LotPlan)
    assert (lots["qc-inner"].inside_of, lots["qc-inner"].road_within_min) == (district.lot(QC).id, None)
    assert (lots["lishan-1"].road, lots["lishan-1"].road_within_min) == ("lishan", 15)
