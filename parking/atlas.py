"""The lots of a network by where they are, in squares: who asks for a place looks at those around it and not at all."""

from collections.abc import Iterable, Mapping, Sequence
from math import cos, floor, radians

from msgspec import structs

from parking.facilities import Facilities
from parking.lots import Lot
from parking.places import Place, PlaceKind, best
from parking.positions import Crs, Point
from parking.searches import Search, find, has_words

# About a kilometre.
_SQUARES_PER_DEGREE = 100
_M_PER_DEGREE = 111_000
# Beyond so many squares it is quicker to look at all lots.
_SQUARES_MAX = 4_000
# As many as listen to a process.
_SEARCHES_KEPT_MAX = 5_000


class Atlas:
    """The lots and places of one network. It never changes: another network has another."""

    def __init__(
        self, lots: Iterable[Lot], places: Sequence[Place] = (), facilities: Mapping[int, Facilities] | None = None
    ) -> None:
        self.lots = list(lots)
        self.places = places
        self._facilities = facilities or {}
        self._busiest: list[Place] | None = None
        self._found: dict[Search, frozenset[int]] = {}
        for lot in self.lots:
            # How names are typed takes long to find out, so nobody who asks waits for it.
            has_words(lot, ())
        self._squares: dict[tuple[int, int], list[Lot]] = {}
        for lot in self.lots:
            self._squares.setdefault(_square(lot.latitude, lot.longitude), []).append(lot)

    def meant(self, search: Search, radius_m: int) -> tuple[Search, Place | None]:
        """The search, around the place that its words mean if they mean one and none was given."""
        place = None if search.near is not None or not search.words else best(self.places, search.words)
        if place is None:
            return search, None
        around = Point(place.latitude, place.longitude)
        return structs.replace(search, around=around, radius_m=radius_m), place

    def candidates(self, search: Search) -> Sequence[Lot]:
        """The lots that a search can find: all of the squares that its area touches."""
        if search.near is not None and search.radius_m is not None:
            up = search.radius_m / _M_PER_DEGREE
            across = up / max(0.01, cos(radians(min(89.0, abs(search.near.latitude) + up))))
            area = (
                search.near.longitude - across,
                search.near.latitude - up,
                search.near.longitude + across,
                search.near.latitude + up,
            )
        elif search.box is not None and search.crs is Crs.WGS84:
            box = search.box
            area = (box.west, box.south, box.east, box.north)
        else:
            return self.lots
        return self._within(*area)

    def lots_of(self, search: Search) -> frozenset[int]:
        """The numbers of the lots that a search finds. Many ask the same again and again, so it is kept."""
        if (known := self._found.get(search)) is not None:
            return known
        if len(self._found) >= _SEARCHES_KEPT_MAX:
            self._found.clear()
        found = find(self.candidates(search), search, self._facilities)
        kept = self._found[search] = frozenset(each.lot.id for each in found)
        return kept

    def busiest(self, places_max: int) -> list[Place]:
        """The places with the most spaces around them, one of each kind: where most people go."""
        if self._busiest is None:
            spaces = {place.code: self._spaces_around(place) for place in self.places}
            order = sorted(self.places, key=lambda place: (-spaces[place.code], place.code))
            of_kind: dict[PlaceKind, Place] = {}
            for place in order:
                of_kind.setdefault(place.kind, place)
            self._busiest = [*of_kind.values()]
        return self._busiest[:places_max]

    def _spaces_around(self, place: Place) -> int:
        return sum(lot.capacity for lot in self._squares.get(_square(place.latitude, place.longitude), ()))

    def _within(self, west: float, south: float, east: float, north: float) -> Sequence[Lot]:
        (bottom, left), (top, right) = _square(south, west), _square(north, east)
        if (top - bottom + 1) * (right - left + 1) > _SQUARES_MAX:
            return self.lots
        found: list[Lot] = []
        for up in range(bottom, top + 1):
            for across in range(left, right + 1):
                found += self._squares.get((up, across), ())
        return found


def _square(latitude: float, longitude: float) -> tuple[int, int]:
    return floor(latitude * _SQUARES_PER_DEGREE), floor(longitude * _SQUARES_PER_DEGREE)
