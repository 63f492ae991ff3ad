"""Figures of reports in Postgres. What may be long comes through a cursor, and so needs a transaction."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments.reports.asked import Asked
from payments.reports.figures import Arrears, Balance, Day, Entry, Line, LotOfPeriod, Money, Period, Refunds
from payments.reports.table import BATCH_ROWS
from sql import Connection

_SQL = sql.load("payments/reports")


async def take_time(db: Connection) -> None:
    """Lets the transaction wait for whoever writes what it reads."""
    await db.execute(_SQL["take_time"])


async def days(db: Connection, asked: Asked) -> Sequence[Day]:
    return await sql.every(db, Day, _SQL["days"], asked.first, asked.last, asked.operator_id)


async def periods(db: Connection, asked: Asked) -> Sequence[Period]:
    return await sql.every(db, Period, _SQL["periods"], asked.first, asked.last, asked.operator_id, asked.step)


async def lots_of_periods(db: Connection, asked: Asked) -> Sequence[LotOfPeriod]:
    return await sql.every(
        db, LotOfPeriod, _SQL["lots_of_periods"], asked.first, asked.last, asked.operator_id, asked.step
    )


async def money(db: Connection, asked: Asked) -> Sequence[Money]:
    return await sql.every(db, Money, _SQL["money"], asked.first, asked.last, asked.operator_id, asked.lot_id)


async def lines(db: Connection, asked: Asked) -> AsyncIterator[Sequence[Line]]:
    """In batches, in no order."""
    about = (asked.operator_id, asked.lot_id, asked.kind, asked.channel)
    cursor = await db.cursor(_SQL["lines"], asked.first, asked.last, *about)
    while rows := await cursor.fetch(BATCH_ROWS):
        yield [sql.row(Line, each) for each in rows]


async def entries(db: Connection, asked: Asked) -> AsyncIterator[Sequence[Entry]]:
    """In batches, in no order."""
    about = (asked.operator_id, asked.lot_id, asked.kind)
    cursor = await db.cursor(_SQL["ledger"], asked.first, asked.last, *about)
    while rows := await cursor.fetch(BATCH_ROWS):
        yield [sql.row(Entry, each) for each in rows]


async def trial_balance(db: Connection, asked: Asked) -> Sequence[Balance]:
    return await sql.every(db, Balance, _SQL["trial_balance"], asked.first, asked.last, asked.operator_id)


async def arrears(
    db: Connection, asked: Asked, *, since: datetime, until: datetime, now: datetime
) -> Sequence[Arrears]:
    """Of charges that were made in a time, as it is owed now."""
    return await sql.every(db, Arrears, _SQL["arrears"], since, until, asked.operator_id, now, asked.lot_id)


async def refunds(db: Connection, asked: Asked) -> Sequence[Refunds]:
    return await sql.every(db, Refunds, _SQL["refunds"], asked.first, asked.last, asked.operator_id, asked.lot_id)


async def entries_of_charge(db: Connection, owners: Sequence[int], charge_id: UUID) -> Sequence[Entry]:
    """What was booked about a charge, in its order. `owners`: its operator, and the account that owes it, if any."""
    return await sql.every(db, Entry, _SQL["of_charge"], owners, charge_id)


SHAPES = {"lines": Line, "ledger": Entry}
