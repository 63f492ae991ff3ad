"""What the publication check finds: a sentence in both languages, its place in the document, the bills that show it."""

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from parking.tariffs.document import Tariff
from parking.tariffs.visits import FeeLine

Severity: TypeAlias = Literal["error", "warning"]
Kind: TypeAlias = Literal[
    "unclear",
    "longer_costs_less",
    "earlier_costs_less",
    "minute_too_dear",
    "day_too_dear",
    "unused_band",
    "unreachable_tier",
    "cap_never_binds",
    "class_never_matches",
    "discount_never_fits",
    "farmable",
    "cap_forgets",
    "calendar_ends",
    "no_complaints_phone",
    "ignored_field",
    "incomplete",
]


class Bill(Struct, frozen=True):
    """What one vehicle pays for a time in the lot: one visit, or several that follow each other without a gap.

    Instants are in the zone of the tariff; the lines are those of all visits, `running_fen` begins anew with each.
    """

    entered_at: datetime
    left_at: datetime
    vehicle_zh: str
    vehicle_en: str
    visits: tuple[tuple[datetime, datetime], ...]
    fee_fen: int
    lines: tuple[FeeLine, ...]


class Finding(Struct, frozen=True):
    """Something of a price text that somebody should know before it is published.

    kind: a stable code. path: the place in the document. bills: the smallest example found, two bills if it compares.
    facts: numbers of the example, by name.
    """

    kind: Kind
    severity: Severity
    path: str
    text_zh: str
    text_en: str
    bills: tuple[Bill, ...] = ()
    facts: dict[str, int | str] = {}


def path_of(tariff: Tariff, rule: str) -> str:
    """The place in the document of a rule as a fee line names it: "bands.day" is "$.bands[0]"."""
    part, _, code = rule.partition(".")
    if not code:
        return f"$.{part}"
    codes = [one.code for one in getattr(tariff, part)]
    return f"$.{part}[{codes.index(code)}]"
