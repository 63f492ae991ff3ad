"""Where a look at all lots, one after the other, has come to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from payments import ids

_SQL = sql.load("parking/sweeps")


class Position(Struct, frozen=True):
    """Where a round, which `began_at`, has come to: a lot and a fact of it. `turn`: which look it is at that lot."""

    lot_id: int
    after: UUID
    began_at: datetime
    turn: int


def beginning(now: datetime, before: Position | None = None) -> Position:
    """Where a round begins, after another."""
    return Position(0, ids.FIRST, now, 1 if before is None else before.turn + 1)


async def next_lot(db: sql.Connection, after: int) -> int | None:
    """The lot with the next higher number."""
    found: int | None = await db.fetchval(_SQL["next_lot"], after)
    return found


async def position(db: sql.Connection, name: str) -> Position | None:
    """Where the round of this name has come to."""
    return await sql.one(db, Position, _SQL["position"], name)


async def whole_at(db: sql.Connection, name: str) -> datetime | None:
    """When the last round of this name began that has come through."""
    found: datetime | None = await db.fetchval(_SQL["whole_at"], name)
    return found


async def go_on_after(db: sql.Connection, name: str, at: Position, lots: Sequence[int]) -> None:
    """The round of this name took these lots: it goes on after the last of them."""
    await put_position(db, name, Position(lots[-1], ids.FIRST, at.began_at, at.turn))


async def put_position(db: sql.Connection, name: str, at: Position, *, whole_at: datetime | None = None) -> None:
    """Keeps where a round has come to. `whole_at`: it has come through."""
    await db.execute(_SQL["put_position"], name, at.lot_id, at.after, at.began_at, at.turn, whole_at)
