"""Codes that phones are sent, and whose phones they are, in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking import phone_codes
from parking.phone_codes import KEPT, OF_ADDRESS, OF_PHONE, Code
from parking.store import sessions as sessions_store
from sql import Connection

_CODES = sql.load("parking/phone_codes")


class Asked(Struct, frozen=True):
    """When codes were asked for lately: to a phone, and from an address."""

    of_phone: list[datetime]
    of_address: list[datetime]


async def asked_lately(db: Connection, phone: str, address: str, now: datetime) -> Asked:
    """When codes were asked for; nobody else asks for either until the transaction ends."""
    whose = phone_codes.by_address(address)
    await sessions_store.failures(db, sorted((phone_codes.by_phone(phone), whose)), now)
    since = [now - max(within for within, _ in limits) for limits in (OF_PHONE, OF_ADDRESS)]
    found = await sql.one(db, Asked, _CODES["asked_lately"], phone, whose, *since)
    assert found is not None
    return found


async def insert(db: Connection, code: Code, *, address: str, now: datetime, send_at: datetime | None) -> None:
    """Puts a code out, in the place of the one that was. `send_at`: from when on it is sent; None: it is not."""
    await db.execute(_CODES["end_open"], code.phone, now)
    whose = phone_codes.by_address(address)
    about = (code.phone, code.browser, whose, code.language, code.seed, now, code.ends_at, send_at)
    await db.execute(_CODES["insert"], code.id, *about)


async def open_code(db: Connection, phone: str) -> Code | None:
    """The code of a phone that is out, locked until the transaction ends."""
    return await sql.one(db, Code, _CODES["open_code"], phone)


async def count_try(db: Connection, code_id: UUID) -> None:
    """Somebody said a code for it."""
    await db.execute(_CODES["count_try"], code_id)


async def take(db: Connection, code_id: UUID, now: datetime) -> bool:
    """Uses a code; False: it had ended."""
    return await db.fetchval(_CODES["take"], code_id, now) is not None


async def to_send(db: Connection, now: datetime, *, limit: int) -> Sequence[Code]:
    """Codes whose time it is to be sent; nobody else sends them until the transaction ends."""
    return await sql.every(db, Code, _CODES["to_send"], now, limit)


async def trying(db: Connection, code_id: UUID, again_at: datetime | None) -> None:
    """It is tried to send a code, and once more then unless it is said to be sent."""
    await db.execute(_CODES["trying"], code_id, again_at)


async def sent(db: Connection, code_id: UUID, now: datetime) -> None:
    """The gateway took it."""
    await db.execute(_CODES["sent"], code_id, now)


async def not_sent(db: Connection, code_id: UUID, error: str, *, never: bool) -> None:
    """The gateway did not take it. `never`: nor will it."""
    await db.execute(_CODES["not_sent"], code_id, error, never)


async def drop_old(db: Connection, now: datetime) -> None:
    """Forgets codes that count for nothing any more."""
    await db.execute(_CODES["drop_old"], now - KEPT)


async def account_of(db: Connection, phone: str) -> int | None:
    """Whose account a phone signs in to."""
    number: int | None = await db.fetchval(_CODES["account_of"], phone)
    return number


async def phone_of(db: Connection, account_id: int) -> str | None:
    """By which phone a driver signs in."""
    phone: str | None = await db.fetchval(_CODES["phone_of"], account_id)
    return phone


async def keep_phone(db: Connection, account_id: int, phone: str, now: datetime) -> None:
    """A phone signs in to an account from now on."""
    await db.execute(_CODES["keep_phone"], account_id, phone, now)


async def forget_phone(db: Connection, account_id: int) -> None:
    """No phone signs in to the account any more."""
    await db.execute(_CODES["forget_phone"], account_id)
