"""What a gate says: malformed input as a table of the field it is told, clocks that are off, repeats recognised."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import gate
from parking.gate import BATCH_EVENTS_MAX, Command, EventRejected, GateEvent, Passage, Payment, Reason, TooManyEvents
from parking.lots import Direction, Gateway, Lane
from tests.conftest import NOW

GATEWAY = Gateway(7, "qc-gw", 3)
ENTRY = Lane(11, "qc-in", 3, 7, Direction.ENTRY)
EXIT = Lane(12, "qc-out", 3, 7, Direction.EXIT)
SAID: dict[str, Any] = {
    "event_id": "20261116-000123",
    "kind": "entry",
    "lane": "qc-in",
    "occurred_at": "2026-11-16T10:00:00+08:00",
    "plate": "鲁A12345",
    "plate_color": "blue",
    "vehicle_class": "small",
    "confidence": 0.97,
}
MINIMAL = {key: SAID[key] for key in ("event_id", "kind", "lane", "occurred_at", "plate")}
GONE = object()


def said(**changes: object) -> bytes:
    """An event as JSON, with some fields changed, or left out where they are GONE."""
    return msgspec.json.encode({key: value for key, value in {**SAID, **changes}.items() if value is not GONE})


def read(body: bytes) -> GateEvent:
    alone, (parcel,) = gate.read(body)
    assert alone
    assert parcel.event is not None, parcel.refused
    return parcel.event


def refusal(body: bytes) -> EventRejected:
    alone, (parcel,) = gate.read(body)
    assert alone
    assert parcel.event is None
    assert parcel.refused is not None
    assert parcel.raw == body
    return parcel.refused


def accepted(through: Lane | None = ENTRY, received_at: datetime = NOW, **changes: object) -> Passage:
    event = read(said(**changes))
    return gate.accept(event, lane=through, gateway=GATEWAY, received_at=received_at, id=UUID(int=1))


# -- reading


def test_an_event_may_say_little() -> None:
    event = read(msgspec.json.encode(MINIMAL))
    assert (event.plate_color, event.vehicle_class, event.confidence) == ("unknown", "unknown", 1.0)
    assert (event.replay, event.images, event.remaining_spaces) == (False, (), None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, GONE) for field in MINIMAL),
        *((field, None) for field in MINIMAL),
        *((field, 7) for field in MINIMAL if field != "occurred_at"),
        ("event_id", ""),
        ("event_id", "e" * 65),
        ("event_id", "a\0b"),
        ("event_id", "a\nb"),
        ("kind", "in"),
        ("kind", "ENTRY"),
        ("lane", ""),
        ("lane", "l" * 65),
        ("lane", "a\x7fb"),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2026-11-16T10:00:00"),  # no offset: whose ten o'clock?
        ("occurred_at", "2026-11-16"),
        ("occurred_at", "2026-02-30T10:00:00+08:00"),
        ("occurred_at", 1_794_794_400),
        ("plate", "鲁" * 33),
        ("plate", "京" * 200),
        ("plate", "鲁A\x0012345"),
        ("plate_color", "red"),
        ("vehicle_class", "tank"),
        ("confidence", -0.01),
        ("confidence", 1.01),
        ("confidence", "0.9"),
        ("replay", "yes"),
        ("remaining_spaces", -1),
        ("remaining_spaces", 1_000_001),
        ("remaining_spaces", 1.5),
        ("images", [{"role": "plate", "ref": "x"}] * 9),
        ("images", "oss://x"),
        ("park_id", "3"),  # no field of ours: a sender who means something by it must hear that we do not
    ],
)
def test_a_field_that_does_not_fit_is_named(field: str, value: object) -> None:
    refused = refusal(said(**{field: value}))
    assert (refused.reason, refused.code, refused.field) == ("malformed", 400, field)
    assert (refused.event_id or None) == (None if field == "event_id" else SAID["event_id"])
    answer = refused.answer()
    assert (answer.status, answer.gate, answer.field) == ("rejected", Command.NONE, field)
    assert answer.detail
    assert "\0" not in answer.detail


@pytest.mark.parametrize(
    ("picture", "field"),
    [
        ({"role": "plate", "ref": ""}, "images[1].ref"),
        ({"role": "plate", "ref": "data:image/png;base64,AAAA"}, "images[1].ref"),
        ({"role": "p" * 33, "ref": "x"}, "images[1].role"),
        ({"role": "plate"}, "images[1]"),
        ({"role": "plate", "ref": "x", "body": "AAAA"}, "images[1]"),
    ],
)
def test_a_picture_that_does_not_fit_is_named(picture: dict[str, str], field: str) -> None:
    assert refusal(said(images=[{"role": "plate", "ref": "oss://a"}, picture])).field == field


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
    assert (refused.reason, refused.code, refused.field) == ("not_json", 400, "body")


@pytest.mark.parametrize("body", [b"null", b"7", b'"event"', b"true"])
def test_a_body_that_is_no_event(body: bytes) -> None:
    assert (refusal(body).code, refusal(body).field) == (400, "body")


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
        gate.read(body)
    assert (refused.value.reason, refused.value.field) == ("not_json", "body")


def test_each_event_of_an_array_is_judged_alone() -> None:
    gbk = said(event_id="4", plate="京A12345").replace("京".encode(), "京".encode("gbk"))
    bodies = [said(event_id="1"), said(event_id="2", kind="in"), b"null", gbk, said(event_id="5")]
    alone, parcels = gate.read(b" [" + b",".join(bodies) + b"] ")
    assert not alone
    assert [parcel.event.event_id if parcel.event else None for parcel in parcels] == ["1", None, None, None, "5"]
    assert [parcel.refused.field if parcel.refused else None for parcel in parcels] == [
        None,
        "kind",
        "body",
        "body",
        None,
    ]
    assert [parcel.raw for parcel in parcels[1:4]] == bodies[1:4]


def test_arrays_have_a_length() -> None:
    assert gate.read(b"[]") == (False, [])
    for event in (said(), said(kind="in")):
        assert len(gate.read(b"[" + b",".join([event] * BATCH_EVENTS_MAX) + b"]")[1]) == BATCH_EVENTS_MAX
        with pytest.raises(TooManyEvents, match="501"):
            gate.read(b"[" + b",".join([event] * (BATCH_EVENTS_MAX + 1)) + b"]")


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_body_is_a_surprise(body: bytes) -> None:
    try:
        _, parcels = gate.read(body)
    except (EventRejected, TooManyEvents):
        return
    assert all((parcel.event is None) != (parcel.refused is None) for parcel in parcels)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from([*SAID, "images", "replay", "remaining_spaces"]), JSON)
def test_whatever_stands_in_a_field_the_answer_can_be_written(field: str, value: object) -> None:
    _, (parcel,) = gate.read(said(**{field: value}))
    if parcel.refused is not None:
        assert parcel.refused.field == field or str(parcel.refused.field).startswith(field)
        assert msgspec.json.encode(parcel.refused.answer())


# -- accepting


def test_a_lane_nobody_registered() -> None:
    with pytest.raises(EventRejected) as refused:
        accepted(None, lane="qc-9")
    assert (refused.value.reason, refused.value.code, refused.value.field) == ("unknown_lane", 422, "lane")


def test_a_lane_of_another_gateway() -> None:
    with pytest.raises(EventRejected) as refused:
        accepted(Lane(13, "other", 4, 8, Direction.ENTRY))
    assert (refused.value.reason, refused.value.code, refused.value.field) == ("lane_not_yours", 403, "lane")


@pytest.mark.parametrize("year", ["0001", "1969", "2101", "9999"])
def test_a_year_that_is_none(year: str) -> None:
    for offset in ("+08:00", "-12:00", "Z"):
        with pytest.raises(EventRejected) as refused:
            accepted(occurred_at=f"{year}-06-30T10:00:00{offset}")
        assert (refused.value.reason, refused.value.code, refused.value.field) == ("malformed", 400, "occurred_at")


SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    # The device's clock against ours       sent      doubt            the rules use    a stay follows
    ("off", "replay", "doubt", "uses", "applies"),
    [
        (0 * SECOND,                        False,    None,            "device",        True),
        (-MINUTE,                           False,    None,            "device",        True),
        (2 * MINUTE,                        False,    None,            "device",        True),
        (2 * MINUTE + SECOND,               False,    "clock_ahead",   "receipt",       True),
        (400 * DAY,                         False,    "clock_ahead",   "receipt",       True),
        (-DAY,                              False,    None,            "device",        True),
        (-DAY - SECOND,                     False,    "clock_behind",  "receipt",       True),
        (-35 * DAY,                         True,     None,            "device",        True),
        (-35 * DAY - SECOND,                True,     "clock_behind",  "device",        False),
        (2 * MINUTE + SECOND,               True,     "clock_ahead",   "device",        False),
    ],
)  # fmt: skip
def test_a_clock_that_is_off(off: timedelta, replay: bool, doubt: str | None, uses: str, applies: bool) -> None:
    passage = accepted(occurred_at=(NOW + off).isoformat(), replay=replay)
    assert passage.doubt == doubt
    assert passage.occurred_at == NOW + off
    assert passage.effective_at == (NOW + off if uses == "device" else NOW)
    assert passage.applies is applies


@pytest.mark.parametrize(
    ("changes", "doubt", "applies"),
    [
        ({}, None, True),
        ({"plate": ""}, Reason.NO_PLATE, False),
        ({"plate": "无车牌"}, Reason.NO_PLATE, False),
        ({"kind": "exit"}, Reason.KIND_CONTRADICTS_LANE, False),
        ({"kind": "exit", "plate": ""}, Reason.KIND_CONTRADICTS_LANE, False),
        ({"confidence": 0.6}, None, True),
        ({"confidence": 0.59}, Reason.LOW_CONFIDENCE, True),
        ({"plate": "ABC"}, Reason.UNKNOWN_PLATE_FORM, True),
        ({"plate": "鲁AI2345"}, Reason.UNKNOWN_PLATE_FORM, True),
        ({"occurred_at": "2026-11-17T10:00:00Z", "confidence": 0.1}, Reason.CLOCK_AHEAD, True),
    ],
)
def test_doubts(changes: dict[str, Any], doubt: Reason | None, applies: bool) -> None:
    passage = accepted(**changes)
    assert (passage.doubt, passage.applies) == (doubt, applies)


def test_what_a_passage_knows() -> None:
    passage = accepted(EXIT, kind="exit", plate="蓝 鲁a·12345", occurred_at="2026-11-16T10:00:00.5+08:00")
    assert (passage.plate, passage.event.plate) == ("鲁A12345", "蓝 鲁a·12345")
    assert (passage.lot_id, passage.lane_id, passage.gateway_id, passage.direction) == (3, 12, 7, Direction.EXIT)
    assert passage.occurred_at == datetime(2026, 11, 16, 2, 0, 0, 500_000, tzinfo=UTC)


# -- recognising


def test_live_and_replayed_are_the_same_event() -> None:
    assert gate.content_hash(read(said())) == gate.content_hash(read(said(replay=True)))
    elsewhere = said(occurred_at="2026-11-16T02:00:00Z")  # the same instant, said in another zone
    assert gate.content_hash(read(said())) == gate.content_hash(read(elsewhere))


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
    assert gate.content_hash(read(said())) != gate.content_hash(read(said(**changes)))


# -- the lane's screen


@pytest.mark.parametrize(
    ("direction", "command", "fee_fen", "payment", "english"),
    [
        (Direction.ENTRY, Command.OPEN, None, None, "Welcome"),
        (Direction.ENTRY, Command.HOLD, None, None, "Please call for help"),
        (Direction.EXIT, Command.HOLD, None, None, "Please call for help"),
        (Direction.EXIT, Command.OPEN, 0, Payment.NOT_NEEDED, "Free, goodbye"),
        (Direction.EXIT, Command.OPEN, 605, Payment.WILL_BE_CHARGED, "¥6.05 charged to your account"),
        (Direction.EXIT, Command.HOLD, 605, Payment.PAY_AT_GATE, "Please pay ¥6.05"),
        (Direction.EXIT, Command.OPEN, 605, Payment.PAY_AT_GATE, "¥6.05 paid, goodbye"),
    ],
)
def test_the_screen(
    direction: Direction, command: Command, fee_fen: int | None, payment: Payment | None, english: str
) -> None:
    assert gate.display(direction, command, fee_fen, payment).en == english
