"""What is registered: operators, lots, gates, lanes and the gateways that speak for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from parking.tariffs import UnknownTimeZone
from payments.errors import OneLotError

Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
CAPACITY_MAX = 100_000


class LotKind(StrEnum):
    """What a lot belongs to; arrival curves and price modes go by it."""

    ROAD = "road"
    GARAGE = "garage"
    HOSPITAL = "hospital"
    STATION = "station"
    SCENIC = "scenic"
    MALL = "mall"
    OFFICE = "office"
    RESIDENTIAL = "residential"


# How long vehicles stay at most, but for a few, in lots of a kind: who stays longer was probably not seen to leave.
LONGEST_USUAL = {
    LotKind.ROAD: timedelta(hours=24),
    LotKind.MALL: timedelta(hours=24),
    LotKind.OFFICE: timedelta(hours=48),
    LotKind.SCENIC: timedelta(hours=48),
    LotKind.HOSPITAL: timedelta(hours=96),
    LotKind.GARAGE: timedelta(hours=96),
    LotKind.STATION: timedelta(days=10),
    LotKind.RESIDENTIAL: timedelta(days=40),
}


class Direction(StrEnum):
    """Which way a lane leads."""

    ENTRY = "entry"
    EXIT = "exit"


class UnknownLot(OneLotError):
    """No lot has this code or number."""


class UnknownOperator(OneLotError):
    """No operator has this code."""


class UnknownGateway(OneLotError):
    """No gateway has this code."""


class KeysInUse(OneLotError):
    """A gateway has two active keys already; revoke one before issuing another."""


class CodeTaken(OneLotError):
    """Another operator, lot, gateway, lane or price area has this code."""


class UnknownZone(OneLotError):
    """No price area has this code."""


class LanePlan(Struct, frozen=True, forbid_unknown_fields=True):
    """A lane to register: its city-wide code, the gate it belongs to and where it leads."""

    code: Code
    gate: Code
    direction: Direction


class LotPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """A lot to register with its lanes and its one gateway. Coordinates are WGS-84 degrees."""

    code: Code
    operator_code: Code
    name_zh: Name
    name_en: Name
    district_zh: Name
    district_en: Name
    kind: LotKind
    capacity: Annotated[int, Meta(ge=1, le=CAPACITY_MAX)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    gateway: Code
    lanes: Annotated[Sequence[LanePlan], Meta(min_length=1, max_length=64)]
    address_zh: Annotated[str, Meta(max_length=256)] = ""
    time_zone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        # /v1/lots/stream is the stream of all lots.
        if self.code == "stream":
            raise ValueError("the code `stream` is taken by the live stream of all lots")


class Lot(Struct, frozen=True):
    """A car park, or a stretch of road bays, as it is registered."""

    id: int
    code: str
    operator_id: int
    operator_code: str
    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    address_zh: str
    kind: LotKind
    capacity: int
    longitude: float
    latitude: float
    time_zone: str


class Lane(Struct, frozen=True):
    """A lane, the gateway that speaks for it and the way it leads."""

    id: int
    code: str
    lot_id: int
    gateway_id: int
    direction: Direction


class Gateway(Struct, frozen=True):
    """The computer of a lot that sends its events."""

    id: int
    code: str
    lot_id: int


class GatewayKey(Struct, frozen=True):
    """An active key of a gateway: its public name and the SHA-256 of its secret."""

    id: str
    gateway_id: int
    secret_hash: bytes


class IssuedKey(Struct, frozen=True):
    """A key of a gateway as it may be shown: never its secret."""

    id: str
    slot: int
    created_at: datetime
    revoked_at: datetime | None


def check_time_zone(time_zone: str) -> str:
    """The name, if it is one of IANA's zones; a lot with another could never be priced.

    Raises:
        UnknownTimeZone: it is none.
    """
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise UnknownTimeZone(f"No time zone is called {time_zone!r}.", field="time_zone", time_zone=time_zone) from e
    return time_zone


def decode_plan(document: bytes) -> LotPlan:
    """A plan from JSON.

    Raises:
        msgspec.ValidationError: with the path of what does not fit.
    """
    return msgspec.json.decode(document, type=LotPlan)
