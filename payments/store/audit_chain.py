"""The chain of the audit log in Postgres. It only grows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from payments.audit import Line
from payments.audit_chain import START, Head, Kept, Link
from sql import Connection

_CHAIN = sql.load("payments/audit_chain")


async def head(db: Connection) -> Head:
    """Where the chain ends."""
    return await sql.one(db, Head, _CHAIN["head"]) or START


async def locked_head(db: Connection) -> Head:
    """Where the chain ends; nobody else moves it until the transaction ends."""
    return await sql.one(db, Head, _CHAIN["locked_head"]) or START


async def waiting(db: Connection, limit: int) -> Sequence[Line]:
    """Lines that are not in the chain yet, the first of them."""
    return await sql.every(db, Line, _CHAIN["waiting"], limit)


async def count_waiting(db: Connection) -> int:
    """How many lines are not in the chain yet."""
    count: int = await db.fetchval(_CHAIN["count_waiting"])
    return count


async def put(db: Connection, links: Sequence[Link], *, now: datetime) -> None:
    """Puts places at the end of the chain, whose head is locked; their lines wait no more."""
    await db.execute(
        _CHAIN["put"],
        [each.position for each in links],
        [each.owner_id for each in links],
        [each.audit_id for each in links],
        [each.salt for each in links],
        [each.leaf for each in links],
        [each.hash for each in links],
        now,
    )
    await db.execute(_CHAIN["wait_no_more"], [each.owner_id for each in links], [each.audit_id for each in links])
    await db.execute(_CHAIN["move_head"], links[-1].position, links[-1].hash)


async def kept(db: Connection, after: int, limit: int) -> Sequence[Kept]:
    """Places of the chain after a position, with what is there of their lines."""
    return [place.kept() for place in await sql.every(db, _Place, _CHAIN["kept"], after, limit)]


async def hash_at(db: Connection, position: int) -> bytes | None:
    """The hash of a place; None: the chain does not reach so far."""
    found: bytes | None = await db.fetchval(_CHAIN["hash_at"], position)
    return found


async def not_in_it(db: Connection, limit: int) -> Sequence[UUID]:
    """Lines that are neither in the chain nor wait for it."""
    return [row["id"] for row in await db.fetch(_CHAIN["not_in_it"], limit)]


class _Place(Struct, frozen=True):
    """A place of the chain as it is read, with the columns of its line, null where that is gone."""

    position: int
    owner_id: int
    audit_id: UUID
    salt: bytes | None
    leaf: bytes
    hash: bytes
    at: datetime | None
    actor: str | None
    action: str | None
    subject: str | None
    detail: str | None
    may_be_forgotten: bool

    def kept(self) -> Kept:
        """The place and its line."""
        link = Link(self.position, self.owner_id, self.audit_id, self.salt, self.leaf, self.hash)
        if self.at is None or self.actor is None or self.action is None or self.subject is None or self.detail is None:
            return Kept(link, None, self.may_be_forgotten)
        said = (self.at, self.actor, self.action, self.subject, self.detail)
        return Kept(link, Line(self.owner_id, self.audit_id, *said), self.may_be_forgotten)
