"""The closed stays that a simulation prices, in portions."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

import sql
from parking.simulation.past_stays import PastStay, Period
from parking.spans import STAY_MAX
from payments import ids

_SQL = sql.load("parking/simulation")
SHAPES = {"past_stays": PastStay}
PORTION_STAYS = 2000
# Sorting a year of a city takes longer than anything a gate waits for.
TIMEOUT_S = 900
_CLOCKS_DIFFER_MAX = timedelta(days=1)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class Counted(Struct, frozen=True):
    """How many stays there are to read, and how many of them ended in the period."""

    to_read: int
    to_compare: int


async def count_past_stays(db: sql.Connection, lot_ids: Sequence[int], period: Period, lead: timedelta) -> Counted:
    """How many closed stays of these lots ended in a period or up to `lead` before it."""
    since = period.since - lead
    earliest_id = ids.floor(_made(since))
    row = await db.fetchrow(
        _SQL["count_past_stays"], lot_ids, since, period.since, period.until, earliest_id, timeout=TIMEOUT_S
    )
    assert row is not None
    return sql.row(Counted, row)


async def past_stays(
    db: sql.Connection, lot_ids: Sequence[int], period: Period, lead: timedelta
) -> AsyncIterator[Sequence[PastStay]]:
    """These stays in the order in which they are to be priced. `db` is in a transaction, which is the snapshot."""
    since = period.since - lead
    earliest_id = ids.floor(_made(since))
    cursor = await db.cursor(_SQL["past_stays"], lot_ids, since, period.until, earliest_id, timeout=TIMEOUT_S)
    while records := await cursor.fetch(PORTION_STAYS, timeout=TIMEOUT_S):
        # The columns of the query are the fields of a stay, in their order.
        yield [PastStay(*record) for record in records]


def _made(ended: datetime) -> datetime:
    """The earliest instant at which stays that ended then got their identifiers: at the entry, STAY_MAX before."""
    return max(ended - STAY_MAX - _CLOCKS_DIFFER_MAX, _FIRST)
