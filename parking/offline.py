"""The pack by which a gateway decides while it is cut off, as the service would; and how: the reference for those who
build gateways.

A pack names vehicles by marks: keyed hashes of their plates. The key follows from the gateway's own, so a pack that is
found without it tells nobody's plate, and it is signed by the same. That is symmetric on purpose: nobody but the
gateway and the service has to believe it, both have the key, and it is changed with it.

It says of the hours for which it may be followed what holds when: whoever is banned from noon on is let in until then.
"""

import hmac
from base64 import urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct

from parking import grants, plates
from parking.barrier import Command
from parking.grants import ANY, Grant, Window, second_of
from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass

# How long a pack may be followed.
PACK_LIFE = timedelta(hours=24)
# So long ago who comes again is known still.
REGULAR_WITHIN = timedelta(days=14)
VEHICLES_OF_SECTION_MAX = 5_000
# 64 bits: among 20,000 vehicles two have one mark in a hundred billion packs.
MARK_BYTES = 8
_MINUTE_S = 60

# From which seconds since 1970 on something holds, from which on it does not, and so on; nothing: never.
Turns = tuple[int, ...]
ALWAYS: Turns = (0,)
NEVER: Turns = ()


class PackKeys(Struct, frozen=True):
    """What marks are made by, and what packs are signed by."""

    marks: bytes
    signature: bytes


class Shared(Struct, frozen=True):
    """Vehicles (their marks) that share the bays of a pass, and what it grants those that come while one is left."""

    bays: int
    vehicles: tuple[str, ...]
    grants: tuple[Grant, ...]


class Entries(Struct, frozen=True):
    """What is known of vehicles, by their marks. `inside`: when one leaves without paying; `linked`: an account pays,
    always. `leaving`: when one that was at an exit is let out there again. Of visits that begin later: those that
    `exempt` grants and `passes` cost nothing, those of `shared` ones while there are bays, and those that `kinds` of
    vehicles are granted, by their names. Whoever stays for `free_min` at most pays nothing. `bans`: when one is not let
    in. `closed`: when nobody is, by lanes. `unread`: the marks of texts that are no plate, beside what anybody knows as
    such.
    """

    inside: dict[str, Turns] = {}
    leaving: dict[str, Turns] = {}
    linked: frozenset[str] = frozenset()
    exempt: dict[str, tuple[Grant, ...]] = {}
    passes: dict[str, tuple[Grant, ...]] = {}
    shared: dict[str, Shared] = {}
    kinds: dict[str, tuple[Grant, ...]] = {}
    free_min: int = 0
    bans: dict[str, Turns] = {}
    closed: dict[str, Turns] = {}
    unread: frozenset[str] = frozenset()


class Delta(Struct, frozen=True, omit_defaults=True):
    """By what a version differs from an earlier one: `gone` of each section, and what is new or otherwise."""

    inside: dict[str, Turns] = {}
    leaving: dict[str, Turns] = {}
    linked: Collection[str] = ()
    exempt: dict[str, tuple[Grant, ...]] = {}
    passes: dict[str, tuple[Grant, ...]] = {}
    shared: dict[str, Shared] = {}
    kinds: dict[str, tuple[Grant, ...]] = {}
    free_min: int | None = None
    bans: dict[str, Turns] = {}
    closed: dict[str, Turns] = {}
    unread: Collection[str] = ()
    gone: dict[str, Collection[str]] = {}


_SETS = ("linked", "unread")
_MAPS = ("bans", "closed", "exempt", "inside", "kinds", "leaving", "passes", "shared")


def keys_of(secret_hash: bytes) -> PackKeys:
    """The keys of a pack, from the SHA-256 of the secret in a gateway's key."""
    return PackKeys(*(hmac.digest(secret_hash, f"onelot pack {what}".encode(), "sha256") for what in ("marks", "sign")))


def mark(keys: PackKeys, plate: str, color: PlateColor) -> str:
    """The mark of a vehicle; the plate is normalised, its colour settled."""
    return mark_of(keys, f"{plate}/{color}")


def mark_of_text(keys: PackKeys, text: str) -> str:
    """The mark of what a camera says when it read no plate, made comparable."""
    return mark_of(keys, f"unread {text}")


def mark_of(keys: PackKeys, what: str) -> str:
    """The mark of a text."""
    digest = hmac.digest(keys.marks, what.encode(), "sha256")
    return urlsafe_b64encode(digest[:MARK_BYTES]).rstrip(b"=").decode()


def sign(keys: PackKeys, body: bytes) -> str:
    """The signature of a pack or a delta as it was sent."""
    return hmac.digest(keys.signature, body, "sha256").hex()


def digest(entries: Entries) -> str:
    """What tells whether a pack to which deltas were applied is the one that the service has: SHA-256 over its lines in
    order, `section key value`, the value as JSON without spaces, and `section key` of what has none.
    """
    lines = [
        f"{name} {key} {msgspec.json.encode(value).decode()}"
        for name in _MAPS
        for key, value in getattr(entries, name).items()
    ]
    lines += [f"{name} {each}" for name in _SETS for each in getattr(entries, name)]
    lines.append(f"free_min {entries.free_min}")
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()


def turns(window: Window, changes: Iterable[datetime], holds: Callable[[datetime], bool]) -> Turns:
    """When something holds within a window, that changes at some instants only."""
    found: list[int] = []
    for at in sorted({window.since, *(each for each in changes if window.since < each < window.until)}):
        if holds(at) is not is_on(found, at):
            found.append(0 if at == window.since else second_of(at))
    return tuple(found)


def is_on(turns: Turns | list[int], at: datetime) -> bool:
    """Whether what turns so holds at an instant."""
    return bisect_right(turns, second_of(at)) % 2 == 1


def until(turns: Turns, end: datetime) -> Turns:
    """When something holds that also holds before an instant."""
    second = second_of(end)
    later = [each for each in turns if each > second]
    return (0, *later) if is_on(turns, end) else (0, second, *later)


def difference(was: Entries, now: Entries) -> Delta:
    """By what entries differ."""
    gone = {name: sorted(getattr(was, name).keys() - getattr(now, name).keys()) for name in _MAPS}
    gone |= {name: sorted(getattr(was, name) - getattr(now, name)) for name in _SETS}
    return Delta(
        **{
            name: {key: value for key, value in getattr(now, name).items() if getattr(was, name).get(key) != value}
            for name in _MAPS
        },
        linked=tuple(sorted(now.linked - was.linked)),
        unread=tuple(sorted(now.unread - was.unread)),
        free_min=None if was.free_min == now.free_min else now.free_min,
        gone={name: keys for name, keys in gone.items() if keys},
    )


def applied(was: Entries, delta: Delta) -> Entries:
    """Entries with a delta."""
    maps = {}
    for name in _MAPS:
        gone = frozenset(delta.gone.get(name, ()))
        kept = {key: value for key, value in getattr(was, name).items() if key not in gone}
        maps[name] = kept | getattr(delta, name)
    return Entries(
        **maps,
        linked=(was.linked - frozenset(delta.gone.get("linked", ()))) | frozenset(delta.linked),
        unread=(was.unread - frozenset(delta.gone.get("unread", ()))) | frozenset(delta.unread),
        free_min=was.free_min if delta.free_min is None else delta.free_min,
    )


class Came(Struct, frozen=True):
    """A car that the gateway let in since the pack was made: when, and the marks of those that were in the lot then."""

    at: datetime
    there: Collection[str] = ()


def decide(
    entries: Entries,
    keys: PackKeys,
    direction: Direction,
    plate_read: str,
    color_read: PlateColor,
    class_read: VehicleClass = VehicleClass.UNKNOWN,
    *,
    at: datetime,
    lane: str = "",
    came: Came | None = None,
) -> Command:
    """What the barrier does for a car at a lane. `came`: None, if it did not come since the pack was made."""
    plate = plates.normalise(plate_read)
    if not plates.names_vehicle(plate) or (entries.unread and mark_of_text(keys, plate) in entries.unread):
        return Command.HOLD
    color = plates.settle_color(plate, color_read)
    car = mark(keys, plate, color)
    if direction is Direction.ENTRY:
        held = is_on(entries.bans.get(car, NEVER), at) or is_on(entries.closed.get(lane, NEVER), at)
        return Command.HOLD if held else Command.OPEN
    if came is None:
        is_let_out = (
            is_on(entries.leaving.get(car, NEVER), at)
            or is_on(entries.inside.get(car, NEVER), at)
            or (car in entries.inside and car in entries.linked)
        )
    else:
        kind = grants.name_of(plates.form(plate), color, class_read)
        is_let_out = (
            car in entries.linked
            or (
                second_of(at) // _MINUTE_S - second_of(came.at) // _MINUTE_S <= entries.free_min
                and entries.free_min > 0
            )
            or any(grants.holds(grant, came.at, at) for grant in _granted(entries, car, kind, came))
        )
    return Command.OPEN if is_let_out else Command.HOLD


def _granted(entries: Entries, car: str, kind: str, came: Came) -> Iterable[Grant]:
    """What a car is granted that came meanwhile."""
    yield from entries.kinds.get(ANY, ())
    yield from entries.kinds.get(kind, ())
    yield from entries.exempt.get(car, ())
    yield from entries.passes.get(car, ())
    for each in entries.shared.values():
        others = sum(other in came.there for other in each.vehicles if other != car)
        if car in each.vehicles and others < each.bays:
            yield from each.grants
