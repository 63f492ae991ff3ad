"""The filters that the list of lots and its live stream share."""

import math
from datetime import datetime
from typing import Annotated, TypeAlias

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from parking.api.etags import unreadable
from parking.api.instants import YEARS, instant
from parking.facilities import LENGTH_CM_MAX
from parking.lots import LotKind
from parking.positions import Box, Crs, Point, stored
from parking.searches import Search

RADIUS_M_DEFAULT = 2_000
RADIUS_M_MAX = 50_000
AskedCrs: TypeAlias = Annotated[
    Crs,
    QueryParameter(description="Coordinates of all positions: wgs84 (GPS), gcj02 (高德, 腾讯) or bd09 (百度)."),
]


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
    crs: AskedCrs = Crs.WGS84,
    ev: Annotated[bool, QueryParameter(description="With spaces where vehicles are charged.")] = False,
    disabled: Annotated[bool, QueryParameter(description="With spaces for disabled people.")] = False,
    height_cm: Annotated[
        int | None, QueryParameter(ge=1, le=LENGTH_CM_MAX, description="Without lots that say that they are lower.")
    ] = None,
    open_at: Annotated[
        str, QueryParameter(max_length=64, description="An instant: without lots that say that they are closed then.")
    ] = "",
) -> Search:
    """The filters as a search.

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
        crs=crs,
        box=None if not bbox else _box(bbox),
        near=None if place is None else stored(place, crs),
        radius_m=None if place is None else radius_m or RADIUS_M_DEFAULT,
        ev=ev,
        disabled=disabled,
        height_cm=height_cm,
        open_at=None if not open_at else _year(instant("open_at", open_at)),
    )


Wanted: TypeAlias = NamedDependency[SkipValidation[Search]]
WANTED = {"wanted": Provide(lot_search)}


def _year(open_at: datetime) -> datetime:
    if open_at.year not in YEARS:
        raise unreadable("open_at", f"Opening hours are known from {YEARS[0]} to {YEARS[-1]}.")
    return open_at


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
