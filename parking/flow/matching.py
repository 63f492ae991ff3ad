"""What lots do with exits that are only probably matched, from an instant on."""

from datetime import datetime

import sql
from parking import dated
from parking.dated import Changed, Outcome
from parking.flow.network import record_change
from parking.lots import ProbableMatch, UnknownLot
from parking.store import events as event_store
from parking.store import lots as store
from parking.store.tariffs import take_turns
from payments.identity import Principal, may_act_for


async def set_probable_match(
    db: sql.Connection,
    code: str,
    probable_match: ProbableMatch,
    *,
    valid_from: datetime | None,
    by: Principal,
    now: datetime,
) -> Changed:
    """From an instant on (None: now) the barriers of a lot open for probable matches, or hold them.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`; no exit that was read is decided anew.
    """
    await take_turns(db)
    lot = await store.probable_match_to_change(db, code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, lot.operator_id)
    # Nobody is read at an exit meanwhile, later than the instant.
    await event_store.lock_lots(db, [lot.id])
    versions = await store.probable_matches(db, lot.id)
    begins = dated.begin(
        lot.probable_match,
        versions,
        probable_match,
        valid_from=valid_from,
        now=now,
        decided_until=await store.last_read_at(db, [lot.id]),
    )
    if begins is None:
        return Changed(Outcome.UNCHANGED)
    await store.add_probable_match(db, lot.id, begins)
    was = dated.at(lot.probable_match, versions, begins.valid_from)
    detail: dict[str, object] = {
        "before": {"probable_match": was},
        "after": {"probable_match": begins.value, "valid_from": begins.valid_from},
    }
    await record_change(
        db, by=by.subject, action="lot.probable_match", subject=f"lot:{lot.code}", detail=detail, now=now
    )
    return dated.changed(versions, begins)
