"""What people decided about events, in PostgreSQL. It only grows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking.decisions import Decision, Standing
from parking.lookback import Range
from parking.reads import CONFIDENCE_DIGITS, Read
from payments import ids

_SQL = sql.load("parking/decisions")


class FactRow(Read, frozen=True, kw_only=True):
    """An event as it was recorded, and whether it counted then."""

    counts: bool


class Numbered(Struct, frozen=True):
    """A decision by the fact that it is about, and its number there."""

    fact_id: UUID
    n: int


class PairRow(Struct, frozen=True):
    """The entry that an exit was given to."""

    fact_id: UUID
    pair_id: UUID


class Said(Struct, frozen=True):
    """What people said of a read last. `counts`: whether a vehicle passed there (None: nothing of that); `stay_id`: of
    the stay that it is part of, unless its vehicle is inside.
    """

    fact_id: UUID
    counts: bool | None
    stay_id: UUID | None


async def fact(db: sql.Connection, lot_id: int, fact_id: UUID) -> Standing | None:
    """An event as it was recorded."""
    row = await sql.one(db, FactRow, _SQL["fact"], lot_id, fact_id)
    if row is None:
        return None
    fields = {name: getattr(row, name) for name in Read.__struct_fields__}
    fields["confidence"] = round(row.confidence, CONFIDENCE_DIGITS)
    return Standing(Read(**fields), row.counts)


async def decisions(db: sql.Connection, lot_id: int, fact_id: UUID) -> list[Decision]:
    """The decisions about a fact, in their order."""
    return [_decision(row) for row in await sql.every(db, Decision, _SQL["decisions"], lot_id, fact_id)]


async def decisions_with(db: sql.Connection, lot_id: int, decision_id: UUID) -> Sequence[Numbered]:
    """The decisions that came with another one."""
    return await sql.every(db, Numbered, _SQL["decisions_with"], lot_id, decision_id)


async def passed_at(db: sql.Connection, lot_id: int, read_id: UUID) -> datetime | None:
    """When the vehicle passed of which a read was made by hand, if that was for a passage."""
    at: datetime | None = await db.fetchval(_SQL["passed_at"], lot_id, read_id)
    return at


async def decisions_around(db: sql.Connection, facts: Collection[UUID]) -> list[Decision]:
    """The decisions about facts and about entries made by hand for them, in the order of time."""
    wanted = list(facts)
    lots = [ids.shard_of(each) for each in wanted]
    return [_decision(row) for row in await sql.every(db, Decision, _SQL["decisions_around"], lots, wanted)]


async def decision_by_key(db: sql.Connection, lot_id: int, fact_id: UUID, request_key: str) -> Decision | None:
    """The decision that was made about a fact by a request with this key."""
    row = await sql.one(db, Decision, _SQL["decision_by_key"], lot_id, fact_id, request_key)
    return None if row is None else _decision(row)


async def add_decision(db: sql.Connection, decision: Decision) -> None:
    """Writes a decision."""
    await db.execute(_SQL["add_decision"], *structs.astuple(decision))


async def pairs(db: sql.Connection, exits: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """The entries that people gave to these reads of exits, in the order in which they did."""
    lots = [ids.shard_of(each) for each in exits]
    return [(row.fact_id, row.pair_id) for row in await sql.every(db, PairRow, _SQL["pairs"], lots, exits)]


def _decision(row: Decision) -> Decision:
    return structs.replace(row, confidence=round(row.confidence, CONFIDENCE_DIGITS))


async def said_since(db: sql.Connection, reads: Sequence[UUID], id_range: Range) -> dict[UUID, Said]:
    """What people said last of those of these reads of which they did."""
    lots = [ids.shard_of(each) for each in reads]
    return {row.fact_id: row for row in await sql.every(db, Said, _SQL["said_since"], lots, reads, *id_range)}
