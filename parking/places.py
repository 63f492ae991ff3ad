"""Places that people go to and ask for by name: stations, hospitals, schools, sights. Each city has its own list."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from parking import spellings
from parking.lots import Code, Latitude, Longitude, Name

ALIASES_MAX = 8
SUGGESTED_MAX = 20


class PlaceKind(StrEnum):
    """What a place is."""

    STATION = "station"
    AIRPORT = "airport"
    METRO = "metro"
    HOSPITAL = "hospital"
    SCHOOL = "school"
    SIGHT = "sight"
    MALL = "mall"
    SPORT = "sport"
    OFFICE = "office"


class Place(Struct, frozen=True):
    """A place, in WGS-84 degrees. `aliases`: what it is called besides."""

    code: Code
    kind: PlaceKind
    name_zh: Name
    name_en: Name
    longitude: Longitude
    latitude: Latitude
    aliases: Annotated[tuple[Name, ...], Meta(max_length=ALIASES_MAX)] = ()


def suggested(places: Iterable[Place], asked: str, limit: int = SUGGESTED_MAX) -> list[Place]:
    """The places that words mean, as they are written or in pinyin: first those that are called so, then those that
    begin so, the shorter names first.
    """
    words = spellings.words_of(asked)
    if not words:
        return []
    found = [(rank, place) for place in places if (rank := _rank(place, words)) is not None]
    found.sort(key=lambda each: (each[0], len(each[1].name_zh), each[1].code))
    return [place for _, place in found[:limit]]


def best(places: Sequence[Place], asked: str) -> Place | None:
    """The place that words name: it is called so, or begins so and no lot need be."""
    words = spellings.words_of(asked)
    found = suggested(places, asked, 1)
    return found[0] if found and (_rank(found[0], words) or 0) <= _BEGINS else None


_CALLED, _BEGINS, _HAS = range(3)


def _rank(place: Place, words: Sequence[str]) -> int | None:
    text = spellings.spelt(place.name_zh, place.name_en, *place.aliases)
    if not all(text.has(word) for word in words):
        return None
    whole = " ".join(words)
    if text.says(whole):
        return _CALLED
    return _BEGINS if text.begins(whole) or text.begins("".join(words)) else _HAS
