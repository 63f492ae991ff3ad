"""Which events are new, which are one more read of a passing, and which are told again."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking import repeats
from parking.answers import EventRecord, as_read, key_of, record_of_read
from parking.barrier import Command
from parking.cases import Reason
from parking.events import NO_TIME
from parking.facts import Fact
from parking.lots import Direction
from parking.plates import VehicleClass
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


def read_as(number: int, plate: str, confidence: float = 0.95, *, after: timedelta = SECOND, **changes: object) -> Fact:
    """What the first event's id says again, with what was read now."""
    event = structs.replace(FIRST.event, confidence=confidence)
    changes = {"effective_at": FIRST.effective_at + after, **changes}
    return told(number, after=after, plate=plate, applies=plate != "", event=event, **changes)


@pytest.mark.parametrize(
    ("first", "then", "becomes"),
    [
        # No plate, then one: the car is there; and the other way round it is there already.
        (("", 0.0), ("鲁A12345", 0.97), "new"),
        (("鲁A12345", 0.97), ("", 0.0), "more"),
        (("", 0.0), ("", 0.1), "more"),
        # As surely or not, the same is the same; where one is doubtful, another read is not for nothing.
        (("鲁A12345", 0.95), ("鲁A12345", 0.99), "more"),
        (("鲁A12345", 0.3), ("鲁A12345", 0.97), "new"),
        (("鲁A12345", 0.97), ("鲁A12345", 0.3), "new"),
        # Another text like it is one more look at the same car, if `passings` believes that.
        (("鲁A12345", 0.7), ("鲁A12346", 0.97), "new"),
        (("鲁A12345", 0.97), ("鲁A1234", 0.97), "new"),
        (("鲁A12345", 0.97), ("鲁A12346", 0.97), "more"),
        (("鲁A12345", 0.97), ("鲁B98765", 0.97), "restarted"),
        (("鲁A12345", 0.3), ("鲁B98765", 0.97), "restarted"),
    ],
)
@pytest.mark.parametrize("recorded", [False, True])
def test_what_other_content_of_an_id_becomes(
    first: tuple[str, float], then: tuple[str, float], becomes: str, recorded: bool
) -> None:
    one, other = read_as(2, *first, after=0 * SECOND), read_as(3, *then)
    record = structs.replace(_record(one), stay_id=UUID(int=7) if one.plate else None)
    record = structs.replace(record, reason=None if one.plate else Reason.NO_PLATE)
    found = repeats.sort([other], {key_of(one): [record]}) if recorded else repeats.sort([one, other], {})
    assert [p.id for p in found.reads] == ([other.id] if becomes == "more" else [])
    assert [p.of_device for p in found.new if p.id == other.id] == {
        "more": [],
        "new": [()],
        "restarted": [(Reason.NUMBERS_RESTARTED,)],
    }[becomes]
    assert found.read_since == ({one.id} if becomes == "new" and not one.plate else set())


def test_who_is_told_again_without_a_plate_is_answered_as_the_car_that_it_was() -> None:
    first, then = read_as(2, "", after=0 * SECOND), read_as(3, "鲁A12345")
    again = structs.replace(first, id=UUID(int=4))
    assert repeats.sort([first, then, again], {}).first == {first.id: first.id, then.id: then.id, again.id: then.id}


def test_a_class_that_is_known_says_more() -> None:
    event = structs.replace(FIRST.event, vehicle_class=VehicleClass.UNKNOWN)
    vague, large = told(2, event=event), told(3, event=structs.replace(event, vehicle_class=VehicleClass.LARGE))
    assert [p.id for p in repeats.sort([vague, large], {}).new] == [vague.id, large.id]
    assert [p.id for p in repeats.sort([large, vague], {}).new] == [large.id]


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
        **as_read(passing),
    )
