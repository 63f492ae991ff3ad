"""Recording gate events: a batch in, answers out, in one transaction. Read, decide, write.

The batch is the unit because its cost is nearly that of one event: every statement works on all events at once.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time

from msgspec import Struct

import sql
from parking import effects, occupancy, repeats
from parking import passings as passings_
from parking.answers import Answer, EventRecord, answers, key_of, record_of_read
from parking.billings import Alarm
from parking.effects import Changes, Effect, Known
from parking.events import PAYLOAD_KEPT_BYTES_MAX, REFUSED_KEPT_PER_DAY, EventRejected
from parking.flow.billings import watch_charges
from parking.lots import Gateway
from parking.matching import vehicle_of
from parking.network import Network
from parking.occupancy import Count
from parking.passings import REPEATS_KEPT, Passing
from parking.store import events as store
from payments import charges, ids
from payments.flow import charges as charges_flow
from payments.store import charges as charge_store

RandomBits = Callable[[], int]


class Recorded(Struct, frozen=True):
    """What became of a batch: an answer per passing in their order, the counts that moved, and gateways
    that billed beyond their history.
    """

    answers: list[Answer]
    counts: Sequence[Count]
    alarms: Sequence[Alarm] = ()


async def record_events(
    db: sql.Connection, passings: Sequence[Passing], *, network: Network, now: datetime, random_bits: RandomBits
) -> Recorded:
    """Records passings in the order given and says what each gate is to do. `db` is in a transaction.

    Recognises repeats (answered as the first time) and further reads of one passing (kept beside it), opens and closes
    stays, prices them, and asks payments for the charges. Nothing may be answered before the transaction commits.
    """
    await store.lock_lots(db, sorted({p.lot_id for p in passings}))
    keys = list(dict.fromkeys(map(key_of, passings)))
    earlier = await store.event_records(db, keys, effects.ids_within(now, REPEATS_KEPT))
    told = repeats.sort(passings, earlier)
    new = await _once_a_day(db, told.new)
    known = await _read(db, [p for p in new if p.applies], network)

    before = dict(known.histories)
    made = [
        (ids.new(p.received_at, p.lot_id, random_bits()), charges.new_reference(random_bits(), random_bits()))
        for p in new
    ]
    applied = effects.apply(known, new, made, network)

    records = {record.id: record for records in earlier.values() for record in records}
    records |= {effect.passing.id: effect.record for effect in applied}
    await _write_events(db, applied, [(p, record_of_read(p, records[told.first[p.id]])) for p in told.reads])
    await _write_stays(db, effects.changes(before, known))
    requests, alarms = await watch_charges(
        db, effects.charges(applied, network.lots), effects.gateways(applied), network.lots, now=now
    )
    await charges_flow.request_charges(db, requests, now=now)
    moves = occupancy.moves(effects.sightings(applied, before, network.lots))
    counts = await store.move_counts(db, now, moves) if moves else ()
    return Recorded(answers(passings, told.first, records), counts, alarms)


async def _once_a_day(db: sql.Connection, new: Sequence[Passing]) -> Sequence[Passing]:
    """The passings, of which one a device and day has what is odd about the device as its doubt."""
    odd = [passing for passing in new if passing.of_device]
    if not odd:
        return new
    since = datetime.combine(min(p.received_at for p in odd), time(), UTC)
    return passings_.once_a_day(new, await store.said_of_devices(db, {p.lot_id for p in odd}, ids.floor(since)))


async def _read(db: sql.Connection, passings: Sequence[Passing], network: Network) -> Known:
    """What is known of the vehicles of these passings."""
    if not passings:
        return Known({}, {})
    opened = await store.open_stays(db, list({vehicle_of(p) for p in passings}))
    lookback = effects.lookback(passings, opened, network.prices)
    finished = await store.finished_stays(db, lookback.since, lookback.id_range)
    further = effects.further_lookback(passings, lookback, opened, finished)
    if further is not None:
        finished += await store.finished_stays(db, further.since, further.id_range)
    known = effects.known_of(lookback.since, opened, finished)
    ending = effects.ending(passings, known)
    if not ending:
        return known
    known.payers = await store.payers(db, list({vehicle.number_plate for vehicle in ending}))
    # What vehicles used in other lots is read only where a price asks for it. Their plates are locked until the
    # transaction ends: two lots never draw on what one vehicle has left at the same time.
    asking = [vehicle for vehicle in ending if network.prices[vehicle.lot_id].is_wide]
    if asking:
        plates = list({vehicle.number_plate for vehicle in asking})
        await store.lock_plates(db, plates)
        since = min(lookback.since[vehicle] for vehicle in asking)
        known.used = await store.uses_of(db, plates, since, lookback.id_range)
    charged = effects.charges_that_matter(passings, known)
    if charged:
        known.charges = await charge_store.charges_by_id(db, charged)
    return known


async def _write_events(
    db: sql.Connection, applied: Sequence[Effect], reads: Sequence[tuple[Passing, EventRecord]]
) -> None:
    if not applied and not reads:
        return
    await store.add_events(db, [*((effect.passing, effect.record) for effect in applied), *reads])
    reviews = [
        (p.lot_id, ids.derive(p.id, "review"), p.id, reason, p.received_at)
        for p, reason in ((effect.passing, effect.record.reason) for effect in applied)
        if reason is not None
    ]
    if reviews:
        await store.add_reviews(db, reviews)


async def _write_stays(db: sql.Connection, changes: Changes) -> None:
    if changes.ended:
        await store.end_open_stays(db, changes.ended)
    if changes.opened:
        await store.add_open_stays(db, changes.opened)
    if changes.finished:
        await store.put_stays(db, changes.finished)


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
