"""Number plates as text and colour: what a camera read, made comparable, and what its form says of the vehicle.

Reading never guesses: O and 0 stay what the camera said, since a guess here would charge somebody else. An unknown form
is a matter for a person, never a reason to refuse an event.

Letters that only look Latin are Latin: cameras take А of Cyrillic and Α of Greek from a font and not from a plate.
Simplified and traditional characters of a province are one province.
"""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from payments.accounts import AccountStatus
from payments.errors import OneLotError


class PlateRefused(OneLotError):
    """A plate cannot be linked: it is none, its colour is unknown, or the account has too many."""


class PlateNotLinked(OneLotError):
    """No account, or not this one, pays for this plate."""


class PlateColor(StrEnum):
    """The plate's colour. Text and colour name a vehicle: the same text on blue and on yellow is two of them."""

    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    YELLOW_GREEN = "yellow_green"
    WHITE = "white"
    BLACK = "black"
    UNKNOWN = "unknown"


class VehicleClass(StrEnum):
    """What the camera took the vehicle for."""

    SMALL = "small"
    LARGE = "large"
    MOTORCYCLE = "motorcycle"
    UNKNOWN = "unknown"


class PlateForm(StrEnum):
    """Kinds of plates a text can belong to (GA 36). SMALL is the text of large vehicles too: the colour differs.

    TICKET is no plate: what a vehicle without one goes by.
    """

    SMALL = "small"
    NEV_SMALL = "nev_small"
    NEV_LARGE = "nev_large"
    TRAILER = "trailer"
    COACH = "coach"
    POLICE = "police"
    EMERGENCY = "emergency"
    HK_MACAU = "hk_macau"
    EMBASSY = "embassy"
    CONSULATE = "consulate"
    ARMED_POLICE = "armed_police"
    MILITARY = "military"
    TEMPORARY = "temporary"
    TICKET = "ticket"
    UNKNOWN = "unknown"


class PlateHolder(Struct, frozen=True):
    """The account that pays for a plate, and how it stands."""

    account_id: int
    status: AccountStatus


class LinkedPlate(Struct, frozen=True):
    """A plate an account pays for. `contested`: somebody says it is not theirs; until staff have looked it is not."""

    plate: str
    plate_color: PlateColor
    linked_at: datetime
    contested: bool = False


class PlateLink(Struct, frozen=True):
    """A time in which an account paid for a plate, or waits for it. `contested`: somebody says it was not theirs, and
    is not refuted.
    """

    plate: str
    plate_color: PlateColor
    linked_at: datetime
    unlinked_at: datetime | None
    contested: bool


# What no camera reads and no plate has, in front of the number of a ticket.
TICKET_MARK = "票"
TICKET_CHARACTERS_MAX = 24
# A part of a plate that so many share says nothing of a vehicle.
PART_CHARACTERS_MIN = 3

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Neither I nor O is issued in a serial, and O only as the office letter of the police.
_SERIAL = "[0-9A-HJ-NP-Z]"
_ISSUED = f"[{_PROVINCES}][A-HJ-Z]"
# Pure electric D, A, B, C, E; other new energy F, G, H, J, K. D and F came first, the rest when those ran out.
_ENERGY = "[A-HJK]"

# What nearly every camera sends: nothing in it for `normalise` to change.
_CLEAN = re.compile(f"{_ISSUED}(?!0{{6}}){_SERIAL}{{4}}(?:{_SERIAL}{{1,2}}|[挂学警港澳领])")
_NO_LETTER = re.compile(r"[\W_]+")
_MARKS = re.compile("[\u0300-\u036f]")
# Traditional characters, then the capitals of Greek and of Cyrillic that look Latin, each above what it is read as.
_READ_AS = str.maketrans(
    "滬遼魯蘇贛閩貴寧瓊陝雲粵黃藍綠掛學領應臨無車識別號時檢測ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТУХІЈЅ",
    "沪辽鲁苏赣闽贵宁琼陕云粤黄蓝绿挂学领应临无车识别号时检测ABEZHIKMNOPTYXABEKMHOPCTYXIJS",
)
_COLOR = "渐变绿|黄绿|[蓝黄绿白]"
_COLORS = re.compile(rf"(?:(?:{_COLOR})色?牌?|黑色?牌?(?=[{_PROVINCES}使]))+")
_COLORS_BEHIND = re.compile(rf"(?<=[0-9A-Z挂学警港澳领使急临])(?:(?:{_COLOR}|黑)色?牌?)+$")
# What cameras say when they read no plate: words, which some of them number; one character over and over; the zeros of
# a form. More words are an operator's to add. Of a ticket every number is one, as it is no camera that says it.
_NO_PLATE = re.compile(
    rf"(?!{TICKET_MARK})"
    r"(?:(?:无|无牌|无牌照|无牌车辆?|无车牌号?|无号牌|未知(?:车牌|车辆|号牌)?|未识别(?:到?(?:车牌|号牌))?|未检测到?(?:车牌|号牌)?|无法识别"
    r"|识别失败|无效车牌|空车牌|车牌(?:不全|残缺|污损|遮挡)?|临时(?:车|车辆|车牌|牌))\d*"
    r"|UNKNOWN|NOPLATE|NOPLATES|NONE|NULL|NA|NAN|UNLICENSED|NOTREAD|NOREAD|NOTREADABLE|UNREADABLE|UNRECOGNI[SZ]ED"
    r"|(.)\1{4,}|[^\W\d]{0,2}0{6,}|0+)"
)

# The text of each form; of a text that fits several it is the first.
PATTERNS = {
    PlateForm.SMALL: rf"{_ISSUED}(?=.*\d){_SERIAL}{{5}}",
    PlateForm.NEV_SMALL: rf"{_ISSUED}{_ENERGY}{_SERIAL}\d{{4}}",
    PlateForm.NEV_LARGE: rf"{_ISSUED}\d{{5}}{_ENERGY}",
    PlateForm.TRAILER: f"{_ISSUED}{_SERIAL}{{4}}挂",
    PlateForm.COACH: f"{_ISSUED}{_SERIAL}{{4}}学",
    PlateForm.POLICE: f"{_ISSUED}{_SERIAL}{{4}}警",
    PlateForm.EMERGENCY: rf"{_ISSUED}\d{{4}}应急",
    PlateForm.HK_MACAU: f"粤Z{_SERIAL}{{4}}[港澳]",
    PlateForm.EMBASSY: rf"使\d{{6}}|{_ISSUED}{_SERIAL}{{4}}使",
    PlateForm.CONSULATE: rf"{_ISSUED}{_SERIAL}{{4}}领|[{_PROVINCES}]\d{{6}}领",
    PlateForm.ARMED_POLICE: rf"WJ[警{_PROVINCES}]?\d{{4}}{_SERIAL}",
    PlateForm.MILITARY: r"[A-HJ-NP-Z]{2}\d{5}",
    PlateForm.TEMPORARY: rf"临[{_PROVINCES}]?[0-9A-Z]{{5,8}}|{_ISSUED}[0-9A-Z]{{4,6}}临",
    PlateForm.TICKET: rf"{TICKET_MARK}[0-9A-Z]{{4,{TICKET_CHARACTERS_MAX}}}",
}
_FORMS = re.compile("|".join(f"(?P<{form.value}>{pattern})" for form, pattern in PATTERNS.items()))
# In a text, wherever it stands: more may be masked than is a plate, never less. A province may be escaped there, as in
# a path, in JSON or in bytes.
_ESCAPED = r"(?:%[0-9A-F]{2}){2,3}|\\+u[0-9A-F]{4}|(?:\\+x[0-9A-F]{2}){2,3}"
_IN_TEXT = re.compile(
    rf"(?:{_ISSUED}|(?<![0-9A-Z])WJ[警{_PROVINCES}]?|使|临[{_PROVINCES}]?|[{_PROVINCES}](?=\d{{6}}领)|(?:{_ESCAPED})[A-Z]?)"
    rf"(?:[·•・. -]|{_ESCAPED})?[0-9A-Z]{{4,7}}[挂学警港澳领使临应急]{{0,2}}"
    rf"|{TICKET_MARK}[0-9A-Z]{{4,{TICKET_CHARACTERS_MAX}}}"
    r"|(?<![0-9A-Z])(?-i:[A-HJ-NP-Z]{2}\d{5})(?![0-9A-Z])",
    re.IGNORECASE,
)
_NEV = frozenset((PlateForm.NEV_SMALL, PlateForm.NEV_LARGE))
_GREENS = frozenset((PlateColor.GREEN, PlateColor.YELLOW_GREEN))
_YELLOWS = frozenset((PlateColor.YELLOW, PlateColor.YELLOW_GREEN))
_NEV_CHARACTERS = 8
# The one colour in which plates of a form are issued.
_COLOR_OF_FORM = {
    PlateForm.NEV_SMALL: PlateColor.GREEN,
    PlateForm.NEV_LARGE: PlateColor.YELLOW_GREEN,
    PlateForm.TRAILER: PlateColor.YELLOW,
    PlateForm.COACH: PlateColor.YELLOW,
    PlateForm.POLICE: PlateColor.WHITE,
    PlateForm.EMERGENCY: PlateColor.WHITE,
    PlateForm.ARMED_POLICE: PlateColor.WHITE,
    PlateForm.MILITARY: PlateColor.WHITE,
    PlateForm.HK_MACAU: PlateColor.BLACK,
    PlateForm.EMBASSY: PlateColor.BLACK,
    PlateForm.CONSULATE: PlateColor.BLACK,
}


def normalise(read: str) -> str:
    """The text by which plates are compared; "" where the camera saw a vehicle and no plate.

    Half-width capitals and digits without accents, spaces, dots, hyphens or anything else that is neither letter nor
    digit; the colour that some cameras put in front (蓝浙AX2P12) or behind is dropped. Doing it twice changes nothing.
    """
    if _CLEAN.fullmatch(read):
        return read
    while (text := _fold(read)) != read:
        read = text
    return "" if _NO_PLATE.fullmatch(text) else text


def looked_for(plate: str | None) -> str | None:
    """The text by which what is kept of a vehicle is found, as somebody wrote its plate; None: of any vehicle."""
    return None if plate is None else normalise(plate)


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).upper()
    # Marks come off in the decomposed form; what is no mark of a Latin letter (Korean, Japanese) is put together again.
    text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text))).translate(_READ_AS)
    text = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    text = _NO_LETTER.sub("", text)
    if colors := _COLORS.match(text):
        text = text[colors.end() :]
    return _COLORS_BEHIND.sub("", text)


def of_ticket(ticket: str) -> str:
    """The text by which a vehicle without a plate is compared, from its ticket, on paper or a phone."""
    return normalise(TICKET_MARK + ticket)


def is_plate(text: str) -> bool:
    """Whether a normalised text has the form of a plate."""
    return form(text) not in (PlateForm.UNKNOWN, PlateForm.TICKET)


def names_vehicle(plate: str) -> bool:
    """Whether a normalised text can tell a vehicle from others: it has the form of a plate, or a digit at least."""
    return form(plate) is not PlateForm.UNKNOWN or any(each.isdigit() for each in plate)


def issued(plate: str) -> str | None:
    """A normalised text with 1 for I and 0 for O in its serial, if it is a plate then and was none before.

    Neither letter is issued, and people type what they see.
    """
    if form(plate) is not PlateForm.UNKNOWN:
        return None
    meant = plate[:2] + plate[2:].translate({ord("I"): "1", ord("O"): "0"})
    return meant if form(meant) is not PlateForm.UNKNOWN else None


@lru_cache(maxsize=1 << 14)
def form(plate: str) -> PlateForm:
    """The form of a normalised plate; UNKNOWN for "" and for every text that no kind of plate has."""
    matched = _FORMS.fullmatch(plate)
    return PlateForm(matched.lastgroup or "unknown") if matched else PlateForm.UNKNOWN


def masked(plate: str) -> str:
    """A plate without the characters that identify the vehicle: region and end."""
    return f"{plate[:2]}•••{plate[-2:]}" if len(plate) >= 7 else "•••"


def mask_all(text: str) -> str:
    """A text in which everything that looks like a plate is masked."""
    return _IN_TEXT.sub(lambda found: masked(found[0]), text)


def settle_color(plate: str, read: PlateColor) -> PlateColor:
    """The colour by which a normalised plate is compared: part of the vehicle only where its form leaves it open.

    Cameras get the colour wrong far more often than the text: green fades to white or blue at night, black is blue.
    Most forms have one colour. Seven characters are blue or, on large vehicles, yellow: everything but a yellow is the
    blue that nearly all are. A text of no form is told apart by itself alone; of eight characters the green is kept,
    since a misread one may be that of a new energy vehicle.
    """
    kind = form(plate)
    if kind is PlateForm.SMALL:
        return PlateColor.YELLOW if read in _YELLOWS else PlateColor.BLUE
    if kind is PlateForm.UNKNOWN and len(plate) == _NEV_CHARACTERS and read in _GREENS:
        return PlateColor.GREEN
    return _COLOR_OF_FORM.get(kind, PlateColor.UNKNOWN)


def identity(text: str, color: PlateColor) -> tuple[str, PlateColor]:
    """Text and colour by which a plate is compared, from what was read or typed."""
    plate = normalise(text)
    return plate, settle_color(plate, color)


def is_new_energy(plate: str, color: PlateColor) -> bool:
    """Whether a normalised plate is that of a new energy vehicle.

    The text decides, because cameras take the fading green for white or blue at night. Eight characters on green are
    also enough: then one of them was misread, and the driver keeps what the law gives to the plate.
    """
    return form(plate) in _NEV or (len(plate) == _NEV_CHARACTERS and color in _GREENS)


def is_large(plate: str, color: PlateColor, vehicle_class: VehicleClass) -> bool:
    """Whether the price for large vehicles holds: what the camera saw, or what the form of the plate says.

    Large vehicles have yellow plates of seven characters, yellow-green ones, or those of trailers. A learner's car and
    the rear of a car from Hong Kong are yellow too and say nothing of the size. Motorcycles are never large.
    """
    if vehicle_class is VehicleClass.MOTORCYCLE:
        return False
    kind = form(plate)
    if kind is PlateForm.SMALL and color in _YELLOWS:
        return True
    return kind in (PlateForm.NEV_LARGE, PlateForm.TRAILER) or vehicle_class is VehicleClass.LARGE
