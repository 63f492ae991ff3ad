"""A gate event as a gateway sends it: each event of a request on its own.

One that is well-formed is decoded in one go. Another is read gently, field by field (`doubts`): the fact is kept with
what could be read. Refused is only what says of no car where it passed: no object, no id, no lane, no kind.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from parking import doubts
from parking.doubts import DOUBTS_MAX, PLATE_CHARACTERS_MAX, REPORTED_SPACES_MAX, Doubt, doubt
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
ID_CHARACTERS_MAX = 64
LANE_CHARACTERS_MAX = 64
IMAGES_MAX = 8
# What a device says that has lost its clock, and what is kept of a time that cannot be read.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)

# No control characters: PostgreSQL has no NUL in text, and a plate with a line break is a broken sender.
_CLEAN = r"^[^\x00-\x1f\x7f]*$"
# GBK of 鲁 and 豫, read as UTF-8, gives letters of these ranges, which is looked into (`doubts.read_plate`): a plate of
# Shandong would pass for another text. The middle dot (B7) that some cameras put into plates is the one character of
# them that belongs there.
_PLATE = r"^[^\x00-\x1f\x7f-\xb6\xb8-\u07ff]*$"


class Refusal(StrEnum):
    """Why an event is refused."""

    NOT_JSON = "not_json"
    MALFORMED = "malformed"
    TOO_MANY_EVENTS = "too_many_events"
    BODY_TOO_LARGE = "body_too_large"
    UNKNOWN_LANE = "unknown_lane"
    LANE_NOT_YOURS = "lane_not_yours"


class Image(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture by reference: pictures themselves never travel with an event."""

    role: Annotated[str, Meta(min_length=1, max_length=32, pattern=_CLEAN)]
    ref: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^(?![dD][aA][tT][aA]:)[^\x00-\x1f\x7f]*$")]


class GateEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle at a lane, as its gateway reports it."""

    event_id: Annotated[str, Meta(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=_CLEAN)]
    kind: Direction
    lane: Annotated[str, Meta(min_length=1, max_length=LANE_CHARACTERS_MAX, pattern=_CLEAN)]
    occurred_at: Annotated[datetime, Meta(tz=True)]
    plate: Annotated[str, Meta(max_length=PLATE_CHARACTERS_MAX, pattern=_PLATE)]
    plate_color: PlateColor = PlateColor.UNKNOWN
    vehicle_class: VehicleClass = VehicleClass.UNKNOWN
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0
    replay: bool = False
    images: Annotated[tuple[Image, ...], Meta(max_length=IMAGES_MAX)] = ()
    remaining_spaces: Annotated[int, Meta(ge=0, le=REPORTED_SPACES_MAX)] | None = None


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
    """One event of a request as it came: read, with its doubts, or refused with the bytes that were refused.

    lane, replay: what an event that was refused says of them all the same.
    """

    event: GateEvent | None
    refused: EventRejected | None = None
    raw: bytes = b""
    doubts: tuple[Doubt, ...] = ()
    lane: str | None = None
    replay: bool = False


def read(body: bytes, zone: tzinfo) -> tuple[bool, Sequence[Submission]]:
    """Whether the body holds a single event, and its events in order; a malformed one does not touch the others.

    zone: of times that say none.

    Raises:
        EventRejected: the body is not JSON, or neither an object nor an array.
        TooManyEvents: the array is too long (or empty arrays are fine: they hold nothing to do).
    """
    if body.lstrip()[:1] != b"[":
        return True, (_submission(body, zone),)
    try:
        return False, _few([Submission(event) for event in _events_decoder.decode(body)])
    except _UNREADABLE:
        pass  # one of them is malformed: then each is read on its own
    try:
        raws = _raws_decoder.decode(body)
    except _UNREADABLE as e:
        raise _malformed(e) from None
    return False, [_submission(bytes(raw), zone) for raw in _few(raws)]


def _few(events: list[T]) -> list[T]:
    if len(events) > BATCH_EVENTS_MAX:
        raise TooManyEvents(
            f"An array holds at most {BATCH_EVENTS_MAX} events, this one {len(events)}: send them in parts.",
            batch_events_max=BATCH_EVENTS_MAX,
            events=len(events),
            field="body",
        )
    return events


def _submission(raw: bytes, zone: tzinfo) -> Submission:
    try:
        return Submission(_event_decoder.decode(raw))
    except msgspec.ValidationError as e:
        try:
            return _gently(raw, zone, e)
        except _UNREADABLE as unreadable:
            return Submission(None, _malformed(unreadable), raw)
    except _UNREADABLE as e:
        return Submission(None, _malformed(e), raw)


def _malformed(e: Exception) -> EventRejected:
    return EventRejected(f"The body is not JSON: {e}.", reason=Refusal.NOT_JSON, field="body")


# -- read gently

_FIELDS = {field.name: field for field in msgspec.structs.fields(GateEvent)}
_NAMES = frozenset(_FIELDS)


def _gently(raw: bytes, zone: tzinfo, why: msgspec.ValidationError) -> Submission:
    """An event that is not well-formed, read field by field.

    Raises:
        One of _UNREADABLE: it holds what no decoder takes, like numbers beyond all bounds.
    """
    sent = msgspec.json.decode(raw)
    if not isinstance(sent, dict):
        return Submission(None, _refusal(why, None), raw)
    event_id = doubts.read_id(sent.get("event_id"), ID_CHARACTERS_MAX, _digest(sent.get("event_id")))
    lane: str | None = str(sent.get("lane")) if isinstance(sent.get("lane"), str | int) else None
    lane = lane if _fits("lane", lane) else None
    has_kind = sent.get("kind") not in (None, "")
    if event_id is None or not has_kind or lane is None:
        refused = _absent("event_id" if event_id is None else "lane" if has_kind else "kind", event_id)
        return Submission(None, refused, raw, lane=lane, replay=doubts.read_yes(sent.get("replay")) or False)
    named: list[Doubt] = []
    values = {name: _value(name, sent, zone, named) for name in _FIELDS if name not in ("event_id", "lane")}
    named += [
        doubt(name, sent[name], kept) for name, kept in (("event_id", event_id), ("lane", lane)) if kept != sent[name]
    ]
    named += doubts.unknown_fields(sent, _NAMES)
    # Fields at their default are left out, as they are when a well-formed event does not say them.
    event = GateEvent(
        event_id=event_id, lane=lane, **{name: value for name, value in values.items() if value is not None}
    )
    return Submission(event, None, raw, tuple(named[:DOUBTS_MAX]))


def _value(name: str, sent: dict[str, Any], zone: tzinfo, named: list[Doubt]) -> Any:
    """The value of a field, or None for its default; what does not fit is named."""
    value = sent.get(name)
    if value is None and not _FIELDS[name].required:
        return None
    if _fits(name, value):
        return msgspec.convert(value, _FIELDS[name].type)
    if name == "images":
        return _images(value, named)
    read = _READERS[name](value) if name != "occurred_at" else doubts.read_time(value, zone)
    named.append(doubt(name, value if name in sent else "", read))
    return _UNREAD.get(name) if read is None else read


_READERS = {
    "kind": doubts.read_kind,
    "plate": doubts.read_plate,
    "plate_color": doubts.read_color,
    "vehicle_class": doubts.read_class,
    "confidence": doubts.read_confidence,
    "replay": doubts.read_yes,
    "remaining_spaces": doubts.read_spaces,
}
# In place of what has no default. A kind that cannot be read is that of its lane: see `passings.accept`.
_UNREAD = {"kind": Direction.ENTRY, "occurred_at": NO_TIME, "plate": ""}


def _images(value: Any, named: list[Doubt]) -> tuple[Image, ...]:
    """The pictures that fit, as many as are kept."""
    if not isinstance(value, list):
        named.append(doubt("images", value))
        return ()
    fitting = []
    for at, each in enumerate(value):
        try:
            fitting.append(msgspec.convert(each, Image))
        except msgspec.ValidationError as e:
            wrong = misfit(e).name
            named.append(doubt(f"images[{at}]{wrong and '.'}{wrong}", each))
        if len(named) >= DOUBTS_MAX or len(fitting) > IMAGES_MAX:
            break
    if len(fitting) > IMAGES_MAX:
        named.append(doubt("images", f"more than {IMAGES_MAX}"))
    return tuple(fitting[:IMAGES_MAX])


def _fits(name: str, value: Any) -> bool:
    try:
        msgspec.convert(value, _FIELDS[name].type)
    except msgspec.ValidationError:
        return False
    return True


def _digest(value: object) -> str:
    return blake2b(str(value).encode(errors="replace"), digest_size=16).hexdigest()


def _absent(name: str, event_id: str | None) -> EventRejected:
    return EventRejected(
        f"The event has no `{name}` that can be used.", reason=Refusal.MALFORMED, field=name, event_id=event_id
    )


def _refusal(e: msgspec.ValidationError, event_id: str | None) -> EventRejected:
    wrong = misfit(e)
    return EventRejected(f"{wrong.sentence}.", reason=Refusal.MALFORMED, field=wrong.name or "body", event_id=event_id)


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
