"""The tariff language: a published tariff as data. Shapes only; `seeds/tariffs/README.md` says what each means.

A document is TOML or JSON of the shape `Tariff`. Amounts are whole minor units of its currency (fen for CNY); times of
day are local to its time zone; periods are whole minutes unless the name says hours or days. A rate period is a `Band`,
and the time a stay spends in one without leaving it is a segment, which documents call a `passage`.
"""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from parking.plates import PlateColor, VehicleClass

DAY_MIN = 24 * 60
DOCUMENT_BYTES_MAX = 64 << 10
FEN_MAX = 100_000_000
STAY_DAYS_MAX = 400

Fen: TypeAlias = Annotated[int, Meta(ge=0, le=FEN_MAX)]
Minutes: TypeAlias = Annotated[int, Meta(ge=0, le=31 * DAY_MIN)]
UnitMinutes: TypeAlias = Annotated[int, Meta(ge=1, le=31 * DAY_MIN)]
Hours: TypeAlias = Annotated[int, Meta(ge=1, le=31 * 24)]
Percent: TypeAlias = Annotated[int, Meta(ge=0, le=1000)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=1000)]
# `$` alone would let a newline follow; `(?!\n)` does not, and unlike \Z it means the same to readers of the schema.
Clock: TypeAlias = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)")]
MonthDay: TypeAlias = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)")]
IsoDate: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)")]
Code: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$(?!\n)")]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Clause: TypeAlias = Annotated[str, Meta(max_length=512)]
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Which earlier visits are remembered: those to the same lot, to all lots of its operator, or to any lot of the city.
Scope: TypeAlias = Literal["lot", "operator", "city"]
# Which minutes are counted: all of the stay, or those in rate periods that are not free.
Counts: TypeAlias = Literal["stay", "chargeable"]


class Grade(StrEnum):
    """How good the source of a price is; `made_up` has none."""

    OFFICIAL = "official"
    PRESS = "press"
    COPY = "copy"
    HEARSAY = "hearsay"
    MADE_UP = "made_up"


class PriceMode(StrEnum):
    """Who sets the price: the government (on a blue notice) or the market (orange)."""

    GOVERNMENT = "government"
    MARKET = "market"


class _Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a document; unknown fields are refused."""


class _Named(_Part, frozen=True, kw_only=True):
    """A part with a name in both languages and, where it is known, the published text of the rule."""

    code: Code
    name_zh: Name
    name_en: Name
    clause_zh: Clause = ""
    clause_en: Clause = ""


def _minute_of_day(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


class Season(_Part, frozen=True):
    """From one day of the year to another, both included; over New Year if `to` is the smaller."""

    from_: MonthDay = msgspec.field(name="from")
    to: MonthDay


class DateRange(_Part, frozen=True):
    """From one date to another, both included."""

    from_: IsoDate = msgspec.field(name="from")
    to: IsoDate


class DaySet(_Part, frozen=True):
    """A named set of local days: those that meet every condition given and are in no set of `except`.

    name_zh, name_en: what a notice calls them; without a name it says what the days have in common.
    """

    code: Code
    name_zh: Annotated[str, Meta(max_length=128)] = ""
    name_en: Annotated[str, Meta(max_length=128)] = ""
    weekdays: tuple[Weekday, ...] = ()
    workday: bool | None = None
    holidays: tuple[Code, ...] = ()
    seasons: tuple[Season, ...] = ()
    dates: tuple[DateRange, ...] = ()
    except_: tuple[Code, ...] = msgspec.field(name="except", default=())


class DayHours(_Part, frozen=True):
    """From `from` up to `to` on every day of the set; over midnight, if `to` is earlier, it belongs to the evening."""

    from_: Clock = msgspec.field(name="from", default="00:00")
    to: Clock = "24:00"
    days: Code = "every_day"

    def minutes(self) -> tuple[int, int]:
        """From and to in minutes of the day; `to` is beyond 24 hours where the period runs over midnight."""
        begins, until = _minute_of_day(self.from_), _minute_of_day(self.to)
        return begins, until if until > begins else until + DAY_MIN


class Tier(_Part, frozen=True):
    """A stretch of the charged time, in units; the last tier of a rate period has no `for_min`.

    Without `unit_min` it costs `unit_fen` once a segment, however long.
    """

    unit_fen: Fen
    unit_min: UnitMinutes | None = None
    for_min: UnitMinutes | None = None


class Band(_Named, frozen=True, kw_only=True):
    """A rate period: a part of the day with its own price. No tiers: free.

    part_unit, tolerance_min: a part unit at the end, if it is longer than the tolerance, counts whole ("up"), never
    ("down") or by its begun minutes ("minutes"). daily: each local day is a segment of its own. restart, progress:
    where the tiers begin again ("passage": with each segment), and whether time in this rate period or all time moves
    them on.
    """

    hours: tuple[DayHours, ...] = ()
    otherwise: bool = False
    tiers: Annotated[tuple[Tier, ...], Meta(max_length=24)] = ()
    part_unit: Literal["up", "down", "minutes"] = "up"
    tolerance_min: Minutes = 0
    daily: bool = False
    restart: Literal["passage", "day", "cycle", "never"] = "passage"
    progress: Literal["band", "stay"] = "band"


class Crossing(_Part, frozen=True, kw_only=True):
    """What happens where one rate period ends and the next begins.

    part_unit: a unit begun before the end is rounded there ("separate") or runs on into the next one ("complete").
    short_under_min: a shorter time to be charged in several rate periods has one price: `short_price`, that of the
    "first" or the "last" of them, or of the one with that code if it is among them.
    """

    part_unit: Literal["separate", "complete"] = "separate"
    short_under_min: Minutes = 0
    short_price: Code = "first"


class Memory(_Part, frozen=True, kw_only=True):
    """How long something used is remembered, and where.

    "sliding": each use for `hours` from its own beginning. "window": all uses until `hours` after the first of them.
    "day": until local midnight. "visit": not beyond the visit.
    """

    per: Literal["sliding", "window", "day", "visit"] = "sliding"
    hours: Hours = 24
    scope: Scope = "lot"


class Free(_Part, frozen=True, kw_only=True):
    """The free period. inclusive: a stay of exactly so long is free. deducted: longer stays keep it.

    again: "cycle" grants it anew with every cycle. uses_max: how many visits within `memory` have it; 0: any number.
    """

    minutes: Minutes = 0
    inclusive: bool = True
    deducted: bool = False
    counts: Counts = "stay"
    again: Literal["never", "cycle"] = "never"
    uses_max: Count = 0
    memory: Memory = Memory()
    clause_zh: Clause = ""
    clause_en: Clause = ""


class Match(_Part, frozen=True, kw_only=True):
    """Which vehicles are meant: those that match everything given; nothing given matches all.

    tags: the vehicle has one of them. at_least, at_most: a known fact of the vehicle (length_cm, seats, mass_kg,
    co2_g_km, …) lies within; an unknown fact matches neither.
    """

    kinds: tuple[VehicleClass, ...] = ()
    colors: tuple[PlateColor, ...] = ()
    new_energy: bool | None = None
    tags: tuple[Word, ...] = ()
    at_least: dict[Word, int] = {}
    at_most: dict[Word, int] = {}


class Quota(_Named, frozen=True, kw_only=True):
    """Minutes that some vehicles have free, or at `pays_percent`, and that are remembered.

    visits_max: how many visits may draw on it within its memory; 0 is any number. portion_max_min: once a second visit
    draws, no visit may draw more than this; 0 is no limit. within_free: whether a stay within the free period "spares"
    the quota or "uses" it. free_too: a vehicle that has drawn on it keeps the general free period. again: as in `Free`.
    """

    who: Match
    minutes: UnitMinutes
    pays_percent: Annotated[int, Meta(ge=0, le=99)] = 0
    memory: Memory = Memory()
    visits_max: Count = 0
    portion_max_min: Minutes = 0
    within_free: Literal["spares", "uses"] = "spares"
    free_too: bool = True
    counts: Counts = "stay"
    again: Literal["never", "cycle"] = "never"


class ClassRule(_Named, frozen=True, kw_only=True):
    """What a class of vehicles pays instead; the first class that matches applies.

    percent, add_fen: every unit price times percent, plus the addition. prices, caps: tiers of its own by the code of a
    band and caps of its own by code, as written. caps_scale: percent and the number of bays apply to the other caps as
    well. per_bay: prices (and caps, if they scale) count once for every bay the vehicle occupies. free: its own period.
    """

    who: Match
    percent: Percent = 100
    add_fen: Fen = 0
    per_bay: bool = False
    caps_scale: bool = True
    prices: dict[Code, tuple[Tier, ...]] = {}
    caps: dict[Code, Fen] = {}
    free: Free | None = None


class Cap(_Named, frozen=True, kw_only=True):
    """The most that the units beginning in a period cost; of several caps the one with least left applies.

    per: the whole stay, one segment ("passage"), a local calendar day, a cycle of `hours` from the entry, or one of the
    `windows`. bands: which rate periods count; none named: all. memory: earlier visits count too ("day" and "cycle"
    alone). It applies to vehicles that match `who` and visits that entered and left within the hours given, in periods
    that begin on one of `days`, and in the first `times_max` periods of a visit; 0: in all.
    """

    fen: Fen
    per: Literal["stay", "passage", "day", "cycle", "window"]
    bands: tuple[Code, ...] = ()
    hours: Hours = 24
    windows: tuple[DayHours, ...] = ()
    memory: Literal["none", "lot", "operator", "city"] = "none"
    who: Match = Match()
    days: Code = "every_day"
    entered: tuple[DayHours, ...] = ()
    left: tuple[DayHours, ...] = ()
    times_max: Count = 0


class Discount(_Named, frozen=True, kw_only=True):
    """What is taken off: a share, an amount or minutes. Discounts apply in the order of the document.

    who, paid_by, coupon: whom it is for, how it must be paid, whether its code must be handed in.
    stage: percent and amount before or after the caps. minutes_as: minutes not charged from the beginning ("time"), or
    what that first time costs is taken off at the end ("worth").
    """

    kind: Literal["percent", "amount", "minutes"]
    percent: Annotated[int, Meta(ge=0, le=100)] = 0
    fen: Fen = 0
    minutes: Minutes = 0
    minutes_as: Literal["time", "worth"] = "time"
    stage: Literal["before_caps", "after_caps"] = "after_caps"
    who: Match = Match()
    paid_by: tuple[Word, ...] = ()
    coupon: bool = False


class Pass(_Named, frozen=True, kw_only=True):
    """A pass that is sold, and when its holder parks without paying; no `hours`: always.

    on_expiry: a pass that ends during the stay covers it up to its end ("split") or not at all ("whole_stay").
    """

    price_fen: Fen
    period: Literal["day", "week", "month", "quarter", "year"]
    hours: tuple[DayHours, ...] = ()
    grace_days: Annotated[int, Meta(ge=0, le=31)] = 0
    on_expiry: Literal["split", "whole_stay"] = "split"
    who: Match = Match()


class Charging(_Part, frozen=True, kw_only=True):
    """Parking while a vehicle is charged, and `after_min` after it: free for `free_max_min` in all (0: no limit)."""

    free_max_min: Minutes = 0
    after_min: Minutes = 0


class Overstay(_Part, frozen=True, kw_only=True):
    """The fee for staying in a charging bay: from `grace_min` after the last charging ended, on top of everything."""

    grace_min: Minutes
    unit_min: UnitMinutes
    unit_fen: Fen
    cap_fen: Fen | None = None


class Exemption(_Part, frozen=True, kw_only=True):
    """Vehicles that pay nothing; their stays are recorded all the same."""

    name_zh: Name
    name_en: Name
    who: Match


class Promises(_Part, frozen=True, kw_only=True):
    """What the tariff states about its own fees; the lint looks for stays that break it."""

    never_cheaper: bool = False
    minute_fen_max: Fen | None = None
    day_fen_max: Fen | None = None


class Tariff(_Part, frozen=True, kw_only=True):
    """A published tariff.

    seconds: dropped from both ends; or entry rounded up and exit down to the minute; or counted. on_change: a stay
    keeps the tariff in force at its entry, or is split where the next begins. cycle_hours: the cycle that tiers and
    free periods may begin again with, from the entry. stacking: all discounts that apply, or the one that helps most.
    minimum_fen: a fee above 0 is at least this. round_to_fen, round_mode: the last step.
    """

    code: Code
    name_zh: Name
    name_en: Name
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
    bands: Annotated[tuple[Band, ...], Meta(min_length=1, max_length=48)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")] = "CNY"
    price_mode: PriceMode = PriceMode.MARKET
    grade: Grade = Grade.MADE_UP
    source: Annotated[str, Meta(max_length=1024)] = ""
    basis_zh: Clause = ""
    basis_en: Clause = ""
    complaints_phone: Annotated[str, Meta(max_length=32)] = ""
    supersedes: Code | None = None
    calendar: Literal["none", "CN"] = "none"
    days: Annotated[tuple[DaySet, ...], Meta(max_length=48)] = ()
    seconds: Literal["drop", "entry_up_exit_down", "exact"] = "drop"
    on_change: Literal["at_entry", "split"] = "at_entry"
    cycle_hours: Hours = 24
    free: Free = Free()
    crossing: Crossing = Crossing()
    quotas: Annotated[tuple[Quota, ...], Meta(max_length=6)] = ()
    classes: Annotated[tuple[ClassRule, ...], Meta(max_length=24)] = ()
    caps: Annotated[tuple[Cap, ...], Meta(max_length=24)] = ()
    discounts: Annotated[tuple[Discount, ...], Meta(max_length=12)] = ()
    stacking: Literal["all", "best"] = "all"
    passes: Annotated[tuple[Pass, ...], Meta(max_length=24)] = ()
    charging: Charging | None = None
    overstay: Overstay | None = None
    exempt: Annotated[tuple[Exemption, ...], Meta(max_length=24)] = ()
    minimum_fen: Fen = 0
    round_to_fen: Annotated[int, Meta(ge=1, le=10_000)] = 1
    round_mode: Literal["up", "down", "half_up"] = "half_up"
    promises: Promises = Promises()
