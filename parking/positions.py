"""Positions on the map: where lots may lie, how far one is from another, and what Chinese maps make of them.

What is stored is WGS-84. Maps of China (高德, 腾讯) show GCJ-02 (火星坐标), which lies some hundred metres beside it,
and Baidu shows BD-09, which is GCJ-02 moved once more. How GCJ-02 is made is not published. The formula here is the one
that was found out and that the tools share (EvilTransform, coordtransform, gcoord): a series in degrees from 105 E 35
N, in metres on the ellipsoid of Krasovsky.
"""

from enum import StrEnum
from functools import lru_cache
from math import asin, atan2, cos, degrees, hypot, pi, radians, sin, sqrt, tan

from msgspec import Struct

from payments.errors import OneLotError

EARTH_RADIUS_M = 6_371_008.8
# Where the formula is applied; all tools have this rectangle, which is larger than the country.
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_AXIS_M, _ECCENTRICITY_SQUARED = 6_378_245.0, 0.00669342162296594323
# TWD97 / TM2 (EPSG:3826): the ellipsoid GRS 80, a meridian, the scale along it, and how far east of it zero lies.
_GRS80_M, _GRS80_ECCENTRICITY_SQUARED = 6_378_137.0, 0.00669438002290
_TM2_LONGITUDE, _TM2_SCALE, _TM2_EAST_M = 121.0, 0.9999, 250_000.0
# The grid of Taiwan's main island and what lies around it; elsewhere the series says nothing.
_TM2_EAST_M_MAX, _TM2_NORTH_M_MIN, _TM2_NORTH_M_MAX = 500_000.0, 2_300_000.0, 3_000_000.0
# Each round of the way back leaves less than a hundredth of the error.
_ROUNDS = 6
# A centimetre.
_DECIMALS = 7
# The lots of a province.
_PLACES_KEPT_MAX = 1 << 15


class Crs(StrEnum):
    """In which coordinates a position is given (坐标系)."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class OutsideTheCity(OneLotError):
    """A position is none, or lies outside of the city's box."""


class Point(Struct, frozen=True):
    """A place in degrees; WGS-84 unless something else is said."""

    latitude: float
    longitude: float


class Box(Struct, frozen=True):
    """A rectangle of the map in degrees, WGS-84 unless something else is said, its borders
    included. It does not cross the date line.
    """

    west: float
    south: float
    east: float
    north: float

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether a place lies in it."""
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


def box_of(text: str) -> Box:
    """A rectangle as people write it: west,south,east,north.

    Raises:
        ValueError: it is none.
    """
    west, south, east, north = (float(part) for part in text.split(","))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError("it is no rectangle")
    return Box(west, south, east, north)


def shown(place: Point, crs: Crs) -> Point:
    """A place of WGS-84 in other coordinates, to a centimetre. Outside of China it is the same in all of them."""
    return place if crs is Crs.WGS84 or not _in_china(place) else _rounded(place, crs)


def stored(place: Point, crs: Crs) -> Point:
    """A place that is given in some coordinates, in WGS-84."""
    if crs is Crs.WGS84 or not _in_china(place):
        return place
    guess = place
    for _ in range(_ROUNDS):
        there = _moved(guess, crs)
        guess = Point(
            guess.latitude + place.latitude - there.latitude, guess.longitude + place.longitude - there.longitude
        )
    return guess


def from_twd97(east_m: float, north_m: float) -> Point:
    """A place of Taiwan's grid TWD97 / TM2, zone 121 (EPSG:3826), in WGS-84 to a centimetre.

    The inverse of the transverse Mercator as a series: Snyder, Map Projections, USGS Professional Paper 1395, equations
    3-26, 7-19, 8-17 to 8-25.

    Raises:
        ValueError: no such place is in it.
    """
    if not (0 <= east_m <= _TM2_EAST_M_MAX and _TM2_NORTH_M_MIN <= north_m <= _TM2_NORTH_M_MAX):
        raise ValueError(
            f"metres of TWD97 / TM2: 0 to {_TM2_EAST_M_MAX:.0f} east, "
            f"{_TM2_NORTH_M_MIN:.0f} to {_TM2_NORTH_M_MAX:.0f} north"
        )
    e2 = _GRS80_ECCENTRICITY_SQUARED
    along = north_m / _TM2_SCALE / (_GRS80_M * (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256))
    e1 = (1 - sqrt(1 - e2)) / (1 + sqrt(1 - e2))
    foot = (
        along
        + (3 * e1 / 2 - 27 * e1**3 / 32) * sin(2 * along)
        + (21 * e1**2 / 16 - 55 * e1**4 / 32) * sin(4 * along)
        + (151 * e1**3 / 96) * sin(6 * along)
    )
    ep2 = e2 / (1 - e2)
    c, t = ep2 * cos(foot) ** 2, tan(foot) ** 2
    across_m = _GRS80_M / sqrt(1 - e2 * sin(foot) ** 2)
    along_m = _GRS80_M * (1 - e2) / (1 - e2 * sin(foot) ** 2) ** 1.5
    d = (east_m - _TM2_EAST_M) / (across_m * _TM2_SCALE)
    north = d**2 / 2 - (5 + 3 * t + 10 * c - 4 * c**2 - 9 * ep2) * d**4 / 24
    north += (61 + 90 * t + 298 * c + 45 * t**2 - 252 * ep2 - 3 * c**2) * d**6 / 720
    east = d - (1 + 2 * t + c) * d**3 / 6 + (5 - 2 * c + 28 * t - 3 * c**2 + 8 * ep2 + 24 * t**2) * d**5 / 120
    latitude = degrees(foot - across_m * tan(foot) / along_m * north)
    longitude = _TM2_LONGITUDE + degrees(east / cos(foot))
    return Point(round(latitude, _DECIMALS), round(longitude, _DECIMALS))


def distance_m(a: Point, b: Point) -> int:
    """The distance over the ground between two places, in metres (haversine; within 0.6 % of the ellipsoid)."""
    south, north = radians(a.latitude), radians(b.latitude)
    half_up, half_across = (north - south) / 2, radians(b.longitude - a.longitude) / 2
    chord = sin(half_up) ** 2 + cos(south) * cos(north) * sin(half_across) ** 2
    return round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord))))


def check_position(longitude: float, latitude: float, city: Box | None) -> None:
    """Refuses what is no place in WGS-84 degrees, or lies outside of the city's box, if that is known.

    Raises:
        OutsideTheCity: it says so where the two seem to be swapped.
    """
    if abs(latitude) <= 90 and (city is None or city.holds(longitude, latitude)):
        return
    seen: dict[str, object] = {"field": "longitude", "longitude": longitude, "latitude": latitude}
    swapped = abs(longitude) <= 90 and (abs(latitude) > 90 or (city is not None and city.holds(latitude, longitude)))
    if swapped:
        raise OutsideTheCity(
            f"Longitude and latitude seem to be swapped: say longitude {latitude} and latitude {longitude}.", **seen
        )
    if abs(latitude) > 90:
        raise OutsideTheCity("A latitude is -90 to 90 degrees.", **{**seen, "field": "latitude"})
    raise OutsideTheCity(
        f"{longitude}, {latitude} lies outside of the city. Positions are WGS-84 degrees, the longitude first.", **seen
    )


def _in_china(place: Point) -> bool:
    return _WEST <= place.longitude <= _EAST and _SOUTH <= place.latitude <= _NORTH


@lru_cache(maxsize=_PLACES_KEPT_MAX)
def _rounded(place: Point, crs: Crs) -> Point:
    there = _moved(place, crs)
    return Point(round(there.latitude, _DECIMALS), round(there.longitude, _DECIMALS))


def _moved(place: Point, crs: Crs) -> Point:
    there = _gcj02(place)
    return there if crs is Crs.GCJ02 else _bd09(there)


def _gcj02(place: Point) -> Point:
    x, y = place.longitude - 105.0, place.latitude - 35.0
    both = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
    northern = 20 * sin(pi * y) + 40 * sin(pi * y / 3) + 160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)
    eastern = 20 * sin(pi * x) + 40 * sin(pi * x / 3) + 150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + (both + northern) * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + (both + eastern) * 2 / 3
    # The radii of curvature of the ellipsoid at this latitude: along the meridian, and across it.
    latitude = radians(place.latitude)
    flat = 1 - _ECCENTRICITY_SQUARED * sin(latitude) ** 2
    along_m, across_m = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / flat**1.5, _AXIS_M / sqrt(flat)
    north, east = north_m / along_m * 180 / pi, east_m / (across_m * cos(latitude)) * 180 / pi
    return Point(place.latitude + north, place.longitude + east)


def _bd09(place: Point) -> Point:
    x, y = place.longitude, place.latitude
    length = hypot(x, y) + 0.00002 * sin(radians(3000 * y))
    angle = atan2(y, x) + 0.000003 * cos(radians(3000 * x))
    return Point(length * sin(angle) + 0.006, length * cos(angle) + 0.0065)
