"""Who runs lots."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

import sql
from parking.operators import OperatorListed

_SQL = sql.load("parking/operators")


class OperatorOfLot(Struct, frozen=True):
    """Whose a lot is, and from when on that runs none any more."""

    code: str
    closed_from: date | None


async def operators(
    db: sql.Connection, *, operator_id: int | None, words: str, after: str, limit: int, now: datetime
) -> Sequence[OperatorListed]:
    """A page of operators by their codes: one (None: all), those that have these words, those behind a code."""
    return await sql.every(db, OperatorListed, _SQL["operators"], operator_id, words, after, now, limit)


async def operator(db: sql.Connection, code: str, now: datetime) -> OperatorListed | None:
    return await sql.one(db, OperatorListed, _SQL["operator"], code, now)


async def is_settled(db: sql.Connection, operator_id: int) -> bool:
    """Whether a day of an operator was closed or settled."""
    found: bool = await db.fetchval(_SQL["is_settled"], operator_id)
    return found


async def open_lots(db: sql.Connection, operator_id: int, at: datetime, *, limit: int) -> list[str]:
    """The codes of lots of an operator that are open at an instant or after it."""
    return [row["code"] for row in await db.fetch(_SQL["open_lots"], operator_id, at, limit)]


async def change_operator(db: sql.Connection, operator_id: int, *, name_zh: str, name_en: str, time_zone: str) -> None:
    await db.execute(_SQL["change_operator"], operator_id, name_zh, name_en, time_zone)


async def end_operator(db: sql.Connection, operator_id: int, closed_from: date | None) -> None:
    """From this day on it runs no lots (None: it goes on)."""
    await db.execute(_SQL["end_operator"], operator_id, closed_from)


async def operator_of_lot(db: sql.Connection, lot_code: str) -> OperatorOfLot | None:
    return await sql.one(db, OperatorOfLot, _SQL["operator_of_lot"], lot_code)
