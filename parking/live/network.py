"""The network in memory. Every process has one and follows `catalog_version`, so that a revoked key or a new lane is
known within POLL_S.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from typing import TypeVar

from asyncpg import InterfaceError, PostgresError

import sql
from parking.atlas import Atlas
from parking.flow.network import read_network
from parking.gateways import GatewayKey
from parking.lanes import Lane
from parking.lots import Lot, UnknownLot
from parking.network import Network
from parking.store import network as store

POLL_S = 1.0
# A key or a lane nobody knows may be newer than our copy, so a miss asks again; but a flood of wrong keys must not
# become a flood of queries.
MISS_PAUSE_S = 0.2
# A gateway may be waiting for it.
REFRESH_TIMEOUT_S = 3.0

_log = logging.getLogger(__name__)
T = TypeVar("T")


class LiveNetwork:
    """The latest `Network`, kept fresh by `follow`."""

    def __init__(self, pool: sql.Pool, clock: Callable[[], datetime], snapshot: Network) -> None:
        self._pool = pool
        self._clock = clock
        self._missed_at = 0.0
        self._refreshing = asyncio.Lock()
        self.snapshot = snapshot
        self._atlas, self._atlas_of = _atlas(snapshot), snapshot

    @classmethod
    async def open(cls, pool: sql.Pool, clock: Callable[[], datetime]) -> "LiveNetwork":
        """Reads the network for the first time."""
        async with pool.acquire() as db:
            return cls(pool, clock, await read_network(db, clock()))

    @property
    def atlas(self) -> Atlas:
        """The lots and places of the latest network by where they are."""
        if self._atlas_of is not self.snapshot:
            self._atlas, self._atlas_of = _atlas(self.snapshot), self.snapshot
        return self._atlas

    def lot(self, code: str) -> Lot:
        """The lot of a code.

        Raises:
            UnknownLot: there is none.
        """
        if (lot := self.snapshot.lots_by_code.get(code)) is None:
            raise UnknownLot(f"No lot has the code {code!r}.", code=code)
        return lot

    async def key(self, key_id: str) -> GatewayKey | None:
        """The active key of this name, or None."""
        return self.snapshot.keys.get(key_id) or await self._after_refresh(lambda n: n.keys.get(key_id))

    async def lane(self, code: str) -> Lane | None:
        """The lane of a code, or None."""
        return self.snapshot.lanes.get(code) or await self._after_refresh(lambda n: n.lanes.get(code))

    async def _after_refresh(self, find: Callable[[Network], T | None]) -> T | None:
        if monotonic() - self._missed_at < MISS_PAUSE_S:
            return None
        self._missed_at = monotonic()
        await self.refresh()
        return find(self.snapshot)

    async def refresh(self) -> None:
        """Reads the network again if it has changed, or if a tariff published for later has come into force."""
        async with self._refreshing, self._pool.acquire(timeout=REFRESH_TIMEOUT_S) as db:
            now = self._clock()
            due = self.snapshot.next_change_at
            if (due is not None and due <= now) or await store.version(db) != self.snapshot.version:
                self.snapshot = await read_network(db, now, self.snapshot)

    async def follow(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Refreshes for ever. A database that is away leaves the last reading in place."""
        while True:
            await sleep(POLL_S)
            try:
                await self.refresh()
            except (PostgresError, InterfaceError, OSError, TimeoutError):
                _log.warning("the network could not be read; going on with version %s", self.snapshot.version)
            except Exception:  # noqa: BLE001 - whatever it is, a revoked key must still be noticed later
                _log.exception("the network could not be read; going on with version %s", self.snapshot.version)


def _atlas(network: Network) -> Atlas:
    return Atlas(network.lots.values(), network.places, network.facilities)
