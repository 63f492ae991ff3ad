"""Operators: looked up, corrected, and ended on a day."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from msgspec import structs

import sql
from parking import operators
from parking.dated import Outcome
from parking.flow.network import record_change
from parking.lots import check_time_zone
from parking.operators import OperatorChange, OperatorListed, OperatorNotFound, OperatorPage, OperatorShown
from parking.store import operators as store
from parking.store.tariffs import take_turns
from payments import ledger
from payments.flow import settlement as settlement_flow
from payments.identity import Principal, may_act_for, may_act_for_all
from payments.store import settlement as settlement_store


async def find(
    db: sql.Connection, *, words: str, after: str, limit: int, reader: Principal, now: datetime
) -> OperatorPage:
    """A page of operators by their codes; staff of one operator see that."""
    found = await store.operators(db, operator_id=reader.operator_id, words=words, after=after, limit=limit, now=now)
    return operators.page(found, limit)


async def show(db: sql.Connection, code: str, *, reader: Principal, now: datetime) -> OperatorShown:
    """An operator with the platform's shares.

    Raises:
        OperatorNotFound: no operator has this code.
        NotYours: the reader is staff of another.
    """
    found = await _known(db, code, now)
    may_act_for(reader, found.id)
    return operators.in_full(found, await settlement_store.rates(db, found.id))


async def change(db: sql.Connection, code: str, said: OperatorChange, *, by: Principal, now: datetime) -> Outcome:
    """Corrects what an operator is called and by whose clock its days end; the same again changes nothing.

    Raises:
        OperatorNotFound: no operator has this code.
        NotYours: the caller is staff of one operator.
        UnknownTimeZone: the zone is not one of IANA's.
        OperatorIsSettled: see there.
    """
    operator = await _to_change(db, code, by, now)
    if isinstance(said.time_zone, str):
        check_time_zone(said.time_zone)
    # No day is settled by the old clock while it changes.
    await settlement_store.lock_settler(db, operator.id)
    after = operators.changed(operator, said, is_settled=await store.is_settled(db, operator.id))
    if not after:
        return Outcome.UNCHANGED
    becomes = structs.replace(operator, **after)
    await store.change_operator(
        db, operator.id, name_zh=becomes.name_zh, name_en=becomes.name_en, time_zone=becomes.time_zone
    )
    await _record(db, "operator.change", operator, after, by=by, now=now)
    return Outcome.CHANGED


async def agree_share(
    db: sql.Connection, code: str, platform_fee_bps: int, *, valid_from: date, by: Principal, now: datetime
) -> None:
    """Another share of the platform, of stays that end on a day or later; the same again changes nothing.

    Raises:
        OperatorNotFound: no operator has this code.
        NotYours: the caller is staff of one operator.
        RateNotOpen: see `payments.flow.settlement.agree_rate`.
    """
    await _to_change(db, code, by, now)
    await settlement_flow.agree_rate(
        db, operator_code=code, valid_from=valid_from, platform_fee_bps=platform_fee_bps, actor=by.subject, now=now
    )


async def end(db: sql.Connection, code: str, closed_from: date | None, *, by: Principal, now: datetime) -> Outcome:
    """From a day on (by its own clock) an operator runs no lots any more; None: it goes on after all. What it is owed
    is settled as ever. The same again changes nothing.

    Raises:
        OperatorNotFound: no operator has this code.
        NotYours: the caller is staff of one operator.
        EndsAtNoDay, OperatorRunsLots: see `operators.check_end`.
    """
    operator = await _to_change(db, code, by, now)
    if operator.closed_from == closed_from:
        return Outcome.UNCHANGED
    if closed_from is not None:
        begins = datetime.combine(closed_from, time(), ZoneInfo(operator.time_zone))
        open_lots = await store.open_lots(db, operator.id, begins, limit=operators.LOTS_NAMED_MAX)
        operators.check_end(closed_from, open_lots, today=ledger.local_date(now, operator.time_zone))
    await store.end_operator(db, operator.id, closed_from)
    await _record(db, "operator.end", operator, {"closed_from": closed_from}, by=by, now=now)
    return Outcome.CHANGED


async def check_takes_lots(db: sql.Connection, code: str, now: datetime) -> None:
    """Refuses a new lot to an operator that ends.

    Raises:
        OperatorEnds: see there.
    """
    found = await store.operator(db, code, now)
    if found is not None:
        operators.check_takes_lots(found.closed_from, code)


async def check_runs_lot(db: sql.Connection, lot_code: str) -> None:
    """Refuses to open a lot again whose operator ends.

    Raises:
        OperatorEnds: see there.
    """
    found = await store.operator_of_lot(db, lot_code)
    if found is not None:
        operators.check_takes_lots(found.closed_from, found.code)


async def _to_change(db: sql.Connection, code: str, by: Principal, now: datetime) -> OperatorListed:
    may_act_for_all(by)
    await take_turns(db)
    return await _known(db, code, now)


async def _known(db: sql.Connection, code: str, now: datetime) -> OperatorListed:
    found = await store.operator(db, code, now)
    if found is None:
        raise OperatorNotFound(f"No operator has the code {code!r}.", code=code)
    return found


async def _record(
    db: sql.Connection,
    action: str,
    operator: OperatorListed,
    after: dict[str, object],
    *,
    by: Principal,
    now: datetime,
) -> None:
    detail: dict[str, object] = {"before": {name: getattr(operator, name) for name in after}, "after": after}
    subject = f"operator:{operator.code}"
    await record_change(db, by=by.subject, action=action, subject=subject, detail=detail, now=now, owner_id=operator.id)
