"""What a person decides about what a device said: stays, money, count and cases follow in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import cases, decisions, device_decisions, effects, occupancy, verdicts
from parking.cases import OpenCase
from parking.decisions import MADE_BY_HAND, Kind, NoSuchFact, Standing
from parking.device_decisions import DeviceDecision, Holds, Ruling, Said
from parking.device_facts import REASONS
from parking.flow import cash as cash_flow
from parking.flow import device_facts as device_flow
from parking.flow.decisions import Decided, derive_changed
from parking.flow.derivation import RandomBits, write_cases, write_stays
from parking.flow.device_facts import NOTHING_SAID, Taken
from parking.flow.verdicts import Change, read_of_fact
from parking.lots import Direction
from parking.network import Network
from parking.occupancy import Count
from parking.passages import Seen
from parking.reads import By, Cause
from parking.stays import Stay
from parking.store import cases as case_store
from parking.store import decisions as decision_store
from parking.store import device_decisions as store
from parking.store import device_facts as device_store
from parking.store import events as event_store
from parking.verdicts import Verdict
from payments import ids
from payments.identity import Principal
from payments.store import audit as audit_store


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
    """Decides about what a device said and brings what follows up to that. `db` is in a transaction, and the caller may
    decide about the lot. The same `request_key` is the same decision, however often it comes.

    Raises:
        NoSuchFact: it is more content of another fact.
        FactTooOld: it lies too far back.
        DecisionUnfit: what was said does not fit it; says which field.
        DecisionContradicted: the key was used for another decision.
    """
    lot_id = ids.shard_of(fact_id)
    telling = await event_store.lock_lots(db, [lot_id])
    earlier = await store.decisions(db, [fact_id])
    for known in earlier:
        if request_key is not None and known.request_key == request_key:
            verdicts.same_decision(known, said)
            return Decided(known, None)
    fact = await store.said(db, lot_id, fact_id)
    if fact is None:
        raise NoSuchFact("There is no event of this id.", event_id=str(fact_id))
    ruling, made = _ruled(fact, said, earlier, network, now, random_bits)
    was = device_decisions.holds(fact, [each.ruling for each in earlier])
    stands = device_decisions.holds(fact, [*(each.ruling for each in earlier), ruling])
    case_id = None if case is None else case.id
    decision = device_decisions.made(
        fact,
        ruling,
        stands,
        n=len(earlier) + 1,
        case_id=case_id,
        note=said.note,
        by=by.subject,
        now=now,
        request_key=request_key,
        said_hash=None if request_key is None else verdicts.said_hash(said),
    )
    await store.add(db, decision)
    changes = await _changes(db, fact, decision, was, made)
    ruled = [] if fact.passage is None else [fact.passage]
    taken = await device_flow.stand_anew(db, [], ruled, telling=telling, now=now)
    counts, stay = await _follow(db, changes, taken, decision, network, now, random_bits)
    await _resolve(db, fact, decision, taken, now)
    await _record(db, decision, network, random_bits())
    return Decided(decision, stay, counts)


# -- what is said


def _ruled(
    fact: Said,
    said: Verdict,
    earlier: Sequence[DeviceDecision],
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> tuple[Ruling, Standing | None]:
    """What a verdict says of a fact, and the read that is made by hand by it."""
    verdicts.check_amount(said)
    device_decisions.check_within(fact, now)
    lane = next((each for each in network.lanes.values() if each.id == fact.lane_id), None)
    device_decisions.check_kind(fact, said.kind, None if lane is None else lane.direction_at(fact.at))
    if said.kind is Kind.UNDO:
        n = verdicts.needed(said.undoes, "undoes", said.kind)
        device_decisions.check_undo(fact, earlier, n)
        return Ruling(Kind.UNDO, undoes=n), None
    if said.kind not in (Kind.PLATE, *MADE_BY_HAND):
        return Ruling(said.kind), None
    plate, color = device_decisions.vehicle(verdicts.needed(said.plate, "plate", said.kind), said.plate_color)
    if said.kind is Kind.PLATE:
        return Ruling(said.kind, plate=plate), None
    direction = Direction.ENTRY if said.kind is Kind.MANUAL_ENTRY else Direction.EXIT
    read_id = ids.new(now, fact.lot_id, random_bits())
    made = device_decisions.made_for(fact, read_id, direction, plate, color, now)
    return Ruling(said.kind, made_id=read_id), made


async def _changes(
    db: sql.Connection, fact: Said, decision: DeviceDecision, was: Holds, made: Standing | None
) -> list[Change]:
    """What is decided with it of reads that were made by hand for the fact, and is written: the one that held counts no
    more, and the one that holds does.
    """
    changes = []
    if was.made_id is not None and was.made_id != decision.made_id:
        recorded, earlier = await read_of_fact(db, was.made_id)
        changes.append(_change(recorded, earlier, decisions.Ruling(Kind.VOID), decision))
    if made is not None:
        assert fact.passage is not None
        await device_store.put_read_passages(db, [(Seen(made.read, ""), fact.passage)])
        changes.append(_change(made, (), decisions.Ruling(decision.kind, about_id=fact.id), decision))
    elif decision.made_id is not None and was.made_id != decision.made_id:
        recorded, earlier = await read_of_fact(db, decision.made_id)
        changes.append(_change(recorded, earlier, decisions.as_read(recorded.read), decision))
    for change in changes:
        await decision_store.add_decision(db, change.decision)
    return changes


def _change(
    recorded: Standing, earlier: Sequence[decisions.Decision], ruling: decisions.Ruling, with_: DeviceDecision
) -> Change:
    rulings = [each.ruling for each in earlier]
    stands = decisions.standing(recorded, [*rulings, ruling])
    made = decisions.made(
        stands,
        ruling,
        n=len(rulings) + 1,
        case_id=with_.case_id,
        note=with_.note,
        by=with_.decided_by,
        now=with_.decided_at,
        request_key=with_.request_key,
        said_hash=with_.said_hash,
    )
    return Change(made, decisions.standing(recorded, rulings), stands)


# -- what follows


async def _follow(
    db: sql.Connection,
    changes: Sequence[Change],
    taken: Taken,
    decision: DeviceDecision,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> tuple[Sequence[Count], Stay | None]:
    """Writes what follows for stays, money, the count and cases; the counts that moved, and the stay of the read that
    was made by hand.
    """
    if not changes and taken is NOTHING_SAID:
        return (), None
    cause = Cause(By.DECISION, decision.id)
    derived = await derive_changed(db, changes, taken, cause, network=network, now=now, random_bits=random_bits)
    await write_stays(db, derived, {}, network=network, now=now, random_bits=random_bits)
    odd = effects.case_changes(derived, [], [], network.lots)
    if taken is not NOTHING_SAID:
        odd = await device_flow.write(db, taken, derived, odd)
    await write_cases(db, odd, now=now)
    moves = occupancy.moves(effects.sightings((), derived, network.lots))
    counts = await event_store.move_counts(db, now, moves, heard_at=None) if moves else ()
    made_id = decision.made_id
    return counts, None if made_id is None else effects.home_of(derived.stays.values(), {made_id}).get(made_id)


async def _resolve(db: sql.Connection, fact: Said, decision: DeviceDecision, taken: Taken, now: datetime) -> None:
    """Resolves what was decided: of cash, as soon as it is booked; opens again what no decision resolves any more."""
    is_settled = decision.is_settled
    if decision.kind in (Kind.PLATE, Kind.UNDO) and not is_settled:
        is_settled = fact.id in {each.id for each in await cash_flow.book(db, [fact.lot_id], now)}
    if is_settled:
        wanted = [cases.case_id(fact.id, reason) for reason in REASONS]
        await case_store.resolve(db, decision, wanted, now=now)
        return
    has_read = taken.marked is not None and taken.marked.attributed.is_sure(fact.id)
    again = [
        each.id
        for each in await store.decided_cases(db, fact.lot_id, fact.id)
        if not (has_read and each.reason is cases.Reason.PASSAGE_WITHOUT_READ)
    ]
    if again:
        await case_store.reopen(db, fact.lot_id, again)


async def _record(db: sql.Connection, made: DeviceDecision, network: Network, random_bits: int) -> None:
    detail: dict[str, object] = {
        "decision_id": made.id,
        "event_id": made.fact_id,
        "case_id": made.case_id,
        "kind": made.kind,
        "n": made.n,
        "note": made.note,
        "made_id": made.made_id,
    }
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
