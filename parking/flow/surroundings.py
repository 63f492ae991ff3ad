"""Where lots lie: inside of others, and along roads."""

from datetime import datetime

from msgspec import structs

import sql
from parking.dated import Outcome, RewritesThePast
from parking.flow.network import record_change
from parking.lots import InnerClock, InsideItself, Surroundings, UnknownLot
from parking.store import events as event_store
from parking.store import lots as store
from parking.store.tariffs import take_turns
from payments.identity import Principal, may_act_for


async def set_surroundings(
    db: sql.Connection, code: str, said: Surroundings, *, by: Principal, now: datetime
) -> Outcome:
    """Says in which lot a lot lies and along which road, until its first car is read: bills go by that.

    Raises:
        UnknownLot: no lot has this code, or there is none that it could lie in.
        NotYours: it is another operator's, or stops the clock of one that is.
        InsideItself: the other lies inside of this one.
        RewritesThePast: a car was read in it.
    """
    await take_turns(db)
    lot = await store.surroundings(db, code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, lot.operator_id)
    before = lot.said if said.road is not None else structs.replace(lot.said, road_within_min=said.road_within_min)
    if before == said:
        return Outcome.UNCHANGED
    await event_store.lock_lots(db, [lot.id])
    if await store.last_read_at(db, lot.id) is not None:
        raise RewritesThePast("Cars were read in this lot, and bills went by where it lies.", field="inside_of")
    if said.inside_of is not None:
        around = await store.lots_around(db, said.inside_of)
        if not around:
            raise UnknownLot(f"No lot has the code {said.inside_of!r}.", field="inside_of", code=said.inside_of)
        if lot.id in around:
            raise InsideItself("That lot lies inside of this one.", field="inside_of", code=said.inside_of)
        if said.inner_clock is InnerClock.STOPS:
            for operator_id in await store.operators_around(db, said.inside_of):
                may_act_for(by, operator_id)
    await store.set_surroundings(db, lot.id, said)
    detail: dict[str, object] = {"before": lot.said, "after": said}
    subject = f"lot:{code}"
    await record_change(db, by=by.subject, action="lot.surroundings", subject=subject, detail=detail, now=now)
    return Outcome.CHANGED
