"""Published price texts as data, and the one engine that prices a stay by them and explains every fen.

`document` is the language, `reading` refuses what cannot be priced by, `compile` makes a text ready, `price` computes.
What the words mean stands in `seeds/tariffs/README.md`.

Values made by the thousand are `gc=False`: none of them leads back to itself, so the collector need not follow them.
"""

from parking.tariffs.compiled import Compiled
from parking.tariffs.document import STAY_DAYS_MAX, Grade, PriceMode, Tariff
from parking.tariffs.pricing import Owed, owed, price, series
from parking.tariffs.reading import (
    TariffUnclear,
    UnknownTimeZone,
    check_succession,
    from_json,
    from_toml,
    to_json,
    validate,
)
from parking.tariffs.versions import price_versions
from parking.tariffs.visits import Fee, FeeLine, PassHeld, Past, StayNotPriceable, Use, Vehicle, Visit


def compile(tariff: Tariff) -> Compiled:  # noqa: A001
    """The tariff ready for pricing in its zone; compile once, price many times."""
    return Compiled(tariff)


__all__ = [
    "STAY_DAYS_MAX",
    "Compiled",
    "Fee",
    "FeeLine",
    "Grade",
    "Owed",
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
    "check_succession",
    "compile",
    "from_json",
    "from_toml",
    "owed",
    "price",
    "price_versions",
    "series",
    "to_json",
    "validate",
]
