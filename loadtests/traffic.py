"""Made-up traffic: vehicles that come and go, as the bytes their gateways send. The same seed is the same traffic."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from loadtests.client import Shot, request

# An event as the API takes it, before it is JSON.
Event: TypeAlias = dict[str, Any]

PATH = "/v1/gate-events"
INSIDE_PER_STREAM = 20
# Plates whose number leaves one of these when divided by five are linked to an account: two of five.
LINKED_OF_FIVE = (0, 1)
_CITIES = "ABCDEFGHJKLMNPQRSTUVWXYZ"
PLATES_MAX = 100_000 * len(_CITIES)
_ENCODER = msgspec.json.Encoder()
_STAY_MIN, _STAY_MAX = timedelta(minutes=10), timedelta(hours=8)


class Lot(Struct, frozen=True):
    """A lot as its gateway knows it."""

    code: str
    key: str
    entry_lane: str
    exit_lane: str


def plate(number: int) -> str:
    """The plate of a vehicle by its number, below PLATES_MAX: valid, and different for each."""
    return f"鲁{_CITIES[number // 100_000]}{number % 100_000:05}"


def is_linked(number: int) -> bool:
    """Whether the vehicle's driver has an account."""
    return number % 5 in LINKED_OF_FIVE


def event(lot: Lot, kind: str, number: int, at: datetime, event_id: str) -> Event:
    """An event as the API takes it."""
    return {
        "event_id": event_id,
        "kind": kind,
        "lane": lot.entry_lane if kind == "entry" else lot.exit_lane,
        "occurred_at": at.isoformat(),
        "plate": plate(number),
        "plate_color": "blue",
        "vehicle_class": "small",
        "confidence": 0.97,
        # These visits were days ago; sent as live their times would be taken for those of a clock that is off.
        "replay": True,
        "images": [{"role": "plate", "ref": f"oss://{lot.code}/{event_id}.jpg"}],
    }


def visits(
    lots: Sequence[Lot], numbers: range, *, name: str, until: datetime, seed: int = 1
) -> Iterator[tuple[Lot, Event]]:
    """Endless entries and exits of these vehicles: each comes once a day, is driven out about INSIDE_PER_STREAM events
    later, and everything happened before `until`. About one stay in twenty is short enough to be free.
    """
    rng = random.Random(seed)
    inside: list[tuple[Lot, int, datetime]] = []
    visit = 0
    while True:
        day, place = divmod(visit, len(numbers))
        came = until - timedelta(days=24 - day % 23) + timedelta(seconds=rng.randrange(12 * 3600))
        lot, number = lots[visit % len(lots)], numbers[place]
        yield lot, event(lot, "entry", number, came, f"{name}-{visit}-e")
        inside.append((lot, number, came))
        visit += 1
        if len(inside) >= INSIDE_PER_STREAM:
            left, number, came = inside.pop(0)
            stayed = _STAY_MIN + (_STAY_MAX - _STAY_MIN) * rng.random()
            yield left, event(left, "exit", number, came + stayed, f"{name}-{visit - INSIDE_PER_STREAM}-x")


def prepared(
    lots: Sequence[Lot],
    numbers: range,
    *,
    connections: int,
    events: int,
    until: datetime,
    name: str,
    per_request: int = 1,
    path: str = PATH,
) -> list[list[Shot]]:
    """Requests for each connection, made beforehand: `events` in all, `per_request` of one lot in each.

    A connection speaks for its own lots and vehicles, as a gateway does, so that the order of a vehicle's events is
    kept however many connections there are. Single events are objects, more are arrays.
    """
    shots = []
    for n in range(connections):
        own = lots[n::connections] or [lots[n % len(lots)]]
        vehicles = numbers[n::connections]
        requests = events // connections // per_request
        if per_request == 1:
            seen = visits(own, vehicles, name=f"{name}{n}", until=until, seed=n)
            shots.append([Shot(body(*next(seen), path)) for _ in range(requests)])
        else:
            shots.append(_arrays(own, vehicles, requests, per_request, f"{name}{n}", until, path))
    return shots


def _arrays(
    lots: Sequence[Lot], numbers: range, requests: int, per_request: int, name: str, until: datetime, path: str
) -> list[Shot]:
    """Requests of many events, the lots taking turns, each with its part of the vehicles."""
    seen = [
        visits([lot], numbers[n :: len(lots)], name=f"{name}-{n}", until=until, seed=n) for n, lot in enumerate(lots)
    ]
    shots = []
    for turn in range(requests):
        n = turn % len(lots)
        shots.append(Shot(body(lots[n], [next(seen[n])[1] for _ in range(per_request)], path), per_request))
    return shots


def body(lot: Lot, what: Event | Sequence[Event], path: str = PATH) -> bytes:
    """The request of a lot's gateway with one event or an array of them."""
    return request(path, _ENCODER.encode(what), key=lot.key)
