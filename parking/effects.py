"""What follows from stays that are derived anew: what they cost, what is written, and what each gate is answered.

`flow/derivation` reads as far as `lookback` says, has stays derived, and writes what is different.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from parking import barrier
from parking import stays as rules
from parking.answers import EventRecord, as_read, key_of
from parking.bills import Believed, Moved
from parking.cases import OF_A_READ, Case, Reason
from parking.entitlements import Rights
from parking.facts import CONFIDENCE_MIN, Fact
from parking.fees import Bill
from parking.lots import Direction, Lot
from parking.matching import Matches
from parking.occupancy import Sighting
from parking.plates import PlateForm, form
from parking.reads import Cause, Read, Vehicle
from parking.stays import Doubt, State, Stay
from payments.adjustments import owed_after
from payments.charges import Charge, charge_id


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
    `causes`: the fact or the decision that changed the stays of a lot. `rights`: those of the stays that were priced by
    a tariff which asks for some, and none for those that are no more. `turned_back`: reads that no longer count since
    their vehicles were seen to turn back. `moved`: what was used otherwise and may be
    remembered by later visits to other lots. `matches`: which entries exits belong to, as far as that was decided anew.
    """

    before: Believed
    after: Believed
    stays: Mapping[UUID, Stay]
    reads: Sequence[Read]
    changed: Difference
    charges: Mapping[UUID, Charge]
    references: Mapping[UUID, UUID]
    causes: Mapping[int, Cause]
    rights: Mapping[UUID, Rights] = {}
    turned_back: Container[UUID] = frozenset()
    moved: Sequence[Moved] = ()
    matches: Matches = {}


class Occasion(Struct, frozen=True):
    """Why stays are derived again, where it is not that reads are new.

    `recorded`: reads that were there before, and may have been billed. `causes`: by the lot, what changes its stays.
    `turned_back`: reads that no longer count since their vehicles were seen to turn back.
    """

    recorded: Container[UUID] | None = None
    causes: dict[int, Cause] = {}
    turned_back: Container[UUID] = frozenset()


NEW_READS = Occasion()


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
    # A stay that is open again, or was asked to be paid inside, leaves its row as a sign of that.
    signs = before.reopened | (before.stays.keys() - was_open.keys())
    reopened = [(stay, None) for stay in opened if stay.id in signs]
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
    before, stays = derived.before.stays, derived.stays
    changed = [stay for id_, stay in stays.items() if before.get(id_) != stay]
    was = _cases((before[stay.id] for stay in changed if stay.id in before), lots)
    now = _cases(changed, lots)
    odd = [
        Case(fact.lot_id, fact.id, fact.doubt, record.stay_id)
        for fact, record in zip(new, records, strict=True)
        if fact.doubt is not None and fact.doubt not in OF_A_READ
    ]
    doubtful = [(read, reason) for read in derived.reads if (reason := doubt_of_read(read)) is not None]
    if doubtful:
        clear = {fact for stay in stays.values() if is_clear(stay, lots[stay.lot_id]) for fact in stay.facts}
        odd += [Case(read.lot_id, read.id, reason, None) for read, reason in doubtful if read.id not in clear]
    moot = [
        Case(stay.lot_id, fact, reason, None)
        for stay in changed
        if _had_doubtful_read(stay) and is_clear(stay, lots[stay.lot_id])
        for fact in stay.facts
        for reason in OF_A_READ
    ]
    moot += [Case(read.lot_id, read.id, why, None) for read in derived.reads if read.looked_at for why in OF_A_READ]
    opened = {case.id: case for case in odd} | {id_: case for id_, case in now.items() if id_ not in was}
    return CaseChanges(list(opened.values()), [*(was.keys() - now.keys() - opened.keys()), *(case.id for case in moot)])


def _cases(stays: Iterable[Stay], lots: Mapping[int, Lot]) -> dict[UUID, Case]:
    return {case.id: case for stay in stays for case in rules.cases_of(stay, lots[stay.lot_id].kind)}


def doubt_of_read(read: Read) -> Reason | None:
    """Why a person should look at a read by itself; at one that somebody found right nobody needs to look again."""
    if read.looked_at:
        return None
    if read.confidence < CONFIDENCE_MIN:
        return Reason.LOW_CONFIDENCE
    return Reason.UNKNOWN_PLATE_FORM if form(read.plate) is PlateForm.UNKNOWN else None


def is_clear(stay: Stay, lot: Lot) -> bool:
    """Whether a stay is whole and nothing about it is in doubt."""
    return stay.state is State.CLOSED and rules.doubt_of(stay, lot.kind) is None


def clear_no_more(before: Mapping[UUID, Stay], after: Mapping[UUID, Stay], lots: Mapping[int, Lot]) -> dict[UUID, int]:
    """The facts, with their lots, of stays that were whole and without a doubt and are otherwise now: a doubtful read
    among them is before a person again.
    """
    lost = [stay for id_, stay in before.items() if after.get(id_) != stay and is_clear(stay, lots[stay.lot_id])]
    return {fact: stay.lot_id for stay in lost for fact in stay.facts}


def _had_doubtful_read(stay: Stay) -> bool:
    """Whether a read of a stay may have been before a person by itself; at its exit, if somebody looked at that."""
    if stay.confidence < CONFIDENCE_MIN or form(stay.plate) is PlateForm.UNKNOWN:
        return True
    return len(stay.facts) > 2 or Doubt.LOOKED_AT in stay.doubts


def sightings(
    facts: Sequence[Fact], derived: Derived, lots: Mapping[int, Lot], counted: Sequence[Sighting] = ()
) -> Iterator[Sighting]:
    """What a batch says of the counts of its lots, in order of time. `counted`: what lots counted without a car."""
    stays = derived.stays
    was = {id_: stay for id_, stay in derived.before.stays.items() if stay.is_inside}
    now = {id_: stay for id_, stay in stays.items() if stay.is_inside}
    seen: list[tuple[datetime, int, int, int | None]] = []
    seen += [(stay.first_at, stay.lot_id, 1, None) for id_, stay in now.items() if id_ not in was]
    seen += [(_left_at(stay, stays), stay.lot_id, -1, None) for id_, stay in was.items() if id_ not in now]
    # A replayed count is old news. One that comes with a car counts that car.
    seen += [
        (fact.effective_at, fact.lot_id, 0, fact.event.remaining_spaces)
        for fact in facts
        if not fact.event.replay and fact.event.remaining_spaces is not None
    ]
    seen += [(each.at, each.lot_id, each.moved, each.reported_free) for each in counted]
    for at, lot_id, moved, free in sorted(seen, key=lambda each: (each[0], each[3] is not None)):
        yield Sighting(lot_id, lots[lot_id].capacity, at, moved, free)


def _left_at(inside: Stay, stays: Mapping[UUID, Stay]) -> datetime:
    now = stays[inside.id]
    return now.left_at or (now.seen_again_at if now.counted else None) or now.first_at


# -- what is answered


def charges_that_matter(before: Believed, after: Believed, reads: Sequence[Read]) -> list[UUID]:
    """The charges of stays that were billed before and are billed again, or that one of the new reads belongs to."""
    billed = [id_ for id_, bill in after.bills.items() if before.bills.get(id_) is not bill]
    again = [id_ for id_ in billed if not _is_billed_first(id_, before)]
    if again:
        new = {read.id for read in reads}
        again = [id_ for id_ in again if id_ not in new]
    if before.bills:
        exits = {read.id for read in reads if read.direction is Direction.EXIT}
        known = [stay for stay in made_anew(before.stays, after.stays) if stay.id in before.bills]
        again += [stay.id for stay in home_of(known, exits).values()]
    return [charge_id(id_, bill.account_id) for id_ in again if (bill := after.bills.get(id_)) is not None]


def charged_unbilled(before: Believed, after: Believed) -> list[UUID]:
    """The stays whose bills do not say what may have been paid of them and that are otherwise now: whose charges these
    are follows from nothing that is known of them.
    """
    return [stay.id for stay in unbilled(before) if after.stays.get(stay.id) != stay]


def unbilled(before: Believed) -> list[Stay]:
    """The stays that have no bill, or one over nothing, and may have been paid all the same: while they were open,
    though that may have ended unseen, or while their vehicles stood at an exit and somebody asked what they cost.
    """
    return [stay for id_, stay in before.stays.items() if _may_be_charged(id_, stay, before)]


def _may_be_charged(stay_id: UUID, stay: Stay, before: Believed) -> bool:
    if stay.state is State.OPEN:
        return stay_id in before.reopened
    if stay.state is State.CLOSED:
        bill = before.bills.get(stay_id)
        return bill is not None and not bill.fee_fen and bill.account_id is None
    return stay.state is State.SUPERSEDED


def _is_billed_first(stay_id: UUID, before: Believed) -> bool:
    """Whether a stay ends that was never billed: its vehicle was inside, and had been since it came."""
    was = before.stays.get(stay_id)
    return was is not None and was.state is State.OPEN and stay_id not in before.reopened


def made_anew(before: Mapping[UUID, Stay], after: Mapping[UUID, Stay]) -> list[Stay]:
    """The stays `after` but for those that are what was stored: with a fact that is new none is that."""
    return [stay for id_, stay in after.items() if before.get(id_) is not stay]


def home_of(stays: Iterable[Stay], facts: Container[UUID]) -> dict[UUID, Stay]:
    """The stays that these facts belong to, by the fact."""
    return {fact: stay for stay in stays if stay.state is not State.MERGED for fact in stay.facts if fact in facts}


def records(new: Sequence[Fact], derived: Derived, lots: Mapping[int, Lot]) -> list[EventRecord]:
    """What is kept of each event, and so what its gateway is answered."""
    after = derived.after
    homes = home_of(made_anew(derived.before.stays, after.stays), {fact.id for fact in new})
    again = {
        (stay.vehicle, stay.seen_again_at)
        for stay in after.stays.values()
        if stay.seen_again_at is not None and stay.counted
    }
    found = []
    for fact in new:
        home = homes.get(fact.id)
        # What a vehicle was kept out for stays with its read (`Read.kept_out`).
        reason = fact.doubt if fact.doubt is Reason.BANNED else _reason(fact, home, again, lots) or fact.doubt
        found.append(_record(fact, home, reason, derived, lots[fact.lot_id]))
    return found


def _record(fact: Fact, home: Stay | None, reason: Reason | None, derived: Derived, lot: Lot) -> EventRecord:
    bill = None if home is None else derived.after.bills.get(home.id)
    charge = _charge_of(home, bill, derived) if derived.charges else None
    owed_fen = None if charge is None or bill is None else owed_after(charge, bill.fee_fen, asked_at=bill.until)
    let_out = home is not None and home.let_out is not None
    unsure = home is not None and barrier.is_unsure(lot, home.doubts, home.left_at)
    decision = barrier.decide(fact, bill, owed_fen=owed_fen, let_out=let_out, unsure=unsure)
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
        **as_read(fact),
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
