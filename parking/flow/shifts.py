"""Shifts at booths: opened, looked up, and handed over by who signs for the cash in them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import shifts
from parking.cash import Opened
from parking.flow.derivation import RandomBits
from parking.lifts import Lift
from parking.network import Network
from parking.shifts import LIFTS_OF_SHIFT_MAX, Shift, UnknownShift
from parking.store import events as event_store
from parking.store import lifts as lift_store
from parking.store import shifts as store
from payments import ids, ledger
from payments.identity import Principal
from payments.reports.cash import ShiftName, cash_report
from payments.reports.table import Heading, Report
from payments.store import audit as audit_store


async def find_shifts(
    db: sql.Connection, lot_ids: Sequence[int] | None, *, since: datetime | None, after: UUID, limit: int
) -> Sequence[Shift]:
    """A page of the shifts of lots (None: of all), known since an instant, from after one's number on."""
    first = ids.FIRST if since is None else ids.floor(since)
    return await store.shifts(db, lot_ids, after=max(first, after), limit=limit)


async def shift_by_id(db: sql.Connection, lot_ids: Sequence[int] | None, shift_id: UUID) -> Shift:
    """A shift of lots (None: of all).

    Raises:
        UnknownShift: there is none of this number in them.
    """
    found = await store.shifts(db, lot_ids, after=ids.FIRST, limit=1, only=shift_id)
    if not found:
        raise UnknownShift("There is no such shift.", shift_id=str(shift_id))
    return found[0]


async def report_of(
    db: sql.Connection,
    lot_ids: Sequence[int] | None,
    shift_id: UUID,
    network: Network,
    *,
    by: Principal,
    now: datetime,
) -> Report:
    """The cash of a shift of lots (None: of all), payment by payment.

    Raises:
        UnknownShift: there is none of this number in them.
    """
    shift = await shift_by_id(db, lot_ids, shift_id)
    lot = network.lots[ids.shard_of(shift_id)]
    operator = network.operators[lot.operator_id]
    days = [ledger.local_date(at, lot.time_zone) for at in (shift.opened_at, shift.handed_over_at or now)]
    name = (operator.name_zh, operator.name_en)
    heading = Heading(days[0], days[1], now, by.subject, name, lot.time_zone)
    return cash_report(heading, ShiftName(shift.id, shift.lot, shift.name), await store.reported(db, shift_id))


async def open_shift(
    db: sql.Connection,
    lot_id: int,
    name: str,
    *,
    by: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Shift:
    """The shift of a name that is open in a lot, or a new one. `db` is in a transaction."""
    await event_store.lock_lots(db, [lot_id])
    known = (await store.latest(db, [(lot_id, name)])).get((lot_id, name))
    if known is not None and known.is_open:
        return await shift_by_id(db, [lot_id], known.id)
    opened = Opened(lot_id, ids.new(now, lot_id, random_bits()), name, now)
    await store.open_shifts(db, [opened])
    await _record(db, network, opened.id, "shift.open", {"name": name}, by=by, now=now, random_bits=random_bits)
    return await shift_by_id(db, [lot_id], opened.id)


async def hand_over(
    db: sql.Connection,
    lot_ids: Sequence[int] | None,
    shift_id: UUID,
    *,
    counted_fen: int,
    by: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Shift:
    """Signs for what was counted, beside what was taken, and for the cases that are open; from then on the shift takes
    no more cash. The same again is
    the same. `db` is in a transaction.

    Raises:
        UnknownShift: there is none of this number in the lots.
        ShiftHandedOver: it was handed over otherwise.
    """
    await shift_by_id(db, lot_ids, shift_id)
    lot_id = ids.shard_of(shift_id)
    await event_store.lock_lots(db, [lot_id])
    shift = await shift_by_id(db, lot_ids, shift_id)
    if shift.handed_over_at is not None:
        shifts.same_hand_over(shift, counted_fen=counted_fen, by=by.subject)
        return shift
    lifts = await _lifts(db, lot_id, shift, without_money=False)
    without_money = await _lifts(db, lot_id, shift, without_money=True)
    signed = shifts.hand_over(
        shift_id,
        await store.cash(db, shift_id),
        [each.id for each in lifts],
        [each.id for each in without_money],
        await store.open_cases(db, lot_id),
        counted_fen=counted_fen,
        by=by.subject,
        now=now,
    )
    await store.hand_over(db, shift_id, signed)
    detail: dict[str, object] = {
        "counted_fen": counted_fen,
        "taken_fen": signed.taken_fen,
        "difference_fen": counted_fen - signed.taken_fen,
        "waiting_count": signed.waiting_count,
        "lifts_without_money": signed.lifts_without_money,
        "open_cases": len(signed.open_cases),
        "digest": signed.digest,
    }
    await _record(db, network, shift_id, "shift.hand_over", detail, by=by, now=now, random_bits=random_bits)
    return await shift_by_id(db, [lot_id], shift_id)


async def _lifts(db: sql.Connection, lot_id: int, shift: Shift, *, without_money: bool) -> Sequence[Lift]:
    since = ids.floor(shift.opened_at - shifts.TOLD_AHEAD_MAX)
    return await lift_store.lifts(
        db,
        [lot_id],
        after=ids.FIRST,
        since=since,
        without_money=without_money,
        limit=LIFTS_OF_SHIFT_MAX,
        shift_id=shift.id,
    )


async def _record(
    db: sql.Connection,
    network: Network,
    shift_id: UUID,
    action: str,
    detail: dict[str, object],
    *,
    by: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> None:
    await audit_store.record(
        db,
        network.lots[ids.shard_of(shift_id)].operator_id,
        actor=by.subject,
        action=action,
        subject=f"shift:{shift_id}",
        detail=detail,
        now=now,
        random_bits=random_bits(),
    )
