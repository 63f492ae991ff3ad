"""The worker: what is done by the clock. Safe to run twice: each round of a job is led by whoever gets its lease."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from time import monotonic

import asyncpg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

import sql
from parking import masks
from parking.clock import random_bits
from parking.jobs import Job, LookElsewhere, Texting, jobs
from parking.live import metrics, tracing
from parking.live import redis as live_redis
from parking.live.commands import Bell
from parking.live.ending import end
from parking.live.measures import keep_measuring
from parking.live.metrics import Verified
from parking.live.redis import LiveCounts
from parking.settings import Settings
from parking.store import jobs as store
from payments import channels as payment_channels
from payments.jobs import Done, Work
from sql.pool import TRANSIENT, LoginTooPowerful, check_login, open_pool

STOP_TIMEOUT_S = 20
# A leader that died leaves its job to others after the lease; one that lives renews it in time.
LEASE_S = 10.0
RENEW_EVERY_S = 3.0
LEADING_CONNECTIONS = 3
ERROR_CHARACTERS_MAX = 500
# What quick jobs did is said together: a line each fifth of a second is read by nobody.
SAID_EVERY_S = 10.0
_log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker may lead the job by now: the lease could not be renewed in time."""


async def lead(pool: sql.Pool, job: Job) -> Done | None:
    """Runs one round of a job unless another worker leads it; what it did, None if it did not run or failed, which is
    logged.
    """
    holder = f"{socket.gethostname()} {os.getpid()} {random_bits():016x}"
    try:
        async with pool.acquire() as db:
            lease = timedelta(seconds=LEASE_S)
            if not await store.claim(db, job=job.name, holder=holder, lease=lease, every_s=job.every_s):
                return None
    except (*TRANSIENT, asyncpg.PostgresError) as e:
        _log.warning("job %s could not run: %s: %s", job.name, type(e).__name__, e)
        return None
    done, error = None, "it was stopped"
    began = monotonic()
    try:
        with tracing.span(f"job {job.name}"):
            done = await _run_leased(pool, job, holder)
    except (*TRANSIENT, asyncpg.PostgresError, LeaseLost) as e:
        error = f"{type(e).__name__}: {e}"
        _log.warning("job %s could not run: %s", job.name, error)
    except Exception as e:  # noqa: BLE001 - one job's defect must not stop the others
        error = f"{type(e).__name__}: {e}"
        _log.exception("job %s failed", job.name)
    finally:
        metrics.led(job.name, monotonic() - began, done)
        kept = None if done is not None else masks.masked(error)[:ERROR_CHARACTERS_MAX]
        # A lease that cannot be given back runs out by itself.
        with contextlib.suppress(*TRANSIENT):
            async with pool.acquire() as db:
                await store.release(db, job=job.name, holder=holder, error=kept)
    return done


async def _run_leased(pool: sql.Pool, job: Job, holder: str) -> Done:
    """A round of a job, and what it did; it is cancelled when its lease is lost.

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
        return await running
    finally:
        await end([running])


class Said:
    """What the rounds of each job did since that was last logged."""

    def __init__(self) -> None:
        self._untold: dict[str, Counter[str]] = {}
        self._told_at: dict[str, float] = {}

    def add(self, job: Job, done: Done, now_s: float) -> None:
        """Adds a round, and logs what was done if something was, and the line before is SAID_EVERY_S ago."""
        untold = self._untold.setdefault(job.name, Counter())
        if any(done.values()):
            untold.update({"rounds": 1, **done})
        if untold and now_s - self._told_at.get(job.name, -SAID_EVERY_S) >= SAID_EVERY_S:
            _tell(job.name, untold)
            self._told_at[job.name] = now_s

    def end(self) -> None:
        """Logs what was not yet."""
        for name, untold in self._untold.items():
            if untold:
                _tell(name, untold)


def _tell(name: str, untold: Counter[str]) -> None:
    counts = {each: number for each, number in untold.items() if number}
    _log.info("did %s", name, extra={"fields": {"job": name, **counts}})
    untold.clear()


class Rounds:
    """The rounds that are running, so that stopping can wait for them: one of them may be moving money."""

    def __init__(self, leading: sql.Pool) -> None:
        self._leading = leading
        self._said = Said()
        self._running: set[asyncio.Task[object]] = set()

    async def run(self, job: Job) -> None:
        """One round of a job."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            if (done := await lead(self._leading, job)) is not None:
                self._said.add(job, done, monotonic())
        finally:
            self._running.discard(task)

    async def ended(self) -> None:
        """Waits for what is running, but not for ever."""
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_TIMEOUT_S)
        self._said.end()


async def work(settings: Settings, *, metrics_port: int) -> None:
    """Runs the worker until SIGINT or SIGTERM. metrics_port: where it shows what it counts, 0 nowhere."""
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
    tools = Work(pool, channels, clock, random_bits, LookElsewhere(pool, clock))
    verified = Verified()
    texting = None if settings.texting is None else Texting(settings.texting, settings.secrets[0])
    all_jobs = jobs(tools, LiveCounts(redis), Bell(redis), verified, settings.report_room, texting)
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
    # Its lines tell of each round, and warn of each that is skipped because the one before still runs, which is meant.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    scheduler.start()
    measuring = [asyncio.create_task(keep_measuring(leading, clock, verified))] if metrics_port else []
    try:
        with metrics.shown(metrics.WORKING, settings.metrics_host, metrics_port):
            _log.info("working: %s", ", ".join(job.name for job in all_jobs))
            await stop.wait()
        scheduler.pause()
        await rounds.ended()
    finally:
        scheduler.shutdown(wait=False)
        await end(measuring)
        await pool.close()
        await leading.close()
        await redis.aclose()
