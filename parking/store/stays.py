"""Single stays."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.reads import LetOut

_SQL = sql.load("parking/stays")


class StayRow(Struct, frozen=True):
    """A stay as its gate needs it: no plate, for whoever asks has seen the car."""

    lot_id: int
    id: UUID
    state: str
    entered_at: datetime | None
    left_at: datetime | None
    fee_fen: int | None
    account_id: int | None
    let_out: LetOut | None


async def stay_by_id(db: sql.Connection, lot_id: int, stay_id: UUID) -> StayRow | None:
    """A stay of the lot, open or over."""
    return await sql.one(db, StayRow, _SQL["stay_by_id"], lot_id, stay_id)
