"""The worker: what is done by the clock. Safe to run twice: each round of a job is led by whoever gets its lock."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import asyncpg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from msgspec import Struct

import sql
from parking.clock import random_bits
from parking.live import counts
from parking.live import redis as live_redis
from parking.live.redis import LiveCounts
from parking.settings import Settings
from parking.store import jobs as store
from parking.store.retention import drop_expired
from payments import channels as payment_channels
from payments import jobs as payment_jobs
from payments.jobs import Work
from sql import invariants
from sql.pool import open_pool

COUNTERS_EVERY_S = 1
REPAIR_EVERY_S = 300
VERIFY_EVERY_S = 600
PARTITIONS_EVERY_S = 6 * 3600
STOP_TIMEOUT_S = 20
ANALYZE_EVERY_S = 5
_LOCK_CLASS = 4
_log = logging.getLogger(__name__)


class Job(Struct, frozen=True):
    """Something done every `every_s` seconds by one worker at a time; `number` names its lock."""

    number: int
    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]


def jobs(work: Work, live_counts: LiveCounts) -> list[Job]:
    """Everything the worker does."""
    return [
        *(Job(100 + n, job.name, job.every_s, partial(job.run, work)) for n, job in enumerate(payment_jobs.JOBS)),
        Job(3, "counters", COUNTERS_EVERY_S, lambda: counts.keep_whole(work.pool, live_counts)),
        Job(4, "repair", REPAIR_EVERY_S, lambda: counts.repair(work.pool, live_counts)),
        Job(5, "verify", VERIFY_EVERY_S, lambda: _verify(work)),
        Job(8, "analyze", ANALYZE_EVERY_S, lambda: _analyze(work)),
        Job(6, "partitions", PARTITIONS_EVERY_S, lambda: _partitions(work)),
        Job(9, "retention", PARTITIONS_EVERY_S, lambda: _retention(work)),
    ]


async def _verify(work: Work) -> None:
    async with work.pool.acquire() as db:
        for found in await invariants.check(db):
            if found.rows:
                _log.error("INVARIANT %s broken by %d rows: %s", found.name, found.rows, "; ".join(found.sample))


async def _analyze(work: Work) -> None:
    async with work.pool.acquire() as db:
        await store.analyze_grown(db)


async def _retention(work: Work) -> None:
    async with work.pool.acquire() as db:
        for dropped in await drop_expired(db, work.clock()):
            _log.warning("dropped %s: its time was over", dropped)


async def _partitions(work: Work) -> None:
    async with work.pool.acquire() as db:
        failed = await store.create_partitions(db, work.clock())
    if failed:
        _log.error("%d partitions could not be made; rows fall into the default ones until they can", failed)


async def lead(pool: sql.Pool, job: Job) -> bool:
    """Runs one round of a job unless another worker is at it; tells whether it ran. A failure is logged."""
    try:
        # The lock belongs to the connection, so it goes when its worker dies, however it dies.
        async with pool.acquire() as db:
            if not await store.try_lead(db, _LOCK_CLASS, job.number):
                return False
            try:
                await job.run()
            finally:
                await store.stop_leading(db, _LOCK_CLASS, job.number)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as e:
        _log.warning("job %s could not run: %s: %s", job.name, type(e).__name__, e)
        return False
    except Exception:  # noqa: BLE001 - one job's defect must not stop the others
        _log.exception("job %s failed", job.name)
        return False
    return True


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
    """Runs the worker until it is told to stop."""
    clock = settings.clock()
    pool = await open_pool(settings.database_url, connections_max=settings.pool_max)
    redis = live_redis.connect(settings.redis_url)
    channels = payment_channels.open_all(pool, clock, settings.channels)
    everything = jobs(Work(pool, channels, clock, random_bits), LiveCounts(redis))
    # Leaders keep a connection while their job takes others; out of one small pool they would wait for each other.
    leading = await open_pool(settings.database_url, connections_max=len(everything))
    rounds = Rounds(leading)
    scheduler = AsyncIOScheduler(timezone=UTC)
    for job in everything:
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
    _log.info("working: %s", ", ".join(job.name for job in everything))
    try:
        await stop.wait()
        scheduler.pause()
        await rounds.ended()
    finally:
        scheduler.shutdown(wait=False)
        await pool.close()
        await leading.close()
        await redis.aclose()
