"""What a gate says and what it is told: the event as a gateway sends it, read strictly, and the answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, structs

from parking import plates
from parking.lots import Direction, Gateway, Lane
from parking.plates import PlateColor, PlateForm, VehicleClass
from payments.errors import OneLotError
from payments.money import yuan

T = TypeVar("T")
BATCH_EVENTS_MAX = 500
BODY_BYTES_MAX = 1 << 20
PAYLOAD_KEPT_BYTES_MAX = 8 << 10
CLOCK_AHEAD_MAX = timedelta(minutes=2)
# Repeats are recognised for 40 days and replays taken for 35: a gateway may hand in a month that it was cut off.
REPLAY_AGE_MAX = timedelta(days=35)
# A live event stands for a car at the gate; one that is a day old comes from a clock that is off.
LIVE_AGE_MAX = timedelta(days=1)
REPEATS_KEPT = timedelta(days=40)
CONFIDENCE_MIN = 0.6

# No control characters: PostgreSQL has no NUL in text, and a plate with a line break is a broken sender.
_CLEAN = r"^[^\x00-\x1f\x7f]*$"
# GBK of 鲁 and 豫, read as UTF-8, gives letters of these ranges: a plate of Shandong would pass for another text. The
# middle dot (B7) that some cameras put into plates is the one character of them that belongs there.
_PLATE = r"^[^\x00-\x1f\x7f-\xb6\xb8-\u07ff]*$"
_YEAR_MIN, _YEAR_MAX = 1970, 2100


class Status(StrEnum):
    """What became of an event."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    REVIEW = "review"
    REJECTED = "rejected"


class Command(StrEnum):
    """What the barrier does."""

    OPEN = "open"
    HOLD = "hold"
    NONE = "none"


class Payment(StrEnum):
    """How a fee is paid."""

    NOT_NEEDED = "not_needed"
    WILL_BE_CHARGED = "will_be_charged"
    PAY_AT_GATE = "pay_at_gate"


class Reason(StrEnum):
    """Why a person should look at an event. The impossible orders come last and weigh most."""

    UNKNOWN_PLATE_FORM = "unknown_plate_form"
    LOW_CONFIDENCE = "low_confidence"
    LONG_STAY = "long_stay"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    NO_PLATE = "no_plate"
    KIND_CONTRADICTS_LANE = "kind_contradicts_lane"
    ENTRY_WHILE_INSIDE = "entry_while_inside"
    ENTRY_OUT_OF_ORDER = "entry_out_of_order"
    ENTRY_DURING_STAY = "entry_during_stay"
    EXIT_WITHOUT_ENTRY = "exit_without_entry"
    EXIT_DURING_STAY = "exit_during_stay"
    COULD_NOT_APPLY = "could_not_apply"


class Image(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture by reference: pictures themselves never travel with an event."""

    role: Annotated[str, Meta(min_length=1, max_length=32, pattern=_CLEAN)]
    ref: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^(?![dD][aA][tT][aA]:)[^\x00-\x1f\x7f]*$")]


class GateEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle passes a lane, as its gateway tells it."""

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


class Passage(Struct, frozen=True):
    """An event the service has taken: whose lane it was, when the rules say it happened, and what is odd about it."""

    id: UUID
    lot_id: int
    gateway_id: int
    lane_id: int
    direction: Direction
    event: GateEvent
    plate: str
    plate_color: PlateColor
    occurred_at: datetime
    received_at: datetime
    effective_at: datetime
    content_hash: bytes
    doubt: Reason | None
    applies: bool


class Display(Struct, frozen=True):
    """The short text for the lane's screen."""

    zh: str
    en: str


class Answer(Struct, frozen=True, omit_defaults=True):
    """What the gateway is told of one event.

    `charge_id` is what a driver pays at the gate by; `reason` says why an event is in review or was rejected.
    """

    event_id: str | None
    status: Status
    gate: Command
    stay_id: UUID | None = None
    fee_fen: int | None = None
    payment: Payment | None = None
    charge_id: UUID | None = None
    display: Display | None = None
    reason: str | None = None
    field: str | None = None
    detail: str | None = None
    code: int | None = None


class EventRejected(OneLotError):
    """An event that cannot be taken as it is: malformed, from an unknown lane, or the same id with other content.

    `code` is the HTTP status it would have alone, `field` the path of what does not fit.
    """

    def __init__(
        self, sentence: str, *, reason: str, code: int, field: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(sentence, reason=reason, field=field, event_id=event_id)
        self.reason = reason
        self.code = code
        self.field = field
        self.event_id = event_id

    def answer(self) -> Answer:
        """The line of this event in the answer to an array."""
        return Answer(
            event_id=self.event_id,
            status=Status.REJECTED,
            gate=Command.NONE,
            reason=self.reason,
            field=self.field,
            detail=self.sentence,
            code=self.code,
        )


class TooManyEvents(OneLotError):
    """An array holds more than BATCH_EVENTS_MAX events."""


_event_decoder = msgspec.json.Decoder(GateEvent)
_events_decoder = msgspec.json.Decoder(tuple[GateEvent, ...])
_raws_decoder = msgspec.json.Decoder(list[msgspec.Raw])
# Text in another encoding (gateways that speak GBK) and brackets without end are errors of their own to the decoder.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Parcel(Struct, frozen=True):
    """One event of a request as it came: read, or refused with the bytes that were refused."""

    event: GateEvent | None
    refused: EventRejected | None = None
    raw: bytes = b""


def read(body: bytes) -> tuple[bool, Sequence[Parcel]]:
    """Whether the body holds a single event, and its events in order; a malformed one does not touch the others.

    Raises:
        EventRejected: the body is not JSON, or neither an object nor an array.
        TooManyEvents: the array is too long (or empty arrays are fine: they hold nothing to do).
    """
    if body.lstrip()[:1] != b"[":
        return True, (_parcel(body),)
    try:
        return False, _few([Parcel(event) for event in _events_decoder.decode(body)])
    except _UNREADABLE:
        pass  # one of them is malformed: then each is read on its own
    try:
        raws = _raws_decoder.decode(body)
    except _UNREADABLE as e:
        raise _malformed(e) from None
    return False, [_parcel(bytes(raw)) for raw in _few(raws)]


def _few(events: list[T]) -> list[T]:
    if len(events) > BATCH_EVENTS_MAX:
        raise TooManyEvents(
            f"An array holds at most {BATCH_EVENTS_MAX} events, this one {len(events)}: send them in parts.",
            batch_events_max=BATCH_EVENTS_MAX,
            events=len(events),
            field="body",
        )
    return events


def _parcel(raw: bytes) -> Parcel:
    try:
        return Parcel(_event_decoder.decode(raw))
    except msgspec.ValidationError as e:
        sentence, _, path = str(e).partition(" - at `$")
        # Unknown or missing fields are named in the sentence, not in the path.
        named = sentence.rsplit("`", 2)[1] if path == "" and sentence.count("`") >= 2 and "field" in sentence else None
        field = path.rstrip("`").lstrip(".") or named or "body"
        if "matching regex" in sentence:
            sentence = "The text holds characters that are not allowed here"
        refused = EventRejected(f"{sentence}.", reason="malformed", code=400, field=field, event_id=_event_id(raw))
        return Parcel(None, refused, raw)
    except _UNREADABLE as e:
        return Parcel(None, _malformed(e), raw)


def _malformed(e: Exception) -> EventRejected:
    return EventRejected(f"The body is not JSON: {e}.", reason="not_json", code=400, field="body")


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


def accept(event: GateEvent, *, lane: Lane | None, gateway: Gateway, received_at: datetime, id: UUID) -> Passage:  # noqa: A002
    """An event as a passage of a known lane, its time settled and its oddities named.

    A live event stands for a car at the gate now: if the device's clock is off, the time of receipt is the better one.
    A replayed event with an impossible time says nothing about when, so it is kept and not applied.

    Raises:
        EventRejected: the lane is unknown (422) or not this gateway's (403), or the time is no time (400).
    """
    if lane is None:
        raise EventRejected(
            f"No lane has the code {event.lane!r}.",
            reason="unknown_lane",
            code=422,
            field="lane",
            event_id=event.event_id,
        )
    if lane.gateway_id != gateway.id:
        raise EventRejected(
            "This lane belongs to another gateway.",
            reason="lane_not_yours",
            code=403,
            field="lane",
            event_id=event.event_id,
        )
    if not _YEAR_MIN <= event.occurred_at.year <= _YEAR_MAX:
        raise EventRejected(
            f"occurred_at lies outside {_YEAR_MIN}–{_YEAR_MAX}.",
            reason="malformed",
            code=400,
            field="occurred_at",
            event_id=event.event_id,
        )
    occurred_at = event.occurred_at.astimezone(UTC)
    clock = _clock_doubt(occurred_at, received_at, replay=event.replay)
    plate = plates.normalise(event.plate)
    doubt = _doubt(event, lane, plate, clock)
    return Passage(
        id=id,
        lot_id=lane.lot_id,
        gateway_id=gateway.id,
        lane_id=lane.id,
        direction=lane.direction,
        event=event,
        plate=plate,
        plate_color=plates.settle_color(plate, event.plate_color),
        occurred_at=occurred_at,
        received_at=received_at,
        effective_at=occurred_at if clock is None or event.replay else received_at,
        content_hash=content_hash(event),
        doubt=doubt,
        applies=doubt not in (Reason.KIND_CONTRADICTS_LANE, Reason.NO_PLATE) and not (clock and event.replay),
    )


def unapplied(passage: Passage) -> Passage:
    """The passage as a bare fact: recorded and reviewed, without touching any stay."""
    return structs.replace(passage, doubt=Reason.COULD_NOT_APPLY, applies=False)


def _clock_doubt(occurred_at: datetime, received_at: datetime, *, replay: bool) -> Reason | None:
    if occurred_at > received_at + CLOCK_AHEAD_MAX:
        return Reason.CLOCK_AHEAD
    if occurred_at < received_at - (REPLAY_AGE_MAX if replay else LIVE_AGE_MAX):
        return Reason.CLOCK_BEHIND
    return None


def _doubt(event: GateEvent, lane: Lane, plate: str, clock: Reason | None) -> Reason | None:
    if event.kind is not lane.direction:
        return Reason.KIND_CONTRADICTS_LANE
    if not plate:
        return Reason.NO_PLATE
    if clock is not None:
        return clock
    if event.confidence < CONFIDENCE_MIN:
        return Reason.LOW_CONFIDENCE
    if plates.form(plate) is PlateForm.UNKNOWN:
        return Reason.UNKNOWN_PLATE_FORM
    return None


def display(direction: Direction, gate: Command, fee_fen: int | None, payment: Payment | None) -> Display:
    """The lane's text: short enough for two lines of an LED screen, and without the plate."""
    if direction is Direction.ENTRY:
        return (
            Display("欢迎光临", "Welcome")
            if gate is not Command.HOLD
            else Display("请联系值守", "Please call for help")
        )
    if fee_fen is None:
        return Display("请联系值守", "Please call for help") if gate is Command.HOLD else Display("一路平安", "Goodbye")
    if fee_fen == 0 or payment is Payment.NOT_NEEDED:
        return Display("免费 一路平安", "Free, goodbye")
    price = yuan(fee_fen)
    if payment is Payment.WILL_BE_CHARGED:
        return Display(f"{price}元 自动扣费", f"¥{price} charged to your account")
    if gate is Command.OPEN:
        return Display(f"{price}元 已支付", f"¥{price} paid, goodbye")
    return Display(f"请付{price}元", f"Please pay ¥{price}")
