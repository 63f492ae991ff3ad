"""Closing a business day, operator by operator: closed in one transaction, summed and settled in the next. A run that
stops goes on where it stopped, between the two as well.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from payments import ledger, settlement
from payments.reports.settlement import settlement_report
from payments.reports.table import Report
from payments.settlement import LotName, NoSuchSettlement, Operator, Settlement
from payments.store import ledger as books
from payments.store import settlement as store
from sql import Connection, Pool

_log = logging.getLogger(__name__)


async def settle(
    pool: Pool, *, business_date: date, now: datetime, progress: Callable[[int, int], None] | None = None
) -> list[Settlement]:
    """Settles a day, and every earlier day that was not, for all operators; returns the day's settlements.

    Run again it returns the same ones; run again after it was stopped it finishes. `progress` is called with how many
    operators are done, and of how many. Operators where the day is not over are left out, and the run stays open for
    them.

    Raises:
        DayNotOver, DayTooOld: the day is not over at any operator, or before all books; nothing was settled.
    """
    async with pool.acquire() as db:
        operators = await store.operators(db)
        ended = settlement.over(operators, business_date, now)
        await store.make_room(db, business_date)
        await store.open_run(db, business_date, now=now)
        for done, operator in enumerate(ended, 1):
            await _close(db, operator, business_date)
            await _settle_closed(db, operator, business_date, now=now)
            if progress is not None:
                progress(done, len(ended))
        if len(ended) == len(operators):
            await store.finish_run(db, business_date, now=now)
        else:
            left = sorted({operator.code for operator in operators} - {operator.code for operator in ended})
            _log.warning("%s is not over yet at %s: not settled there", business_date, ", ".join(left))
        return list(await store.settlements(db, business_date, business_date, operator_code=None))


async def settlements_of(
    db: Connection, *, first: date, last: date, operator_code: str | None = None
) -> Sequence[Settlement]:
    """Settlements of a range of days (both included).

    Raises:
        RangeTooWide: the range is empty or more than a year.
    """
    settlement.check_range(first, last)
    return await store.settlements(db, first, last, operator_code=operator_code)


async def settlement_of(db: Connection, *, operator_code: str, business_date: date) -> Settlement:
    """One operator's settlement of one day.

    Raises:
        NoSuchSettlement: the day is not settled, or there is no such operator.
    """
    found = await store.settlements(db, business_date, business_date, operator_code=operator_code)
    if not found:
        raise NoSuchSettlement("There is no such settlement.", operator=operator_code, business_date=str(business_date))
    return found[0]


async def report_of(db: Connection, settled: Settlement, lots: Mapping[int, LotName]) -> Report:
    """A settlement as a report; `lots` says what the lots in it are called."""
    lines = await store.lines(db, settled.operator_id, settled.business_date)
    return settlement_report(settled, lines, lots)


async def _close(db: Connection, operator: Operator, business_date: date) -> None:
    """In a transaction of its own, since cars of this operator wait for it."""
    closed_through = await store.closed_through(db, operator.id)
    if closed_through is not None and closed_through >= business_date:
        return
    await store.close_day(db, operator.id, business_date)


async def _settle_closed(db: Connection, operator: Operator, business_date: date, *, now: datetime) -> None:
    """Nothing moves in closed days, so they are summed while the gates go on."""
    async with db.transaction():
        await store.lock_settler(db, operator.id)
        settled_through = await store.settled_through(db, operator.id)
        if settled_through is not None and settled_through >= business_date:
            return
        movements = await store.unsettled(db, operator.id, until=business_date, after=settled_through)
        for day, moved in settlement.by_day(movements, business_date).items():
            settled = settlement.statement(operator, day, moved, now=now)
            if settled.platform_fee_fen:
                fee = ledger.platform_fee(operator.id, settled.id, settled.platform_fee_fen, day)
                await books.post(db, [fee], now=now)
            await store.insert_settlement(db, settled, moved)
