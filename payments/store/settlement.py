"""Settlements in Postgres."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

import sql
from payments.settlement import SETTLEMENTS_PER_PAGE_MAX, Carry, Line, Movement, Operator, Rate, Settlement
from sql import Connection

_SETTLEMENT = sql.load("payments/settlement")


async def operators(db: Connection) -> Sequence[Operator]:
    return await sql.every(db, Operator, _SETTLEMENT["operators"])


async def rates(db: Connection, operator_id: int) -> Sequence[Rate]:
    """The operator's shares in the order of their days."""
    return await sql.every(db, Rate, _SETTLEMENT["rates"], operator_id)


async def put_rate(db: Connection, operator_id: int, rate: Rate) -> None:
    """Writes a share from a day on, in the place of what was to be from that day on. Of a day that is settled the
    database refuses it.
    """
    await db.execute(_SETTLEMENT["put_rate"], operator_id, rate.valid_from, rate.platform_fee_bps)


async def database_now(db: Connection) -> datetime:
    """The time of the database, which no process's clock moves."""
    found: datetime = await db.fetchval(_SETTLEMENT["database_now"])
    return found


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


async def days_to_settle(db: Connection, operator_id: int, *, until: date) -> list[date]:
    """Days through `until` that have no statement, in order; none before the operator's first."""
    return [row["day"] for row in await db.fetch(_SETTLEMENT["days_to_settle"], operator_id, until)]


async def carry_into(db: Connection, operator_id: int, business_date: date) -> Carry:
    """What the statement before a day hands on to it."""
    return await sql.one(db, Carry, _SETTLEMENT["carry_into"], operator_id, business_date) or Carry()


async def movements(db: Connection, operator_id: int, *, first: date, last: date) -> Sequence[Movement]:
    """What moved for the operator on days (both included), by day, lot and day of the stay."""
    return await sql.every(db, Movement, _SETTLEMENT["movements"], operator_id, first, last)


async def insert_settlement(db: Connection, settled: Settlement, lines: Sequence[Line], *, fee_exact: int) -> None:
    """Writes a settlement and its lines."""
    key = (settled.operator_id, settled.business_date)
    sums = (settled.charges, settled.gross_fen, settled.refunds_fen)
    fee = (settled.platform_fee_bps, settled.platform_fee_fen)
    out = (settled.collected_fen, settled.cash_fen, settled.carried_fen, settled.payout_fen)
    await db.execute(
        _SETTLEMENT["insert_settlement"],
        *(*key, settled.id, *sums, *fee, settled.net_fen, settled.settled_at, *out, fee_exact),
    )
    await db.execute(
        _SETTLEMENT["insert_lines"],
        *key,
        [line.lot_id for line in lines],
        [line.charges for line in lines],
        [line.gross_fen for line in lines],
        [line.refunds_fen for line in lines],
        [line.collected_fen for line in lines],
        [line.cash_fen for line in lines],
    )


async def close_day(db: Connection, owner_id: int, business_date: date) -> bool:
    """From here on nothing is booked into this day of an operator, or of the city (the platform's). Waits for whoever
    is posting, but no longer than the function's lock_timeout; returns whether the day is closed.
    """
    try:
        await db.execute(_SETTLEMENT["close_day"], owner_id, business_date)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def settlements(
    db: Connection,
    first: date,
    last: date,
    *,
    operator_code: str | None = None,
    operator_id: int | None = None,
    after: tuple[date, int] | None = None,
    limit: int = SETTLEMENTS_PER_PAGE_MAX,
) -> Sequence[Settlement]:
    """A page of settlements by day and operator, after one of these."""
    key = after or (None, None)
    return await sql.every(
        db, Settlement, _SETTLEMENT["settlements"], first, last, operator_code, operator_id, *key, limit
    )


async def lines(db: Connection, operator_id: int, business_date: date) -> Sequence[Line]:
    """The lines of a settlement by lot."""
    return await sql.every(db, Line, _SETTLEMENT["lines"], operator_id, business_date)
