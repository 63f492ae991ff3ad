"""Identifiers that say when and where: UUIDv8 (RFC 9562) of a time, a shard and random bits.

Any table keyed by one finds its monthly partition and its shard from the identifier alone, and an identifier derived
from another (`derive`) makes "once per stay" or "once per charge" a matter of the primary key.

    unix milliseconds: 48 | version 8: 4 | random_bits: 12 | variant: 2 | shard: 30 | random_bits: 32

A shard is a lot or an owner, and every city numbers its own from 1 on. To be decided before a second city exists: how
an identifier tells which city it is of. 12 of the 30 bits could say it and leave 18, which is enough for a city's lots
and not for its drivers; those need a wider field, or a token that names the city. A gateway's key would say it in its
id.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from asyncpg.pgproto import pgproto

SHARD_MAX = (1 << 30) - 1
# Below and above all others.
FIRST = UUID(int=0)
LAST = UUID(int=(1 << 128) - 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION = 8 << 76
_VARIANT = 2 << 62
_CHANCE = (0xFFF << 64) | 0xFFFFFFFF


def new(at: datetime, shard: int, random_bits: int) -> UUID:
    """An identifier made at `at` (aware) in `shard` (a lot or an owner) with 64 random bits, of which 44 are used.

    Raises:
        ValueError: the shard does not fit 30 bits, or the time lies before 1970.
    """
    if not 0 <= shard <= SHARD_MAX or at < _EPOCH:
        raise ValueError(f"no identifier for shard {shard} at {at}")
    time = (at - _EPOCH) // _MILLISECOND << 80
    return _of(time | _VERSION | _VARIANT | shard << 32 | _spread(random_bits))


def random(random_bits: int) -> UUID:
    """A UUIDv4 of 128 random bits, of which 122 are used. It says nothing and is none of ours."""
    return _of(random_bits & ~(0xF << 76 | 3 << 62) | 4 << 76 | _VARIANT)


def derive(source: UUID, purpose: str) -> UUID:
    """The one identifier that belongs to `source` for `purpose`: same time, same shard, other random bits."""
    random_bits = int.from_bytes(blake2b(source.bytes + purpose.encode(), digest_size=8).digest(), "big")
    return _of(source.int & ~_CHANCE | _spread(random_bits))


def move(source: UUID, shard: int, purpose: str) -> UUID:
    """As `derive`, in another shard: a journal lives with its owner, not with the lot of its charge.

    Raises:
        ValueError: the shard does not fit 30 bits.
    """
    if not 0 <= shard <= SHARD_MAX:
        raise ValueError(f"no identifier for shard {shard}")
    derived = derive(source, purpose).int
    return _of(derived & ~(SHARD_MAX << 32) | shard << 32)


def shard_of(identifier: UUID) -> int:
    """The lot or the owner an identifier was made for."""
    return identifier.int >> 32 & SHARD_MAX


def floor(at: datetime) -> UUID:
    """The lowest identifier of an instant, as `id_floor` in SQL; before there are identifiers, the lowest of all."""
    return _of(max(0, (at - _EPOCH) // _MILLISECOND) << 80)


def span(identifiers: Collection[UUID]) -> tuple[UUID, UUID]:
    """The lowest and the highest identifier that may be derived from some of these, which are at least one."""
    return _of(min(identifiers).int >> 80 << 80), _of(max(identifiers).int | (1 << 80) - 1)


def is_ours(identifier: UUID) -> bool:
    """Whether the identifier has this form; others cannot name anything here."""
    return identifier.int & (0xF << 76 | 3 << 62) == _VERSION | _VARIANT


def _of(bits: int) -> UUID:
    # The type that the driver of the database has: equal to Python's own; made, hashed and sent several times faster.
    return pgproto.UUID(bits.to_bytes(16, "big"))


def _spread(random_bits: int) -> int:
    return (random_bits >> 32 & 0xFFF) << 64 | random_bits & 0xFFFFFFFF
