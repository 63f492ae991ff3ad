"""What the database says of itself and of the worker."""

from collections.abc import Sequence

import sql
from parking.health import Observed, Round

_SQL = sql.load("parking/health")
SHAPES = {"observed": Observed, "rounds": Round}


async def observed(db: sql.Connection) -> Observed:
    """The database's time, and whether it takes writes."""
    found = await sql.one(db, Observed, _SQL["observed"])
    assert found is not None
    return found


async def rounds(db: sql.Connection) -> Sequence[Round]:
    """All jobs that a worker has ever begun."""
    return await sql.every(db, Round, _SQL["rounds"])
