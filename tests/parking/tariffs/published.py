"""The documents of seeds/tariffs by their code, and visits as examples write them: "tue 09:00"."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from parking import tariffs
from parking.plates import PlateColor, VehicleClass
from parking.tariffs import Tariff, Vehicle, Visit
from seeds.city.jinan import TARIFFS
from tests.parking.tariffs.strategies import fee_of

# The week of the examples, in November 2025: ordinary days, without a holiday anywhere.
DAYS = {"mon": "17", "tue": "18", "wed": "19", "thu": "20", "fri": "21", "sat": "22", "sun": "23"}
VEHICLES = {
    "small": Vehicle(color=PlateColor.BLUE),
    "car": Vehicle(),
    "large": Vehicle(kind=VehicleClass.LARGE, color=PlateColor.YELLOW),
    "nev": Vehicle(color=PlateColor.GREEN, new_energy=True),
    "bus": Vehicle(facts={"seats": 12}),
    "ambulance": Vehicle(tags=frozenset({"ambulance"})),
    "disabled": Vehicle(tags=frozenset({"disabled", "light_car"})),
    "motorcycle": Vehicle(kind=VehicleClass.MOTORCYCLE),
    "family": Vehicle(tags=frozenset({"family"})),
}


@cache
def document(code: str) -> Tariff:
    return tariffs.from_toml((TARIFFS / f"{code}.toml").read_bytes())


def local(tariff: Tariff, written: str) -> datetime:
    """An instant from `tue 09:00`, `2025-11-18 09:00` or an ISO form, on the clocks of the document's zone."""
    day, _, clock = written.partition(" ")
    shown = datetime.fromisoformat(f"2025-11-{DAYS[day]}T{clock}" if day in DAYS else written)
    return shown.replace(tzinfo=ZoneInfo(tariff.time_zone))


def visit(tariff: Tariff, entry: str, exit_: str, vehicle: str = "car") -> Visit:
    return Visit(local(tariff, entry), local(tariff, exit_), VEHICLES[vehicle])


def fee(tariff: Tariff, visit: Visit) -> int:
    """The fee, and that its explanation adds up to it."""
    priced = fee_of(tariffs.Compiled(tariff), visit)
    assert sum(line.amount_fen for line in priced.lines) == priced.fee_fen
    assert tariffs.calculate(tariffs.Compiled(tariff), visit).fee_fen == priced.fee_fen
    return priced.fee_fen


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]
