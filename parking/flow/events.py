"""Recording gate events: a batch in, answers out, in one transaction. Read, decide, write.

The batch is the unit because its cost is nearly that of one event: every statement works on all events at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

import sql
from parking import barrier, fees, occupancy, prices, stays
from parking.answers import Answer, EventKey, EventRecord, answers, key_of
from parking.barrier import Decision
from parking.events import PAYLOAD_KEPT_BYTES_MAX, EventRejected
from parking.fees import Bill, Payer
from parking.flow.remembering import Elsewhere, read_elsewhere
from parking.lots import Direction, Gateway, Lot
from parking.matching import NumberPlate, Vehicle, vehicle_of
from parking.network import Network
from parking.occupancy import Count, Sighting
from parking.passings import CLOCK_AHEAD_MAX, REPEATS_KEPT, Passing
from parking.prices import LotPrices
from parking.stays import HISTORY_WINDOW, LATE_PAIR_MAX, STAY_MAX, History, OpenStay, Stay, Transition
from parking.store import events as store
from payments import ids
from payments.charges import ChargeRequest, ChargeState, charge_id
from payments.flow import charges as charges_flow
from payments.store import charges as charge_store

RandomBits = Callable[[], int]


class Recorded(Struct, frozen=True):
    """What became of a batch: an answer or a refusal per passing in their order, and the counts that moved."""

    answers: list[Answer | EventRejected]
    counts: Sequence[Count]


class Known(Struct):
    """What is known of the vehicles of a batch. It moves along as their passings are taken one after the other.

    `bills` are those of closed stays, `settled` the stays whose charge is not due any more, both by the stay's number.
    """

    histories: dict[Vehicle, History]
    bills: dict[UUID, Bill]
    settled: set[UUID]
    payers: Mapping[NumberPlate, Payer]
    elsewhere: Elsewhere


async def record_events(
    db: sql.Connection, passings: Sequence[Passing], *, network: Network, now: datetime, random_bits: RandomBits
) -> Recorded:
    """Records passings in the order given and tells what each gate is to do. `db` is in a transaction.

    Recognises repeats (answered as the first time), refuses an id that comes again with other content, opens and closes
    stays, prices them, and asks payments for the charges. Nothing may be answered before the transaction commits.
    """
    await store.lock_lots(db, sorted({p.lot_id for p in passings}))
    first = _first_of_each(passings)
    earlier = await store.event_records(db, list(first), _made(now, REPEATS_KEPT))
    fresh = [p for key, p in first.items() if key not in earlier]
    known = await _read(db, fresh, network)

    before = dict(known.histories)
    effects = [_apply(known, p, network, ids.new(p.received_at, p.lot_id, random_bits())) for p in fresh]

    await _write_events(db, effects)
    await _write_stays(db, before, known)
    await _request_charges(db, effects, network.lots, now)
    counts = await _move_counts(db, effects, before, network.lots, now)
    return Recorded(answers(passings, earlier, [(e.passing, e.record) for e in effects]), counts)


class Effect(Struct):
    """What follows from a passing that is new, and what is kept of its event."""

    passing: Passing
    transition: Transition
    bill: Bill | None
    record: EventRecord


def _first_of_each(passings: Iterable[Passing]) -> dict[EventKey, Passing]:
    """An event may come twice in one batch."""
    first: dict[EventKey, Passing] = {}
    for passing in passings:
        first.setdefault(key_of(passing), passing)
    return first


# -- read


async def _read(db: sql.Connection, fresh: Sequence[Passing], network: Network) -> Known:
    """All that deciding about these passings needs."""
    applied = [p for p in fresh if p.applies]
    if not applied:
        return Known({}, {}, set(), {}, Elsewhere({}, network))
    opened = await store.open_stays(db, list({vehicle_of(p) for p in applied}))
    since = _since(applied, opened, network.prices)
    made = _made_in_window(fresh, network.prices, since)
    finished = await _finished_stays(db, applied, opened, since, made)
    ended: dict[Vehicle, list[Stay]] = {}
    for stay, _ in finished:
        ended.setdefault(stay.vehicle, []).append(stay)
    histories = {vehicle: History(opened.get(vehicle), tuple(ended.get(vehicle, ()))) for vehicle in since}
    bills = {stay.id: bill for stay, bill in finished if bill is not None}
    ending = [p for p in applied if _may_end_a_stay(p, histories)]
    payers = await store.payers(db, list({vehicle_of(p).number_plate for p in ending})) if ending else {}
    wide = [(p, since[vehicle_of(p)]) for p in ending if network.prices[p.lot_id].is_wide]
    elsewhere = await read_elsewhere(db, wide, network, made) if wide else Elsewhere({}, network)
    settled = await _settled(db, [s for p in ending for s in stays.repeatable(histories[vehicle_of(p)], p)], bills)
    return Known(histories, bills, settled, payers, elsewhere)


def _since(
    applied: Iterable[Passing], opened: Mapping[Vehicle, OpenStay], prices: Mapping[int, LotPrices]
) -> dict[Vehicle, datetime]:
    """Since when the finished stays of each vehicle may matter."""
    earliest: dict[Vehicle, datetime] = {}
    for p in applied:
        key = vehicle_of(p)
        earliest[key] = min(earliest.get(key, p.effective_at), p.effective_at)
    # What went before a stay matters to its price, so the window is counted from the entry, however long ago it was.
    for vehicle, stay in opened.items():
        earliest[vehicle] = min(earliest[vehicle], stay.entered_at)
    return {vehicle: at - _window(prices[vehicle.lot_id]) for vehicle, at in earliest.items()}


async def _finished_stays(
    db: sql.Connection,
    applied: Sequence[Passing],
    opened: Mapping[Vehicle, OpenStay],
    since: Mapping[Vehicle, datetime],
    made: tuple[UUID, UUID],
) -> list[tuple[Stay, Bill | None]]:
    finished = await store.finished_stays(db, list(since), list(since.values()), made)
    seen = {stay.vehicle for stay, _ in finished}
    unseen = {vehicle_of(p) for p in applied if p.direction is Direction.EXIT} - opened.keys() - seen
    if unseen:
        # An exit that is read twice may repeat the end of a stay that began long before.
        made = _made(max(p.received_at for p in applied), REPEATS_KEPT + STAY_MAX)
        finished += await store.finished_stays(db, list(unseen), [since[vehicle] for vehicle in unseen], made)
    return finished


def _made(now: datetime, within: timedelta) -> tuple[UUID, UUID]:
    """The range of the identifiers that were made within a time before now, by clocks that differ a little."""
    return ids.floor(now - within), ids.floor(now + CLOCK_AHEAD_MAX)


def _window(prices: LotPrices) -> timedelta:
    """How long before a passing other visits may matter: an entry found late, and what the price remembers then."""
    return max(HISTORY_WINDOW, LATE_PAIR_MAX + prices.remembers)


def _made_in_window(
    fresh: Sequence[Passing], prices: Mapping[int, LotPrices], since: Mapping[Vehicle, datetime]
) -> tuple[UUID, UUID]:
    """The range of the identifiers of stays that may matter to these passings, each vehicle's since an instant."""
    window = max(_window(prices[p.lot_id]) for p in fresh)
    first, last = _made(max(p.received_at for p in fresh), REPEATS_KEPT + window)
    # An identifier has the time of the entry; where a stay used something later, it matters however long it was.
    remembered = [ids.floor(at - STAY_MAX) for vehicle, at in since.items() if prices[vehicle.lot_id].remembers_late]
    return min([first, *remembered]), last


def _may_end_a_stay(passing: Passing, histories: Mapping[Vehicle, History]) -> bool:
    """At an exit a stay may end, or at an entry whose exit came first."""
    return passing.applies and (passing.direction is Direction.EXIT or bool(histories[vehicle_of(passing)].finished))


async def _settled(db: sql.Connection, repeatable: Iterable[Stay], bills: Mapping[UUID, Bill]) -> set[UUID]:
    """Of the stays whose exit may be repeated, those that owe nothing any more."""
    charged = {charge_id(stay.id): stay.id for stay in repeatable if bills[stay.id].fee_fen}
    if not charged:
        return set()
    charges = await charge_store.charges_by_id(db, list(charged))
    return {charged[id_] for id_, charge in charges.items() if charge.state is not ChargeState.DUE}


# -- decide


def _apply(known: Known, passing: Passing, network: Network, new_id: UUID) -> Effect:
    """What a passing of the batch changes; the vehicle's next one in the batch finds it in `known`."""
    if not passing.applies:
        return _effect(passing, Transition(History(None, ())), None, barrier.decide(passing, None, settled=False))
    vehicle = vehicle_of(passing)
    transition = stays.follow(known.histories[vehicle], passing, new_id=new_id)
    known.histories[vehicle] = transition.history
    if transition.closed is not None:
        known.bills[transition.closed.id] = _bill(known, transition.closed, transition.history, network)
    ended = transition.closed or transition.repeat_of
    bill = None if ended is None else known.bills.get(ended.id)
    settled = ended is not None and ended.id in known.settled
    return _effect(passing, transition, bill, barrier.decide(passing, bill, settled=settled))


def _effect(passing: Passing, transition: Transition, bill: Bill | None, decision: Decision) -> Effect:
    # An impossible order weighs more than a doubtful read: it is what a person has to put right.
    reason = transition.reason or passing.doubt
    record = EventRecord(
        *key_of(passing),
        content_hash=passing.content_hash,
        gate=decision.gate,
        stay_id=transition.stay_id,
        fee_fen=decision.fee_fen,
        payment=decision.payment,
        reason=reason,
    )
    return Effect(passing, transition, bill, record)


def _bill(known: Known, closed: Stay, history: History, network: Network) -> Bill:
    assert closed.entered_at is not None
    assert closed.left_at is not None
    plate = closed.vehicle.number_plate
    pasts = fees.pasts_of([stay for stay in history.finished if stay.id != closed.id], known.bills)
    in_force = prices.of_stay(network.prices[closed.lot_id].tariffs, closed.entered_at, closed.left_at)
    bill = fees.bill(closed, in_force, pasts + known.elsewhere.pasts(closed.lot_id, plate), known.payers.get(plate))
    known.elsewhere.note(closed, bill)
    return bill


# -- write


async def _write_events(db: sql.Connection, effects: Sequence[Effect]) -> None:
    if not effects:
        return
    await store.add_events(db, [(e.passing, e.record) for e in effects])
    reviews = [
        (e.passing.lot_id, ids.derive(e.passing.id, "review"), e.passing.id, e.record.reason, e.passing.received_at)
        for e in effects
        if e.record.reason is not None
    ]
    if reviews:
        await store.add_reviews(db, reviews)


async def _write_stays(db: sql.Connection, before: Mapping[Vehicle, History], known: Known) -> None:
    """Writes what differs: stays are values, so the difference of two histories is all there is to do."""
    ended: list[Vehicle] = []
    opened: list[OpenStay] = []
    finished: list[tuple[Stay, Bill | None]] = []
    for vehicle, now in known.histories.items():
        was = before[vehicle]
        if now is was:
            continue
        if now.open != was.open:
            if was.open is not None:
                ended.append(vehicle)
            if now.open is not None:
                opened.append(now.open)
        finished += [(stay, known.bills.get(stay.id)) for stay in now.finished if stay not in was.finished]
    if ended:
        await store.end_open_stays(db, ended)
    if opened:
        await store.add_open_stays(db, opened)
    if finished:
        await store.put_stays(db, finished)


async def _request_charges(
    db: sql.Connection, effects: Sequence[Effect], lots: Mapping[int, Lot], now: datetime
) -> None:
    closed = [(e.transition.closed, e.bill) for e in effects if e.transition.closed is not None]
    requests = [_charge(stay, bill, lots[stay.lot_id]) for stay, bill in closed if bill is not None and bill.fee_fen]
    if requests:
        await charges_flow.request_charges(db, requests, now=now)


def _charge(stay: Stay, bill: Bill, lot: Lot) -> ChargeRequest:
    assert stay.left_at is not None
    return ChargeRequest(
        lot_id=lot.id,
        stay_id=stay.id,
        operator_id=lot.operator_id,
        account_id=bill.account_id,
        amount_fen=bill.fee_fen,
        business_date=stay.left_at.astimezone(ZoneInfo(lot.time_zone)).date(),
        lines=msgspec.json.encode(bill.lines),
    )


async def _move_counts(
    db: sql.Connection,
    effects: Sequence[Effect],
    before: Mapping[Vehicle, History],
    lots: Mapping[int, Lot],
    now: datetime,
) -> Sequence[Count]:
    inside = {vehicle for vehicle, history in before.items() if history.open is not None}
    sightings = [_sighting(e, lots[e.passing.lot_id], inside) for e in effects]
    moves = occupancy.moves(sightings)
    return await store.move_counts(db, now, moves) if moves else ()


def _sighting(effect: Effect, lot: Lot, inside: set[Vehicle]) -> Sighting:
    """What a passing says of its lot's count; `inside` moves along."""
    p, vehicle = effect.passing, vehicle_of(effect.passing)
    was_inside, is_inside = vehicle in inside, effect.transition.history.open is not None
    if p.applies:
        (inside.add if is_inside else inside.discard)(vehicle)
    # A replayed count is old news.
    free = None if p.event.replay else p.event.remaining_spaces
    return Sighting(lot.id, lot.capacity, p.effective_at, is_inside - was_inside if p.applies else 0, free)


# -- what cannot be taken


class Refused(Struct, frozen=True):
    """A refusal and the bytes it is about."""

    why: EventRejected
    raw: bytes


async def keep_refused(
    db: sql.Connection, gateway: Gateway, refusals: Sequence[Refused], *, now: datetime, random_bits: RandomBits
) -> None:
    """Keeps refusals with the first PAYLOAD_KEPT_BYTES_MAX of what was sent."""
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
            for r in refusals
        ],
    )
