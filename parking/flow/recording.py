"""Recording gate events: a batch in, answers out, in one transaction. Read, decide, write.

The batch is the unit because its cost is nearly that of one event: every statement works on all events at once.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

import sql
from parking import barrier, fees, stays, store
from parking.flow.answering import Taken, answers, reason_of
from parking.flow.remembering import Elsewhere, read_elsewhere
from parking.gate import CLOCK_AHEAD_MAX, REPEATS_KEPT, Answer, EventRejected, Passage, Status
from parking.lots import Direction, Lot
from parking.occupancy import Count, doubt
from parking.plates import PlateColor, VehicleClass
from parking.stays import HISTORY_WINDOW, LATE_PAIR_MAX, STAY_MAX, Closing, History, OpenStay, Stay, Step
from parking.tariffs import Fee
from payments import flow as payments
from payments import ids
from payments.charges import ChargeRequest, ChargeState, charge_id

# A lot and a plate: what stays are told apart by.
Vehicle = tuple[int, str, PlateColor]
Payers = Mapping[tuple[str, PlateColor], store.Payer]
RandomBits = Callable[[], int]
_NOTHING = Step(History(None, ()))
_FREE = Fee(0, [])


class Recorded(Struct, frozen=True):
    """What became of a batch: an answer or a refusal per passage in their order, and the counts that moved."""

    answers: list[Answer | EventRejected]
    counts: Sequence[Count]


async def record_events(
    db: sql.Connection, passages: Sequence[Passage], *, lots: Mapping[int, Lot], now: datetime, random_bits: RandomBits
) -> Recorded:
    """Records passages in the order given and tells what each gate is to do. `db` is in a transaction.

    Recognises repeats (answered as the first time), refuses an id that comes again with other content, opens and closes
    stays, prices them, and asks payments for the charges. Nothing may be answered before the transaction commits.
    """
    await store.lock_lots(db, sorted({p.lot_id for p in passages}))
    keys = [(p.lot_id, p.gateway_id, p.event.event_id) for p in passages]
    known = await store.known_events(db, keys, _made(now, REPEATS_KEPT))
    fresh = [p for p, key in _first_of_each(passages, keys) if key not in known]

    before, since = await _histories(db, fresh, lots)
    ending = [p for p in fresh if _may_end_a_stay(p, before)]
    payers = await store.payers(db, list({(p.plate, p.plate_color) for p in ending})) if ending else {}
    wide = [(p, since[_vehicle(p)]) for p in ending if lots[p.lot_id].is_wide]
    made = _made_in_window(fresh, lots, since) if wide else None
    elsewhere = await read_elsewhere(db, wide, lots, made) if made else Elsewhere({}, lots)
    after = dict(before)
    steps = [
        _follow(after, p, lots[p.lot_id], payers, elsewhere, ids.new(p.received_at, p.lot_id, random_bits()))
        for p in fresh
    ]
    settled = await _settled(db, steps)
    taken = [
        Taken(
            p,
            step,
            barrier.rule(p, step if p.applies else None, settled=bool(step.repeat_of and step.repeat_of.id in settled)),
        )
        for p, step in zip(fresh, steps, strict=True)
    ]

    await _write_events(db, taken)
    await _write_stays(db, before, after)
    await _request_charges(db, [t.step.closing for t in taken if t.step.closing], lots, now)
    counts = await _move_counts(db, taken, before, lots, now)
    return Recorded(answers(passages, keys, known, taken), counts)


def _first_of_each(
    passages: Sequence[Passage], keys: Sequence[tuple[int, int, str]]
) -> list[tuple[Passage, tuple[int, int, str]]]:
    first: dict[tuple[int, int, str], Passage] = {}
    for passage, key in zip(passages, keys, strict=True):
        first.setdefault(key, passage)
    return [(passage, key) for key, passage in first.items()]


def _made(now: datetime, within: timedelta) -> tuple[UUID, UUID]:
    """The range of the identifiers that were made within a time before now, by clocks that differ a little."""
    return ids.floor(now - within), ids.floor(now + CLOCK_AHEAD_MAX)


def _vehicle(passage: Passage) -> Vehicle:
    return passage.lot_id, passage.plate, passage.plate_color


async def _histories(
    db: sql.Connection, fresh: Sequence[Passage], lots: Mapping[int, Lot]
) -> tuple[dict[Vehicle, History], dict[Vehicle, datetime]]:
    """What is known of the vehicles that pass, and since when that is."""
    earliest: dict[Vehicle, datetime] = {}
    for p in fresh:
        if p.applies:
            key = _vehicle(p)
            earliest[key] = min(earliest.get(key, p.effective_at), p.effective_at)
    if not earliest:
        return {}, {}
    vehicles = list(earliest)
    opened = await store.open_stays(db, vehicles)
    # What went before a stay matters to its price, so the window is counted from the entry, however long ago it was.
    for vehicle, stay in opened.items():
        earliest[vehicle] = min(earliest[vehicle], stay.entered_at)
    since = {vehicle: at - _window(lots[vehicle[0]]) for vehicle, at in earliest.items()}
    finished = await store.finished_stays(db, vehicles, list(since.values()), _made_in_window(fresh, lots, since))
    unknown = (
        {_vehicle(p) for p in fresh if p.applies and p.direction is Direction.EXIT} - opened.keys() - finished.keys()
    )
    if unknown:
        # An exit that is read twice may repeat the end of a stay that began long before.
        after = {vehicle: since[vehicle] for vehicle in unknown}
        made = _made(max(p.received_at for p in fresh), REPEATS_KEPT + STAY_MAX)
        finished |= await store.finished_stays(db, list(after), list(after.values()), made)
    return {vehicle: History(opened.get(vehicle), finished.get(vehicle, ())) for vehicle in vehicles}, since


def _window(lot: Lot) -> timedelta:
    """How long before a passage other visits may matter: an entry found late, and what the price remembers then."""
    return max(HISTORY_WINDOW, LATE_PAIR_MAX + lot.remembers)


def _made_in_window(
    fresh: Sequence[Passage], lots: Mapping[int, Lot], since: Mapping[Vehicle, datetime]
) -> tuple[UUID, UUID]:
    """The range of the identifiers of stays that may matter to these passages, each vehicle's since an instant."""
    window = max(_window(lots[p.lot_id]) for p in fresh)
    first, last = _made(max(p.received_at for p in fresh), REPEATS_KEPT + window)
    # An identifier has the time of the entry; where a stay used something later, it matters however long it was.
    remembered = [ids.floor(at - STAY_MAX) for vehicle, at in since.items() if lots[vehicle[0]].remembers_late]
    return min([first, *remembered]), last


def _may_end_a_stay(passage: Passage, histories: Mapping[Vehicle, History]) -> bool:
    """At an exit a stay may end, or at an entry whose exit came first."""
    return passage.applies and (passage.direction is Direction.EXIT or bool(histories[_vehicle(passage)].finished))


def _follow(
    histories: dict[Vehicle, History],
    passage: Passage,
    lot: Lot,
    payers: Payers,
    elsewhere: Elsewhere,
    new_id: UUID,
) -> Step:
    """One passage of the batch; `histories` and `elsewhere` move along, so that the vehicle's next passage sees it."""
    if not passage.applies:
        return _NOTHING
    plate = passage.plate, passage.plate_color

    def price(
        entered_at: datetime, left_at: datetime, seen: VehicleClass, others: tuple[Stay, ...]
    ) -> tuple[Fee, int | None]:
        held = lot.price_of(entered_at, left_at)
        if held is None:
            # A price that was never published may not be charged.
            return _FREE, None
        vehicle = fees.vehicle_of(*plate, seen)
        pasts = fees.pasts_of(others) + elsewhere.pasts(lot, plate)
        return fees.price(lot.prices, entered_at, left_at, vehicle, pasts), held.tariff_id

    def payer(left_at: datetime) -> int | None:
        linked = payers.get(plate)
        # Whoever links a plate later does not pay for what it did before.
        return linked.account_id if linked is not None and linked.linked_at <= left_at else None

    step = stays.follow(histories[_vehicle(passage)], passage, new_id=new_id, price=price, payer=payer)
    histories[_vehicle(passage)] = step.history
    if step.closing is not None:
        elsewhere.note(step.closing)
    return step


async def _settled(db: sql.Connection, steps: Sequence[Step]) -> set[UUID]:
    """Of the stays whose exit is repeated, those that owe nothing any more."""
    repeated = {charge_id(s.repeat_of.id): s.repeat_of.id for s in steps if s.repeat_of and s.repeat_of.fee_fen}
    if not repeated:
        return set()
    charges = await payments.charges_by_id(db, list(repeated))
    return {repeated[id_] for id_, charge in charges.items() if charge.state is not ChargeState.DUE}


async def _write_events(db: sql.Connection, taken: Sequence[Taken]) -> None:
    if not taken:
        return
    await store.add_events(db, [_event_row(t) for t in taken])
    reviews = [
        (t.passage.lot_id, ids.derive(t.passage.id, "review"), t.passage.id, reason, t.passage.received_at)
        for t in taken
        if (reason := reason_of(t)) is not None
    ]
    if reviews:
        await store.add_reviews(db, reviews)


def _event_row(taken: Taken) -> tuple[object, ...]:
    p, e, r = taken.passage, taken.passage.event, taken.ruling
    reason = reason_of(taken)
    images = msgspec.json.encode(e.images).decode() if e.images else None
    return (
        *(
            p.lot_id,
            p.id,
            p.gateway_id,
            e.event_id,
            p.lane_id,
            e.kind,
            p.occurred_at,
            p.received_at,
            p.effective_at,
            e.replay,
        ),
        *(
            p.plate,
            e.plate,
            p.plate_color,
            e.plate_color,
            e.vehicle_class,
            e.confidence,
            images,
            e.remaining_spaces,
            p.content_hash,
        ),
        *(Status.REVIEW if reason else Status.RECORDED, reason, r.gate, taken.step.stay_id, r.fee_fen, r.payment),
    )


async def _write_stays(db: sql.Connection, before: Mapping[Vehicle, History], after: Mapping[Vehicle, History]) -> None:
    """Writes what differs: stays are values, so the difference of two histories is all there is to do."""
    ended: list[Vehicle] = []
    opened: list[OpenStay] = []
    finished: list[Stay] = []
    for vehicle, now in after.items():
        was = before[vehicle]
        if now is was:
            continue
        if now.open != was.open:
            if was.open is not None:
                ended.append(vehicle)
            if now.open is not None:
                opened.append(now.open)
        finished += [stay for stay in now.finished if stay not in was.finished]
    if ended:
        await store.end_open_stays(db, ended)
    if opened:
        await store.add_open_stays(db, opened)
    if finished:
        await store.put_stays(db, finished)


async def _request_charges(
    db: sql.Connection, closings: Sequence[Closing], lots: Mapping[int, Lot], now: datetime
) -> None:
    requests = [_charge(c, lots[c.stay.lot_id]) for c in closings if c.fee.fee_fen > 0]
    if requests:
        await payments.request_charges(db, requests, now=now)


def _charge(closing: Closing, lot: Lot) -> ChargeRequest:
    stay = closing.stay
    assert stay.left_at is not None
    return ChargeRequest(
        lot_id=lot.id,
        stay_id=stay.id,
        operator_id=lot.operator_id,
        account_id=stay.account_id,
        amount_fen=closing.fee.fee_fen,
        business_date=stay.left_at.astimezone(ZoneInfo(lot.time_zone)).date(),
        lines=msgspec.json.encode(closing.fee.lines),
    )


class _Move(Struct):
    """How a lot's count moves in a batch: cars more inside, and the lot's own last count with the cars since."""

    moved: int = 0
    reported_free: int | None = None
    reported_at: datetime | None = None
    moved_since: int = 0


async def _move_counts(
    db: sql.Connection,
    taken: Sequence[Taken],
    before: Mapping[Vehicle, History],
    lots: Mapping[int, Lot],
    now: datetime,
) -> Sequence[Count]:
    moves: dict[int, _Move] = {}
    inside = {vehicle: history.open is not None for vehicle, history in before.items()}
    for t in taken:
        p = t.passage
        move = moves.setdefault(p.lot_id, _Move())
        if p.applies:
            vehicle = _vehicle(p)
            is_inside = t.step.history.open is not None
            move.moved += is_inside - inside[vehicle]
            move.moved_since += is_inside - inside[vehicle]
            inside[vehicle] = is_inside
        free = p.event.remaining_spaces
        # A replayed count is old news, and a count the lot cannot have is none.
        if free is not None and not p.event.replay and doubt(lots[p.lot_id].capacity, free) is None:
            move.reported_free, move.reported_at, move.moved_since = free, p.effective_at, 0
    rows = [
        (lot_id, m.moved, m.reported_free, m.reported_at, m.moved_since)
        for lot_id, m in sorted(moves.items())
        if m.moved or m.reported_free is not None
    ]
    return await store.move_counts(db, now, rows) if rows else ()
