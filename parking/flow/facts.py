"""Events that staff look up, and deciding about one that is no case."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.cases import FoundEvent
from parking.decisions import NoSuchFact, Verdict
from parking.flow import decisions as decisions_flow
from parking.flow.decisions import Decided
from parking.flow.derivation import RandomBits
from parking.network import Network
from parking.store import cases as store
from payments import ids
from payments.flow import audit as audit_flow
from payments.identity import Principal


async def find_events(
    db: sql.Connection,
    places: Sequence[tuple[int, int]],
    *,
    since: datetime,
    until: datetime,
    after: UUID | None,
    plate: str | None,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[FoundEvent]:
    """Events at lanes within a time, in its order. They show plates: who read is kept."""
    if not places:
        return ()
    found = await store.events(db, places, since=since, until=until, after=after, plate=plate, limit=limit)
    await audit_flow.record_look(db, subject="events", rows=len(found), reader=reader, now=now, random_bits=random_bits)
    return found


async def decide_event(
    pool: sql.Pool,
    said: Verdict,
    *,
    event_id: UUID,
    lot_ids: Sequence[int] | None,
    by: Principal,
    request_key: str | None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Decided:
    """As `cases.decide_case`, of an event (or an entry that was made by hand) that is no case.

    Raises:
        NoSuchFact: there is none of this id among these lots.
        others: see `decisions.decide`.
    """
    lot_id = ids.shard_of(event_id)
    if not ids.is_ours(event_id) or lot_id not in network.lots or (lot_ids is not None and lot_id not in lot_ids):
        raise NoSuchFact("There is no event of this id.", event_id=str(event_id))
    async with pool.acquire() as db, db.transaction():
        return await decisions_flow.decide(
            db,
            said,
            fact_id=event_id,
            by=by,
            request_key=request_key,
            network=network,
            now=now,
            random_bits=random_bits,
        )
