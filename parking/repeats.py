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
from parking.passings import Passing

# A camera that tells a passing in two stages does so within seconds, and by one clock.
SAME_WITHIN = timedelta(seconds=10)
# More reads of one event than these are answered and not kept.
READS_KEPT_MAX = 8


class Sorted(Struct, frozen=True):
    """A batch by what is known of it. `new`: facts, in order. `reads`: more reads of a fact, which change nothing.

    `first`: for each passing, by its identifier, that of the fact that is answered: its own if it is new.
    """

    new: Sequence[Passing]
    reads: Sequence[Passing]
    first: Mapping[UUID, UUID]


def sort(passings: Iterable[Passing], earlier: Mapping[EventKey, Sequence[EventRecord]]) -> Sorted:
    """The passings in the order given; `earlier`: what was recorded under their ids, further reads too."""
    known = {key: _told(records) for key, records in earlier.items()}
    new: list[Passing] = []
    reads: list[Passing] = []
    first: dict[UUID, UUID] = {}
    for passing in passings:
        told = known.setdefault(key_of(passing), [])
        same = next((each for each, one in told if one.content_hash == passing.content_hash), None)
        if same is None:
            same = next((each for each, one in told if _is_same_passing(one, passing)), None)
            if same is None:
                new.append(_restarted(passing) if told else passing)
            elif sum(each == same for each, _ in told) <= READS_KEPT_MAX:
                reads.append(passing)
            told.append((same or passing.id, passing))
        first[passing.id] = same or passing.id
    return Sorted(new, reads, first)


def _told(records: Sequence[EventRecord]) -> list[tuple[UUID, Passing | EventRecord]]:
    """Each record with the fact that it is of, as far as that is among them."""
    there = {record.id for record in records}
    return [(first, record) for record in records if (first := record.first_id or record.id) in there]


def _is_same_passing(one: Passing | EventRecord, other: Passing) -> bool:
    if one.lane_id != other.lane_id:
        return False
    if NO_TIME in (one.occurred_at, other.occurred_at):
        return abs(one.received_at - other.received_at) <= SAME_WITHIN
    return abs(one.occurred_at - other.occurred_at) <= SAME_WITHIN


def _restarted(passing: Passing) -> Passing:
    return structs.replace(passing, of_device=(*passing.of_device, Reason.NUMBERS_RESTARTED))
