"""What a gateway may send, how what is about no car is refused, and that each event is judged on its own."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import events
from parking.events import BATCH_EVENTS_MAX, EventRejected, TooManyEvents
from tests.parking.said import GONE, SAID, read, read_all, said

MINIMAL = {key: SAID[key] for key in ("event_id", "kind", "lane", "occurred_at", "plate")}


def refusal(body: bytes) -> EventRejected:
    alone, (submission,) = read_all(body)
    assert alone
    assert submission.event is None
    assert submission.refused is not None
    assert submission.raw == body
    return submission.refused


def test_an_event_may_say_little() -> None:
    event = read(msgspec.json.encode(MINIMAL))
    assert (event.plate_color, event.vehicle_class, event.confidence) == ("unknown", "unknown", 1.0)
    assert (event.replay, event.images, event.remaining_spaces) == (False, (), None)


# -- refused


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, nothing) for field in ("event_id", "kind", "lane") for nothing in (GONE, None, "")),
        ("event_id", []),
        ("event_id", True),
        ("lane", {}),
        ("lane", "l" * 65),
        ("lane", "a\x7fb"),
    ],
)
def test_what_an_event_cannot_be_without(field: str, value: object) -> None:
    refused = refusal(said(**{field: value}))
    assert (refused.reason, refused.field) == ("malformed", field)
    assert (refused.event_id or None) == (None if field == "event_id" else SAID["event_id"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{bad",
        b"event_id=1",
        said() + b"x",
        b"\xef\xbb\xbf" + said(),
        said(plate="京A12345").replace("京".encode(), "京".encode("gbk")),
        said(plate="X").replace(b"X", rb"\ud800"),
        b"{" * 3,
        b'{"event_id":"1",',
    ],
)
def test_a_body_that_is_not_json(body: bytes) -> None:
    refused = refusal(body)
    assert (refused.reason, refused.field) == ("not_json", "body")


@pytest.mark.parametrize("body", [b"null", b"7", b'"event"', b"true"])
def test_a_body_that_is_no_event(body: bytes) -> None:
    assert (refusal(body).reason, refusal(body).field) == ("malformed", "body")


@pytest.mark.parametrize(
    "body",
    [
        b"[",
        b"[" + said() + b",]",
        b"[" + said(kind="in") + b",]",
        b"[" + said() + b"]]",
        b"[" * 200_000,
        b'[{"event_id":' + b"[" * 200_000 + b"]" * 200_000 + b"}]",
    ],
)
def test_an_array_that_cannot_be_read_at_all(body: bytes) -> None:
    with pytest.raises(EventRejected) as refused:
        read_all(body)
    assert (refused.value.reason, refused.value.field) == ("not_json", "body")


def test_each_event_of_an_array_is_judged_alone() -> None:
    gbk = said(event_id="4", plate="京A12345").replace("京".encode(), "京".encode("gbk"))
    bodies = [said(event_id="1"), said(event_id="2", kind=None), b"null", gbk, said(event_id="5")]
    alone, submissions = read_all(b" [" + b",".join(bodies) + b"] ")
    assert not alone
    assert [submission.event.event_id if submission.event else None for submission in submissions] == [
        "1",
        None,
        None,
        None,
        "5",
    ]
    assert [submission.refused.field if submission.refused else None for submission in submissions] == [
        None,
        "kind",
        "body",
        "body",
        None,
    ]
    assert [submission.raw for submission in submissions[1:4]] == bodies[1:4]


def test_arrays_have_a_length() -> None:
    assert read_all(b"[]") == (False, [])
    for event in (said(), said(kind=None)):
        assert len(read_all(b"[" + b",".join([event] * BATCH_EVENTS_MAX) + b"]")[1]) == BATCH_EVENTS_MAX
        with pytest.raises(TooManyEvents, match="501"):
            read_all(b"[" + b",".join([event] * (BATCH_EVENTS_MAX + 1)) + b"]")


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_body_is_a_surprise(body: bytes) -> None:
    try:
        _, submissions = read_all(body)
    except (EventRejected, TooManyEvents):
        return
    assert all((submission.event is None) != (submission.refused is None) for submission in submissions)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from([*SAID, "images", "replay", "remaining_spaces", "park_id"]), JSON)
def test_an_event_with_an_id_a_kind_and_a_lane_is_taken_whatever_else_it_says(field: str, value: object) -> None:
    _, (submission,) = read_all(said(**{field: value}))
    if submission.refused is not None:
        assert field in ("event_id", "kind", "lane")
        assert submission.refused.field == field
        assert msgspec.json.encode(submission.refused.sentence)
    else:
        assert submission.event is not None
        assert msgspec.json.decode(msgspec.json.encode(submission.event)) is not None
        assert all("\0" not in each.sent + each.field for each in submission.doubts)


@given(st.dictionaries(st.sampled_from([*SAID, "images", "replay", "remaining_spaces", "x"]), JSON))
def test_reading_never_fails(changes: dict[str, Any]) -> None:
    _, (submission,) = read_all(said(**changes))
    if all(changes.get(field, "x") == SAID[field] for field in ("event_id", "kind", "lane") if field in changes):
        assert submission.event is not None


def test_live_and_replayed_are_the_same_event() -> None:
    assert events.content_hash(read(said())) == events.content_hash(read(said(replay=True)))
    elsewhere = said(occurred_at="2026-11-16T02:00:00Z")  # the same instant, said in another zone
    assert events.content_hash(read(said())) == events.content_hash(read(elsewhere))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "exit"},
        {"lane": "qc-out"},
        {"occurred_at": "2026-11-16T10:00:00.001+08:00"},
        {"plate": "鲁A12346"},
        {"plate_color": "yellow"},
        {"vehicle_class": "large"},
        {"confidence": 0.98},
        {"images": [{"role": "plate", "ref": "x"}]},
        {"remaining_spaces": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_content_is_another_hash(changes: dict[str, object]) -> None:
    assert events.content_hash(read(said())) != events.content_hash(read(said(**changes)))


# -- the lane's screen
