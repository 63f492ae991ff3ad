"""Lots for everybody: the list, one lot, and the live stream of their free spaces."""

import math
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from time import monotonic
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter, SkipValidation
from litestar.response import Stream as StreamResponse
from msgspec import UNSET, Struct, UnsetType

from parking import counts, search
from parking.api.dependencies import Catalog, Clock, Counters, Stream
from parking.api.etags import UNCHANGED, tagged, unreadable
from parking.boards import Board, board
from parking.lots import Direction, Lot, LotKind
from parking.occupancy import Count, LotStatus, Published, publish
from parking.prices import TariffInForce, in_force_at
from parking.search import Box, Found, Point, Search
from payments.api.given import Pool
from payments.identity import Audience

LIMIT_MAX = 500
OFFSET_MAX = 1_000_000
RADIUS_M_DEFAULT = 2_000
RADIUS_M_MAX = 50_000
HEARTBEAT_S = 15.0
RETRY_MS = 3_000


class TariffName(Struct, frozen=True):
    """Which price text holds at a lot."""

    code: str
    name_zh: str
    name_en: str


class TariffText(TariffName, frozen=True, kw_only=True):
    """The price that holds at a lot as its board says it; all of it stands under `/v1/tariffs/{code}`.

    `since`: when it began to hold there.
    """

    version: int
    since: datetime
    board: Board
    free_min: int


class LotFacts(Struct, frozen=True, kw_only=True):
    """What is said of a lot everywhere. Coordinates are WGS-84 degrees.

    `updated_at`: when the count last moved; `counted_at`: when the lot itself last reported its free spaces.
    """

    code: str
    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    address_zh: str
    kind: LotKind
    operator: str
    longitude: float
    latitude: float
    capacity: int
    free: int
    status: LotStatus
    updated_at: datetime | None
    counted_at: datetime | None


class LotSummary(LotFacts, frozen=True, kw_only=True):
    """A lot in the list. `distance_m` is there when `near` was asked."""

    tariff: TariffName | None
    distance_m: int | UnsetType = UNSET


class LotDetail(LotFacts, frozen=True, kw_only=True):
    """A lot in full. `raw_inside` counts open stays; `drift` is what the lot's own last report adds to it."""

    time_zone: str
    occupied: int
    raw_inside: int
    drift: int
    lanes_entry: int
    lanes_exit: int
    zone: str | None
    tariff: TariffText | None


class LotPage(Struct, frozen=True):
    """A page of lots; `total` counts all that were found, `free` and `capacity` add them up."""

    lots: list[LotSummary]
    total: int
    free: int
    capacity: int
    limit: int
    offset: int


class LiveLot(Struct, frozen=True):
    """What changes about a lot."""

    code: str
    free: int
    capacity: int
    status: LotStatus
    updated_at: datetime | None
    counted_at: datetime | None


class LiveLots(Struct, frozen=True):
    """The data of one event of the stream; `as_of` is the service's own time, by which ages are told."""

    as_of: datetime
    lots: list[LiveLot]


async def lot_search(
    *,
    q: Annotated[str, QueryParameter(max_length=64, description="Words of the name, district, address or code.")] = "",
    district: Annotated[
        str, QueryParameter(max_length=64, description="The district's name, in Chinese or English.")
    ] = "",
    kind: Annotated[LotKind | None, QueryParameter(description="What the lot belongs to.")] = None,
    operator: Annotated[str, QueryParameter(max_length=64, description="The operator's code.")] = "",
    bbox: Annotated[str, QueryParameter(max_length=128, description="minLon,minLat,maxLon,maxLat in degrees.")] = "",
    near: Annotated[str, QueryParameter(max_length=64, description="lat,lon in degrees; orders by distance.")] = "",
    radius_m: Annotated[int | None, QueryParameter(ge=1, le=RADIUS_M_MAX, description="How far from `near`.")] = None,
) -> Search:
    """The filters that list and stream share, as a search.

    Raises:
        ValidationException: a filter cannot be read; it names the parameter.
    """
    place = None if not near else _point(near)
    if radius_m is not None and place is None:
        raise unreadable("radius_m", "A radius needs a place: give near=lat,lon as well.")
    return Search(
        words=q,
        district=district,
        kind=kind,
        operator_code=operator,
        box=None if not bbox else _box(bbox),
        near=place,
        radius_m=None if place is None else radius_m or RADIUS_M_DEFAULT,
    )


Wanted: TypeAlias = NamedDependency[SkipValidation[Search]]
_WANTED = {"wanted": Provide(lot_search)}


@get(
    "/v1/lots",
    operation_id="listLots",
    summary="Lots with their free spaces",
    tags=["lots"],
    opt={"audience": (Audience.PUBLIC,)},
    dependencies=_WANTED,
    responses={200: ResponseSpec(LotPage, generate_examples=False, description="A page of lots."), 304: UNCHANGED},
)
async def list_lots(
    *,
    request: Request[Any, Any, Any],
    catalog: Catalog,
    counters: Counters,
    pool: Pool,
    wanted: Wanted,
    min_free: Annotated[int, QueryParameter(ge=0, le=100_000, description="At least this many free spaces.")] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX)] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX)] = 0,
) -> Response[bytes]:
    """Lots that fit every filter given: nearest first with `near`, else by code."""
    found = search.find(catalog.lots_by_id.values(), wanted)
    held = await counts.current(pool, counters, [one.lot.id for one in found])
    live = [(one, publish(held[one.lot.id], one.lot.capacity)) for one in found]
    live = [(one, said) for one, said in live if said.free >= min_free]
    page = LotPage(
        lots=[_summary(one, said) for one, said in live[offset : offset + limit]],
        total=len(live),
        free=sum(said.free for _, said in live),
        capacity=sum(said.capacity for _, said in live),
        limit=limit,
        offset=offset,
    )
    return tagged(request, page)


@get(
    "/v1/lots/{code:str}",
    operation_id="getLot",
    summary="One lot in full",
    tags=["lots"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={200: ResponseSpec(LotDetail, generate_examples=False, description="The lot."), 304: UNCHANGED},
)
async def get_lot(
    request: Request[Any, Any, Any],
    catalog: Catalog,
    counters: Counters,
    pool: Pool,
    clock: Clock,
    code: FromPath[str],
) -> Response[bytes]:
    """The lot of a code, with its price board and how far its own reports are from the count.

    Raises:
        UnknownLot: no lot has this code.
    """
    lot = catalog.lot(code)
    held = await counts.current(pool, counters, [lot.id])
    said = publish(held[lot.id], lot.capacity)
    ways = [lane.direction for lane in catalog.network.lanes.values() if lane.lot_id == lot.id]
    detail = LotDetail(
        **_facts(lot, said),
        time_zone=lot.time_zone,
        occupied=said.occupied,
        raw_inside=said.raw_inside,
        drift=said.drift,
        lanes_entry=ways.count(Direction.ENTRY),
        lanes_exit=ways.count(Direction.EXIT),
        zone=lot.zone,
        tariff=_text(price) if (price := in_force_at(lot.prices, clock())) is not None and price.is_readable else None,
    )
    return tagged(request, detail)


@get(
    "/v1/lots/stream",
    operation_id="streamLots",
    summary="Free spaces as they change (server-sent events)",
    tags=["lots"],
    # A compressor per listener would cost more memory than all the rest of it.
    opt={"audience": (Audience.PUBLIC,), "exclude_from_compression": True},
    dependencies=_WANTED,
    responses={
        200: ResponseSpec(
            LiveLots, generate_examples=False, description="The data of each event.", media_type="text/event-stream"
        )
    },
)
async def stream_lots(catalog: Catalog, stream: Stream, clock: Clock, wanted: Wanted) -> StreamResponse:
    """First the event `snapshot` with all lots, then `change` with those that changed; `: ping` each 15 s of silence.

    The events' ids grow with every change. After a reconnection a new snapshot comes first, whatever was missed.

    Raises:
        TooManyListeners: this process has as many listeners as it takes.
    """
    stream.check_room()
    return StreamResponse(
        _events(catalog, stream, clock, wanted),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(catalog: Catalog, stream: Stream, clock: Clock, wanted: Wanted) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    async with stream.listening() as listener:
        known = stream.known()
        everything = [known.get(lot_id) or Count(lot_id) for lot_id in catalog.lots_by_id]
        yield _event("snapshot", stream.version, clock(), _lines(catalog, wanted, everything))
        spoke_at = monotonic()
        while True:
            changed = await listener.next(max(0.0, spoke_at + HEARTBEAT_S - monotonic()))
            lines = _lines(catalog, wanted, changed)
            if not lines and monotonic() - spoke_at < HEARTBEAT_S:
                continue  # only lots that this listener did not ask for
            yield _event("change", stream.version, clock(), lines) if lines else b": ping\n\n"
            spoke_at = monotonic()


def _event(name: str, version: int, as_of: datetime, lines: list[bytes]) -> bytes:
    data = b'{"as_of":%s,"lots":[%s]}' % (msgspec.json.encode(as_of), b",".join(lines))
    return b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), version, data)


# Every listener is sent the same text about a lot, so it is written once per change. One entry per lot.
_written: dict[int, tuple[Lot, Count, bytes]] = {}


def _lines(catalog: Catalog, wanted: Search, changed: Iterable[Count]) -> list[bytes]:
    by_lot = {count.lot_id: count for count in changed if count.lot_id in catalog.lots_by_id}
    found = search.find((catalog.lots_by_id[lot_id] for lot_id in by_lot), wanted)
    return [_line(one.lot, by_lot[one.lot.id]) for one in found]


def _line(lot: Lot, count: Count) -> bytes:
    written = _written.get(lot.id)
    if written is None or written[0] is not lot or written[1] is not count:
        said = publish(count, lot.capacity)
        live = LiveLot(lot.code, said.free, said.capacity, said.status, said.updated_at, said.counted_at)
        written = _written[lot.id] = (lot, count, msgspec.json.encode(live))
    return written[2]


def _facts(lot: Lot, said: Published) -> dict[str, Any]:
    return {
        "code": lot.code,
        "name_zh": lot.name_zh,
        "name_en": lot.name_en,
        "district_zh": lot.district_zh,
        "district_en": lot.district_en,
        "address_zh": lot.address_zh,
        "kind": lot.kind,
        "operator": lot.operator_code,
        "longitude": lot.longitude,
        "latitude": lot.latitude,
        "capacity": said.capacity,
        "free": said.free,
        "status": said.status,
        "updated_at": said.updated_at,
        "counted_at": said.counted_at,
    }


def _summary(one: Found, said: Published) -> LotSummary:
    tariff = one.lot.tariff
    return LotSummary(
        **_facts(one.lot, said),
        tariff=None if tariff is None else TariffName(tariff.code, tariff.name_zh, tariff.name_en),
        distance_m=UNSET if one.distance_m is None else one.distance_m,
    )


def _text(price: TariffInForce) -> TariffText:
    text = price.tariff
    return TariffText(
        code=text.code,
        name_zh=text.name_zh,
        name_en=text.name_en,
        version=price.version,
        since=price.valid_from,
        board=board(text),
        free_min=text.free.minutes,
    )


def _point(text: str) -> Point:
    latitude, longitude = _numbers("near", text, ("lat", "lon"))
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise unreadable("near", "near is lat,lon in degrees: latitude -90 to 90, then longitude -180 to 180.")
    return Point(latitude, longitude)


def _box(text: str) -> Box:
    west, south, east, north = _numbers("bbox", text, ("minLon", "minLat", "maxLon", "maxLat"))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise unreadable("bbox", "bbox is minLon,minLat,maxLon,maxLat in degrees, the smaller value first.")
    return Box(west, south, east, north)


def _numbers(parameter: str, text: str, names: tuple[str, ...]) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(names) or not all(map(math.isfinite, numbers)):
        form = ",".join(names)
        raise unreadable(parameter, f"{parameter} is {len(names)} numbers with commas between them: {form}.")
    return numbers


ROUTES: list[HTTPRouteHandler] = [list_lots, stream_lots, get_lot]
