"""The audit log in Postgres. It only grows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments import audit, ids
from payments.audit import Filter, Line
from sql import Connection

_AUDIT = sql.load("payments/audit")


async def record(
    db: Connection,
    owner_id: int,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, object],
    now: datetime,
    random_bits: int = 0,
) -> None:
    """Writes one line under the owner it concerns, in the transaction of the change; the same line again is nothing.

    `random_bits` make two lines of what would be one: the same change at the same instant.
    """
    line = audit.line(
        owner_id, actor=actor, action=action, subject=subject, detail=detail, now=now, random_bits=random_bits
    )
    await db.execute(
        _AUDIT["record"], line.owner_id, line.id, line.at, line.actor, line.action, line.subject, line.detail
    )


async def record_all(db: Connection, lines: Sequence[Line]) -> None:
    """Writes any number of lines in one statement, as `record`."""
    await db.execute(
        _AUDIT["record_all"],
        [line.owner_id for line in lines],
        [line.id for line in lines],
        [line.at for line in lines],
        [line.actor for line in lines],
        [line.action for line in lines],
        [line.subject for line in lines],
        [line.detail for line in lines],
    )


async def lines(db: Connection, wanted: Filter, *, before: UUID | None, limit: int) -> Sequence[Line]:
    """A page of the log, the newest line first."""
    like = (wanted.owner_id, wanted.actor, wanted.action, wanted.subject)
    first = ids.FIRST if wanted.since is None else ids.floor(wanted.since)
    last = ids.LAST if wanted.until is None else ids.floor(wanted.until)
    return await sql.every(db, Line, _AUDIT["lines"], *like, before, limit, wanted.operator, first, last)
