"""The tariff language: a published tariff as data. Shapes only; `seeds/tariffs/README.md` says what each means.

A document is TOML or JSON of the shape `Tariff`. Amounts are whole minor units of its currency (fen for CNY); times of
day are local to its time zone; periods are whole minutes unless the name says hours or days. A rate period is a `Band`,
and the time a stay spends in one without leaving it is a segment, which documents call a `passage`.
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from parking.tariffs.language.conditions import DayHours, DaySet, Match
from parking.tariffs.language.fields import (
    Clause,
    Clock,
    Code,
    Count,
    Counts,
    Fen,
    Hours,
    Minutes,
    Name,
    Named,
    Part,
    Percent,
    Scope,
    UnitMinutes,
    Word,
)

DOCUMENT_BYTES_MAX = 64 << 10
STAY_DAYS_MAX = 400


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


class Tier(Part, frozen=True):
    """A stretch of the charged time, in units; the last tier of a rate period has no `for_min`.

    Without `unit_min` it costs `unit_fen` once a segment, however long.
    """

    unit_fen: Fen
    unit_min: UnitMinutes | None = None
    for_min: UnitMinutes | None = None


class Band(Named, frozen=True, kw_only=True):
    """A rate period: a part of the day with its own price. No tiers: free.

    part_unit, tolerance_min: a part unit at the end, if it is longer than the tolerance, counts whole ("up"), never
    ("down") or by its begun minutes ("minutes"). daily: each day is a segment of its own. restart, progress: where the
    tiers begin again ("passage": with each segment), and what moves them on: time charged in this rate period, all time
    since the first unit, or all time since the entry, also what is free.
    """

    hours: tuple[DayHours, ...] = ()
    otherwise: bool = False
    tiers: Annotated[tuple[Tier, ...], Meta(max_length=24)] = ()
    part_unit: Literal["up", "down", "minutes"] = "up"
    tolerance_min: Minutes = 0
    daily: bool = False
    restart: Literal["passage", "day", "cycle", "never"] = "passage"
    progress: Literal["band", "stay", "entry"] = "band"


class Crossing(Part, frozen=True, kw_only=True):
    """What happens where one rate period ends and the next begins.

    part_unit: a unit begun before the end is rounded there ("separate"), runs on into the next one ("complete"), or
    costs in each the share of its minutes, so that only the last unit of the stay is rounded ("shared").
    short_under_min: a shorter time to be charged in several rate periods has one price: `short_price`, that of the
    "first" or the "last" of them, or of the one with that code if it is among them.
    """

    part_unit: Literal["separate", "complete", "shared"] = "separate"
    short_under_min: Minutes = 0
    short_price: Code = "first"


class Memory(Part, frozen=True, kw_only=True):
    """How long something used is remembered, and where.

    "sliding": each use for `hours` from its own beginning. "window": all uses until `hours` after the first of them.
    "day": until local midnight. "visit": not beyond the visit.
    """

    per: Literal["sliding", "window", "day", "visit"] = "sliding"
    hours: Hours = 24
    scope: Scope = "lot"


class Free(Part, frozen=True, kw_only=True):
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


class Quota(Named, frozen=True, kw_only=True):
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


class ClassRule(Named, frozen=True, kw_only=True):
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
    prices: dict[Code, tuple[Tier, ...]] = msgspec.field(default_factory=dict)
    caps: dict[Code, Fen] = msgspec.field(default_factory=dict)
    free: Free | None = None


class Cap(Named, frozen=True, kw_only=True):
    """The most that the units beginning in a period cost; of several caps the one with least left applies.

    per: the whole stay, one segment ("passage"), a day, a week from Monday on, a month, a cycle of `hours` from the
    entry, or one of the `windows`. first_min: only units that begin in the first so many minutes of a period; 0: all.
    bands: which rate periods count; none named: all. memory: earlier visits count too (not per stay or "passage"). It
    applies to vehicles that match `who` and visits that entered and left within the hours given, in periods that begin
    on one of `days`, and in the first `times_max` periods of a visit; 0: in all.
    """

    fen: Fen
    per: Literal["stay", "passage", "day", "week", "month", "cycle", "window"]
    first_min: Minutes = 0
    bands: tuple[Code, ...] = ()
    hours: Hours = 24
    windows: tuple[DayHours, ...] = ()
    memory: Literal["none", "lot", "operator", "city"] = "none"
    who: Match = Match()
    days: Code = "every_day"
    entered: tuple[DayHours, ...] = ()
    left: tuple[DayHours, ...] = ()
    times_max: Count = 0


class Discount(Named, frozen=True, kw_only=True):
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


class Surcharge(Named, frozen=True, kw_only=True):
    """What is added once a visit, after caps and discounts: an amount, or thousandths of a percent of the fee so far.

    per_bay: the amount counts once for every bay. always: also for visits that are free.
    """

    fen: Fen = 0
    percent_milli: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    who: Match = Match()
    per_bay: bool = False
    always: bool = False


class Pass(Named, frozen=True, kw_only=True):
    """A pass that is sold, and when its holder parks without paying; no `hours`: always.

    day_max_min: for so many minutes of each day; 0: no limit. on_expiry: a pass that ends during the stay covers it up
    to its end ("split") or not at all ("whole_stay").
    """

    price_fen: Fen
    period: Literal["day", "week", "month", "quarter", "year"]
    hours: tuple[DayHours, ...] = ()
    day_max_min: Minutes = 0
    grace_days: Annotated[int, Meta(ge=0, le=31)] = 0
    on_expiry: Literal["split", "whole_stay"] = "split"
    who: Match = Match()


class Charging(Part, frozen=True, kw_only=True):
    """Parking while a vehicle is charged, and `after_min` after it: free for `free_max_min` in all (0: no limit)."""

    free_max_min: Minutes = 0
    after_min: Minutes = 0


class Booking(Part, frozen=True, kw_only=True):
    """Parking in time that was booked, and `grace_min` after it: free. Without it bookings keep spaces and no more."""

    grace_min: Minutes = 0


class Overstay(Part, frozen=True, kw_only=True):
    """The fee for staying in a charging bay: from `grace_min` after the last charging ended, on top of everything."""

    grace_min: Minutes
    unit_min: UnitMinutes
    unit_fen: Fen
    cap_fen: Fen | None = None


class Exemption(Part, frozen=True, kw_only=True):
    """Vehicles that pay nothing; their stays are recorded all the same."""

    name_zh: Name
    name_en: Name
    who: Match


class Promises(Part, frozen=True, kw_only=True):
    """What the tariff states about its own fees; the lint proves it or says that it could not.

    per_bay: the amounts are for one bay, where a vehicle pays for every bay it occupies.
    """

    never_cheaper: bool = False
    minute_fen_max: Fen | None = None
    day_fen_max: Fen | None = None
    per_bay: bool = False


class Tariff(Part, frozen=True, kw_only=True):
    """A published tariff.

    seconds: dropped from both ends; or entry rounded up and exit down to the minute; or counted. on_change: a stay
    keeps the tariff in force at its entry, or is split where the next begins. day_begins: when a day begins that
    prices, caps and memories go by; hours and sets of days stay those of the calendar. cycle_hours: the cycle that
    tiers and free periods may begin again with, from the entry. rejoin_min: a visit that begins within so many minutes
    after the last one left is counted on from that one's entry; 0: never. stay_max_min: the longest stay that is
    allowed; 0: any. stacking: all discounts that apply, or the one that helps most. minimum_fen: a fee above 0 is at
    least this. round_to_fen, round_mode: the last step.
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
    day_begins: Clock = "00:00"
    cycle_hours: Hours = 24
    rejoin_min: Minutes = 0
    stay_max_min: Minutes = 0
    free: Free = Free()
    crossing: Crossing = Crossing()
    quotas: Annotated[tuple[Quota, ...], Meta(max_length=6)] = ()
    classes: Annotated[tuple[ClassRule, ...], Meta(max_length=24)] = ()
    caps: Annotated[tuple[Cap, ...], Meta(max_length=24)] = ()
    discounts: Annotated[tuple[Discount, ...], Meta(max_length=12)] = ()
    stacking: Literal["all", "best"] = "all"
    surcharges: Annotated[tuple[Surcharge, ...], Meta(max_length=12)] = ()
    passes: Annotated[tuple[Pass, ...], Meta(max_length=24)] = ()
    charging: Charging | None = None
    overstay: Overstay | None = None
    booking: Booking | None = None
    exempt: Annotated[tuple[Exemption, ...], Meta(max_length=24)] = ()
    minimum_fen: Fen = 0
    round_to_fen: Annotated[int, Meta(ge=1, le=10_000)] = 1
    round_mode: Literal["up", "down", "half_up"] = "half_up"
    promises: Promises = Promises()
