"""Vehicles in lots inside and around."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.pauses import Affected, Present
from parking.reads import By, Vehicle

_SQL = sql.load("parking/pauses")


async def present(
    db: sql.Connection, vehicles: Sequence[Vehicle], since: datetime, until: datetime, id_range: tuple[UUID, UUID]
) -> Sequence[Present]:
    """When vehicles were in lots within a time. `id_range`: of their stays."""
    return await sql.every(db, Present, _SQL["present"], *zip(*vehicles, strict=True), since, until, *id_range)


async def ask(db: sql.Connection, affected: Sequence[Affected], id_range: tuple[UUID, UUID], *, now: datetime) -> None:
    """Closed stays that are affected are to be priced again. `id_range`: of the stays that are looked for."""
    await db.execute(_SQL["ask"], *zip(*affected, strict=True), now, *id_range, By.NEST)
