"""What a driver asks for on a page, as it stands in its address: where to, when, how long, with which car. What cannot
be read is as if it had not been said: a link that somebody cut short still opens.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from parking.fares import STAY_MIN_MAX, StayAsked, stay_asked
from parking.plates import VehicleClass
from parking.positions import Point
from parking.searches import Sort

WORDS_CHARACTERS_MAX = 64
STAY_MIN, STAY_STEP_MIN = 120, 30
HEIGHT_CM_MAX = 1000
YEARS = range(2000, 2200)
_SORTS = {each.value: each for each in Sort}


class Question(Struct, frozen=True):
    """`near`: where somebody is, or the place that was chosen; `at`: by the clock of the city; `room`: only where a
    space is free.
    """

    q: str = ""
    near: Point | None = None
    at: datetime | None = None
    stay: int = STAY_MIN
    large: bool = False
    nev: bool = False
    ev: bool = False
    disabled: bool = False
    height: int | None = None
    room: bool = False
    sort: Sort | None = None

    def address(self, path: str = "/", **changes: object) -> str:
        """A page with this question, some of it otherwise."""
        query = urlencode(structs.replace(self, **changes).query())
        return f"{path}?{query}" if query else path

    def sorted_by(self, sort: str) -> str:
        """The list in another order."""
        return self.address(sort=Sort(sort))

    def query(self) -> dict[str, str]:
        """What stands in the address: only what is not as it is without it."""
        said: dict[str, str] = {"q": self.q} if self.q else {}
        if self.near is not None:
            said["near"] = f"{self.near.latitude:.5f},{self.near.longitude:.5f}"
        if self.at is not None:
            said["at"] = self.at.strftime("%Y-%m-%dT%H:%M")
        if self.stay != STAY_MIN:
            said["stay"] = str(self.stay)
        said |= {name: "1" for name in ("large", "nev", "ev", "disabled", "room") if getattr(self, name)}
        if self.height is not None:
            said["height"] = str(self.height)
        if self.sort is not None:
            said["sort"] = self.sort.value
        return said

    @property
    def vehicle_class(self) -> VehicleClass:
        """Of the car that is meant."""
        return VehicleClass.LARGE if self.large else VehicleClass.SMALL

    def arrival(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When the stay begins."""
        return now if self.at is None else self.at.replace(tzinfo=zone).astimezone(now.tzinfo)

    def asked(self, now: datetime, zone: ZoneInfo) -> StayAsked:
        """The stay whose price is asked."""
        return stay_asked(self.arrival(now, zone), self.stay, self.vehicle_class, new_energy=self.nev)


def read(said: Mapping[str, Any]) -> Question:
    """The question of a query."""
    get = {name: str(value) for name, value in said.items()}.get
    flags = {name: get(name) == "1" for name in ("large", "nev", "ev", "disabled", "room")}
    return Question(
        q=(get("q") or "").strip()[:WORDS_CHARACTERS_MAX],
        near=_point(get("near", "")),
        at=_time(get("at", "")),
        stay=_number(get("stay", ""), STAY_MIN_MAX) or STAY_MIN,
        height=_number(get("height", ""), HEIGHT_CM_MAX),
        sort=_SORTS.get(get("sort", "")),
        **flags,
    )


def _point(text: str) -> Point | None:
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    inside = math.isfinite(latitude + longitude) and abs(latitude) <= 90 and abs(longitude) <= 180
    return Point(latitude, longitude) if inside else None


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=None, second=0, microsecond=0) if at.year in YEARS else None


def _number(text: str, most: int) -> int | None:
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 9 and int(text) else None


def lasting(minutes: int) -> timedelta:
    """A stay as a length."""
    return timedelta(minutes=minutes)
