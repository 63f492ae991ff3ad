"""Published tariffs as data, and the one engine that prices a stay by them and explains every fen.

A tariff is read (`from_toml`, `from_json`), compiled once (`Compiled`), and priced by: `price` gives the fee of a visit
with its lines, by the tariffs that price it; `calculate` the fee alone, by one tariff, in less time;
`price_sequence` the fees of visits that follow each other. What the words of a tariff mean stands in
`seeds/tariffs/README.md`.

Values made by the thousand are `gc=False`: no reference leads back to them, so the collector need not follow them.
"""

from parking.tariffs.bill.fee import price, price_sequence
from parking.tariffs.engine.calculation import Calculation
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.price import calculate
from parking.tariffs.engine.quote import Fee, FeeLine, PassHeld, Past, StayNotPriceable, Use, Vehicle, Visit
from parking.tariffs.language.document import STAY_DAYS_MAX, Grade, PriceMode, Tariff
from parking.tariffs.language.errors import TariffUnclear, UnknownTimeZone
from parking.tariffs.language.parsing import check_succession, from_json, from_toml, to_json
from parking.tariffs.language.validation import validate

__all__ = [
    "STAY_DAYS_MAX",
    "Calculation",
    "Compiled",
    "Fee",
    "FeeLine",
    "Grade",
    "PassHeld",
    "Past",
    "PriceMode",
    "StayNotPriceable",
    "Tariff",
    "TariffUnclear",
    "UnknownTimeZone",
    "Use",
    "Vehicle",
    "Visit",
    "calculate",
    "check_succession",
    "from_json",
    "from_toml",
    "price",
    "price_sequence",
    "to_json",
    "validate",
]
