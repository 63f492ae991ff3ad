"""A gate event as a gateway sends it: each event of a request on its own.

One that is well-formed is decoded in one go. Another is read gently, field by field (`doubts`): the fact is kept with
what could be read. Refused is only what says of no car where it passed: no object, no id, no lane, no kind.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from parking import device_events, doubts
from parking.device_events import ID_CHARACTERS_MAX, DeviceEvent, Unusable
from parking.doubts import DOUBTS_MAX, PLATE_CHARACTERS_MAX, REPORTED_SPACES_MAX, Doubt, doubt
from parking.lots import Direction
from parking.plates import TICKET_CHARACTERS_MAX, PlateColor, VehicleClass
from payments.errors import OneLotError
from payments.shapes import misfit

BATCH_EVENTS_MAX = 500
BODY_BYTES_MAX = 1 << 20
PAYLOAD_KEPT_BYTES_MAX = 8 << 10
# Of one gateway and day (UTC); what comes after them is counted.
REFUSED_KEPT_PER_DAY = 1_000
LANE_CHARACTERS_MAX = 64
IMAGES_MAX = 8
COUPONS_MAX = 4
COUPON_CHARACTERS_MAX = 32
# What a device says that has lost its clock, and what is kept of a time that cannot be read.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)

# No control characters: PostgreSQL has no NUL in text, and a plate with a line break is a broken sender.
_CLEAN = r"^[^\x00-\x1f\x7f]*$"
# GBK of 鲁 and 豫, read as UTF-8, gives letters of these ranges, which is looked into (`doubts.read_plate`): a plate of
# Shandong would pass for another text. The middle dot (B7) that some cameras put into plates is the one character of
# them that belongs there.
_PLATE = r"^[^\x00-\x1f\x7f-\xb6\xb8-\u07ff]*$"


CouponCode = Annotated[str, Meta(min_length=1, max_length=COUPON_CHARACTERS_MAX, pattern=_CLEAN)]


# Of who comes without a plate. Hyphens are for people: there are four letters and digits beside them.
Ticket = Annotated[
    str, Meta(min_length=4, max_length=TICKET_CHARACTERS_MAX, pattern=r"^[0-9A-Za-z](-*[0-9A-Za-z]){3,}$(?!\n)")
]


# A word that prices use.
Method = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z0-9_]+$(?!\n)")]


class Refusal(StrEnum):
    """Why an event is refused."""

    NOT_JSON = "not_json"
    MALFORMED = "malformed"
    TOO_MANY_EVENTS = "too_many_events"
    BODY_TOO_LARGE = "body_too_large"
    UNKNOWN_LANE = "unknown_lane"
    LANE_NOT_YOURS = "lane_not_yours"
    LOT_NOT_YOURS = "lot_not_yours"


class Image(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture by reference: pictures themselves never travel with an event."""

    role: Annotated[str, Meta(min_length=1, max_length=32, pattern=_CLEAN)]
    ref: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^(?![dD][aA][tT][aA]:)[^\x00-\x1f\x7f]*$")]


class GateEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle at a lane, as its gateway reports it. `ticket`: what it goes by in place of its plate. `lot`: that of
    the lane, which says so by itself.
    """

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
    coupons: Annotated[tuple[CouponCode, ...], Meta(max_length=COUPONS_MAX)] = ()
    paid_by: Method | None = None
    ticket: Ticket | None = None
    lot: Annotated[str, Meta(max_length=LANE_CHARACTERS_MAX, pattern=_CLEAN)] | None = None


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
_raws_decoder = msgspec.json.Decoder(list[msgspec.Raw])
# Text in another encoding (gateways that speak GBK) and brackets without end are errors of their own to the decoder.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Submission(Struct, frozen=True):
    """One event of a request as it came: read, with its doubts, or refused with the bytes that were refused.

    lane, replay: what an event that was refused says of them all the same. `way_of_lane`: its kind is that of its lane.
    """

    event: GateEvent | DeviceEvent | None
    refused: EventRejected | None = None
    raw: bytes = b""
    doubts: tuple[Doubt, ...] = ()
    lane: str | None = None
    replay: bool = False
    way_of_lane: bool = False


class Sent(Struct, frozen=True):
    """The events of a body as they came, in order, none of them read yet. `alone`: it is one and no array."""

    alone: bool
    raws: Sequence[bytes | msgspec.Raw]


class Glance(Struct, frozen=True):
    """What tells of an event whether a car may wait for its answer, as it was sent."""

    replay: Any = False
    occurred_at: Any = None


_glance_decoder = msgspec.json.Decoder(Glance)


def part(body: bytes) -> Sent:
    """The events of a body, of which a malformed one does not touch the others.

    Raises:
        EventRejected: it is an array and not JSON.
        TooManyEvents: the array is too long (empty arrays are fine: they hold nothing to do).
    """
    if body.lstrip()[:1] != b"[":
        return Sent(True, (body,))
    try:
        raws = _raws_decoder.decode(body)
    except _UNREADABLE as e:
        raise _malformed(e) from None
    if len(raws) > BATCH_EVENTS_MAX:
        raise TooManyEvents(
            f"An array holds at most {BATCH_EVENTS_MAX} events, this one {len(raws)}: send them in parts.",
            batch_events_max=BATCH_EVENTS_MAX,
            events=len(raws),
            field="body",
        )
    return Sent(False, raws)


def said_live(raw: bytes | msgspec.Raw, zone: tzinfo) -> datetime | None:
    """When an event says that it happened, unless it is a replay: a look that costs little beside reading it."""
    try:
        glance = _glance_decoder.decode(raw)
    except _UNREADABLE:
        return None
    return None if doubts.read_yes(glance.replay) else doubts.read_time(glance.occurred_at, zone)


def read(sent: bytes | msgspec.Raw, zone: tzinfo) -> Submission:
    """An event as it came, read or refused. zone: of times that say none."""
    raw = bytes(sent)
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
    if (kind := device_events.kind_of(sent.get("kind"))) is not None:
        return _of_device(sent, kind, raw, zone)
    if not (way_of_lane := doubts.word(sent.get("kind")) == "READ"):
        return _of_vehicle(sent, raw, zone)
    sent["kind"] = Direction.ENTRY
    try:
        return Submission(msgspec.convert(sent, GateEvent), way_of_lane=way_of_lane)
    except msgspec.ValidationError:
        return structs.replace(_of_vehicle(sent, raw, zone), way_of_lane=way_of_lane)


def _of_vehicle(sent: dict[str, Any], raw: bytes, zone: tzinfo) -> Submission:
    event_id, lane = _id(sent), _lane(sent)
    has_kind = sent.get("kind") not in (None, "")
    if event_id is None or not has_kind or lane is None:
        refused = _absent("event_id" if event_id is None else "lane" if has_kind else "kind", event_id)
        return Submission(None, refused, raw, lane=lane, replay=doubts.read_yes(sent.get("replay")) or False)
    if sent.get("ticket") is not None and _fits("ticket", sent["ticket"]):
        # Who has a ticket may well have no plate: nothing is missing.
        sent["plate"] = "" if sent.get("plate") is None else sent["plate"]
    named: list[Doubt] = []
    values = {name: _value(name, sent, zone, named) for name in _FIELDS if name not in ("event_id", "lane")}
    named += _as_kept(sent, event_id, lane)
    named += doubts.unknown_fields(sent, _NAMES)
    # Fields at their default are left out, as they are when a well-formed event does not say them.
    event = GateEvent(
        event_id=event_id, lane=lane, **{name: value for name, value in values.items() if value is not None}
    )
    return Submission(event, None, raw, tuple(named[:DOUBTS_MAX]))


def _of_device(sent: dict[str, Any], kind: device_events.Kind, raw: bytes, zone: tzinfo) -> Submission:
    """What is no plate read. Nobody waits for its answer: whatever it is, no barrier moves for it."""
    event_id, lane = _id(sent), _lane(sent)
    if event_id is None:
        return Submission(None, _absent("event_id", None), raw, lane=lane, replay=True)
    read = device_events.read(sent, kind, event_id=event_id, lane=lane, zone=zone, no_time=NO_TIME)
    if isinstance(read, Unusable):
        return Submission(None, _absent(read.field, event_id), raw, lane=lane, replay=True)
    event, named = read
    return Submission(event, None, raw, (*named, *_as_kept(sent, event_id, lane))[:DOUBTS_MAX])


def _id(sent: dict[str, Any]) -> str | None:
    return doubts.read_id(sent.get("event_id"), ID_CHARACTERS_MAX, doubts.digest(sent.get("event_id")))


def _lane(sent: dict[str, Any]) -> str | None:
    lane = str(sent["lane"]) if isinstance(sent.get("lane"), str | int) else None
    return lane if _fits("lane", lane) else None


def _as_kept(sent: dict[str, Any], event_id: str, lane: str | None) -> list[Doubt]:
    kept = (("event_id", event_id), ("lane", lane))
    return [doubt(name, sent[name], value) for name, value in kept if sent.get(name) not in (None, value)]


def _value(name: str, sent: dict[str, Any], zone: tzinfo, named: list[Doubt]) -> Any:
    """The value of a field, or None for its default; what does not fit is named."""
    value = sent.get(name)
    if value is None and not _FIELDS[name].required:
        return None
    if _fits(name, value):
        return msgspec.convert(value, _FIELDS[name].type)
    if name == "images":
        return _images(value, named)
    if name in _LEFT_OUT:
        named.append(doubt(name, value))
        return _LEFT_OUT[name]
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
# What is not in form is left out.
_LEFT_OUT: dict[str, Any] = {"coupons": (), "paid_by": None, "ticket": None, "lot": None}
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
        # An event without any is what it was before there were coupons.
        *((event.coupons,) if event.coupons else ()),
        *((event.paid_by,) if event.paid_by is not None else ()),
        *((("ticket", event.ticket),) if event.ticket is not None else ()),
    )
    return blake2b(msgspec.msgpack.encode(content), digest_size=16).digest()
