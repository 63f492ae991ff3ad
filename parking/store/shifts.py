"""Shifts at booths, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.cash import Opened, ShiftKey
from parking.shifts import CASES_OF_SHIFT_MAX, CashOfShift, HandOver, Latest, Shift
from payments import ids
from payments.cash import Taken

_SQL = sql.load("parking/shifts")


async def latest(db: sql.Connection, keys: Collection[ShiftKey]) -> dict[ShiftKey, Latest]:
    """The last shift of each name in its lot, that which is open if one is."""
    found = await sql.every(db, Latest, _SQL["latest"], *map(list, zip(*keys, strict=True)))
    return {(each.lot_id, each.name): each for each in found}


async def handed_over(db: sql.Connection, firsts: Mapping[ShiftKey, datetime]) -> dict[ShiftKey, datetime]:
    """When the lots of shifts last handed over one of any name before instants, as far as they did."""
    rows = await db.fetch(_SQL["handed_over"], *map(list, zip(*firsts, strict=True)), list(firsts.values()))
    return {(row["lot_id"], row["name"]): row["handed_over_at"] for row in rows}


async def open_shifts(db: sql.Connection, opened: Sequence[Opened]) -> None:
    """Writes shifts that begin."""
    rows = [(each.lot_id, each.id, each.name, each.at) for each in opened]
    await db.execute(_SQL["open"], *zip(*rows, strict=True))


async def shifts(
    db: sql.Connection, lot_ids: Sequence[int] | None, *, after: UUID, limit: int, only: UUID | None = None
) -> Sequence[Shift]:
    """Shifts of lots (None: of all) after a number."""
    return await sql.every(db, Shift, _SQL["shifts"], lot_ids, after, only, limit)


async def cash(db: sql.Connection, shift_id: UUID) -> Sequence[CashOfShift]:
    """All cash of a shift: it is signed as a whole."""
    return await sql.every(db, CashOfShift, _SQL["cash"], ids.shard_of(shift_id), shift_id)


async def reported(db: sql.Connection, shift_id: UUID) -> Sequence[Taken]:
    """All cash of a shift with what it paid."""
    return await sql.every(db, Taken, _SQL["reported"], ids.shard_of(shift_id), shift_id)


async def open_cases(db: sql.Connection, lot_id: int) -> Sequence[UUID]:
    """The cases of a lot that are before a person, the oldest first."""
    return [row["id"] for row in await db.fetch(_SQL["open_cases"], lot_id, CASES_OF_SHIFT_MAX)]


async def hand_over(db: sql.Connection, shift_id: UUID, signed: HandOver) -> None:
    """Writes what was signed."""
    await db.execute(
        _SQL["hand_over"],
        *(ids.shard_of(shift_id), shift_id, signed.at, signed.by, signed.counted_fen, signed.taken_fen),
        *(signed.cash_count, signed.waiting_count, signed.lifts, signed.lifts_without_money),
        *(signed.digest, signed.open_cases),
    )
