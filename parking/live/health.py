"""The health of this process, asked by balancers as often as they like: answered in time, with a budget of its own."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from asyncpg import PostgresError

import sql
from parking import health
from parking.health import Health, Observed, Round
from parking.live.ending import Ending
from parking.live.redis import LiveCounts
from parking.store import health as store
from parking.store import jobs as job_store
from sql.pool import TRANSIENT

CONNECTIONS_MAX = 1
# A balancer gives up after a few seconds; a database that says nothing for so long records no event either.
ANSWER_TIMEOUT_S = 1.5
KEPT_S = 0.5

_log = logging.getLogger(__name__)


class LiveHealth:
    """Asks the database once for all who ask at the same time. `pool`: for nothing else, so that it is never busy."""

    def __init__(self, pool: sql.Pool, counts: LiveCounts, ending: Ending, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._counts = counts
        self._ending = ending
        self._clock = clock
        self._asked: asyncio.Task[tuple[Observed, list[Round]] | None] | None = None
        self._asked_at = 0.0

    async def now(self) -> Health:
        """The health of the last KEPT_S."""
        if self._asked is None or (self._asked.done() and monotonic() - self._asked_at > KEPT_S):
            self._asked = asyncio.create_task(self._ask())
            self._asked_at = monotonic()
        said = await asyncio.shield(self._asked)
        observed, rounds = said or (None, [])
        return health.health(
            observed,
            rounds,
            now=self._clock(),
            redis_away=self._counts.away,
            ending=self._ending.begun,
        )

    async def _ask(self) -> tuple[Observed, list[Round]] | None:
        try:
            async with self._pool.acquire(timeout=ANSWER_TIMEOUT_S) as db:
                return await store.observed(db), list(await job_store.rounds(db))
        except (PostgresError, *TRANSIENT) as e:
            _log.warning("the database does not answer: %s", type(e).__name__)
            return None
