"""A day of gate events, the same for the same seed: what gateways send, when, and what goes wrong on the way.

Events are made from visits (seeds/traffic/visits.py), read by cameras that err at times, and sent by gateways that
repeat themselves, lose touch and hand in later what they kept.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass
from seeds.city.drivers import Driver, Vehicle, drivers
from seeds.city.network import City, CityLot
from seeds.traffic.visits import DAY_S, HOUR_S, Visit, visits

BATCH_EVENTS_MAX = 200
# Shares of all events, or of all visits where a whole one is concerned.
REPEATED_SHARE = 0.010
READ_TWICE_SHARE = 0.005
DOUBTFUL_SHARE = 0.005
MISREAD_SHARE = 0.006
NO_EXIT_SHARE = 0.008
NO_ENTRY_SHARE = 0.003
NO_PLATE_SHARE = 0.004
OFFLINE_SHARE = 0.05
_OFFLINE_S = (40 * 60, 150 * 60)
_COUNTED_SHARE = 0.2
# The evening's entries are handed in shortly before midnight, so that a day can be played from its first second.
_EVENING_HANDED_IN_S = -240
# Who parked on the day before has left by then: the evening of that day belongs to the day after it.
_HISTORY_UNTIL_S = 17 * HOUR_S
_BETWEEN_BATCHES_S = 2

_CONFUSED = {"0": "D", "D": "0", "8": "B", "B": "8", "5": "S", "S": "5", "1": "7", "7": "1", "2": "Z", "Z": "2"}
_COLOR_WORDS = {
    PlateColor.BLUE: "蓝",
    PlateColor.YELLOW: "黄",
    PlateColor.GREEN: "绿",
    PlateColor.YELLOW_GREEN: "黄绿",
    PlateColor.WHITE: "白",
}


class Picture(Struct, frozen=True):
    """A picture by reference."""

    role: str
    ref: str


class GateEvent(Struct, frozen=True, omit_defaults=True):
    """An event as gateways send it."""

    event_id: str
    kind: Direction
    lane: str
    occurred_at: datetime
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    confidence: float
    replay: bool = False
    images: tuple[Picture, ...] = ()
    remaining_spaces: int | None = None


class Sending(Struct, frozen=True):
    """One request of a gateway: a single live event, or an array of what it had kept."""

    at: datetime
    gateway: str
    events: tuple[GateEvent, ...]

    def body(self) -> bytes:
        """The request's JSON."""
        if len(self.events) == 1 and not self.events[0].replay:
            return _encoder.encode(self.events[0])
        return _encoder.encode(self.events)


class Faults(Struct):
    """How often each thing went wrong."""

    repeated: int = 0
    replayed: int = 0
    read_twice: int = 0
    doubtful: int = 0
    misread: int = 0
    no_plate: int = 0
    no_exit: int = 0
    no_entry: int = 0


class Day(Struct, frozen=True):
    """A day's traffic, both parts in sending order.

    evening: who is inside at midnight, handed in as arrays during the last minutes before it.
    """

    evening: tuple[Sending, ...]
    day: tuple[Sending, ...]
    visits: tuple[Visit, ...]
    faults: Faults


_encoder = msgspec.json.Encoder()


def events(
    city: City, *, day: date, seed: int, scale: float = 1.0, motorists: Sequence[Driver] | None = None
) -> Iterator[Sending]:
    """All of a day's requests in sending order, the evening's first. `scale` multiplies how many cars try to come."""
    traffic_of_day = traffic(city, day=day, seed=seed, scale=scale, motorists=motorists)
    yield from traffic_of_day.evening
    yield from traffic_of_day.day


def traffic(city: City, *, day: date, seed: int, scale: float = 1.0, motorists: Sequence[Driver] | None = None) -> Day:
    """A day's traffic with what is known about it; `motorists` are the drivers with accounts (all of them)."""
    rng = Random(f"{day} {seed}")
    known = drivers() if motorists is None else motorists
    parked = visits(city, known, day=day, rng=rng, scale=scale)
    by_lot: list[list[Visit]] = [[] for _ in city.lots]
    for visit in parked:
        by_lot[visit.lot].append(visit)
    offline = set(rng.sample(range(len(city.lots)), max(1, round(len(city.lots) * OFFLINE_SHARE))))
    faults = Faults()
    evening: list[Sending] = []
    daytime: list[Sending] = []
    for at, lot in enumerate(city.lots):
        gateway = _Gateway(lot, at, day=day, seed=seed, rng=rng, faults=faults)
        before, live = gateway.events(by_lot[at])
        evening += gateway.handed_in_later(before, _EVENING_HANDED_IN_S)
        daytime += gateway.sent(live, at in offline)
    return Day(tuple(_in_order(evening)), tuple(_in_order(daytime)), tuple(parked), faults)


def history(
    city: City, *, day: date, seed: int, scale: float, motorists: Sequence[Driver] | None = None
) -> tuple[tuple[Sending, ...], tuple[Visit, ...]]:
    """A past day for the books: whole visits alone, handed in by every gateway in arrays when all is over."""
    rng = Random(f"history {day} {seed}")
    known = drivers() if motorists is None else motorists
    parked = [
        visit
        for visit in visits(city, known, day=day, rng=rng, scale=scale)
        if visit.entered_s >= 0 and visit.left_s <= _HISTORY_UNTIL_S
    ]
    sendings: list[Sending] = []
    for at, lot in enumerate(city.lots):
        gateway = _Gateway(lot, at, day=day, seed=seed, rng=rng, faults=Faults())
        _, events = gateway.events([visit for visit in parked if visit.lot == at])
        sendings += gateway.handed_in_later(events, _HISTORY_UNTIL_S)
    return tuple(_in_order(sendings)), tuple(parked)


def _in_order(sendings: list[Sending]) -> list[Sending]:
    return sorted(sendings, key=lambda sending: (sending.at, sending.gateway, sending.events[0].event_id))


class _Gateway:
    """The computer of one lot: its cameras' habits, its numbering, and the day it has."""

    def __init__(self, lot: CityLot, at: int, *, day: date, seed: int, rng: Random, faults: Faults) -> None:
        self.code = lot.plan.gateway
        self.rng = rng
        self.faults = faults
        self._zone = ZoneInfo(lot.plan.time_zone)
        self._midnight = datetime.combine(day, time(), self._zone).astimezone(UTC)
        self._lanes = {direction: lot.lanes(direction) for direction in Direction}
        self._capacity = lot.plan.capacity
        self._name = f"{lot.plan.code}-{day:%y%m%d}-{seed:x}"
        self._number = 0
        # Some cameras put the colour in front, others have a word of their own for no plate, half keep pictures.
        self._names_color = at % 5 == 0
        self._no_plate = ("无车牌", "_无_", "")[at % 3]
        self._pictures = at % 2 == 0
        self._counts = at % 3 == 0

    def events(self, stays: Sequence[Visit]) -> tuple[list[GateEvent], list[GateEvent]]:
        """The lot's events as its cameras make them, in order of time: those of the evening before, and the day's."""
        passings: list[tuple[float, int, Direction, Visit, bool]] = []
        for number, visit in enumerate(stays):
            plateless = self._happens(NO_PLATE_SHARE, "no_plate")
            if not (visit.entered_s >= 0 and self._happens(NO_ENTRY_SHARE, "no_entry")):
                passings.append((visit.entered_s, number, Direction.ENTRY, visit, plateless))
            if visit.left_s < DAY_S and not self._happens(NO_EXIT_SHARE, "no_exit"):
                passings.append((visit.left_s, number, Direction.EXIT, visit, plateless))
        passings.sort(key=lambda passing: passing[:2])
        evening: list[GateEvent] = []
        daytime: list[GateEvent] = []
        inside = 0
        for at, _, direction, visit, plateless in passings:
            inside += 1 if direction is Direction.ENTRY else -1
            event = self._read(at, direction, visit.vehicle, plateless, inside)
            (evening if at < 0 else daytime).append(event)
            if at >= 0 and self._happens(READ_TWICE_SHARE, "read_twice"):
                daytime.append(self._again(event, at))
        return evening, sorted(daytime, key=lambda event: event.occurred_at)

    def handed_in_later(self, events: list[GateEvent], from_s: float) -> Iterator[Sending]:
        """Events handed in later, in arrays, one after the other."""
        for batch, first in enumerate(range(0, len(events), BATCH_EVENTS_MAX)):
            kept = [structs.replace(event, replay=True) for event in events[first : first + BATCH_EVENTS_MAX]]
            at = self._at(from_s + batch * _BETWEEN_BATCHES_S + self.rng.random())
            yield Sending(at, self.code, tuple(kept))

    def sent(self, events: list[GateEvent], goes_offline: bool) -> list[Sending]:
        """The day's requests: each event within seconds, some twice, and after a while offline all of it at once."""
        sendings: list[Sending] = []
        if goes_offline:
            begins_s = self.rng.uniform(6 * HOUR_S, 20 * HOUR_S)
            ends_s = begins_s + self.rng.uniform(*_OFFLINE_S)
            begins, ends = self._at(begins_s), self._at(ends_s)
            first, last = (bisect_left(events, at, key=lambda event: event.occurred_at) for at in (begins, ends))
            # What was sent just before the line broke is kept as well: the gateway never got the answer.
            kept = events[max(0, first - 2) : last]
            self.faults.replayed += len(kept)
            self.faults.repeated += first - max(0, first - 2)
            sendings += self.handed_in_later(kept, ends_s)
            events = events[:first] + events[last:]
        for event in events:
            at = event.occurred_at.astimezone(UTC) + timedelta(seconds=round(0.2 + self.rng.expovariate(2.5), 3))
            sendings.append(Sending(at, self.code, (event,)))
            if self._happens(REPEATED_SHARE, "repeated"):
                later = timedelta(seconds=round(self.rng.uniform(1, 30), 3))
                sendings.append(Sending(at + later, self.code, (event,)))
        return sendings

    def _read(self, at: float, direction: Direction, seen: Vehicle, plateless: bool, inside: int) -> GateEvent:
        """What the camera makes of a vehicle."""
        self._number += 1
        name = f"{self._name}-{self._number:05}"
        plate, color, confidence = seen.plate, seen.color, min(0.999, self.rng.gauss(0.965, 0.015))
        if plateless:
            plate, color, confidence = self._no_plate, PlateColor.UNKNOWN, self.rng.uniform(0.05, 0.3)
        elif direction is Direction.EXIT and self._happens(MISREAD_SHARE, "misread"):
            plate, confidence = _misread(plate, self.rng), self.rng.uniform(0.62, 0.85)
        elif self._happens(DOUBTFUL_SHARE, "doubtful"):
            confidence = self.rng.uniform(0.35, 0.58)
        if self._names_color and not plateless:
            plate = _COLOR_WORDS.get(color, "") + plate
        remaining = None
        if self._counts and self.rng.random() < _COUNTED_SHARE:
            remaining = min(self._capacity, max(0, self._capacity - inside + self.rng.choice((-1, 0, 0, 0, 1))))
        roles = ("panorama", "plate") if self._pictures else ()
        return GateEvent(
            event_id=name,
            kind=direction,
            lane=self.rng.choice(self._lanes[direction]),
            occurred_at=self._at(at).astimezone(self._zone),
            plate=plate,
            plate_color=color,
            vehicle_class=VehicleClass.UNKNOWN if self.rng.random() < 0.02 else seen.vehicle_class,
            confidence=round(confidence, 3),
            images=tuple(Picture(role, f"{self.code}/{name}/{role}.jpg") for role in roles),
            remaining_spaces=remaining,
        )

    def _again(self, event: GateEvent, at: float) -> GateEvent:
        """The camera fires a second time for one passing: another event about the same car."""
        self._number += 1
        later = self._at(at + self.rng.uniform(2, 9)).astimezone(self._zone)
        return structs.replace(event, event_id=f"{self._name}-{self._number:05}", occurred_at=later)

    def _at(self, seconds: float) -> datetime:
        return self._midnight + timedelta(milliseconds=round(seconds * 1000))

    def _happens(self, share: float, fault: str) -> bool:
        if self.rng.random() >= share:
            return False
        setattr(self.faults, fault, getattr(self.faults, fault) + 1)
        return True


def _misread(plate: str, rng: Random) -> str:
    """The plate with one character taken for another that looks like it."""
    places = [place for place in range(2, len(plate)) if plate[place] in _CONFUSED]
    if not places:
        return plate
    place = rng.choice(places)
    return plate[:place] + _CONFUSED[plate[place]] + plate[place + 1 :]
