"""Visits drawn at random for a tariff, and the earlier visits of the same vehicle."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from parking.plates import PlateColor, VehicleClass
from parking.tariffs.engine.quote import PassHeld, Past, Use, Vehicle, Visit
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.fields import Scope
from tests.parking.tariffs import oracle
from tests.parking.tariffs.generators import often, tariff

# What prices the earlier visits: fee and uses of a visit, after those before it.
Owed: TypeAlias = Callable[[Tariff, Visit, Sequence[Past]], tuple[int, tuple[Use, ...]]]
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Local days on or around which something changes: clocks, holidays, the year, days worked in exchange.
DAYS = (
    (2025, 3, 9), (2025, 3, 30), (2025, 4, 6), (2025, 10, 5), (2025, 10, 26), (2025, 11, 2), (2025, 1, 27),
    (2025, 2, 4), (2025, 9, 28), (2025, 10, 1), (2025, 10, 8), (2025, 10, 11), (2025, 12, 31), (2025, 11, 7),
    (2025, 11, 18), (2025, 11, 19), (2025, 11, 22), (2024, 2, 29),
)  # fmt: skip
CHANGES = {
    "Europe/Berlin": ((2025, 3, 30), (2025, 10, 26)),
    "Asia/Beirut": ((2025, 3, 30), (2025, 10, 26)),
    "America/New_York": ((2025, 3, 9), (2025, 11, 2)),
    "Australia/Lord_Howe": ((2025, 10, 5), (2025, 4, 6)),
}
LENGTHS = (0, 1, 14, 15, 16, 29, 30, 31, 45, 59, 60, 61, 75, 90, 91, 119, 120, 121, 150, 180, 181, 240, 300, 361)


def visit(random: Random, tariff: Tariff) -> Visit:
    """A visit that the tariff has something to say about."""
    entered = _entry(random, tariff)
    return visit_at(random, tariff, entered, _length(random, tariff))


def visit_at(random: Random, tariff: Tariff, entered: datetime, length: timedelta) -> Visit:
    """A visit of a given time, with whatever else it brings."""
    left = entered + length
    exact = tariff.seconds == "exact"
    if often(random, 0.25 if exact else 0.5) and (not exact or length < 4 * HOUR):
        entered += timedelta(seconds=random.choice((0, 1, 30, 59, random.randint(0, 59))))
        left += timedelta(seconds=random.choice((0, 1, 30, 59, random.randint(0, 59))))
    if often(random, 0.15) and (edges := _edges(tariff)):
        left = _on_the_day(tariff, left, random.choice(edges)) + MINUTE * random.choice((0, 0, 1, -1))
    left = max(entered, left)
    return Visit(
        entered_at=entered,
        left_at=left,
        vehicle=vehicle(random),
        bays=random.choice((1, 1, 1, 2, 3)),
        charging=_charging(random, entered, left) if tariff.charging or tariff.overstay else (),
        passes=tuple(_pass(random, each.code, entered, left) for each in tariff.passes if often(random, 0.4)),
        coupons=tuple(code for code in _coupons(tariff) if often(random, 0.5)),
        paid_by=random.choice(("", "cash", "app", "citizen_card")),
        paused=_paused(entered, left),
        booked=_booked(entered, left) if tariff.booking else (),
        continued=often(random, 0.05),
    )


def _coupons(tariff: Tariff) -> tuple[str, ...]:
    """The codes that may come with a visit: of discounts, and what else a rule asks for."""
    return (*(each.code for each in tariff.discounts if each.coupon), "lost_ticket", "stamp")


def _edges(tariff: Tariff) -> list[str]:
    """The times of day at which hours that a visit is asked for begin and end."""
    rules: tuple[Any, ...] = (
        *tariff.quotas,
        *tariff.classes,
        *tariff.caps,
        *tariff.discounts,
        *tariff.surcharges,
        *tariff.passes,
    )
    asked = [each.who for each in rules] + [each.who for each in tariff.exempt]
    hours = [each for who in asked for each in (*who.entered, *who.left)]
    hours += [each for cap in tariff.caps for each in (*cap.windows, *cap.entered, *cap.left)]
    return [time for each in hours for time in (each.from_, each.to)]


def _on_the_day(tariff: Tariff, at: datetime, clock: str) -> datetime:
    """A time of the local day of an instant."""
    local = at.astimezone(ZoneInfo(tariff.time_zone))
    hour, minute = map(int, clock.split(":"))
    return local.replace(hour=hour % 24, minute=minute, second=0).astimezone(UTC)


def vehicle(random: Random) -> Vehicle:
    """A vehicle of any kind."""
    facts = {"seats": random.choice((5, 7, 8, 40)), "length_cm": random.choice((299, 480, 600, 601, 1200))}
    return Vehicle(
        kind=random.choice((VehicleClass.SMALL, VehicleClass.SMALL, VehicleClass.LARGE, VehicleClass.UNKNOWN)),
        color=random.choice((PlateColor.BLUE, PlateColor.GREEN, PlateColor.YELLOW)),
        new_energy=often(random, 0.5),
        tags=frozenset(tag for tag in ("resident", "disabled", "taxi", "emergency") if often(random, 0.25)),
        facts={} if often(random, 0.3) else facts,
    )


def _entry(random: Random, tariff: Tariff) -> datetime:
    days = CHANGES.get(tariff.time_zone, DAYS) if often(random, 0.5) else DAYS
    day = datetime(*random.choice(days), tzinfo=UTC).date() + DAY * random.choice((0, 0, 0, -1, 1))
    usual = ("01:30", "02:00", "02:30", "03:00", "07:40", "08:00", "09:00", "12:00", "18:00", "19:40", "20:00", "23:30")
    if often(random, 0.25) and (edges := _edges(tariff)):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(tariff.time_zone)).astimezone(UTC)
        return _on_the_day(tariff, at, random.choice(edges)) + MINUTE * random.choice((0, 0, 1, -1))
    hour, minute = map(int, random.choice(usual).split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(tariff.time_zone))
    return local.astimezone(UTC) + MINUTE * random.choice((0, 0, -1, 1, random.randint(-300, 300)))


def _length(random: Random, tariff: Tariff) -> timedelta:
    usual = random.choice((*LENGTHS, tariff.free.minutes, tariff.cycle_hours * 60 * random.choice((1, 2))))
    anything = (random.randint(0, 300), random.randint(60, 900), random.randint(600, 2000), random.randint(1, 4400))
    return MINUTE * max(0, random.choice((usual, usual, *anything)) + random.choice((0, 0, -1, 1)))


def _charging(random: Random, entered: datetime, left: datetime) -> tuple[tuple[datetime, datetime], ...]:
    minutes = (left - entered) // MINUTE
    points = sorted(random.randint(-20, minutes + 20) for _ in range(2 * random.choice((0, 1, 1, 2))))
    base = _moment(random, entered, left)
    return tuple(
        (base + MINUTE * begins, base + MINUTE * ends) for begins, ends in zip(points[::2], points[1::2], strict=True)
    )


def _paused(entered: datetime, left: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """When the clock of a visit stood: in some of them, by bits of their own."""
    own = Random(f"{entered} {left}")
    return _charging(own, entered, left) if often(own, 0.15) else ()


def _booked(entered: datetime, left: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The times that were booked for a visit, by bits of their own."""
    return _charging(Random(f"booked {entered} {left}"), entered, left)


def _moment(random: Random, entered: datetime, left: datetime) -> datetime:
    """The minute of the entry, sometimes with seconds; long stays would take the oracle too long then."""
    seconds = random.choice((0, 0, 0, 0, 0, 0, 0, 1, 30, 59)) if left - entered < 3 * HOUR else 0
    return entered.replace(second=seconds)


def _pass(random: Random, code: str, entered: datetime, left: datetime) -> PassHeld:
    base = _moment(random, entered, left)
    begins = base + random.choice((-10 * DAY, -30 * MINUTE, 45 * MINUTE))
    ends = base + random.choice((10 * DAY, -HOUR - DAY, -DAY, HOUR, (left - entered) // MINUTE * MINUTE))
    return PassHeld(code, begins, max(begins, ends))


def history(random: Random, tariff: Tariff, visit: Visit, owed: Owed = oracle.owed) -> tuple[Past, ...]:
    """Earlier visits of the vehicle, each with what it really used, in this lot or elsewhere."""
    count = random.choice((0, 0, 1, 2, 3))
    lengths = [MINUTE * random.choice((10, 20, 30, 40, 60, 61, 90, 130)) for _ in range(count)]
    gaps = [MINUTE * random.choice((1, 5, 30, 60, 200, 600)) for _ in range(count)]
    at = visit.entered_at - HOUR * random.choice((3, 6, 20, 30, 60))
    if often(random, 0.4):
        # To the second as long ago as something is remembered.
        hours = [each.memory.hours for each in tariff.quotas] + [
            each.hours for each in tariff.caps if each.per == "cycle"
        ]
        moment = timedelta(seconds=random.choice((0, 0, 1, -1, 60, -60)))
        at = visit.entered_at - HOUR * random.choice((*hours, tariff.free.memory.hours)) + moment
    if tariff.rejoin_min and often(random, 0.7):
        # To the minute as long ago as a visit may be counted on.
        limit = tariff.rejoin_min
        gaps = [MINUTE * random.choice((0, 1, limit // 2, limit, limit, limit + 1)) for _ in range(count)]
        at = visit.entered_at - sum(lengths + gaps, timedelta())
    pasts: list[Past] = []
    for length, gap in zip(lengths, gaps, strict=True):
        if at + length > visit.entered_at:
            break
        before = _of_the_vehicle(visit, visit_at(random, tariff, at, length))
        _, uses = owed(tariff, before, pasts)
        pasts.append(Past(before.entered_at, before.left_at, uses, _place(random)))
        at = before.left_at + gap
    return tuple(past for past in pasts if past.entered_at < visit.entered_at)


def _of_the_vehicle(visit: Visit, before: Visit) -> Visit:
    """An earlier visit of the vehicle of a visit, with its passes."""
    return msgspec.structs.replace(
        before, vehicle=visit.vehicle, passes=visit.passes, charging=(), booked=(), continued=False
    )


def _place(random: Random) -> Scope:
    return random.choice(("lot", "lot", "lot", "operator", "city"))


def versions(random: Random, first: Tariff, visit: Visit) -> tuple[tuple[datetime, Tariff], ...]:
    """One or two versions of a tariff that begin after the entry, with the same time zone and the same caps."""
    caps = tuple(msgspec.structs.replace(each, bands=(), fen=random.choice((0, 300, each.fen))) for each in first.caps)
    minutes = (visit.left_at - visit.entered_at) // MINUTE + 2
    begins = sorted({visit.entered_at + MINUTE * random.randint(1, minutes) for _ in range(random.choice((1, 1, 2)))})
    same = {"time_zone": first.time_zone, "caps": caps, "classes": (), "seconds": first.seconds}
    return tuple((since, tariff(random, **same)) for since in begins)
