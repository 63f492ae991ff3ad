"""Passages: that a vehicle which was read at a lane passed its barrier, or did not; and which reads that is said of.

A read is no passage. Where a loop or a person tells what became of a vehicle after it was read, a read whose vehicle
turned back is no entry and no exit, and one whose vehicle passed is over. Which reads a passage is of follows from all
reads and passages of its lane around it and never from the turn in which they were told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from parking.clocks import CLOCK_OFF_MAX
from parking.device_events import Outcome
from parking.passings import TOGETHER, belong_together
from parking.reads import Read
from parking.spans import STANDS_MAX

# A passage that names no read is of the last one at its lane within so much time before it; one that does, of that
# read within the longer time.
LAST_READ_MAX = timedelta(minutes=10)
REACH = timedelta(minutes=30)
# What lies further from a read or a passage at its lane cannot matter to it, nor to what it matters to.
AROUND = 2 * (REACH + CLOCK_OFF_MAX)


class Passage(Struct, frozen=True):
    """What became of a vehicle at a lane. `of`: the gateway's own number of the read it is about, if it says one.
    `is_settled`: a person has looked at it, and nobody has to any more; `is_named`: and says whose it is.
    """

    lot_id: int
    id: UUID
    lane_id: int
    at: datetime
    outcome: Outcome
    of: str | None = None
    is_settled: bool = False
    is_named: bool = False

    @property
    def passed_at(self) -> datetime | None:
        """When the vehicle passed, if it did."""
        return self.at if self.outcome is Outcome.PASSED else None


class Seen(Struct, frozen=True):
    """A read at a lane as it stands, with its gateway's number of it. `applies`: it may count at all, and not only be
    recorded. `counts`: stays are derived from it. `decided`: a person said whether it does. `passage_id`: of the
    passage by which it stands.
    """

    read: Read
    event_id: str
    applies: bool = True
    counts: bool = True
    decided: bool = False
    passage_id: UUID | None = None


class Attributed(Struct, frozen=True):
    """The passage by which each read stands, of those that have one, and the read that each passage is about, if it is
    there. `behind`: the passages of vehicles that drove close behind another; their reads are inferred.
    """

    passages: Mapping[UUID, Passage]
    reads: Mapping[UUID, UUID | None]
    behind: Collection[UUID] = frozenset()

    def is_sure(self, passage_id: UUID) -> bool:
        """Whether the read that a passage is about is there and not only inferred."""
        return self.reads.get(passage_id) is not None and passage_id not in self.behind


class Marked(Struct, frozen=True):
    """How reads stand by the passages of their lanes. `reads`: those that count as they stand now, new or otherwise
    than before; `gone`: earlier ones that do not, or not as they did. `marks`: all of which the passage is another.
    `reached`: the passages that may be of other reads than before.
    """

    reads: list[Read]
    gone: list[Read]
    marks: list[tuple[Seen, Passage | None]]
    attributed: Attributed
    reached: list[Passage]

    @property
    def turned_back(self) -> set[UUID]:
        """Earlier reads that no longer count since their vehicles were seen to turn back."""
        return {read.id for read in self.gone} - {read.id for read in self.reads}


def attribute(seen: Collection[Seen], passages: Iterable[Passage]) -> Attributed:
    """The reads that passages are of. Of several passages of one read the last holds, but one vehicle passes once: the
    next to pass on its read drove close behind it. That was the one read there last which has not passed, as as many
    vehicles went through as passages tell; if there is none it was not read.
    """
    lanes: dict[tuple[int, int], list[Seen]] = {}
    for each in seen:
        lanes.setdefault((each.read.lot_id, each.read.lane_id), []).append(each)
    told: dict[tuple[int, int], list[Passage]] = {}
    for passage in passages:
        told.setdefault((passage.lot_id, passage.lane_id), []).append(passage)
    found: dict[UUID, Passage] = {}
    about: dict[UUID, UUID | None] = {}
    behind: set[UUID] = set()
    for lane, of_lane in told.items():
        # Of one instant the outcome decides, and not which was told first.
        ordered = sorted(of_lane, key=lambda each: (each.at, each.outcome, each.of or "", each.id))
        for passage in ordered:
            target = _target(passage, lanes.get(lane, ()))
            known: Mapping[UUID, Passage] = {}
            if target is not None and _follows(passage, found.get(target.read.id)):
                target, known = _behind(passage, lanes[lane], found), found
                behind.add(passage.id)
            about[passage.id] = None if target is None else target.read.id
            if target is not None and target.applies:
                reads = _reads_of(passage, target.read, lanes[lane], ordered)
                found |= {id_: passage for id_ in reads if id_ not in known}
    return Attributed(found, about, behind)


def _follows(passage: Passage, before: Passage | None) -> bool:
    """Whether it is of another vehicle than the one that passed before."""
    if before is None or before.outcome is not Outcome.PASSED or passage.outcome is not Outcome.PASSED:
        return False
    return passage.at - before.at > TOGETHER


def _behind(passage: Passage, seen: Sequence[Seen], found: Mapping[UUID, Passage]) -> Seen | None:
    """The read of the vehicle that drove close behind another, unless a person says which it was."""
    if passage.is_named:
        return None
    since = passage.at - LAST_READ_MAX
    waiting = [
        each for each in seen if each.applies and since <= each.read.at <= passage.at and each.read.id not in found
    ]
    return max(waiting, key=_latest, default=None)


def _reads_of(passage: Passage, target: Read, seen: Sequence[Seen], passages: Sequence[Passage]) -> list[UUID]:
    """The reads of the vehicle that a passage is about, from when the lane was free for it on."""
    # What was read before another vehicle passed here was not read of this one while it stood here.
    since = max((each.at for each in passages if each.at < target.at), default=None)
    until = max(passage.at, target.at)
    near = [
        each.read
        for each in seen
        if each.applies and (since is None or since < each.read.at) and passage.at - REACH <= each.read.at <= until
    ]
    return [read.id for read in _stood(target, near)]


def _target(passage: Passage, seen: Sequence[Seen]) -> Seen | None:
    if passage.of is not None:
        until, since = passage.at + CLOCK_OFF_MAX, passage.at - REACH
        reads = [each for each in seen if each.event_id == passage.of and since <= each.read.at <= until]
    else:
        reads = [each for each in seen if passage.at - LAST_READ_MAX <= each.read.at <= passage.at]
    return max(reads, key=_latest, default=None)


def _latest(each: Seen) -> tuple[datetime, str, UUID]:
    return each.read.at, each.event_id, each.read.id


def _stood(target: Read, near: Sequence[Read]) -> list[Read]:
    """The target with all reads of its vehicle while that stood at the lane."""
    stood, rest = [target], [read for read in near if read.id != target.id]
    edge = [target]
    while edge:
        joined = [read for read in rest if any(_is_same(read, each) for each in edge)]
        rest = [read for read in rest if read not in joined]
        stood += joined
        edge = joined
    return stood


def _is_same(one: Read, other: Read) -> bool:
    return (one.plate == other.plate and abs(one.at - other.at) <= STANDS_MAX) or belong_together(one, other)


# -- how reads stand by them


def as_it_stands(read: Read, passage: Passage | None) -> Read:
    """A read with when its vehicle passed, if it did."""
    passed_at = None if passage is None else passage.passed_at
    return read if read.passed_at == passed_at else structs.replace(read, passed_at=passed_at)


def counts(each: Seen, passage: Passage | None) -> bool:
    """Whether stays are derived from a read. What a person said of that weighs more than what became of it."""
    if each.decided:
        return each.counts
    return _counts_by(passage)


def _counts_by(passage: Passage | None) -> bool:
    return passage is None or passage.outcome is Outcome.PASSED


def mark(
    new: Sequence[Seen],
    said: Sequence[Passage],
    stored: Sequence[Seen],
    known: Iterable[Passage],
    decided: Collection[UUID] = (),
    ruled: Sequence[Passage] = (),
) -> Marked:
    """How reads stand with `new` reads and with what was `said` now, beside all that was `stored` and `known` of their
    lanes AROUND these: earlier reads as they stood until now, and earlier passages. `decided`: the stored reads of
    which people have just decided something; `ruled`: such passages, which hold as `known` has it, or not at all.
    """
    passages = {each.id: each for each in (*known, *said)}
    attributed = attribute([*new, *stored], passages.values())
    marked = Marked([], [], [], attributed, [])
    instants: dict[int, list[datetime]] = {}
    otherwise: list[Read | Passage] = [each.read for each in new]
    otherwise += [each.read for each in stored if each.read.id in decided]
    for each in (*otherwise, *said, *ruled):
        instants.setdefault(each.lane_id, []).append(each.at)
    found = attributed.passages
    for seen in new:
        if seen.applies:
            _stand(marked, seen, found.get(seen.read.id), was=None)
    for seen in stored:
        passage = found.get(seen.read.id)
        is_same = seen.passage_id == (None if passage is None else passage.id)
        if not is_same and _is_reached(seen.read.at, instants.get(seen.read.lane_id, ())):
            _stand(marked, seen, passage, was=seen.read if seen.counts else None)
    marked.reached.extend(each for each in passages.values() if _is_reached(each.at, instants.get(each.lane_id, ())))
    return marked


def _is_reached(at: datetime, instants: Sequence[datetime]) -> bool:
    """Whether something at a lane may be otherwise by what is new there at these instants. Of what lies further not all
    is known that matters to it.
    """
    return any(abs(at - each) <= REACH + CLOCK_OFF_MAX for each in instants)


def _stand(marked: Marked, each: Seen, passage: Passage | None, *, was: Read | None) -> None:
    passage_id = None if passage is None else passage.id
    now = as_it_stands(each.read, passage)
    is_counted = counts(each, passage)
    if is_counted != (was is not None) or now != was:
        if was is not None:
            marked.gone.append(was)
        if is_counted:
            marked.reads.append(now)
    if passage_id != each.passage_id:
        # What people say of it may be undone; this is what its passage says.
        stands = structs.replace(each, read=now, counts=_counts_by(passage), passage_id=passage_id)
        marked.marks.append((stands, passage))
