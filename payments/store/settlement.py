"""Settlements in Postgres."""

from collections.abc import Sequence
from datetime import date, datetime

import sql
from payments.settlement import SETTLEMENTS_MAX, Line, Movement, Operator, Settlement
from sql import Connection

_SETTLEMENT = sql.load("payments/settlement")


async def operators(db: Connection) -> Sequence[Operator]:
    return await sql.every(db, Operator, _SETTLEMENT["operators"])


async def make_room(db: Connection, business_date: date) -> None:
    """Makes the partitions of the day's month, if they are missing."""
    await db.execute(_SETTLEMENT["make_room"], business_date)


async def open_run(db: Connection, business_date: date, *, now: datetime) -> None:
    """Writes that this day's settlement began; again is nothing."""
    await db.execute(_SETTLEMENT["open_run"], business_date, now)


async def finish_run(db: Connection, business_date: date, *, now: datetime) -> None:
    """Writes that this day's settlement went through all operators."""
    await db.execute(_SETTLEMENT["finish_run"], business_date, now)


async def lock_settler(db: Connection, operator_id: int) -> None:
    """Waits until nobody else is settling the operator, and keeps others from it until the transaction ends."""
    await db.execute(_SETTLEMENT["lock_settler"], operator_id)


async def closed_through(db: Connection, operator_id: int) -> date | None:
    found: date | None = await db.fetchval(_SETTLEMENT["closed_through"], operator_id)
    return found


async def settled_through(db: Connection, operator_id: int) -> date | None:
    """The operator's last day that has a settlement; all before it are settled too, or nothing moved in them."""
    found: date | None = await db.fetchval(_SETTLEMENT["settled_through"], operator_id)
    return found


async def unsettled(db: Connection, operator_id: int, *, until: date, after: date | None) -> Sequence[Movement]:
    """What moved in the operator's book after one day and until another, by day and lot."""
    return await sql.every(db, Movement, _SETTLEMENT["unsettled"], operator_id, until, after)


async def insert_settlement(db: Connection, settled: Settlement, movements: Sequence[Movement]) -> None:
    """Writes a settlement and its lines."""
    key = (settled.operator_id, settled.business_date)
    sums = (settled.charges, settled.gross_fen, settled.refunds_fen)
    fee = (settled.platform_fee_bps, settled.platform_fee_fen)
    await db.execute(
        _SETTLEMENT["insert_settlement"], *key, settled.id, *sums, *fee, settled.net_fen, settled.settled_at
    )
    await db.execute(
        _SETTLEMENT["insert_lines"],
        *key,
        [movement.lot_id for movement in movements],
        [movement.charges for movement in movements],
        [movement.gross_fen for movement in movements],
        [movement.refunds_fen for movement in movements],
    )


async def close_day(db: Connection, operator_id: int, business_date: date) -> None:
    """From here on nothing is booked into this day. Waits until nobody is posting for the operator."""
    await db.execute(_SETTLEMENT["close_day"], operator_id, business_date)


async def settlements(db: Connection, first: date, last: date, *, operator_code: str | None) -> Sequence[Settlement]:
    """Settlements by day and operator, at most SETTLEMENTS_MAX."""
    return await sql.every(db, Settlement, _SETTLEMENT["settlements"], first, last, operator_code, SETTLEMENTS_MAX)


async def lines(db: Connection, operator_id: int, business_date: date) -> Sequence[Line]:
    """The lines of a settlement by lot."""
    return await sql.every(db, Line, _SETTLEMENT["lines"], operator_id, business_date)
