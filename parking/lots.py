"""What is registered: operators, lots, gates, lanes and the gateways that speak for them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from parking import dated
from parking.dated import Version
from parking.tariffs import UnknownTimeZone
from payments.errors import OneLotError

Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
CAPACITY_MAX = 100_000
ROAD_WITHIN_MIN_MAX = 120
LEAVE_WITHIN_MIN, LEAVE_WITHIN_MIN_MAX = 15, 120
Spaces = Annotated[int, Meta(ge=1, le=CAPACITY_MAX)]
Address = Annotated[str, Meta(max_length=256)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
# What is swapped with a longitude is told so (`check_position`), and not only that it is too large.
Latitude = Annotated[float, Meta(ge=-180, le=180)]


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


class RegisteredOtherwise(OneLotError):
    """What is registered under this code says something else. Facts: what is registered, and what was said."""


def registered_otherwise(what: str, code: str, field: str, registered: object, said: object) -> RegisteredOtherwise:
    """Why something is not registered once more with another value of a field."""
    known, new = (msgspec.json.encode(value).decode() for value in (registered, said))
    return RegisteredOtherwise(
        f"The {what} {code!r} is registered with another {field}: {known}, and not {new}. "
        "Registering changes nothing that is there: change that, or say what is registered.",
        field=field,
        registered=registered,
        said=said,
    )


class UnknownZone(OneLotError):
    """No price area has this code."""


class InnerClock(StrEnum):
    """What the clock of a stay does in the lots around while its vehicle is in a lot inside of them: it runs, and both
    lots charge, or it stops.
    """

    RUNS = "runs"
    STOPS = "stops"


class LanePlan(Struct, frozen=True, forbid_unknown_fields=True):
    """A lane to register: its city-wide code, the gate it belongs to and where it leads."""

    code: Code
    gate: Code
    direction: Direction


class LotPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """A lot to register with its lanes and its one gateway. Coordinates are WGS-84 degrees.

    `confirms_passages`: its gateway tells of each car at an exit whether it passed. `leave_within_min`: how long who
    has paid may take to leave. `inside_of`: the lot that it lies in, whose lanes its vehicles pass as well. `road`: a
    word that all stretches of one road have in common; who drives on from one to another within `road_within_min`
    minutes is priced as one stay. `inner_clock`: whether the lots that it lies in count the time in it as well.
    """

    code: Code
    operator_code: Code
    name_zh: Name
    name_en: Name
    district_zh: Name
    district_en: Name
    kind: LotKind
    capacity: Spaces
    longitude: Longitude
    latitude: Latitude
    gateway: Code
    lanes: Annotated[Sequence[LanePlan], Meta(min_length=1, max_length=64)]
    address_zh: Address = ""
    time_zone: str = "Asia/Shanghai"
    confirms_passages: bool = False
    leave_within_min: Annotated[int, Meta(ge=1, le=LEAVE_WITHIN_MIN_MAX)] = LEAVE_WITHIN_MIN
    inside_of: Code | None = None
    inner_clock: InnerClock = InnerClock.RUNS
    road: Code | None = None
    road_within_min: Annotated[int, Meta(ge=1, le=ROAD_WITHIN_MIN_MAX)] = 10

    def __post_init__(self) -> None:
        # /v1/lots/stream is the stream of all lots.
        if self.code == "stream":
            raise ValueError("the code `stream` is taken by the live stream of all lots")
        if self.inner_clock is InnerClock.STOPS and self.inside_of is None:
            raise ValueError("a lot stops the clock of the one that it lies in: say `inside_of`")


class LotChange(Struct, frozen=True, forbid_unknown_fields=True):
    """How a lot is described rightly, for what was before as well; what is left out stays as it is."""

    name_zh: Name | UnsetType = UNSET
    name_en: Name | UnsetType = UNSET
    district_zh: Name | UnsetType = UNSET
    district_en: Name | UnsetType = UNSET
    address_zh: Address | UnsetType = UNSET
    kind: LotKind | UnsetType = UNSET
    longitude: Longitude | UnsetType = UNSET
    latitude: Latitude | UnsetType = UNSET


class Surroundings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a lot lies, as a `LotPlan` says it: all of it, what is left out is not so."""

    inside_of: Code | None = None
    inner_clock: InnerClock = InnerClock.RUNS
    road: Code | None = None
    road_within_min: Annotated[int, Meta(ge=1, le=ROAD_WITHIN_MIN_MAX)] = 10

    def __post_init__(self) -> None:
        if self.inner_clock is InnerClock.STOPS and self.inside_of is None:
            raise ValueError("a lot stops the clock of the one that it lies in: say `inside_of`")


class InsideItself(OneLotError):
    """A lot cannot lie inside of one that lies inside of it."""


class Description(Struct, frozen=True):
    """How a lot is described: what a `LotChange` may correct."""

    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    address_zh: str
    kind: LotKind
    longitude: float
    latitude: float


class SayArrears(StrEnum):
    """What lanes say of what their car owes from before."""

    NOTHING = "nothing"
    SHOW = "show"


class ExitRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How vehicles leave a lot, from now on: see `LotPlan`."""

    confirms_passages: bool
    leave_within_min: Annotated[int, Meta(ge=1, le=LEAVE_WITHIN_MIN_MAX)] = LEAVE_WITHIN_MIN


class LotRow(Struct, frozen=True):
    """A lot as the database has it, at an instant.

    `confirms_passages_since`: from when on it tells passages at its exits, if it does. `inside_of`: the number of the
    lot that it lies in; `inner_clock`: what the clocks of lots around do while a vehicle is here.
    """

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
    confirms_passages_since: datetime | None = None
    leave_within_min: int = LEAVE_WITHIN_MIN
    inside_of: int | None = None
    inner_clock: InnerClock = InnerClock.RUNS
    road: str | None = None
    road_within_min: int | None = None
    say_arrears: SayArrears = SayArrears.NOTHING


class Lot(LotRow, frozen=True):
    """A car park, or a stretch of road bays, as it is registered.

    `is_closed`: when the network was read, as `capacity`. `capacities`, `closures`: the versions of these that began
    since it was registered, or will.
    """

    is_closed: bool = False
    capacities: tuple[Version[int], ...] = ()
    closures: tuple[Version[bool], ...] = ()

    def is_closed_at(self, at: datetime) -> bool:
        """Whether nobody is let in at an instant."""
        return dated.at(False, self.closures, at)


class LotCapacity(Struct, frozen=True):
    """How many spaces a lot has from an instant on."""

    lot_id: int
    valid_from: datetime
    capacity: int


class LotClosure(Struct, frozen=True):
    """Whether a lot is closed from an instant on, or open again."""

    lot_id: int
    valid_from: datetime
    is_closed: bool


class Gateway(Struct, frozen=True):
    """The computer of a lot that sends its events."""

    id: int
    code: str
    lot_id: int


class LaneState(Struct, frozen=True, forbid_unknown_fields=True):
    """What a gateway says of a lane: the barrier, its camera, in words of its own."""

    lane: Code
    barrier: Annotated[str, Meta(max_length=32)] | None = None
    camera: Annotated[str, Meta(max_length=32)] | None = None


class Heartbeat(Struct, frozen=True, forbid_unknown_fields=True):
    """What a gateway says of itself. `sent_at`: by the clock that stamps its events. `backlog_events`: how many it has
    still to hand in.
    """

    sent_at: Annotated[datetime, Meta(tz=True)]
    backlog_events: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    software: Annotated[str, Meta(max_length=64)] | None = None
    lanes: Annotated[Sequence[LaneState], Meta(max_length=64)] = ()

    def __post_init__(self) -> None:
        if not 1900 <= self.sent_at.year <= 2200:
            raise ValueError("sent_at is a time of 1900 to 2200")


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


def lies_in(inner: Lot, outer: Lot, lots: Mapping[int, Lot]) -> bool:
    """Whether a lot lies inside of another, or inside of one that does."""
    at: Lot | None = inner
    while at is not None and at.inside_of is not None:
        if at.inside_of == outer.id:
            return True
        at = lots.get(at.inside_of)
    return False


def in_nests(lots: Mapping[int, Lot]) -> frozenset[int]:
    """The lots that lie inside of others, and those others."""
    inner = [lot for lot in lots.values() if lot.inside_of is not None]
    return frozenset(id_ for lot in inner for id_ in (lot.id, lot.inside_of) if id_ is not None)


def difference(registered: LotPlan, said: LotPlan) -> str | None:
    """The first field in which a plan says something else than is registered; None if it says the same."""
    for field in LotPlan.__struct_fields__:
        if field == "lanes":
            if sorted(registered.lanes, key=_code) != sorted(said.lanes, key=_code):
                return field
        elif field == "road_within_min" and said.road is None:
            continue
        elif getattr(registered, field) != getattr(said, field):
            return field
    return None


def _code(lane: LanePlan) -> str:
    return lane.code


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
