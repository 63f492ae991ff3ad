"""A lot inside that stops the clock: its time is not counted around it, in whatever order it is told."""

import random
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs

from parking.dated import Version
from parking.flow import repricing
from parking.flow.elsewhere import look_on
from parking.lots import Around, InnerClock
from parking.pauses import nests_of
from parking.prices import pausing
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, visit

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
STAYS = "select lot_id, fee_fen from stay where plate = $1 and state = 'closed' order by lot_id, entered_at"
PAUSED = """
select r.rights -> 'paused' as paused from stay_rights r join stay s on s.lot_id = r.lot_id and s.id = r.stay_id
 where s.plate = $1 and r.rights ? 'paused'
"""


def nested(district: District, clock: InnerClock = InnerClock.STOPS, *versions: Version[Around]) -> District:
    """The district as it is where the hospital lies inside of the road's lot; `versions`: where else it did, from when
    on.
    """
    outer = district.lot(QC)
    there = {"inside_of": outer.id, "inner_clock": clock, "surroundings": versions}
    lots = {
        id_: structs.replace(lot, **there) if lot.code == HOSPITAL else lot
        for id_, lot in district.network.lots.items()
    }
    nests = nests_of(lots)
    prices = {id_: pausing(each) if id_ in nests else each for id_, each in district.network.prices.items()}
    by_code = {lot.code: lot for lot in lots.values()}
    network = structs.replace(district.network, lots=lots, lots_by_code=by_code, prices=prices, nests=nests)
    return structs.replace(district, network=network)


async def caught_up(district: District) -> None:
    while await district.count("select count(*) from repricing"):
        await repricing.catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits)


async def fees(district: District, plate: str) -> dict[str, list[int]]:
    codes = {lot.id: lot.code for lot in district.network.lots.values()}
    found: dict[str, list[int]] = {}
    for row in await district.owner.fetch(STAYS, plate):
        found.setdefault(codes[row["lot_id"]], []).append(row["fee_fen"])
    return found


def told(number: str, plate: str, lot: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    return [{**each, "replay": True} for each in visit(number, plate, since, until, lot=lot)]


async def cost(district: District, minutes: int, plate: str) -> int:
    """What a stay of so long costs in the outer lot by itself."""
    await district.record(*told(f"alone-{plate}", plate, QC, NOW - 9 * HOUR, NOW - 9 * HOUR + minutes * MINUTE))
    return (await fees(district, plate))[QC][0]


async def test_time_inside_is_not_counted_around(district: District) -> None:
    lots, began = nested(district), NOW - 9 * HOUR
    await lots.record(*told("p1i", "鲁AP1357", HOSPITAL, began + HOUR, began + 3 * HOUR))
    await lots.record(*told("p1o", "鲁AP1357", QC, began, began + 4 * HOUR))
    both, alone = await fees(lots, "鲁AP1357"), await cost(lots, 120, "鲁AP2468")
    assert both[QC] == [alone]
    assert alone < await cost(lots, 240, "鲁AP2579")
    runs = nested(district, InnerClock.RUNS)
    assert not runs.network.nests
    await runs.record(*told("p2i", "鲁AP3691", HOSPITAL, began + HOUR, began + 3 * HOUR))
    await runs.record(*told("p2o", "鲁AP3691", QC, began, began + 4 * HOUR))
    assert (await fees(runs, "鲁AP3691"))[QC] > both[QC]


async def test_time_inside_is_not_counted_while_the_lot_lies_inside(district: District) -> None:
    began = NOW - 9 * HOUR
    # It ceases to lie inside in the middle of a stay in both, or comes to: an hour of two counts.
    away = [Version(began + 2 * HOUR, Around())]
    back = [
        Version(began - HOUR, Around()),
        Version(began + 2 * HOUR, Around(district.lot(QC).id, InnerClock.STOPS)),
    ]
    for plate, versions, hours in (("鲁AP7259", away, (1, 2)), ("鲁AP7361", back, (2, 3))):
        lots = nested(district, InnerClock.STOPS, *versions)
        await lots.record(*told(f"v{plate}i", plate, HOSPITAL, began + HOUR, began + 3 * HOUR))
        await lots.record(*told(f"v{plate}o", plate, QC, began, began + 4 * HOUR))
        stood = msgspec.json.decode(await district.owner.fetchval(PAUSED, plate), type=list[tuple[datetime, datetime]])
        assert [((since - began) / HOUR, (until - began) / HOUR) for since, until in stood] == [hours]


async def test_what_is_told_late_of_the_lot_inside_corrects_the_lot_around(district: District) -> None:
    lots, plate, began = nested(district), "鲁AP4826", NOW - 9 * HOUR
    await lots.record(*told("l1o", plate, QC, began, began + 4 * HOUR))
    before = (await fees(lots, plate))[QC]
    await lots.record(*told("l1i", plate, HOSPITAL, began + HOUR, began + 3 * HOUR))
    await caught_up(lots)
    after = (await fees(lots, plate))[QC]
    assert after == [await cost(lots, 120, "鲁AP4937")]
    assert after < before
    assert await district.count("select count(*) from charge_adjustment") > 0


async def test_who_left_the_lot_around_has_left_the_lot_inside(district: District) -> None:
    lots, plate, began = nested(district), "鲁AP5928", NOW - 30 * 24 * HOUR
    await lots.account(plate)
    entry, leaving = told("m1i", plate, HOSPITAL, began + HOUR, NOW - 2 * HOUR)
    await lots.record(*told("m1o", plate, QC, began, began + 3 * HOUR), entry)
    await caught_up(lots)
    # Nobody saw it leave the lot inside, so it was there until it left the lot around.
    assert (await fees(lots, plate))[QC] == [await cost(lots, 60, "鲁AP5819")]
    await look_on(lots.pool, network=lots.network, clock=lambda: NOW)
    cases = (
        "select count(*) from parking_case k join gate_event e on e.lot_id = k.lot_id and e.id = k.event_id "
        "where k.reason = 'elsewhere' and k.resolved_at is null and e.plate = $1"
    )
    assert await district.count(cases, plate) == 1
    # A month later it is seen to leave: no bill over a month.
    await lots.record(leaving)
    await caught_up(lots)
    await look_on(lots.pool, network=lots.network, clock=lambda: NOW)
    await lots.record(*told("m2i", "鲁AP6037", HOSPITAL, began + HOUR, began + 3 * HOUR))
    found = await fees(lots, plate)
    assert found[HOSPITAL] == (await fees(lots, "鲁AP6037"))[HOSPITAL]
    assert await district.count(cases, plate) == 1


@pytest.mark.parametrize("seed", range(8))
async def test_in_any_order_stays_of_a_nest_cost_the_same(district: District, seed: int) -> None:
    chance, at = random.Random(seed), NOW - 20 * HOUR
    versions = [Version(at + 2 * HOUR, Around()), Version(at + 4 * HOUR, Around(district.lot(QC).id, InnerClock.STOPS))]
    lots = nested(district, InnerClock.STOPS, *(versions if seed > 5 else ()))
    visits: list[tuple[str, datetime, datetime]] = []
    for _ in range(3):
        at += chance.choice((7, 30, 90)) * MINUTE
        left_at = at + chance.choice((40, 120, 240)) * MINUTE
        visits.append((QC, at, left_at))
        since = at
        for _ in range(chance.choice((0, 1, 2))):
            since += chance.choice((3, 12, 31)) * MINUTE
            until = since + chance.choice((5, 20, 61, 600)) * MINUTE
            visits.append((HOSPITAL, since, until))
            since = until
        at = left_at
    # Some ends of the stays inside are not seen.
    unseen = {n for n, (lot, _, _) in enumerate(visits) if lot == HOSPITAL and chance.random() < 0.3}
    outcomes = []
    for turn in range(3):
        plate = f"鲁AQ{seed}{turn}{seed}7"
        events = [
            each
            for n, (lot, entered_at, left_at) in enumerate(visits)
            if left_at < NOW
            for each in told(f"o{seed}{turn}{n}", plate, lot, entered_at, left_at)[: 1 if n in unseen else 2]
        ]
        if turn:
            chance.shuffle(events)
        for each in events:
            await lots.record(each)
            if turn == 2:
                await caught_up(lots)
        await caught_up(lots)
        outcomes.append(
            (await fees(lots, plate), sorted(row["paused"] for row in await district.owner.fetch(PAUSED, plate)))
        )
    assert outcomes[0] == outcomes[1] == outcomes[2]


async def test_lots_of_no_nest_are_asked_for_nothing(district: District) -> None:
    lots = nested(district)
    assert set(lots.network.nests) == {lots.lot(QC).id, lots.lot(HOSPITAL).id}
    assert lots.network.prices[lots.lot(STATION).id] == district.network.prices[district.lot(STATION).id]
    assert not district.network.nests
