"""The chain of the audit log: a hash over each line and all before it, so that nothing is changed without being found.

A line is hashed behind a salt of its own (`leaf`), a place in the chain over the hash before it, its position and its
leaf. What is forgotten of a line by the law takes the salt with it: its place stays, and says nothing of it any more.
Whoever keeps a head elsewhere finds a log that was cut off, or written anew as a whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from payments.audit import Line

SALT_BYTES, HASH_BYTES = 16, 32
# Before the first line.
ORIGIN = bytes(HASH_BYTES)


class Head(Struct, frozen=True):
    """The end of the chain, or where it once ended."""

    position: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.hash.hex()}"


START = Head(0, ORIGIN)


class Link(Struct, frozen=True):
    """The place of a line in the chain. `salt` None: part of the line was forgotten."""

    position: int
    owner_id: int
    audit_id: UUID
    salt: bytes | None
    leaf: bytes
    hash: bytes


class Kept(Struct, frozen=True):
    """A place of the chain with the line that is there now, if there is one; `may_be_forgotten`: its time was over, or
    its account is forgotten.
    """

    link: Link
    line: Line | None
    may_be_forgotten: bool


class Fault(StrEnum):
    """What is found wrong with a chain, at the first place where it is."""

    BROKEN = "broken"
    MISSING = "missing"
    CHANGED = "changed"
    FORGOTTEN = "forgotten"
    NOT_IN_IT = "not_in_it"
    CUT_OFF = "cut_off"
    ANOTHER = "another"


class Found(Struct, frozen=True):
    """A fault at a position of the chain; `audit_id`: of which line, where it is one."""

    fault: Fault
    position: int
    audit_id: UUID | None = None


def head_of(text: str) -> Head:
    """A head as it is printed.

    Raises:
        ValueError: it is none.
    """
    position, _, hashed = text.strip().partition(":")
    head = Head(int(position), bytes.fromhex(hashed))
    if head.position < 0 or len(head.hash) != HASH_BYTES:
        raise ValueError(f"no hash of {HASH_BYTES} bytes at a position")
    return head


def leaf_of(line: Line, salt: bytes) -> bytes:
    """The hash of a line: its salt, then its fields as JSON; the time in UTC to the microsecond, keys sorted."""
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [line.owner_id, str(line.id), at, line.actor, line.action, line.subject, msgspec.json.decode(line.detail)]
    return sha256(salt + msgspec.json.encode(fields, order="deterministic")).digest()


def hash_of(before: bytes, position: int, leaf: bytes) -> bytes:
    """The hash of a place in the chain."""
    return sha256(before + position.to_bytes(8, "big") + leaf).digest()


def linked(head: Head, lines: Sequence[Line], salts: Iterable[bytes]) -> Sequence[Link]:
    """The places of further lines behind a head, in their order."""
    links: list[Link] = []
    before = head.hash
    for position, (line, salt) in enumerate(zip(lines, salts, strict=True), head.position + 1):
        leaf = leaf_of(line, salt)
        before = hash_of(before, position, leaf)
        links.append(Link(position, line.owner_id, line.id, salt, leaf, before))
    return links


def faults(kept: Iterable[Kept], after: Head) -> Iterator[Found]:
    """What is wrong with places of the chain that follow a head, in their order. A chain that is broken says nothing of
    what comes after, so that is the last.
    """
    before = after
    for each in kept:
        link = each.link
        follows = link.position == before.position + 1
        if not follows or hash_of(before.hash, link.position, link.leaf) != link.hash:
            yield Found(Fault.BROKEN, before.position + 1, link.audit_id)
            return
        if (fault := _of_line(each)) is not None:
            yield Found(fault, link.position, link.audit_id)
        before = Head(link.position, link.hash)


def _of_line(each: Kept) -> Fault | None:
    if each.line is None:
        return Fault.MISSING
    if each.link.salt is None:
        return None if each.may_be_forgotten else Fault.FORGOTTEN
    return None if leaf_of(each.line, each.link.salt) == each.link.leaf else Fault.CHANGED


class Checked(Struct, frozen=True):
    """How far a chain was looked at, by whose clock, and what was found. `waiting`: lines that are not in it yet."""

    head: Head
    lines: int
    forgotten: int
    waiting: int
    checked_at: datetime
    found: Sequence[Found]
