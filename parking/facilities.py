"""What a lot offers to those who come: spaces of each kind, how high a vehicle may be, hours, ways in, how one pays.

A lot says all of it in one document. What it does not say it does not have: neither spaces for charging nor a limit.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from parking import hours
from parking.events import Method
from parking.hours import Opening
from parking.lots import CAPACITY_MAX, Lot, Name
from parking.positions import Point, distance_m
from payments.errors import OneLotError

SPACES_MAX, ENTRANCES_MAX, PICTURES_MAX, METHODS_MAX = 32, 32, 16, 16
POWER_KW_MAX = 2_000
LENGTH_CM_MAX = 10_000
WEIGHT_KG_MAX = 200_000
# A way in that lies further from its lot is a slip of the pen.
ENTRANCE_DISTANCE_M_MAX = 5_000
# The lots of a province.
_DOCUMENTS_KEPT_MAX = 1 << 15
_REFERENCE = r"^(?!.*\.\.)(https://[^\s\\<>\"]+|[0-9A-Za-z][0-9A-Za-z._/-]*)$(?!\n)"

Caption = Annotated[str, Meta(max_length=128)]
LimitCm = Annotated[int, Meta(ge=100, le=LENGTH_CM_MAX)]


class SpaceKind(StrEnum):
    """For whom a space is."""

    STANDARD = "standard"
    EV = "ev"
    DISABLED = "disabled"
    FAMILY = "family"
    TRUCK = "truck"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"


class Connector(StrEnum):
    """How a vehicle is charged: GB/T 20234 with direct or alternating current, IEC 62196 (type 2, CCS 2), CHAdeMO,
    NACS, or by changing its battery.
    """

    GBT_DC = "gbt_dc"
    GBT_AC = "gbt_ac"
    TYPE2 = "type2"
    CCS2 = "ccs2"
    CHADEMO = "chademo"
    NACS = "nacs"
    BATTERY_SWAP = "battery_swap"


class Income(StrEnum):
    """What its fees are: income of the state beside taxes (财政非税收入), or of a business (经营性收入)."""

    FISCAL = "fiscal"
    BUSINESS = "business"


class Spaces(Struct, frozen=True, forbid_unknown_fields=True):
    """So many spaces of a kind; `connector` and `power_kw` (of each) where vehicles are charged."""

    kind: SpaceKind
    count: Annotated[int, Meta(ge=1, le=CAPACITY_MAX)]
    connector: Connector | None = None
    power_kw: Annotated[float, Meta(gt=0, le=POWER_KW_MAX)] | None = None

    def __post_init__(self) -> None:
        if self.kind is not SpaceKind.EV and (self.connector is not None or self.power_kw is not None):
            raise ValueError("a connector and its power are of spaces of the kind `ev`")


class Entrance(Struct, frozen=True, forbid_unknown_fields=True):
    """A way in, in WGS-84 degrees: for vehicles, for people on foot, or for both."""

    name_zh: Name
    name_en: Name
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    vehicles: bool = True
    pedestrians: bool = False

    def __post_init__(self) -> None:
        if not self.vehicles and not self.pedestrians:
            raise ValueError("a way in is for vehicles, for pedestrians or for both")


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture by reference: an address (https) or the key of an object in the city's store."""

    ref: Annotated[str, Meta(min_length=1, max_length=512, pattern=_REFERENCE)]
    caption_zh: Caption = ""
    caption_en: Caption = ""


class Facilities(Struct, frozen=True, forbid_unknown_fields=True):
    """All that a lot says of what it offers. `height_max_cm` and so on: what fits in; null: no limit is known.

    `opening_hours`: as OpenStreetMap writes them, by the clock of the lot; null: not said. `payment_methods`: codes, to
    be shown; which of them a fee is paid by is another matter.
    """

    spaces: Annotated[tuple[Spaces, ...], Meta(max_length=SPACES_MAX)] = ()
    height_max_cm: LimitCm | None = None
    width_max_cm: LimitCm | None = None
    length_max_cm: LimitCm | None = None
    weight_max_kg: Annotated[int, Meta(ge=100, le=WEIGHT_KG_MAX)] | None = None
    opening_hours: Annotated[str, Meta(min_length=1, max_length=hours.CHARACTERS_MAX)] | None = None
    entrances: Annotated[tuple[Entrance, ...], Meta(max_length=ENTRANCES_MAX)] = ()
    address_en: Annotated[str, Meta(max_length=256)] = ""
    pictures: Annotated[tuple[Picture, ...], Meta(max_length=PICTURES_MAX)] = ()
    phone: Annotated[str, Meta(min_length=3, max_length=32, pattern=r"^[0-9+][0-9 ()-]*[0-9]$(?!\n)")] | None = None
    income: Income | None = None
    payment_methods: Annotated[tuple[Method, ...], Meta(max_length=METHODS_MAX)] = ()


class MoreSpacesThanCapacity(OneLotError):
    """The spaces of all kinds are more than the lot has."""


class EntranceFarAway(OneLotError):
    """A way in lies where the lot cannot be."""


def check(facilities: Facilities, *, capacity: int | None, place: Point | None) -> None:
    """Refuses what cannot be true of a lot with so many spaces at this place; what is None is not looked at.

    Raises:
        hours.HoursUnclear, MoreSpacesThanCapacity, EntranceFarAway: see there.
    """
    if facilities.opening_hours is not None:
        hours.check(facilities.opening_hours)
    if capacity is not None:
        check_spaces(facilities.spaces, capacity)
    if place is not None:
        check_entrances(facilities.entrances, place)


def check_entrances(entrances: Sequence[Entrance], place: Point) -> None:
    """Refuses ways into a lot that are not there.

    Raises:
        EntranceFarAway: see the facts.
    """
    for at, entrance in enumerate(entrances):
        away_m = distance_m(place, Point(entrance.latitude, entrance.longitude))
        if away_m > ENTRANCE_DISTANCE_M_MAX:
            raise EntranceFarAway(
                f"{entrance.name_zh!r} lies {away_m:,} metres from the lot.",
                field=f"entrances[{at}]",
                distance_m_max=ENTRANCE_DISTANCE_M_MAX,
            )


def check_spaces(spaces: Sequence[Spaces], capacity: int) -> None:
    """Refuses more spaces than a lot has. Fewer are well: what the rest are for is not said.

    Raises:
        MoreSpacesThanCapacity: see the facts.
    """
    told = sum(each.count for each in spaces)
    if told > capacity:
        raise MoreSpacesThanCapacity(
            f"The lot has {capacity} spaces, and {told} are told of.", field="spaces", capacity=capacity, told=told
        )


def count(facilities: Facilities | None, kind: SpaceKind) -> int:
    """How many spaces of a kind a lot has, as far as it says so."""
    return 0 if facilities is None else sum(each.count for each in facilities.spaces if each.kind is kind)


def is_open(facilities: Facilities | None, lot: Lot, at: datetime) -> bool | None:
    """Whether a lot is open at an instant; None where it does not say so."""
    text = None if facilities is None else facilities.opening_hours
    return None if text is None else hours.is_open(text, ZoneInfo(lot.time_zone), at)


def opening(facilities: Facilities, lot: Lot, at: datetime) -> Opening:
    """Whether a lot is open at an instant, and until when that stays so, as far as it says so."""
    text = facilities.opening_hours
    return Opening(None, None) if text is None else hours.opening(text, ZoneInfo(lot.time_zone), at)


def changed(before: Facilities, after: Facilities) -> dict[str, object]:
    """What is said otherwise than before, field by field: `{"before": …, "after": …}`."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return {name: {"before": old[name], "after": new[name]} for name in new if old[name] != new[name]}


@lru_cache(maxsize=_DOCUMENTS_KEPT_MAX)
def decode(document: str) -> Facilities:
    """What a lot offers from JSON. The network is read anew with every change of it, and hardly a document has changed.

    Raises:
        msgspec.ValidationError: with the path of what does not fit.
    """
    return msgspec.json.decode(document, type=Facilities)
