"""What the database says of itself."""

import sql
from parking.health import Observed

_SQL = sql.load("parking/health")
SHAPES = {"observed": Observed}


async def observed(db: sql.Connection) -> Observed:
    """The database's time, and whether it takes writes."""
    found = await sql.one(db, Observed, _SQL["observed"])
    assert found is not None
    return found
