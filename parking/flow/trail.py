"""The trail of what people change of the network and its prices, whichever door they come by."""

from datetime import datetime

import msgspec

import sql
from payments import ids
from payments.store import audit

# Changes of the network belong to the platform.
_OWNER = 1


async def record(
    db: sql.Connection, *, by: str, action: str, subject: str, detail: dict[str, object], now: datetime
) -> None:
    """Writes one line of the trail, in the transaction of the change; the same at the same instant is one line."""
    said = msgspec.json.encode([by, action, subject, detail]).decode()
    key = ids.derive(ids.new(now, _OWNER, 0), said)
    await audit.record(db, _OWNER, key, actor=by, action=action, subject=subject, detail=detail, now=now)
