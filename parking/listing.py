"""What is published of a lot, and which lots a driver means: by words, district, a rectangle of the map, distance."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from parking.lots import Direction, Lane, Lot, LotKind
from parking.occupancy import Count, LotStatus, Published, publish
from parking.prices import LotPrices, TariffInForce, in_force_at
from parking.tariffs.notice import Notice, notice

EARTH_RADIUS_M = 6_371_008.8


class Point(Struct, frozen=True):
    """A place in WGS-84 degrees."""

    latitude: float
    longitude: float


class Box(Struct, frozen=True):
    """A rectangle of the map in WGS-84 degrees, its borders included. It does not cross the date line."""

    west: float
    south: float
    east: float
    north: float


class Search(Struct, frozen=True):
    """Filters of a search; one that is None or empty does not filter."""

    words: str = ""
    district: str = ""
    kind: LotKind | None = None
    operator_code: str = ""
    box: Box | None = None
    near: Point | None = None
    radius_m: int | None = None


class LotFound(Struct, frozen=True):
    """A lot, and how far it is from the place asked for, if one was."""

    lot: Lot
    distance_m: int | None = None


class TariffName(Struct, frozen=True):
    """The tariff in force at a lot."""

    code: str
    name_zh: str
    name_en: str


class TariffText(TariffName, frozen=True, kw_only=True):
    """The tariff in force at a lot, with its notice; `/v1/tariffs/{code}` has it in full.

    `since`: when it came into force there.
    """

    version: int
    since: datetime
    board: Notice
    free_min: int


class LotFacts(Struct, frozen=True, kw_only=True):
    """What every answer about a lot has. Coordinates are WGS-84 degrees.

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
    """A page of lots; `total` counts all that match, `free` and `capacity` add them up."""

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
    """The data of one event of the stream; `as_of` is the service's own time, by which ages are counted."""

    as_of: datetime
    lots: list[LiveLot]


def find(lots: Iterable[Lot], search: Search) -> list[LotFound]:
    """The lots that match, nearest first if a place was asked for, else by code."""
    words = _plain(search.words).split()
    district = _plain(search.district)
    places = []
    for lot in lots:
        if not _matches(lot, search, words, district):
            continue
        distance = None if search.near is None else distance_m(search.near, Point(lot.latitude, lot.longitude))
        if distance is None or search.radius_m is None or distance <= search.radius_m:
            places.append(LotFound(lot, distance))
    return sorted(places, key=lambda place: (place.distance_m or 0, place.lot.code))


def distance_m(a: Point, b: Point) -> int:
    """The distance over the ground between two places, in metres (haversine; within 0.6 % of the ellipsoid)."""
    south, north = radians(a.latitude), radians(b.latitude)
    half_up, half_across = (north - south) / 2, radians(b.longitude - a.longitude) / 2
    chord = sin(half_up) ** 2 + cos(south) * cos(north) * sin(half_across) ** 2
    return round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord))))


def _matches(lot: Lot, search: Search, words: list[str], district: str) -> bool:
    if search.kind is not None and lot.kind is not search.kind:
        return False
    if search.operator_code and lot.operator_code != search.operator_code:
        return False
    if district and district not in (_plain(lot.district_zh), _plain(lot.district_en)):
        return False
    box = search.box
    if box is not None and not (box.west <= lot.longitude <= box.east and box.south <= lot.latitude <= box.north):
        return False
    if words:
        text = _plain(f"{lot.name_zh} {lot.name_en} {lot.district_zh} {lot.district_en} {lot.address_zh} {lot.code}")
        return all(word in text for word in words)
    return True


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _facts(lot: Lot, published: Published) -> dict[str, Any]:
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
        "capacity": published.capacity,
        "free": published.free,
        "status": published.status,
        "updated_at": published.updated_at,
        "counted_at": published.counted_at,
    }


def summary(place: LotFound, published: Published, prices: LotPrices, now: datetime) -> LotSummary:
    """A lot for the list."""
    tariff = _in_force(prices, now)
    return LotSummary(
        **_facts(place.lot, published),
        tariff=None if tariff is None else _name(tariff),
        distance_m=UNSET if place.distance_m is None else place.distance_m,
    )


def detail(lot: Lot, published: Published, lanes: Iterable[Lane], prices: LotPrices, now: datetime) -> LotDetail:
    """A lot in full; `lanes` may be those of all lots."""
    ways = [lane.direction for lane in lanes if lane.lot_id == lot.id]
    tariff = _in_force(prices, now)
    return LotDetail(
        **_facts(lot, published),
        time_zone=lot.time_zone,
        occupied=published.occupied,
        raw_inside=published.raw_inside,
        drift=published.drift,
        lanes_entry=ways.count(Direction.ENTRY),
        lanes_exit=ways.count(Direction.EXIT),
        zone=prices.zone,
        tariff=None if tariff is None else _text(tariff),
    )


def live(lot: Lot, count: Count) -> LiveLot:
    """What changes about a lot."""
    published = publish(count, lot.capacity)
    return LiveLot(
        lot.code,
        published.free,
        published.capacity,
        published.status,
        published.updated_at,
        published.counted_at,
    )


def _in_force(prices: LotPrices, now: datetime) -> TariffInForce | None:
    tariff = in_force_at(prices.tariffs, now)
    return tariff if tariff is not None and tariff.is_readable else None


def _name(tariff: TariffInForce) -> TariffName:
    text = tariff.tariff
    return TariffName(text.code, text.name_zh, text.name_en)


def _text(in_force: TariffInForce) -> TariffText:
    text = in_force.tariff
    return TariffText(
        code=text.code,
        name_zh=text.name_zh,
        name_en=text.name_en,
        version=in_force.version,
        since=in_force.valid_from,
        board=notice(text),
        free_min=text.free.minutes,
    )
