"""The trail of what people and keys did outside the flow of events. It only grows."""

from datetime import datetime
from uuid import UUID

import msgspec

import sql
from sql import Connection

_ACCOUNTS = sql.load("payments/accounts")


async def record(
    db: Connection,
    owner_id: int,
    key: UUID,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, object],
    now: datetime,
) -> None:
    """Writes one line of the trail under the owner it concerns; the same key again is the same line."""
    text = msgspec.json.encode(detail).decode()
    await db.execute(_ACCOUNTS["record_audit"], owner_id, key, now, actor, action, subject, text)
