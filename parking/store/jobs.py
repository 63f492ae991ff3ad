"""Who leads a job of the worker, and the upkeep of tables that grow."""

from datetime import datetime

import sql

_SQL = sql.load("parking/jobs")


async def try_lead(db: sql.Connection, lock_class: int, number: int) -> bool:
    """Whether this session leads the job until it stops, or is gone."""
    leads: bool = await db.fetchval(_SQL["try_lead"], lock_class, number)
    return leads


async def stop_leading(db: sql.Connection, lock_class: int, number: int) -> None:
    """Another worker may lead the job."""
    await db.execute(_SQL["stop_leading"], lock_class, number)


async def analyze_grown(db: sql.Connection) -> None:
    """Renews the statistics of partitions that have grown much."""
    await db.execute(_SQL["analyze_grown"])


async def create_partitions(db: sql.Connection, now: datetime) -> int:
    """Makes the months around `now` that are missing; returns how many could not be made."""
    failed: int = await db.fetchval(_SQL["create_partitions"], now)
    return failed
