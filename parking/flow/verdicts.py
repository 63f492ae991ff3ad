"""What a person says of a read, as decisions: each about one fact, and those that come with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

import sql
from parking import decisions, made_reads, tickets, verdicts
from parking.cases import OF_A_READ, OpenCase, Reason
from parking.decisions import Decision, DecisionUnfit, Kind, NoSuchFact, Ruling, Standing
from parking.flow.derivation import RandomBits
from parking.lots import Direction
from parking.network import Network
from parking.stays import UnknownStay
from parking.store import cases as case_store
from parking.store import decisions as store
from parking.store import events as event_store
from parking.store import tickets as ticket_store
from parking.verdicts import Verdict
from payments import ids
from payments.identity import Principal


class Change(Struct, frozen=True):
    """A decision about a fact, how that stood before it and stands after it. `undone`: of the one that was asked for,
    the decisions about its fact that do not hold any more.
    """

    decision: Decision
    was: Standing
    now: Standing
    undone: Sequence[UUID] = ()


async def changes_of(
    db: sql.Connection,
    said: Verdict,
    fact_id: UUID,
    case: OpenCase | None,
    by: Principal,
    request_key: str | None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> list[Change]:
    """The decisions that a verdict comes to, each about one fact, all at once; that which was asked for comes last."""
    verdicts.check_amount(said)
    said_hash = None if request_key is None else verdicts.said_hash(said)
    facts = _Facts(db)
    was = await facts.stands(fact_id)
    decisions.check_within(was.read, now)
    if said.kind is Kind.PAIR:
        other = await _other_half(db, was, verdicts.needed(said.stay_id, "stay_id", said.kind))
        if was.read.direction is Direction.ENTRY:
            fact_id, was, other = other.read.id, other, was
        said_of = [(fact_id, decisions.pair_ruling(was.read, other.read))]
    elif said.kind is Kind.UNDO:
        said_of = await _undone(facts, fact_id, verdicts.needed(said.undoes, "undoes", said.kind))
    else:
        said_of = [(fact_id, ruling) for ruling in await _rulings(db, said, was, case)]
        if said.kind is Kind.VOID:
            said_of = [*await _merged_for_nobody(facts, was), *said_of]
        by_hand = _by_hand(said, was, network, now, random_bits)
        if by_hand is not None:
            kind = Kind.MANUAL_ENTRY if by_hand.read.direction is Direction.ENTRY else Kind.MANUAL_EXIT
            facts.begin(by_hand)
            said_of.insert(0, (by_hand.read.id, Ruling(kind, about_id=fact_id)))
    ruled = [await facts.rule(each, ruling) for each, ruling in said_of]
    ruled = [*await _tickets_follow(facts, ids.shard_of(fact_id), now), *ruled]
    asked = ruled[-1]
    asked_id = decisions.decision_id(asked.now.read.id, asked.n)
    if asked.now.read.id == fact_id and asked.now.counts and not was.counts:
        decisions.check_time(asked.now.read, now)

    def made(each: _Ruled) -> Decision:
        return decisions.made(
            each.now,
            each.ruling,
            n=each.n,
            case_id=None if case is None else case.id,
            note=said.note,
            by=by.subject,
            now=now,
            request_key=request_key,
            said_hash=said_hash,
            with_id=None if each is asked else asked_id,
        )

    undone = decisions.undone(asked.now.read.id, (await facts.of(asked.now.read.id)).rulings)
    return [Change(made(each), each.was, each.now, undone if each is asked else ()) for each in ruled]


class _Ruled(NamedTuple):
    """A ruling about a fact, its number there, and how that stood before it and stands after it."""

    n: int
    was: Standing
    now: Standing
    ruling: Ruling


class _Fact(NamedTuple):
    """A fact as it was recorded, what was decided of it before, and all that is decided of it so far."""

    recorded: Standing
    earlier: Sequence[Decision]
    rulings: list[Ruling]


class _Facts:
    """Facts that a verdict decides about, each with all that was and is decided of it."""

    def __init__(self, db: sql.Connection) -> None:
        self.db = db
        self.known: dict[UUID, _Fact] = {}

    def begin(self, recorded: Standing) -> None:
        """A read that is made by hand."""
        self.known[recorded.read.id] = _Fact(recorded, (), [])

    async def of(self, fact_id: UUID) -> _Fact:
        """A fact, as it was recorded and decided."""
        if fact_id not in self.known:
            recorded, earlier = await read_of_fact(self.db, fact_id)
            self.known[fact_id] = _Fact(recorded, earlier, [each.ruling for each in earlier])
        return self.known[fact_id]

    async def stands(self, fact_id: UUID) -> Standing:
        """How a fact stands so far."""
        fact = await self.of(fact_id)
        return decisions.standing(fact.recorded, fact.rulings)

    async def rule(self, fact_id: UUID, ruling: Ruling) -> _Ruled:
        """One more ruling about a fact."""
        was = await self.stands(fact_id)
        rulings = (await self.of(fact_id)).rulings
        rulings.append(ruling)
        return _Ruled(len(rulings), was, await self.stands(fact_id), ruling)

    async def by_ticket(self, lot_id: int, ticket_id: UUID) -> list[tuple[UUID, int]]:
        """The rulings that hold by which reads are of the plate of a ticket: the read, and the number there."""
        reads = await ticket_store.decided(self.db, lot_id, ticket_id)
        return [
            (read_id, n)
            for read_id in reads
            for n, of_id in decisions.tickets_of((await self.of(read_id)).rulings).items()
            if of_id == ticket_id
        ]


async def _undone(facts: _Facts, fact_id: UUID, n: int) -> list[tuple[UUID, Ruling]]:
    """What it comes to that a decision does not hold: what came with it does not either, and where it was that a ticket
    was merged with a plate, that ends for all reads by it.
    """
    rulings = (await facts.of(fact_id)).rulings
    decisions.check_undo(rulings, n)
    lot_id, undo = ids.shard_of(fact_id), Ruling(Kind.UNDO, undoes=n)
    came_with = await store.decisions_with(facts.db, lot_id, decisions.decision_id(fact_id, n))
    undone = [(each.fact_id, each.n) for each in came_with]
    ticket_id = decisions.tickets_of(rulings).get(n)
    if ticket_id is not None:
        undone += await facts.by_ticket(lot_id, ticket_id)
    found = []
    for other_id, m in undone:
        if (other_id, m) != (fact_id, n) and m in decisions.holding((await facts.of(other_id)).rulings):
            found.append((other_id, Ruling(Kind.UNDO, undoes=m)))
    return [*found, (fact_id, undo)]


async def _merged_for_nobody(facts: _Facts, was: Standing) -> list[tuple[UUID, Ruling]]:
    """Where a read that is none was the only one on the way in by a ticket, nobody came with that: its merging with a
    plate ends for all reads by it.
    """
    if was.read.direction is not Direction.ENTRY:
        return []
    ended: list[tuple[UUID, Ruling]] = []
    for ticket_id in set(decisions.tickets_of((await facts.of(was.read.id)).rulings).values()):
        by_ticket = await facts.by_ticket(was.read.lot_id, ticket_id)
        others = [await facts.stands(read_id) for read_id, _ in by_ticket if read_id != was.read.id]
        if not any(each.counts and each.read.direction is Direction.ENTRY for each in others):
            ended += [(read_id, Ruling(Kind.UNDO, undoes=n)) for read_id, n in by_ticket]
    return ended


async def _tickets_follow(facts: _Facts, lot_id: int, now: datetime) -> list[_Ruled]:
    """Has tickets merged with a plate, or with none any more, as what is decided of their reads says now. One that is
    merged again, and not with another plate since, is so for the reads by it that came since too.
    """
    held, holding = set[UUID](), dict[UUID, list[Decision]]()
    for fact in facts.known.values():
        held |= set(decisions.tickets_of([each.ruling for each in fact.earlier]).values())
        for n, ticket_id in decisions.tickets_of(fact.rulings).items():
            holding.setdefault(ticket_id, []).append(fact.earlier[n - 1])
    for ticket_id in held - holding.keys():
        await ticket_store.release(facts.db, lot_id, ticket_id)
    ruled = []
    for ticket_id in holding.keys() - held:
        first = tickets.first_of(holding[ticket_id])
        ticket = await ticket_store.claim(
            facts.db, lot_id, ticket_id, first.plate, first.plate_color, by=first.decided_by, now=first.decided_at
        )
        if ticket is None:
            continue
        reads = await ticket_store.reads(facts.db, ticket, since=tickets.since(now))
        of_it = [each for each in reads if tickets.goes_by(ticket, (await facts.stands(each)).read)]
        ruled += [await facts.rule(each, tickets.ruling(ticket)) for each in of_it]
    return ruled


async def _rulings(db: sql.Connection, said: Verdict, was: Standing, case: OpenCase | None) -> list[Ruling]:
    """What a verdict that is no pair and undoes nothing says of the fact it is about."""
    match said.kind:
        case Kind.PLATE:
            plate = verdicts.needed(said.plate, "plate", said.kind)
            return [decisions.plate_ruling(was.read, plate, said.plate_color, said.direction)]
        case Kind.MANUAL_ENTRY:
            decisions.check_exit(was.read)
            return []
        case Kind.MANUAL_EXIT:
            return []
        case Kind.TICKET:
            raise DecisionUnfit("A ticket is merged with a plate by its number.", field="kind")
        case Kind.LET_OUT_FREE | Kind.LET_OUT_AND_CHARGE:
            decisions.check_exit(was.read)
            return [Ruling(said.kind, set_fen=said.amount_fen)]
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


async def read_of_fact(db: sql.Connection, fact_id: UUID) -> tuple[Standing, list[Decision]]:
    """A fact as it was recorded, or made by hand, and what was decided about it."""
    lot_id = ids.shard_of(fact_id)
    earlier = await store.decisions(db, lot_id, fact_id)
    recorded = await store.fact(db, lot_id, fact_id)
    if recorded is not None:
        return recorded, earlier
    if not earlier:
        raise NoSuchFact("There is no event of this id.", event_id=str(fact_id))
    return made_reads.made_by_hand(earlier[0], await store.passed_at(db, lot_id, fact_id)), earlier


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
    recorded, earlier = await read_of_fact(db, fact_id)
    return decisions.standing(recorded, [each.ruling for each in earlier])


def _by_hand(said: Verdict, was: Standing, network: Network, now: datetime, random_bits: RandomBits) -> Standing | None:
    """The read that a verdict makes by hand, at the lane that was named or the first that leads that way: an entry
    for an exit, or an exit for an entry.
    """
    lot_id = was.read.lot_id

    def lane_id(at: datetime, way: Direction) -> int:
        of_lot = [each for each in network.lanes.values() if each.lot_id == lot_id and each.direction_at(at) is way]
        found = [each.id for each in of_lot if said.lane in (None, each.code)]
        if not found:
            raise DecisionUnfit("The lot has no such lane that leads that way.", field="lane")
        return min(found)

    if said.kind is Kind.MANUAL_EXIT:
        at = verdicts.needed(said.left_at, "left_at", said.kind)
        id_ = ids.new(now, lot_id, random_bits())
        return made_reads.manual_exit(was.read, id_, lane_id=lane_id(at, Direction.EXIT), at=at, now=now)
    if said.kind is Kind.MANUAL_ENTRY or (said.kind is Kind.LET_OUT_AND_CHARGE and said.entered_at is not None):
        at = verdicts.needed(said.entered_at, "entered_at", said.kind)
        id_ = ids.new(now, lot_id, random_bits())
        return made_reads.manual_entry(was.read, id_, lane_id=lane_id(at, Direction.ENTRY), at=at)
    return None
