"""Accounts and top-ups in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments.accounts import Account, TopUp
from payments.attempts import Step, sources
from sql import Connection

_ACCOUNTS = sql.load("payments/accounts")


async def open_account(db: Connection, *, name: str, now: datetime) -> Account:
    """A new account with its books."""
    account = await sql.one(db, Account, _ACCOUNTS["open_account"], name, now)
    assert account is not None
    await db.execute(_ACCOUNTS["open_balances"], account.id)
    return account


async def account_by_id(db: Connection, account_id: int) -> Account | None:
    """An account."""
    return await sql.one(db, Account, _ACCOUNTS["account_by_id"], account_id)


async def lock_account(db: Connection, account_id: int) -> Account | None:
    """An account; other requests for it that lock it too wait until the transaction ends."""
    return await sql.one(db, Account, _ACCOUNTS["lock_account"], account_id)


async def top_up_by_request_no(db: Connection, account_id: int, request_no: str) -> TopUp | None:
    """The top-up a channel knows by this number."""
    return await sql.one(db, TopUp, _ACCOUNTS["top_up_by_request_no"], account_id, request_no)


async def top_up_by_id(db: Connection, account_id: int, top_up_id: UUID) -> TopUp | None:
    """A top-up of an account."""
    return await sql.one(db, TopUp, _ACCOUNTS["top_up_by_id"], account_id, top_up_id)


async def insert_top_up(db: Connection, top_up: TopUp) -> None:
    """Writes a top-up that is about to be sent."""
    what = (top_up.request_no, top_up.channel, top_up.amount_fen, top_up.request)
    when = (top_up.created_at, top_up.query_at)
    await db.execute(_ACCOUNTS["insert_top_up"], top_up.account_id, top_up.id, *what, *when)


async def move_top_up(db: Connection, top_up: TopUp, step: Step, *, now: datetime) -> bool:
    """Moves a top-up if its state still allows it; tells whether this call moved it."""
    to = (step.state, step.code, step.query_at, now)
    done = await db.execute(_ACCOUNTS["move_top_up"], top_up.account_id, top_up.id, *to, sources(step.state))
    return str(done) == "UPDATE 1"


async def claim_top_ups_to_query(db: Connection, *, now: datetime, again_at: datetime, limit: int) -> Sequence[TopUp]:
    """Top-ups whose time to be asked for has come; if this process dies they come up once more at `again_at`."""
    return await sql.every(db, TopUp, _ACCOUNTS["claim_top_ups_to_query"], now, again_at, limit)
