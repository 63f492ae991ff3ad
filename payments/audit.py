"""The audit log: who changed what outside the flow of events. Each line is written by the use case that changes."""

from datetime import datetime
from uuid import UUID

import msgspec

from payments import ids


class Filter(msgspec.Struct, frozen=True):
    """Which lines are wanted; None is any. `operator`: under the operator of this code; `since` and `until`: when it
    was done.
    """

    owner_id: int | None = None
    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    operator: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Line(msgspec.Struct, frozen=True):
    """One change, under the owner it concerns. `subject` is what was changed, `detail` a JSON object with how."""

    owner_id: int
    id: UUID
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


def line(
    owner_id: int,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, object],
    now: datetime,
    random_bits: int = 0,
) -> Line:
    """A line of the log. The same change at the same instant is the same line, unless `random_bits` tell two apart."""
    text = msgspec.json.encode(detail).decode()
    what = msgspec.json.encode([actor, action, subject, detail]).decode()
    key = ids.derive(ids.new(now, owner_id, random_bits), what)
    return Line(owner_id, key, now, actor, action, subject, text)
