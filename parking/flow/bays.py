"""The bays of a lot: told, looked at, and watched by other sensors."""

from collections.abc import Sequence
from datetime import datetime

import sql
from parking import bays
from parking.bays import BAYS_MAX, Bay, UnknownBay
from parking.lots import UnknownLot
from parking.store import bays as store
from parking.store.bays import LotWithBays
from parking.store.tariffs import take_turns
from payments.identity import Principal, may_act_for
from payments.store import audit


async def say(db: sql.Connection, code: str, said: Sequence[Bay], *, by: Principal, now: datetime) -> None:
    """These are the bays of a lot from now on, and no others; the same again changes nothing.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
        BayTwice, MoreBaysThanCapacity: see `bays.check`.
        SensorTaken: a sensor watches a bay of another lot.
    """
    await take_turns(db)
    lot = await _lot(db, code, by)
    bays.check(said, capacity=lot.capacity)
    detail = bays.changed(await store.bays(db, lot.id, limit=BAYS_MAX), said)
    if not detail:
        return
    await store.replace_bays(db, lot.id, said)
    await _record(db, lot, detail, by=by, now=now)


async def change_sensor(
    db: sql.Connection, code: str, number: str, sensor: str | None, *, by: Principal, now: datetime
) -> None:
    """Another sensor watches a bay from now on (None: none does); the same again changes nothing.

    Raises:
        UnknownLot, UnknownBay: there is no such lot or bay.
        NotYours: it is another operator's.
        SensorTaken: the sensor watches another bay.
    """
    await take_turns(db)
    lot = await _lot(db, code, by)
    before = {each.number: each.sensor for each in await store.bays(db, lot.id, limit=BAYS_MAX)}
    if number not in before:
        raise UnknownBay(f"The lot has no bay {number!r}.", number=number)
    if before[number] == sensor:
        return
    await store.change_sensor(db, lot.id, number, sensor)
    await _record(db, lot, {"before": {number: before[number]}, "after": {number: sensor}}, by=by, now=now)


async def bays_of(db: sql.Connection, code: str, *, after: str, limit: int, reader: Principal) -> Sequence[Bay]:
    """A page of the bays of a lot, in order of their numbers.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
    """
    lot = await _lot(db, code, reader)
    return await store.bays(db, lot.id, after=after, limit=limit)


async def _lot(db: sql.Connection, code: str, principal: Principal) -> LotWithBays:
    lot = await store.lot_with_bays(db, code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(principal, lot.operator_id)
    return lot


async def _record(
    db: sql.Connection, lot: LotWithBays, detail: dict[str, object], *, by: Principal, now: datetime
) -> None:
    subject = f"lot:{lot.code}"
    await audit.record(
        db, lot.operator_id, actor=by.subject, action="lot.bays", subject=subject, detail=detail, now=now
    )
