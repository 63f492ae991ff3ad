"""Group commit: gate events that arrive together are recorded together, and answered when that is committed.

A batch costs little more than one event, so while one is being committed the next gathers by itself; nobody waits
for a batch to fill. Two at once, each half as large, were measured to be slower; but where enough waits for one more,
that is thought about while the database works on the first. They never share a lot: neither waits for the other, and
no car's exit passes its entry. Whose events are in the next batch says `queue`.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from weakref import WeakValueDictionary

from msgspec import Struct, structs

import sql
from parking.answers import Answer
from parking.device_facts import Told, is_at_gate, unapplied
from parking.flow.events import Recorded, record_events
from parking.ingest.queue import TURN_EVENTS, Queue
from parking.limits import BATCHES_AT_ONCE_MAX
from parking.live import metrics, tracing
from parking.live.ending import end
from parking.live.network import LiveNetwork
from parking.live.redis import LiveCounts
from payments.errors import OneLotError
from sql.pool import TRANSIENT

RETRIES_MAX = 4
RETRY_PAUSE_S = 0.05
# From the arrival of an event to its answer, whatever the database does.
RECORD_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 30.0
COUNTS_EACH_S = 0.1
# A batch is begun beside another one where so many events wait.
BESIDE_EVENTS_MIN = TURN_EVENTS
# While cars come, a batch takes no more replays than one turn of one gateway, so that it is short.
LIVE_LATELY_S = 1.0

_log = logging.getLogger(__name__)


class StorageAway(OneLotError):
    """The database did not take the events; none of them was acknowledged."""


class _Request(Struct, eq=False):
    """`until`: when it is answered at the latest, by the event loop's clock. `asked`: its request if that is traced."""

    facts: Sequence[Told]
    done: "asyncio.Future[list[Answer]]"
    until: float
    asked: tracing.Asked | None = None


class GroupCommit:
    """Records the events of one process in batches."""

    def __init__(
        self,
        pool: sql.Pool,
        network: LiveNetwork,
        live_counts: LiveCounts,
        *,
        clock: Callable[[], datetime],
        random_bits: Callable[[], int],
        batch_events_max: int,
        ring: Callable[[Collection[int]], None] = lambda _: None,
    ) -> None:
        self._pool = pool
        self._network = network
        self._counts = live_counts
        self._clock = clock
        self._random_bits = random_bits
        self._batch_events_max = batch_events_max
        self._ring = ring
        self._queue: Queue[_Request] = Queue()
        self._something_waits = asyncio.Event()
        self._batches = 0
        self._recording: set[int] = set()
        self._live_at = -LIVE_LATELY_S
        self._arrays: WeakValueDictionary[tuple[int, bool], asyncio.Lock] = WeakValueDictionary()
        self._unanswered: set[_Request] = set()
        self._expiry: asyncio.TimerHandle | None = None
        self._expires_at = math.inf
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Starts recording in the background."""
        self._keep(asyncio.create_task(self._work()))
        self._keep(asyncio.create_task(self._write_counts()))

    async def stop(self) -> None:
        """Records what is waiting, then stops."""
        deadline = monotonic() + STOP_TIMEOUT_S
        while self._queue.waiting and monotonic() < deadline:  # noqa: ASYNC110 - at the end of a life there is time
            await asyncio.sleep(0.01)
        if self._expiry is not None:
            self._expiry.cancel()
        await end([*self._tasks])
        await self._counts.catch_up()

    @asynccontextmanager
    async def place(self, gateway_id: int, events: int, *, live: bool) -> AsyncIterator[float]:
        """A place for so many events of one gateway, which are recorded meanwhile; its arrays of one kind have their
        turn one after the other. Yields until when they are answered, by the event loop's clock.

        Asked for before the events are read: what there is no room for costs next to nothing.

        Raises:
            queue.Overloaded: too many events wait already.
        """
        until = asyncio.get_running_loop().time() + RECORD_TIMEOUT_S
        self._queue.enter(gateway_id, events, live=live)
        try:
            if events == 1:
                yield until
            else:
                async with self._arrays.setdefault((gateway_id, live), asyncio.Lock()):
                    yield until
        finally:
            self._queue.leave(gateway_id, events, live=live)

    async def record(self, facts: Sequence[Told], until: float) -> list[Answer]:
        """Records events that have a place, TURN_EVENTS at most; returns, in their order, once they are committed.

        Raises:
            StorageAway: the database could not be reached, or failed, RETRIES_MAX times, or did not answer in time.
            Some of them may be recorded: sent again they are recognised.
        """
        gateway_id, live = facts[0].gateway_id, any(map(is_at_gate, facts))
        request = _Request(facts, asyncio.get_running_loop().create_future(), until, tracing.here())
        if live:
            self._live_at = monotonic()
            if self._queue.has_replays:
                # A car's exit never passes its own entry, also where that is so old that it counts as handed in later.
                plates = {fact.plate for fact in facts}
                self._queue.hasten(gateway_id, lambda earlier: any(p.plate in plates for p in earlier.facts))
        self._queue.put(gateway_id, request, len(facts), live=live)
        self._something_waits.set()
        self._unanswered.add(request)
        if until < self._expires_at:
            self._expire_at(until)
        try:
            return await request.done
        finally:
            self._unanswered.discard(request)

    @property
    def queue(self) -> Queue[_Request]:
        """What waits."""
        return self._queue

    def waiting_of(self, gateway_id: int) -> int:
        """How many events of a gateway wait here, or are being recorded."""
        return self._queue.waiting_of(gateway_id)

    def _expire_at(self, when: float) -> None:
        """One timer for all that wait: each of its own would cost more than most of what is done for an event."""
        if self._expiry is not None:
            self._expiry.cancel()
        self._expires_at = when
        self._expiry = None if when == math.inf else asyncio.get_running_loop().call_at(when, self._expire)

    def _expire(self) -> None:
        """Whoever sent events is answered in time, also where the batch they are in hangs with the database."""
        now = asyncio.get_running_loop().time()
        for request in self._unanswered:
            if request.until <= now:
                _fail(request, StorageAway("The events could not be stored in time; send them again."))
        self._expire_at(min((each.until for each in self._unanswered if each.until > now), default=math.inf))

    async def _work(self) -> None:
        while True:
            await self._something_waits.wait()
            self._something_waits.clear()
            while self._has_room() and (batch := self._next_batch()):
                lots = {fact.lot_id for request in batch for fact in request.facts}
                self._batches += 1
                self._recording |= lots
                self._keep(asyncio.create_task(self._record_batch(batch, lots)))

    def _has_room(self) -> bool:
        return not self._batches or (self._batches < BATCHES_AT_ONCE_MAX and self._queue.in_line >= BESIDE_EVENTS_MIN)

    def _next_batch(self) -> list[_Request]:
        """What is recorded next, of lots of which nothing is being recorded; empty if there is nothing."""
        lately = monotonic() - self._live_at < LIVE_LATELY_S
        replays_max = TURN_EVENTS if lately else self._batch_events_max
        while taken := self._queue.take(self._batch_events_max, replays_max=replays_max, ready=self._is_ready):
            if batch := [request for request in taken if not request.done.done()]:
                return batch
        return []

    def _is_ready(self, request: _Request) -> bool:
        return all(fact.lot_id not in self._recording for fact in request.facts)

    async def _record_batch(self, batch: list[_Request], lots: set[int]) -> None:
        try:
            await self._record_or_split(batch)
        finally:
            self._batches -= 1
            self._recording -= lots
            self._something_waits.set()

    async def _record_or_split(self, batch: list[_Request]) -> None:
        """One bad event never fails its neighbours: a batch that fails is halved until the bad request stands alone."""
        try:
            recorded = await self._record(batch)
        except StorageAway as e:
            for request in batch:
                _fail(request, e)
        except Exception:  # noqa: BLE001 - whatever it is, the neighbours of a bad event must not suffer
            if len(batch) > 1:
                half = len(batch) // 2
                await self._record_or_split(batch[:half])
                await self._record_or_split(batch[half:])
                return
            _log.exception("a request could not be recorded as a whole; its events are taken one by one")
            await self._one_by_one(batch[0])
        else:
            self._deliver(batch, recorded)

    def _deliver(self, batch: list[_Request], recorded: Recorded) -> None:
        at = 0
        for request in batch:
            end = at + len(request.facts)
            if not request.done.done():
                request.done.set_result(recorded.answers[at:end])
            at = end
        self._follow(recorded)

    def _follow(self, recorded: Recorded) -> None:
        """What is done with a batch after its commit."""
        self._counts.queue(recorded.counts)
        self._ring(recorded.told)
        for alarm in recorded.alarms:
            metrics.ALARMS.labels("billing").inc()
            _log.error(
                "ALARM gateway %d of lot %d billed %d fen in this hour, its limit is %d: what is beyond it is held",
                *(alarm.gateway_id, alarm.lot_id, alarm.billed_fen, alarm.limit_fen),
            )

    async def _write_counts(self) -> None:
        """Redis is a read model: counts are written after the answers, a few times a second, and it may be away."""
        while True:
            await asyncio.sleep(COUNTS_EACH_S)
            await self._counts.catch_up()

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The event loop refers to tasks weakly: without a reference, one may be collected before it is done.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _record(self, batch: list[_Request]) -> Recorded:
        facts = [fact for request in batch for fact in request.facts]
        links = [request.asked for request in batch if request.asked is not None]
        began = monotonic()
        until = began + RECORD_TIMEOUT_S
        for attempt in range(1, RETRIES_MAX + 1):
            if (left_s := until - monotonic()) <= 0:
                break
            try:
                with tracing.span("batch", links=links, events=len(facts), attempt=attempt):
                    recorded = await self._record_once(facts, left_s)
            except TRANSIENT as e:
                metrics.BATCH_RETRIES.inc()
                # Trying again is harmless even if the commit went through unseen: the events are recognised.
                _log.warning("recording %d events failed (%s), attempt %d", len(facts), type(e).__name__, attempt)
                await asyncio.sleep(RETRY_PAUSE_S * 2**attempt)
            else:
                metrics.recorded(recorded.answers, monotonic() - began)
                return recorded
        raise StorageAway("The events could not be stored; none was acknowledged, send them again.")

    async def _record_once(self, facts: Sequence[Told], limit_s: float) -> Recorded:
        async with self._pool.acquire(timeout=limit_s) as db, tracing.committed(db.transaction()):
            return await record_events(
                db, facts, network=self._network.snapshot, now=self._clock(), random_bits=self._random_bits
            )

    async def _one_by_one(self, request: _Request) -> None:
        """Each event of a request on its own; one that cannot be applied is kept as it came, for a person."""
        answers: list[Answer] = []
        for fact in request.facts:
            single = structs.replace(request, facts=(fact,))
            try:
                try:
                    recorded = await self._record([single])
                except StorageAway:
                    raise
                except Exception:  # noqa: BLE001 - an event nobody can apply is still a fact
                    _log.exception("event %r of gateway %d cannot be applied", fact.event.event_id, fact.gateway_id)
                    recorded = await self._record([structs.replace(request, facts=(unapplied(fact),))])
            except Exception:  # noqa: BLE001 - the loop goes on and the caller hears of it
                _log.exception("event %r of gateway %d could not even be kept", fact.event.event_id, fact.gateway_id)
                _fail(request, StorageAway("The events could not be stored; none was acknowledged, send them again."))
                return
            answers += recorded.answers
            self._follow(recorded)
        if not request.done.done():
            request.done.set_result(answers)


def _fail(request: _Request, cause: Exception) -> None:
    if not request.done.done():
        request.done.set_exception(cause)
