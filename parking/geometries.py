"""Shapes of a map as GeoJSON (RFC 7946) says them, and the point that stands for each."""

from typing import TypeAlias

import msgspec
from msgspec import Struct

from parking.positions import Point

# Longitude and latitude, and a height that says nothing here.
Place: TypeAlias = tuple[float, ...]
Ring: TypeAlias = list[Place]


class PointShape(Struct, frozen=True, tag="Point"):
    """A place."""

    coordinates: Place


class PolygonShape(Struct, frozen=True, tag="Polygon"):
    """An area: its border, and those of its holes."""

    coordinates: list[Ring]


class MultiPolygonShape(Struct, frozen=True, tag="MultiPolygon"):
    """Areas that belong together."""

    coordinates: list[list[Ring]]


def centre(document: str) -> Point:
    """The place of a point, or the centre of gravity of an area without its holes, as flat as a lot is.

    Raises:
        ValueError: it is no Point, Polygon or MultiPolygon with coordinates.
    """
    shape = msgspec.json.decode(document, type=PointShape | PolygonShape | MultiPolygonShape)
    if isinstance(shape, PointShape):
        borders = [[shape.coordinates]]
    elif isinstance(shape, PolygonShape):
        borders = shape.coordinates[:1]
    else:
        borders = [rings[0] for rings in shape.coordinates if rings]
    places = [place for border in borders for place in border]
    if not places or any(len(place) < 2 for place in places):
        raise ValueError("a shape has places of longitude and latitude")
    # Reckoned from a corner: far from zero the differences of products would be lost.
    west, south = places[0][0], places[0][1]
    area = east = north = 0.0
    for border in borders:
        corners = [(place[0] - west, place[1] - south) for place in border]
        for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
            twice = x1 * y2 - x2 * y1
            area, east, north = area + twice, east + (x1 + x2) * twice, north + (y1 + y2) * twice
    if area == 0:
        return Point(sum(place[1] for place in places) / len(places), sum(place[0] for place in places) / len(places))
    return Point(south + north / (3 * area), west + east / (3 * area))
