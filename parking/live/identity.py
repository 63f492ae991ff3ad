"""Who may do nothing with a good token, in memory. Every process follows `identity_version`, so that a revoked token or
a suspended account is refused within POLL_S and no request asks the database.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from asyncpg import PostgresError

import sql
from payments.identity import Barred
from payments.store import identity as store
from sql.pool import TRANSIENT

POLL_S = 1.0

_log = logging.getLogger(__name__)


class LiveIdentity:
    """The latest `Barred`, kept fresh by `follow`."""

    def __init__(self, pool: sql.Pool, clock: Callable[[], datetime], barred: Barred) -> None:
        self._pool = pool
        self._clock = clock
        self.barred = barred

    @classmethod
    async def open(cls, pool: sql.Pool, clock: Callable[[], datetime]) -> "LiveIdentity":
        """Reads for the first time."""
        async with pool.acquire() as db:
            return cls(pool, clock, await store.barred(db, clock()))

    async def refresh(self) -> None:
        """Reads again if something has changed."""
        async with self._pool.acquire() as db:
            if await store.version(db) != self.barred.version:
                self.barred = await store.barred(db, self._clock())

    async def follow(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Refreshes for ever. A database that is away leaves the last reading in place."""
        while True:
            await sleep(POLL_S)
            try:
                await self.refresh()
            except (PostgresError, *TRANSIENT):
                _log.warning("revoked tokens could not be read; going on with version %s", self.barred.version)
            except Exception:  # noqa: BLE001 - whatever it is, a revoked token must still be noticed later
                _log.exception("revoked tokens could not be read; going on with version %s", self.barred.version)
