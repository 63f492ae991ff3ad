"""Figures of reports about lots. What may be long comes through a cursor, and so needs a transaction."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.reports.figures import ShiftLine, StayLine, Use
from payments.reports.table import BATCH_ROWS
from sql import Connection

_SQL = sql.load("parking/reports")


async def stays(
    db: Connection, lot_ids: Sequence[int], *, since: datetime, until: datetime, first: UUID, due: bool
) -> AsyncIterator[Sequence[StayLine]]:
    """In batches, in no order. `first`: below no number of these stays."""
    cursor = await db.cursor(_SQL["stays"], lot_ids, since, until, first, due)
    while rows := await cursor.fetch(BATCH_ROWS):
        yield [sql.row(StayLine, each) for each in rows]


async def use(
    db: Connection, lot_ids: Sequence[int], *, since: datetime, until: datetime, first: UUID
) -> Sequence[Use]:
    """Of lots in which somebody was. `first`: below no number of these stays."""
    return await sql.every(db, Use, _SQL["use"], lot_ids, since, until, first)


async def shifts(db: Connection, lot_ids: Sequence[int], *, first: UUID, last: UUID) -> Sequence[ShiftLine]:
    """Those whose numbers lie from `first` on and below `last`."""
    return await sql.every(db, ShiftLine, _SQL["shifts"], lot_ids, first, last)


SHAPES = {"stays": StayLine}
