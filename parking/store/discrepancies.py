"""Facts by their numbers, what is stored around them, and what was found to differ."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.discrepancies import Discrepancy, KnownCase

_SQL = sql.load("parking/discrepancies")
SHAPES = {"cases_about": KnownCase}


async def facts_after(db: sql.Connection, lot_id: int, after: UUID, before: UUID, limit: int) -> list[UUID]:
    """The next facts of a lot between two numbers that count, in order."""
    return [row["id"] for row in await db.fetch(_SQL["facts_after"], lot_id, after, before, limit)]


async def stays_between(db: sql.Connection, lot_id: int, after: UUID, through: UUID) -> set[UUID]:
    """The numbers of the stays of a lot that lie after one number, up to another."""
    return {row["id"] for row in await db.fetch(_SQL["stays_between"], lot_id, after, through)}


async def cases_about(db: sql.Connection, lot_id: int, facts: Collection[UUID]) -> Sequence[KnownCase]:
    """All cases about facts of a lot, open or not."""
    return await sql.every(db, KnownCase, _SQL["cases_about"], lot_id, list(facts))


async def put_discrepancies(db: sql.Connection, found: Sequence[Discrepancy], turn: int, *, now: datetime) -> None:
    """Keeps what a look at a lot has found."""
    rows = [(each.lot_id, each.kind, each.subject_id, each.says) for each in found]
    await db.execute(_SQL["put_discrepancies"], *zip(*rows, strict=True), now, turn)


async def drop_discrepancies(db: sql.Connection, lot_id: int, turn: int) -> None:
    """Forgets what earlier looks at a lot found and this one did not."""
    await db.execute(_SQL["drop_discrepancies"], lot_id, turn)
