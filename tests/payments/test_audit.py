"""Lines of the audit log: the same change at the same instant is one, and any other is another."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import sql
from payments import audit, ids
from payments.store import audit as store

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
CHANGE: dict[str, Any] = {
    "actor": "admin:zhao",
    "action": "lot.add",
    "subject": "lot:a",
    "detail": {"capacity": 80},
    "now": NOW,
}


@pytest.mark.parametrize(
    "other",
    [
        {"actor": "admin:li"},
        {"action": "lot.close"},
        {"subject": "lot:b"},
        {"detail": {"capacity": 81}},
        {"now": NOW + timedelta(milliseconds=1)},
        {"random_bits": 7},
    ],
)
def test_another_change_is_another_line(other: dict[str, Any]) -> None:
    line = audit.line(1, **CHANGE)
    assert audit.line(1, **CHANGE) == line
    assert audit.line(1, **{**CHANGE, **other}).id != line.id


def test_a_line_lies_with_the_owner_it_concerns() -> None:
    assert ids.shard_of(audit.line(1001, **CHANGE).id) == 1001


async def test_a_line_is_written_once(db: sql.Connection) -> None:
    for random_bits in (0, 0, 7):
        await store.record(db, 1, **CHANGE, random_bits=random_bits)
    rows = await db.fetch("select actor, action, subject, detail->>'capacity' from audit where at = $1", NOW)
    assert [tuple(row) for row in rows] == [("admin:zhao", "lot.add", "lot:a", "80")] * 2
