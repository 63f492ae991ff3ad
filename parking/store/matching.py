"""Which entries exits belong to, as it was decided when."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

import sql
from parking.matching import Candidate, KeptMatch, Outcome
from payments import ids

_SQL = sql.load("parking/matching")
_decode_candidates = msgspec.json.Decoder(tuple[Candidate, ...]).decode


class MatchRow(Struct, frozen=True):
    """A decision as it is stored; `candidates` is JSON text. `believed_until`: None while it holds."""

    fact_id: UUID
    n: int
    outcome: Outcome
    entry_id: UUID | None
    candidates: str
    believed_from: datetime
    believed_until: datetime | None

    @property
    def kept(self) -> KeptMatch:
        """The same without its times."""
        found = _decode_candidates(self.candidates)
        return KeptMatch(self.fact_id, self.n, self.outcome, self.entry_id, found, holds=self.believed_until is None)


async def last_matches(db: sql.Connection, facts: Collection[UUID]) -> dict[UUID, KeptMatch]:
    """The last decision that was kept of each of these exits."""
    rows = await sql.every(db, MatchRow, _SQL["last_matches"], [ids.shard_of(each) for each in facts], list(facts))
    return {row.fact_id: row.kept for row in rows}


async def matches_of(db: sql.Connection, facts: Collection[UUID]) -> Sequence[MatchRow]:
    """All decisions that were kept of these exits, of each the oldest first."""
    return await sql.every(db, MatchRow, _SQL["matches_of"], [ids.shard_of(each) for each in facts], list(facts))


async def kept_since(db: sql.Connection, lot_id: int, earliest: UUID) -> datetime | None:
    """When the first decision was kept of exits of a lot that were recorded from a number on; None: none was."""
    at: datetime | None = await db.fetchval(_SQL["kept_since"], lot_id, earliest)
    return at


async def end_matches(db: sql.Connection, ended: Sequence[KeptMatch], *, now: datetime) -> None:
    """These decisions hold no more."""
    facts = [each.fact_id for each in ended]
    await db.execute(
        _SQL["end_matches"], [ids.shard_of(each) for each in facts], facts, [each.n for each in ended], now
    )


async def add_matches(db: sql.Connection, made: Sequence[KeptMatch], *, now: datetime) -> None:
    """These decisions were made now, and hold from now on but for those that are over at once."""
    rows = [
        (
            *(ids.shard_of(each.fact_id), each.fact_id, each.n, each.outcome, each.entry_id),
            *(msgspec.json.encode(each.candidates).decode(), each.holds),
        )
        for each in made
    ]
    await db.execute(_SQL["add_matches"], *zip(*rows, strict=True), now)
