"""A gate event as a gateway sends it: read strictly, each event of a request on its own."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass
from payments.errors import OneLotError
from payments.shapes import misfit

T = TypeVar("T")
BATCH_EVENTS_MAX = 500
BODY_BYTES_MAX = 1 << 20
PAYLOAD_KEPT_BYTES_MAX = 8 << 10
# Of one gateway and day (UTC); what comes after them is counted.
REFUSED_KEPT_PER_DAY = 1_000

# No control characters: PostgreSQL has no NUL in text, and a plate with a line break is a broken sender.
_CLEAN = r"^[^\x00-\x1f\x7f]*$"
# GBK of 鲁 and 豫, read as UTF-8, gives letters of these ranges: a plate of Shandong would pass for another text. The
# middle dot (B7) that some cameras put into plates is the one character of them that belongs there.
_PLATE = r"^[^\x00-\x1f\x7f-\xb6\xb8-\u07ff]*$"


class Refusal(StrEnum):
    """Why an event is refused."""

    NOT_JSON = "not_json"
    MALFORMED = "malformed"
    TOO_MANY_EVENTS = "too_many_events"
    BODY_TOO_LARGE = "body_too_large"
    UNKNOWN_LANE = "unknown_lane"
    LANE_NOT_YOURS = "lane_not_yours"
    EVENT_ID_CONFLICT = "event_id_conflict"


class Image(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture by reference: pictures themselves never travel with an event."""

    role: Annotated[str, Meta(min_length=1, max_length=32, pattern=_CLEAN)]
    ref: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^(?![dD][aA][tT][aA]:)[^\x00-\x1f\x7f]*$")]


class GateEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle at a lane, as its gateway reports it."""

    event_id: Annotated[str, Meta(min_length=1, max_length=64, pattern=_CLEAN)]
    kind: Direction
    lane: Annotated[str, Meta(min_length=1, max_length=64, pattern=_CLEAN)]
    occurred_at: Annotated[datetime, Meta(tz=True)]
    plate: Annotated[str, Meta(max_length=32, pattern=_PLATE)]
    plate_color: PlateColor = PlateColor.UNKNOWN
    vehicle_class: VehicleClass = VehicleClass.UNKNOWN
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0
    replay: bool = False
    images: Annotated[tuple[Image, ...], Meta(max_length=8)] = ()
    remaining_spaces: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class EventRejected(OneLotError):
    """An event that cannot be taken as it is. `field` is the path of what does not fit."""

    def __init__(
        self, sentence: str, *, reason: Refusal, field: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(sentence, reason=reason, field=field, event_id=event_id)
        self.reason = reason
        self.field = field
        self.event_id = event_id


class TooManyEvents(OneLotError):
    """An array holds more than BATCH_EVENTS_MAX events."""


_event_decoder = msgspec.json.Decoder(GateEvent)
_events_decoder = msgspec.json.Decoder(tuple[GateEvent, ...])
_raws_decoder = msgspec.json.Decoder(list[msgspec.Raw])
# Text in another encoding (gateways that speak GBK) and brackets without end are errors of their own to the decoder.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Submission(Struct, frozen=True):
    """One event of a request as it came: read, or refused with the bytes that were refused."""

    event: GateEvent | None
    refused: EventRejected | None = None
    raw: bytes = b""


def read(body: bytes) -> tuple[bool, Sequence[Submission]]:
    """Whether the body holds a single event, and its events in order; a malformed one does not touch the others.

    Raises:
        EventRejected: the body is not JSON, or neither an object nor an array.
        TooManyEvents: the array is too long (or empty arrays are fine: they hold nothing to do).
    """
    if body.lstrip()[:1] != b"[":
        return True, (_submission(body),)
    try:
        return False, _few([Submission(event) for event in _events_decoder.decode(body)])
    except _UNREADABLE:
        pass  # one of them is malformed: then each is read on its own
    try:
        raws = _raws_decoder.decode(body)
    except _UNREADABLE as e:
        raise _malformed(e) from None
    return False, [_submission(bytes(raw)) for raw in _few(raws)]


def _few(events: list[T]) -> list[T]:
    if len(events) > BATCH_EVENTS_MAX:
        raise TooManyEvents(
            f"An array holds at most {BATCH_EVENTS_MAX} events, this one {len(events)}: send them in parts.",
            batch_events_max=BATCH_EVENTS_MAX,
            events=len(events),
            field="body",
        )
    return events


def _submission(raw: bytes) -> Submission:
    try:
        return Submission(_event_decoder.decode(raw))
    except msgspec.ValidationError as e:
        wrong = misfit(e)
        sentence = "The text holds characters that are not allowed here" if wrong.is_form else wrong.sentence
        refused = EventRejected(
            f"{sentence}.", reason=Refusal.MALFORMED, field=wrong.name or "body", event_id=_event_id(raw)
        )
        return Submission(None, refused, raw)
    except _UNREADABLE as e:
        return Submission(None, _malformed(e), raw)


def _malformed(e: Exception) -> EventRejected:
    return EventRejected(f"The body is not JSON: {e}.", reason=Refusal.NOT_JSON, field="body")


class _OnlyId(Struct):
    event_id: Annotated[str, Meta(max_length=64, pattern=_CLEAN)] | None = None


def _event_id(raw: bytes) -> str | None:
    """The id of an event that is malformed otherwise, so that the answer can name it."""
    try:
        return msgspec.json.decode(raw, type=_OnlyId).event_id
    except _UNREADABLE:
        return None


def content_hash(event: GateEvent) -> bytes:
    """16 bytes over all an event says but `replay`: sent live, lost, and replayed, it is the same event."""
    content = (
        event.kind,
        event.lane,
        event.occurred_at.timestamp(),
        event.plate,
        event.plate_color,
        event.vehicle_class,
        event.confidence,
        event.images,
        event.remaining_spaces,
    )
    return blake2b(msgspec.msgpack.encode(content), digest_size=16).digest()
