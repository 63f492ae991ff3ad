"""What follows from stays that are derived anew: what they cost, what is written, and what each gate is answered.

`flow/derivation` reads as far as `lookback` says, has stays derived, and writes what is different.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from parking import barrier, fees, matching, prices
from parking import stays as rules
from parking.answers import EventRecord, key_of
from parking.cases import OF_A_READ, Case, Reason
from parking.facts import CONFIDENCE_MIN, Fact
from parking.fees import Bill, Payer
from parking.lots import Direction, Lot
from parking.network import Network
from parking.occupancy import Sighting
from parking.plates import PlateForm, form
from parking.prices import LotPrices
from parking.reads import Cause, LetOut, NumberPlate, Read, Vehicle
from parking.stays import State, Stay
from parking.tariffs import Past
from parking.tariffs.engine.memory import scope_of
from payments.charges import Charge, ChargeState, charge_id

# What a vehicle used, and in which lot.
PastAt = tuple[int, Past]


class Believed(Struct):
    """Stays by their numbers, and what those that are closed cost. `reopened`: those that were closed before."""

    stays: dict[UUID, Stay]
    bills: dict[UUID, Bill]
    reopened: set[UUID] = set()


class Priced(Struct):
    """What is known to price stays: who pays for plates, and what these used in other lots, where a tariff asks."""

    payers: Mapping[NumberPlate, Sequence[Payer]]
    used: dict[NumberPlate, list[PastAt]]


class Difference(Struct, frozen=True):
    """How the stays after a batch differ from what was believed before it.

    `ended`, `opened`: vehicles that are no longer, or now, inside; `finished`: stays to write; `rewritten`: those of
    them of which something else was believed.
    """

    ended: list[Stay]
    opened: list[Stay]
    finished: list[tuple[Stay, Bill | None]]
    rewritten: list[UUID]


class Derived(Struct, frozen=True):
    """What was believed, and what is derived now. `stays`: all of them, with what is left of those that are no more.

    `reads`: those that stays were derived from again.
    `charges`: of stays that were billed before, as far as they matter. `references`: for a new charge, by its stay.
    `causes`: the fact or the decision that changed the stays of a lot.
    """

    before: Believed
    after: Believed
    stays: Mapping[UUID, Stay]
    reads: Sequence[Read]
    changed: Difference
    charges: Mapping[UUID, Charge]
    references: Mapping[UUID, UUID]
    causes: Mapping[int, Cause]


# -- what it costs


def as_billed(stay: Stay, stays: Mapping[UUID, Stay]) -> Stay:
    """A closed stay as the vehicle it is billed as. `stays` holds the half it was matched with, if there is one."""
    if stay.matched_id is None:
        return stay
    leaving = stays[stay.matched_id]
    return matching.as_billed(matching.entry_half(stay, leaving), matching.exit_half(leaving), stay)


def to_price(before: Believed, after: Mapping[UUID, Stay], tariffs: Mapping[int, LotPrices]) -> list[Stay]:
    """The closed stays that are new or otherwise than before, and those whose price may remember what has changed."""
    changed = [stay for id_, stay in after.items() if before.stays.get(id_) != stay]
    gone = [stay for id_, stay in before.stays.items() if stay.state is State.CLOSED and after.get(id_) != stay]
    since: dict[Vehicle, datetime] = {}
    for stay in (*changed, *gone):
        if tariffs[stay.lot_id].remembers and stay.state is State.CLOSED:
            since[stay.vehicle] = min(since.get(stay.vehicle, stay.first_at), stay.first_at)
    later = [
        stay
        for stay in after.values()
        if since and stay.first_at > since.get(stay.vehicle, stay.first_at) and before.stays.get(stay.id) == stay
    ]
    closed = [stay for stay in (*changed, *later) if stay.state is State.CLOSED]
    return sorted(closed, key=lambda stay: stay.first_at)


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
        assert billed.entered_at is not None
        assert billed.left_at is not None
        others = [other for other in by_vehicle.get(billed.vehicle, ()) if other.id != stay.id]
        pasts = fees.pasts_of(others, so_far) + _pasts_elsewhere(priced, billed, network)
        in_force = prices.of_stay(network.prices[stay.lot_id].tariffs, billed.entered_at, billed.left_at)
        plate = billed.vehicle.number_plate
        bill = fees.bill(billed, in_force, pasts, priced.payers.get(plate, ()))
        if before.stays.get(stay.id) == stay:
            # Only what others used has changed: who pays for it does not.
            bill = structs.replace(bill, account_id=before.bills[stay.id].account_id)
        made[stay.id] = so_far[stay.id] = fees.nothing(bill) if billed.let_out is LetOut.FREE else bill
        if plate in priced.used:
            priced.used[plate] += [(stay.lot_id, past) for past in fees.pasts_of([billed], so_far)]
    return made


def _pasts_elsewhere(priced: Priced, closed: Stay, network: Network) -> list[Past]:
    """What the vehicle used in other lots, where the price of this one asks for it."""
    if not network.prices[closed.lot_id].is_wide:
        return []
    here = network.lots[closed.lot_id].operator_id
    elsewhere = [each for each in priced.used.get(closed.vehicle.number_plate, ()) if each[0] != closed.lot_id]
    return [structs.replace(past, place=scope_of(_operator(network, lot_id), here)) for lot_id, past in elsewhere]


def _operator(network: Network, lot_id: int) -> int | None:
    lot = network.lots.get(lot_id)
    return None if lot is None else lot.operator_id


# -- what is written


def difference(before: Believed, after: Believed, stays: Mapping[UUID, Stay]) -> Difference:
    """What there is to write. `stays` are all of them, with what is left of those that are no more."""
    was_open = {id_: stay for id_, stay in before.stays.items() if stay.state is State.OPEN}
    ended = [stay for id_, stay in was_open.items() if stays[id_] != stay]
    opened = [stay for id_, stay in stays.items() if stay.state is State.OPEN and was_open.get(id_) != stay]
    finished = [
        (stay, after.bills.get(id_))
        for id_, stay in stays.items()
        if stay.state is not State.OPEN and (before.stays.get(id_) != stay or _billed_otherwise(before, after, id_))
    ]
    # A stay that is open again leaves its row as a sign of that.
    reopened = [(stay, None) for stay in opened if stay.id in before.stays and stay.id not in was_open]
    rewritten = [stay.id for stay, _ in (*finished, *reopened) if stay.id in before.stays and stay.id not in was_open]
    return Difference(ended, opened, [*finished, *reopened], rewritten)


def _billed_otherwise(before: Believed, after: Believed, stay_id: UUID) -> bool:
    was, now = before.bills.get(stay_id), after.bills.get(stay_id)
    if was is None or now is None:
        return was is not now
    return (was.tariff_id, was.fee_fen, was.account_id, was.uses) != (
        now.tariff_id,
        now.fee_fen,
        now.account_id,
        now.uses,
    )


class CaseChanges(Struct, frozen=True):
    """The cases that there are now, and the numbers of those that are moot, if there are such."""

    opened: list[Case]
    moot: list[UUID]


def case_changes(
    derived: Derived, new: Sequence[Fact], records: Sequence[EventRecord], lots: Mapping[int, Lot]
) -> CaseChanges:
    """What stays, and what is odd about new events themselves, give a person to look at.

    A doubtful read is nobody's matter any more once its stay is whole and nothing about that is in doubt.
    """
    before, stays = derived.before, derived.stays
    was = _cases(before.stays.values(), lots)
    now = _cases(stays.values(), lots)
    clear = {fact for stay in stays.values() if _is_clear(stay, lots[stay.lot_id]) for fact in stay.facts}
    odd = [
        Case(fact.lot_id, fact.id, fact.doubt, record.stay_id)
        for fact, record in zip(new, records, strict=True)
        if fact.doubt is not None and fact.doubt not in OF_A_READ
    ]
    odd += [
        Case(read.lot_id, read.id, reason, None)
        for read in derived.reads
        if read.id not in clear and (reason := _doubt_of(read)) is not None
    ]
    moot = [
        Case(stay.lot_id, fact, reason, None)
        for stay in stays.values()
        if before.stays.get(stay.id) != stay and _had_doubtful_read(stay) and _is_clear(stay, lots[stay.lot_id])
        for fact in stay.facts
        for reason in OF_A_READ
    ]
    opened = {case.id: case for case in odd} | {id_: case for id_, case in now.items() if id_ not in was}
    return CaseChanges(list(opened.values()), [*(was.keys() - now.keys() - opened.keys()), *(case.id for case in moot)])


def _cases(stays: Iterable[Stay], lots: Mapping[int, Lot]) -> dict[UUID, Case]:
    return {case.id: case for stay in stays for case in rules.cases_of(stay, lots[stay.lot_id].kind)}


def _doubt_of(read: Read) -> Reason | None:
    if read.confidence < CONFIDENCE_MIN:
        return Reason.LOW_CONFIDENCE
    return Reason.UNKNOWN_PLATE_FORM if form(read.plate) is PlateForm.UNKNOWN else None


def _is_clear(stay: Stay, lot: Lot) -> bool:
    return stay.state is State.CLOSED and rules.doubt_of(stay, lot.kind) is None


def _had_doubtful_read(stay: Stay) -> bool:
    return stay.confidence < CONFIDENCE_MIN or len(stay.facts) > 2 or form(stay.plate) is PlateForm.UNKNOWN


def sightings(facts: Sequence[Fact], derived: Derived, lots: Mapping[int, Lot]) -> Iterator[Sighting]:
    """What a batch says of the counts of its lots, in order of time."""
    changed, stays = derived.changed, derived.stays
    seen: list[tuple[datetime, int, int, int | None]] = []
    seen += [(stay.first_at, stay.lot_id, 1, None) for stay in changed.opened if stay.counted]
    seen += [(_left_at(stay, stays), stay.lot_id, -1, None) for stay in changed.ended if stay.counted]
    # A replayed count is old news. One that comes with a car counts that car.
    seen += [
        (fact.effective_at, fact.lot_id, 0, fact.event.remaining_spaces)
        for fact in facts
        if not fact.event.replay and fact.event.remaining_spaces is not None
    ]
    for at, lot_id, moved, free in sorted(seen, key=lambda each: (each[0], each[3] is not None)):
        yield Sighting(lot_id, lots[lot_id].capacity, at, moved, free)


def _left_at(inside: Stay, stays: Mapping[UUID, Stay]) -> datetime:
    now = stays[inside.id]
    return now.left_at or now.seen_again_at or now.first_at


# -- what is answered


def charges_that_matter(before: Believed, after: Believed, reads: Sequence[Read]) -> list[UUID]:
    """The charges of stays that were billed before and are billed again, or that one of the new reads belongs to."""
    new = {read.id for read in reads}
    billed = {id_ for id_, bill in after.bills.items() if before.bills.get(id_) is not bill}
    again = [id_ for id_ in billed if id_ not in new and not _is_billed_first(id_, before)]
    homes = home_of(after.stays, {read.id for read in reads if read.direction is Direction.EXIT})
    again += [stay.id for stay in homes.values() if stay.id in before.bills]
    return list({charge_id(id_, bill.account_id) for id_ in again if (bill := after.bills.get(id_)) is not None})


def _is_billed_first(stay_id: UUID, before: Believed) -> bool:
    """Whether a stay ends that was never billed: its vehicle was inside, and had been since it came."""
    was = before.stays.get(stay_id)
    return was is not None and was.state is State.OPEN and stay_id not in before.reopened


def home_of(stays: Mapping[UUID, Stay], facts: Container[UUID]) -> dict[UUID, Stay]:
    """The stays that these facts belong to, by the fact."""
    return {
        fact: stay for stay in stays.values() if stay.state is not State.MERGED for fact in stay.facts if fact in facts
    }


def records(new: Sequence[Fact], derived: Derived, lots: Mapping[int, Lot]) -> list[EventRecord]:
    """What is kept of each event, and so what its gateway is answered."""
    after = derived.after
    homes = home_of(after.stays, {fact.id for fact in new})
    again = {(stay.vehicle, stay.seen_again_at) for stay in after.stays.values() if stay.seen_again_at is not None}
    found = []
    for fact in new:
        home = homes.get(fact.id)
        reason = _reason(fact, home, again, lots) or fact.doubt
        found.append(_record(fact, home, reason, derived))
    return found


def _record(fact: Fact, home: Stay | None, reason: Reason | None, derived: Derived) -> EventRecord:
    bill = None if home is None else derived.after.bills.get(home.id)
    charge = _charge_of(home, bill, derived) if derived.charges else None
    settled = charge is not None and charge.state is not ChargeState.DUE
    decision = barrier.decide(fact, bill, settled=settled, let_out=home is not None and home.let_out is not None)
    reference = None
    if decision.fee_fen and home is not None:
        reference = derived.references[home.id] if charge is None else charge.reference
    return EventRecord(
        *key_of(fact),
        id=fact.id,
        lane_id=fact.lane_id,
        occurred_at=fact.occurred_at,
        received_at=fact.received_at,
        content_hash=fact.content_hash,
        gate=decision.gate,
        stay_id=None if home is None else home.id,
        fee_fen=decision.fee_fen,
        payment=decision.payment,
        reason=reason,
        charge_reference=reference,
    )


def _charge_of(home: Stay | None, bill: Bill | None, derived: Derived) -> Charge | None:
    return None if home is None or bill is None else derived.charges.get(charge_id(home.id, bill.account_id))


def _reason(
    fact: Fact,
    home: Stay | None,
    seen_again: Container[tuple[Vehicle, datetime]],
    lots: Mapping[int, Lot],
) -> Reason | None:
    """What is odd about the stay that an event belongs to, which weighs more than a doubtful read."""
    if home is None:
        return None
    if fact.direction is Direction.EXIT:
        found = rules.cases_of(home, lots[fact.lot_id].kind)
        return found[0].reason if found else None
    return Reason.ENTRY_WHILE_INSIDE if (home.vehicle, home.first_at) in seen_again else None


def add(believed: Believed, rows: Iterable[tuple[Stay, Bill | None]]) -> None:
    """Adds what was read to what is believed; what is known already stays."""
    for stay, bill in rows:
        if stay.state is State.OPEN:
            believed.reopened.add(stay.id)
        elif stay.id not in believed.stays:
            believed.stays[stay.id] = stay
            if bill is not None:
                believed.bills[stay.id] = bill


def partners(believed: Believed) -> list[UUID]:
    """The other halves of matched stays, as far as they are not known."""
    others = {stay.matched_id or stay.merged_into for stay in believed.stays.values()}
    return [other for other in others if other is not None and other not in believed.stays]
