"""Where lots lie: inside of others, and along roads."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec import structs

import sql
from parking import dated, surroundings
from parking.dated import Changed, Outcome, Version
from parking.flow.network import record_change
from parking.lots import Around, InnerClock, UnknownLot
from parking.store import events as event_store
from parking.store import lots as store
from parking.store.tariffs import take_turns
from parking.surroundings import Placed, Surroundings
from payments.identity import Principal, may_act_for


async def set_surroundings(
    db: sql.Connection, code: str, said: Surroundings, *, valid_from: datetime | None, by: Principal, now: datetime
) -> Changed:
    """From an instant on (None: now) a lot lies in this lot and along this road. As long as no car was read there it
    has lain so from the beginning. Stays are priced by where lots lay when their vehicles were there.

    Raises:
        UnknownLot: no lot has this code, or there is none that it could lie in.
        NotYours: it is another operator's, or would stop the clock of one that is.
        InsideItself: the other lies inside of this one, or will.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`; nothing that was decided by where the lot lies
            is decided anew, there or in a lot around, inside or along its roads.
    """
    await take_turns(db)
    known = await store.lot_of_code(db, code)
    if known is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, known.operator_id)
    outer = None if said.inside_of is None else await store.lot_of_code(db, said.inside_of)
    if said.inside_of is not None and outer is None:
        raise UnknownLot(f"No lot has the code {said.inside_of!r}.", field="inside_of", code=said.inside_of)
    lies, lots = said.around(None if outer is None else outer.id), await store.placed(db)
    lot = lots[known.id]
    concerned = surroundings.concerned(lot, lots, lies)
    await event_store.lock_lots(db, sorted(concerned))
    read_at = await store.last_read_at(db, concerned)
    before = lot.around_at(now if valid_from is None else valid_from)
    if valid_from is None and read_at is None and not lot.surroundings:
        if before == lies:
            return Changed(Outcome.UNCHANGED)
        _check(structs.replace(lot, first=lies), lots, surroundings.EARLIEST, by)
        await store.set_surroundings(db, lot.id, lies)
        await _record(db, known.code, before, lies, None, by=by, now=now)
        return Changed(Outcome.CHANGED)
    begins = dated.begin(lot.first, lot.surroundings, lies, valid_from=valid_from, now=now, decided_until=read_at)
    if begins is None:
        return Changed(Outcome.UNCHANGED)
    _check(lot.moved(begins), lots, begins.valid_from, by)
    await store.add_surroundings(db, lot.id, begins)
    await _record(db, known.code, lot.around_at(begins.valid_from), lies, begins.valid_from, by=by, now=now)
    return dated.changed(lot.surroundings, begins)


def _check(lot: Placed, lots: Mapping[int, Placed], since: datetime, by: Principal) -> None:
    """Refuses a lot that lies in itself at some instant from `since` on, or stops the clock of another operator's."""
    there = {**lots, lot.id: lot}
    surroundings.check_place(lot, there, since)
    for period in surroundings.periods(there.values()):
        if period.until > since and lot.around_at(period.since).inner_clock is InnerClock.STOPS:
            for outer in surroundings.around(lot, there, period.since):
                may_act_for(by, outer.operator_id)


async def may_stop(db: sql.Connection, outer_code: str, by: Principal) -> None:
    """Refuses staff of one operator a lot that stops the clock of another's.

    Raises:
        NotYours: the lot around is another operator's, or one around that is or will be.
    """
    known = await store.lot_of_code(db, outer_code)
    if known is None:
        return
    lots = await store.placed(db)
    outer = lots[known.id]
    for period in surroundings.periods(lots.values()):
        for each in (outer, *surroundings.around(outer, lots, period.since)):
            may_act_for(by, each.operator_id)


class Registered(NamedTuple):
    """Where a lot that is registered lies from the beginning, and from an instant on, if that is elsewhere."""

    first: Around
    then: Version[Around] | None = None


async def registered(db: sql.Connection, said: Around, now: datetime) -> Registered:
    """Where a lot lies that is registered there: from the beginning, but along a road where cars were read, which
    would be priced otherwise, from now on.
    """
    alone = structs.replace(said, road=None, road_within_min=None)
    if alone == said:
        return Registered(said)
    along = Placed(0, 0, structs.replace(said, inside_of=None, inner_clock=InnerClock.RUNS))
    stretches = surroundings.concerned(along, await store.placed(db), along.first) - {along.id}
    await event_store.lock_lots(db, sorted(stretches))
    read_at = await store.last_read_at(db, stretches)
    if read_at is None:
        return Registered(said)
    return Registered(alone, dated.begin(alone, (), said, valid_from=None, now=now, decided_until=read_at))


async def _record(
    db: sql.Connection,
    code: str,
    was: Around,
    lies: Around,
    valid_from: datetime | None,
    *,
    by: Principal,
    now: datetime,
) -> None:
    before, after = [await _said(db, each) for each in (was, lies)]
    detail: dict[str, object] = {"before": before, "after": {**after, "valid_from": valid_from}}
    await record_change(db, by=by.subject, action="lot.surroundings", subject=f"lot:{code}", detail=detail, now=now)


async def _said(db: sql.Connection, lies: Around) -> dict[str, object]:
    outer = None if lies.inside_of is None else await store.code_of_lot(db, lies.inside_of)
    return {**structs.asdict(lies), "inside_of": outer}
