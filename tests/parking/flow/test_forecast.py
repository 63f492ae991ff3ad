"""Keeping how full lots are, and computing what is usual: of lots of which that is known."""

from datetime import timedelta

from msgspec import structs

from parking import forecast as forecast_
from parking.flow import forecast as flow
from parking.flow.network import read_network
from parking.store import forecast as store
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event

KEPT = "select lot_id, at, free from lot_history where lot_id = any($1) order by lot_id, at"


async def test_a_quarter_of_an_hour_is_kept_once_of_the_lots_that_were_heard_of(district: District) -> None:
    await district.record(event("h-1", "entry", NOW, "鲁A10001"))
    await district.record(event("h-2", "entry", NOW, "鲁A10002", lot=HOSPITAL))
    hospital = district.lot(HOSPITAL)
    async with district.pool.acquire() as db:
        network = await read_network(db, NOW)
        closed = {**network.lots, hospital.id: structs.replace(hospital, is_closed=True)}
        assert await flow.keep_history(db, structs.replace(network, lots=closed), now=NOW) == 1
        assert await flow.keep_history(db, network, now=NOW + timedelta(minutes=14)) == 2
        # Half an hour later nothing is known of either.
        assert await flow.keep_history(db, network, now=NOW + timedelta(minutes=31)) == 0
    lots = [district.lot(QC).id, hospital.id]
    kept = [(row["lot_id"], row["at"], row["free"]) for row in await district.owner.fetch(KEPT, lots)]
    assert kept == [(lots[0], NOW, 49), (lots[1], NOW, 199)]


async def test_what_is_usual_is_computed_once_a_day_and_what_is_old_is_dropped(district: District) -> None:
    lot = district.lot(STATION)
    weeks = [NOW - timedelta(weeks=week) for week in (0, 1, 2, 3, 9)]
    async with district.pool.acquire() as db:
        for free, at in enumerate(weeks):
            await store.add_history(db, at, {lot.id: free * 10})
    while await flow.compute_usual(district.pool, now=NOW, lots_max=1):
        pass
    async with district.pool.acquire() as db:
        days = {day.kind: day for day in await store.usual_of(db, lot.id)}
        kind, quarter = forecast_.when(NOW, lot.time_zone)
        usual = days[kind].quarters[quarter]
        assert usual is not None
        assert (usual.free_low, usual.free_median, usual.free_high, usual.days) == (8, 15, 23, 4)
        assert (await store.usual_at(db, kind, quarter))[lot.id] == usual
        assert lot.id not in await store.usual_at(db, kind, quarter + 1)
        assert len(await store.history_of(db, lot.id, weeks[-1])) == 4
    assert await flow.compute_usual(district.pool, now=NOW + timedelta(hours=23)) == 0
    assert await flow.compute_usual(district.pool, now=NOW + timedelta(hours=25)) > 0
