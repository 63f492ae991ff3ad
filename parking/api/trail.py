"""The trail of what staff change of the network over HTTP."""

from collections.abc import Callable
from datetime import datetime

import sql
from payments import ids
from payments.callers import Caller
from payments.store import audit

# Changes of the network belong to the platform.
_OWNER = 1


async def record(
    db: sql.Connection,
    caller: Caller,
    action: str,
    subject: str,
    detail: dict[str, object],
    now: datetime,
    chance: Callable[[], int],
) -> None:
    """Writes one line of the trail, in the transaction of the change."""
    key = ids.new(now, _OWNER, chance())
    await audit.record(db, _OWNER, key, actor=caller.subject, action=action, subject=subject, detail=detail, now=now)
