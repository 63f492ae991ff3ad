"""What a device says beside plates, read field by field: nothing is lost, and what is not in form is named."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import device_events
from parking.device_events import PLATES_INSIDE_MAX, Action, By, DeviceEvent, Kind, Outcome
from parking.events import NO_TIME, Submission
from tests.parking.said import read_all

AT = "2026-11-16T10:00:00+08:00"
NEEDED: dict[str, dict[str, Any]] = {
    "passage": {"lane": "L1", "outcome": "passed"},
    "barrier": {"lane": "L1", "action": "opened"},
    "count": {"free": 12},
    "cash": {"amount_fen": 400},
    "plates_inside": {"plates": ["鲁A12345"]},
}


def taken(**said: object) -> Submission:
    alone, (submission,) = read_all(msgspec.json.encode({"event_id": "1", "occurred_at": AT, **said}))
    assert alone
    return submission


def device_event(submission: Submission) -> DeviceEvent:
    assert isinstance(submission.event, DeviceEvent), submission.refused
    return submission.event


@pytest.mark.parametrize("kind", NEEDED)
def test_what_is_in_form_is_taken_without_a_doubt(kind: str) -> None:
    submission = taken(kind=kind, **NEEDED[kind])
    event = device_event(submission)
    assert (event.kind, event.occurred_at, submission.doubts) == (kind, datetime(2026, 11, 16, 2, tzinfo=UTC), ())


@pytest.mark.parametrize("kind", NEEDED)
def test_what_says_nothing_is_refused_by_the_field_that_it_lacks(kind: str) -> None:
    for missing in NEEDED[kind]:
        rest = {name: value for name, value in NEEDED[kind].items() if name != missing}
        submission = taken(kind=kind, **rest)
        assert submission.refused is not None
        assert (submission.refused.field, submission.refused.event_id) == (missing, "1")
        # No car waits for it, so no barrier moves.
        assert submission.replay
    assert taken(kind=kind, **{**NEEDED[kind], "event_id": None}).refused is not None


def test_other_words_and_odd_values_are_read_and_named() -> None:
    submission = taken(
        kind="过闸", lane=7, outcome="掉头", of=12, colour="red", replay="yes", occurred_at="20261116100000"
    )
    event = device_event(submission)
    assert (event.kind, event.lane, event.outcome, event.of) == (Kind.PASSAGE, "7", Outcome.TURNED_BACK, "12")
    assert event.replay
    assert [each.field for each in submission.doubts] == ["outcome", "of", "replay", "occurred_at", "colour", "lane"]
    lift = device_event(taken(kind="barrier", lane="L1", action="抬杆", by="manual", person="li\n", free=3))
    assert (lift.action, lift.by, lift.person, lift.free) == (Action.OPENED, By.PERSON, "li", None)
    assert device_event(taken(kind="count", occupied="12.0", occurred_at="x")).occurred_at == NO_TIME


def test_a_list_of_plates_has_an_end() -> None:
    many = taken(kind="plates_inside", plates=[f"鲁A{n:05}" for n in range(PLATES_INSIDE_MAX + 1)])
    assert len(device_event(many).plates or ()) == PLATES_INSIDE_MAX
    assert device_events.is_cut(device_event(many), many.doubts)
    odd = taken(kind="plates_inside", plates=["鲁A12345", 7, None, {}])
    assert device_event(odd).plates == ("鲁A12345", "7")
    assert not device_events.is_cut(device_event(odd), odd.doubts)


def test_an_array_may_hold_all_kinds() -> None:
    read = {"event_id": "2", "kind": "read", "lane": "L1", "occurred_at": AT, "plate": "鲁A12345"}
    passage = {"event_id": "1", "occurred_at": AT, "kind": "passage", **NEEDED["passage"]}
    _, submissions = read_all(msgspec.json.encode([read, passage]))
    assert [type(each.event).__name__ for each in submissions] == ["GateEvent", "DeviceEvent"]
    assert [each.way_of_lane for each in submissions] == [True, False]


def test_the_same_said_live_and_later_is_the_same() -> None:
    live, later = (device_event(taken(kind="count", free=12, replay=replay)) for replay in (False, True))
    other = device_event(taken(kind="count", free=13))
    assert device_events.content_hash(live) == device_events.content_hash(later) != device_events.content_hash(other)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(NEEDED)), st.dictionaries(st.sampled_from(DeviceEvent.__struct_fields__), odd))
def test_whatever_stands_in_a_field_it_is_taken_or_refused(kind: str, said: dict[str, object]) -> None:
    submission = taken(**{**said, "kind": kind, "event_id": "1"})
    assert (submission.event is None) != (submission.refused is None)
    if submission.event is not None:
        assert b"\0" not in msgspec.json.encode(submission.event)
