"""How many gate events came in each minute, of all serving processes together: each adds what it counted to a number in
Redis. Nothing of it is the truth, and nothing waits for it: while Redis is away a minute is lower, or not known.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from parking.live import metrics
from parking.live.redis import FAILURES, TIMEOUT_S, Client

TOLD_EACH_S = 2.0
# What nobody asks for any more goes by itself.
_KEPT_S = 3600
_MINUTE = timedelta(minutes=1)


class Pulse:
    """What this process counted since it last told, and what all of them did."""

    def __init__(self, redis: Client, clock: Callable[[], datetime], *, name: str = "onelot") -> None:
        self._redis = redis
        self._clock = clock
        self._prefix = f"{name}:pulse"
        self._told = metrics.gate_events()

    async def run(self) -> None:
        """Tells for ever."""
        while True:
            await asyncio.sleep(TOLD_EACH_S)
            await self.tell()

    async def tell(self) -> None:
        """Adds what came since the last time to the minute of now; what Redis does not take goes along later."""
        counted = metrics.gate_events()
        if (came := counted - self._told) <= 0:
            return
        key = self._key(self._clock())
        try:
            async with asyncio.timeout(TIMEOUT_S), self._redis.pipeline(transaction=True) as pipeline:
                pipeline.incrby(key, came)
                pipeline.expire(key, _KEPT_S)
                await pipeline.execute()
        except FAILURES:
            return
        self._told = counted

    async def minutes(self, last: int) -> list[int] | None:
        """How many events came in each of the last minutes, the one that runs at the end; None: nobody knows."""
        now = self._clock()
        at = [now - _MINUTE * ago for ago in reversed(range(last))]
        try:
            async with asyncio.timeout(TIMEOUT_S):
                values = await self._redis.mget([self._key(each) for each in at])
        except FAILURES:
            return None
        return [int(value or 0) for value in values]

    def _key(self, at: datetime) -> str:
        return f"{self._prefix}:{at.astimezone(UTC):%Y%m%d%H%M}"
