"""What waits before a day is closed, as PostgreSQL has it."""

from datetime import date, datetime

import sql
from parking.closing import Waits
from sql import Connection

_SQL = sql.load("parking/closing")


async def waits(db: Connection, operator_id: int | None, *, late_before: datetime, day: date) -> Waits:
    """Of one operator (None: of all)."""
    found = await sql.one(db, Waits, _SQL["waits"], operator_id, late_before, day)
    assert found is not None
    return found
