"""Who parks where and when on one day: arrivals by each kind of lot's habits, long-tailed stays, nobody in two places.

Times are seconds after local midnight: below zero for who came the evening before, above a day for who stays on.
"""

from collections.abc import Sequence
from datetime import date
from heapq import heappop, heappush
from math import exp, log
from random import Random

from msgspec import Struct

from parking.lots import LotKind
from seeds.city.drivers import Driver, Vehicle, vehicle
from seeds.city.network import City, CityLot

DAY_S = 86_400
HOUR_S = 3600
LINKED_SHARE = 0.40
# Some lots turn cars away before their last bays are gone, others when nothing is left.
_FULL_SHARES = (0.97, 1.0, 1.0)
# How much more or less than others of its kind a lot is wanted (sigma of the logarithm): some are full in the evening.
_WANTED_SIGMA = 0.6
_REGULAR_SHARE = 0.10
_BETWEEN_LOTS_S = 600
_EVENING_S = 6 * HOUR_S
_STAY_MIN_S = 90
_SATURDAY = 5


class Habits(Struct, frozen=True):
    """How a kind of lot is used.

    turnover: arrivals a weekday per bay; weekend: that on a weekend day; hours: weights of arrival, one an hour.
    short, long: median minutes and spread (sigma of the logarithm) of stays. Arrivals in `long_hours` are long with
    `long_share`. overnight: share of bays taken at midnight; leaves: hour at which those leave, and its deviation.
    """

    turnover: float
    weekend: float
    hours: tuple[float, ...]
    short: tuple[float, float]
    long: tuple[float, float]
    long_hours: tuple[int, int]
    long_share: float
    overnight: float
    leaves: tuple[float, float]


class Visit(Struct, frozen=True):
    """A vehicle in the lot at this place of the city's list. `linked`: an account pays for it."""

    lot: int
    vehicle: Vehicle
    linked: bool
    entered_s: float
    left_s: float


_COMMUTE = (0.1, 0, 0, 0, 0.1, 0.4, 2, 9, 16, 9, 4, 3, 3, 5, 4, 2, 1.5, 1, 0.8, 0.5, 0.3, 0.2, 0.1, 0.1)
_MORNING = (0.3, 0.2, 0.2, 0.2, 0.4, 1.5, 6, 13, 14, 11, 8, 5, 3, 6, 7, 5, 3, 2.5, 2, 1.5, 1, 0.8, 0.5, 0.4)
_EVENING = (0.2, 0.1, 0, 0, 0, 0.1, 0.3, 0.8, 1.5, 4, 7, 8, 7, 6, 7, 7, 8, 11, 13, 10, 5, 2, 0.8, 0.4)
_DAYTIME = (0.4, 0.2, 0.1, 0.1, 0.2, 0.5, 1.5, 5, 8, 8, 7, 7, 6, 6, 7, 7, 7, 8, 8, 6, 4, 3, 1.5, 0.8)
_NIGHTS = (0.8, 0.4, 0.2, 0.1, 0.1, 0.2, 0.6, 1.5, 2, 2, 2, 3, 3, 2, 2, 3, 6, 12, 14, 11, 8, 6, 4, 2)
_TRAINS = (1, 0.5, 0.3, 0.3, 0.6, 3, 6, 7, 7, 6, 6, 6, 5, 5, 6, 6, 7, 7, 6, 6, 5, 5, 4, 2)
_SIGHTS = (0.1, 0, 0, 0, 0, 0.4, 1.5, 4, 9, 14, 13, 8, 5, 8, 10, 8, 5, 3, 3, 3, 1.5, 0.8, 0.3, 0.1)

HABITS = {
    LotKind.ROAD: Habits(7.0, 7.4, _DAYTIME, (32, 0.9), (150, 0.6), (8, 18), 0.15, 0.25, (7.6, 1.0)),
    LotKind.GARAGE: Habits(2.4, 2.7, _DAYTIME, (75, 0.8), (480, 0.3), (7, 10), 0.35, 0.25, (8.2, 1.4)),
    LotKind.HOSPITAL: Habits(2.6, 1.5, _MORNING, (95, 0.7), (540, 0.4), (6, 9), 0.15, 0.18, (9.0, 2.5)),
    LotKind.STATION: Habits(2.2, 2.4, _TRAINS, (26, 1.0), (900, 0.8), (5, 12), 0.15, 0.35, (11.0, 5.0)),
    LotKind.SCENIC: Habits(0.8, 1.9, _SIGHTS, (120, 0.6), (240, 0.3), (8, 11), 0.30, 0.04, (8.0, 1.5)),
    LotKind.MALL: Habits(2.3, 3.0, _EVENING, (110, 0.65), (220, 0.35), (10, 18), 0.20, 0.06, (8.5, 1.5)),
    LotKind.OFFICE: Habits(1.25, 0.25, _COMMUTE, (45, 0.8), (560, 0.18), (6, 11), 0.85, 0.10, (9.0, 2.0)),
    LotKind.RESIDENTIAL: Habits(1.35, 1.35, _NIGHTS, (80, 0.8), (790, 0.2), (16, 24), 0.85, 0.75, (7.8, 1.0)),
}


def visits(city: City, drivers: Sequence[Driver], *, day: date, rng: Random, scale: float) -> list[Visit]:
    """All visits that touch the day, in order of entry; `scale` multiplies how many try to come."""
    weekend = day.weekday() >= _SATURDAY
    stays = [
        (entered, left, at)
        for at, lot in enumerate(city.lots)
        for entered, left in _stays(HABITS[lot.plan.kind], *_room(lot), weekend, rng, scale)
    ]
    stays.sort()
    return _with_vehicles(stays, drivers, rng)


def _room(lot: CityLot) -> tuple[float, int]:
    """How many bays a lot is wanted for, and how many vehicles it takes: the same on every day."""
    of_lot = Random(lot.plan.code)
    wanted = exp(of_lot.gauss(0, _WANTED_SIGMA) - _WANTED_SIGMA**2 / 2)
    return lot.plan.capacity * wanted, int(lot.plan.capacity * of_lot.choice(_FULL_SHARES))


def _stays(
    habits: Habits, wanted: float, limit: int, weekend: bool, rng: Random, scale: float
) -> list[tuple[float, float]]:
    """(entered, left) of one lot, never more cars at once than it takes."""
    stays = []
    inside: list[float] = []
    for _ in range(min(_about(wanted * habits.overnight * scale, rng), limit)):
        left = max(_STAY_MIN_S, rng.gauss(habits.leaves[0], habits.leaves[1]) * HOUR_S)
        stays.append((-rng.uniform(HOUR_S / 6, _EVENING_S), left))
        heappush(inside, left)

    count = _about(wanted * (habits.weekend if weekend else habits.turnover) * scale, rng)
    hours = rng.choices(range(24), habits.hours, k=count)
    for entered in sorted((hour + rng.random()) * HOUR_S for hour in hours):
        while inside and inside[0] <= entered:
            heappop(inside)
        if len(inside) >= limit:
            continue
        left = entered + _length(habits, int(entered // HOUR_S), rng)
        stays.append((entered, left))
        heappush(inside, left)
    return stays


def _length(habits: Habits, hour: int, rng: Random) -> float:
    begins, ends = habits.long_hours
    is_long = begins <= hour < ends and rng.random() < habits.long_share
    median_min, sigma = habits.long if is_long else habits.short
    return max(_STAY_MIN_S, 60 * exp(rng.gauss(log(median_min), sigma)))


def _about(expected: float, rng: Random) -> int:
    """A whole number near what is expected; the fraction is the probability of one more."""
    return int(max(0.0, rng.gauss(expected, expected**0.5 / 2)) + rng.random())


def _with_vehicles(stays: list[tuple[float, float, int]], drivers: Sequence[Driver], rng: Random) -> list[Visit]:
    """Gives every stay a vehicle that is nowhere else, some of them back at a lot they know."""
    at_home = [vehicle for driver in drivers for vehicle in driver.vehicles]
    taken = {vehicle.plate for vehicle in at_home}
    regulars: dict[int, list[Vehicle]] = {}
    under_way: list[tuple[float, int]] = []
    visits: list[Visit] = []
    for entered, left, lot in stays:
        while under_way and under_way[0][0] <= entered:
            gone = visits[heappop(under_way)[1]]
            (at_home if gone.linked else regulars.setdefault(gone.lot, [])).append(gone.vehicle)
        linked = bool(at_home) and rng.random() < LINKED_SHARE
        known = at_home if linked else regulars.get(lot, [])
        if known and (linked or rng.random() < _REGULAR_SHARE):
            pick = rng.randrange(len(known))
            known[pick], known[-1] = known[-1], known[pick]
            who = known.pop()
        else:
            who = vehicle(rng, taken)
        heappush(under_way, (left + _BETWEEN_LOTS_S, len(visits)))
        visits.append(Visit(lot, who, linked, entered, left))
    return visits
