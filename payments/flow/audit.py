"""Reading the audit log, and keeping that personal data was looked at."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from payments import ledger
from payments.audit import Filter, Line
from payments.identity import Principal
from payments.store import audit as store
from sql import Connection


async def read_lines(
    db: Connection,
    wanted: Filter,
    *,
    before: UUID | None,
    limit: int,
    reader: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> Sequence[Line]:
    """A page of the log, the newest line first. That it was read becomes a line, too."""
    found = await store.lines(db, wanted, before=before, limit=limit)
    about = {"actor": reader, "action": "audit.read", "subject": "audit"}
    named = {"operator": wanted.operator, "from": wanted.since, "until": wanted.until}
    detail: dict[str, object] = {"actor": wanted.actor, "action": wanted.action, "subject": wanted.subject}
    detail |= {name: value for name, value in named.items() if value is not None}
    detail["lines"] = len(found)
    owner = wanted.owner_id or ledger.PLATFORM
    await store.record(db, owner, **about, detail=detail, now=now, random_bits=random_bits())
    return found


async def record_look(
    db: Connection,
    *,
    subject: str,
    rows: int,
    reader: Principal,
    now: datetime,
    random_bits: Callable[[], int],
    plate: str | None = None,
) -> None:
    """Keeps that staff looked at personal data: which kind, how many rows of it, and which plate they looked for."""
    about = {"actor": reader.subject, "action": "personal.read", "subject": subject}
    owner = reader.operator_id or ledger.PLATFORM
    detail: dict[str, object] = {"rows": rows, **({} if plate is None else {"plate": plate})}
    await store.record(db, owner, **about, detail=detail, now=now, random_bits=random_bits())
