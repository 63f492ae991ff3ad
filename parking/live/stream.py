"""Live counts to many listeners: one subscription per process, fanned out.

A listener never holds more than the latest count of each lot, however slow it reads. While Redis is away the counts are
polled from PostgreSQL, so listeners notice nothing but a slightly slower pace.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Set
from contextlib import asynccontextmanager
from time import monotonic, time
from typing import TypeAlias

from asyncpg import InterfaceError, PostgresError

import sql
from parking.live.redis import LiveCounts, Subscription
from parking.occupancy import Count, newer
from parking.store.occupancy import all_counts
from payments.errors import OneLotError

# The lots that somebody asked for.
Wants: TypeAlias = Callable[[], Set[int]]

LISTENERS_MAX = 5_000
# Changes are gathered for a moment, so a busy lot costs every listener a few messages a second and not hundreds.
PACE_S = 0.2
# Telling a listener takes about 0.1 ms: with this much time for each, a crowd of them takes a fifth of the process.
PACE_OF_LISTENER_S = 0.0005
POLL_S = 1.0
# Published messages can be lost with a connection that dies silently; comparing now and then finds what was missed.
COMPARE_S = 5.0
# Who comes again is told what was heard since it was last told, and so long before: another process may have heard of
# it earlier, by a clock that is a little off.
RESUME_MARGIN_MS = 15_000

_log = logging.getLogger(__name__)


class TooManyListeners(OneLotError):
    """This process has as many live listeners as it takes, of all or of one address; a later try may find room."""


class Listener:
    """What one client has not been sent yet: at most one count per lot that it asked for. `snapshot` is what was known
    when it began. `wants`: gives the lots it asked for, which change with the network.
    """

    def __init__(self, snapshot: dict[int, Count], wants: Wants) -> None:
        self.snapshot = snapshot
        self.wants = wants
        self._waiting: dict[int, Count] = {}
        self._has_counts = asyncio.Event()
        self.ended = False

    def end(self) -> None:
        """Ends it: nothing more comes."""
        self.ended = True
        self._has_counts.set()

    def add(self, changed: Mapping[int, Count]) -> None:
        """Adds counts (by lot) to what waits, each in the place of an older one; of other lots it hears nothing."""
        if heard := self.wants() & changed.keys():
            self._waiting.update({lot_id: changed[lot_id] for lot_id in heard})
            self._has_counts.set()

    async def next(self, timeout_s: float) -> list[Count]:
        """What has changed since the last call; waits for something, at most `timeout_s`, then it is empty."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_counts.wait(), timeout_s)
        self._has_counts.clear()
        waiting, self._waiting = self._waiting, {}
        return list(waiting.values())


class Stream:
    """The latest count of every lot in this process, and everybody who wants to hear of changes.

    `run` keeps it up to date for ever; start it as a task with the application and cancel it at the end.
    """

    def __init__(
        self,
        pool: sql.Pool,
        counts: LiveCounts,
        *,
        listeners_max: int = LISTENERS_MAX,
        listeners_of_address_max: int = LISTENERS_MAX,
        poll_s: float = POLL_S,
        state_of: Callable[[Count], object] = lambda _: None,
        time_ms: Callable[[], int] = lambda: int(time() * 1000),
    ) -> None:
        """`state_of`: what of a lot changes without its count, like that it has been silent for too long."""
        self._pool = pool
        self._counts = counts
        self._listeners_max = listeners_max
        self._listeners_of_address_max = listeners_of_address_max
        self._of_address: Counter[str] = Counter()
        self._poll_s = poll_s
        self._listeners: set[Listener] = set()
        self._known: dict[int, Count] = {}
        self._pending: dict[int, Count] = {}
        self._filled = asyncio.Event()
        self._state_of = state_of
        self._states: dict[int, object] = {}
        self._time_ms = time_ms
        self._heard_ms: dict[int, int] = {}
        self._began_ms = 0
        self._stands_still = False
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    async def counts(self) -> Callable[[int], Count]:
        """What gives the latest count of a lot that this process has heard of; one without any has counted nothing."""
        await self._filled.wait()
        known = self._known
        return lambda lot_id: known.get(lot_id) or Count(lot_id)

    def known(self) -> dict[int, Count]:
        """The latest counts this process has heard of, by lot."""
        return dict(self._known)

    def close(self) -> None:
        """Ends all listeners: they have heard what there was, and come again elsewhere."""
        self._closed = True
        self._filled.set()
        for listener in self._listeners:
            listener.end()

    def check_room(self, address: str = "") -> None:
        """Makes sure that one more listener may come from an address.

        Raises:
            TooManyListeners: as many as are taken are here already.
        """
        if len(self._listeners) >= self._listeners_max:
            raise TooManyListeners("Too many live connections here; try again.", listeners_max=self._listeners_max)
        if self._of_address[address] >= self._listeners_of_address_max:
            raise TooManyListeners(
                "Your address has too many live connections here.", listeners_max=self._listeners_of_address_max
            )

    def heard_since(self, event_id: str, now_ms: int) -> Set[int] | None:
        """The lots of which something was heard since a client was sent an event, by whatever process, and maybe others
        that it knows of; None: that is so long ago, or no event of ours, that it must be told everything.
        """
        since = int(event_id) - RESUME_MARGIN_MS if event_id.isdecimal() else 0
        if not self._began_ms <= since <= now_ms:
            return None
        return {lot_id for lot_id, heard_ms in self._heard_ms.items() if heard_ms >= since}

    def now_ms(self) -> int:
        """The time that events are numbered by: the same in every process, as far as clocks agree."""
        return self._time_ms()

    @asynccontextmanager
    async def listening(self, address: str = "", wants: Wants | None = None) -> AsyncIterator[Listener]:
        """A listener, fed until the block ends: every count that differs from its snapshot is heard, and once.

        address: where it is, as `check_room` counts it. wants: see `Listener`; all lots without it.

        Raises:
            TooManyListeners: as many as are taken are here already.
        """
        await self._filled.wait()
        self.check_room(address)
        # What the others still wait for is in this one's snapshot, and no change to it.
        self._notify()
        listener = Listener(self.known(), wants or self._known.keys)
        self._listeners.add(listener)
        self._of_address[address] += 1
        if self._closed:
            listener.end()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    async def run(self) -> None:
        """Hears of changes for ever: from Redis, and from PostgreSQL while Redis is away."""
        while True:
            try:
                await self._follow()
            except Subscription.FAILURES:
                _log.debug("live counts are polled while Redis is away")
            except Exception:  # noqa: BLE001 — whatever one message or one reading had, the next may be well
                _log.exception("live counts were interrupted")
            await asyncio.sleep(self._poll_s)
            await self._poll()
            self._look_at_states()
            self._notify()

    async def _follow(self) -> None:
        # Subscribe first, read second: what changes in between comes twice, of which `_take` drops one.
        async with self._counts.subscribed() as subscription:
            await self._compare()
            compared_at = sent_at = monotonic()
            self._notify()
            while True:
                if (change := await subscription.next(PACE_S)) is not None:
                    self._take(change.counts, mended=change.mended)
                if monotonic() - compared_at > COMPARE_S:
                    await self._compare()
                    self._look_at_states()
                    compared_at = monotonic()
                if monotonic() - sent_at >= max(PACE_S, len(self._listeners) * PACE_OF_LISTENER_S):
                    self._notify()
                    sent_at = monotonic()

    async def _compare(self) -> None:
        await self._counts.catch_up()
        if (counts := await self._counts.all()) is None:
            await self._poll()
        else:
            self._take(counts.values())
        if self._counts.away:
            raise TimeoutError("Redis does not answer")

    async def _poll(self) -> None:
        try:
            async with self._pool.acquire() as db:
                self._take(await all_counts(db))
            self._stands_still = False
        except (PostgresError, InterfaceError, OSError, TimeoutError):
            if not self._stands_still:
                _log.warning("live counts stand still: neither Redis nor PostgreSQL could be read")
            self._stands_still = True

    def _take(self, counts: Iterable[Count], *, mended: bool = False) -> None:
        now_ms = self._time_ms()
        for count in counts:
            known = self._known.get(count.lot_id)
            if count != known and (mended or newer(known, count)):
                self._known[count.lot_id] = self._pending[count.lot_id] = count
                self._heard_ms[count.lot_id] = now_ms
        self._begin(now_ms)

    def _begin(self, now_ms: int) -> None:
        if not self._filled.is_set():
            self._began_ms = now_ms
            self._filled.set()

    def _look_at_states(self) -> None:
        """Tells of the lots that changed though nothing was counted."""
        now_ms = self._time_ms()
        for lot_id, count in self._known.items():
            state = self._state_of(count)
            if self._states.setdefault(lot_id, state) != state:
                self._states[lot_id] = state
                self._pending[lot_id] = count
                self._heard_ms[lot_id] = now_ms

    def _notify(self) -> None:
        if self._pending:
            for listener in self._listeners:
                listener.add(self._pending)
            self._pending = {}
