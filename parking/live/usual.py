"""What is usual in all lots at an instant, kept for a while: many ask for the same quarter of an hour."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from time import monotonic

import sql
from parking import forecast
from parking.forecast import DayKind, Usual
from parking.store import forecast as store

KEPT_S = 600.0


class LiveUsual:
    """What is usual, by lot. There are 192 quarters of days of work and of days off, so no more are kept."""

    def __init__(self, pool: sql.Pool) -> None:
        self._pool = pool
        self._kept: dict[tuple[DayKind, int], tuple[float, Mapping[int, Usual]]] = {}

    async def at(self, at: datetime, time_zones: Iterable[str]) -> Mapping[int, Usual]:
        """What is usual at an instant in the lots of time zones: where it is nine o'clock, what is usual at nine."""
        found: dict[int, Usual] = {}
        # Nearly always this is one.
        for quarter in {forecast.when(at, zone) for zone in time_zones}:
            found.update(await self._quarter(*quarter))
        return found

    async def _quarter(self, kind: DayKind, quarter: int) -> Mapping[int, Usual]:
        known = self._kept.get((kind, quarter))
        if known is None or monotonic() - known[0] > KEPT_S:
            async with self._pool.acquire() as db:
                known = self._kept[kind, quarter] = monotonic(), await store.usual_at(db, kind, quarter)
        return known[1]
