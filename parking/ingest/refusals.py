"""What gateways sent and could not be taken: the first of a day are kept, for behind each may have been a real car.

The rest is only counted, and in memory at first: a gateway that sends nothing else costs neither disk nor transactions.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime

import sql
from parking.flow import events as flow
from parking.flow.events import Refused
from parking.gateways import Gateway
from parking.live import metrics
from parking.store import events as store
from sql.pool import TRANSIENT

KEEP_TIMEOUT_S = 5.0
COUNT_EACH_S = 1.0

_log = logging.getLogger(__name__)


class Refusals:
    """Keeps refusals within the quota of their gateway and day, and counts all of them."""

    def __init__(self, pool: sql.Pool, *, random_bits: Callable[[], int]) -> None:
        self._pool = pool
        self._random_bits = random_bits
        self._spent: dict[int, date] = {}
        self._uncounted: Counter[tuple[Gateway, date]] = Counter()

    async def keep(self, gateway: Gateway, refused: Sequence[Refused], received_at: datetime) -> None:
        """Keeps what was refused, or counts it where the day's quota is spent.

        Raises:
            One of sql.pool.TRANSIENT: the database is away; nothing was kept.
        """
        metrics.refused(len(refused))
        day = received_at.date()
        if self._spent.get(gateway.id) == day:
            self._uncounted[gateway, day] += len(refused)
            return
        async with self._pool.acquire(timeout=KEEP_TIMEOUT_S) as db, db.transaction():
            kept = await flow.keep_refused(db, gateway, refused, now=received_at, random_bits=self._random_bits)
        if kept < len(refused):
            self._spent[gateway.id] = day
            _log.error("gateway %s had too many events refused on %s; more are only counted", gateway.code, day)

    async def count(self) -> None:
        """Writes what was only counted so far. While the database is away it is counted on."""
        if not self._uncounted:
            return
        uncounted, self._uncounted = self._uncounted, Counter()
        try:
            async with self._pool.acquire(timeout=KEEP_TIMEOUT_S) as db, db.transaction():
                for (gateway, day), events in sorted(uncounted.items(), key=lambda each: (each[0][1], each[0][0].id)):
                    await store.count_refused(db, gateway, day, events)
        except TRANSIENT:
            self._uncounted += uncounted

    async def run(self) -> None:
        """Writes counts for ever."""
        while True:
            await asyncio.sleep(COUNT_EACH_S)
            try:
                await self.count()
            except Exception:  # noqa: BLE001 - whatever it is, refusals are counted on
                _log.exception("refused events could not be counted")
