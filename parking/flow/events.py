"""Recording gate events: a batch in, answers out, in one transaction. Read, decide, write.

The batch is the unit because its cost is nearly that of one event: every statement works on all events at once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from msgspec import Struct

import sql
from parking import effects, occupancy, repeats
from parking import facts as facts_
from parking.answers import Answer, EventRecord, answers, key_of, record_of_read, waits_for_payment
from parking.billings import Alarm
from parking.events import PAYLOAD_KEPT_BYTES_MAX, REFUSED_KEPT_PER_DAY, EventRejected
from parking.facts import REPEATS_KEPT, Fact
from parking.flow.derivation import RandomBits, derive_stays, write_cases, write_stays
from parking.lookback import ids_within
from parking.lots import Gateway
from parking.network import Network
from parking.occupancy import Count
from parking.reads import read_of
from parking.store import events as store
from payments import ids
from payments.charges import ChargeState, charge_id
from payments.store import charges as charge_store


class Recorded(Struct, frozen=True):
    """What became of a batch: an answer per event in their order, the counts that moved, and gateways
    that billed beyond their history.
    """

    answers: list[Answer]
    counts: Sequence[Count]
    alarms: Sequence[Alarm] = ()


async def record_events(
    db: sql.Connection, facts: Sequence[Fact], *, network: Network, now: datetime, random_bits: RandomBits
) -> Recorded:
    """Records events in one go and says what each gate is to do. `db` is in a transaction.

    Recognises repeats (answered as the first time) and further reads of one passing (kept beside it), and has stays
    that the new ones change derived, priced and charged. Nothing may be answered before the transaction commits.
    """
    await store.lock_lots(db, sorted({p.lot_id for p in facts}))
    keys = list(dict.fromkeys(map(key_of, facts)))
    earlier = await store.event_records(db, keys, ids_within(now, REPEATS_KEPT))
    told = repeats.sort(facts, earlier)
    new = await _once_a_day(db, told.new)
    reads = [read_of(fact) for fact in new if fact.applies]

    derived = await derive_stays(db, reads, network=network, now=now, random_bits=random_bits)
    made = effects.records(new, derived, network.lots)
    records = {record.id: record for records in earlier.values() for record in records}
    records |= {record.id: record for record in made}
    rows = [*zip(new, made, strict=True), *((p, record_of_read(p, records[told.first[p.id]])) for p in told.reads)]
    if rows:
        await store.add_events(db, rows)
    gateways = {fact.id: fact.gateway_id for fact in new}
    alarms = await write_stays(db, derived, gateways, network=network, now=now, random_bits=random_bits)
    await write_cases(db, effects.case_changes(derived, new, made, network.lots), now=now)
    moves = occupancy.moves(effects.sightings(new, derived, network.lots))
    counts = await store.move_counts(db, now, moves) if moves else ()
    repeated = [(fact, records[told.first[fact.id]]) for fact in facts if told.first[fact.id] != fact.id]
    paid = await _paid(db, [record for fact, record in repeated if waits_for_payment(fact, record)])
    return Recorded(answers(facts, told.first, records, paid), counts, alarms)


async def _paid(db: sql.Connection, waiting: Sequence[EventRecord]) -> set[UUID]:
    """The stays of events told again whose cars have paid since, or owe nothing any more."""
    wanted = {charge_id(record.stay_id, None): record.stay_id for record in waiting if record.stay_id is not None}
    charges = await charge_store.charges_by_id(db, wanted) if wanted else {}
    return {wanted[key] for key, charge in charges.items() if charge.state is not ChargeState.DUE}


async def _once_a_day(db: sql.Connection, new: Sequence[Fact]) -> Sequence[Fact]:
    """The facts, of which one a device and day has what is odd about the device as its doubt."""
    odd = [fact for fact in new if fact.of_device]
    if not odd:
        return new
    since = datetime.combine(min(p.received_at for p in odd), time(), UTC)
    return facts_.once_a_day(new, await store.said_of_devices(db, {p.lot_id for p in odd}, ids.floor(since)))


# -- what cannot be taken


class Refused(Struct, frozen=True):
    """A refusal and the bytes it is about."""

    why: EventRejected
    raw: bytes


async def keep_refused(
    db: sql.Connection, gateway: Gateway, refusals: Sequence[Refused], *, now: datetime, random_bits: RandomBits
) -> int:
    """Counts refusals, and keeps those within the day's quota with the first PAYLOAD_KEPT_BYTES_MAX of what was sent.

    Returns how many were kept: the first ones.
    """
    counted = await store.count_refused(db, gateway, now.date(), len(refusals))
    kept = refusals[: max(0, REFUSED_KEPT_PER_DAY - (counted - len(refusals)))]
    if not kept:
        return 0
    await store.add_refused(
        db,
        [
            (
                gateway.lot_id,
                ids.new(now, gateway.lot_id, random_bits()),
                gateway.id,
                now,
                r.why.event_id,
                r.why.reason,
                # The name of a field is the sender's text, too; NUL cannot stand in PostgreSQL's.
                r.why.field and r.why.field.replace("\0", "")[:256],
                r.why.sentence.replace("\0", "\\0")[:1024],
                r.raw[:PAYLOAD_KEPT_BYTES_MAX],
                len(r.raw),
            )
            for r in kept
        ],
    )
    return len(kept)
