"""Events that staff look up, and deciding about them and about what devices said."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.cases import FoundEvent, OpenCase, RefusedEvent
from parking.decisions import NoSuchFact
from parking.flow import decisions as decisions_flow
from parking.flow import device_decisions as device_flow
from parking.flow.decisions import Decided
from parking.flow.derivation import RandomBits
from parking.network import Network
from parking.store import cases as store
from parking.store import device_decisions as device_store
from parking.verdicts import Verdict
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


async def decide(
    db: sql.Connection,
    said: Verdict,
    *,
    fact_id: UUID,
    case: OpenCase | None = None,
    by: Principal,
    request_key: str | None = None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Decided:
    """Decides about a fact, whatever it is. `db` is in a transaction, and the caller may decide about the lot.

    Raises: see `decisions.decide` and `device_decisions.decide`.
    """
    is_said = await device_store.is_known(db, ids.shard_of(fact_id), fact_id)
    return await (device_flow.decide if is_said else decisions_flow.decide)(
        db,
        said,
        fact_id=fact_id,
        case=case,
        by=by,
        request_key=request_key,
        network=network,
        now=now,
        random_bits=random_bits,
    )


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
    """As `cases.decide_case`, of an event (or what a device said, or a read that was made by hand) that is no case.

    Raises:
        NoSuchFact: there is none of this id among these lots.
        others: see `decide`.
    """
    lot_id = ids.shard_of(event_id)
    if not ids.is_ours(event_id) or lot_id not in network.lots or (lot_ids is not None and lot_id not in lot_ids):
        raise NoSuchFact("There is no event of this id.", event_id=str(event_id))
    async with pool.acquire() as db, db.transaction():
        return await decide(
            db,
            said,
            fact_id=event_id,
            by=by,
            request_key=request_key,
            network=network,
            now=now,
            random_bits=random_bits,
        )


# -- what could not be taken


async def refused_events(
    db: sql.Connection,
    *,
    lot_ids: Sequence[int] | None,
    after: UUID,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[RefusedEvent]:
    """What was refused at the lots (None: at all), the oldest first. It may show plates, as above."""
    found = await store.refused_events(db, lot_ids=lot_ids, after=after, limit=limit)
    await audit_flow.record_look(
        db, subject="refused-events", rows=len(found), reader=reader, now=now, random_bits=random_bits
    )
    return found
