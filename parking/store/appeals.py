"""Appeals of drivers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.appeals import AppealRow
from parking.cases import OpenCase

_SQL = sql.load("parking/appeals")
SHAPES = {"appeals_of_account": AppealRow}


async def open_appeals(db: sql.Connection, account_id: int) -> int:
    """How many appeals of an account nobody has looked at."""
    found: int = await db.fetchval(_SQL["open_appeals"], account_id)
    return found


async def add_appeal(
    db: sql.Connection,
    case: OpenCase,
    *,
    account_id: int,
    charge_id: UUID,
    said: str,
    appealed_fen: int,
    now: datetime,
) -> None:
    """Puts an appeal before a person; again is nothing, unless it had settled itself."""
    about = (case.lot_id, case.id, case.event_id, now, case.stay_id)
    await db.execute(_SQL["add_appeal"], *about, account_id, charge_id, said, appealed_fen)


async def appeals_of_account(
    db: sql.Connection, account_id: int, *, before: UUID | None, limit: int
) -> Sequence[AppealRow]:
    """The appeals of an account, the latest charge first."""
    return await sql.every(db, AppealRow, _SQL["appeals_of_account"], account_id, before, limit)


async def settle_appeals(db: sql.Connection, *, now: datetime) -> int:
    """Settles appeals whose charges cost less by now, and opens those again whose charges do no longer; how many."""
    return int((await db.execute(_SQL["settle_appeals"], now)).rpartition(" ")[2])
