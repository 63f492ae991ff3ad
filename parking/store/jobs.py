"""Leases of the worker's jobs, and the upkeep of tables that grow."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sql
from parking.health import Round

_SQL = sql.load("parking/jobs")
SHAPES = {"rounds": Round}


async def claim(db: sql.Connection, *, job: str, holder: str, lease: timedelta, every_s: float) -> bool:
    """Whether `holder` leads the job from now on for as long as the lease: nobody else does; due each `every_s`."""
    return await db.fetchval(_SQL["claim"], job, holder, lease, every_s) is not None


async def renew(db: sql.Connection, *, job: str, holder: str, lease: timedelta) -> bool:
    """Whether `holder` still leads the job, which it then does for as long as the lease from now on."""
    return await db.fetchval(_SQL["renew"], job, holder, lease) is not None


async def release(db: sql.Connection, *, job: str, holder: str, error: str | None) -> None:
    """Anybody may lead the job now; nothing if another does already. `error`: why the round failed; None: well."""
    await db.execute(_SQL["release"], job, holder, error)


async def rounds(db: sql.Connection) -> Sequence[Round]:
    """All jobs that a worker has ever begun, with their last rounds."""
    return await sql.every(db, Round, _SQL["rounds"])


async def analyze_grown(db: sql.Connection) -> int:
    """Renews the statistics of partitions that have grown much; how many these were."""
    analyzed: int = await db.fetchval(_SQL["analyze_grown"])
    return analyzed


async def create_partitions(db: sql.Connection, now: datetime) -> int:
    """Makes the months around `now` that are missing, of each table in a transaction of its own; returns how many could
    not be made.
    """
    tables = [row["name"] for row in await db.fetch(_SQL["growing_tables"])]
    return sum([await db.fetchval(_SQL["create_partitions_of"], table, now) for table in tables])
