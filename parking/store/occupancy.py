"""The counts of lots as PostgreSQL has them."""

from collections.abc import Collection, Sequence

import sql
from parking.occupancy import Count

_SQL = sql.load("parking/occupancy")


async def all_counts(db: sql.Connection) -> Sequence[Count]:
    return await sql.every(db, Count, _SQL["all_counts"])


async def counts_of(db: sql.Connection, lot_ids: Collection[int]) -> Sequence[Count]:
    """The counts of some lots; a lot without one is left out."""
    return await sql.every(db, Count, _SQL["counts_of"], list(lot_ids))
