"""When vehicles that are inside, or at an exit, are let out without paying: priced as they will be in hours to come."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking import grants, offline
from parking.barrier import Command, decide_fee
from parking.entitlements import ExemptVehicle
from parking.fees import Bill
from parking.flow.derivation import believed
from parking.flow.inside import bills_if
from parking.flow.prepayments import paid_inside, reads_of
from parking.grants import Window, instant_of, second_of
from parking.lots import Lot
from parking.network import Network
from parking.offline import Turns
from parking.reads import NumberPlate
from parking.spans import (
    KEPT_OUT_MAX,
    LET_OUT_READ_AGAIN_MAX,
    READ_AGAIN_MAX,
    STANDS_MAX,
    STAY_MAX,
    TURNED_ROUND_MAX,
)
from parking.stays import State, Stay
from parking.store import entitlements as entitlement_store
from parking.store import events as event_store
from parking.store import offline as store
from parking.store.offline import Fetched
from parking.tariffs.language.sources import Source
from payments.adjustments import owed_after
from payments.charges import Charge, charge_id
from payments.store import charges as charge_store

# Gates wait for the process while so many are priced.
PRICED_AT_ONCE = 250
_SECOND = timedelta(seconds=1)

# Which of some stays would be let out if they left at an instant.
Free = Callable[[Mapping[UUID, datetime]], Awaitable[set[UUID]]]


class Departures(Struct, frozen=True):
    """When vehicles leave without paying at the exit, by their stays, and those for which an account pays."""

    turns: dict[UUID, Turns]
    paying: set[UUID]


async def may_be_inside(db: sql.Connection, lot: Lot, now: datetime) -> Fetched[Stay]:
    """The vehicles inside a lot, and those that were held at a way in for a ban: whoever let one in need not say so,
    and it leaves as any other. Whoever came last first, and last those that do not count among the cars inside: most of
    them have left unseen.
    """
    inside = await store.inside(db, (lot.id, now - STAY_MAX, now))
    known = {stay.vehicle for stay in inside}
    held = await store.kept_out(db, lot, since=now - KEPT_OUT_MAX)
    for stay, _ in await event_store.stays_by_id(db, held) if held else ():
        if stay.vehicle not in known:
            known.add(stay.vehicle)
            inside.append(stay)
    inside.sort(key=_comes_first, reverse=True)
    return store.fitting(inside)


def _comes_first(stay: Stay) -> tuple[bool, datetime]:
    return stay.counted or stay.state is not State.OPEN, stay.first_at


async def find_departures(db: sql.Connection, inside: Sequence[Stay], network: Network, window: Window) -> Departures:
    """Those of all vehicles that are inside."""
    found = Departures({}, set())
    for at in range(0, len(inside), PRICED_AT_ONCE):
        some = await _departures(db, inside[at : at + PRICED_AT_ONCE], network, window)
        found = Departures(found.turns | some.turns, found.paying | some.paying)
    return found


async def _departures(db: sql.Connection, inside: Sequence[Stay], network: Network, window: Window) -> Departures:
    before = await believed(db, reads_of(inside), network, window.since)
    by_id = {stay.id: stay for stay in inside}
    paying: set[UUID] = set()

    async def free(at: Mapping[UUID, datetime]) -> set[UUID]:
        """Which of these would be let out if they left then: nothing is due, or an account pays."""
        leaving = [_left(by_id[id_], instant) for id_, instant in at.items()]
        bills = await bills_if(db, leaving, before, network, window.since)
        paying.update(id_ for id_, bill in bills.items() if bill.account_id is not None)
        return {id_ for id_, bill in bills.items() if _is_let_out(bill)}

    looked_at = await _looked_at(db, inside, network, window)
    turns = await _turns(looked_at, free)
    ends = {id_: points[-1] for id_, points in looked_at.items()}
    found = {id_: _over(each, ends[id_]) if ends[id_] < window.until else each for id_, each in turns.items()}
    for id_, end in (await paid_inside(db, inside, before, network, window.since)).items():
        found[id_] = offline.until(found[id_], end)
    return Departures(found, paying)


def _left(stay: Stay, at: datetime) -> Stay:
    return structs.replace(stay, state=State.CLOSED, left_at=max(at, stay.first_at))


def _is_let_out(bill: Bill) -> bool:
    return bill.fee_fen == 0 or bill.account_id is not None


# -- who is at an exit


class Leaving(Struct, frozen=True):
    """When vehicles at an exit are let out there again, and whether there are more."""

    turns: dict[NumberPlate, Turns]
    is_cut: bool


async def find_leaving(db: sql.Connection, lot: Lot, network: Network, window: Window) -> Leaving:
    """When vehicles that were read at an exit of late, or were not seen to pass there, are let out when they are read
    again: they have paid, or nothing is due, and have time to leave.
    """
    within = max(timedelta(minutes=lot.leave_within_min), STANDS_MAX)
    wanted = await store.at_exits(db, lot, since=window.since - within, came_since=window.since - STAY_MAX)
    stays = [stay for stay, _ in await event_store.stays_by_id(db, wanted.rows) if stay.matched_id is None]
    if not stays:
        return Leaving({}, wanted.is_cut)
    exits = [stay.exit_event_id for stay in stays if stay.exit_event_id is not None]
    reads = await event_store.reads_by_id(db, [lot.id] * len(exits), exits)
    before = await believed(db, list(reads.values()), network, window.since)
    charges = await charge_store.charges_by_id(db, [charge_id(stay.id, None) for stay in stays])
    by_id = {stay.id: stay for stay in stays}

    async def free(at: Mapping[UUID, datetime]) -> set[UUID]:
        """Which of these would be let out if they were read again then."""
        again = [_read_again(by_id[id_], instant) for id_, instant in at.items()]
        bills = await bills_if(db, again, before, network, window.since)
        return {id_ for id_, bill in bills.items() if _opens(by_id[id_], bill, charges.get(charge_id(id_, None)))}

    ends = {stay.id: min(window.until, _not_left_until(stay)) for stay in stays}
    turns = await _turns({stay.id: [window.since, ends[stay.id]] for stay in stays}, free)
    over = {id_: _over(found, ends[id_]) for id_, found in turns.items()}
    return Leaving({stay.vehicle.number_plate: over[stay.id] for stay in stays if over[stay.id]}, wanted.is_cut)


def _not_left_until(stay: Stay) -> datetime:
    """Until when a vehicle that is read at the exit again has not left there before (see `spans`)."""
    assert stay.entered_at is not None
    last, longest = _last(stay), _stays_until(stay)
    if stay.at_exit:
        return longest
    drove_by = (stay.exits or (last,))[0] - stay.entered_at <= TURNED_ROUND_MAX
    return min(longest, last + (READ_AGAIN_MAX if drove_by else LET_OUT_READ_AGAIN_MAX))


def _stays_until(stay: Stay) -> datetime:
    """When a stay is over at the latest: what is read then has come again, and costs something else."""
    return stay.first_at + STAY_MAX


def _over(turns: Turns, end: datetime) -> Turns:
    """What turns so until an instant, and holds no more from it on."""
    return (*turns, second_of(end)) if len(turns) % 2 else turns


def _last(stay: Stay) -> datetime:
    assert stay.left_at is not None
    return stay.exits[-1] if stay.exits else stay.left_at


def _read_again(stay: Stay, at: datetime) -> Stay:
    last = _last(stay)
    return structs.replace(stay, exits=(*(stay.exits or (last,)), max(at, last)), left_at=max(at, last))


def _opens(stay: Stay, bill: Bill, charge: Charge | None) -> bool:
    owed_fen = None if charge is None else owed_after(charge, bill.fee_fen, asked_at=bill.until)
    decision = decide_fee(bill.fee_fen, bill.account_id, owed_fen, let_out=stay.let_out is not None)
    return decision.gate is Command.OPEN


# -- looking for the turns


async def _looked_at(
    db: sql.Connection, inside: Sequence[Stay], network: Network, window: Window
) -> dict[UUID, list[datetime]]:
    """At which instants, in order, is looked whether a vehicle may leave: what a stay costs only grows in between. The
    last is when the window ends, or the stay at the latest.
    """
    found = {}
    registered: Mapping[NumberPlate, Sequence[ExemptVehicle]] = {}
    asking = [stay for stay in inside if Source.REGISTER in network.prices[stay.lot_id].asks]
    if asking:
        plates = list({stay.vehicle.number_plate for stay in asking})
        registered = await entitlement_store.rights_of_vehicles(db, plates, window.since)
    for stay in inside:
        tariffs = network.prices[stay.lot_id].of(stay.first_at)
        changes = {each.valid_from for each in registered.get(stay.vehicle.number_plate, ())}
        if grants.asks_leaving(tariffs):
            changes |= grants.instants(tariffs, window)
        until = min(window.until, _stays_until(stay))
        inner = {at for each in changes for at in (each - _SECOND, each) if window.since < at < until}
        found[stay.id] = [window.since, *sorted(inner), until]
    return found


async def _turns(looked_at: Mapping[UUID, Sequence[datetime]], free: Free) -> dict[UUID, Turns]:
    """When each may leave, found by looking at instants of it, and closer where two that follow each other differ."""
    at_end = await free({id_: points[-1] for id_, points in looked_at.items()})
    # Whoever may at the end may always, if nothing that makes it cheaper comes in between.
    always = {id_ for id_ in at_end if not looked_at[id_][1:-1]}
    rest = {id_: points for id_, points in looked_at.items() if id_ not in always}
    turns: dict[UUID, list[int]] = {id_: [0] if id_ in always else [] for id_ in looked_at}
    before: set[UUID] = set()
    for step in range(max((len(points) for points in rest.values()), default=0)):
        here = {id_: points[step] for id_, points in rest.items() if len(points) > step}
        last = {id_ for id_ in here if len(rest[id_]) == step + 1}
        now = (at_end & last) | await free({id_: at for id_, at in here.items() if id_ not in last})
        changed = {id_ for id_ in here if (id_ in now) != (id_ in before)}
        if step == 0:
            for id_ in changed:
                turns[id_].append(0)
        else:
            ends = {id_: (second_of(rest[id_][step - 1]), second_of(here[id_])) for id_ in changed}
            for id_, second in (await _between(ends, before, free)).items():
                turns[id_].append(second)
        before = (before - here.keys()) | now
    return {id_: tuple(found) for id_, found in turns.items()}


async def _between(ends: Mapping[UUID, tuple[int, int]], before: set[UUID], free: Free) -> dict[UUID, int]:
    """The first second at which it is otherwise than at the first of two ends (`before`: may leave then)."""
    between = dict(ends)
    while left := {id_: sum(pair) // 2 for id_, pair in between.items() if pair[1] - pair[0] > 1}:
        then = await free({id_: instant_of(middle) for id_, middle in left.items()})
        for id_, middle in left.items():
            low, high = between[id_]
            between[id_] = (middle, high) if (id_ in then) == (id_ in before) else (low, middle)
    return {id_: high for id_, (_, high) in between.items()}
