"""What a gateway sent in another form than ours, read as far as it can be. Each doubt names a field and what was sent.

Behind every event is a car, so nothing here refuses: each reader returns the value, or None where there is none to be
read. What is meant is never guessed from the rest of the event.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from hashlib import blake2b

import msgspec
from msgspec import Struct

from parking import plates
from parking.lots import Direction
from parking.plates import PlateColor, PlateForm, VehicleClass

# Of one event; what is beyond them is not named.
DOUBTS_MAX = 16
FIELD_CHARACTERS_MAX = 64
SENT_CHARACTERS_MAX = 200
PLATE_CHARACTERS_MAX = 32
REPORTED_SPACES_MAX = 1_000_000

# Colours of the national code (JT/T 415-2021, 6.4.11) and as cameras write them. A single digit is no code: makers of
# cameras number colours each in their own way.
_COLORS = {
    "01": PlateColor.BLUE,
    "02": PlateColor.YELLOW,
    "03": PlateColor.BLACK,
    "04": PlateColor.WHITE,
    "05": PlateColor.GREEN,
    "91": PlateColor.YELLOW,
    "92": PlateColor.GREEN,
    "93": PlateColor.YELLOW_GREEN,
    "94": PlateColor.GREEN,
    "蓝": PlateColor.BLUE,
    "黄": PlateColor.YELLOW,
    "黑": PlateColor.BLACK,
    "白": PlateColor.WHITE,
    "绿": PlateColor.GREEN,
    "农黄": PlateColor.YELLOW,
    "农绿": PlateColor.GREEN,
    "黄绿": PlateColor.YELLOW_GREEN,
    "渐变绿": PlateColor.GREEN,
    "FARMYELLOW": PlateColor.YELLOW,
    "FARMGREEN": PlateColor.GREEN,
    "GRADIENTGREEN": PlateColor.GREEN,
    "GREENYELLOW": PlateColor.YELLOW_GREEN,
    **{color.replace("_", "").upper(): color for color in PlateColor if color is not PlateColor.UNKNOWN},
}
_CLASSES = {each.upper(): each for each in VehicleClass if each is not VehicleClass.UNKNOWN}
_KINDS = {
    **dict.fromkeys("ENTRY IN ENTER ENTRANCE 入 入口 入场 进 进场 进口 驶入".split(), Direction.ENTRY),  # noqa: SIM905
    **dict.fromkeys("EXIT OUT LEAVE DEPARTURE 出 出口 出场 离场 驶出".split(), Direction.EXIT),  # noqa: SIM905
}
_YES, _NO = frozenset(("TRUE", "YES", "1")), frozenset(("FALSE", "NO", "0"))
_BESIDE = re.compile(r"[\W_]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# Of a text's bytes in the first encoding, what the second makes of them: the sender took the one for the other.
_MISTAKEN = (("utf-8", "gb18030"), ("latin-1", "utf-8"), ("latin-1", "gb18030"))

_CALENDAR = re.compile(
    r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?[T\s]*(\d{1,2})[:时]?(\d{2})(?:[:分]?(\d{2})秒?(?:[.,:]?(\d{1,9}))?)?"
    r"\s*(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2})?)?",
    re.IGNORECASE,
)
# A count of seconds, or of milliseconds, since 1970: between 2001 and 2286.
_SECONDS, _MILLISECONDS = re.compile(r"\d{10}(\.\d+)?"), re.compile(r"\d{13}(\.\d+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Doubt(Struct, frozen=True, omit_defaults=True):
    """A field that was not sent in its form. `sent`: the beginning of what stood there, JSON where it was no text.

    `read`: what it was taken for; None: for nothing.
    """

    field: str
    sent: str
    read: str | None = None


def doubt(field: str, sent: object, read: object = None) -> Doubt:
    """A doubt in a length that can be kept."""
    text = sent if isinstance(sent, str) else msgspec.json.encode(sent).decode()
    taken = None if read is None else str(read)
    return Doubt(_kept(field, FIELD_CHARACTERS_MAX), _kept(text, SENT_CHARACTERS_MAX), taken)


def _kept(text: str, characters_max: int) -> str:
    # PostgreSQL has no NUL.
    return text[:characters_max].replace("\0", "␀")


def word(sent: object) -> str:
    """A text or a number as a word to be looked up; "" for everything else."""
    if isinstance(sent, bool) or not isinstance(sent, str | int):
        return ""
    return _BESIDE.sub("", unicodedata.normalize("NFKC", str(sent)[:SENT_CHARACTERS_MAX])).upper()


# -- fields


def read_color(sent: object) -> PlateColor | None:
    """A colour by its name in any case, in Chinese, or by its code."""
    name = word(sent)
    return _COLORS.get(name) or _COLORS.get(re.sub(r"色?牌?$", "", name))


def read_class(sent: object) -> VehicleClass | None:
    """A class by its name in any case; what else it may be called says too little of the size."""
    return _CLASSES.get(word(sent))


def read_kind(sent: object) -> Direction | None:
    """Which way, by a word."""
    return _KINDS.get(word(sent))


def read_yes(sent: object) -> bool | None:
    """Yes or no, also as a text or a number."""
    if isinstance(sent, bool):
        return sent
    said = "" if isinstance(sent, float) else word(sent)
    return True if said in _YES else False if said in _NO else None


def read_confidence(sent: object) -> float | None:
    """A share, or what is above 1 as percent."""
    percent = isinstance(sent, str) and sent.strip().endswith(("%", "％"))
    number = _number(sent.strip()[:-1] if isinstance(sent, str) and percent else sent)
    if number is None or not 0 <= number <= 100:
        return None
    return number / 100 if percent or number > 1 else number


def read_spaces(sent: object) -> int | None:
    """A count of spaces: a whole number from 0 to REPORTED_SPACES_MAX. What lies outside means that there is none."""
    number = _number(sent)
    if number is None or not 0 <= number <= REPORTED_SPACES_MAX or number != int(number):
        return None
    return int(number)


def _number(sent: object) -> float | None:
    if isinstance(sent, bool) or not isinstance(sent, str | int | float):
        return None
    try:
        number = float(sent if not isinstance(sent, str) else sent[:SENT_CHARACTERS_MAX])
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def read_id(sent: object, characters_max: int, digest: str) -> str | None:
    """The id of an event that is a number, or a text that is too long or has control characters.

    digest: of the text, in place of what cannot be kept of it, so that two ids stay two.
    """
    if isinstance(sent, bool) or not isinstance(sent, str | int) or sent == "":
        return None
    text = str(sent)
    if len(text) <= characters_max and not _CONTROLS.search(text):
        return text
    return f"{_CONTROLS.sub('', text)[: characters_max - len(digest) - 1]}~{digest}"


def digest(value: object) -> str:
    """What tells two values apart of which no more is kept."""
    return blake2b(str(value).encode(errors="replace"), digest_size=16).hexdigest()


def read_text(sent: object, characters_max: int) -> str | None:
    """A text or a number, without control characters and cut."""
    if isinstance(sent, bool) or not isinstance(sent, str | int):
        return None
    return _CONTROLS.sub("", str(sent))[:characters_max].strip() or None


def read_plate(sent: object) -> str | None:
    """The text of a plate: without control characters and cut, and in the encoding in which it is a plate.

    Chinese characters that went through a wrong encoding look like letters of other alphabets. It takes more than their
    look to tell: decoded rightly, the text must have the form of a plate.
    """
    if isinstance(sent, bool) or not isinstance(sent, str | int):
        return None
    text = str(sent)
    return _decoded_rightly(text[:SENT_CHARACTERS_MAX]) or _CONTROLS.sub("", text)[:PLATE_CHARACTERS_MAX]


def _decoded_rightly(text: str) -> str | None:
    for mistaken, meant in _MISTAKEN:
        try:
            plate = text.encode(mistaken).decode(meant)
        except UnicodeError:
            continue
        if len(plate) <= PLATE_CHARACTERS_MAX and plates.form(plates.normalise(plate)) is not PlateForm.UNKNOWN:
            return plate
    return None


def read_time(sent: object, zone: tzinfo) -> datetime | None:
    """An instant: with a second 60, an hour 24, without separators, in seconds since 1970. Without an offset it is a
    time of `zone`.
    """
    if isinstance(sent, bool) or not isinstance(sent, str | int | float):
        return None
    text = unicodedata.normalize("NFKC", str(sent)[:SENT_CHARACTERS_MAX]).strip()
    try:
        if _SECONDS.fullmatch(text):
            return _EPOCH + timedelta(seconds=float(text))
        if _MILLISECONDS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=float(text))
        found = _CALENDAR.fullmatch(text)
        return None if found is None else _on_calendar(found, zone)
    except (ValueError, OverflowError):
        return None  # a day that is none, or an instant beyond any calendar


def _on_calendar(found: re.Match[str], zone: tzinfo) -> datetime | None:
    year, month, day, hour, minute, second = (int(each or 0) for each in found.groups()[:6])
    fraction, utc, sign, hours, minutes = found.groups()[6:]
    if hour > 24 or minute > 59 or second > 60:
        return None
    if utc:
        zone = UTC
    elif sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
    # The second 60 and the hour 24 are the beginning of what comes next.
    beyond = timedelta(
        hours=hour, minutes=minute, seconds=second, microseconds=int((fraction or "0").ljust(6, "0")[:6])
    )
    return (datetime(year, month, day, tzinfo=zone) + beyond).astimezone(UTC)


def unknown_fields(sent: Mapping[str, object], known: frozenset[str]) -> list[Doubt]:
    """The fields that an event does not have, each as a doubt."""
    return [doubt(name, value) for name, value in sent.items() if name not in known]
