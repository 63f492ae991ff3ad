"""Number plates as text and colour: what a camera read, made comparable, and what its form says of the vehicle.

Reading never guesses: O and 0 stay what the camera said, since a guess here would charge somebody else. An unknown form
is a matter for a person, never a reason to refuse an event.
"""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum

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
    """Kinds of plates a text can belong to (GA 36). SMALL is the text of large vehicles too: the colour differs."""

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


_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Neither I nor O is issued in a serial, and O only as the office letter of the police.
_SERIAL = "[0-9A-HJ-NP-Z]"
_ISSUED = f"[{_PROVINCES}][A-HJ-Z]"
# Pure electric D, A, B, C, E; other new energy F, G, H, J, K. D and F came first, the rest when those ran out.
_ENERGY = "[A-HJK]"

# What nearly every camera sends: nothing in it for `normalise` to change.
_CLEAN = re.compile(f"{_ISSUED}{_SERIAL}{{4}}(?:{_SERIAL}{{1,2}}|[挂学警港澳领])")
_NO_LETTER = re.compile(r"[\W_]+")
_COLORS = re.compile(rf"(?:(?:渐变绿|黄绿|[蓝黄绿白])色?|黑色?(?=[{_PROVINCES}使]))+")
_NO_PLATE = frozenset(
    "无 无牌 无牌车 无车牌 无号牌 未知 未识别 无法识别 UNKNOWN NOPLATE NONE NULL UNLICENSED".split()  # noqa: SIM905 - a table of words
)

_FORMS = re.compile(
    "|".join(
        f"(?P<{form.value}>{pattern})"
        for form, pattern in (
            (PlateForm.SMALL, rf"{_ISSUED}(?=.*\d){_SERIAL}{{5}}"),
            (PlateForm.NEV_SMALL, rf"{_ISSUED}{_ENERGY}{_SERIAL}\d{{4}}"),
            (PlateForm.NEV_LARGE, rf"{_ISSUED}\d{{5}}{_ENERGY}"),
            (PlateForm.TRAILER, f"{_ISSUED}{_SERIAL}{{4}}挂"),
            (PlateForm.COACH, f"{_ISSUED}{_SERIAL}{{4}}学"),
            (PlateForm.POLICE, f"{_ISSUED}{_SERIAL}{{4}}警"),
            (PlateForm.EMERGENCY, rf"{_ISSUED}\d{{4}}应急"),
            (PlateForm.HK_MACAU, f"粤Z{_SERIAL}{{4}}[港澳]"),
            (PlateForm.EMBASSY, rf"使\d{{6}}|{_ISSUED}{_SERIAL}{{4}}使"),
            (PlateForm.CONSULATE, rf"{_ISSUED}{_SERIAL}{{4}}领|[{_PROVINCES}]\d{{6}}领"),
            (PlateForm.ARMED_POLICE, rf"WJ[警{_PROVINCES}]?\d{{4}}{_SERIAL}"),
            (PlateForm.MILITARY, r"[A-HJ-NP-Z]{2}\d{5}"),
            (PlateForm.TEMPORARY, rf"临[{_PROVINCES}]?[0-9A-Z]{{5,8}}|{_ISSUED}[0-9A-Z]{{4,6}}临"),
        )
    )
)
# In a text, wherever it stands: more may be masked than is a plate, never less.
_IN_TEXT = re.compile(
    rf"(?:{_ISSUED}|粤Z|WJ[警{_PROVINCES}]?|使|临[{_PROVINCES}]?)[0-9A-Z]{{4,7}}[挂学警港澳领使临应急]{{0,2}}"
)
_NEV = frozenset((PlateForm.NEV_SMALL, PlateForm.NEV_LARGE))
_GREENS = frozenset((PlateColor.GREEN, PlateColor.YELLOW_GREEN))
_YELLOWS = frozenset((PlateColor.YELLOW, PlateColor.YELLOW_GREEN))
_NEV_CHARACTERS = 8
_USUAL_COLORS = {
    PlateForm.SMALL: PlateColor.BLUE,
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

    Half-width capitals without spaces, dots, hyphens or anything else that is neither letter nor digit; the colour that
    some cameras put in front (蓝浙AX2P12) is dropped. Doing it twice changes nothing.
    """
    if _CLEAN.fullmatch(read):
        return read
    while (text := _fold(read)) != read:
        read = text
    return "" if text in _NO_PLATE else text


def _fold(text: str) -> str:
    text = _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).upper())
    colors = _COLORS.match(text)
    return text[colors.end() :] if colors else text


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
    """The colour by which a plate is compared: what the camera read, or the usual one of its form where it read none.

    Cameras lose the colour at night and not the text. Without this a car that came in as unknown and leaves as blue
    would be two vehicles. Where a form has two colours (blue and yellow) the far more frequent one is taken.
    """
    return _USUAL_COLORS.get(form(plate), read) if read is PlateColor.UNKNOWN else read


def is_new_energy(plate: str, color: PlateColor) -> bool:
    """Whether a normalised plate is that of a new energy vehicle.

    The text decides, because cameras take the fading green for white or blue at night. Eight characters on green are
    also enough: then one of them was misread, and the driver keeps what the law gives to the plate.
    """
    return form(plate) in _NEV or (len(plate) == _NEV_CHARACTERS and color in _GREENS)


def is_large(color: PlateColor, vehicle_class: VehicleClass) -> bool:
    """Whether the price for large vehicles holds: a yellow or yellow-green plate, or what the camera saw.

    Motorcycles have yellow plates as well and are never large.
    """
    return vehicle_class is VehicleClass.LARGE or (color in _YELLOWS and vehicle_class is not VehicleClass.MOTORCYCLE)
