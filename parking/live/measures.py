"""What a worker measures in the database: each for itself and at its own pace, so that no scrape asks for anything."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from asyncpg import PostgresError
from prometheus_client import Gauge

import sql
from parking import health
from parking.live import metrics
from parking.live.metrics import Verified
from parking.store import alarms as alarm_store
from parking.store import jobs as job_store
from parking.store import measures as store
from payments.store import measures as payment_store
from payments.store.measures import Counted
from sql.pool import TRANSIENT

MEASURED_EACH_S = 30.0
# All of it together; a database that needs longer has other things to do.
MEASURE_TIMEOUT_S = 5.0
# Gateways beat each half minute.
SILENT = timedelta(minutes=5)

_log = logging.getLogger(__name__)


async def keep_measuring(pool: sql.Pool, clock: Callable[[], datetime], verified: Verified) -> None:
    """Measures for ever."""
    while True:
        try:
            await measure(pool, clock())
        except (*TRANSIENT, PostgresError) as e:
            _log.warning("what waits could not be measured: %s", type(e).__name__)
        except Exception:  # noqa: BLE001 - whatever it is, the next look may be well
            _log.exception("what waits could not be measured")
        verified.forget_old()
        await asyncio.sleep(MEASURED_EACH_S)


async def measure(pool: sql.Pool, now: datetime) -> None:
    """Asks the database once, and shows what it said."""
    async with pool.acquire(timeout=MEASURE_TIMEOUT_S) as db:
        rounds = await job_store.rounds(db)
        alarms = [Counted(each.kind, each.number) for each in await alarm_store.count_open(db, None)]
        cases, gateways = await store.cases(db), await store.gateways(db, now - SILENT)
        attempts, refunds = await payment_store.attempts(db), await payment_store.refunds(db)
        disputes, charges = await payment_store.disputes(db), await payment_store.to_collect(db, now)
    for round_ in rounds:
        metrics.JOB_DONE_AT.labels(round_.name).set(0 if round_.done_at is None else round_.done_at.timestamp())
        metrics.JOB_OVERDUE.labels(round_.name).set(health.overdue(round_))
        metrics.JOB_FAILURES.labels(round_.name).set(round_.failures)
    _show(metrics.ALARMS_OPEN, alarms)
    _show(metrics.CASES_OPEN, cases)
    _show(metrics.GATEWAYS, gateways)
    _show(metrics.ATTEMPTS_OPEN, attempts)
    _show(metrics.REFUNDS_OPEN, refunds)
    _show(metrics.DISPUTES_OPEN, disputes)
    metrics.CHARGES_TO_COLLECT.set(charges.number)
    metrics.CHARGES_LATE_S.set(max(0.0, charges.late_s))
    metrics.CHARGES_HELD.set(charges.held)
    metrics.MEASURED_AT.set_to_current_time()


def _show(gauge: Gauge, counted: Sequence[Counted]) -> None:
    """What is not counted any more is none."""
    gauge.clear()
    for each in counted:
        gauge.labels(each.name).set(each.number)
