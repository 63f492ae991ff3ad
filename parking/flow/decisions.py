"""What a person decides about a read: stays, money, count and cases follow in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking import cases, decisions, effects, occupancy
from parking import stays as stay_rules
from parking.cases import OF_A_READ, OF_AN_EVENT, OpenCase, Reason
from parking.decisions import Decision, DecisionUnfit, Kind, NoSuchFact, Ruling, Standing, Verdict
from parking.effects import Derived
from parking.flow.derivation import RandomBits, derive_stays, write_cases, write_stays
from parking.lots import Direction
from parking.network import Network
from parking.occupancy import Count
from parking.reads import Cause
from parking.stays import State, Stay, UnknownStay
from parking.store import cases as case_store
from parking.store import decisions as store
from parking.store import events as event_store
from payments import ids
from payments.identity import Principal
from payments.store import audit as audit_store


class Decided(Struct, frozen=True):
    """What was decided, and the counts that moved. `stay`: the stay that the read is part of now."""

    decision: Decision
    stay: Stay | None
    counts: Sequence[Count] = ()


class _Change(Struct, frozen=True):
    """A decision about a fact, how that stood before it and stands after it."""

    decision: Decision
    was: Standing
    now: Standing


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
    await event_store.lock_lots(db, [lot_id])
    if request_key is not None:
        known = await store.decision_by_key(db, lot_id, fact_id, request_key)
        if known is not None:
            decisions.same_decision(known, said)
            return Decided(known, None)
    changes = await _changes(db, said, fact_id, case, by, request_key, network, now, random_bits)
    for change in changes:
        await store.add_decision(db, change.decision)
    last = changes[-1].decision
    first_was = {change.now.read.id: change.was for change in reversed(changes)}
    last_now = {change.now.read.id: change.now for change in changes}
    derived = await derive_stays(
        db,
        [stands.read for stands in last_now.values() if stands.counts],
        gone=[stands.read for stands in first_was.values() if stands.counts],
        cause=Cause("decision", last.id),
        network=network,
        now=now,
        random_bits=random_bits,
    )
    _check_paired(derived, last)
    await write_stays(db, derived, {}, network=network, now=now, random_bits=random_bits)
    await write_cases(db, effects.case_changes(derived, [], [], network.lots), now=now)
    await _resolve(db, derived, changes, case, network, now)
    moves = occupancy.moves(effects.sightings((), derived, network.lots))
    counts = await event_store.move_counts(db, now, moves) if moves else ()
    await _record(db, last, case, network, random_bits())
    return Decided(last, _home(derived, fact_id), counts)


# -- what is said


async def _changes(
    db: sql.Connection,
    said: Verdict,
    fact_id: UUID,
    case: OpenCase | None,
    by: Principal,
    request_key: str | None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> list[_Change]:
    """The decisions that a verdict comes to, each about one fact, all at once."""
    recorded, earlier = await _fact(db, fact_id)
    was = decisions.standing(recorded, [each.ruling for each in earlier])
    decisions.check_within(was.read, now)
    if said.kind is Kind.PAIR:
        other = await _other_half(db, was, decisions.needed(said.stay_id, "stay_id", said.kind))
        if was.read.direction is Direction.ENTRY:
            fact_id, was, other = other.read.id, other, was
            recorded, earlier = await _fact(db, fact_id)
        rulings = [decisions.pair_ruling(was.read, other.read)]
    else:
        rulings = await _rulings(db, said, was, earlier, case)

    def made(stands: Standing, ruling: Ruling, n: int) -> Decision:
        return decisions.made(
            stands,
            ruling,
            n=n,
            case_id=None if case is None else case.id,
            note=said.note,
            by=by.subject,
            now=now,
            request_key=request_key,
        )

    changes: list[_Change] = []
    if said.kind is Kind.MANUAL_ENTRY or (said.kind is Kind.LET_OUT_AND_CHARGE and said.entered_at is not None):
        entry = _entry(said, was, network, now, random_bits)
        ruling = Ruling(Kind.MANUAL_ENTRY, about_id=fact_id)
        stands = decisions.standing(entry, [ruling])
        changes.append(_Change(made(stands, ruling, 1), entry, stands))
    so_far = [each.ruling for each in earlier]
    stands = was
    for ruling in rulings:
        so_far.append(ruling)
        before, stands = stands, decisions.standing(recorded, so_far)
        changes.append(_Change(made(stands, ruling, len(so_far)), before, stands))
    if stands.counts and not was.counts:
        decisions.check_time(stands.read, now)
    return changes


async def _rulings(
    db: sql.Connection, said: Verdict, was: Standing, earlier: Sequence[Decision], case: OpenCase | None
) -> list[Ruling]:
    """What a verdict that is no pair says of the fact it is about."""
    match said.kind:
        case Kind.PLATE:
            plate = decisions.needed(said.plate, "plate", said.kind)
            return [decisions.plate_ruling(was.read, plate, said.plate_color, said.direction)]
        case Kind.UNDO:
            n = decisions.needed(said.undoes, "undoes", said.kind)
            decisions.check_undo(earlier, n)
            return [Ruling(Kind.UNDO, undoes=n)]
        case Kind.MANUAL_ENTRY:
            decisions.check_exit(was.read)
            return []
        case Kind.LET_OUT_FREE | Kind.LET_OUT_AND_CHARGE:
            decisions.check_exit(was.read)
            return [Ruling(said.kind)]
        case Kind.RIGHT:
            return [*await _confirmed(db, was, case), Ruling(Kind.RIGHT)]
        case _:
            return [Ruling(said.kind)]


async def _confirmed(db: sql.Connection, was: Standing, case: OpenCase | None) -> list[Ruling]:
    """What is confirmed where what follows from a read is right: its plate if that was doubtful, or its match."""
    if case is not None and case.reason in OF_A_READ and was.counts:
        return [decisions.as_read(was.read)]
    if case is not None and case.reason is Reason.MATCH_PROBABLE and case.stay_id is not None:
        for whole, _ in await event_store.stays_by_id(db, [case.stay_id]):
            if whole.matched_id is not None:
                return [Ruling(Kind.PAIR, about_id=whole.entry_event_id)]
    return []


async def _fact(db: sql.Connection, fact_id: UUID) -> tuple[Standing, list[Decision]]:
    """A fact as it was recorded, or made by hand, and what was decided about it."""
    lot_id = ids.shard_of(fact_id)
    earlier = await store.decisions(db, lot_id, fact_id)
    recorded = await store.fact(db, lot_id, fact_id)
    if recorded is not None:
        return recorded, earlier
    if not earlier:
        raise NoSuchFact("There is no event of this id.", event_id=str(fact_id))
    return decisions.made_by_hand(earlier[0]), earlier


async def _other_half(db: sql.Connection, one: Standing, stay_id: UUID) -> Standing:
    """The read of the other half: the entry's for an exit, the exit's for an entry.

    Raises:
        UnknownStay: the lot has no such stay.
        DecisionUnfit: it has no such half.
    """
    half = await case_store.half(db, one.read.lot_id, stay_id)
    if half is None:
        raise UnknownStay("This lot has no stay of this id.", stay_id=str(stay_id))
    fact_id = half.entry_event_id if one.read.direction is Direction.EXIT else half.exit_event_id
    if fact_id is None:
        raise DecisionUnfit("A pair is an entry and an exit.", field="stay_id")
    recorded, earlier = await _fact(db, fact_id)
    return decisions.standing(recorded, [each.ruling for each in earlier])


def _entry(said: Verdict, was: Standing, network: Network, now: datetime, random_bits: RandomBits) -> Standing:
    """The entry that is made by hand for an exit, at the lane that was named or the first that leads in."""
    at = decisions.needed(said.entered_at, "entered_at", said.kind)
    lot_id = was.read.lot_id
    lanes = [lane for lane in network.lanes.values() if lane.lot_id == lot_id and lane.direction is Direction.ENTRY]
    found = [lane for lane in sorted(lanes, key=lambda lane: lane.id) if said.lane in (None, lane.code)]
    if not found:
        raise DecisionUnfit("The lot has no such lane that leads in.", field="lane")
    return decisions.manual_entry(was.read, ids.new(now, lot_id, random_bits()), lane_id=found[0].id, at=at)


# -- what follows


def _check_paired(derived: Derived, made: Decision) -> None:
    """Refuses a pair that comes to nothing, since one of the two is part of another whole stay.

    Raises:
        DecisionUnfit: see above.
    """
    if made.kind is Kind.PAIR:
        home = _home(derived, made.fact_id)
        if home is None or home.state is not State.CLOSED or made.about_id not in home.facts:
            raise DecisionUnfit(
                "One of the two belongs to another stay by its plate; say which plate it was instead.", field="stay_id"
            )


def _home(derived: Derived, fact_id: UUID) -> Stay | None:
    return effects.home_of(derived.stays, {fact_id}).get(fact_id)


async def _resolve(
    db: sql.Connection,
    derived: Derived,
    changes: Sequence[_Change],
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
    if last.kind is Kind.UNDO:
        undone = ids.derive(last.fact_id, f"decision {last.undoes}")
        known = await case_store.cases_of_decision(db, last.lot_id, undone)
        again = [each.id for each in known if each.id in still or each.reason in (*OF_AN_EVENT, Reason.APPEAL)]
        if again:
            await case_store.reopen(db, last.lot_id, again)
        return
    resolved = set[UUID]()
    if case is not None and (case.id not in still or decisions.settles(last.kind)):
        resolved.add(case.id)
    if last.kind in (Kind.PLATE, Kind.VOID):
        resolved |= {cases.case_id(last.fact_id, reason) for reason in OF_AN_EVENT} - still
    if resolved:
        await case_store.resolve(db, last, list(resolved), now=now)


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
