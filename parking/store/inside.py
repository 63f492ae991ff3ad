"""Vehicles inside a lot now, for people who ask."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.spans import STAY_MAX

_SQL = sql.load("parking/inside")
FOUND_MAX = 20


class Found(Struct, frozen=True):
    """A stay of a vehicle that is inside."""

    id: UUID
    entered_at: datetime


async def inside_like(db: sql.Connection, lot_id: int, part: str, *, now: datetime) -> Sequence[Found]:
    """The vehicles inside a lot that have a text in their plates."""
    return await sql.every(db, Found, _SQL["inside_like"], lot_id, part, FOUND_MAX, now - STAY_MAX)


async def inside_of_account(
    db: sql.Connection, lot_id: int, account_id: int, part: str, *, now: datetime
) -> Sequence[Found]:
    """Of these the ones that an account pays for, as far as its driver may see them."""
    return await sql.every(db, Found, _SQL["inside_of_account"], lot_id, account_id, part, FOUND_MAX, now - STAY_MAX)


async def lots_of_account(db: sql.Connection, account_id: int, *, now: datetime) -> list[int]:
    """The lots in which vehicles may be that an account pays for."""
    return [row["lot_id"] for row in await db.fetch(_SQL["lots_of_account"], account_id, now - STAY_MAX)]
