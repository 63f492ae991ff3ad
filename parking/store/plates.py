"""The plates that accounts pay for."""

from collections.abc import Sequence
from datetime import datetime

import sql
from parking.plates import LinkedPlate, PlateColor, PlateHolder

_SQL = sql.load("parking/plates")


async def plates_of(db: sql.Connection, account_id: int) -> Sequence[LinkedPlate]:
    """The plates an account pays for, the oldest link first."""
    return await sql.every(db, LinkedPlate, _SQL["plates_of"], account_id)


async def plate_holder(db: sql.Connection, plate: str, color: PlateColor) -> PlateHolder | None:
    """The account that pays for a plate now."""
    return await sql.one(db, PlateHolder, _SQL["plate_holder"], plate, color)


async def link_plate(db: sql.Connection, plate: str, color: PlateColor, account_id: int, *, now: datetime) -> datetime:
    """Lets an account pay for a plate that nobody pays for; from when on."""
    linked_at: datetime = await db.fetchval(_SQL["link_plate"], plate, color, account_id, now)
    return linked_at


async def unlink_plate(db: sql.Connection, plate: str, color: PlateColor, account_id: int, *, now: datetime) -> bool:
    """Ends the link of a plate to an account; tells whether there was one."""
    return await db.fetchval(_SQL["unlink_plate"], plate, color, account_id, now) is not None
