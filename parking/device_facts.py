"""Facts beside plate reads: what a device said that was taken, which were told before, and what follows for counts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from parking import device_events, facts, plates
from parking.answers import Answer, EventKey, Status
from parking.barrier import Command
from parking.cases import Case, Reason
from parking.clocks import Spell
from parking.device_events import DeviceEvent, Kind
from parking.doubts import Doubt, doubt
from parking.facts import Fact
from parking.gateways import Gateway
from parking.lanes import Lane
from parking.lots import Lot
from parking.occupancy import Sighting
from parking.passages import Passage
from parking.repeats import SAME_WITHIN

# Of a list of plates, so many that differ are named.
NAMED_MAX = 50
# Who came or left so shortly before a list was made may be on it or not.
MOVING_MAX = timedelta(minutes=5)
# Why a person should look at what a device said.
REASONS = (
    Reason.PASSAGE_WITHOUT_READ,
    Reason.PLATES_INSIDE_DIFFER,
    Reason.CASH_TAKEN,
    Reason.CLOCK_AHEAD,
    Reason.CLOCK_BEHIND,
    Reason.COULD_NOT_APPLY,
)
# Whose device says that it is older has its turn with what is handed in late: it may be no car that waits.
AT_GATE_MAX = timedelta(minutes=10)


class DeviceFact(Struct, frozen=True):
    """What a device said, with its lane if it names one. Times are those of a fact (`facts.Fact`).

    One that does not `apply` is recorded and changes nothing; `doubt`: why a person should look.
    """

    id: UUID
    lot_id: int
    gateway_id: int
    lane_id: int | None
    event: DeviceEvent
    occurred_at: datetime
    received_at: datetime
    effective_at: datetime
    content_hash: bytes
    doubt: Reason | None
    applies: bool
    doubts: tuple[Doubt, ...] = ()
    clock_ahead: timedelta | None = None

    @property
    def plate(self) -> str:
        """The vehicle whose events it must not pass: of none."""
        return ""

    @property
    def key(self) -> EventKey:
        """What tells facts apart."""
        return self.lot_id, self.gateway_id, self.event.event_id


class Found(Struct, frozen=True):
    """How a lot's own list of plates differs from the cars that are inside for us: the first of each, and how many.

    not_there: inside for us and not on the list. unknown: on the list and not inside for us.
    """

    not_there: Sequence[str]
    not_there_count: int
    unknown: Sequence[str]
    unknown_count: int


# What a gateway tells, of whatever kind.
Told: TypeAlias = Fact | DeviceFact


def is_at_gate(told: Told) -> bool:
    """Whether a vehicle may be waiting for the answer, as far as the event tells."""
    said_at = told.occurred_at if told.clock_ahead is None else told.occurred_at - told.clock_ahead
    return not told.event.replay and told.received_at - said_at <= AT_GATE_MAX


def parted(told: Sequence[Told]) -> tuple[Sequence[Fact], Sequence[DeviceFact]]:
    """Plate reads, and all else, each in their order."""
    said = [each for each in told if isinstance(each, DeviceFact)]
    return [each for each in told if isinstance(each, Fact)], said


class DeviceRecord(Struct, frozen=True):
    """What is kept of a fact to recognise it when it is told again, and to answer it as the first time.

    `first_id`: it is fuller or other content of that fact and changed nothing.
    """

    lot_id: int
    gateway_id: int
    event_id: str
    id: UUID
    kind: Kind
    lane_id: int | None
    occurred_at: datetime
    received_at: datetime
    content_hash: bytes
    reason: Reason | None
    stay_id: UUID | None
    first_id: UUID | None = None
    found: Found | None = None

    @property
    def key(self) -> EventKey:
        """What tells facts apart."""
        return self.lot_id, self.gateway_id, self.event_id


def accept(
    event: DeviceEvent,
    *,
    lane: Lane | None,
    gateway: Gateway,
    lot: Lot,
    received_at: datetime,
    id: UUID,  # noqa: A002
    doubts: tuple[Doubt, ...] = (),
    spells: Sequence[Spell] = (),
) -> DeviceFact:
    """What a device said of a lot as a fact, its time settled. `spells`: when its clock was wrong, the latest first.

    Raises:
        EventRejected: it needs a lane, and that is unknown or another gateway's.
    """
    if event.kind in (Kind.PASSAGE, Kind.BARRIER) or (lane is not None and lane.gateway_id == gateway.id):
        lane = facts.own(lane, event, gateway)
    elif event.lane is not None:
        lane, doubts = None, (*doubts, doubt("lane", event.lane))
    free = free_of(event, lot.capacity)
    if event.kind is Kind.COUNT and free is None:
        doubts += (doubt("occupied" if event.free is None else "free", f"of {lot.capacity}"),)
    timed = facts.settle_time(event.occurred_at, received_at, spells, replay=event.replay)
    return DeviceFact(
        id=id,
        lot_id=lot.id,
        gateway_id=gateway.id,
        lane_id=None if lane is None else lane.id,
        event=event,
        occurred_at=timed.occurred_at,
        received_at=received_at,
        effective_at=timed.effective_at,
        content_hash=device_events.content_hash(event),
        doubt=timed.doubt if event.replay else None,
        applies=not (timed.doubt and event.replay),
        doubts=doubts,
        clock_ahead=timed.clock_ahead,
    )


def unapplied(told: Told) -> Told:
    """What nobody can apply as a bare fact: recorded, and before a person."""
    if isinstance(told, DeviceFact):
        return structs.replace(told, doubt=Reason.COULD_NOT_APPLY, applies=False)
    return facts.unapplied(told)


def passage_of(fact: DeviceFact) -> Passage | None:
    """What became of a vehicle at a lane, if that is what was said."""
    if fact.event.kind is not Kind.PASSAGE or not fact.applies or fact.lane_id is None or fact.event.outcome is None:
        return None
    return Passage(fact.lot_id, fact.id, fact.lane_id, fact.effective_at, fact.event.outcome, fact.event.of)


def free_of(event: DeviceEvent, capacity: int) -> int | None:
    """The free spaces that a count says, if the lot can have so many."""
    free, occupied = event.free, event.occupied
    if event.plates is not None:
        occupied = len(event.plates)
    if free is None and occupied is not None:
        free = capacity - occupied
    return free if free is not None and 0 <= free <= capacity else None


def sightings(new: Iterable[DeviceFact], lots: Mapping[int, Lot]) -> list[Sighting]:
    """What counts say of their lots, in order of time, and lists of the plates inside, which count too. One that is
    handed in late is old news.
    """
    counted = [each for each in new if (each.event.kind is Kind.COUNT or is_whole(each)) and not each.event.replay]
    return [
        Sighting(each.lot_id, capacity, each.effective_at, 0, free)
        for each in sorted(counted, key=lambda each: each.effective_at)
        if (free := free_of(each.event, capacity := lots[each.lot_id].capacity)) is not None
    ]


def is_whole(fact: DeviceFact) -> bool:
    """Whether it is a list of all plates inside, as of the time that it says."""
    return fact.event.kind is Kind.PLATES_INSIDE and fact.applies and not device_events.is_cut(fact.event, fact.doubts)


def compared(fact: DeviceFact, inside: Collection[str], moving: Collection[str]) -> Found:
    """How a list differs from the cars `inside`, made comparable; `moving`: who came or left around its time."""
    listed = {plates.normalise(each) for each in fact.event.plates or ()}
    not_there = sorted(each for each in inside if each not in listed and each not in moving)
    unknown = sorted(each for each in listed if each not in inside and each not in moving)
    return Found(not_there[:NAMED_MAX], len(not_there), unknown[:NAMED_MAX], len(unknown))


def reason_of(fact: DeviceFact, *, is_read: bool, found: Found | None) -> Reason | None:
    """Why a person should look at a fact. `is_read`: the read that it is about is there."""
    if fact.doubt is not None:
        return fact.doubt
    if passage_of(fact) is not None and not is_read:
        return Reason.PASSAGE_WITHOUT_READ
    if found is not None and (found.not_there_count or found.unknown_count):
        return Reason.PLATES_INSIDE_DIFFER
    return None


# -- told before


class Sorted(Struct, frozen=True):
    """What of a batch is new, what is other content of a fact that is known, and for each the fact that is answered."""

    new: list[DeviceFact]
    more: list[DeviceFact]
    first: dict[UUID, UUID]


def sort(told: Iterable[DeviceFact], earlier: Mapping[EventKey, Sequence[DeviceRecord]]) -> Sorted:
    """The facts in the order given; `earlier`: what was recorded under their ids."""
    known: dict[EventKey, list[tuple[UUID, DeviceFact | DeviceRecord]]] = {
        key: [(each.first_id or each.id, each) for each in records] for key, records in earlier.items()
    }
    found = Sorted([], [], {})
    for fact in told:
        before = known.setdefault(fact.key, [])
        first = next((id_ for id_, each in before if each.content_hash == fact.content_hash), None)
        if first is None:
            first = next((id_ for id_, each in before if _is_same(each, fact)), None)
            (found.new if first is None else found.more).append(fact)
            before.append((first or fact.id, fact))
        found.first[fact.id] = first or fact.id
    return found


def _is_same(one: DeviceFact | DeviceRecord, other: DeviceFact) -> bool:
    kind = one.kind if isinstance(one, DeviceRecord) else one.event.kind
    if kind is not other.event.kind or one.lane_id != other.lane_id:
        return False
    return abs(one.occurred_at - other.occurred_at) <= SAME_WITHIN


def record_of(
    fact: DeviceFact,
    *,
    stay_id: UUID | None,
    reason: Reason | None,
    first_id: UUID | None = None,
    found: Found | None = None,
) -> DeviceRecord:
    """What is kept of a fact."""
    return DeviceRecord(
        *fact.key,
        id=fact.id,
        kind=fact.event.kind,
        lane_id=fact.lane_id,
        occurred_at=fact.occurred_at,
        received_at=fact.received_at,
        content_hash=fact.content_hash,
        reason=reason,
        stay_id=stay_id,
        first_id=first_id,
        found=found,
    )


def answer(fact: DeviceFact, record: DeviceRecord) -> Answer:
    """The answer to a fact: no barrier moves for it."""
    status = Status.REVIEW if record.reason else Status.RECORDED
    return Answer(
        event_id=fact.event.event_id,
        status=status if record.id == fact.id else Status.DUPLICATE,
        gate=Command.NONE,
        stay_id=record.stay_id,
        reason=record.reason,
        doubts=fact.doubts,
    )


def case_of(record: DeviceRecord) -> Case | None:
    """What a person should look at of a fact."""
    return None if record.reason is None else Case(record.lot_id, record.id, record.reason, record.stay_id)
