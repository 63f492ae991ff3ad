"""The plates that accounts pay for."""

from collections.abc import Sequence
from datetime import datetime

import sql
from parking.plates import LinkedPlate, PlateColor, PlateHolder, PlateLink

_SQL = sql.load("parking/plates")


async def plates_of(db: sql.Connection, account_id: int) -> Sequence[LinkedPlate]:
    """The plates an account pays for, the oldest link first."""
    return await sql.every(db, LinkedPlate, _SQL["plates_of"], account_id)


async def plate_holder(db: sql.Connection, plate: str, color: PlateColor) -> PlateHolder | None:
    """The account that pays for a plate now."""
    return await sql.one(db, PlateHolder, _SQL["plate_holder"], plate, color)


async def links_of(db: sql.Connection, account_id: int) -> Sequence[PlateLink]:
    """The times in which an account paid for plates or waits for them, ended ones too, the oldest first."""
    return await sql.every(db, PlateLink, _SQL["links_of"], account_id)


async def link_plate(db: sql.Connection, plate: str, color: PlateColor, account_id: int, *, now: datetime) -> datetime:
    """Lets an account pay for a plate that nobody pays for; returns from when on."""
    linked_at: datetime = await db.fetchval(_SQL["link_plate"], plate, color, account_id, now)
    return linked_at


async def unlink_plate(db: sql.Connection, plate: str, color: PlateColor, account_id: int, *, now: datetime) -> bool:
    """Ends the link of a plate to an account; returns whether there was one."""
    return await db.fetchval(_SQL["unlink_plate"], plate, color, account_id, now) is not None


async def add_claim(db: sql.Connection, plate: str, color: PlateColor, account_id: int, *, now: datetime) -> None:
    """Lets an account wait for a plate."""
    await db.execute(_SQL["add_claim"], plate, color, account_id, now)


async def drop_claim(db: sql.Connection, plate: str, color: PlateColor, account_id: int) -> bool:
    """Lets an account wait for a plate no longer; returns whether it did."""
    return await db.fetchval(_SQL["drop_claim"], plate, color, account_id) is not None


async def oldest_claim(db: sql.Connection, plate: str, color: PlateColor) -> int | None:
    """The active account that has waited longest for a plate."""
    account_id: int | None = await db.fetchval(_SQL["oldest_claim"], plate, color)
    return account_id


async def add_no_plate_text(db: sql.Connection, operator_id: int, text: str, *, now: datetime) -> bool:
    """Adds what an operator's cameras say when they read no plate; returns whether it was new."""
    return await db.fetchval(_SQL["add_no_plate_text"], operator_id, text, now) is not None


async def drop_no_plate_text(db: sql.Connection, operator_id: int, text: str) -> bool:
    """Takes such a text away; returns whether it was there."""
    return await db.fetchval(_SQL["drop_no_plate_text"], operator_id, text) is not None
