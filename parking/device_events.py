"""What a device says beside plates: a passage, a barrier, a count, cash, the plates inside; read field by field.

Each comes by the same door as a plate read. Nothing of it is lost: what is not in form is named as a doubt and kept,
and refused is only what says nothing without the field that is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from parking import doubts
from parking.doubts import DOUBTS_MAX, PLATE_CHARACTERS_MAX, Doubt, doubt

ID_CHARACTERS_MAX = 64
PLATES_INSIDE_MAX = 5_000
TEXT_CHARACTERS_MAX = 128
SPACE_KINDS_MAX = 16
# What a booth takes for one car.
CASH_FEN_MAX = 10_000_000


class Kind(StrEnum):
    """What a device says beside plates."""

    PASSAGE = "passage"
    BARRIER = "barrier"
    COUNT = "count"
    CASH = "cash"
    PLATES_INSIDE = "plates_inside"


class Outcome(StrEnum):
    """What became of a vehicle at a lane after it was read. cancelled: it was sent away, or the read withdrawn."""

    PASSED = "passed"
    TURNED_BACK = "turned_back"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What a barrier did."""

    OPENED = "opened"
    CLOSED = "closed"


class By(StrEnum):
    """Who moved a barrier."""

    DEVICE = "device"
    PERSON = "person"


class DeviceEvent(Struct, frozen=True, omit_defaults=True):
    """What a device says; a field that its kind does not have is at its default. `lot`: of which lot of its gateway,
    where no lane says it.

    passage: `outcome` at `lane`, `of` the `event_id` of a read. barrier: `action`, `by` whom (`person`), with its
    `reason` and the `command` that it carries out. count: `free` or `occupied` spaces, `spaces` the free ones by their
    kind. cash: `amount_fen` taken by `person` in a `shift`, `of` a read or for a `plate`. plates_inside: `plates`.
    """

    event_id: str
    kind: Kind
    occurred_at: datetime
    lane: str | None = None
    replay: bool = False
    of: str | None = None
    outcome: Outcome | None = None
    action: Action | None = None
    by: By | None = None
    person: str | None = None
    reason: str | None = None
    command: str | None = None
    free: int | None = None
    occupied: int | None = None
    spaces: dict[str, int] | None = None
    amount_fen: int | None = None
    shift: str | None = None
    plate: str | None = None
    plates: tuple[str, ...] | None = None
    lot: str | None = None


_KINDS = {
    **{kind.replace("_", "").upper(): kind for kind in Kind},
    "过闸": Kind.PASSAGE,
    "道闸": Kind.BARRIER,
    "车位数": Kind.COUNT,
    "现金": Kind.CASH,
    "在场车辆": Kind.PLATES_INSIDE,
}
_OUTCOMES = {
    **dict.fromkeys("PASSED PASS THROUGH 通过 已通过 过闸".split(), Outcome.PASSED),  # noqa: SIM905
    **dict.fromkeys("TURNEDBACK TURNBACK BACK 掉头 倒车 折返 未通过".split(), Outcome.TURNED_BACK),  # noqa: SIM905
    **dict.fromkeys("CANCELLED CANCELED CANCEL 取消".split(), Outcome.CANCELLED),  # noqa: SIM905
}
_ACTIONS = {
    **dict.fromkeys("OPENED OPEN UP 抬杆 开闸 起杆".split(), Action.OPENED),  # noqa: SIM905
    **dict.fromkeys("CLOSED CLOSE DOWN 落杆 关闸".split(), Action.CLOSED),  # noqa: SIM905
}
_BY = {
    **dict.fromkeys("DEVICE AUTO AUTOMATIC 设备 自动".split(), By.DEVICE),  # noqa: SIM905
    **dict.fromkeys("PERSON MANUAL OPERATOR 人工 手动".split(), By.PERSON),  # noqa: SIM905
}


def kind_of(sent: object) -> Kind | None:
    """What a `kind` names that is no way of a lane."""
    return _KINDS.get(doubts.word(sent))


class Unusable(Struct, frozen=True):
    """The field without which what was said says nothing."""

    field: str


def read(
    sent: Mapping[str, Any], kind: Kind, *, event_id: str, lane: str | None, zone: tzinfo, no_time: datetime
) -> tuple[DeviceEvent, tuple[Doubt, ...]] | Unusable:
    """What an object says, with what of it was not in form.

    event_id, lane: of it, as they can be used; `lane` None: it names none. zone: of times that say none. no_time: in
    place of a time that cannot be read.
    """
    named: list[Doubt] = []
    values: dict[str, Any] = {}
    for name in _FIELDS[kind]:
        if (value := sent.get(name)) is not None:
            taken = _READERS[name](value, named)
            if taken is None or (isinstance(value, str | int) and taken != value):
                named.append(doubt(name, value, taken))
            values[name] = taken
    if all(values.get(name) is None for name in _NEEDED[kind]):
        return Unusable(_NEEDED[kind][0])
    if lane is None and kind in (Kind.PASSAGE, Kind.BARRIER):
        return Unusable("lane")
    replay = doubts.read_yes(sent.get("replay"))
    if not isinstance(sent.get("replay"), bool | None):
        named.append(doubt("replay", sent["replay"], replay))
    at = _at(sent.get("occurred_at", ""), zone, named) or no_time
    named += doubts.unknown_fields(sent, frozenset((*_COMMON, *_FIELDS[kind])))
    lot = doubts.read_text(sent.get("lot"), ID_CHARACTERS_MAX)
    if lot != sent.get("lot"):
        named.append(doubt("lot", sent["lot"], lot))
    return DeviceEvent(event_id, kind, at, lane, replay or False, **values, lot=lot), tuple(named[:DOUBTS_MAX])


def _at(sent: object, zone: tzinfo, named: list[Doubt]) -> datetime | None:
    try:
        in_form: datetime = msgspec.convert(sent, Annotated[datetime, Meta(tz=True)])
    except msgspec.ValidationError:
        at = doubts.read_time(sent, zone)
        named.append(doubt("occurred_at", sent, at))
        return at
    return in_form


_COMMON = ("event_id", "kind", "lane", "lot", "occurred_at", "replay")
_FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.PASSAGE: ("outcome", "of"),
    Kind.BARRIER: ("action", "by", "person", "reason", "command"),
    Kind.COUNT: ("free", "occupied", "spaces"),
    Kind.CASH: ("amount_fen", "person", "shift", "of", "plate"),
    Kind.PLATES_INSIDE: ("plates",),
}
# Of each, one has to be there.
_NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.PASSAGE: ("outcome",),
    Kind.BARRIER: ("action",),
    Kind.COUNT: ("free", "occupied"),
    Kind.CASH: ("amount_fen",),
    Kind.PLATES_INSIDE: ("plates",),
}


def _text(sent: object, _: list[Doubt]) -> str | None:
    return doubts.read_text(sent, TEXT_CHARACTERS_MAX)


def _id(sent: object, _: list[Doubt]) -> str | None:
    return doubts.read_id(sent, ID_CHARACTERS_MAX, doubts.digest(sent))


def _plate(sent: object, _: list[Doubt]) -> str | None:
    return doubts.read_plate(sent)


def _spaces(sent: object, _: list[Doubt]) -> int | None:
    return doubts.read_spaces(sent)


def _amount(sent: object, _: list[Doubt]) -> int | None:
    amount = int(sent) if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) < 12 else sent
    return amount if type(amount) is int and 0 < amount <= CASH_FEN_MAX else None


def _of_kinds(sent: object, named: list[Doubt]) -> dict[str, int] | None:
    """Counts by kinds of spaces, as many as are kept."""
    if not isinstance(sent, dict):
        return None
    read = {}
    for name, value in list(sent.items())[:SPACE_KINDS_MAX]:
        count, word = doubts.read_spaces(value), doubts.read_text(name, TEXT_CHARACTERS_MAX)
        if count is None or word is None:
            named.append(doubt(f"spaces.{name}", value))
        else:
            read[word] = count
    return read


def _plates(sent: object, named: list[Doubt]) -> tuple[str, ...] | None:
    if not isinstance(sent, list):
        return None
    plates = []
    for at, each in enumerate(sent[:PLATES_INSIDE_MAX]):
        plate = doubts.read_plate(each)
        if plate:
            plates.append(plate[:PLATE_CHARACTERS_MAX])
        elif len(named) < DOUBTS_MAX:
            named.append(doubt(f"plates[{at}]", each))
    if len(sent) > PLATES_INSIDE_MAX:
        named.insert(0, doubt("plates", f"{len(sent)} of at most {PLATES_INSIDE_MAX}"))
    return tuple(plates)


def _word_of(words: Mapping[str, Any]) -> Callable[[object, list[Doubt]], Any]:
    return lambda sent, _: words.get(doubts.word(sent))


_READERS: dict[str, Callable[[object, list[Doubt]], Any]] = {
    **dict.fromkeys(("person", "reason", "command", "shift"), _text),
    "of": _id,
    **dict.fromkeys(("free", "occupied"), _spaces),
    "outcome": _word_of(_OUTCOMES),
    "action": _word_of(_ACTIONS),
    "by": _word_of(_BY),
    "spaces": _of_kinds,
    "amount_fen": _amount,
    "plate": _plate,
    "plates": _plates,
}


def is_cut(event: DeviceEvent, named: Sequence[Doubt]) -> bool:
    """Whether a list of plates is longer than is taken, so that what is not on it may well be inside."""
    return event.kind is Kind.PLATES_INSIDE and any(each.field == "plates" for each in named)


def content_hash(event: DeviceEvent) -> bytes:
    """16 bytes over all that is said but `replay`, as of a plate read."""
    content = msgspec.to_builtins(event)
    content.pop("replay", None)
    content["occurred_at"] = event.occurred_at.timestamp()
    return blake2b(msgspec.msgpack.encode(sorted(content.items())), digest_size=16).digest()
