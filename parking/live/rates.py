"""How often callers ask, counted for all serving processes together in Redis, and by each process for itself.

Each process counts first: what it refuses costs Redis nothing, and while Redis is away its count is the only one.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic, time

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from parking.limits import Buckets, Rate

TIMEOUT_S = 0.1
# After a failure Redis is not asked again for a while, so that callers do not wait for it in turn.
PAUSE_S = 1.0
CONNECTIONS_MAX = 8
PREFIX = "onelot:rates"

_log = logging.getLogger(__name__)


class Rates:
    """Counts requests by key: of an address, of a caller, of an address's failures."""

    def __init__(self, redis_url: str, *, clock: Callable[[], float] = monotonic) -> None:
        # Who finds no free connection waits for one, within the same timeout: a crowd is not an outage of Redis.
        self._connections = BlockingConnectionPool.from_url(
            redis_url,
            max_connections=CONNECTIONS_MAX,
            timeout=TIMEOUT_S,
            protocol=2,
            socket_connect_timeout=1.0,
            socket_timeout=1.0,
            retry=Retry(NoBackoff(), 0),
        )
        # The client is the pool's; the address only says what kind of server it is.
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=PREFIX,
            connection_pool=self._connections,  # type: ignore[arg-type] # documented, and missing in the library's types
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._items: dict[Rate, RateLimitItem] = {}
        self._buckets = Buckets()
        self._clock = clock
        self._away_until = 0.0

    async def take(self, key: str, rate: Rate) -> float:
        """Counts one request: 0.0, or the seconds after which the next is taken. Never raises for want of Redis."""
        now = self._clock()
        if wait_s := self._buckets.take(key, rate, now):
            return wait_s
        if now < self._away_until:
            return 0.0
        item = self._item(rate)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                if await self._limiter.hit(item, key):
                    return 0.0
                window = await self._limiter.get_window_stats(item, key)
        except (RedisError, OSError, TimeoutError) as e:
            _log.debug("rates are counted by this process alone while Redis is away: %s", type(e).__name__)
            self._away_until = now + PAUSE_S
            return 0.0
        return max(window.reset_time - time(), rate.seconds / rate.requests)

    async def aclose(self) -> None:
        """Gives up the connections."""
        await self._connections.aclose()

    def _item(self, rate: Rate) -> RateLimitItem:
        item = self._items.get(rate)
        if item is None:
            item = self._items[rate] = RateLimitItemPerSecond(rate.requests, rate.seconds)
        return item
