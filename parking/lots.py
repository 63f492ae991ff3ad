"""What is registered: operators, lots, gates, lanes and the gateways that speak for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from parking import dated
from parking.dated import Outcome, Version
from parking.tariffs import UnknownTimeZone
from payments.errors import OneLotError

Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
CAPACITY_MAX = 100_000
# Nobody's code is corrected so often.
FORMER_CODES_MAX = 64
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


class Registered(Struct, frozen=True):
    """The number of what is registered, and whether it was before (`unchanged`)."""

    id: int
    outcome: Outcome = Outcome.CHANGED


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


class ProbableMatch(StrEnum):
    """What the barrier does for a vehicle whose entry was read with another text and is only probably its own: it opens
    as for any other, or holds it until a person has looked. The debit waits for that either way.
    """

    OPEN = "open"
    HOLD = "hold"


class Around(Struct, frozen=True):
    """Where a lot lies: the number of the lot around, what the clocks there do while a vehicle is here, and the road
    with the minutes within which visits to two of its stretches are one.
    """

    inside_of: int | None = None
    inner_clock: InnerClock = InnerClock.RUNS
    road: str | None = None
    road_within_min: int | None = None


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
    probable_match: ProbableMatch = ProbableMatch.OPEN

    def __post_init__(self) -> None:
        _check_code(self.code)
        if self.inner_clock is InnerClock.STOPS and self.inside_of is None:
            raise ValueError("a lot stops the clock of the one that it lies in: say `inside_of`")


class LotChange(Struct, frozen=True, forbid_unknown_fields=True):
    """How a lot is described rightly, for what was before as well; what is left out stays as it is.

    `former_codes`: of the codes that it had, those that go on leading to it; left out: all of them.
    """

    code: Code | UnsetType = UNSET
    former_codes: Annotated[Sequence[Code], Meta(max_length=FORMER_CODES_MAX)] | UnsetType = UNSET
    name_zh: Name | UnsetType = UNSET
    name_en: Name | UnsetType = UNSET
    district_zh: Name | UnsetType = UNSET
    district_en: Name | UnsetType = UNSET
    address_zh: Address | UnsetType = UNSET
    kind: LotKind | UnsetType = UNSET
    longitude: Longitude | UnsetType = UNSET
    latitude: Latitude | UnsetType = UNSET

    def __post_init__(self) -> None:
        _check_code(self.code)


class Codes(Struct, frozen=True):
    """The code of a lot, and those that it had and that lead to it, in their order."""

    code: str
    former_codes: tuple[str, ...]

    def changed(self, said: LotChange) -> "Codes":
        """What they are after a change: what it is called no more goes on leading to it, unless that is said.

        Raises:
            NeverItsCode: of the codes that are to lead to it, it had one never.
        """
        code = self.code if said.code is UNSET else said.code
        had = {self.code, *self.former_codes}
        keeps = had if said.former_codes is UNSET else set(said.former_codes)
        if stranger := next(iter(sorted(keeps - had - {code})), None):
            raise NeverItsCode(f"The lot never had the code {stranger!r}.", field="former_codes", code=stranger)
        return Codes(code, tuple(sorted(keeps - {code})))


class NeverItsCode(OneLotError):
    """A code is to lead to a lot that never had it."""


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

    `confirms_passages_since`: from when on it tells passages at its exits, if it does. `inside_of` to
    `road_within_min`: where it lay from the beginning (`Around`); `probable_match`: what it did then.
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
    probable_match: ProbableMatch = ProbableMatch.OPEN


class Lot(LotRow, frozen=True):
    """A car park, or a stretch of road bays, as it is registered.

    `is_closed`: when the network was read, as `capacity`. `capacities`, `closures`: the versions of these that began
    since it was registered, or will; `surroundings`: those of where it lies; `probable_matches`: those of what it does
    with probable matches. `former_codes`: codes that it had and that lead to it as well.
    """

    is_closed: bool = False
    former_codes: tuple[str, ...] = ()
    capacities: tuple[Version[int], ...] = ()
    closures: tuple[Version[bool], ...] = ()
    surroundings: tuple[Version[Around], ...] = ()
    probable_matches: tuple[Version[ProbableMatch], ...] = ()

    def around_at(self, at: datetime) -> Around:
        """Where it lies at an instant."""
        first = Around(self.inside_of, self.inner_clock, self.road, self.road_within_min)
        return dated.at(first, self.surroundings, at)

    def is_closed_at(self, at: datetime) -> bool:
        """Whether nobody is let in at an instant."""
        return dated.at(False, self.closures, at)

    def probable_match_at(self, at: datetime) -> ProbableMatch:
        """What it does with vehicles that leave at an instant and were only probably seen to come."""
        return dated.at(self.probable_match, self.probable_matches, at)


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


class LotSurroundings(Struct, frozen=True):
    """Where a lot lies from an instant on."""

    lot_id: int
    valid_from: datetime
    inside_of: int | None
    inner_clock: InnerClock
    road: str | None
    road_within_min: int | None

    @property
    def version(self) -> Version[Around]:
        """The same without its lot."""
        return Version(self.valid_from, Around(self.inside_of, self.inner_clock, self.road, self.road_within_min))


def _check_code(code: str | UnsetType) -> None:
    """Refuses the code under which the API has the stream of all lots."""
    if code == "stream":
        raise ValueError("the code `stream` is taken by the live stream of all lots")


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
