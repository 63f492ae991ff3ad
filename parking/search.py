"""Which lots a driver means: by words, by district, by a rectangle of the map, by distance."""

import unicodedata
from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt

from msgspec import Struct

from parking.lots import Lot, LotKind

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
    """What is asked for; what is None or empty is not asked for."""

    words: str = ""
    district: str = ""
    kind: LotKind | None = None
    operator_code: str = ""
    box: Box | None = None
    near: Point | None = None
    radius_m: int | None = None


class Found(Struct, frozen=True):
    """A lot, and how far it is from the place asked for, if one was."""

    lot: Lot
    distance_m: int | None = None


def find(lots: Iterable[Lot], search: Search) -> list[Found]:
    """The lots meant, nearest first if a place is given, else by code."""
    words = _plain(search.words).split()
    district = _plain(search.district)
    found = []
    for lot in lots:
        if not _fits(lot, search, words, district):
            continue
        distance = None if search.near is None else distance_m(search.near, Point(lot.latitude, lot.longitude))
        if distance is None or search.radius_m is None or distance <= search.radius_m:
            found.append(Found(lot, distance))
    return sorted(found, key=lambda one: (one.distance_m or 0, one.lot.code))


def distance_m(a: Point, b: Point) -> int:
    """The way over the ground between two places, in metres (haversine; within 0.6 % of the ellipsoid)."""
    south, north = radians(a.latitude), radians(b.latitude)
    half_up, half_across = (north - south) / 2, radians(b.longitude - a.longitude) / 2
    chord = sin(half_up) ** 2 + cos(south) * cos(north) * sin(half_across) ** 2
    return round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord))))


def _fits(lot: Lot, search: Search, words: list[str], district: str) -> bool:
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
