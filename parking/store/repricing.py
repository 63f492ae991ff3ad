"""Stays that are to be priced again: who asked for it, and what waits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.bills import Moved
from parking.reads import By, Cause
from parking.repricing import Repricing, Wanted

_SQL = sql.load("parking/repricing")


async def ask(
    db: sql.Connection,
    wanted: Sequence[Wanted],
    lots: Sequence[int],
    *,
    cause: By,
    id_range: tuple[UUID, UUID],
    now: datetime,
) -> None:
    """The closed stays of vehicles in lots that ended at an instant or later are to be priced again. `id_range`: of the
    stays that are looked for.
    """
    await db.execute(_SQL["ask"], *zip(*wanted, strict=True), cause, lots, now, *id_range)


async def ask_elsewhere(
    db: sql.Connection,
    moved: Sequence[tuple[Moved, Cause]],
    lots: Sequence[int],
    *,
    id_range: tuple[UUID, UUID],
    now: datetime,
) -> None:
    """What was used otherwise, with what changed it: later visits of these vehicles to other lots, of these, are to be
    priced again. `id_range`: of the stays that are looked for.
    """
    rows = [(each.lot_id, *each.number_plate, each.since, cause.id, cause.word) for each, cause in moved]
    await db.execute(_SQL["ask_elsewhere"], *zip(*rows, strict=True), lots, now, *id_range)


async def lots_waiting(db: sql.Connection, *, after: int, limit: int) -> list[int]:
    """Lots with stays that are to be priced again, those after a lot first."""
    return [row["lot_id"] for row in await db.fetch(_SQL["lots_waiting"], after, limit)]


async def waiting(db: sql.Connection, lot_id: int, *, limit: int) -> Sequence[Repricing]:
    """What is to be priced again in a lot, what waits longest first."""
    return await sql.every(db, Repricing, _SQL["waiting"], lot_id, limit)


async def done(db: sql.Connection, rows: Sequence[Repricing]) -> None:
    """These were priced again; what was asked for anew meanwhile, from an earlier instant on, waits."""
    named = [(row.lot_id, row.plate, row.plate_color, row.cause_id, row.since) for row in rows]
    await db.execute(_SQL["done"], *zip(*named, strict=True))
