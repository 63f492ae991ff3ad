"""PostgreSQL's door for trying out a tariff: the closed stays of lots, in portions."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

import sql
from parking.replaying.outcome import Period, Row
from parking.stays import STAY_MAX
from payments import ids

_SQL = sql.load("parking/replay")
SHAPES = {"stays": Row}
PORTION_ROWS = 2000
# Sorting a year of a city takes longer than anything a gate waits for.
TIMEOUT_S = 900
_CLOCKS_DIFFER_MAX = timedelta(days=1)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class Found(Struct, frozen=True):
    """How many stays there are to read, and how many of them ended in the period."""

    to_read: int
    to_compare: int


async def count(db: sql.Connection, lot_ids: Sequence[int], period: Period, lead: timedelta) -> Found:
    """How many closed stays of these lots ended in a period or up to `lead` before it."""
    since = period.since - lead
    row = await db.fetchrow(
        _SQL["count_stays"], lot_ids, since, period.since, period.until, ids.floor(_made(since)), timeout=TIMEOUT_S
    )
    assert row is not None
    return sql.row(Found, row)


async def portions(
    db: sql.Connection, lot_ids: Sequence[int], period: Period, lead: timedelta
) -> AsyncIterator[Sequence[Row]]:
    """These stays in the order in which they are to be priced. `db` is in a transaction, which is the snapshot."""
    since = period.since - lead
    cursor = await db.cursor(_SQL["stays"], lot_ids, since, period.until, ids.floor(_made(since)), timeout=TIMEOUT_S)
    while records := await cursor.fetch(PORTION_ROWS, timeout=TIMEOUT_S):
        # The columns of the query are the fields of a row, in their order.
        yield [Row(*record) for record in records]


def _made(ended: datetime) -> datetime:
    """Since when the identifiers of stays that ended then were made: at the entry, STAY_MAX earlier at most."""
    return max(ended - STAY_MAX - _CLOCKS_DIFFER_MAX, _FIRST)
