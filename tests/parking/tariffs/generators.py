"""Tariffs, visits and histories drawn at random: valid documents that use every word of the language.

A seeded `Random` makes the wide ones. What hypothesis draws and shrinks itself stands in `drawn`.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

import msgspec

from parking.plates import PlateColor, VehicleClass
from parking.tariffs.language.conditions import DateRange, DayHours, DaySet, Match, Season
from parking.tariffs.language.document import (
    Band,
    Booking,
    Cap,
    Charging,
    ClassRule,
    Crossing,
    Discount,
    Exemption,
    Free,
    Memory,
    Overstay,
    Pass,
    Quota,
    Surcharge,
    Tariff,
    Tier,
)

T = TypeVar("T")
ZONES = (
    "Asia/Shanghai",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Beirut",
)
UNITS = (15, 20, 30, 30, 60, 60, 60, 90, 120, 240, 7, 1)
HALF_DAY = 720


def named(code: str) -> dict[str, Any]:
    """Code and names of a part."""
    return {"code": code, "name_zh": f"规则{code}", "name_en": f"The {code}"}


def clock(minute: int) -> str:
    """A minute of the day as a document writes it."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def often(random: Random, random_bits: float) -> bool:
    """Whether something happens that happens so often."""
    return random.random() < random_bits


def some(random: Random, make: Callable[[Random, int], T], counts: Sequence[int]) -> tuple[T, ...]:
    """As many as one of these counts."""
    return tuple(make(random, number) for number in range(random.choice(counts)))


def tariff(random: Random, **fixed: Any) -> Tariff:
    """A valid document; about each second has a given field of the language."""
    calendar = random.choice(("none", "CN"))
    days = _days(random, calendar)
    crossing = fixed.get("crossing") or (_crossing(random) if often(random, 0.5) else Crossing())
    bands = _bands(random, days, shared=crossing.part_unit == "shared")
    codes = [band.code for band in bands]
    if "crossing" not in fixed and crossing.short_under_min:
        crossing = msgspec.structs.replace(crossing, short_price=random.choice(("first", "last", *codes)))
    own = ("special", "ordinary") if days else ()
    caps = some(random, lambda random, number: _cap(random, number, codes, own), (0, 0, 1, 1, 2, 3))
    document: dict[str, Any] = {
        **named("made"),
        "time_zone": random.choice(ZONES),
        "bands": bands,
        "calendar": calendar,
        "days": days,
        "seconds": random.choice(("drop", "drop", "entry_up_exit_down", "exact")),
        "on_change": random.choice(("at_entry", "split")),
        "day_begins": random.choice(("00:00", "00:00", "00:00", "06:00", "04:00", "02:30", "19:00")),
        "rejoin_min": random.choice((0, 0, 0, 0, 15, 60)),
        "stay_max_min": random.choice((0, 0, 0, 90, 600)),
        "cycle_hours": random.choice((24, 24, 12, 6, 3, 1, 48)),
        "free": free(random) if often(random, 0.5) else Free(),
        "crossing": crossing,
        "quotas": some(random, _quota, (0, 0, 1, 1, 2)),
        "classes": some(random, lambda random, number: _class(random, number, codes, caps), (0, 0, 1, 2)),
        "caps": caps,
        "discounts": some(random, _discount, (0, 0, 1, 1, 2, 3, 4)),
        "stacking": random.choice(("all", "all", "best")),
        "surcharges": some(random, _surcharge, (0, 0, 0, 1, 2)),
        "passes": some(random, _pass, (0, 0, 0, 1, 2)),
        "charging": charging(random) if often(random, 0.3) else None,
        # By bits of its own, as the bookings of visits are.
        "booking": Random(f"{codes} {caps}").choice((None, None, Booking(), Booking(grace_min=45))),
        "overstay": _overstay(random) if often(random, 0.2) else None,
        "exempt": (exempt(random.choice((Match(tags=("emergency",)), who(random)))),) if often(random, 0.1) else (),
        "minimum_fen": random.choice((0, 0, 0, 100, 350, 1000)),
        "round_to_fen": random.choice((1, 1, 1, 10, 50, 100, 500)),
        "round_mode": random.choice(("up", "down", "half_up")),
    }
    return Tariff(**{**document, **fixed})


def _days(random: Random, calendar: str) -> tuple[DaySet, ...]:
    if often(random, 0.5):
        return ()
    base: dict[str, Any] = random.choice(
        (
            {"weekdays": tuple(random.sample(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), random.randint(1, 4)))},
            {"workday": random.choice((True, False))},
            {"seasons": (Season(from_="03-15", to="05-31"), Season(from_="10-25", to="11-10"))},
            {"seasons": (Season(from_="10-26", to="04-05"),), "weekdays": ("sat", "sun", "mon")},
            {"dates": (DateRange(from_="2025-10-26", to="2025-10-26"), DateRange(from_="2025-11-02", to="2025-11-08"))},
            {"holidays": ("national_day", "spring_festival")} if calendar == "CN" else {"weekdays": ("sun", "wed")},
        )
    )
    special = DaySet(code="special", **base)
    if often(random, 0.3):
        special = DaySet(code="special", except_=("weekend",), **base)
    return special, DaySet(code="ordinary", except_=("special",))


def _bands(random: Random, days: tuple[DaySet, ...], *, shared: bool) -> tuple[Band, ...]:
    codes = ["day", "night", "third"][: random.choice((1, 2, 2, 2, 3))]
    shape = random.choice(("always", "round", "round", "kinds", "kinds", "otherwise"))
    hours: dict[str, list[DayHours]] = {code: [] for code in codes}
    pairs = [("workday", "non_workday"), ("monday_to_friday", "weekend")]
    kinds = random.choice([*pairs, ("special", "ordinary"), ("special", "ordinary")] if days else pairs)
    if shape == "round":
        _round(random, codes, hours)
    elif shape == "kinds":
        for kind in kinds:
            _within_a_day(random, codes, hours, kind, gaps=False)
    elif shape == "otherwise":
        for kind in kinds:
            _within_a_day(random, codes, hours, kind, gaps=True)
    else:
        codes, hours = ["day"], {"day": [DayHours()]}
    rest = ["rest"] if shape == "otherwise" else []
    made = [_band(random, code, shared=shared, hours=tuple(hours[code])) for code in codes if hours[code]]
    made += [_band(random, code, shared=shared, otherwise=True) for code in rest]
    return tuple(made)


def _cuts(random: Random, count: int) -> list[int]:
    step = random.choice((60, 60, 30, 15, 1))
    # The first ones lie where clocks are put forward or back.
    usual = [random.choice((75, 100, 120, 135, 150, 165, 180)), 420, 480, 1140, 1200, 1320]
    return sorted(random.sample(sorted({*range(step, 1440, step), *usual}), count) if often(random, 0.5) else
                  random.sample(usual, min(count, len(usual))))  # fmt: skip


def _round(random: Random, codes: list[str], hours: dict[str, list[DayHours]]) -> None:
    """Periods around the clock, the last of them over midnight; neighbours may belong to one band."""
    cuts = _cuts(random, random.choice((2, 2, 3, 4)))
    for number, (begins, ends) in enumerate(zip(cuts, [*cuts[1:], cuts[0]], strict=True)):
        code = codes[number] if number < len(codes) else random.choice(codes)
        hours[code].append(DayHours(from_=clock(begins), to=clock(ends)))


def _within_a_day(random: Random, codes: list[str], hours: dict[str, list[DayHours]], kind: str, *, gaps: bool) -> None:
    cuts = [0, *_cuts(random, random.choice((0, 1, 2, 2, 3))), 1440]
    for begins, ends in pairwise(cuts):
        if not (gaps and often(random, 0.5)):
            hours[random.choice(codes)].append(DayHours(from_=clock(begins), to=clock(ends), days=kind))


def _band(random: Random, code: str, *, shared: bool, **when: Any) -> Band:
    part = random.choice(("up", "up", "minutes") if shared else ("up", "up", "up", "down", "minutes"))
    return Band(
        **named(code),
        **when,
        tiers=() if often(random, 0.06) else tiers(random, flat=part == "up" and not shared),
        part_unit=part,  # type: ignore[arg-type]
        tolerance_min=0 if shared else random.choice((0, 0, 0, 5, 15, 10)),
        daily=often(random, 0.25),
        restart=random.choice(("passage", "passage", "day", "cycle", "never")),
        progress=random.choice(("band", "band", "stay", "entry")),
    )


def tiers(random: Random, *, flat: bool) -> tuple[Tier, ...]:
    """One to three tiers, mostly of units."""
    made = []
    for last in [False] * random.choice((0, 0, 1, 1, 2)) + [True]:
        unit = None if flat and often(random, 0.15) else random.choice(UNITS)
        length = None if last else (unit or 60) * random.choice((1, 1, 2, 3))
        made.append(Tier(unit_fen=_fen(random), unit_min=unit, for_min=length))
    return tuple(made)


def _fen(random: Random) -> int:
    if often(random, 0.25):
        return 2 * random.randint(1, 300)
    return 0 if often(random, 0.06) else 100 * random.choice((1, 2, 2, 3, 4, 5, 6, 10))


def free(random: Random) -> Free:
    """A free period."""
    again = random.choice(("never", "never", "cycle"))
    return Free(
        minutes=random.choice((15, 30, 30, 60, 90, 1)),
        inclusive=often(random, 0.6),
        deducted=often(random, 0.5),
        counts=random.choice(("stay", "chargeable")),
        again=again,  # type: ignore[arg-type]
        uses_max=random.choice((0, 0, 1, 2)),
        memory=memory(random),
    )


def memory(random: Random) -> Memory:
    """How long something is remembered."""
    return Memory(
        per=random.choice(("sliding", "sliding", "window", "window", "day", "visit")),
        hours=random.choice((24, 24, 12, 3, 3, 48)),
        scope=random.choice(("lot", "lot", "operator", "city")),
    )


def _crossing(random: Random) -> Crossing:
    return Crossing(
        part_unit=random.choice(("separate", "complete", "complete", "shared", "shared")),
        short_under_min=random.choice((0, 60, 60, 240, 1200)),
    )


def who(random: Random) -> Match:
    """Whom a rule means; about half of all vehicles and visits."""
    return msgspec.structs.replace(_vehicles(random) if often(random, 0.7) else Match(), **_asked_of_visit(random))


def _vehicles(random: Random) -> Match:
    everybody: dict[str, Any] = {}
    return Match(
        **random.choice(
            (
                everybody,
                everybody,
                {"kinds": (VehicleClass.LARGE, VehicleClass.UNKNOWN)},
                {"kinds": (VehicleClass.SMALL,)},
                {"colors": (PlateColor.GREEN, PlateColor.YELLOW_GREEN)},
                {"new_energy": True},
                {"new_energy": False},
                {"tags": ("resident", "disabled")},
                {"at_least": {"seats": 8}},
                {"at_most": {"length_cm": 600}, "at_least": {"length_cm": 300}},
            )
        )
    )


def _asked_of_visit(random: Random) -> dict[str, Any]:
    """What a rule asks of the visit, if anything."""
    if often(random, 0.5):
        return {}
    asked = random.choice(("coupons", "paid_by", "entered", "left", "first", "both", "over_min"))
    hours = some(random, lambda random, _: _hours(random), (1, 2, 2))
    found: dict[str, dict[str, Any]] = {
        "coupons": {"coupons": random.choice((("lost_ticket",), ("stamp", "lost_ticket"), ("discount0",)))},
        "paid_by": {"paid_by": random.choice((("app",), ("cash", "citizen_card")))},
        "entered": {"entered": hours},
        "left": {"left": hours},
        "first": {"left": hours, "leaving": "first"},
        "both": {"entered": some(random, lambda random, _: _hours(random), (1, 2)), "left": hours},
        "over_min": {"over_min": random.choice((30, 60, 120, 300))},
    }
    return found[asked]


def _quota(random: Random, number: int) -> Quota:
    return Quota(
        **named(f"quota{number}"),
        who=who(random) if often(random, 0.5) else Match(),
        minutes=random.choice((60, 120, 120, 45, 300)),
        pays_percent=random.choice((0, 0, 50, 33)),
        memory=memory(random),
        visits_max=random.choice((0, 0, 0, 1, 2)),
        portion_max_min=random.choice((0, 0, 30, 60)),
        within_free=random.choice(("spares", "uses")),
        free_too=often(random, 0.7),
        counts=random.choice(("stay", "chargeable")),
        again=random.choice(("never", "never", "cycle")),
    )


def _class(random: Random, number: int, bands: list[str], caps: tuple[Cap, ...]) -> ClassRule:
    own = [code for code in bands if often(random, 0.2)]
    return ClassRule(
        **named(f"class{number}"),
        who=who(random),
        percent=random.choice((200, 200, 150, 50, 100, 0)),
        add_fen=random.choice((0, 0, 100, 500)),
        per_bay=often(random, 0.4),
        caps_scale=often(random, 0.6),
        prices={code: tiers(random, flat=False) for code in own},
        caps={cap.code: 100 * random.randint(2, 20) for cap in caps if often(random, 0.2)},
        free=free(random) if often(random, 0.2) else None,
    )


def _cap(random: Random, number: int, bands: list[str], own: tuple[str, ...]) -> Cap:
    per = random.choice(("stay", "passage", "day", "day", "week", "month", "cycle", "cycle", "window", "window"))
    remembered = random.choice(("none", "lot", "lot", "operator", "city"))
    return Cap(
        **named(f"cap{number}"),
        fen=100 * random.choice((3, 5, 5, 8, 10, 15, 20, 30)),
        per=per,  # type: ignore[arg-type]
        first_min=random.choice((0, 0, 0, 60, 90, 300, 1440)),
        bands=tuple(random.sample(bands, 1)) if often(random, 0.4) else (),
        hours=random.choice((24, 24, 12, 5, 2)),
        windows=some(random, lambda random, _: _hours(random), (1, 1, 2, 3)) if per == "window" else (),
        memory="none" if per in ("stay", "passage") else remembered,  # type: ignore[arg-type]
        who=who(random) if often(random, 0.2) else Match(),
        days=random.choice(("every_day", "every_day", "every_day", "workday", "weekend", *own)),
        entered=some(random, lambda random, _: _hours(random), (1, 2)) if often(random, 0.15) else (),
        left=some(random, lambda random, _: _hours(random), (1, 2)) if often(random, 0.15) else (),
        times_max=0 if per == "stay" else random.choice((0, 0, 0, 1, 2)),
    )


def _hours(random: Random) -> DayHours:
    begins, ends = random.sample(range(0, 1440, random.choice((60, 30, 1))), 2)
    if often(random, 0.2):
        begins, ends = 0, 1440
    return DayHours(
        from_=clock(begins),
        to=clock(ends),
        days=random.choice(("every_day", "every_day", "workday", "weekend", "non_workday")),
    )


def _discount(random: Random, number: int) -> Discount:
    kind = random.choice(("percent", "percent", "amount", "amount", "minutes"))
    amount = {
        "percent": {"percent": random.choice((10, 20, 20, 50, 33, 15))},
        "amount": {"fen": random.choice((100, 250, 500, 1000))},
        "minutes": {"minutes": random.choice((30, 60, 60, 45, 180)), "minutes_as": random.choice(("time", "worth"))},
    }[kind]
    return Discount(
        **named(f"discount{number}"),
        **amount,  # type: ignore[arg-type]
        kind=kind,  # type: ignore[arg-type]
        stage="after_caps" if kind == "minutes" else random.choice(("before_caps", "after_caps")),
        who=who(random) if often(random, 0.3) else Match(),
        paid_by=("citizen_card", "app") if often(random, 0.2) else (),
        coupon=often(random, 0.4),
    )


def _surcharge(random: Random, number: int) -> Surcharge:
    is_amount = often(random, 0.5)
    return Surcharge(
        **named(f"surcharge{number}"),
        fen=random.choice((100, 500, 5000)) if is_amount else 0,
        percent_milli=0 if is_amount else random.choice((18_375, 100_000, 7_000, 1)),
        who=who(random) if often(random, 0.7) else Match(),
        per_bay=is_amount and often(random, 0.4),
        always=often(random, 0.4),
    )


def _pass(random: Random, number: int) -> Pass:
    return Pass(
        **named(f"pass{number}"),
        price_fen=10_000,
        period="month",
        hours=some(random, lambda random, _: _hours(random), (0, 1, 1, 2)),
        day_max_min=random.choice((0, 0, 30, 60, 240)),
        grace_days=random.choice((0, 0, 1, 2)),
        on_expiry=random.choice(("split", "whole_stay")),
        who=who(random) if often(random, 0.3) else Match(),
    )


def charging(random: Random) -> Charging:
    """What charging brings."""
    return Charging(free_max_min=random.choice((0, 0, 60, 120)), after_min=random.choice((0, 15, 30)))


def _overstay(random: Random) -> Overstay:
    return Overstay(
        grace_min=random.choice((0, 15, 30)),
        unit_min=random.choice((1, 15, 60)),
        unit_fen=random.choice((100, 500)),
        cap_fen=random.choice((None, 2000)),
    )


def exempt(who: Match) -> Exemption:
    """Vehicles that pay nothing."""
    return Exemption(name_zh="免费车辆", name_en="Emergency vehicles", who=who)
