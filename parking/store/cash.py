"""Cash that booths took, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.cash import Chargeable, InShift

_SQL = sql.load("parking/cash")


async def add(db: sql.Connection, cash: Sequence[InShift]) -> None:
    """Keeps what was told."""
    rows = [
        (
            *(each.taken.lot_id, each.taken.id, each.taken.gateway_id, each.shift_id, each.is_late),
            *(each.taken.amount_fen, each.taken.at, each.taken.person, each.taken.of, each.taken.plate),
        )
        for each in cash
    ]
    await db.execute(_SQL["add"], *zip(*rows, strict=True))


async def lots_waiting(db: sql.Connection, since: UUID) -> list[int]:
    """The lots with cash that waits, told from an identifier on."""
    return [row["lot_id"] for row in await db.fetch(_SQL["lots_waiting"], since)]


async def chargeable(db: sql.Connection, lot_ids: Sequence[int], *, since: UUID, limit: int) -> Sequence[Chargeable]:
    """What of the cash that waits in these lots has a charge by now."""
    return await sql.every(db, Chargeable, _SQL["chargeable"], lot_ids, since, limit)


async def mark_booked(db: sql.Connection, booked: Sequence[Chargeable], *, now: datetime) -> None:
    """Writes for which charges cash was booked."""
    rows = [(each.lot_id, each.id, each.charge_id) for each in booked]
    await db.execute(_SQL["mark_booked"], *zip(*rows, strict=True), now)
