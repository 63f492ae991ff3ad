"""Alarms in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import alarms
from parking.alarms import Alarm, AlarmCount, AlarmKind, Cause, GatewaySeen, Lasting, LotSeen, SilentGateway
from payments.store.measures import ROWS_COUNTED_MAX

_SQL = sql.load("parking/alarms")


async def seen_lots(db: sql.Connection, now: datetime) -> Sequence[LotSeen]:
    """What is known of each lot."""
    since = (now - alarms.DOUBTS_WITHIN, now - alarms.RESTARTED_WITHIN)
    return await sql.every(db, LotSeen, _SQL["seen_lots"], *since)


async def seen_gateways(db: sql.Connection) -> Sequence[GatewaySeen]:
    """What is known of each gateway."""
    return await sql.every(db, GatewaySeen, _SQL["seen_gateways"])


async def lasting(db: sql.Connection) -> Sequence[Lasting]:
    """The alarms whose cause was there when somebody last looked."""
    return await sql.every(db, Lasting, _SQL["lasting"])


async def raise_alarm(db: sql.Connection, id_: UUID, cause: Cause, now: datetime) -> None:
    """Raises an alarm, unless one of its cause lasts."""
    await db.execute(_SQL["raise_alarm"], id_, cause.lot_id, cause.kind, cause.gateway_id, now)


async def cause_gone(db: sql.Connection, ids: Sequence[UUID], now: datetime) -> None:
    """Says of alarms that their cause is gone, and resolves those that nobody has seen."""
    await db.execute(_SQL["cause_gone"], ids, now, alarms.FACTS, alarms.CAUSE_GONE)


async def find(
    db: sql.Connection,
    lot_ids: Sequence[int] | None,
    *,
    before: UUID | None,
    limit: int,
    is_open: bool | None,
    kind: AlarmKind | None,
) -> Sequence[Alarm]:
    """Alarms of lots, the newest first."""
    return await sql.every(db, Alarm, _SQL["alarms"], lot_ids, before, limit, is_open, kind)


async def count_open(db: sql.Connection, lot_ids: Sequence[int] | None) -> Sequence[AlarmCount]:
    """How many of lots nobody has resolved, by kind."""
    return await sql.every(db, AlarmCount, _SQL["open_alarms"], lot_ids, ROWS_COUNTED_MAX)


async def by_id(db: sql.Connection, id_: UUID, lot_ids: Sequence[int] | None) -> Alarm | None:
    """An alarm of these lots."""
    return await sql.one(db, Alarm, _SQL["alarm_by_id"], id_, lot_ids)


async def silent_gateways(
    db: sql.Connection, lot_ids: Sequence[int] | None, *, since: datetime, limit: int
) -> Sequence[SilentGateway]:
    """Gateways that beat and were not heard of since, the longest silent first."""
    return await sql.every(db, SilentGateway, _SQL["silent_gateways"], lot_ids, since, limit)


async def lock(db: sql.Connection, id_: UUID, lot_ids: Sequence[int] | None) -> Alarm | None:
    """An alarm of these lots, which nobody else changes until the transaction ends."""
    return await sql.one(db, Alarm, _SQL["lock_alarm"], id_, lot_ids)


async def keep(db: sql.Connection, alarm: Alarm) -> None:
    """Writes how far an alarm is that is locked."""
    seen = (alarm.acknowledged_at, alarm.acknowledged_by)
    sent = (alarm.dispatched_at, alarm.dispatched_by, alarm.dispatched_to)
    await db.execute(_SQL["keep_alarm"], alarm.id, *seen, *sent, alarm.resolved_at, alarm.resolved_by, alarm.note)


async def drop(db: sql.Connection, before: datetime) -> None:
    """Forgets alarms that were over before."""
    await db.execute(_SQL["drop_alarms"], before)
