"""Runs of reports and their schedules in PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sql
from parking.report_runs import Run, Schedule
from sql import Connection

_SQL = sql.load("parking/report_runs")


async def insert(db: Connection, run: Run) -> None:
    """Writes a run that waits."""
    about = (run.report, run.form, run.language, run.asked, run.asked_by, run.asked_at)
    await db.execute(_SQL["insert"], run.owner_id, run.id, *about, run.schedule_id, run.way, run.address)


async def runs(
    db: Connection, owner_id: int | None, *, before: UUID | None, limit: int, only: UUID | None = None
) -> Sequence[Run]:
    """A page of runs, the newest first."""
    return await sql.every(db, Run, _SQL["runs"], owner_id, before, limit, only)


async def next_run(db: Connection, now: datetime) -> Run | None:
    """Takes the run that has waited longest."""
    return await sql.one(db, Run, _SQL["next_run"], now)


async def progress(db: Connection, run: Run, rows: int) -> None:
    await db.execute(_SQL["progress"], run.owner_id, run.id, rows)


async def done(db: Connection, run: Run, *, now: datetime, rows: int, size: int, sha256: bytes, file: str) -> None:
    """Its file is there."""
    await db.execute(_SQL["done"], run.owner_id, run.id, now, rows, size, sha256, file)


async def failed(db: Connection, run: Run, *, now: datetime, error: str, tries_max: int, for_good: bool) -> None:
    """It waits again, until it was tried so often or cannot be made at all."""
    await db.execute(_SQL["failed"], run.owner_id, run.id, now, error, tries_max, for_good)


async def to_deliver(db: Connection, now: datetime, limit: int) -> Sequence[Run]:
    return await sql.every(db, Run, _SQL["to_deliver"], now, limit)


async def delivered(db: Connection, run: Run, now: datetime) -> None:
    await db.execute(_SQL["delivered"], run.owner_id, run.id, now)


async def not_delivered(db: Connection, run: Run, *, again: datetime | None, error: str) -> None:
    """It is tried again then, or (None) not any more."""
    await db.execute(_SQL["not_delivered"], run.owner_id, run.id, again, error)


async def expired(db: Connection, before: datetime) -> list[str]:
    """Forgets runs that were asked for before an instant; the files that they had."""
    return [row["file"] for row in await db.fetch(_SQL["expired"], before) if row["file"] is not None]


async def insert_schedule(db: Connection, schedule: Schedule) -> None:
    """Writes a schedule."""
    about = (schedule.report, schedule.form, schedule.language, schedule.asked, schedule.every, schedule.way)
    made = (schedule.address, schedule.made_by, schedule.made_at, schedule.through)
    await db.execute(_SQL["insert_schedule"], schedule.owner_id, schedule.id, *about, *made)


async def schedules(
    db: Connection, owner_id: int | None, *, limit: int, only: UUID | None = None
) -> Sequence[Schedule]:
    """Those that hold."""
    return await sql.every(db, Schedule, _SQL["schedules"], owner_id, only, limit)


async def move_schedule(db: Connection, schedule: Schedule, through: date) -> bool:
    """Whether the report of these days was not asked for before."""
    return await db.fetchval(_SQL["move_schedule"], schedule.owner_id, schedule.id, through) is not None


async def end_schedule(db: Connection, schedule: Schedule, now: datetime) -> None:
    await db.execute(_SQL["end_schedule"], schedule.owner_id, schedule.id, now)
