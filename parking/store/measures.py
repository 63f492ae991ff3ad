"""How much waits, for graphs and alarms."""

from collections.abc import Sequence
from datetime import datetime

import sql
from payments.store.measures import ROWS_COUNTED_MAX, Counted

_SQL = sql.load("parking/measures")


async def cases(db: sql.Connection) -> Sequence[Counted]:
    """Open cases by reason."""
    return await sql.every(db, Counted, _SQL["cases"], ROWS_COUNTED_MAX)


async def gateways(db: sql.Connection, heard_since: datetime) -> Sequence[Counted]:
    """Gateways: `heard` since then, `silent`, or `never` heard to beat."""
    return await sql.every(db, Counted, _SQL["gateways"], ROWS_COUNTED_MAX, heard_since)
