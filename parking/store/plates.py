"""The plates that accounts pay for."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import ForeignKeyViolationError

import sql
from parking.plates import LinkedPlate, PlateColor
from payments.accounts import NoSuchAccount

_SQL = sql.load("parking/plates")


async def plates_of(db: sql.Connection, account_id: int) -> Sequence[LinkedPlate]:
    """The plates an account pays for, the oldest link first."""
    return await sql.every(db, LinkedPlate, _SQL["plates_of"], account_id)


async def plate_holder(db: sql.Connection, plate: str, color: PlateColor) -> int | None:
    """The account that pays for a plate; nobody else changes that until the transaction ends."""
    account_id: int | None = await db.fetchval(_SQL["plate_holder"], plate, color)
    return account_id


async def link_plate(db: sql.Connection, plate: str, color: PlateColor, account_id: int, *, now: datetime) -> bool:
    """Lets an account pay for a plate, unless another active one does; returns whether it pays now.

    Raises:
        NoSuchAccount: the account was never opened.
    """
    try:
        holder = await db.fetchval(_SQL["link_plate"], plate, color, account_id, now)
    except ForeignKeyViolationError:
        raise NoSuchAccount("There is no such account.", account_id=account_id) from None
    return holder is not None


async def unlink_plate(db: sql.Connection, plate: str, color: PlateColor, account_id: int) -> bool:
    """Ends the link of a plate to an account; returns whether there was one."""
    return await db.fetchval(_SQL["unlink_plate"], plate, color, account_id) is not None


async def add_claim(db: sql.Connection, plate: str, color: PlateColor, account_id: int, *, now: datetime) -> None:
    """Lets an account wait for a plate.

    Raises:
        NoSuchAccount: the account was never opened.
    """
    try:
        await db.execute(_SQL["add_claim"], plate, color, account_id, now)
    except ForeignKeyViolationError:
        raise NoSuchAccount("There is no such account.", account_id=account_id) from None


async def drop_claim(db: sql.Connection, plate: str, color: PlateColor, account_id: int) -> bool:
    """Lets an account wait for a plate no longer; tells whether it did."""
    return await db.fetchval(_SQL["drop_claim"], plate, color, account_id) is not None


async def oldest_claim(db: sql.Connection, plate: str, color: PlateColor) -> int | None:
    """The active account that has waited longest for a plate."""
    account_id: int | None = await db.fetchval(_SQL["oldest_claim"], plate, color)
    return account_id
