"""Accounts of staff in Postgres."""

from collections.abc import Sequence
from datetime import datetime

import sql
from parking.staff import Staff
from payments.identity import Audience
from sql import Connection

_STAFF = sql.load("parking/staff")


async def insert(
    db: Connection,
    *,
    login: str,
    name: str,
    audience: Audience,
    operator_id: int | None,
    lot_id: int | None,
    code_hash: bytes,
    code_until: datetime,
    totp_secret: str | None,
    by: str,
    now: datetime,
) -> int | None:
    """Makes an account; its number, or None if the login is taken."""
    whose = (login, name, audience, operator_id, lot_id)
    number: int | None = await db.fetchval(_STAFF["insert"], *whose, code_hash, code_until, totp_secret, now, by)
    return number


async def by_login(db: Connection, login: str) -> Staff | None:
    """An account."""
    return await sql.one(db, Staff, _STAFF["by_login"], login)


async def by_identity(db: Connection, identity: str) -> Staff | None:
    """The account of whom the city's identity calls so."""
    return await sql.one(db, Staff, _STAFF["by_identity"], identity)


async def lock(db: Connection, login: str) -> None:
    """Nothing else changes the account until the transaction ends."""
    await db.fetchval(_STAFF["lock"], login)


async def all_of(db: Connection, operator_id: int | None) -> Sequence[Staff]:
    """All accounts of an operator (None: all there are) by their logins."""
    return await sql.every(db, Staff, _STAFF["all"], operator_id)


async def set_code(
    db: Connection, staff_id: int, *, code_hash: bytes, code_until: datetime, totp_secret: str | None
) -> None:
    """Lets a password be chosen by a code; the one before and the telephone are good for nothing from here on."""
    await db.execute(_STAFF["set_code"], staff_id, code_hash, code_until, totp_secret)


async def set_password(db: Connection, staff_id: int, password_hash: str) -> None:
    """Keeps a password; a code that is out is used up."""
    await db.execute(_STAFF["set_password"], staff_id, password_hash)


async def confirm_totp(db: Connection, staff_id: int) -> None:
    """The telephone was shown to know the secret."""
    await db.execute(_STAFF["confirm_totp"], staff_id)


async def take_totp_step(db: Connection, staff_id: int, step: int) -> bool:
    """Uses up the code of a step of time; False: it was, or a later one."""
    return await db.fetchval(_STAFF["take_totp_step"], staff_id, step) is not None


async def set_identity(db: Connection, staff_id: int, identity: str | None) -> bool:
    """By which identity of the city the account is known from now on; False: another one is."""
    return await db.fetchval(_STAFF["set_identity"], staff_id, identity) is not None


async def disable(db: Connection, staff_id: int, *, by: str, now: datetime) -> None:
    """Nobody signs in with it any more."""
    await db.execute(_STAFF["disable"], staff_id, now, by)


async def enable(db: Connection, staff_id: int) -> None:
    """Lets it be used again."""
    await db.execute(_STAFF["enable"], staff_id)


async def administrators(db: Connection) -> Sequence[int]:
    """The numbers of all administrators, whose accounts are locked until the transaction ends."""
    return [row["id"] for row in await db.fetch(_STAFF["administrators"])]
