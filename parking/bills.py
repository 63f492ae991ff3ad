"""Bills of closed stays: each given what earlier visits used, here and, where a price asks for it, in other lots.

Visits come one after the other by when they began, whatever the lot: what one used, the later ones remember. So the
same visits cost the same, in whatever order they were told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, structs

from parking import fees, matching
from parking.entitlements import NOTHING, Rights
from parking.exits import NOWHERE, Exits
from parking.fees import Bill, PastAt, Payer
from parking.network import Network
from parking.prices import LotPrices
from parking.quotes import quoted
from parking.reads import NumberPlate, Vehicle
from parking.stays import State, Stay
from parking.tariffs import Past, Use
from parking.tariffs.engine.memory import scope_of
from parking.tariffs.language.fields import Scope


class Believed(Struct):
    """Stays by their numbers, and what those that are closed cost. `reopened`: those that are open and have a charge,
    since they were closed before or were asked to be paid inside.
    """

    stays: dict[UUID, Stay]
    bills: dict[UUID, Bill]
    reopened: set[UUID] = set()


class Priced(Struct):
    """What is known to price stays: who pays for plates, and, where a tariff asks, what these used in other lots and
    what rights stays have. `exits`: when stays were quoted and paid whose vehicles were quoted more than once.
    """

    payers: Mapping[NumberPlate, Sequence[Payer]]
    used: dict[NumberPlate, list[PastAt]]
    rights: dict[UUID, Rights] = {}
    exits: Exits = NOWHERE


class Moved(NamedTuple):
    """What a visit to a lot used, which began at an instant (`since`)."""

    lot_id: int
    number_plate: NumberPlate
    since: datetime
    left_at: datetime | None
    uses: tuple[Use, ...]


def as_billed(stay: Stay, stays: Mapping[UUID, Stay]) -> Stay:
    """A closed stay as the vehicle it is billed as. `stays` holds the half it was matched with, if there is one."""
    if stay.matched_id is None:
        return stay
    leaving = stays[stay.matched_id]
    return matching.as_billed(matching.entry_half(stay, leaving), matching.exit_half(leaving), stay)


def to_price(before: Believed, after: Mapping[UUID, Stay], tariffs: Mapping[int, LotPrices]) -> list[Stay]:
    """The closed stays that are new or otherwise than before, and those whose price may remember what has changed."""
    changed = [stay for stay in after.values() if not _is_billed_as_before(stay, before, after)]
    gone = [stay for id_, stay in before.stays.items() if stay.state is State.CLOSED and after.get(id_) != stay]
    since: dict[Vehicle, datetime] = {}
    for stay in (*changed, *gone):
        if tariffs[stay.lot_id].remembers and stay.state is State.CLOSED:
            since[stay.vehicle] = min(since.get(stay.vehicle, stay.first_at), stay.first_at)
    later = [
        stay
        for stay in after.values()
        if since
        and stay.first_at > since.get(stay.vehicle, stay.first_at)
        and _is_billed_as_before(stay, before, after)
    ]
    closed = [stay for stay in (*changed, *later) if stay.state is State.CLOSED]
    return sorted(closed, key=lambda stay: stay.first_at)


def _is_billed_as_before(stay: Stay, before: Believed, after: Mapping[UUID, Stay]) -> bool:
    """Whether neither a stay is otherwise than before, nor the plate of the half that it was matched with."""
    if before.stays.get(stay.id) != stay:
        return False
    if stay.state is not State.CLOSED or stay.matched_id is None:
        return True
    return as_billed(stay, before.stays) == as_billed(stay, after)


def price(
    stays: Sequence[Stay], before: Believed, after: Mapping[UUID, Stay], priced: Priced, network: Network
) -> dict[UUID, Bill]:
    """The bills of `stays` (in order of time), given those of all others. What one used, the next remembers."""
    so_far = dict(before.bills)
    by_vehicle: dict[Vehicle, list[Stay]] = {}
    for stay in after.values():
        if stay.state is State.CLOSED:
            by_vehicle.setdefault(stay.vehicle, []).append(stay)
    for stay in stays:
        so_far.pop(stay.id, None)
    made: dict[UUID, Bill] = {}
    for stay in stays:
        billed = as_billed(stay, after)
        others = [other for other in by_vehicle.get(billed.vehicle, ()) if other.id != stay.id]
        pasts = fees.pasts_of(others, so_far) + _pasts_elsewhere(priced, billed, network)
        plate = billed.vehicle.number_plate
        payers, rights = priced.payers.get(plate, ()), priced.rights.get(stay.id, NOTHING)
        quote = quoted(billed, network.prices[stay.lot_id].of(billed.first_at), pasts, payers, rights, priced.exits)
        bill, in_force = quote.bill, quote.in_force
        if rights.coupons and in_force and billed.let_out is None:
            priced.rights[stay.id] = fees.worth_of_coupons(quote.stay, in_force, pasts, rights, bill)
        if _is_billed_as_before(stay, before, after):
            # Only what others used has changed: who pays for it does not.
            bill = structs.replace(bill, account_id=before.bills[stay.id].account_id)
        made[stay.id] = so_far[stay.id] = fees.as_decided(bill, billed)
        if plate in priced.used:
            priced.used[plate] += [PastAt(stay.lot_id, stay.id, past) for past in fees.pasts_of([billed], so_far)]
    return made


def rights_gone(before: Believed, after: Believed, tariffs: Mapping[int, LotPrices]) -> dict[UUID, Rights]:
    """No rights, for stays that are not billed any more and may have had some."""
    gone = [id_ for id_ in before.bills if id_ not in after.bills]
    return {id_: NOTHING for id_ in gone if tariffs[before.stays[id_].lot_id].asks}


def _pasts_elsewhere(priced: Priced, closed: Stay, network: Network) -> list[Past]:
    """What the vehicle used in other lots on visits that began earlier, where the price of this one asks for it."""
    if not network.prices[closed.lot_id].is_wide:
        return []
    assert closed.entered_at is not None
    turn = (closed.entered_at, closed.lot_id)
    return [
        structs.replace(each.past, place=_place(network, each.lot_id, closed.lot_id, closed.entered_at))
        for each in priced.used.get(closed.vehicle.number_plate, ())
        if each.lot_id != closed.lot_id and each.turn < turn
    ]


def moved_elsewhere(
    before: Believed, after: Believed, used: Mapping[NumberPlate, Sequence[PastAt]], tariffs: Mapping[int, LotPrices]
) -> list[Moved]:
    """What vehicles used otherwise than was believed, if visits to other lots that began later may remember it.

    used: what is known of the visits of those vehicles of which a stay was priced. Where none began later, as of a car
    that leaves now, nothing follows from what it used.
    """
    moved = []
    for id_ in before.bills.keys() | after.bills.keys():
        if before.bills.get(id_) is after.bills.get(id_):
            continue
        stay = after.stays.get(id_) or before.stays[id_]
        if tariffs[stay.lot_id].is_seen:
            was, now = _use(id_, before), _use(id_, after)
            if was is None and now is not None:
                later = used.get(now.number_plate, ())
                if any(each.lot_id != stay.lot_id and each.turn > (now.since, stay.lot_id) for each in later):
                    moved.append(now)
            elif was != now:
                moved += [each for each in (was, now) if each is not None]
    return moved


def _use(stay_id: UUID, believed: Believed) -> Moved | None:
    bill = believed.bills.get(stay_id)
    if bill is None or not bill.uses:
        return None
    billed = as_billed(believed.stays[stay_id], believed.stays)
    assert billed.entered_at is not None
    return Moved(billed.lot_id, billed.vehicle.number_plate, billed.entered_at, billed.left_at, bill.uses)


def _place(network: Network, lot_id: int, seen_from: int, entered_at: datetime) -> Scope:
    """Where a visit to another lot was, for one that began at an instant: what was a stretch of the same road then is
    the same place.
    """
    there, here = network.lots.get(lot_id), network.lots[seen_from]
    road = here.around_at(entered_at).road
    if there is not None and road is not None and there.around_at(entered_at).road == road:
        return "lot"
    return scope_of(None if there is None else there.operator_id, here.operator_id)
