"""When vehicles were charged."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.charging import ChargingSession
from parking.reads import By, Vehicle

_SQL = sql.load("parking/charging")


async def latest(db: sql.Connection, lot_id: int, session: str, since: UUID) -> ChargingSession | None:
    """What was said last of a session, from an identifier on."""
    return await sql.one(db, ChargingSession, _SQL["latest"], lot_id, session, since)


async def add(db: sql.Connection, new: ChargingSession) -> None:
    """Something is said of a session."""
    about = (new.lot_id, new.id, new.session, new.plate, new.plate_color, new.started_at, new.ended_at)
    await db.execute(_SQL["add"], *about, new.bay, new.energy_wh, new.told_at, new.told_by)


async def sessions(
    db: sql.Connection, vehicles: Sequence[Vehicle], since: datetime, until: datetime, first: UUID
) -> Sequence[ChargingSession]:
    """The sessions of vehicles that started within a time. `first`: the lowest identifier of what was said of them."""
    return await sql.every(db, ChargingSession, _SQL["sessions"], *zip(*vehicles, strict=True), since, until, first)


async def ask_again(db: sql.Connection, session: ChargingSession, *, now: datetime) -> None:
    """Stays of the vehicle that ended since its session started are to be priced again."""
    about = (session.lot_id, session.plate, session.plate_color, session.id, session.started_at)
    await db.execute(_SQL["ask_again"], *about, now, By.CHARGING)
