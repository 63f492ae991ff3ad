"""Which lots a driver means, by words, place and what they offer, and in which order."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from math import cos, radians

from msgspec import Struct

from parking import facilities as facilities_
from parking import spellings
from parking.facilities import Facilities, SpaceKind
from parking.lots import Lot, LotKind
from parking.positions import Box, Crs, Point, distance_m, shown

# Streets are longer than the crow flies, and people walk 80 metres in a minute.
DETOUR_PERCENT, WALK_M_PER_MIN = 130, 80
# No degree is shorter on the sphere by which distances are. Near the poles and the date line a window says nothing.
_M_PER_DEGREE_MIN, _WINDOW_LATITUDE_MAX = 111_000, 85


class Sort(StrEnum):
    """In which order lots are listed: the cheapest, the nearest, those with the most free spaces, or those with the
    shortest way on foot first.
    """

    FEE = "fee"
    DISTANCE = "distance"
    FREE = "free"
    WALK = "walk"


class Search(Struct, frozen=True):
    """Filters of a search; one that is None or empty does not filter. `crs`: in which coordinates `box` is; `near` and
    `around` are WGS-84.

    `around`: a place that the words mean: lots within `radius_m` of it are found beside those that have the words.
    `ev`, `disabled`: with such spaces. `height_cm`: without those that are lower. `open_at`: without those closed then.
    """

    words: str = ""
    district: str = ""
    kind: LotKind | None = None
    operator_code: str = ""
    crs: Crs = Crs.WGS84
    box: Box | None = None
    near: Point | None = None
    around: Point | None = None
    radius_m: int | None = None
    ev: bool = False
    disabled: bool = False
    height_cm: int | None = None
    open_at: datetime | None = None

    @property
    def middle(self) -> Point | None:
        """From where distances are."""
        return self.around if self.near is None else self.near


class LotFound(Struct, frozen=True):
    """A lot, how far it is from the place asked for, if one was, and how far one walks from it."""

    lot: Lot
    distance_m: int | None = None
    walk_m: int | None = None

    @property
    def walk_min(self) -> int | None:
        """Minutes on foot, as far as the crow tells."""
        return None if self.walk_m is None else -(-self.walk_m * DETOUR_PERCENT // (100 * WALK_M_PER_MIN))


def find(lots: Iterable[Lot], search: Search, facilities: Mapping[int, Facilities]) -> list[LotFound]:
    """The lots that match, nearest first if a place was asked for, else by code. `facilities`: by lot."""
    words = spellings.words_of(search.words)
    district = spellings.plain(search.district)
    middle, window = search.middle, _window(search)
    # Most ask for no more than what is near.
    is_plain = not (search.kind or search.operator_code or district or search.box)
    takes_all = not (search.ev or search.disabled or search.height_cm is not None or search.open_at is not None)
    places = []
    for lot in lots:
        if window is not None and not window.holds(lot.longitude, lot.latitude):
            continue
        if not ((is_plain or _matches(lot, search, district)) and (takes_all or _offers(facilities, lot, search))):
            continue
        distance = None if middle is None else distance_m(middle, Point(lot.latitude, lot.longitude))
        is_near = distance is not None and (search.radius_m is None or distance <= search.radius_m)
        if search.near is not None and not is_near:
            continue
        if words and not (search.near is None and is_near) and not has_words(lot, words):
            continue
        walk = None if middle is None or distance is None else _walk_m(middle, distance, facilities.get(lot.id))
        places.append(LotFound(lot, distance, walk))
    return sorted(places, key=lambda place: (place.distance_m or 0, place.lot.code))


def _window(search: Search) -> Box | None:
    """A rectangle outside of which nothing is near enough, which is quicker to tell than a distance."""
    if search.near is None or search.radius_m is None or abs(search.near.latitude) > _WINDOW_LATITUDE_MAX:
        return None
    place, up = search.near, search.radius_m / _M_PER_DEGREE_MIN
    across = up / cos(radians(abs(place.latitude) + up))
    return Box(place.longitude - across, place.latitude - up, place.longitude + across, place.latitude + up)


def ordered(
    found: Iterable[LotFound], sort: Sort, fee_of: Callable[[Lot], int | None], free_of: Callable[[Lot], int | None]
) -> list[LotFound]:
    """Lots in an order; those of which what is asked is not known come last, equals as they came."""
    value_of: dict[Sort, Callable[[LotFound], int | None]] = {
        Sort.FEE: lambda place: fee_of(place.lot),
        Sort.FREE: lambda place: free_of(place.lot),
        Sort.DISTANCE: lambda place: place.distance_m,
        Sort.WALK: lambda place: place.walk_m,
    }
    wanted, sign = value_of[sort], -1 if sort is Sort.FREE else 1

    def first(place: LotFound) -> tuple[bool, int]:
        value = wanted(place)
        return value is None, 0 if value is None else sign * value

    return sorted(found, key=first)


def has_words(lot: Lot, words: Iterable[str]) -> bool:
    """Whether a lot is called so, or lies there, as it is written or in pinyin. `words`: `spellings.words_of`."""
    texts = [spellings.spelt(lot.name_zh, lot.name_en, lot.code), spellings.spelt(lot.district_zh, lot.district_en)]
    texts.append(spellings.spelt(lot.address_zh))
    return all(any(text.has(word) for text in texts) for word in words)


def _matches(lot: Lot, search: Search, district: str) -> bool:
    if search.kind is not None and lot.kind is not search.kind:
        return False
    if search.operator_code and lot.operator_code != search.operator_code:
        return False
    if district and district not in (spellings.plain(lot.district_zh), spellings.plain(lot.district_en)):
        return False
    if search.box is None:
        return True
    place = shown(Point(lot.latitude, lot.longitude), search.crs)
    return search.box.holds(place.longitude, place.latitude)


def _offers(of_lots: Mapping[int, Facilities], lot: Lot, search: Search) -> bool:
    facilities = of_lots.get(lot.id)
    if search.ev and not facilities_.count(facilities, SpaceKind.EV):
        return False
    if search.disabled and not facilities_.count(facilities, SpaceKind.DISABLED):
        return False
    height_max_cm = None if facilities is None else facilities.height_max_cm
    if search.height_cm is not None and height_max_cm is not None and height_max_cm < search.height_cm:
        return False
    return search.open_at is None or facilities_.is_open(facilities, lot, search.open_at) is not False


def _walk_m(place: Point, lot_m: int, facilities: Facilities | None) -> int:
    """From the nearest way out on foot, or from the lot where none is known."""
    ways = [] if facilities is None else [way for way in facilities.entrances if way.pedestrians]
    return min([distance_m(place, Point(way.latitude, way.longitude)) for way in ways], default=lot_m)
