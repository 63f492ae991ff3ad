"""Vehicles that are not let in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.bans import Ban

_SQL = sql.load("parking/bans")


async def ban(db: sql.Connection, id_: UUID) -> Ban | None:
    return await sql.one(db, Ban, _SQL["ban"], id_)


async def bans(
    db: sql.Connection,
    *,
    operator_id: int | None,
    plate: str | None,
    holding_at: datetime | None,
    appealed: bool,
    after: UUID,
    limit: int,
) -> Sequence[Ban]:
    """A page of bans: of an operator (None: all), of a plate, without those that were over at an instant, or those
    alone against which somebody has appealed.
    """
    return await sql.every(db, Ban, _SQL["bans"], operator_id, plate, holding_at, appealed, after, limit)


async def bans_of_account(db: sql.Connection, account_id: int, now: datetime) -> Sequence[Ban]:
    """The bans that hold, or will, of the plates that an account pays for."""
    return await sql.every(db, Ban, _SQL["bans_of_account"], account_id, now)


async def count_bans(db: sql.Connection, now: datetime, *, limit: int) -> int:
    """How many bans hold or will, counted up to a limit."""
    counted: int = await db.fetchval(_SQL["count_bans"], now, limit)
    return counted


async def add_ban(db: sql.Connection, new: Ban) -> None:
    where = (new.id, new.operator_id, new.lot_id, new.plate, new.plate_color)
    await db.execute(_SQL["add_ban"], *where, new.valid_from, new.valid_until, new.reason, new.added_by, new.added_at)


async def end_ban(db: sql.Connection, id_: UUID, *, by: str, now: datetime, reason: str) -> bool:
    """It holds no more; False if it was ended before."""
    return await db.fetchval(_SQL["end_ban"], id_, now, by, reason) is not None


async def appeal(db: sql.Connection, id_: UUID, account_id: int, said: str, *, now: datetime) -> bool:
    """A driver says something against it; False if somebody did before."""
    return await db.fetchval(_SQL["appeal"], id_, account_id, said, now) is not None
