"""Which events of a batch are new, and which were told before: by their id, and by what they say.

An id is its gateway's own. Told again with the same content it is a repeat. Other content within seconds at its lane
is of the same passing if the texts are alike: one that says more is a read of that passing as any other (`passings`),
as if it had been told under an id of its own; one that says no more changes nothing. A camera that was restarted
counts from the beginning: its next car is a new fact.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from parking.answers import EventKey, EventRecord, key_of
from parking.cases import UNREAD, Reason, case_id
from parking.events import NO_TIME
from parking.facts import CONFIDENCE_MIN, Fact
from parking.likeness import Likeness, likeness
from parking.passings import are_one
from parking.plates import VehicleClass

# A camera that tells a passing in two stages does so within seconds, and by one clock.
SAME_WITHIN = timedelta(seconds=10)
# More reads of one event than these are answered and not kept.
READS_KEPT_MAX = 8
# Why a fact that belongs to no stay does not count.
_UNCOUNTED = (*UNREAD, Reason.CLOCK_AHEAD, Reason.CLOCK_BEHIND)


One: TypeAlias = Fact | EventRecord


class Sorted(Struct, frozen=True):
    """A batch by what is known of it. `new`: facts, in order. `reads`: more reads of a fact, which change nothing.

    `first`: for each told one, by its identifier, that of the fact that is answered: its own if it is new.
    `read_since`: facts that do not count and of whose passing a new one does.
    """

    new: Sequence[Fact]
    reads: Sequence[Fact]
    first: Mapping[UUID, UUID]
    read_since: Collection[UUID] = ()


class _Place(NamedTuple):
    """What a fact is. `more_of`: one more read of that fact, which changes nothing; else it is new. `of`: facts that it
    is one more read of; without any it is another car's.
    """

    more_of: UUID | None
    of: Sequence[One] = ()


def sort(facts: Iterable[Fact], earlier: Mapping[EventKey, Sequence[EventRecord]]) -> Sorted:
    """The facts in the order given; `earlier`: what was recorded under their ids, further reads too."""
    known = {key: _told(records) for key, records in earlier.items()}
    new: list[Fact] = []
    reads: list[Fact] = []
    first: dict[UUID, UUID] = {}
    read_since = set[UUID]()
    for fact in facts:
        told = known.setdefault(key_of(fact), [])
        near = [one for each, one in told if each == one.id and _is_of_passing(one, fact)]
        same = next((each for each, one in told if one.content_hash == fact.content_hash), None)
        if same is not None:
            first[fact.id] = _answered(same, near)
            continue
        more_of, of = _place(fact, near)
        if more_of is None:
            new.append(fact if of or not told else _restarted(fact))
            read_since |= {one.id for one in of if not _counts(one)}
        elif sum(each == more_of for each, _ in told) <= READS_KEPT_MAX:
            reads.append(fact)
        told.append((more_of or fact.id, fact))
        first[fact.id] = more_of or fact.id
    return Sorted(new, reads, first, read_since)


def _place(fact: Fact, near: Sequence[One]) -> _Place:
    """What a fact is to those of its id that were told within seconds at its lane."""
    alike = [one for one in near if _likeness(one, fact) is not Likeness.NONE]
    counted = [one for one in alike if _counts(one)]
    if not alike or (_counts(fact) and not counted):
        return _Place(None, alike)
    if not _counts(fact):
        return _Place((counted or alike)[0].id)
    told = next((one for one in counted if not _says_more(fact, one)), None)
    if told is None and any(_are_one(one, fact) for one in counted):
        return _Place(None, alike)
    return _Place((told or counted[0]).id)


def _answered(same: UUID, near: Sequence[One]) -> UUID:
    """The fact that is answered for one that is told again: where that does not count, one of its passing that does."""
    if any(one.id == same and not _counts(one) for one in near):
        return next((one.id for one in near if _counts(one)), same)
    return same


def read_after_all(facts: Iterable[UUID]) -> list[UUID]:
    """The cases of facts that do not count, of whose passing a later one does: nobody has to look at those."""
    return [case_id(fact, reason) for fact in facts for reason in UNREAD]


def _told(records: Sequence[EventRecord]) -> list[tuple[UUID, One]]:
    """Each record with the fact that it is of, as far as that is among them."""
    there = {record.id for record in records}
    return [(first, record) for record in records if (first := record.first_id or record.id) in there]


def _is_of_passing(one: One, other: Fact) -> bool:
    if one.lane_id != other.lane_id:
        return False
    if NO_TIME in (one.occurred_at, other.occurred_at):
        return abs(one.received_at - other.received_at) <= SAME_WITHIN
    return abs(one.occurred_at - other.occurred_at) <= SAME_WITHIN


def _likeness(one: One, other: One) -> Likeness:
    """Where no plate was read, any may have been there."""
    return likeness(one.plate, other.plate) if one.plate and other.plate else Likeness.PERHAPS


def _are_one(one: One, other: Fact) -> bool:
    """As `passings` has it: otherwise it would be taken for another vehicle."""
    sure = min(_confidence(one), _confidence(other))
    return are_one(_likeness(one, other), abs(one.effective_at - other.effective_at), sure)


def _says_more(fact: Fact, one: One) -> bool:
    """Whether something else may follow from a fact than from one of its passing."""
    if (fact.plate, fact.plate_color) != (one.plate, one.plate_color):
        return True
    if (_confidence(fact) < CONFIDENCE_MIN) is not (_confidence(one) < CONFIDENCE_MIN):
        return True
    return fact.event.vehicle_class not in (VehicleClass.UNKNOWN, _class(one))


def _counts(one: One) -> bool:
    if isinstance(one, Fact):
        return one.applies
    return one.stay_id is not None or one.reason not in _UNCOUNTED


def _confidence(one: One) -> float:
    return one.event.confidence if isinstance(one, Fact) else one.confidence


def _class(one: One) -> VehicleClass:
    return one.event.vehicle_class if isinstance(one, Fact) else one.vehicle_class


def _restarted(fact: Fact) -> Fact:
    return structs.replace(fact, of_device=(*fact.of_device, Reason.NUMBERS_RESTARTED))
