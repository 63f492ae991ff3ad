"""What a person decides about a read: stays, money, count and cases follow in the same transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking import cases, commands, decisions, effects, occupancy, verdicts
from parking import stays as stay_rules
from parking.cases import OF_A_READ, OF_AN_EVENT, OpenCase, Reason
from parking.decisions import Decision, DecisionUnfit, Kind, Standing
from parking.device_decisions import DeviceDecision
from parking.effects import Derived, Occasion
from parking.flow import device_facts as device_flow
from parking.flow.commands import tell_entry, tell_exits
from parking.flow.derivation import RandomBits, derive_stays, write_cases, write_stays
from parking.flow.device_facts import NOTHING_SAID, Taken
from parking.flow.verdicts import Change, changes_of
from parking.lots import Direction
from parking.network import Network
from parking.occupancy import Count
from parking.reads import By, Cause, Read
from parking.stays import State, Stay
from parking.store import cases as case_store
from parking.store import decisions as store
from parking.store import events as event_store
from parking.verdicts import Verdict
from payments import ids
from payments.identity import Principal
from payments.store import audit as audit_store

# What a person decided of a fact is before one again if it holds no more, whatever became of its stay.
_ASKED_AGAIN = (Reason.ELSEWHERE, Reason.APPEAL, Reason.LEFT_UNPAID)


class Decided(Struct, frozen=True):
    """What was decided, the counts that moved, and the gateways that were told of it. `stay`: the stay that the read
    is part of now.
    """

    decision: Decision | DeviceDecision
    stay: Stay | None
    counts: Sequence[Count] = ()
    told: Collection[int] = ()


async def decide(
    db: sql.Connection,
    said: Verdict,
    *,
    fact_id: UUID,
    case: OpenCase | None = None,
    by: Principal,
    request_key: str | None = None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Decided:
    """Decides about a read and brings everything that follows from it up to that. `db` is in a transaction, and the
    caller may decide about the lot. The same `request_key` is the same decision, however often it comes.

    `case`: the one that is decided, which is resolved unless it is as it was after it.

    Raises:
        NoSuchFact: the lot has no such event.
        FactTooOld: it lies too far back.
        DecisionUnfit: what was said does not fit it; says which field.
        DecisionContradicted: the key was used for another decision.
        UnknownStay: the lot has no stay of the number that was given.
    """
    lot_id = ids.shard_of(fact_id)
    telling = await event_store.lock_lots(db, [lot_id])
    if request_key is not None:
        known = await store.decision_by_key(db, lot_id, fact_id, request_key)
        if known is not None:
            verdicts.same_decision(known, said)
            return Decided(known, None)
    changes = await changes_of(db, said, fact_id, case, by, request_key, network, now, random_bits)
    return await follow(db, changes, case=case, telling=telling, network=network, now=now, random_bits=random_bits)


async def follow(
    db: sql.Connection,
    changes: Sequence[Change],
    *,
    case: OpenCase | None = None,
    telling: Collection[int],
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Decided:
    """Writes decisions about facts of a lot, the one that was asked for last, and all that follows from them together.
    The lot is locked. `telling`: it, if passages were told of it before.

    Raises:
        DecisionUnfit: nothing of it holds.
    """
    for change in changes:
        await store.add_decision(db, change.decision)
    last = changes[-1].decision
    stood = [change.now.read for change in {each.now.read.id: each for each in changes}.values()]
    taken = await device_flow.stand_anew(db, stood, telling=telling, now=now)
    derived = await derive_changed(
        db, changes, taken, Cause(By.DECISION, last.id), network=network, now=now, random_bits=random_bits
    )
    _check_paired(derived, last)
    _check_set(derived, last)
    await write_stays(db, derived, {}, network=network, now=now, random_bits=random_bits)
    odd = effects.case_changes(derived, [], [], network.lots)
    if taken is not NOTHING_SAID:
        odd = await device_flow.write(db, taken, derived, odd)
    await write_cases(db, odd, now=now)
    await _resolve(db, derived, changes, taken, case, network, now)
    moves = occupancy.moves(effects.sightings((), derived, network.lots))
    counts = await event_store.move_counts(db, now, moves, heard_at=None) if moves else ()
    await _record(db, last, case, network, random_bits())
    gateways = await _tell(db, derived, changes, now, random_bits)
    return Decided(last, _home(derived, last.fact_id), counts, gateways)


async def derive_changed(
    db: sql.Connection,
    changes: Sequence[Change],
    taken: Taken,
    cause: Cause,
    *,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Derived:
    """The stays with what was decided of reads of one lot, and as these stand by passages since (`taken`)."""
    first_was = {change.now.read.id: change.was for change in reversed(changes)}
    last_now = {change.now.read.id: change.now for change in changes}
    reads, gone = _reads(first_was, last_now, taken)
    told = Occasion(
        recorded={*last_now, *taken.recorded},
        causes={ids.shard_of(cause.id): cause},
        turned_back=set() if taken.marked is None else taken.marked.turned_back,
    )
    return await derive_stays(db, reads, gone=gone, told=told, network=network, now=now, random_bits=random_bits)


def _reads(was: Mapping[UUID, Standing], now: Mapping[UUID, Standing], taken: Taken) -> tuple[list[Read], list[Read]]:
    """The reads that count from now on, and those that do no more or not as they did: what was decided about, and what
    stands by another passage since.
    """
    marked = taken.marked
    anew = {} if marked is None else {read.id: read for read in marked.reads}
    before = {} if marked is None else {read.id: read for read in marked.gone}
    reads = {id_: stands.read for id_, stands in now.items() if stands.counts and id_ not in before} | anew
    gone = before | {id_: stands.read for id_, stands in was.items() if stands.counts}
    return list(reads.values()), [read for id_, read in gone.items() if id_ not in was or was[id_].counts]


# -- what follows


def _check_paired(derived: Derived, made: Decision) -> None:
    """Refuses a pair that comes to nothing, since one of the two is part of another whole stay, and an exit made by
    hand for who has left already.

    Raises:
        DecisionUnfit: see above.
    """
    if made.kind not in (Kind.PAIR, Kind.MANUAL_EXIT):
        return
    home = _home(derived, made.fact_id)
    is_by_hand = made.kind is Kind.MANUAL_EXIT
    had_left = is_by_hand and any(
        made.about_id in was.facts and was.state is State.CLOSED and not was.at_exit
        for was in derived.before.stays.values()
    )
    if had_left or home is None or home.state is not State.CLOSED or made.about_id not in home.facts:
        if is_by_hand:
            raise DecisionUnfit("It was not inside then.", field="left_at")
        raise DecisionUnfit(
            "One of the two belongs to another stay by its plate; say which plate it was instead.", field="stay_id"
        )


def _check_set(derived: Derived, made: Decision) -> None:
    """Refuses an amount where there is nothing that could cost it.

    Raises:
        DecisionUnfit: nobody saw the vehicle come and nobody said when it did, or no tariff holds.
    """
    if made.ruling.set_fen is not None:
        home = _home(derived, made.fact_id)
        bill = None if home is None else derived.after.bills.get(home.id)
        if bill is None:
            raise DecisionUnfit("Say when it came: nobody saw that.", field="entered_at")
        if bill.tariff_id is None:
            raise DecisionUnfit("No tariff holds at this lot: nothing is charged there.", field="amount_fen")


async def _tell(
    db: sql.Connection, derived: Derived, changes: Sequence[Change], now: datetime, random_bits: RandomBits
) -> set[int]:
    """Tells the lanes where the cars may stand still what follows for them; returns the gateways. At a way in only who
    is said to be a vehicle is let in: what was held for another reason may rightly be so.
    """
    told, homes = set[int](), dict[UUID, Stay]()
    for made in (each.decision for each in changes):
        home = _home(derived, made.fact_id)
        if home is None:
            continue
        homes[home.id] = home
        if made.kind is Kind.PLATE and made.direction is Direction.ENTRY:
            told |= await tell_entry(db, home.lot_id, made.fact_id, home.id, now=now, random_bits=random_bits)
    standing = [commands.Standing(home, derived.after.bills.get(home.id)) for home in homes.values()]
    return told | await tell_exits(db, standing, now=now, random_bits=random_bits)


def _home(derived: Derived, fact_id: UUID) -> Stay | None:
    return effects.home_of(derived.stays.values(), {fact_id}).get(fact_id)


async def _resolve(
    db: sql.Connection,
    derived: Derived,
    changes: Sequence[Change],
    taken: Taken,
    case: OpenCase | None,
    network: Network,
    now: datetime,
) -> None:
    """Resolves what was decided, unless it is as it was; and opens again what a decision had resolved that holds no
    more.
    """
    last = changes[-1].decision
    still = {
        each.id for stay in derived.stays.values() for each in stay_rules.cases_of(stay, network.lots[stay.lot_id].kind)
    }
    resolved = set[UUID]()
    if last.kind is Kind.UNDO:
        again = await _again(db, derived, changes[-1], taken, still, network)
        if again:
            await case_store.reopen(db, last.lot_id, again)
    elif case is not None and (case.id not in still or decisions.settles(last.kind)):
        resolved.add(case.id)
    # Also what was decided before holds again once it is undone that it did not.
    if last.kind in (Kind.PLATE, Kind.VOID) or (last.kind is Kind.UNDO and last.counts is not None):
        resolved |= {cases.case_id(last.fact_id, reason) for reason in OF_AN_EVENT} - still
    if resolved:
        await case_store.resolve(db, last, list(resolved), now=now)


async def _again(
    db: sql.Connection, derived: Derived, change: Change, taken: Taken, still: Collection[UUID], network: Network
) -> list[UUID]:
    """The cases that decisions about a fact had resolved which hold no more, and nothing else resolves. What is odd
    about the event itself is before a person unless something that holds says what it was.
    """
    last, stands = change.decision, change.now
    undone = await case_store.cases_of_decisions(db, last.lot_id, change.undone)
    again = {each.id for each in undone if each.id in still or each.reason in _ASKED_AGAIN}
    if stands.says is not None or stands.read.looked_at:
        return list(again)
    home = _home(derived, last.fact_id)
    # Nothing hangs any more on whether it was read right.
    is_clear = home is not None and effects.is_clear(home, network.lots[home.lot_id])
    is_clear |= taken.turned_back(last.fact_id)
    asking = {*OF_AN_EVENT} - ({*OF_A_READ} if is_clear else set())
    about_it = [decisions.decision_id(last.fact_id, n) for n in range(1, last.n + 1)]
    known = await case_store.cases_of_decisions(db, last.lot_id, about_it)
    return list(again | {each.id for each in known if each.reason in asking})


async def _record(
    db: sql.Connection, made: Decision, case: OpenCase | None, network: Network, random_bits: int
) -> None:
    detail: dict[str, object] = {
        "decision_id": made.id,
        "event_id": made.fact_id,
        "case_id": None if case is None else case.id,
        "kind": made.kind,
        "n": made.n,
        "note": made.note,
    }
    if made.ruling.set_fen is not None:
        detail["amount_fen"] = made.ruling.set_fen
    await audit_store.record(
        db,
        network.lots[made.lot_id].operator_id,
        actor=made.decided_by,
        action="event.decide",
        subject=str(made.fact_id),
        detail=detail,
        now=made.decided_at,
        random_bits=random_bits,
    )
