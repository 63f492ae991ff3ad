"""The pack by which a gateway decides while it is cut off, as the service would; and how: the reference for those who
build gateways.

A pack names vehicles by marks: keyed hashes of their plates. The key follows from the gateway's own, so a pack that is
found without it tells nobody's plate, and it is signed by the same. That is symmetric on purpose: nobody but the
gateway and the service has to believe it, both have the key, and it is changed with it.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from parking import plates
from parking.barrier import Command
from parking.lots import Direction
from parking.plates import PlateColor

# How long a pack may be followed.
PACK_LIFE = timedelta(hours=24)
# So long ago who comes again is known still.
REGULAR_WITHIN = timedelta(days=14)
VEHICLES_OF_SECTION_MAX = 5_000
# 64 bits: among 20,000 vehicles two have one mark in a hundred billion packs.
MARK_BYTES = 8
# In `inside`: leaves as long as the pack holds; leaves only when it has paid.
ALWAYS, NEVER = -1, 0
_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PackKeys(Struct, frozen=True):
    """What marks are made by, and what packs are signed by."""

    marks: bytes
    signature: bytes


class Entries(Struct, frozen=True):
    """What is known of vehicles, by their marks. `inside`: before which minute since 1970 one leaves without paying, or
    ALWAYS or NEVER. Who comes meanwhile and is `linked` (an account pays), `exempt` or has one of `passes` leaves as
    well; who is in `bans` is not let in.
    """

    inside: dict[str, int] = {}
    linked: frozenset[str] = frozenset()
    exempt: frozenset[str] = frozenset()
    passes: frozenset[str] = frozenset()
    bans: frozenset[str] = frozenset()


class Delta(Struct, frozen=True, omit_defaults=True):
    """By what a version differs from an earlier one: `gone` of each section, and what is new or otherwise."""

    inside: dict[str, int] = {}
    linked: Collection[str] = ()
    exempt: Collection[str] = ()
    passes: Collection[str] = ()
    bans: Collection[str] = ()
    gone: dict[str, Collection[str]] = {}


_SETS = ("linked", "exempt", "passes", "bans")


def keys_of(secret_hash: bytes) -> PackKeys:
    """The keys of a pack, from the SHA-256 of the secret in a gateway's key."""
    return PackKeys(*(hmac.digest(secret_hash, f"onelot pack {what}".encode(), "sha256") for what in ("marks", "sign")))


def mark(keys: PackKeys, plate: str, color: PlateColor) -> str:
    """The mark of a vehicle; the plate is normalised, its colour settled."""
    digest = hmac.digest(keys.marks, f"{plate}/{color}".encode(), "sha256")
    return urlsafe_b64encode(digest[:MARK_BYTES]).rstrip(b"=").decode()


def sign(keys: PackKeys, body: bytes) -> str:
    """The signature of a pack or a delta as it was sent."""
    return hmac.digest(keys.signature, body, "sha256").hex()


def digest(entries: Entries) -> str:
    """What tells whether a pack to which deltas were applied is the one that the service has."""
    lines = [f"inside {key} {until}" for key, until in sorted(entries.inside.items())]
    lines += [f"{name} {each}" for name in _SETS for each in sorted(getattr(entries, name))]
    return sha256("\n".join(lines).encode()).hexdigest()


def minute_of(at: datetime) -> int:
    """An instant as whole minutes since 1970."""
    return (at - _EPOCH) // _MINUTE


def instant_of(minute: int) -> datetime:
    """The beginning of a minute since 1970."""
    return _EPOCH + minute * _MINUTE


def difference(was: Entries, now: Entries) -> Delta:
    """By what entries differ."""
    gone = {name: sorted(getattr(was, name) - getattr(now, name)) for name in _SETS}
    gone["inside"] = sorted(was.inside.keys() - now.inside.keys())
    return Delta(
        inside={key: until for key, until in now.inside.items() if was.inside.get(key) != until},
        **{name: tuple(sorted(getattr(now, name) - getattr(was, name))) for name in _SETS},
        gone={name: marks for name, marks in gone.items() if marks},
    )


def applied(was: Entries, delta: Delta) -> Entries:
    """Entries with a delta."""
    gone = delta.gone.get("inside", ())
    inside = {key: until for key, until in was.inside.items() if key not in gone} | delta.inside
    sets = {
        name: (getattr(was, name) - frozenset(delta.gone.get(name, ()))) | frozenset(getattr(delta, name))
        for name in _SETS
    }
    return Entries(inside, **sets)


def decide(
    entries: Entries,
    keys: PackKeys,
    direction: Direction,
    plate_read: str,
    color_read: PlateColor,
    *,
    at: datetime,
    came_meanwhile: bool = False,
) -> Command:
    """What the barrier does for a car at a lane. `came_meanwhile`: this gateway let it in since the pack was made."""
    plate = plates.normalise(plate_read)
    if not plates.names_vehicle(plate):
        return Command.HOLD
    car = mark(keys, plate, plates.settle_color(plate, color_read))
    if direction is Direction.ENTRY:
        return Command.HOLD if car in entries.bans else Command.OPEN
    if came_meanwhile:
        known = car in entries.linked or car in entries.exempt or car in entries.passes
        return Command.OPEN if known else Command.HOLD
    until = entries.inside.get(car, NEVER)
    return Command.OPEN if until == ALWAYS or minute_of(at) < until else Command.HOLD


def entries_of(inside: Mapping[str, int], **sets: Collection[str]) -> Entries:
    """Entries of marks."""
    return Entries(dict(inside), **{name: frozenset(marks) for name, marks in sets.items()})
