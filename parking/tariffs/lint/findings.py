"""What the lint finds: a sentence in both languages, its place in the document, and the bills that show it."""

from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from parking.tariffs.engine.quote import FeeLine
from parking.tariffs.language.document import Tariff
from parking.texts import amounts, times

Severity: TypeAlias = Literal["error", "warning", "information"]
Kind: TypeAlias = Literal[
    "unclear",
    "longer_costs_less",
    "earlier_costs_less",
    "minute_too_dear",
    "day_too_dear",
    "promise_unproved",
    "no_promises",
    "clause_differs",
    "unusual_currency",
    "unusual_price",
    "unusual_time",
    "unusual_percent",
    "name_differs",
    "unused_band",
    "unreachable_tier",
    "cap_never_binds",
    "class_never_matches",
    "discount_never_fits",
    "surcharge_never_fits",
    "farmable",
    "cap_forgets",
    "calendar_ends",
    "no_complaints_phone",
    "ignored_field",
    "unfed",
    "incomplete",
]


class Bill(Struct, frozen=True):
    """What one vehicle pays for a time in the lot: one visit, or several that follow each other without a gap.

    Datetimes are local to the tariff; the lines are those of all visits, `running_fen` begins anew with each.
    """

    entered_at: datetime
    left_at: datetime
    vehicle_zh: str
    vehicle_en: str
    visits: tuple[tuple[datetime, datetime], ...]
    fee_fen: int
    lines: tuple[FeeLine, ...]


class BillWords(NamedTuple):
    """The time and the fee of a bill as sentences write them."""

    stay_zh: str
    stay_en: str
    fee_zh: str
    fee_en: str


class Finding(Struct, frozen=True):
    """A problem of a tariff, or what is worth knowing of it.

    kind: a stable code. severity: an error forbids publication, a warning needs a reason, information needs nothing.
    path: the place in the document. bills: the smallest example found, two bills if it compares. facts: numbers of the
    example, by name.
    """

    kind: Kind
    severity: Severity
    path: str
    text_zh: str
    text_en: str
    bills: tuple[Bill, ...] = ()
    facts: dict[str, int | str] = {}

    @property
    def name(self) -> str:
        """What a reason calls it: its kind and place."""
        return f"{self.kind}@{self.path}"


def in_words(bill: Bill, tariff: Tariff) -> BillWords:
    """The time and the fee of a bill in both languages."""
    return BillWords(*times.stay(bill.entered_at, bill.left_at), *amounts.short(bill.fee_fen, tariff.currency))


def path_of(tariff: Tariff, rule: str) -> str:
    """The place in the document of a rule as a fee line names it: "bands.day" is "$.bands[0]"."""
    part, _, code = rule.partition(".")
    if not code:
        return f"$.{part}"
    codes = [each.code for each in getattr(tariff, part)]
    return f"$.{part}[{codes.index(code)}]"
