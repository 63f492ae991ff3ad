"""Commands to the gateways that wait for them: one look for all who listen to this process, as soon as one is rung for.

PostgreSQL is the truth. Redis only says for whom to look; while it is away, and for whatever it lost, all who listen
are looked for every POLL_S. What payments cleared is passed on then too, should no worker do it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic

import msgspec

import sql
from parking.flow.commands import pass_on_cleared, waiting
from parking.limits import TooManyRequests
from parking.live.ending import end
from parking.live.redis import FAILURES, TIMEOUT_S, Client
from parking.store.commands import Waiting
from sql.pool import TRANSIENT

POLL_S = 1.0
LISTENERS_OF_GATEWAY_MAX = 4
# A database that takes longer is asked again at the next look.
LOOK_TIMEOUT_S = 5.0

_log = logging.getLogger(__name__)


class Bell:
    """Where it is heard, in all serving processes, that a gateway has commands. Never the truth, and never an error."""

    def __init__(self, redis: Client, *, name: str = "onelot") -> None:
        self._redis = redis
        # Channels are shared by all numbered databases of a Redis server.
        self._channel = f"{name}:{redis.connection_pool.connection_kwargs.get('db') or 0}:commands"

    async def ring(self, gateways: Collection[int]) -> None:
        """Rings for gateways, after the commit."""
        if gateways:
            with contextlib.suppress(*FAILURES):
                async with asyncio.timeout(TIMEOUT_S):
                    await self._redis.publish(self._channel, msgspec.json.encode(sorted(gateways)))

    async def heard(self) -> AsyncIterator[list[int]]:
        """The gateways that are rung for. Raises one of FAILURES when Redis goes away."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(self._channel)
            while True:
                message = await pubsub.get_message(timeout=POLL_S)
                if message is not None:
                    with contextlib.suppress(msgspec.DecodeError):
                        yield msgspec.json.decode(message["data"], type=list[int])


class Listener:
    """A gateway that listens: what it has not been given yet. `seen`: the number up to which it was."""

    def __init__(self, seen: int) -> None:
        self.seen = seen
        self.ended = False
        self._waiting: list[Waiting] = []
        self._has_some = asyncio.Event()

    def add(self, command: Waiting) -> None:
        """Adds a command, unless it came before."""
        if command.n > self.seen:
            self.seen = command.n
            self._waiting.append(command)
            self._has_some.set()

    def end(self) -> None:
        """Ends it: nothing more comes."""
        self.ended = True
        self._has_some.set()

    async def next(self, timeout_s: float) -> list[Waiting]:
        """What came since the last call; waits for something, at most `timeout_s`, then it is empty."""
        if not self._waiting and not self.ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_some.wait(), timeout_s)
        self._has_some.clear()
        waiting, self._waiting = self._waiting, []
        return waiting


class Dialogue:
    """The gateways that listen to this process. `run` serves them for ever."""

    def __init__(
        self, pool: sql.Pool, bell: Bell, *, clock: Callable[[], datetime], random_bits: Callable[[], int]
    ) -> None:
        self._pool = pool
        self._bell = bell
        self._clock = clock
        self._random_bits = random_bits
        self._listeners: dict[int, set[Listener]] = {}
        self._rung: set[int] = set()
        self._to_ring: set[int] = set()
        self._wake = asyncio.Event()
        self._closed = False

    def ring(self, gateways: Iterable[int]) -> None:
        """Looks for gateways at once, here and in all other processes. Call it after the commit."""
        fresh = set(gateways)
        if fresh:
            self._to_ring |= fresh
            self._hear(fresh)

    def close(self) -> None:
        """Ends all who listen: they come again elsewhere."""
        self._closed = True
        for listener in self._everybody():
            listener.end()

    def check_room(self, gateway: int) -> None:
        """Makes sure that one more connection of a gateway may listen.

        Raises:
            TooManyRequests: so many do already.
        """
        if len(self._listeners.get(gateway, ())) >= LISTENERS_OF_GATEWAY_MAX:
            raise TooManyRequests(
                "Too many connections of this gateway wait for commands here.",
                listeners_max=LISTENERS_OF_GATEWAY_MAX,
                retry_after_s=1,
            )

    @asynccontextmanager
    async def listening(self, gateway: int, seen: int) -> AsyncIterator[Listener]:
        """A listener that has what waits for its gateway already, fed until the block ends.

        Raises:
            TooManyRequests: so many connections of the gateway listen already.
            One of sql.pool.TRANSIENT: the database is away.
        """
        self.check_room(gateway)
        here = self._listeners.setdefault(gateway, set())
        listener = Listener(seen)
        here.add(listener)
        try:
            if self._closed:
                listener.end()
            await self._look([gateway])
            yield listener
        finally:
            here.discard(listener)
            if not here and self._listeners.get(gateway) is here:
                del self._listeners[gateway]

    async def run(self) -> None:
        """Serves those who listen for ever."""
        hearing = asyncio.create_task(self._hear_others())
        try:
            looked_at = monotonic()
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), max(0.0, looked_at + POLL_S - monotonic()))
                self._wake.clear()
                rung, self._rung = self._rung, set()
                if everybody := monotonic() - looked_at >= POLL_S:
                    looked_at = monotonic()
                await self._serve(rung, everybody=everybody)
        finally:
            await end([hearing])

    async def _serve(self, rung: set[int], *, everybody: bool) -> None:
        to_ring, self._to_ring = self._to_ring, set()
        await self._bell.ring(to_ring)
        try:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                if everybody and self._listeners:
                    told = await pass_on_cleared(self._pool, now=self._clock(), random_bits=self._random_bits)
                    await self._bell.ring(told)
                await self._look([each for each in self._listeners if everybody or each in rung])
        except TRANSIENT as e:
            _log.warning("commands could not be looked for: %s", type(e).__name__)
        except Exception:  # noqa: BLE001 - whatever one look had, the next may be well
            _log.exception("commands could not be looked for")

    async def _look(self, gateways: Collection[int]) -> None:
        seen = {key: min(each.seen for each in here) for key in gateways if (here := self._listeners.get(key))}
        if not seen:
            return
        async with self._pool.acquire() as db:
            found = await waiting(db, seen, now=self._clock())
        for command in found:
            for listener in self._listeners.get(command.gateway_id, ()):
                listener.add(command)

    async def _hear_others(self) -> None:
        while True:
            try:
                async for gateways in self._bell.heard():
                    self._hear(gateways)
            except FAILURES:
                _log.debug("commands are looked for every second while Redis is away")
            except Exception:  # noqa: BLE001 - whatever one message had, the next may be well
                _log.exception("commands are looked for every second alone for a while")
            await asyncio.sleep(POLL_S)

    def _hear(self, gateways: Iterable[int]) -> None:
        self._rung.update(gateways)
        self._wake.set()

    def _everybody(self) -> list[Listener]:
        return [listener for here in self._listeners.values() for listener in here]
