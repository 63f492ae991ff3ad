"""Raising alarms and ending them, and what people do about them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import structs

import sql
from parking import alarms, forecast, rhythm
from parking.alarms import Alarm, AlarmState, LotSeen, NoSuchAlarm
from parking.flow.network import read_network
from parking.lots import Lot
from parking.rhythm import LONGEST, Rhythm
from parking.store import alarms as store
from parking.store import forecast as forecast_store
from payments import ids
from payments.identity import Principal
from payments.store import audit

# The one that runs, those before, and one more in which the first may lie.
QUARTERS_LOOKED_AT = LONGEST // timedelta(minutes=forecast.QUARTER_MIN) + 3


async def look(pool: sql.Pool, *, now: datetime, random_bits: Callable[[], int]) -> tuple[int, int]:
    """Raises what is to be seen and ends what is over; how many of each."""
    async with pool.acquire() as db:
        network = await read_network(db, now)
        async with db.transaction():
            lasting, seen = await store.lasting(db), await store.seen_lots(db, now)
            rhythms = await _rhythms(db, network.lots, seen, now)
            found = alarms.causes(network.lots, seen, await store.seen_gateways(db), rhythms, now)
            raised, gone = alarms.changes(lasting, found)
            for cause in raised:
                await store.raise_alarm(db, ids.new(now, cause.lot_id, random_bits()), cause, now)
            await store.cause_gone(db, gone, now)
    return len(raised), len(gone)


async def _rhythms(
    db: sql.Connection, lots: Mapping[int, Lot], seen: Sequence[LotSeen], now: datetime
) -> dict[int, Rhythm]:
    """What is usual in the lots that may be silent, by the clock of each."""
    of_zones: dict[str, list[int]] = {}
    for each in seen:
        lot = lots.get(each.lot_id)
        if lot is not None and rhythm.may_be_silent(each.heard_at, each.moved_at, now):
            of_zones.setdefault(lot.time_zone, []).append(lot.id)
    first, found = forecast.begun(rhythm.first_of(now)), {}
    for zone, lot_ids in of_zones.items():
        moves: dict[int, list[int | None]] = {}
        for stretch in forecast.stretches(first, QUARTERS_LOOKED_AT, zone):
            for lot_id, of_stretch in (await forecast_store.moves_of(db, lot_ids, *stretch)).items():
                moves.setdefault(lot_id, []).extend(of_stretch)
        # Both kinds of days of a lot are computed together, so none is known of one alone.
        found.update({lot_id: Rhythm(first, of_lot) for lot_id, of_lot in moves.items()})
    return found


async def acknowledge(
    db: sql.Connection, id_: UUID, lot_ids: Sequence[int] | None, *, by: Principal, now: datetime
) -> Alarm:
    """Somebody has seen an alarm. Twice by the same person is once.

    Raises:
        NoSuchAlarm: there is none of this identifier in these lots.
        AlarmTaken: somebody else was faster.
    """
    alarm = await _locked(db, id_, lot_ids)
    if alarm.state is AlarmState.ACKNOWLEDGED and alarm.acknowledged_by == by.subject:
        return alarm
    alarms.check_step(alarm, AlarmState.ACKNOWLEDGED)
    becomes = structs.replace(alarm, acknowledged_at=now, acknowledged_by=by.subject)
    return await _keep(db, alarm, becomes, "alarm.acknowledge", by, now)


async def dispatch(
    db: sql.Connection, id_: UUID, lot_ids: Sequence[int] | None, *, to: str, by: Principal, now: datetime
) -> Alarm:
    """Somebody is sent to see to an alarm, which whoever sends them has seen.

    Raises:
        NoSuchAlarm: there is none of this identifier in these lots.
        AlarmTaken: it is resolved.
    """
    alarm = await _locked(db, id_, lot_ids)
    alarms.check_step(alarm, AlarmState.DISPATCHED)
    becomes = structs.replace(
        alarm,
        acknowledged_at=alarm.acknowledged_at or now,
        acknowledged_by=alarm.acknowledged_by or by.subject,
        dispatched_at=now,
        dispatched_by=by.subject,
        dispatched_to=to,
    )
    return await _keep(db, alarm, becomes, "alarm.dispatch", by, now)


async def resolve(
    db: sql.Connection, id_: UUID, lot_ids: Sequence[int] | None, *, note: str, by: Principal, now: datetime
) -> Alarm:
    """A person is done with an alarm.

    Raises:
        NoSuchAlarm: there is none of this identifier in these lots.
        AlarmTaken: it is resolved.
    """
    alarm = await _locked(db, id_, lot_ids)
    alarms.check_step(alarm, AlarmState.RESOLVED)
    becomes = structs.replace(alarm, resolved_at=now, resolved_by=by.subject, note=note)
    return await _keep(db, alarm, becomes, "alarm.resolve", by, now)


async def _locked(db: sql.Connection, id_: UUID, lot_ids: Sequence[int] | None) -> Alarm:
    alarm = await store.lock(db, id_, lot_ids)
    if alarm is None:
        raise NoSuchAlarm("There is no such alarm.", alarm_id=str(id_))
    return alarm


async def _keep(db: sql.Connection, alarm: Alarm, becomes: Alarm, action: str, by: Principal, now: datetime) -> Alarm:
    await store.keep(db, becomes)
    detail: dict[str, object] = {
        "lot": alarm.lot,
        "kind": alarm.kind,
        "before": alarm.state,
        "after": becomes.state,
        "dispatched_to": becomes.dispatched_to,
        "note": becomes.note,
    }
    await audit.record(
        db, alarm.lot_id, actor=by.subject, action=action, subject=f"alarm:{alarm.id}", detail=detail, now=now
    )
    return becomes
