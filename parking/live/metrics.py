"""What is counted and measured of a process, for Prometheus: of one that serves, and of one that works.

Labels are words of ours with few values: routes and never paths, no plate, no lot, nothing a caller makes up.
"""

import asyncio
import logging
import os
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

import sql
from parking.answers import Answer, Status
from parking.ingest.queue import Queue
from payments.jobs import Done

# Where the processes of `onelot serve --workers N` leave what they counted, so that their parent can add it up. The
# library reads it when it is loaded.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SAMPLED_EACH_S = 1.0
TAKEN_PAUSE_S = 1.0
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 20.0)
_EVENTS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000)
_ROUND_SECONDS = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0)

_log = logging.getLogger(__name__)

SERVING, WORKING = CollectorRegistry(), CollectorRegistry()
for _registry in (SERVING, WORKING):
    ProcessCollector(registry=_registry)

REQUESTS = Counter("onelot_http_requests", "Answers by route.", ("method", "route", "status"), registry=SERVING)
REQUEST_SECONDS = Histogram(
    "onelot_http_request_seconds", "Until an answer began.", ("route",), buckets=_SECONDS, registry=SERVING
)
GATE_EVENTS = Counter("onelot_gate_events", "Gate events by what became of them.", ("outcome",), registry=SERVING)
BATCH_EVENTS = Histogram(
    "onelot_batch_events", "Events recorded in one transaction.", buckets=_EVENTS, registry=SERVING
)
BATCH_SECONDS = Histogram(
    "onelot_batch_seconds",
    "A transaction, from asking for its connection to its commit.",
    buckets=_SECONDS,
    registry=SERVING,
)
BATCH_RETRIES = Counter("onelot_batch_retries", "Batches that the database did not take.", registry=SERVING)
ALARMS = Counter("onelot_alarms", "Lines that begin with ALARM.", ("kind",), registry=SERVING)
EVENTS_WAITING = Gauge(
    "onelot_events_waiting",
    "Events that wait to be recorded.",
    ("kind",),
    registry=SERVING,
    multiprocess_mode="livesum",
)
POOL_CONNECTIONS = Gauge(
    "onelot_pool_connections", "Connections to the database.", ("state",), registry=SERVING, multiprocess_mode="livesum"
)
POOL_CONNECTIONS_MAX = Gauge(
    "onelot_pool_connections_max", "As many as there may be.", registry=SERVING, multiprocess_mode="livesum"
)
STREAM_LISTENERS = Gauge(
    "onelot_stream_listeners", "Clients of the live stream.", registry=SERVING, multiprocess_mode="livesum"
)
REDIS_AWAY = Gauge(
    "onelot_redis_away", "1 while a process cannot reach Redis.", registry=SERVING, multiprocess_mode="livemax"
)

JOB_ROUNDS = Counter("onelot_job_rounds", "Rounds of jobs this process led.", ("job", "outcome"), registry=WORKING)
JOB_SECONDS = Histogram(
    "onelot_job_seconds", "How long rounds took.", ("job",), buckets=_ROUND_SECONDS, registry=WORKING
)
JOB_DID = Counter("onelot_job_did", "What rounds did.", ("job", "what"), registry=WORKING)
JOB_DONE_AT = Gauge(
    "onelot_job_done_timestamp_seconds", "When a job was last done, by any worker.", ("job",), registry=WORKING
)
JOB_OVERDUE = Gauge("onelot_job_overdue", "1 if a job should have been done by now.", ("job",), registry=WORKING)
JOB_FAILURES = Gauge("onelot_job_failures", "Rounds that failed since one was done.", ("job",), registry=WORKING)
INVARIANT_ROWS = Gauge(
    "onelot_invariant_rows",
    "Rows that break an invariant, when this process last looked.",
    ("invariant", "since"),
    registry=WORKING,
)
ALARMS_OPEN = Gauge("onelot_alarms_open", "Alarms that nobody has resolved.", ("kind",), registry=WORKING)
CASES_OPEN = Gauge("onelot_cases_open", "Cases that wait for a person.", ("reason",), registry=WORKING)
GATEWAYS = Gauge("onelot_gateways", "Gateways by whether they beat.", ("state",), registry=WORKING)
ATTEMPTS_OPEN = Gauge("onelot_attempts_open", "Payments whose end is not known.", ("state",), registry=WORKING)
REFUNDS_OPEN = Gauge("onelot_refunds_open", "Refunds whose end is not known.", ("state",), registry=WORKING)
DISPUTES_OPEN = Gauge("onelot_disputes_open", "Disputes that wait for finance.", ("kind",), registry=WORKING)
CHARGES_TO_COLLECT = Gauge("onelot_charges_to_collect", "Unpaid charges that accounts are asked for.", registry=WORKING)
CHARGES_LATE_S = Gauge(
    "onelot_charges_to_collect_late_seconds",
    "For how long the first of them has been due to be asked for.",
    registry=WORKING,
)
CHARGES_HELD = Gauge("onelot_charges_held", "Unpaid charges that wait for a person.", registry=WORKING)
MEASURED_AT = Gauge("onelot_measured_timestamp_seconds", "When the database was last asked.", registry=WORKING)


class _OfRoute(NamedTuple):
    """What an answer is counted by."""

    answers: Counter
    seconds: Histogram


# Looking a metric up by its labels takes longer than counting.
_of_routes: dict[tuple[str, str | None, int], _OfRoute] = {}
_of_outcomes = {status: GATE_EVENTS.labels(status) for status in Status}


def answered(method: str, route: str | None, status: int, took_s: float) -> None:
    """Counts an answer. `route`: its template, None where no route has the path."""
    counted = _of_routes.get((method, route, status))
    if counted is None:
        known = method if method in _METHODS else "other"
        template = route or "none"
        counted = _OfRoute(REQUESTS.labels(known, template, str(status)), REQUEST_SECONDS.labels(template))
        if method in _METHODS:
            _of_routes[method, route, status] = counted
    counted.answers.inc()
    counted.seconds.observe(took_s)


def recorded(answers: Iterable[Answer], took_s: float) -> None:
    """Counts a batch that was committed."""
    outcomes = Tally(answer.status for answer in answers)
    for outcome, events in outcomes.items():
        _of_outcomes[outcome].inc(events)
    BATCH_EVENTS.observe(outcomes.total())
    BATCH_SECONDS.observe(took_s)


def refused(events: int) -> None:
    """Counts events that were not taken."""
    _of_outcomes[Status.REJECTED].inc(events)


def gate_events() -> int:
    """How many gate events this process counted since it began."""
    return sum(int(each.value) for of in GATE_EVENTS.collect() for each in of.samples if each.name.endswith("_total"))


async def sample(
    pool: sql.Pool, waiting: Queue[Any], listeners: Callable[[], int], redis_away: Callable[[], bool]
) -> None:
    """Measures a serving process for ever: what is not worth counting at each change."""
    while True:
        size, idle = pool.get_size(), pool.get_idle_size()
        POOL_CONNECTIONS.labels("used").set(size - idle)
        POOL_CONNECTIONS.labels("idle").set(idle)
        POOL_CONNECTIONS_MAX.set(pool.get_max_size())
        EVENTS_WAITING.labels("live").set(waiting.waiting - waiting.replays_waiting)
        EVENTS_WAITING.labels("replay").set(waiting.replays_waiting)
        STREAM_LISTENERS.set(listeners())
        REDIS_AWAY.set(redis_away())
        await asyncio.sleep(SAMPLED_EACH_S)


def led(job: str, took_s: float, done: Done | None) -> None:
    """Counts a round of a job; `done` is None if it failed."""
    JOB_ROUNDS.labels(job, "failed" if done is None else "done").inc()
    JOB_SECONDS.labels(job).observe(took_s)
    for what, number in (done or {}).items():
        JOB_DID.labels(job, what).inc(number)


class Verified:
    """The rows that this process last found to break invariants, until they are too old: another one may look now."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def put(self, rows: dict[str, int], since: str, *, for_s: float) -> None:
        """Rows by invariant; `since`: from when on they were looked for."""
        for invariant, number in rows.items():
            INVARIANT_ROWS.labels(invariant, since).set(number)
        self._until[since] = monotonic() + for_s

    def forget_old(self) -> None:
        """Drops what was found too long ago."""
        for since in [since for since, until in self._until.items() if until < monotonic()]:
            del self._until[since]
            INVARIANT_ROWS.remove_by_labels({"since": since})


class _Living(MultiProcessCollector):
    """What all processes counted, and what those that live measure."""

    def __init__(self, registry: CollectorRegistry, folder: Path) -> None:
        super().__init__(registry, str(folder))  # type: ignore[no-untyped-call]
        self._folder = folder

    def collect(self) -> object:
        """The metrics of all processes, added up."""
        for pid in {int(file.stem.rpartition("_")[2]) for file in self._folder.glob("gauge_live*.db")}:
            if not _lives(pid):
                mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]
        return super().collect()  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def shown(registry: CollectorRegistry, host: str, port: int) -> Iterator[None]:
    """Answers at a port of its own (0: nowhere) with what this process counts, until the block ends.

    In a thread: it answers also while the process is too busy to. A port that another process has, as one has that is
    about to end, is tried again: nobody has to wait for metrics.
    """
    if not port:
        yield
        return
    over = Event()
    thread = Thread(target=_answer, args=(registry, host, port, over), name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def shown_together(host: str, port: int) -> Iterator[None]:
    """As `shown`, of all serving processes that are started meanwhile: they leave in files what they count."""
    if not port:
        yield
        return
    with TemporaryDirectory(prefix="onelot-metrics-") as folder:
        os.environ[FOLDER_VARIABLE] = folder
        registry = CollectorRegistry()
        _Living(registry, Path(folder))
        try:
            with shown(registry, host, port):
                yield
        finally:
            del os.environ[FOLDER_VARIABLE]


def _answer(registry: CollectorRegistry, host: str, port: int, over: Event) -> None:
    waits = False
    while not over.is_set():
        try:
            server, thread = start_http_server(port, host, registry)
        except OSError as e:
            if not waits:
                _log.warning("metrics are not shown at %s port %d, it is tried again: %s", host, port, e.strerror)
            waits = True
            over.wait(TAKEN_PAUSE_S)
            continue
        over.wait()
        server.shutdown()
        server.server_close()
        thread.join()
