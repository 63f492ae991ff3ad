"""What is wrong with an installation, judged from what was seen of it: where, what, and how bad."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from parking.health import CLOCK_OFF_MAX, Round, overdue
from parking.network import Network
from parking.prices import in_force_at

POSTGRES_MIN, REDIS_MIN = 150_000, (6, 2)
# Keys that were made by a generator have more different characters than words repeated.
DIFFERENT_CHARACTERS_MIN = 10
DISK_BYTES_MIN, DISK_SHARE_MIN = 1 << 30, 0.05
FAILURES_MIN = 3
CODES_NAMED_MAX = 5


class Area(StrEnum):
    """What is looked at, in this order."""

    SETTINGS = "settings"
    DISK = "disk"
    REDIS = "redis"
    DATABASE = "database"
    SCHEMA = "schema"
    LOGIN = "login"
    CLOCK = "clock"
    PARTITIONS = "partitions"
    WORKER = "worker"
    CITY = "city"


class Severity(StrEnum):
    """wrong: OneLot does not work so; odd: it works, and somebody should look."""

    WRONG = "wrong"
    ODD = "odd"


class Kind(StrEnum):
    """What may be found."""

    SECRETS_MISSING = "secrets_missing"
    SECRETS_WEAK = "secrets_weak"
    TEST_CHANNEL = "test_channel"
    OTHER_CLOCK = "other_clock"
    DISK_FULL = "disk_full"
    REDIS_AWAY = "redis_away"
    REDIS_OLD = "redis_old"
    DATABASE_AWAY = "database_away"
    DATABASE_OLD = "database_old"
    DATABASE_READ_ONLY = "database_read_only"
    FEW_CONNECTIONS = "few_connections"
    NOT_READY = "not_ready"
    SCHEMA_NEWER = "schema_newer"
    LOGIN_POWERFUL = "login_powerful"
    OWNER_ALLOWED = "owner_allowed"
    CLOCK_OFF = "clock_off"
    NO_MONTH_AHEAD = "no_month_ahead"
    NEVER_WORKED = "never_worked"
    JOB_OVERDUE = "job_overdue"
    JOB_FAILS = "job_fails"
    NO_LOT = "no_lot"
    LOT_WITHOUT_PRICE = "lot_without_price"
    LOT_WITHOUT_LANE = "lot_without_lane"
    PRICE_UNREADABLE = "price_unreadable"
    GATEWAY_UNHEARD = "gateway_unheard"
    GATEWAY_WITHOUT_KEY = "gateway_without_key"


class Remark(Struct, frozen=True):
    """Something that was found. `facts`: what its text names."""

    area: Area
    kind: Kind
    severity: Severity
    facts: Mapping[str, str] = {}


class Told(Struct, frozen=True):
    """What the settings say, as far as somebody should look at it. `secrets`: None where none can be used."""

    secrets: Sequence[str] | None
    secret_characters_min: int
    test_channel: bool
    allow_owner: bool
    other_clock: bool
    connections: int


class Server(Struct, frozen=True):
    """What the database server says of itself."""

    version: int
    version_text: str
    at: datetime
    read_only: bool
    connections_max: int


class GatewayHeard(Struct, frozen=True):
    """A gateway: whether anything was ever heard of it, and how many keys it has."""

    code: str
    heard: bool
    keys_active: int


def of_settings(told: Told) -> Iterator[Remark]:
    """What is odd about settings."""
    if told.secrets is None:
        yield wrong(Area.SETTINGS, Kind.SECRETS_MISSING, characters=str(told.secret_characters_min))
    elif any(len(set(secret)) < DIFFERENT_CHARACTERS_MIN for secret in told.secrets):
        yield odd(Area.SETTINGS, Kind.SECRETS_WEAK)
    if told.test_channel:
        yield odd(Area.SETTINGS, Kind.TEST_CHANNEL)
    if told.other_clock:
        yield odd(Area.SETTINGS, Kind.OTHER_CLOCK)


def of_disk(free_bytes: Mapping[str, tuple[int, int]]) -> Iterator[Remark]:
    """What is odd about file systems: free bytes and all of them, by a folder on it."""
    for folder, (free, whole) in free_bytes.items():
        if free < max(DISK_BYTES_MIN, int(whole * DISK_SHARE_MIN)):
            yield odd(Area.DISK, Kind.DISK_FULL, folder=folder, free=f"{free / (1 << 30):.1f} GiB")


def of_redis(version: str | None, fault: str) -> Iterator[Remark]:
    """What is odd about Redis. version: None if it does not answer, for the reason `fault`."""
    if version is None:
        yield odd(Area.REDIS, Kind.REDIS_AWAY, fault=fault)
        return
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < REDIS_MIN:
        yield odd(Area.REDIS, Kind.REDIS_OLD, version=version)


def of_server(server: Server, *, now: datetime, told: Told) -> Iterator[Remark]:
    """What is odd about the database server, by the clock of this process."""
    if server.version < POSTGRES_MIN:
        yield wrong(Area.DATABASE, Kind.DATABASE_OLD, version=server.version_text)
    if server.read_only:
        yield wrong(Area.DATABASE, Kind.DATABASE_READ_ONLY)
    if server.connections_max < told.connections:
        facts = {"wanted": str(told.connections), "there": str(server.connections_max)}
        yield odd(Area.DATABASE, Kind.FEW_CONNECTIONS, **facts)
    off = now - server.at
    if abs(off) > CLOCK_OFF_MAX and not told.other_clock:
        yield wrong(Area.CLOCK, Kind.CLOCK_OFF, by=f"{off / timedelta(seconds=1):+.0f}")


def of_schema(applied: Collection[int], known: Collection[int]) -> Iterator[Remark]:
    """What is odd about migrations: those of the database, and those of this version. Both are numbered from 1."""
    newer = sorted(set(applied) - set(known))
    if newer:
        yield odd(Area.SCHEMA, Kind.SCHEMA_NEWER, numbers=_named([f"{number:04}" for number in newer]))


def of_months(missing: Sequence[str]) -> Iterator[Remark]:
    """What is odd about partitions: the tables that have none for the month to come."""
    if missing:
        yield odd(Area.PARTITIONS, Kind.NO_MONTH_AHEAD, tables=_named(missing))


def of_jobs(rounds: Sequence[Round]) -> Iterator[Remark]:
    """What is odd about the worker."""
    if not rounds:
        yield odd(Area.WORKER, Kind.NEVER_WORKED)
    late = [each.name for each in rounds if overdue(each)]
    if late:
        yield odd(Area.WORKER, Kind.JOB_OVERDUE, jobs=_named(late))
    for each in rounds:
        if each.failures >= FAILURES_MIN:
            facts = {"job": each.name, "times": str(each.failures), "error": each.error or ""}
            yield odd(Area.WORKER, Kind.JOB_FAILS, **facts)


def of_city(network: Network, gateways: Sequence[GatewayHeard], now: datetime) -> Iterator[Remark]:
    """What is odd about what is registered. Lots that are closed need neither a lane nor a price."""
    lots = [lot for lot in network.lots.values() if not lot.is_closed_at(now)]
    with_lanes = {lane.lot_id for lane in network.lanes.values()}
    held = {lot.id: in_force_at(network.prices[lot.id].tariffs, now) for lot in lots}
    unreadable = [lot.code for lot in lots if (price := held[lot.id]) is not None and not price.is_readable]
    if not network.lots:
        yield odd(Area.CITY, Kind.NO_LOT)
    if unreadable:
        yield wrong(Area.CITY, Kind.PRICE_UNREADABLE, codes=_named(unreadable))
    found = {
        Kind.LOT_WITHOUT_LANE: [lot.code for lot in lots if lot.id not in with_lanes],
        Kind.LOT_WITHOUT_PRICE: [lot.code for lot in lots if held[lot.id] is None],
        Kind.GATEWAY_WITHOUT_KEY: [each.code for each in gateways if not each.keys_active],
        Kind.GATEWAY_UNHEARD: [each.code for each in gateways if each.keys_active and not each.heard],
    }
    for kind, codes in found.items():
        if codes:
            yield odd(Area.CITY, kind, codes=_named(codes))


def exit_code(remarks: Sequence[Remark]) -> int:
    """0: all is well; 1: something is odd; 2: something is wrong."""
    severities = {remark.severity for remark in remarks}
    return 2 if Severity.WRONG in severities else 1 if severities else 0


def wrong(area: Area, kind: Kind, **facts: str) -> Remark:
    """Something without which OneLot does not work."""
    return Remark(area, kind, Severity.WRONG, facts)


def odd(area: Area, kind: Kind, **facts: str) -> Remark:
    """Something somebody should look at."""
    return Remark(area, kind, Severity.ODD, facts)


def _named(codes: Sequence[str]) -> str:
    """The first of a list, and how many more there are."""
    more = len(codes) - CODES_NAMED_MAX
    return ", ".join(sorted(codes)[:CODES_NAMED_MAX]) + (f" (+{more})" if more > 0 else "")
