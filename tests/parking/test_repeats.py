"""Which events are new, which are one more read of a passing, and which are told again."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking import repeats
from parking.answers import EventRecord, key_of, record_of_read
from parking.barrier import Command
from parking.cases import Reason
from parking.events import NO_TIME
from parking.facts import Fact
from parking.lots import Direction
from parking.repeats import READS_KEPT_MAX
from tests.parking.events import passing

FIRST = structs.replace(passing(Direction.ENTRY), content_hash=b"1")
SECOND = timedelta(seconds=1)


def told(number: int, *, after: timedelta = timedelta(0), **changes: object) -> Fact:
    """The first event's id again, with other content, so much later."""
    later = {"occurred_at": FIRST.occurred_at + after, "received_at": FIRST.received_at + after}
    return structs.replace(FIRST, id=UUID(int=number), content_hash=bytes([number]), **{**later, **changes})


def test_the_same_content_is_a_repeat() -> None:
    again = structs.replace(FIRST, id=UUID(int=2), received_at=FIRST.received_at + timedelta(days=39))
    found = repeats.sort([FIRST, again], {})
    assert (found.new, found.reads, found.first[again.id]) == ([FIRST], [], FIRST.id)


@pytest.mark.parametrize(
    ("after", "changes", "is_read"),
    [
        (0 * SECOND, {}, True),
        (10 * SECOND, {}, True),
        (-10 * SECOND, {}, True),
        (11 * SECOND, {}, False),
        (0 * SECOND, {"lane_id": 9}, False),
        (5 * SECOND, {"occurred_at": NO_TIME}, True),
        (11 * SECOND, {"occurred_at": NO_TIME}, False),
    ],
)
def test_other_content_is_of_the_same_passing_within_seconds_at_one_lane(
    after: timedelta, changes: dict[str, object], is_read: bool
) -> None:
    other = told(2, after=after, **changes)
    found = repeats.sort([FIRST, other], {})
    assert [p.id for p in found.reads] == ([other.id] if is_read else [])
    assert [p.id for p in found.new] == ([FIRST.id] if is_read else [FIRST.id, other.id])
    assert [p.of_device for p in found.new[1:]] == ([] if is_read else [(Reason.NUMBERS_RESTARTED,)])


def test_a_read_that_is_told_again_is_answered_by_the_first() -> None:
    record = structs.replace(record_of_read(FIRST, _record(FIRST)), first_id=None)
    fuller = told(2)
    read = record_of_read(fuller, record)
    assert (read.first_id, read.stay_id) == (FIRST.id, None)
    again = structs.replace(fuller, id=UUID(int=3))
    found = repeats.sort([again], {key_of(FIRST): [read, record]})
    assert (found.new, found.reads, found.first) == ([], [], {again.id: FIRST.id})
    # A read whose event is too far back to be looked at says nothing.
    assert [p.id for p in repeats.sort([again], {key_of(FIRST): [read]}).new] == [again.id]


def test_more_reads_of_one_event_than_are_kept_are_answered_all_the_same() -> None:
    many = [told(number) for number in range(2, 40)]
    found = repeats.sort([FIRST, *many], {})
    assert (len(found.new), len(found.reads)) == (1, READS_KEPT_MAX)
    assert set(found.first.values()) == {FIRST.id}


def _record(passing: Fact) -> EventRecord:
    return EventRecord(
        *key_of(passing),
        id=passing.id,
        lane_id=passing.lane_id,
        occurred_at=passing.occurred_at,
        received_at=passing.received_at,
        content_hash=passing.content_hash,
        gate=Command.OPEN,
        stay_id=UUID(int=7),
        fee_fen=None,
        payment=None,
        reason=None,
    )
