"""How much waits, for graphs and alarms."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

import sql

_SQL = sql.load("payments/measures")
# What waits beyond it is many, and not worth counting.
ROWS_COUNTED_MAX = 100_000


class Counted(Struct, frozen=True):
    """So many of a kind."""

    name: str
    number: int


class ToCollect(Struct, frozen=True):
    """Charges that accounts are asked for, how long the first has been due to be, and those that wait for a person."""

    number: int
    late_s: float
    held: int


async def attempts(db: sql.Connection) -> Sequence[Counted]:
    """Attempts whose end is not known, by state."""
    return await sql.every(db, Counted, _SQL["attempts"], ROWS_COUNTED_MAX)


async def refunds(db: sql.Connection) -> Sequence[Counted]:
    """Refunds whose end is not known, by state."""
    return await sql.every(db, Counted, _SQL["refunds"], ROWS_COUNTED_MAX)


async def disputes(db: sql.Connection) -> Sequence[Counted]:
    """Open disputes by kind."""
    return await sql.every(db, Counted, _SQL["disputes"], ROWS_COUNTED_MAX)


async def to_collect(db: sql.Connection, now: datetime) -> ToCollect:
    """Unpaid charges, as far as somebody or something is to do something about them."""
    found = await sql.one(db, ToCollect, _SQL["to_collect"], ROWS_COUNTED_MAX, now)
    assert found is not None
    return found
