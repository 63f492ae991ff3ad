"""Accounts and top-ups in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments.accounts import Account, AccountStatus, TopUp, TopUpMade
from sql import Connection

_ACCOUNTS = sql.load("payments/accounts")


async def open_account(db: Connection, *, name: str, now: datetime) -> Account:
    """A new account with its books."""
    account = await sql.one(db, Account, _ACCOUNTS["open_account"], name, now)
    assert account is not None
    await db.execute(_ACCOUNTS["open_balances"], account.id)
    return account


async def account_by_id(db: Connection, account_id: int) -> Account | None:
    return await sql.one(db, Account, _ACCOUNTS["account_by_id"], account_id)


async def lock_account(db: Connection, account_id: int) -> Account | None:
    """An account; other requests for it that lock it too wait until the transaction ends."""
    return await sql.one(db, Account, _ACCOUNTS["lock_account"], account_id)


async def top_up_by_key(db: Connection, account_id: int, key_digest: str) -> TopUp | None:
    """The top-up that the account's driver asked for with this key."""
    return await sql.one(db, TopUp, _ACCOUNTS["top_up_by_key"], account_id, key_digest)


async def top_up_by_id(db: Connection, account_id: int, top_up_id: UUID) -> TopUp | None:
    return await sql.one(db, TopUp, _ACCOUNTS["top_up_by_id"], account_id, top_up_id)


async def insert_top_up(db: Connection, top_up: TopUp, key_digest: str) -> None:
    """Writes a top-up; its attempt goes with it into the same transaction."""
    await db.execute(
        _ACCOUNTS["insert_top_up"], top_up.account_id, top_up.id, key_digest, top_up.amount_fen, top_up.created_at
    )


async def set_status(db: Connection, account_id: int, status: AccountStatus) -> None:
    """Suspends an account or lets it act again."""
    await db.execute(_ACCOUNTS["set_status"], account_id, status)


async def set_debit_max(db: Connection, account_id: int, debit_max_fen: int) -> None:
    """Another limit from now on."""
    await db.execute(_ACCOUNTS["set_debit_max"], account_id, debit_max_fen)


async def rename(db: Connection, account_id: int, name: str) -> None:
    """Another name from now on."""
    await db.execute(_ACCOUNTS["rename"], account_id, name)


async def known_as(db: Connection, account_ids: Sequence[int]) -> dict[int, str]:
    """What accounts are called where they were brought from, by their numbers."""
    return {row["account_id"]: row["known_as"] for row in await db.fetch(_ACCOUNTS["known_as"], account_ids)}


async def accounts_known_as(db: Connection, names: Sequence[str]) -> dict[str, int]:
    """The numbers of accounts by what they are called where they were brought from."""
    return {row["known_as"]: row["account_id"] for row in await db.fetch(_ACCOUNTS["account_known_as"], names)}


async def call(db: Connection, account_id: int, name: str) -> None:
    """What an account is called where it was brought from; no other may be called so."""
    await db.execute(_ACCOUNTS["call"], account_id, name)


async def close_account(db: Connection, account_id: int, *, now: datetime) -> None:
    """Closes an account; its name, and what it is called elsewhere, go at once."""
    await db.execute(_ACCOUNTS["close_account"], account_id, now)
    await db.execute(_ACCOUNTS["forget_known_as"], account_id)


async def has_open_top_ups(db: Connection, account_id: int) -> bool:
    """Whether a top-up of the account has not ended."""
    found: bool = await db.fetchval(_ACCOUNTS["has_open_top_ups"], account_id)
    return found


async def top_ups_of_account(db: Connection, account_id: int, *, limit: int) -> Sequence[TopUpMade]:
    """The account's top-ups, the newest first."""
    return await sql.every(db, TopUpMade, _ACCOUNTS["top_ups_of_account"], account_id, limit)
