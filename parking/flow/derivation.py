"""Deriving stays from facts that have changed, in PostgreSQL: read, derive, price; then write what is different.

New events and what people decide about old ones come this way alike. The lots are locked (`store.events.lock_lots`),
and `db` is in a transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import bills as bills_
from parking import derivation, dues, effects, matching
from parking.billings import Alarm
from parking.bills import Believed, Priced
from parking.clocks import CLOCK_OFF_MAX
from parking.derivation import Matched
from parking.effects import NEW_READS, CaseChanges, Derived, Difference, Occasion
from parking.facts import REPEATS_KEPT
from parking.fees import Bill, PastAt
from parking.flow.billings import watch_charges
from parking.flow.exits import known_at_exits, quoted_before
from parking.flow.matching import keep_matches
from parking.flow.pauses import ask_nests, changed_in_nests
from parking.flow.rights import ask_sharing, keep_rights, rights_of
from parking.live import tracing
from parking.lookback import further_lookback, ids_within, lookback_of, recorded_since, window_of
from parking.network import Network
from parking.passings import SECOND_LOOK, belong_together
from parking.reads import By, Cause, NumberPlate, Read
from parking.spans import STAY_MAX
from parking.stays import State, Stay
from parking.store import cases as case_store
from parking.store import decisions as decision_store
from parking.store import events as store
from parking.store import repricing as repricing_store
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
    told: Occasion = NEW_READS,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Derived:
    """The stays with `new` reads and without those that are `gone`, beside what was believed until now.

    A read that is corrected, or to which another entry was given, or whose vehicle was seen to pass, is gone as it was
    and new as it is. `told`: on what occasion.
    """
    if not new and not gone:
        return Derived(Believed({}, {}), Believed({}, {}), {}, (), Difference([], [], [], []), {}, {}, {})
    fresh = new if told.recorded is None else [read for read in new if read.id not in told.recorded]
    with tracing.span("derive", reads=len(new)):
        before, reads, found = await derive_again(db, new, gone, network, now)
        stays = found.stays
        # A stay that was none for a while is not a new one: something may have been charged and paid of it.
        if back := stays.keys() - before.stays.keys() - {read.id for read in fresh}:
            effects.add(before, await store.stays_by_id(db, list(back)))
    wanted = bills_.to_price(before, stays, network.prices)
    with tracing.span("price", stays=len(wanted)):
        bills, priced = await price_stays(db, wanted, before, stays, network, now)
    after = Believed(stays, bills)
    charged = effects.charges_that_matter(before, after, fresh)
    known = await charge_store.charges_by_id(db, charged) if charged else {}
    if unbilled := effects.charged_unbilled(before, after):
        known |= await charge_store.charges_of_stays(db, unbilled)
    everything = stays | derivation.remains(before.stays, stays)
    lost = effects.clear_no_more(before.stays, stays, network.lots)
    if lost:
        there = {read.id for read in (*reads, *gone)}
        again = [(lot_id, fact) for fact, lot_id in lost.items() if fact not in there]
        reads = [*reads, *((await store.reads_by_id(db, *zip(*again, strict=True))).values() if again else ())]
    return Derived(
        before=before,
        after=after,
        stays=everything,
        reads=reads,
        changed=effects.difference(before, after, everything),
        charges=known,
        references=new_references(before, after, random_bits),
        causes={read.lot_id: Cause(By.LATER_FACT, read.id) for read in (*gone, *new)} | told.causes,
        rights={**priced.rights, **bills_.rights_gone(before, after, network.prices)},
        moved=bills_.moved_elsewhere(before, after, priced.used, network.prices),
        turned_back=told.turned_back,
        matches=found.matches,
    )


def new_references(before: Believed, after: Believed, random_bits: RandomBits) -> dict[UUID, UUID]:
    """A reference for each new bill, should that be charged."""
    return {
        id_: charges.new_reference(random_bits(), random_bits())
        for id_, bill in after.bills.items()
        if before.bills.get(id_) is not bill
    }


# -- what is believed, and what follows


async def derive_again(
    db: sql.Connection, new: Sequence[Read], gone: Sequence[Read], network: Network, now: datetime, is_told: bool = True
) -> tuple[Believed, Sequence[Read], Matched]:
    """What was believed of the vehicles of these reads, all reads that matter to it, and the stays now. Writes nothing.

    A read that is gone and new as it is changes nothing. `is_told`: it is not so with all of them.
    """
    asked = {read.id for read in new}
    while True:
        before, reads, found = await _derive(db, new, gone, network, now, is_told)
        alone = derivation.left_alone(before.stays, found.stays, asked)
        if not alone:
            return before, reads, found
        entries = (await store.reads_by_id(db, *zip(*alone, strict=True))).values()
        new, gone, asked = [*new, *entries], [*gone, *entries], asked | {fact for _, fact in alone}


async def _derive(
    db: sql.Connection, new: Sequence[Read], gone: Sequence[Read], network: Network, now: datetime, is_told: bool
) -> tuple[Believed, Sequence[Read], Matched]:
    near = [*gone, *await _near(db, new, now), *await _near(db, gone, now)]
    before = await believed(db, new, network, now, near=near, is_told=is_told)
    parts = derivation.halves(before.stays)
    scopes = derivation.scopes(parts, new, near, gone)
    wanted = [(stay.lot_id, fact) for scope in scopes if scope.facts for stay in scope.stays for fact in stay.facts]
    facts = await store.reads_by_id(db, *zip(*wanted, strict=True)) if wanted else {}
    for read in gone:
        facts.pop(read.id, None)
    reads = [*derivation.reads_of(scopes, facts), *new]
    exits = await known_at_exits(db, before, scopes, reads, network)
    after = derivation.rederived(parts, scopes, reads, exits)
    decided = derivation.with_facts(after.values(), {read.id for read in gone}) if gone else []
    return before, reads, await _match(db, before, parts, after, decided)


async def _near(db: sql.Connection, new: Sequence[Read], now: datetime) -> list[Read]:
    """Earlier reads that belong to a passing of new ones, and the others of these."""
    near: dict[UUID, Read] = {}
    edge: Sequence[Read] = new
    kept = ids_within(now, REPEATS_KEPT)
    while edge:
        reached = {read.id: read for read in edge}
        id_range = recorded_since(min(read.at for read in edge) - SECOND_LOOK, kept)
        around = await store.reads_near(db, edge, SECOND_LOOK, id_range)
        found = {
            read.id: read for read, near_id in around if read.id not in near and belong_together(read, reached[near_id])
        }
        near |= found
        edge = list(found.values())
    return list(near.values())


async def believed(
    db: sql.Connection,
    new: Sequence[Read],
    network: Network,
    now: datetime,
    *,
    near: Sequence[Read] = (),
    is_told: bool = False,
) -> Believed:
    """The stays of the vehicles of these reads, with the other halves of those that were matched. `near`: recorded
    reads that may belong to other stays now. `is_told`: the reads are new, or something of them is.
    """
    reads = [*new, *near]
    opened = {stay.vehicle: stay for stay in await store.open_stays(db, list({read.vehicle for read in reads}))}
    lookback = lookback_of(reads, opened, network.prices, now)
    finished = await store.finished_stays(db, lookback.since, lookback.id_range)
    known = [*opened.values(), *(stay for stay, _ in finished)]
    further = further_lookback(new, near, known, lookback.since, now, is_told=is_told)
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
) -> Matched:
    """The stays `after`, with halves put together that belong together. `before` grows by what had to be read.

    `decided`: exits of which people decided something, which are matched anew also if they are as they were.
    """
    changed = [*derivation.changed_halves(parts, after), *decided]
    lots = await _lots_to_match(db, changed)
    if not lots:
        return Matched(derivation.as_it_was(before.stays, parts, after))
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


async def price_stays(
    db: sql.Connection,
    wanted: Sequence[Stay],
    before: Believed,
    stays: Mapping[UUID, Stay],
    network: Network,
    now: datetime,
    *,
    lock: bool = True,
) -> tuple[dict[UUID, Bill], Priced]:
    """What the closed `stays` cost, each with the bill it has or, if it is `wanted` (in order of time), a new one; and
    what these were priced by. `lock`: what comes out is written.
    """
    kept = {id_: bill for id_, bill in before.bills.items() if stays.get(id_) == before.stays[id_]}
    billed = {stay.id: bills_.as_billed(stay, stays) for stay in wanted}
    # What vehicles used in other lots, and what is registered of them, is read only where a price asks for it. Their
    # plates are locked until the transaction ends: two lots never draw on what one vehicle has left at the same time,
    # and no right begins or ends unseen.
    seen = [stay for stay in billed.values() if network.prices[stay.lot_id].is_seen]
    gone = [before.stays[id_] for id_ in before.bills.keys() - kept.keys()]
    moving = [*seen, *(stay for stay in gone if network.prices[stay.lot_id].is_seen)]
    asking = {id_: stay for id_, stay in billed.items() if network.prices[stay.lot_id].asks}
    nested = changed_in_nests(before.stays, stays, network) if network.nests else []
    if lock and (moving or asking or nested):
        await store.lock_plates(db, list({stay.vehicle.number_plate for stay in (*moving, *asking.values(), *nested)}))
    if not wanted:
        return kept, Priced({}, {})
    plates = list({stay.vehicle.number_plate for stay in billed.values()})
    priced = Priced(await store.payers(db, plates), {})
    if seen:
        known = await _used(db, seen, network, now)
        no_more = {stay.id for stay in gone} | billed.keys()
        priced.used = {plate: [e for e in pasts if e.stay_id not in no_more] for plate, pasts in known.items()}
    if asking:
        priced.rights = await rights_of(db, asking, before.stays, stays, network)
    priced.exits = await quoted_before(db, wanted, before, network)
    return kept | bills_.price(wanted, before, stays, priced, network), priced


async def _used(
    db: sql.Connection, billed: Sequence[Stay], network: Network, now: datetime
) -> dict[NumberPlate, list[PastAt]]:
    """What the vehicles of these stays used wherever they were, and their visits that began later."""
    began: dict[NumberPlate, datetime] = {}
    for stay in billed:
        plate = stay.vehicle.number_plate
        began[plate] = min(began.get(plate, stay.first_at), stay.first_at)
    tariffs = [network.prices[stay.lot_id] for stay in billed]
    since = min(began.values()) - max(window_of(each) for each in tariffs)
    # An identifier has the time of the entry; where a stay used something later, it matters however long it was.
    longest = STAY_MAX if any(each.remembers_late for each in tariffs) else REPEATS_KEPT
    return await store.uses_of(db, began, since, (ids.floor(since - longest), ids_within(now, longest)[1]))


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
    if derived.matches:
        await keep_matches(db, derived.matches, now=now)
    if derived.rights:
        await keep_rights(db, derived.rights)
    await ask_sharing(db, derived, network, now)
    if network.nests:
        await ask_nests(db, derived, network, now)
    if derived.moved:
        await _ask_elsewhere(db, derived, network, now)
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


async def _ask_elsewhere(db: sql.Connection, derived: Derived, network: Network, now: datetime) -> None:
    """Later visits to other lots that may remember what is used otherwise now are priced again, by a job: their lots
    are not this transaction's.
    """
    wide = [lot_id for lot_id, each in network.prices.items() if each.is_wide]
    asked = [(each, derived.causes[each.lot_id]) for each in derived.moved]
    since = min(each.since for each in derived.moved)
    id_range = ids.floor(since - CLOCK_OFF_MAX), ids_within(now, STAY_MAX)[1]
    await repricing_store.ask_elsewhere(db, asked, wide, id_range=id_range, now=now)


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
        await case_store.settle_cases(db, changes.moot, now=now)
    if changes.opened:
        await case_store.open_cases(db, changes.opened, now=now)
