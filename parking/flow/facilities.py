"""Saying what a lot offers."""

from datetime import datetime

import sql
from parking import facilities
from parking.facilities import Facilities
from parking.flow.network import record_change
from parking.lots import UnknownLot
from parking.store import facilities as store
from parking.store.facilities import LotToDescribe
from parking.store.tariffs import take_turns
from payments.identity import Principal, may_act_for


async def say(db: sql.Connection, code: str, said: Facilities, *, by: Principal, now: datetime) -> None:
    """What a lot offers from now on, all of it; the same again changes nothing.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
        hours.HoursUnclear, MoreSpacesThanCapacity, EntranceFarAway: see `facilities.check`.
    """
    # What is compared with what was said before must not be said anew meanwhile.
    await take_turns(db)
    lot = await _lot(db, code, by)
    detail = facilities.changed(lot.facilities, said)
    # What was said stays, also where the lot has become smaller since.
    if not detail:
        return
    facilities.check(said, capacity=lot.capacity, place=lot.place)
    await store.say(db, lot.id, said, now=now)
    await record_change(db, by=by.subject, action="lot.facilities", subject=f"lot:{lot.code}", detail=detail, now=now)


async def facilities_of(db: sql.Connection, code: str, *, reader: Principal) -> Facilities:
    """What a lot offers, as it was said.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
    """
    return (await _lot(db, code, reader)).facilities


async def _lot(db: sql.Connection, code: str, principal: Principal) -> LotToDescribe:
    lot = await store.lot_to_describe(db, code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(principal, lot.operator_id)
    return lot
