"""Payments of before name their attempts after the upgrade; what was in dispute or in suspense is before a person."""

import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest

import sql
from payments import ids
from sql.migrate import MIGRATIONS, migrate
from tests.conftest import NOW

LOT, OPERATOR = 1, 1001
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def before(server_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database of just before, empty."""
    for file in sorted(MIGRATIONS.glob("00*_*.sql")):
        if file.name < "0020":
            shutil.copy(file, tmp_path)
    name = f"onelot_test_{secrets.token_hex(4)}"
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    server = await asyncpg.connect(server_url)
    try:
        await server.execute(f'create database "{name}"')
        await migrate(url, now=NOW, folder=tmp_path)
        yield url
    finally:
        await server.execute(f'drop database if exists "{name}" with (force)')
        await server.close()


async def a_charge(db: sql.Connection, number: int, *, paid: bool) -> UUID:
    charge_id = ids.new(NOW, LOT, number << 40 | number)
    method, paid_at = ("local", NOW + 2 * MINUTE) if paid else (None, None)
    await db.execute(
        "insert into charge (lot_id, id, stay_id, operator_id, amount_fen, state, method, lines, created_at, paid_at, "
        "reference) values ($1, $2, $2, $3, 500, $4::charge_state, $5, '[]', $6, $7, gen_random_uuid())",
        LOT, charge_id, OPERATOR, "paid" if paid else "due", method, NOW, paid_at,
    )  # fmt: skip
    return charge_id


async def an_attempt(
    db: sql.Connection, charge_id: UUID, number: int, state: str, minutes: int, code: str | None = None
) -> UUID:
    attempt_id = ids.new(NOW + number * MINUTE, LOT, number)
    await db.execute(
        "insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, state, code, created_at, "
        "updated_at) values ($1, $2, $3, 'charge', $4, 'local', 500, $5::attempt_state, $6, $7, $8)",
        LOT, charge_id, attempt_id, attempt_id.hex, state, code, NOW, NOW + minutes * MINUTE,
    )  # fmt: skip
    return attempt_id


async def test_what_paid_is_found_and_what_came_twice_is_in_dispute(before: str) -> None:
    db = await asyncpg.connect(before)
    try:
        # The first attempt failed and its money came at last; the second paid the charge.
        charge_id = await a_charge(db, 1, paid=True)
        late = await an_attempt(db, charge_id, 1, "succeeded", 90)
        paid = await an_attempt(db, charge_id, 2, "succeeded", 2)
        await db.execute(
            "insert into refund (lot_id, charge_id, id, amount_fen, channel, state, reason, created_at, updated_at) "
            "values ($1, $2, $3, 100, 'local', 'unknown', 'why', $4, $4)",
            LOT, charge_id, ids.derive(charge_id, "refund 1"), NOW,
        )  # fmt: skip
        due = await a_charge(db, 2, paid=False)
        doubted = await an_attempt(db, due, 3, "unknown", 1, "evidence_mismatch")
        await migrate(before, now=NOW)
        assert await db.fetchval("select paid_attempt_id from charge where id = $1", charge_id) == paid
        refund = await db.fetchrow("select shard, payable_id, attempt_id, query_at from refund")
        assert tuple(refund or ()) == (LOT, charge_id, paid, NOW)
        disputes = await db.fetch("select attempt_id, kind::text, held_fen, operator_id from dispute order by kind")
        assert [tuple(row) for row in disputes] == [
            (doubted, "other_amount", 0, OPERATOR),
            (late, "overpaid", 500, OPERATOR),
        ]
    finally:
        await db.close()
