"""Issued tokens in Postgres, and who may do nothing whatever token they have."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments.identity import Barred, IssuedToken
from sql import Connection

_IDENTITY = sql.load("payments/identity")


async def insert_token(db: Connection, token: IssuedToken) -> None:
    for_whom = (token.id, token.audience, token.subject, token.account_id, token.operator_id, token.lot_id)
    await db.execute(_IDENTITY["insert_token"], *for_whom, token.issued_by, token.issued_at, token.expires_at)


async def tokens(
    db: Connection,
    *,
    token_id: UUID | None = None,
    account_id: int | None = None,
    subject: str | None = None,
    before: UUID | None = None,
    limit: int,
) -> Sequence[IssuedToken]:
    """Issued tokens of whom is named, the newest first."""
    return await sql.every(db, IssuedToken, _IDENTITY["tokens"], token_id, account_id, subject, before, limit)


async def revoke_tokens(
    db: Connection, *, token_id: UUID | None, account_id: int | None, subject: str | None, by: str, now: datetime
) -> list[UUID]:
    """Revokes what has not ended of whom is named; the identifiers of those that this call revoked."""
    found = await db.fetch(_IDENTITY["revoke_tokens"], token_id, account_id, subject, now, by)
    return [row["id"] for row in found]


async def version(db: Connection) -> int:
    """A number that grows with every revoked token and every account that is barred or let in again."""
    found: int = await db.fetchval(_IDENTITY["version"])
    return found


async def bump_version(db: Connection) -> None:
    """Every process reads `barred` again within a second. Locks the version until the transaction ends."""
    await db.execute(_IDENTITY["bump_version"])


async def barred(db: Connection, now: datetime) -> Barred:
    """Revoked tokens that have not ended, and accounts that may do nothing, in one snapshot."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        return Barred(
            version=await version(db),
            tokens=frozenset(row["id"] for row in await db.fetch(_IDENTITY["revoked_tokens"], now)),
            accounts=frozenset(row["id"] for row in await db.fetch(_IDENTITY["barred_accounts"])),
        )


async def drop_ended_tokens(db: Connection, before: datetime) -> None:
    """Forgets tokens that ended before."""
    await db.execute(_IDENTITY["drop_ended_tokens"], before)
