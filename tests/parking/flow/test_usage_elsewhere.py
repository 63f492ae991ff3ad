"""What a visit used is remembered in other lots whatever was told first: late, corrected, or of two lots at once."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from parking import prices
from parking.decisions import Kind
from parking.flow import repricing
from parking.tariffs import Tariff
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, visit
from tests.parking.deciding import decide, fact
from tests.parking.flow.test_usage import CITY, GREEN, ROAD, charging_by

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FEES = """
select s.lot_id, s.entered_at, s.left_at, s.fee_fen, s.uses::text, c.amount_fen + c.waived_fen as charged
  from stay s left join charge c on c.stay_id = s.id and c.account_id is not distinct from s.account_id
 where s.plate = $1 and s.state = 'closed' order by 2, 1
"""


async def wide_district(district: District) -> District:
    """Two lots whose price remembers the whole city, and one that remembers itself and is remembered."""
    wide = await charging_by(district, CITY, QC, STATION)
    return structs.replace(
        wide, network=structs.replace(wide.network, prices=prices.seen_by_others(wide.network.prices))
    )


async def caught_up(district: District) -> int:
    """What waits is priced again, until nothing does; how many rounds that took."""
    rounds = 0
    while await district.count("select count(*) from repricing"):
        rounds += 1
        assert rounds < 20
        await repricing.catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits)
    return rounds


async def fees(district: District, plate: str) -> list[tuple[Any, ...]]:
    rows = await district.owner.fetch(FEES, plate)
    assert all((row["charged"] or 0) == row["fee_fen"] for row in rows)
    return [tuple(row)[:5] for row in rows]


async def fees_alone(district: District, plate: str) -> list[int]:
    return [row[3] for row in await fees(district, plate)]


def late(said: list[Say]) -> list[Say]:
    return [{**each, "replay": True} for each in said]


async def test_a_visit_that_is_told_late_makes_later_ones_elsewhere_dearer(district: District) -> None:
    wide, plate, began = await wide_district(district), "鲁AD10001", NOW - 9 * HOUR
    await wide.record(*visit("b1", plate, began + 4 * HOUR, began + 6 * HOUR, lot=STATION, **GREEN))
    assert await fees_alone(wide, plate) == [0]
    await wide.record(*late(visit("b2", plate, began, began + 2 * HOUR, **GREEN)))
    assert await caught_up(wide) > 0
    assert await fees_alone(wide, plate) == [0, 400]
    # That it goes from one lot to the other, and back.
    await wide.record(*late(visit("b3", plate, began - 3 * HOUR, began - HOUR, lot=STATION, **GREEN)))
    await caught_up(wide)
    assert await fees_alone(wide, plate) == [0, 400, 400]


async def test_a_visit_that_was_none_gives_back_what_it_had_used(district: District) -> None:
    wide, plate, began = await wide_district(district), "鲁AD10002", NOW - 9 * HOUR
    await wide.record(*visit("c1", plate, began, began + 2 * HOUR, **GREEN))
    await wide.record(*visit("c2", plate, began + 4 * HOUR, began + 6 * HOUR, lot=STATION, **GREEN))
    assert await fees_alone(wide, plate) == [0, 400]
    for event_id in ("c1i", "c1o"):
        await decide(wide, Kind.VOID, about=await fact(wide, event_id))
    await caught_up(wide)
    assert await fees_alone(wide, plate) == [0]
    cause = await district.owner.fetchval(
        "select a.cause from charge_adjustment a join charge c on c.id = a.charge_id join stay s on s.id = c.stay_id "
        "where s.plate = $1",
        plate,
    )
    assert cause == "decision"


async def test_what_a_lot_remembers_for_itself_is_seen_by_others(district: District) -> None:
    wide, plate, began = await wide_district(district), "鲁AD10003", NOW - 9 * HOUR
    await wide.record(*visit("d1", plate, began + 4 * HOUR, began + 6 * HOUR, lot=STATION, **GREEN))
    await wide.record(*late(visit("d2", plate, began, began + 2 * HOUR, lot=HOSPITAL, **GREEN)))
    await caught_up(wide)
    assert await fees_alone(wide, plate) == [0, 400]


async def test_a_car_that_leaves_now_asks_for_nothing(district: District) -> None:
    wide, plate, began = await wide_district(district), "鲁AD10004", NOW - 9 * HOUR
    for n, lot in enumerate((QC, STATION, HOSPITAL, QC)):
        await wide.record(*visit(f"e{n}", plate, began + 2 * n * HOUR, began + (2 * n + 1) * HOUR, lot=lot, **GREEN))
        assert await district.count("select count(*) from repricing") == 0


async def test_of_two_visits_at_once_the_one_that_began_first_comes_first(district: District) -> None:
    wide, began = await wide_district(district), NOW - 9 * HOUR
    outcomes = []
    for n in range(2):
        plate = f"鲁AD1000{5 + n}"
        around = late(visit(f"k{n}", plate, began, began + 8 * HOUR, **GREEN))
        within = late(visit(f"l{n}", plate, began + HOUR, began + 2 * HOUR, lot=STATION, **GREEN))
        for told in (within, around) if n else (around, within):
            await wide.record(*told)
        await caught_up(wide)
        outcomes.append(await fees(wide, plate))
    assert outcomes[0] == outcomes[1]
    assert [fee for *_, fee, _ in outcomes[0]] == [700, 200]


async def test_two_lots_that_record_at_once_miss_nothing(district: District) -> None:
    wide, began = await wide_district(district), NOW - 9 * HOUR
    plates = [f"鲁AD2000{n}" for n in range(8)]
    for n, plate in enumerate(plates):
        await asyncio.gather(
            wide.record(*late(visit(f"f{n}", plate, began, began + 2 * HOUR, **GREEN))),
            wide.record(*late(visit(f"g{n}", plate, began + 4 * HOUR, began + 6 * HOUR, lot=STATION, **GREEN))),
        )
    await caught_up(wide)
    assert [await fees_alone(wide, plate) for plate in plates] == [[0, 400]] * len(plates)


def days(chance: random.Random) -> list[tuple[str, datetime, datetime]]:
    """Visits to lots over two days, of which some overlap as no vehicle's do."""
    at, told = NOW - timedelta(days=2), []
    for _ in range(chance.randint(3, 7)):
        at += chance.choice((20, 90, 400)) * MINUTE
        left_at = at + chance.choice((10, 50, 130, 300)) * MINUTE
        told.append((chance.choice((QC, STATION, HOSPITAL)), at, left_at))
        at = left_at if chance.random() < 0.8 else at + 5 * MINUTE
    return [each for each in told if each[2] <= NOW]


@pytest.mark.parametrize("seed", range(10))
async def test_in_any_order_visits_cost_the_same(district: District, seed: int) -> None:
    wide, chance = await wide_district(district), random.Random(seed)
    visits, outcomes = days(chance), []
    for turn in range(2):
        plate = f"鲁AD3{seed}{turn}77"
        await district.account(plate, color="green")
        told = [
            each
            for n, (lot, entered_at, left_at) in enumerate(visits)
            for each in late(visit(f"h{seed}{turn}{n}", plate, entered_at, left_at, lot=lot, **GREEN))
        ]
        if turn:
            chance.shuffle(told)
        else:
            told.sort(key=lambda each: str(each["occurred_at"]))
        while told:
            batch, told = told[: (size := chance.randint(1, 3) if turn else 1)], told[size:]
            await wide.record(*batch)
            if turn and chance.random() < 0.3:
                await caught_up(wide)
        await caught_up(wide)
        outcomes.append(await fees(wide, plate))
    assert outcomes[0] == outcomes[1]


def test_the_price_of_one_lot_says_whether_others_see_it() -> None:
    def seen(*tariffs: Tariff) -> list[bool]:
        lots = {
            n: prices.lot_prices([prices.TariffInForce(NOW, n, text, None)], None) for n, text in enumerate(tariffs)
        }
        return [each.is_seen for each in prices.seen_by_others(lots).values()]

    assert seen(ROAD, ROAD) == [False, False]
    assert seen(ROAD, CITY) == [True, True]
