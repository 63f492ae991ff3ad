"""The trail of what people change of the network and its prices, whichever door they come by."""

from datetime import datetime

import sql
from payments.ledger import PLATFORM
from payments.store import audit


async def record(
    db: sql.Connection, *, by: str, action: str, subject: str, detail: dict[str, object], now: datetime
) -> None:
    """Writes one line under the platform, to which the network belongs; the same at the same instant is one line."""
    await audit.record(db, PLATFORM, actor=by, action=action, subject=subject, detail=detail, now=now)
