"""Alarms from their cause to the person who resolves them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from parking.alarms import CAUSE_GONE, FACTS, Alarm, AlarmKind, AlarmState, AlarmTaken, NoSuchAlarm
from parking.flow import alarms as flow
from parking.forecast import QUARTERS, DayKind, UsualDay
from parking.occupancy import STALE_AFTER
from parking.store import alarms as store
from parking.store import forecast as forecast_store
from payments.identity import Audience, Principal
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event

REGULATOR, OTHER = Principal(Audience.ADMIN, "regulator"), Principal(Audience.ADMIN, "other")


async def heard(district: District, number: str) -> None:
    await district.record(event(number, "entry", district.now, f"鲁A{number}"))


async def look(district: District) -> list[Alarm]:
    """The alarms of a lot's silence after a round of the worker, the newest first."""
    await flow.look(district.pool, now=district.now, random_bits=district.random_bits)
    async with district.pool.acquire() as db:
        lots = [district.lot(QC).id]
        return list(await store.find(db, lots, before=None, limit=50, is_open=None, kind=AlarmKind.SILENT_LOT))


async def acknowledge(district: District, id_: UUID, by: Principal, lot: str = QC) -> Alarm:
    async with district.pool.acquire() as db, db.transaction():
        return await flow.acknowledge(db, id_, [district.lot(lot).id], by=by, now=district.now)


async def test_a_busy_lot_is_silent_after_minutes_and_a_quiet_one_at_night_is_not(district: District) -> None:
    quiet, busy = (district.lot(code) for code in (HOSPITAL, STATION))
    for lot, moves in ((quiet, 0), (busy, 12)):
        await district.record(event(f"r{moves}", "entry", NOW, f"鲁A3{moves:04d}", lot=lot.code))
        async with district.pool.acquire() as db:
            for kind in DayKind:
                await forecast_store.put_usual(db, lot.id, UsualDay(kind, (None,) * QUARTERS), [moves] * QUARTERS, NOW)
    silent = {}
    for minutes in (9, 10, 31, 179, 180):
        await flow.look(district.pool, now=NOW + timedelta(minutes=minutes), random_bits=district.random_bits)
        async with district.pool.acquire() as db:
            lot_ids = [quiet.id, busy.id]
            about = {"before": None, "limit": 9, "is_open": True, "kind": AlarmKind.SILENT_LOT}
            silent[minutes] = {each.lot for each in await store.find(db, lot_ids, **about)}  # type: ignore[arg-type]
    assert silent == {9: set(), 10: {STATION}, 31: {STATION}, 179: {STATION}, 180: {STATION, HOSPITAL}}


async def test_silence_is_raised_once_and_ends_by_itself_or_by_a_person(district: District) -> None:
    await heard(district, "10001")
    assert await look(district) == []
    district.now += STALE_AFTER
    (first,) = await look(district)
    assert await look(district) == [first]
    await heard(district, "10002")
    (over,) = await look(district)
    assert (over.state, over.resolved_by, over.note) == (AlarmState.RESOLVED, FACTS, CAUSE_GONE)
    assert over.gone_at == district.now

    district.now += STALE_AFTER
    second, _ = await look(district)
    assert second.id != first.id
    with pytest.raises(NoSuchAlarm):
        await acknowledge(district, second.id, REGULATOR, STATION)
    told = await asyncio.gather(
        *(acknowledge(district, second.id, by) for by in (REGULATOR, OTHER)), return_exceptions=True
    )
    assert [type(each) for each in told if isinstance(each, BaseException)] == [AlarmTaken]
    await heard(district, "10003")
    seen, _ = await look(district)
    assert (seen.state, seen.gone_at) == (AlarmState.ACKNOWLEDGED, district.now)
    async with district.pool.acquire() as db, db.transaction():
        lots = [district.lot().id]
        sent = await flow.dispatch(db, second.id, lots, to="the electrician", by=OTHER, now=district.now)
        done = await flow.resolve(db, second.id, lots, note="cable mended", by=OTHER, now=district.now)
        with pytest.raises(AlarmTaken):
            await flow.resolve(db, second.id, lots, note="again", by=OTHER, now=district.now)
    assert (sent.state, sent.dispatched_to, done.state) == (
        AlarmState.DISPATCHED,
        "the electrician",
        AlarmState.RESOLVED,
    )
    district.now += timedelta(seconds=1)
    assert (await look(district))[0] == done
