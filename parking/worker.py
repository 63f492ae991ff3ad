"""The worker: what is done by the clock. Safe to run twice: each round of a job is led by whoever gets its lease."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

import asyncpg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from msgspec import Struct

import sql
from parking.clock import random_bits
from parking.flow.occupancy import leave_out_long_inside
from parking.live import counts
from parking.live import redis as live_redis
from parking.live.redis import LiveCounts
from parking.settings import Settings
from parking.store import contests as contest_store
from parking.store import jobs as store
from parking.store.retention import (
    THINGS_FORGOTTEN,
    drop_expired,
    forget_a_day,
    forget_closed_accounts,
    forget_ended_links,
)
from payments import channels as payment_channels
from payments import jobs as payment_jobs
from payments.jobs import Work
from payments.store import identity as identity_store
from sql import invariants
from sql.pool import TRANSIENT, LoginTooPowerful, check_login, open_pool

COUNTERS_EVERY_S = 1
REPAIR_EVERY_S = 300
VERIFY_EVERY_S = 600
VERIFY_ALL_EVERY_S = 12 * 3600
# Longer than a refund or a late event takes; what is older is looked at twice a day.
VERIFIED_DAYS = 45
LONG_INSIDE_EVERY_S = 600.0
PARTITIONS_EVERY_S = 6 * 3600
STOP_TIMEOUT_S = 20
FORGET_DAYS_MAX = 400
ENDED_TOKENS_KEPT = timedelta(days=30)
RESOLVED_CONTESTS_KEPT = timedelta(days=400)
ANALYZE_EVERY_S = 5
# A leader that died leaves its job to others after the lease; one that lives renews it in time.
LEASE_S = 10.0
RENEW_EVERY_S = 3.0
LEADING_CONNECTIONS = 2
_log = logging.getLogger(__name__)


class Job(Struct, frozen=True):
    """Something done every `every_s` seconds by one worker at a time."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]


def jobs(work: Work, live_counts: LiveCounts) -> list[Job]:
    """Everything the worker does."""
    return [
        *(Job(job.name, job.every_s, partial(job.run, work)) for job in payment_jobs.JOBS),
        Job("counters", COUNTERS_EVERY_S, lambda: counts.keep_whole(work.pool, live_counts)),
        Job("repair", REPAIR_EVERY_S, lambda: counts.repair(work.pool, live_counts)),
        Job("verify", VERIFY_EVERY_S, lambda: _verify(work, since=work.clock() - timedelta(days=VERIFIED_DAYS))),
        Job("verify_all", VERIFY_ALL_EVERY_S, lambda: _verify(work, since=None)),
        Job("analyze", ANALYZE_EVERY_S, lambda: _analyze(work)),
        Job("partitions", PARTITIONS_EVERY_S, lambda: _partitions(work)),
        Job("retention", PARTITIONS_EVERY_S, lambda: _retention(work)),
        Job("forget", PARTITIONS_EVERY_S, lambda: _forget(work)),
        Job("long_inside", LONG_INSIDE_EVERY_S, lambda: leave_out_long_inside(work.pool, now=work.clock())),
    ]


async def _verify(work: Work, *, since: datetime | None) -> None:
    async with work.pool.acquire() as db:
        for invariant in await invariants.check(db, now=work.clock(), since=since):
            if invariant.rows:
                sample = "; ".join(invariant.sample)
                _log.error("INVARIANT %s broken by %d rows: %s", invariant.name, invariant.rows, sample)


async def _analyze(work: Work) -> None:
    async with work.pool.acquire() as db:
        await store.analyze_grown(db)


async def _retention(work: Work) -> None:
    async with work.pool.acquire() as db:
        for dropped in await drop_expired(db, work.clock()):
            _log.warning("dropped %s: its time was over", dropped)


async def _forget(work: Work) -> None:
    """A day at a time, each in a transaction of its own: after an upgrade there may be years."""
    now = work.clock()
    async with work.pool.acquire() as db:
        for what in THINGS_FORGOTTEN:
            days = 0
            while days < FORGET_DAYS_MAX and await forget_a_day(db, what, now):
                days += 1
        await forget_ended_links(db, now)
        await forget_closed_accounts(db, now)
        await identity_store.drop_ended_tokens(db, now - ENDED_TOKENS_KEPT)
        await contest_store.drop_resolved(db, now - RESOLVED_CONTESTS_KEPT)


async def _partitions(work: Work) -> None:
    async with work.pool.acquire() as db:
        failed = await store.create_partitions(db, work.clock())
    if failed:
        _log.error("%d partitions could not be made; rows fall into the default ones until they can", failed)


class LeaseLost(Exception):
    """Another worker may lead the job by now: the lease could not be renewed in time."""


async def lead(pool: sql.Pool, job: Job) -> bool:
    """Runs one round of a job unless another worker leads it; returns whether it ran. A failure is logged."""
    holder = f"{socket.gethostname()} {os.getpid()} {random_bits():016x}"
    try:
        async with pool.acquire() as db:
            lease = timedelta(seconds=LEASE_S)
            if not await store.claim(db, job=job.name, holder=holder, lease=lease, every_s=job.every_s):
                return False
        done = False
        try:
            await _run_leased(pool, job, holder)
            done = True
        finally:
            # A lease that cannot be given back runs out by itself.
            with contextlib.suppress(*TRANSIENT):
                async with pool.acquire() as db:
                    await store.release(db, job=job.name, holder=holder, done=done)
    except (*TRANSIENT, asyncpg.PostgresError, LeaseLost) as e:
        _log.warning("job %s could not run: %s: %s", job.name, type(e).__name__, e)
        return False
    except Exception:  # noqa: BLE001 - one job's defect must not stop the others
        _log.exception("job %s failed", job.name)
        return False
    return True


async def _run_leased(pool: sql.Pool, job: Job, holder: str) -> None:
    """A round of a job; it is cancelled when its lease is lost.

    Raises:
        LeaseLost: the lease was not renewed before it ran out, or another worker has it.
    """
    running = asyncio.ensure_future(job.run())
    ends_at = monotonic() + LEASE_S
    try:
        while not (await asyncio.wait({running}, timeout=RENEW_EVERY_S))[0]:
            asked_at = monotonic()
            try:
                async with asyncio.timeout(ends_at - asked_at), pool.acquire() as db:
                    if not await store.renew(db, job=job.name, holder=holder, lease=timedelta(seconds=LEASE_S)):
                        raise LeaseLost("another worker leads it")
                ends_at = asked_at + LEASE_S
            except TRANSIENT:
                if monotonic() + RENEW_EVERY_S > ends_at:
                    raise LeaseLost("it could not be renewed") from None
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Rounds:
    """The rounds that are running, so that stopping can wait for them: one of them may be moving money."""

    def __init__(self, leading: sql.Pool) -> None:
        self._leading = leading
        self._running: set[asyncio.Task[object]] = set()

    async def run(self, job: Job) -> None:
        """One round of a job."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await lead(self._leading, job)
        finally:
            self._running.discard(task)

    async def ended(self) -> None:
        """Waits for what is running, but not for ever."""
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_TIMEOUT_S)


async def work(settings: Settings) -> None:
    """Runs the worker until SIGINT or SIGTERM."""
    clock = settings.clock()
    pool = await open_pool(settings.database_url, connections_max=settings.pool_max)
    if not settings.allow_owner:
        try:
            await check_login(pool)
        except LoginTooPowerful:
            await pool.close()
            raise
    redis = live_redis.connect(settings.redis_url)
    channels = payment_channels.open_all(pool, clock, settings.channels)
    all_jobs = jobs(Work(pool, channels, clock, random_bits), LiveCounts(redis))
    # Jobs may take all connections of their pool for long; leases are renewed over others.
    leading = await open_pool(settings.database_url, connections_max=LEADING_CONNECTIONS, limit_s=LEASE_S)
    rounds = Rounds(leading)
    scheduler = AsyncIOScheduler(timezone=UTC)
    for job in all_jobs:
        # One round at a time: a slow one delays the next and never doubles it. The first comes at once.
        scheduler.add_job(
            rounds.run,
            IntervalTrigger(seconds=job.every_s),
            (job,),
            id=job.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
    # A round that is still running when the next is due is skipped, which is meant; the library would warn each time.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    scheduler.start()
    _log.info("working: %s", ", ".join(job.name for job in all_jobs))
    try:
        await stop.wait()
        scheduler.pause()
        await rounds.ended()
    finally:
        scheduler.shutdown(wait=False)
        await pool.close()
        await leading.close()
        await redis.aclose()
