"""Deriving stays from facts that have changed, in PostgreSQL: read, derive, price; then write what is different.

New events and what people decide about old ones come this way alike. The lots are locked (`store.events.lock_lots`),
and `db` is in a transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import derivation, dues, effects, matching
from parking.billings import Alarm
from parking.effects import Believed, CaseChanges, Derived, Difference, Priced
from parking.facts import REPEATS_KEPT
from parking.fees import Bill
from parking.flow.billings import watch_charges
from parking.lookback import further_lookback, ids_within, lookback_of
from parking.network import Network
from parking.passings import SECOND_LOOK, belong_together
from parking.reads import Cause, Read
from parking.stays import State, Stay
from parking.store import decisions as decision_store
from parking.store import events as store
from payments import charges, ids
from payments.charges import ChargeRequest
from payments.flow import charges as charges_flow
from payments.flow import holds as holds_flow
from payments.flow.adjustments import adjust_charges
from payments.store import charges as charge_store

RandomBits = Callable[[], int]


async def derive_stays(
    db: sql.Connection,
    new: Sequence[Read],
    *,
    gone: Sequence[Read] = (),
    cause: Cause | None = None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Derived:
    """The stays with `new` reads and without those that are `gone`, beside what was believed until now.

    A read that is corrected, or to which another entry was given, is gone as it was and new as it is. `cause`: the
    decision that changes the stays; None: the reads do.
    """
    if not new and not gone:
        return Derived(Believed({}, {}), Believed({}, {}), {}, (), Difference([], [], [], []), {}, {}, {})
    before, reads, stays = await _derive(db, new, gone, network, now)
    after = Believed(stays, await _price(db, before, stays, [*new, *gone], network, now))
    # What a person decides is about reads that were there before, and may have been billed.
    wanted = effects.charges_that_matter(before, after, new if cause is None else ())
    known = await charge_store.charges_by_id(db, wanted) if wanted else {}
    everything = stays | derivation.remains(before.stays, stays)
    return Derived(
        before=before,
        after=after,
        stays=everything,
        reads=reads,
        changed=effects.difference(before, after, everything),
        charges=known,
        references={
            id_: charges.new_reference(random_bits(), random_bits())
            for id_, bill in after.bills.items()
            if before.bills.get(id_) is not bill
        },
        causes={read.lot_id: cause or Cause("later_fact", read.id) for read in (*gone, *new)},
    )


# -- what is believed, and what follows


async def _derive(
    db: sql.Connection, new: Sequence[Read], gone: Sequence[Read], network: Network, now: datetime
) -> tuple[Believed, Sequence[Read], dict[UUID, Stay]]:
    """What was believed of the vehicles of these reads, all reads that matter to it, and the stays now."""
    near = [*gone, *await _near(db, new, now), *await _near(db, gone, now)]
    before = await _believed(db, [*new, *near], network, now)
    parts = derivation.halves(before.stays)
    scopes = derivation.scopes(parts, new, near, gone)
    wanted = [(stay.lot_id, fact) for scope in scopes if scope.facts for stay in scope.stays for fact in stay.facts]
    facts = await store.reads_by_id(db, *zip(*wanted, strict=True)) if wanted else {}
    for read in gone:
        facts.pop(read.id, None)
    reads = [*derivation.reads_of(scopes, facts), *new]
    after = derivation.rederived(parts, scopes, reads)
    decided = derivation.with_facts(after.values(), {read.id for read in gone}) if gone else []
    return before, reads, await _match(db, before, parts, after, decided)


async def _near(db: sql.Connection, new: Sequence[Read], now: datetime) -> list[Read]:
    """Earlier reads that belong to a passing of new ones though their text is another, and the others of these."""
    near: dict[UUID, Read] = {}
    edge: Sequence[Read] = new
    id_range = ids_within(now, REPEATS_KEPT)
    while edge:
        reached = {read.id: read for read in edge}
        around = await store.reads_near(db, edge, SECOND_LOOK, id_range)
        found = {
            read.id: read for read, near_id in around if read.id not in near and belong_together(read, reached[near_id])
        }
        near |= found
        edge = list(found.values())
    return list(near.values())


async def _believed(db: sql.Connection, reads: Sequence[Read], network: Network, now: datetime) -> Believed:
    """The stays of the vehicles of these reads, with the other halves of those that were matched."""
    opened = {stay.vehicle: stay for stay in await store.open_stays(db, list({read.vehicle for read in reads}))}
    lookback = lookback_of(reads, opened, network.prices, now)
    finished = await store.finished_stays(db, lookback.since, lookback.id_range)
    further = further_lookback(reads, [*opened.values(), *(stay for stay, _ in finished)], now)
    if further is not None:
        finished += await store.finished_stays(db, further.since, further.id_range)
    believed = Believed({stay.id: stay for stay in opened.values()}, {})
    effects.add(believed, finished)
    partners = effects.partners(believed)
    if partners:
        effects.add(believed, await store.stays_by_id(db, partners))
    return believed


async def _match(
    db: sql.Connection,
    before: Believed,
    parts: Mapping[UUID, Stay],
    after: Mapping[UUID, Stay],
    decided: Sequence[Stay] = (),
) -> dict[UUID, Stay]:
    """The stays `after`, with halves put together that belong together. `before` grows by what had to be read.

    `decided`: exits of which people decided something, which are matched anew also if they are as they were.
    """
    changed = [*derivation.changed_halves(parts, after), *decided]
    lots = await _lots_to_match(db, changed)
    if not lots:
        return derivation.as_it_was(before.stays, parts, after)
    windows = [(lot, *derivation.window([stay for stay in changed if stay.lot_id == lot])) for lot in sorted(lots)]
    known = set(before.stays)
    effects.add(before, await store.halves(db, windows))
    before.stays |= {stay.id: stay for stay in await store.open_halves(db, windows) if stay.id not in known}
    partners = effects.partners(before)
    if partners:
        effects.add(before, await store.stays_by_id(db, partners))
    others = {id_: stay for id_, stay in derivation.halves(before.stays).items() if id_ not in known}
    everything = {**others, **after}
    exits = [fact for stay in everything.values() if stay.state is State.EXIT_ONLY for fact in stay.facts]
    pairs = matching.pairs_of(everything, await decision_store.pairs(db, exits)) if exits else None
    return derivation.matched_in(lots, before.stays, {**parts, **others}, everything, changed, pairs)


async def _lots_to_match(db: sql.Connection, changed: Sequence[Stay]) -> set[int]:
    """The lots in which what belongs together may be otherwise now."""
    lots = {stay.lot_id for stay in changed if stay.state is State.EXIT_ONLY}
    since: dict[int, datetime] = {}
    for stay in changed:
        if stay.lot_id not in lots:
            since[stay.lot_id] = min(since.get(stay.lot_id, stay.first_at), stay.first_at)
    exits = [stay for stay, _ in await store.exit_halves(db, since)] if since else []
    facts = [fact for stay in exits for fact in stay.facts]
    paired = {entry for _, entry in await decision_store.pairs(db, facts)} if facts else frozenset[UUID]()
    return lots | derivation.lots_that_match(changed, exits, paired)


async def _price(
    db: sql.Connection,
    before: Believed,
    stays: Mapping[UUID, Stay],
    reads: Sequence[Read],
    network: Network,
    now: datetime,
) -> dict[UUID, Bill]:
    """What the closed stays cost, each with the bill it has or a new one."""
    kept = {id_: bill for id_, bill in before.bills.items() if stays.get(id_) == before.stays[id_]}
    wanted = effects.to_price(before, stays, network.prices)
    if not wanted:
        return kept
    billed = [effects.as_billed(stay, stays) for stay in wanted]
    plates = list({stay.vehicle.number_plate for stay in billed})
    priced = Priced(await store.payers(db, plates), {})
    # What vehicles used in other lots is read only where a price asks for it. Their plates are locked until the
    # transaction ends: two lots never draw on what one vehicle has left at the same time.
    asking = [stay for stay in billed if network.prices[stay.lot_id].is_wide]
    if asking:
        wide = list({stay.vehicle.number_plate for stay in asking})
        await store.lock_plates(db, wide)
        lookback = lookback_of(reads, {}, network.prices, now)
        priced.used = await store.uses_of(db, wide, min(lookback.since.values()), lookback.id_range)
    return kept | effects.price(wanted, before, stays, priced, network)


# -- what is written


async def write_stays(
    db: sql.Connection,
    derived: Derived,
    gateways: Mapping[UUID, int],
    *,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[Alarm]:
    """Writes what is different, and brings what is charged to it. `gateways`: who told of which new event; what comes
    from a gateway is watched, and the alarms about that are returned.
    """
    await _write(db, derived.changed, now, random_bits)
    owed = dues.owed(derived, network.lots)
    requests: Sequence[ChargeRequest] = owed.requests
    alarms: Sequence[Alarm] = ()
    if gateways:
        told = dues.told_by(requests, derived, gateways)
        requests, alarms = await watch_charges(db, requests, told, network.lots, now=now)
    await adjust_charges(db, owed.adjustments, beside=[*owed.doubted, *owed.cleared], now=now)
    await charges_flow.request_charges(db, requests, now=now)
    if owed.doubted:
        await holds_flow.place_holds(db, owed.doubted, now=now)
    if owed.cleared:
        await holds_flow.release_holds(db, owed.cleared, now=now)
    return alarms


async def _write(db: sql.Connection, changed: Difference, now: datetime, random_bits: RandomBits) -> None:
    if changed.ended:
        await store.end_open_stays(db, [stay.vehicle for stay in changed.ended])
    if changed.opened:
        await store.add_open_stays(db, changed.opened)
    if changed.rewritten:
        revisions = [(id_, ids.new(now, ids.shard_of(id_), random_bits())) for id_ in changed.rewritten]
        await store.keep_revisions(db, revisions, now=now)
    if changed.finished:
        await store.put_stays(db, changed.finished, now=now)


async def write_cases(db: sql.Connection, changes: CaseChanges, *, now: datetime) -> None:
    """Puts before people what they should look at now, and takes away what is moot."""
    if changes.moot:
        await store.settle_reviews(db, changes.moot, now=now)
    if changes.opened:
        await store.open_reviews(
            db, [(case.lot_id, case.id, case.event_id, case.reason, now, case.stay_id) for case in changes.opened]
        )
