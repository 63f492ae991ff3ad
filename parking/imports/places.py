"""Places in files: what they are, what they are called, and where they lie."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from parking.imports import Column, Form, Reading
from parking.lots import Code, Latitude, Longitude, Name
from parking.places import ALIASES_MAX, Place, PlaceKind

_BETWEEN = "|"
_Aliases = Annotated[list[Name], Meta(max_length=ALIASES_MAX)]


def written(place: Place) -> dict[str, object]:
    """A place as a row."""
    return {**msgspec.structs.asdict(place), "kind": place.kind.value, "aliases": _BETWEEN.join(place.aliases)}


def _aliases(said: str) -> Sequence[str]:
    return msgspec.convert([name.strip() for name in said.split(_BETWEEN)], _Aliases)


def _whole(reading: Reading) -> Place | None:
    if reading.stands() is not None:
        return None
    return Place(**{**reading.values, "aliases": tuple(reading.values.get("aliases", ()))})


_FIELDS = {
    "code": Column(Code, is_needed=True, is_code=True),
    "kind": Column(PlaceKind, is_needed=True),
    "name_zh": Column(Name, is_needed=True),
    "name_en": Column(Name, is_needed=True),
    "longitude": Column(Longitude, is_needed=True),
    "latitude": Column(Latitude, is_needed=True),
    "aliases": Column(_Aliases, read=_aliases),
}
FORM = Form(noun="places", fields=_FIELDS, columns=tuple(_FIELDS), whole=_whole, key=lambda place: place.code)
