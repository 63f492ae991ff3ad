"""A made-up Jinan: operators, tariffs and car parks near real places, none of them anybody's actual business.

The lists stand beside this module as CSV, the tariffs in seeds/tariffs. Coordinates are WGS-84; those of the places
were put down by hand from what is generally known of the city, to some hundred metres, and from no map. Most road bays
charge by Jinan's own tariff; some lots borrow that of another Chinese city, so that every Chinese text is seen at work.
"""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from parking import tariffs
from parking.facilities import Connector, Entrance, Facilities, Income, SpaceKind, Spaces
from parking.lots import Direction, LanePlan, LotKind, LotPlan
from parking.places import Place
from parking.tariffs import Tariff
from seeds.city.network import City, CityLot, OperatorPlan

_FOLDER = Path(__file__).parent
TARIFFS = _FOLDER.parent / "tariffs"
# West, south, east and north of the prefecture, a little more than its borders.
CITY_BOX = "116.2,36.0,117.8,37.6"
# One gate up to the first number of bays, two up to the second, else three.
_GATE_BAYS = (120, 400)


class _Row(Struct, frozen=True):
    code: str
    operator: str
    kind: LotKind
    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    address_zh: str
    longitude: float
    latitude: float
    capacity: int
    tariff: str


class _Offers(Struct, frozen=True):
    """A line of what lots offer; an empty cell is 0 or nothing."""

    code: str
    ev: int
    power_kw: float
    disabled: int
    height_max_cm: int
    opening_hours: str
    income: Income
    entrance_zh: str
    entrance_en: str
    entrance_longitude: float
    entrance_latitude: float


@cache
def jinan() -> City:
    """The whole city as it is on file."""
    said = [{name: cell or "0" for name, cell in row.items()} for row in _rows("facilities.csv")]
    offers = {row["code"]: _offers(msgspec.convert(row, _Offers, strict=False)) for row in said}
    lots = tuple(
        _lot(msgspec.convert(row, _Row, strict=False), offers.get(row["code"], Facilities()))
        for row in _rows("lots.csv")
    )
    return City(
        operators=tuple(msgspec.convert(row, OperatorPlan, strict=False) for row in _rows("operators.csv")),
        tariffs={code: tariff(code) for code in sorted({lot.tariff for lot in lots if lot.tariff})},
        lots=lots,
        places=tuple(_place(row) for row in _rows("places.csv")),
    )


def part(city: City, lots_max: int) -> City:
    """The same city with at most so many of its lots, taken evenly from all over it."""
    step = max(1, -(-len(city.lots) // lots_max))
    return msgspec.structs.replace(city, lots=city.lots[::step])


def tariff(code: str) -> Tariff:
    """A tariff of seeds/tariffs."""
    return tariffs.from_toml((TARIFFS / f"{code}.toml").read_bytes())


def _place(row: dict[str, str]) -> Place:
    aliases = [name for name in row["aliases"].split("|") if name]
    return msgspec.convert({**row, "aliases": aliases}, Place, strict=False)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _offers(row: _Offers) -> Facilities:
    spaces = [Spaces(SpaceKind.EV, row.ev, Connector.GBT_DC if row.power_kw > 7 else Connector.GBT_AC, row.power_kw)]
    spaces.append(Spaces(SpaceKind.DISABLED, row.disabled))
    entrance = Entrance(row.entrance_zh, row.entrance_en, row.entrance_latitude, row.entrance_longitude)
    return Facilities(
        spaces=tuple(each for each in spaces if each.count),
        height_max_cm=row.height_max_cm or None,
        opening_hours=row.opening_hours,
        entrances=(entrance,) if row.entrance_longitude else (),
        income=row.income,
    )


def _lot(row: _Row, offers: Facilities) -> CityLot:
    gates = 1 + sum(row.capacity > bays for bays in _GATE_BAYS)
    lanes = [
        LanePlan(code=f"{row.code}-{gate}-{word}", gate=f"g{gate}", direction=direction)
        for gate in range(1, gates + 1)
        for word, direction in (("in", Direction.ENTRY), ("out", Direction.EXIT))
    ]

    plan = LotPlan(
        code=row.code,
        operator_code=row.operator,
        name_zh=row.name_zh,
        name_en=row.name_en,
        district_zh=row.district_zh,
        district_en=row.district_en,
        kind=row.kind,
        capacity=row.capacity,
        longitude=row.longitude,
        latitude=row.latitude,
        gateway=f"gw-{row.code}",
        lanes=lanes,
        address_zh=row.address_zh,
    )
    return CityLot(plan, row.tariff, offers)
