"""What does not have the form of an event is read as far as it can be, and what was sent is named."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from parking.doubts import DOUBTS_MAX, SENT_CHARACTERS_MAX, Doubt
from parking.events import NO_TIME, GateEvent, Submission
from parking.lots import Direction
from tests.parking.said import GONE, read, read_all, said

TEN = datetime(2026, 11, 16, 2, tzinfo=UTC)


def taken(body: bytes) -> Submission:
    alone, (submission,) = read_all(body)
    assert alone
    assert submission.event is not None, submission.refused
    assert submission.refused is None
    return submission


@pytest.mark.parametrize(
    ("ticket", "kept"),
    [("7f3a-91", "7f3a-91"), ("0-0-0--0", "0-0-0--0"), ("12", None), ("a b c d", None), ("a--1", None), (7, None)],
)
def test_who_has_a_ticket_needs_no_plate(ticket: object, kept: str | None) -> None:
    submission = taken(said(plate=GONE, ticket=ticket))
    assert isinstance(submission.event, GateEvent)
    assert (submission.event.plate, submission.event.ticket) == ("", kept)
    assert {each.field for each in submission.doubts} == (set() if kept else {"plate", "ticket"})


@pytest.mark.parametrize(
    ("field", "sent", "read_as"),
    [
        # The national code has more colours, cameras have other words, and some send null.
        ("plate_color", "Blue", "blue"),
        ("plate_color", "farm_green", "green"),
        ("plate_color", "farm_yellow", "yellow"),
        ("plate_color", "gradient_green", "green"),
        ("plate_color", "01", "blue"),
        ("plate_color", "94", "green"),
        ("plate_color", 91, "yellow"),
        ("plate_color", "93", "yellow_green"),
        ("plate_color", "农黄", "yellow"),
        ("plate_color", "蓝色", "blue"),
        ("plate_color", "黄绿牌", "yellow_green"),
        ("plate_color", "other", "unknown"),
        ("plate_color", "09", "unknown"),
        ("plate_color", "limegreen", "unknown"),
        ("plate_color", 3, "unknown"),  # black here, white there: each maker numbers them in its own way
        ("plate_color", ["blue"], "unknown"),
        ("vehicle_class", "Small", "small"),
        ("vehicle_class", "bus", "unknown"),
        ("vehicle_class", 1, "unknown"),
        ("confidence", 96, 0.96),
        ("confidence", "0.9", 0.9),
        ("confidence", "97%", 0.97),
        ("confidence", "high", 1.0),
        ("confidence", -1, 1.0),
        ("confidence", 101, 1.0),
        ("replay", "yes", True),
        ("replay", 1, True),
        ("replay", "maybe", False),
        # Minus nine means that there is no number.
        ("remaining_spaces", -9, None),
        ("remaining_spaces", -1, None),
        ("remaining_spaces", "12", 12),
        ("remaining_spaces", 12.0, 12),
        ("remaining_spaces", 1.5, None),
        ("remaining_spaces", 1_000_001, None),
        ("images", "oss://x", ()),
        ("kind", "ENTRY", "entry"),
        ("kind", "出口", "exit"),
        ("event_id", 21085, "21085"),
        ("lane", 7, "7"),
        ("plate", None, ""),
        ("plate", 12345, "12345"),
        ("plate", "鲁A\x0012345", "鲁A12345"),
        ("plate", "鲁" * 33, "鲁" * 32),
        # Letters that look Latin, letters with accents, other digits: all are taken, and made comparable later.
        ("plate", "ΑΒΕ1234", "ΑΒΕ1234"),
        ("plate", "А123ВС77", "А123ВС77"),
        ("plate", "12ب34567", "12ب34567"),
        ("plate", "١٢٣٤٥", "١٢٣٤٥"),
        ("plate", "GÖ AB 123", "GÖ AB 123"),
    ],
)
def test_a_field_in_another_form_is_read_as_far_as_it_can_be(field: str, sent: object, read_as: object) -> None:
    submission = taken(said(**{field: sent}))
    assert getattr(submission.event, field) == read_as
    (doubt,) = submission.doubts
    assert doubt.field == field
    assert doubt.sent == (sent if isinstance(sent, str) else msgspec.json.encode(sent).decode()).replace("\0", "␀")


@pytest.mark.parametrize(
    "field", ["plate_color", "vehicle_class", "confidence", "replay", "images", "remaining_spaces"]
)
def test_null_is_not_given(field: str) -> None:
    submission = taken(said(**{field: None}))
    assert submission.doubts == ()
    assert submission.event == read(said(**{field: GONE}))


def test_a_plate_that_is_missing_was_not_read() -> None:
    submission = taken(said(plate=GONE))
    assert submission.event is not None
    assert submission.event.plate == ""
    assert submission.doubts == (Doubt("plate", ""),)


@pytest.mark.parametrize("sent", [said(plate="鲁A12345"), said(plate="豫A1B2C3")])
def test_a_plate_that_went_through_a_wrong_encoding_is_told_by_its_form(sent: bytes) -> None:
    right = read(sent)
    for mistaken in ("utf-8", "latin-1"):
        wrong = right.plate.encode("gbk").decode(mistaken)
        submission = taken(said(plate=wrong))
        assert submission.event is not None
        assert submission.event.plate == right.plate
        assert submission.doubts == (Doubt("plate", wrong, right.plate),)


@pytest.mark.parametrize("plate", ["ΑΒΕ1234", "А123ВС77", "Ñ12345", "³²¹"])
def test_other_alphabets_are_no_wrong_encoding(plate: str) -> None:
    submission = taken(said(plate=plate))
    assert submission.event is not None
    assert submission.event.plate == plate


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2026-11-16T10:00:00", TEN),  # ten o'clock at the lot
        ("2026-11-16 10:00", TEN),
        ("2026/11/16 10:00:00", TEN),
        ("2026年11月16日10时00分00秒", TEN),
        ("2026-11-16T02:00:00 UTC", TEN),
        ("2026-11-16T10:00:00 +08", TEN),
        ("２０２６-１１-１６ １０:００:００", TEN),
        ("20261116100000", TEN),
        (20261116100000, TEN),
        ("20261116100000250", TEN.replace(microsecond=250_000)),
        (1_794_794_400, TEN),
        ("1794794400", TEN),
        (1_794_794_400_000, TEN),
        (1_794_794_400.5, TEN.replace(microsecond=500_000)),
        ("2026-11-16T09:59:60+08:00", TEN),
        ("2026-11-15T24:00:00+08:00", TEN.replace(day=15, hour=16)),
        ("2026-11-16", NO_TIME),
        ("yesterday", NO_TIME),
        ("2026-02-30T10:00:00+08:00", NO_TIME),
        ("2026-11-16T25:00:00+08:00", NO_TIME),
        ("2026-11-16T10:61:00+08:00", NO_TIME),
        ("0001-01-01 00:00:00 +09:00", NO_TIME),
        ("9999-12-31 24:00:00", NO_TIME),
        (7, NO_TIME),
        (-1, NO_TIME),
        (1e300, NO_TIME),
        (None, NO_TIME),
        (True, NO_TIME),
        ([], NO_TIME),
        (GONE, NO_TIME),
    ],
)
def test_times_as_devices_write_them(sent: object, at: datetime) -> None:
    submission = taken(said(occurred_at=sent))
    assert submission.event is not None
    assert submission.event.occurred_at == at
    (doubt,) = submission.doubts
    assert (doubt.field, doubt.read is None) == ("occurred_at", at == NO_TIME)


def test_a_time_with_an_offset_without_a_colon_is_well_formed() -> None:
    submission = taken(said(occurred_at="2026-11-16 10:00:00+0800"))
    assert submission.event is not None
    assert (submission.event.occurred_at, submission.doubts) == (TEN, ())


def test_a_way_that_cannot_be_read_is_named_as_not_read() -> None:
    assert taken(said(kind=0)).doubts == (Doubt("kind", "0"),)
    assert taken(said(kind="出口")).doubts == (Doubt("kind", "出口", Direction.EXIT),)


def test_fields_that_an_event_does_not_have_are_named() -> None:
    submission = taken(said(park_id="3", deep={"a": [None]}))
    assert submission.event == read(said())
    assert submission.doubts == (Doubt("park_id", "3"), Doubt("deep", '{"a":[null]}'))


def test_doubts_have_a_length() -> None:
    many: dict[str, Any] = {f"{'x' * 100}{n}": "y" * 1000 for n in range(100)}
    doubts = taken(said(**many)).doubts
    assert len(doubts) == DOUBTS_MAX
    assert {len(doubt.sent) for doubt in doubts} == {SENT_CHARACTERS_MAX}


def test_two_ids_that_are_too_long_stay_two() -> None:
    first, second, again = (taken(said(event_id="e" * 70 + end)).event for end in "aba")
    assert first is not None
    assert second is not None
    assert len(first.event_id) == 64
    assert first.event_id != second.event_id
    assert first == again
    broken = taken(said(event_id="a\0b")).event
    assert broken is not None
    assert broken.event_id.startswith("ab~")


@pytest.mark.parametrize(
    ("picture", "field"),
    [
        ({"role": "plate", "ref": ""}, "images[1].ref"),
        ({"role": "plate", "ref": "data:image/png;base64,AAAA"}, "images[1].ref"),
        ({"role": "p" * 33, "ref": "x"}, "images[1].role"),
        ({"role": "plate"}, "images[1].ref"),
        ({"role": "plate", "ref": "x", "body": "AAAA"}, "images[1].body"),
        (7, "images[1]"),
    ],
)
def test_a_picture_that_does_not_fit_is_left_out_and_named(picture: object, field: str) -> None:
    submission = taken(said(images=[{"role": "plate", "ref": "oss://a"}, picture, {"role": "car", "ref": "oss://b"}]))
    assert isinstance(submission.event, GateEvent)
    assert [image.ref for image in submission.event.images] == ["oss://a", "oss://b"]
    assert [doubt.field for doubt in submission.doubts] == [field]


def test_more_pictures_than_are_kept() -> None:
    submission = taken(said(images=[{"role": "plate", "ref": f"oss://{n}"} for n in range(20)]))
    assert isinstance(submission.event, GateEvent)
    assert len(submission.event.images) == 8
    assert [doubt.field for doubt in submission.doubts] == ["images"]
