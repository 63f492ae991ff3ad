"""Contested links in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.contests import Contest, Link, StayOfLink
from parking.plates import PlateColor

_SQL = sql.load("parking/contests")
STAYS_MAX = 10_000


class VehicleOfStay(Struct, frozen=True):
    """Which vehicle a stay was of, and when it ended."""

    plate: str
    plate_color: PlateColor
    left_at: datetime | None


async def link(db: sql.Connection, plate: str, color: PlateColor) -> Link | None:
    """The link of a plate that pays now; nobody else changes it until the transaction ends."""
    return await sql.one(db, Link, _SQL["link"], plate, color)


async def vehicle_of_stay(db: sql.Connection, lot_id: int, stay_id: UUID) -> VehicleOfStay | None:
    return await sql.one(db, VehicleOfStay, _SQL["vehicle_of_stay"], lot_id, stay_id)


async def last_contest(db: sql.Connection, plate: str, color: PlateColor, account_id: int) -> Contest | None:
    return await sql.one(db, Contest, _SQL["last_contest"], plate, color, account_id)


async def contest(db: sql.Connection, contest_id: UUID) -> Contest | None:
    return await sql.one(db, Contest, _SQL["contest"], contest_id)


async def lock_contest(db: sql.Connection, contest_id: UUID) -> Contest:
    """A contest that exists, locked until the transaction ends. Its plate is locked before."""
    found = await sql.one(db, Contest, _SQL["lock_contest"], contest_id)
    assert found is not None
    return found


async def open_contests(db: sql.Connection, *, after: UUID, limit: int) -> Sequence[Contest]:
    """What staff have to look at, the oldest first."""
    return await sql.every(db, Contest, _SQL["open_contests"], after, limit)


async def add_contest(db: sql.Connection, contest: Contest, *, lot_id: int | None, stay_id: UUID | None) -> None:
    """Writes a contest, unless the link has an open one."""
    link_ = (contest.plate, contest.plate_color, contest.account_id, contest.linked_at)
    by = (contest.contested_at, contest.contested_by, contest.note)
    await db.execute(_SQL["add_contest"], contest.id, *link_, lot_id, stay_id, *by)


async def resolve_contest(
    db: sql.Connection, contest_id: UUID, *, link_stands: bool, by: str, note: str, now: datetime
) -> None:
    await db.execute(_SQL["resolve_contest"], contest_id, now, by, link_stands, note)


async def stays_of_link(
    db: sql.Connection,
    plate: str,
    color: PlateColor,
    account_id: int,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Sequence[StayOfLink]:
    """The vehicle's stays that an account paid for, those that began since and ended before `until`."""
    return await sql.every(db, StayOfLink, _SQL["stays_of_link"], plate, color, account_id, since, until, STAYS_MAX)


async def drop_resolved(db: sql.Connection, before: datetime) -> None:
    """Forgets contests that were resolved before."""
    await db.execute(_SQL["drop_resolved"], before)
