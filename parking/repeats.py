"""Which events of a batch are new, and which were told before: by their id, and by what they say.

An id is its gateway's own. Told again with the same content it is a repeat; with fuller or other content of the same
passing, one more read of that; a camera that was restarted counts from the beginning, and its next car is a new fact.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct, structs

from parking.answers import EventKey, EventRecord, key_of
from parking.cases import Reason
from parking.events import NO_TIME
from parking.facts import Fact

# A camera that tells a passing in two stages does so within seconds, and by one clock.
SAME_WITHIN = timedelta(seconds=10)
# More reads of one event than these are answered and not kept.
READS_KEPT_MAX = 8


class Sorted(Struct, frozen=True):
    """A batch by what is known of it. `new`: facts, in order. `reads`: more reads of a fact, which change nothing.

    `first`: for each told one, by its identifier, that of the fact that is answered: its own if it is new.
    """

    new: Sequence[Fact]
    reads: Sequence[Fact]
    first: Mapping[UUID, UUID]


def sort(facts: Iterable[Fact], earlier: Mapping[EventKey, Sequence[EventRecord]]) -> Sorted:
    """The facts in the order given; `earlier`: what was recorded under their ids, further reads too."""
    known = {key: _told(records) for key, records in earlier.items()}
    new: list[Fact] = []
    reads: list[Fact] = []
    first: dict[UUID, UUID] = {}
    for fact in facts:
        told = known.setdefault(key_of(fact), [])
        same = next((each for each, one in told if one.content_hash == fact.content_hash), None)
        if same is None:
            same = next((each for each, one in told if _is_same_passing(one, fact)), None)
            if same is None:
                new.append(_restarted(fact) if told else fact)
            elif sum(each == same for each, _ in told) <= READS_KEPT_MAX:
                reads.append(fact)
            told.append((same or fact.id, fact))
        first[fact.id] = same or fact.id
    return Sorted(new, reads, first)


def _told(records: Sequence[EventRecord]) -> list[tuple[UUID, Fact | EventRecord]]:
    """Each record with the fact that it is of, as far as that is among them."""
    there = {record.id for record in records}
    return [(first, record) for record in records if (first := record.first_id or record.id) in there]


def _is_same_passing(one: Fact | EventRecord, other: Fact) -> bool:
    if one.lane_id != other.lane_id:
        return False
    if NO_TIME in (one.occurred_at, other.occurred_at):
        return abs(one.received_at - other.received_at) <= SAME_WITHIN
    return abs(one.occurred_at - other.occurred_at) <= SAME_WITHIN


def _restarted(fact: Fact) -> Fact:
    return structs.replace(fact, of_device=(*fact.of_device, Reason.NUMBERS_RESTARTED))
