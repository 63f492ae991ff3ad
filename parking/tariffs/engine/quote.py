"""What goes into a quote and what comes out: a visit, the vehicle's earlier visits, the fee and its lines."""

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from parking.plates import PlateColor, VehicleClass
from parking.tariffs.language.fields import Scope
from payments.errors import OneLotError

LineKind: TypeAlias = Literal[
    "units",
    "cap",
    "free",
    "quota",
    "pass",
    "charging",
    "booked",
    "paused",
    "discount",
    "surcharge",
    "rejoined",
    "minimum",
    "rounding",
    "overstay",
    "stay_max",
    "exempt",
    "set",
]


class StayNotPriceable(OneLotError):
    """A stay ends before it begins, or is longer than STAY_DAYS_MAX: a missing exit, not a bill.

    The fact `text_zh` says why in Chinese, as the sentence does in English.
    """


class Vehicle(Struct, frozen=True):
    """What a price may depend on of a vehicle. tags: classes, entitlements; facts: length_cm, seats, …"""

    kind: VehicleClass = VehicleClass.SMALL
    color: PlateColor = PlateColor.UNKNOWN
    new_energy: bool = False
    tags: frozenset[str] = frozenset()
    facts: dict[str, int] = {}


class PassHeld(Struct, frozen=True):
    """A pass that the vehicle has, by its code in the tariff, and its validity."""

    code: str
    valid_from: datetime
    valid_until: datetime


class Use(Struct, frozen=True, gc=False):
    """What a visit used that later visits remember.

    `rule`, `amount`: minutes of `quota.<code>` or `pass.<code>`, one `free`, fen under `cap.<code>`, or under `rejoin`
    the fee of this visit and those it counted on from. `at` is the instant its memory counts from: the beginning of the
    grant, of the window, of the cap's or pass's period, or of the first of the visits.
    """

    rule: str
    at: datetime
    amount: int


class Past(Struct, frozen=True, gc=False):
    """An earlier visit of the same vehicle. `place`: in this lot, in another of its operator, elsewhere in the city."""

    entered_at: datetime
    left_at: datetime
    uses: tuple[Use, ...] = ()
    place: Scope = "lot"


class Visit(Struct, frozen=True, gc=False):
    """A vehicle in a lot from entry to exit, both aware instants, and what its fee depends on besides.

    charging: periods in which it was charged. coupons: codes of discounts handed in. paid_by: the method of payment.
    booked: periods that were booked for it. paused: periods in which its clock stood. continued: the rest of a stay
    that was split, so no free period and no quota begins with it.
    """

    entered_at: datetime
    left_at: datetime
    vehicle: Vehicle = Vehicle()
    bays: int = 1
    charging: tuple[tuple[datetime, datetime], ...] = ()
    booked: tuple[tuple[datetime, datetime], ...] = ()
    passes: tuple[PassHeld, ...] = ()
    coupons: tuple[str, ...] = ()
    paid_by: str = ""
    paused: tuple[tuple[datetime, datetime], ...] = ()
    continued: bool = False


class FeeLine(Struct, frozen=True, gc=False):
    """One line of the explanation. `amount_fen` is negative for what is taken off, `running_fen` the sum so far. "set"
    is what a person said instead of any rule.

    units: price units in "units" and "overstay", minutes where time is free, how often a cap applied in "cap", percent
    or 1 elsewhere. rule: the place of the rule in the document. The texts say what was paid for and when, the labels
    only what; the clauses are the published text of the rule where the document has it.
    """

    kind: LineKind
    starts_at: datetime
    ends_at: datetime
    units: int
    unit_fen: int
    amount_fen: int
    running_fen: int
    rule: str
    text_zh: str
    text_en: str
    label_zh: str
    label_en: str
    clause_zh: str = ""
    clause_en: str = ""


class Fee(Struct, frozen=True, gc=False):
    """What a stay costs, its lines (they add up to it), and what it used that later visits remember."""

    fee_fen: int
    lines: list[FeeLine]
    uses: tuple[Use, ...] = ()
