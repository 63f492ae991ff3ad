"""Closing a business day, operator by operator: closed in one transaction, summed and settled in the next. A run that
stops goes on where it stopped, between the two as well.
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime

from payments import ledger, settlement
from payments.settlement import (
    SETTLEMENTS_PER_PAGE_MAX,
    Movement,
    NoSuchOperator,
    NoSuchSettlement,
    Operator,
    Rate,
    RateNotOpen,
    Settlement,
    bps_on,
)
from payments.store import audit as audit_store
from payments.store import ledger as books
from payments.store import settlement as store
from sql import Connection, Pool

_log = logging.getLogger(__name__)


async def settle(
    pool: Pool,
    *,
    business_date: date,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    actor: str | None = None,
) -> list[Settlement]:
    """Settles a day, and every earlier day that was not, for all operators; returns the day's settlements.

    Run again it returns the same ones; run again after it was stopped it finishes. `progress` is called with how many
    operators are done, and of how many. Operators where the day is not over, or into whose books somebody posts all the
    while, are left out, and the run stays open for them. `actor`: who of
    the staff asked for it, which is kept.

    Raises:
        DayNotOver, DayTooOld: the day is not over at any operator, or too far back; nothing was settled.
    """
    async with pool.acquire() as db:
        operators = await store.operators(db)
        ended = settlement.over(operators, business_date, min(now, await store.database_now(db)))
        await store.open_run(db, business_date, now=now)
        # A day is settled with all days before it, so whoever has its statement has nothing left.
        settled = {each.operator_id async for each in _all_of_day(db, business_date)}
        left = {operator.id: operator for operator in operators if operator.id not in settled}
        for done, operator in enumerate(ended, 1):
            if operator.id in left and await _close(db, operator.id, business_date):
                await _settle_closed(db, operator, business_date, now=now)
                del left[operator.id]
            if progress is not None:
                progress(done, len(ended))
        # What concerns no operator is booked into the city's days.
        city_over = ledger.local_date(now, ledger.CITY_TIME_ZONE) > business_date
        if city_over and await _close(db, ledger.PLATFORM, business_date) and not left:
            await store.finish_run(db, business_date, now=now)
        if left:
            codes = ", ".join(sorted(operator.code for operator in left.values()))
            _log.warning("%s is not over yet, or being posted into, at %s: not settled there", business_date, codes)
        done_now = [each async for each in _all_of_day(db, business_date)]
        if actor is not None:
            await audit_store.record(
                db,
                ledger.PLATFORM,
                actor=actor,
                action="settlement.settle",
                subject=f"settlement:{business_date}",
                detail={"operators": [each.operator_code for each in done_now]},
                now=now,
            )
        return done_now


async def settlements_of(
    db: Connection,
    *,
    first: date,
    last: date,
    operator_code: str | None = None,
    operator_id: int | None = None,
    after: tuple[date, int] | None = None,
    limit: int = SETTLEMENTS_PER_PAGE_MAX,
) -> Sequence[Settlement]:
    """A page of the settlements of a range of days (both included), of all operators or of one.

    Raises:
        RangeTooWide: the range is empty or more than a year.
    """
    settlement.check_range(first, last)
    return await store.settlements(
        db, first, last, operator_code=operator_code, operator_id=operator_id, after=after, limit=limit
    )


async def settlement_of(db: Connection, *, operator_code: str, business_date: date) -> Settlement:
    """One operator's settlement of one day.

    Raises:
        NoSuchSettlement: the day is not settled, or there is no such operator.
    """
    found = await store.settlements(db, business_date, business_date, operator_code=operator_code)
    if not found:
        raise NoSuchSettlement("There is no such settlement.", operator=operator_code, business_date=str(business_date))
    return found[0]


async def agree_rate(
    db: Connection, *, operator_code: str, valid_from: date, platform_fee_bps: int, actor: str, now: datetime
) -> None:
    """Another share of the platform, of stays that end on `valid_from` or later, in the place of another one from that
    day on. The same again is nothing.

    Raises:
        NoSuchOperator: none has this code.
        RateNotOpen: that day is closed.
    """
    operator = next((each for each in await store.operators(db) if each.code == operator_code), None)
    if operator is None:
        raise NoSuchOperator("There is no such operator.", field="operator", operator=operator_code)
    await store.lock_settler(db, operator.id)
    rate = Rate(valid_from, platform_fee_bps)
    agreed = await store.rates(db, operator.id)
    if rate in agreed:
        return
    closed_through = await store.closed_through(db, operator.id)
    if closed_through is not None and valid_from <= closed_through:
        raise RateNotOpen("The share of that day stands.", field="valid_from", valid_from=str(valid_from))
    await store.put_rate(db, operator.id, rate)
    detail: dict[str, object] = {
        "valid_from": valid_from,
        "before": {"platform_fee_bps": bps_on(agreed, valid_from)},
        "after": {"platform_fee_bps": platform_fee_bps},
    }
    await audit_store.record(
        db, operator.id, actor=actor, action="operator.fee", subject=f"operator:{operator_code}", detail=detail, now=now
    )


async def _all_of_day(db: Connection, business_date: date) -> AsyncIterator[Settlement]:
    after: tuple[date, int] | None = None
    while page := await store.settlements(db, business_date, business_date, after=after):
        for settled in page:
            yield settled
        after = (business_date, page[-1].operator_id)


async def _close(db: Connection, owner_id: int, business_date: date) -> bool:
    """In a transaction of its own, since whoever posts waits for it. False: somebody posted all the while."""
    closed_through = await store.closed_through(db, owner_id)
    if closed_through is not None and closed_through >= business_date:
        return True
    return await store.close_day(db, owner_id, business_date)


async def _settle_closed(db: Connection, operator: Operator, business_date: date, *, now: datetime) -> None:
    """Nothing moves in closed days, so they are summed while the gates go on."""
    async with db.transaction():
        await store.lock_settler(db, operator.id)
        days = await store.days_to_settle(db, operator.id, until=business_date)
        if not days:
            return
        rates = await store.rates(db, operator.id)
        moved: dict[date, list[Movement]] = {day: [] for day in days}
        for movement in await store.movements(db, operator.id, first=days[0], last=days[-1]):
            if movement.business_date in moved:
                moved[movement.business_date].append(movement)
        for day in days:
            before = await store.carry_into(db, operator.id, day)
            settled, after = settlement.statement(operator, day, moved[day], rates=rates, before=before, now=now)
            await store.insert_settlement(db, settled, settlement.by_lot(moved[day]), fee_exact=after.fee_exact)
            if settled.platform_fee_fen:
                fee = ledger.platform_fee(operator.id, settled.id, settled.platform_fee_fen, day)
                await books.post(db, [fee], now=now)
