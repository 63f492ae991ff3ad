"""Calling a price area rightly. What holds in it is `flow/prices.py`."""

from datetime import datetime

from msgspec import structs

import sql
from parking import zones
from parking.dated import Outcome
from parking.flow.network import record_change
from parking.lots import UnknownZone
from parking.store import zones as store
from parking.store.tariffs import take_turns
from parking.zones import ZoneChange
from payments.identity import Principal, may_act_for_all


async def rename(db: sql.Connection, code: str, said: ZoneChange, *, by: Principal, now: datetime) -> Outcome:
    """Corrects what a price area is called; the same again changes nothing.

    Raises:
        NotYours: the caller is staff of one operator.
        UnknownZone: there is none of this code.
    """
    may_act_for_all(by)
    await take_turns(db)
    zone = await store.zone_names(db, code)
    if zone is None:
        raise UnknownZone(f"No price area has the code {code!r}.", code=code)
    after = zones.changed(zone, said)
    if not after:
        return Outcome.UNCHANGED
    await store.rename_zone(db, structs.replace(zone, **after))
    detail: dict[str, object] = {"before": {name: getattr(zone, name) for name in after}, "after": after}
    await record_change(db, by=by.subject, action="zone.rename", subject=f"zone:{code}", detail=detail, now=now)
    return Outcome.CHANGED
