"""What a batch of passings changes: which earlier facts matter to it, and what follows from each passing in turn.

`flow/events` reads as far as `lookback` says, calls `apply`, and writes the effects and the changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from parking import barrier, fees, prices, stays
from parking.answers import EventRecord, key_of
from parking.barrier import Decision
from parking.fees import Bill, Payer
from parking.lots import Direction, Lot
from parking.matching import NumberPlate, Vehicle, vehicle_of
from parking.network import Network
from parking.occupancy import Sighting
from parking.passings import CLOCK_OFF_MAX, REPEATS_KEPT, Passing
from parking.prices import LotPrices
from parking.stays import HISTORY_WINDOW, LATE_PAIR_MAX, STAY_MAX, History, OpenStay, Stay, Transition
from parking.tariffs import Past
from parking.tariffs.engine.memory import scope_of
from payments import ids
from payments.charges import Charge, ChargeRequest, ChargeState, charge_id

# From the lowest to the highest identifier of what was recorded in a time.
Range = tuple[UUID, UUID]
BilledStay = tuple[Stay, Bill | None]
# What a vehicle used, and in which lot.
PastAt = tuple[int, Past]
_NOTHING = Transition(History(None, ()))


class Lookback(Struct, frozen=True):
    """How far back finished stays may matter: for each vehicle since an instant, with identifiers of a range."""

    since: Mapping[Vehicle, datetime]
    id_range: Range


class Known(Struct):
    """What is known of the vehicles of a batch; `apply` brings it up to date with each passing.

    `bills`: of closed stays, by the stay's identifier. `charges`: of stays whose exit may be repeated, by their own.
    `references`: of the charges that this batch makes, by the stay's identifier. `used`: what plates used in any lot,
    for those plates whose tariff asks.
    """

    histories: dict[Vehicle, History]
    bills: dict[UUID, Bill]
    charges: Mapping[UUID, Charge] = {}
    payers: Mapping[NumberPlate, Sequence[Payer]] = {}
    used: dict[NumberPlate, list[PastAt]] = {}
    references: dict[UUID, UUID] = {}


class Effect(Struct, frozen=True):
    """What follows from a passing, and what is kept of its event. `bill`: of the stay it closed, or repeats."""

    passing: Passing
    transition: Transition
    bill: Bill | None
    record: EventRecord


class Changes(Struct, frozen=True):
    """How the stays of a batch differ from what they were: vehicles gone, vehicles come, stays finished."""

    ended: list[Vehicle]
    opened: list[OpenStay]
    finished: list[BilledStay]


# -- what matters


def lookback(
    passings: Sequence[Passing], opened: Mapping[Vehicle, OpenStay], tariffs: Mapping[int, LotPrices]
) -> Lookback:
    """Which finished stays may matter to passings that are applied, when these vehicles are inside."""
    earliest: dict[Vehicle, datetime] = {}
    for passing in passings:
        vehicle = vehicle_of(passing)
        earliest[vehicle] = min(earliest.get(vehicle, passing.effective_at), passing.effective_at)
    # What went before a stay matters to its price, so the window is counted from the entry, however long ago it was.
    for vehicle, stay in opened.items():
        earliest[vehicle] = min(earliest[vehicle], stay.entered_at)
    since = {vehicle: at - _window(tariffs[vehicle.lot_id]) for vehicle, at in earliest.items()}
    window = max(_window(tariffs[vehicle.lot_id]) for vehicle in since)
    first, last = ids_within(max(p.received_at for p in passings), REPEATS_KEPT + window)
    # An identifier has the time of the entry; where a stay used something later, it matters however long it was.
    late = [ids.floor(at - STAY_MAX) for vehicle, at in since.items() if tariffs[vehicle.lot_id].remembers_late]
    return Lookback(since, (min([first, *late]), last))


def further_lookback(
    passings: Sequence[Passing], first: Lookback, opened: Mapping[Vehicle, OpenStay], finished: Iterable[BilledStay]
) -> Lookback | None:
    """How far back to look for vehicles that leave without a stay: they may repeat the exit of a very long one."""
    seen = {stay.vehicle for stay, _ in finished}
    unseen = {vehicle_of(p) for p in passings if p.direction is Direction.EXIT} - opened.keys() - seen
    if not unseen:
        return None
    id_range = ids_within(max(p.received_at for p in passings), REPEATS_KEPT + STAY_MAX)
    return Lookback({vehicle: first.since[vehicle] for vehicle in unseen}, id_range)


def ids_within(now: datetime, within: timedelta) -> Range:
    """The identifiers of what was recorded within a time before now, by clocks that differ a little."""
    return ids.floor(now - within), ids.floor(now + CLOCK_OFF_MAX)


def _window(tariffs: LotPrices) -> timedelta:
    """How long before a passing other visits may matter: an entry found late, and what the price remembers then."""
    return max(HISTORY_WINDOW, LATE_PAIR_MAX + tariffs.remembers)


def known_of(vehicles: Iterable[Vehicle], opened: Mapping[Vehicle, OpenStay], finished: Sequence[BilledStay]) -> Known:
    """The histories and bills of vehicles; `finished` is in order of time."""
    ended: dict[Vehicle, list[Stay]] = {}
    for stay, _ in finished:
        ended.setdefault(stay.vehicle, []).append(stay)
    histories = {vehicle: History(opened.get(vehicle), tuple(ended.get(vehicle, ()))) for vehicle in vehicles}
    return Known(histories, {stay.id: bill for stay, bill in finished if bill is not None})


def ending(passings: Iterable[Passing], known: Known) -> set[Vehicle]:
    """The vehicles of which a stay may end: at an exit, or at an entry whose exit came first."""
    return {
        vehicle
        for passing in passings
        if known.histories[vehicle := vehicle_of(passing)].finished or passing.direction is Direction.EXIT
    }


def charges_that_matter(passings: Iterable[Passing], known: Known) -> list[UUID]:
    """The charges of stays whose exit a passing may repeat: whether they are paid decides what the barrier does."""
    repeated = [stay for p in passings for stay in stays.repeatable(known.histories[vehicle_of(p)], p)]
    return [charge_id(stay.id) for stay in repeated if known.bills[stay.id].fee_fen]


# -- what follows


def apply(
    known: Known, passings: Sequence[Passing], new: Sequence[tuple[UUID, UUID]], network: Network
) -> list[Effect]:
    """What each passing changes, in the order given. `known` is brought up to date.

    `new`: for each passing the identifier of a stay that it may open, and the reference of a charge that it may make.
    """
    return [_apply(known, passing, *each, network) for passing, each in zip(passings, new, strict=True)]


def _apply(known: Known, passing: Passing, new_id: UUID, new_reference: UUID, network: Network) -> Effect:
    if not passing.applies:
        return _effect(passing, _NOTHING, None, barrier.decide(passing, None, settled=False), None)
    vehicle = vehicle_of(passing)
    transition = stays.follow(known.histories[vehicle], passing, new_id=new_id)
    known.histories[vehicle] = transition.history
    if transition.closed is not None:
        _close(known, transition.closed, network)
        known.references[transition.closed.id] = new_reference
    ended = transition.closed or transition.repeat_of
    bill = None if ended is None else known.bills.get(ended.id)
    charge = known.charges.get(charge_id(ended.id)) if known.charges and ended is not None else None
    settled = charge is not None and charge.state is not ChargeState.DUE
    reference = None
    if bill is not None and bill.fee_fen and ended is not None:
        reference = charge.reference if charge is not None else known.references.get(ended.id)
    return _effect(passing, transition, bill, barrier.decide(passing, bill, settled=settled), reference)


def _effect(
    passing: Passing, transition: Transition, bill: Bill | None, decision: Decision, reference: UUID | None
) -> Effect:
    record = EventRecord(
        *key_of(passing),
        id=passing.id,
        lane_id=passing.lane_id,
        occurred_at=passing.occurred_at,
        received_at=passing.received_at,
        content_hash=passing.content_hash,
        gate=decision.gate,
        stay_id=transition.stay_id,
        fee_fen=decision.fee_fen,
        payment=decision.payment,
        # An impossible order weighs more than a doubtful read: it is what a person has to put right.
        reason=transition.reason or passing.doubt,
        charge_reference=reference,
    )
    return Effect(passing, transition, bill, record)


def _close(known: Known, closed: Stay, network: Network) -> None:
    """Bills a stay; what follows in the batch remembers what it used."""
    assert closed.entered_at is not None
    assert closed.left_at is not None
    plate = closed.vehicle.number_plate
    others = [stay for stay in known.histories[closed.vehicle].finished if stay.id != closed.id]
    pasts = fees.pasts_of(others, known.bills) + _pasts_elsewhere(known, closed, network)
    in_force = prices.of_stay(network.prices[closed.lot_id].tariffs, closed.entered_at, closed.left_at)
    known.bills[closed.id] = fees.bill(closed, in_force, pasts, known.payers.get(plate, ()))
    if plate in known.used:
        known.used[plate] += [(closed.lot_id, past) for past in fees.pasts_of([closed], known.bills)]


def _pasts_elsewhere(known: Known, closed: Stay, network: Network) -> list[Past]:
    """What the vehicle used in other lots, where the price of this one asks for it."""
    if not network.prices[closed.lot_id].is_wide:
        return []
    here = network.lots[closed.lot_id].operator_id
    elsewhere = [each for each in known.used.get(closed.vehicle.number_plate, ()) if each[0] != closed.lot_id]
    return [structs.replace(past, place=scope_of(_operator(network, lot_id), here)) for lot_id, past in elsewhere]


def _operator(network: Network, lot_id: int) -> int | None:
    lot = network.lots.get(lot_id)
    return None if lot is None else lot.operator_id


# -- what is written


def changes(before: Mapping[Vehicle, History], known: Known) -> Changes:
    """Stays are values, so the difference of two histories is all there is to write."""
    moved = [(was, known.histories[vehicle], vehicle) for vehicle, was in before.items()]
    moved = [(was, now, vehicle) for was, now, vehicle in moved if now is not was]
    return Changes(
        ended=[vehicle for was, now, vehicle in moved if was.open is not None and now.open != was.open],
        opened=[now.open for was, now, _ in moved if now.open is not None and now.open != was.open],
        finished=[
            (stay, known.bills.get(stay.id))
            for was, now, _ in moved
            for stay in now.finished
            if stay not in was.finished
        ],
    )


def charges(effects: Iterable[Effect], lots: Mapping[int, Lot]) -> list[ChargeRequest]:
    """What is asked of payments: a charge for each stay that was closed and costs something."""
    closed = ((effect.transition.closed, effect.bill, effect.record.charge_reference) for effect in effects)
    return [
        _charge(stay, bill, lots[stay.lot_id], reference)
        for stay, bill, reference in closed
        if stay is not None and bill is not None and reference is not None
    ]


def gateways(effects: Iterable[Effect]) -> dict[UUID, int]:
    """Whose event ended a stay, by the stay's number."""
    return {
        effect.transition.closed.id: effect.passing.gateway_id
        for effect in effects
        if effect.transition.closed is not None
    }


def _charge(stay: Stay, bill: Bill, lot: Lot, reference: UUID) -> ChargeRequest:
    assert stay.left_at is not None
    return ChargeRequest(
        lot_id=lot.id,
        stay_id=stay.id,
        operator_id=lot.operator_id,
        account_id=bill.account_id,
        amount_fen=bill.fee_fen,
        business_date=stay.left_at.astimezone(ZoneInfo(lot.time_zone)).date(),
        lines=msgspec.json.encode(bill.lines),
        reference=reference,
        place_hidden=bill.began_unlinked,
    )


def sightings(
    effects: Iterable[Effect], before: Mapping[Vehicle, History], lots: Mapping[int, Lot]
) -> Iterator[Sighting]:
    """What each passing says of its lot's count."""
    inside = {vehicle for vehicle, history in before.items() if history.open is not None}
    for effect in effects:
        passing, vehicle = effect.passing, vehicle_of(effect.passing)
        moved = 0
        if passing.applies:
            is_inside = effect.transition.history.open is not None
            moved = is_inside - (vehicle in inside)
            (inside.add if is_inside else inside.discard)(vehicle)
        # A replayed count is old news.
        free = None if passing.event.replay else passing.event.remaining_spaces
        yield Sighting(passing.lot_id, lots[passing.lot_id].capacity, passing.effective_at, moved, free)
