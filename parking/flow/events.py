"""Recording gate events: a batch in, answers out, in one transaction. Read, decide, write.

The batch is the unit because its cost is nearly that of one event: every statement works on all events at once.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking import commands, device_facts, effects, occupancy, repeats
from parking import facts as facts_
from parking.answers import Answer, EventRecord, StayNow, answers, key_of, may_be_named, record_of_read, waits
from parking.billings import Alarm
from parking.device_facts import Told
from parking.events import PAYLOAD_KEPT_BYTES_MAX, REFUSED_KEPT_PER_DAY, EventRejected
from parking.facts import REPEATS_KEPT, Fact
from parking.flow import bookings as booking_flow
from parking.flow import cash as cash_flow
from parking.flow import device_facts as device_flow
from parking.flow import tickets as tickets_flow
from parking.flow.arrears import say_at_lanes
from parking.flow.commands import tell_exits
from parking.flow.coupons import present_with_events
from parking.flow.derivation import RandomBits, derive_stays, write_cases, write_stays
from parking.flow.device_facts import NOTHING_SAID
from parking.flow.rights import keep_methods
from parking.flow.stays import stays_now
from parking.gateways import Gateway
from parking.lookback import ids_within
from parking.network import Network
from parking.occupancy import Count
from parking.reads import read_of
from parking.spans import STAY_MAX
from parking.store import cases as case_store
from parking.store import decisions as decision_store
from parking.store import events as store
from payments import ids


class Recorded(Struct, frozen=True):
    """What became of a batch: an answer per event in their order, the counts that moved, gateways that billed beyond
    their history, and those that were told something of cars which were held before.
    """

    answers: list[Answer]
    counts: Sequence[Count]
    alarms: Sequence[Alarm] = ()
    told: Collection[int] = ()


async def record_events(
    db: sql.Connection, facts: Sequence[Told], *, network: Network, now: datetime, random_bits: RandomBits
) -> Recorded:
    """Records events in one go and says what each gate is to do. `db` is in a transaction.

    Recognises repeats (answered as the first time) and further reads that say no more (kept beside it), and has stays
    that the new ones change derived, priced and charged. What is no plate read is taken with them (`device_facts`).
    Nothing may be answered before the transaction commits.
    """
    telling = await store.lock_lots(db, sorted({p.lot_id for p in facts}))
    merged = await tickets_flow.with_plates(db, facts, now)
    facts = merged.told
    events, said = device_facts.parted(facts)
    keys = list(dict.fromkeys(map(key_of, events)))
    earlier = await store.event_records(db, keys, ids_within(now, REPEATS_KEPT)) if keys else {}
    told = repeats.sort(events, earlier)
    new = await _once_a_day(db, told.new)
    taken = await device_flow.take(db, said, new, telling=telling, now=now) if said or telling else NOTHING_SAID
    reads, gone = taken.reads([read_of(fact) for fact in new if fact.applies])

    if any(fact.event.paid_by for fact in new):
        await keep_methods(db, new)
    handed_in = [fact for fact in (*new, *told.reads) if fact.event.coupons]
    presented = await present_with_events(db, handed_in, told.first, now=now) if handed_in else None
    derived = await derive_stays(
        db, reads, gone=gone, told=taken.told(), network=network, now=now, random_bits=random_bits
    )
    made = effects.records(new, derived, network.lots)
    records = {record.id: record for records in earlier.values() for record in records}
    records |= {record.id: record for record in made}
    rows = [*zip(new, made, strict=True), *((p, record_of_read(p, records[told.first[p.id]])) for p in told.reads)]
    if rows:
        await store.add_events(db, [(merged.recorded(fact), record) for fact, record in rows])
    if merged.as_read:
        await tickets_flow.keep(db, merged, new, now)
    changes = effects.case_changes(derived, new, made, network.lots)
    if taken is not NOTHING_SAID:
        changes = await device_flow.write(db, taken, derived, changes)
    gateways = {fact.id: fact.gateway_id for fact in facts}
    alarms = await write_stays(db, derived, gateways, network=network, now=now, random_bits=random_bits)
    await write_cases(db, changes, now=now)
    if told.read_since:
        await case_store.settle_cases(db, repeats.read_after_all(told.read_since), now=now)
    if said:
        await cash_flow.take(db, taken.sorted.new, now=now)
    seen = device_facts.sightings(taken.sorted.new, network.lots)
    moves = occupancy.moves(effects.sightings(new, derived, network.lots, seen))
    counts = await store.move_counts(db, now, moves, heard_at=now) if moves else ()
    held = commands.held_before(derived.changed.finished, gateways, now)
    gates = await tell_exits(db, held, now=now, random_bits=random_bits) if held else ()
    stays, let_in = await _told_again(db, events, told, records, network, now)
    booked = await booking_flow.seen_at_gates(db, events, network) if network.bookable else {}
    answered = answers(events, told.first, records, stays, presented, booked, let_in)
    answered = await say_at_lanes(db, events, answered, network, now)
    if said:
        answered = device_flow.in_order(facts, events, answered, taken)
    return Recorded(answered, counts, alarms, gates)


async def _once_a_day(db: sql.Connection, new: Sequence[Fact]) -> Sequence[Fact]:
    """The facts, of which one a device and day has what is odd about the device as its doubt."""
    odd = [fact for fact in new if fact.of_device]
    if not odd:
        return new
    since = datetime.combine(min(p.received_at for p in odd), time(), UTC)
    return facts_.once_a_day(new, await store.said_of_devices(db, {p.lot_id for p in odd}, ids.floor(since)))


async def _told_again(
    db: sql.Connection,
    events: Sequence[Fact],
    told: repeats.Sorted,
    records: dict[UUID, EventRecord],
    network: Network,
    now: datetime,
) -> tuple[dict[UUID, StayNow], set[UUID]]:
    """How the stays of exits stand that are told again and wait, and which entries that were held are of vehicles, as
    people said meanwhile. Exits that were of no stay get in `records` the one that they are of by what was said.
    """
    again = [fact for fact in events if told.first[fact.id] != fact.id]
    if not again:
        return {}, set()
    held = list({told.first[fact.id] for fact in again if may_be_named(fact, records[told.first[fact.id]])})
    said = await decision_store.said_since(db, held, ids_within(now, REPEATS_KEPT + STAY_MAX)) if held else {}
    for id_, each in said.items():
        if each.stay_id is not None and records[id_].stay_id is None:
            records[id_] = structs.replace(records[id_], stay_id=each.stay_id)
    found = [(fact, records[told.first[fact.id]]) for fact in again]
    waiting = {(ids.shard_of(r.stay_id), r.stay_id) for fact, r in found if r.stay_id is not None and waits(fact, r)}
    stays = await stays_now(db, waiting, network.lots) if waiting else {}
    return stays, {id_ for id_, each in said.items() if each.counts}


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
