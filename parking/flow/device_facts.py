"""What devices said beside plate reads, taken in the batch in which it was told: which of it is new, which reads stand
otherwise by it, and what is kept of it. The lots are locked, and `db` is in a transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking import device_facts, effects, passages
from parking.answers import Answer
from parking.cases import OF_A_READ, Case, Reason, case_id
from parking.clocks import CLOCK_OFF_MAX
from parking.device_facts import MOVING_MAX, DeviceFact, DeviceRecord, Found, Sorted, Told
from parking.effects import NEW_READS, CaseChanges, Derived, Occasion
from parking.facts import REPEATS_KEPT, Fact
from parking.lookback import Range, ids_within
from parking.passages import AROUND, REACH, Marked, Passage, Seen
from parking.reads import By, Cause, Read, read_of
from parking.store import device_facts as store
from parking.store.device_facts import LaneWindow


class Taken(Struct):
    """What devices said in a batch. `records`: of all that is answered; `marked`: how reads stand by passages, where
    any were told of the lots; `recorded`: the reads that were there before.
    """

    facts: Sequence[DeviceFact]
    sorted: Sorted
    records: dict[UUID, DeviceRecord]
    marked: Marked | None = None
    recorded: Collection[UUID] = ()

    def reads(self, new: Sequence[Read]) -> tuple[list[Read], Sequence[Read]]:
        """The reads that count from now on beside `new` ones, as all of them stand, and those that do no more."""
        if self.marked is None:
            return list(new), ()
        return self.marked.reads, self.marked.gone

    def told(self) -> Occasion:
        """On what occasion stays are derived again."""
        if self.marked is None:
            return NEW_READS
        said = (device_facts.passage_of(fact) for fact in self.sorted.new)
        return Occasion(
            recorded=self.recorded,
            causes={each.lot_id: Cause(By.PASSAGE, each.id) for each in said if each is not None},
            turned_back=self.marked.turned_back,
        )

    def turned_back(self, read_id: UUID) -> bool:
        """Whether the vehicle of a read is known to have turned back."""
        passage = None if self.marked is None else self.marked.attributed.passages.get(read_id)
        return passage is not None and passage.passed_at is None


NOTHING_SAID = Taken((), Sorted([], [], {}), {})


async def take(
    db: sql.Connection,
    facts: Sequence[DeviceFact],
    events: Sequence[Fact],
    *,
    telling: Collection[int],
    now: datetime,
) -> Taken:
    """What of `facts` is new, and how reads stand with them. `events`: the new reads of the batch. `telling`: the lots
    of which passages were told before.
    """
    id_range = ids_within(now, REPEATS_KEPT)
    keys = list(dict.fromkeys(fact.key for fact in facts))
    earlier = await store.records(db, keys, id_range) if keys else {}
    taken = Taken(
        facts, device_facts.sort(facts, earlier), {each.id: each for known in earlier.values() for each in known}
    )
    said = [each for fact in taken.sorted.new if (each := device_facts.passage_of(fact)) is not None]
    if said:
        await store.tells_passages(db, {each.lot_id for each in said} - set(telling))
    lots = {*telling, *(each.lot_id for each in said)}
    new = [Seen(read_of(fact), fact.event.event_id, fact.applies, fact.applies) for fact in events]
    near = [each for each in new if each.read.lot_id in lots]
    if said or (near and await _are_reached(db, near, id_range)):
        windows = _windows([*(each.read for each in near), *said])
        known = await store.passages(db, windows, id_range)
        stored = await store.seen(db, windows, id_range)
        taken.recorded = {each.read.id for each in stored}
        taken.marked = passages.mark(new, said, stored, known)
    return taken


async def _are_reached(db: sql.Connection, new: Iterable[Seen], id_range: Range) -> bool:
    """Whether passages that are known already may be of new reads: of a car that is at a lane now there is none yet."""
    windows = [
        (each.read.lot_id, each.read.lane_id, each.read.at - CLOCK_OFF_MAX, each.read.at + REACH) for each in new
    ]
    return bool(await store.passages(db, windows, id_range))


async def stand_anew(
    db: sql.Connection,
    decided: Sequence[Read],
    ruled: Sequence[Passage] = (),
    *,
    telling: Collection[int],
    now: datetime,
) -> Taken:
    """How reads stand by the passages of their lanes once something was decided of some, or of passages (`ruled`), and
    that is written.
    """
    reads = [each for each in decided if each.lot_id in telling]
    if not reads and not ruled:
        return NOTHING_SAID
    id_range, windows = ids_within(now, REPEATS_KEPT), _windows([*reads, *ruled])
    known = await store.passages(db, windows, id_range)
    if not known and not ruled:
        return NOTHING_SAID
    stored = await store.seen(db, windows, id_range)
    marked = passages.mark([], [], stored, known, {each.id for each in reads}, ruled)
    return Taken((), Sorted([], [], {}), {}, marked, {each.read.id for each in stored})


def _windows(otherwise: Iterable[Read | Passage]) -> list[LaneWindow]:
    """What of lanes may matter to reads and passages that are new or otherwise."""
    at_lanes: dict[tuple[int, int], list[datetime]] = {}
    for each in otherwise:
        at_lanes.setdefault((each.lot_id, each.lane_id), []).append(each.at)
    return [window for lane, instants in at_lanes.items() for window in _apart(lane, sorted(instants))]


def _apart(lane: tuple[int, int], instants: Sequence[datetime]) -> list[LaneWindow]:
    """Windows around instants, of which none reaches into another: a backlog is not read with all that lies between."""
    windows: list[LaneWindow] = []
    for at in instants:
        if windows and at - AROUND <= windows[-1][3]:
            windows[-1] = (*lane, windows[-1][2], at + AROUND)
        else:
            windows.append((*lane, at - AROUND, at + AROUND))
    return windows


async def write(db: sql.Connection, taken: Taken, derived: Derived, changes: CaseChanges) -> CaseChanges:
    """Keeps what was told, with the stay that it was about, and by which passage reads stand. Returns the cases of the
    batch with those of what was told.
    """
    marked = taken.marked
    if marked is not None and marked.marks:
        await store.put_read_passages(db, marked.marks)
    about = _reads_about(marked)
    # Who turned back is in a stay that had its read.
    homes = effects.home_of(derived.before.stays.values(), about) | effects.home_of(derived.stays.values(), about)
    rows = []
    for fact in taken.sorted.new:
        read_id = None if marked is None else marked.attributed.reads.get(fact.id)
        home = homes.get(read_id) if read_id is not None else None
        found = await _compared(db, fact) if device_facts.is_whole(fact) else None
        is_read = marked is not None and marked.attributed.is_sure(fact.id)
        reason = device_facts.reason_of(fact, is_read=is_read, found=found)
        stay_id = None if home is None else home.id
        record = device_facts.record_of(fact, stay_id=stay_id, reason=reason, found=found)
        taken.records[fact.id] = record
        rows.append((fact, record))
    for fact in taken.sorted.more:
        first = taken.records[taken.sorted.first[fact.id]]
        rows.append((fact, device_facts.record_of(fact, stay_id=first.stay_id, reason=None, first_id=first.id)))
    if rows:
        await store.add(db, rows)
    return _cases(taken, changes)


async def _compared(db: sql.Connection, fact: DeviceFact) -> Found:
    """How a lot's own list of plates differs from the cars that are inside for us, before what came with it."""
    rows = await store.around(db, fact.lot_id, fact.effective_at, MOVING_MAX)
    inside = {row.plate for row in rows if row.is_inside}
    return device_facts.compared(fact, inside, {row.plate for row in rows if row.is_moving})


def _reads_about(marked: Marked | None) -> set[UUID]:
    return set() if marked is None else {each for each in marked.attributed.reads.values() if each is not None}


def _cases(taken: Taken, changes: CaseChanges) -> CaseChanges:
    new = {fact.id for fact in taken.sorted.new}
    opened = [case for id_ in new if (case := device_facts.case_of(taken.records[id_])) is not None]
    if taken.marked is None:
        return CaseChanges([*changes.opened, *opened], changes.moot)
    moot = [case_id(read_id, reason) for read_id in taken.marked.turned_back for reason in OF_A_READ]
    for passage in taken.marked.reached:
        if taken.marked.attributed.is_sure(passage.id):
            moot.append(case_id(passage.id, Reason.PASSAGE_WITHOUT_READ))
        elif passage.id not in new and not passage.is_settled:
            opened.append(Case(passage.lot_id, passage.id, Reason.PASSAGE_WITHOUT_READ, None))
    return CaseChanges([*changes.opened, *opened], [*changes.moot, *moot])


def in_order(told: Iterable[Told], events: Sequence[Fact], answers: Sequence[Answer], taken: Taken) -> list[Answer]:
    """The answers to a batch in its order. `answers`: to its plate reads."""
    by_id = {event.id: answer for event, answer in zip(events, answers, strict=True)}
    for fact in taken.facts:
        by_id[fact.id] = device_facts.answer(fact, taken.records[taken.sorted.first[fact.id]])
    return [by_id[each.id] for each in told]
