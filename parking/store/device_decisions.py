"""What people decided about what devices said, in PostgreSQL. It only grows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking.cases import OpenCase
from parking.device_decisions import DeviceDecision, Said
from parking.device_events import Kind, Outcome
from parking.passages import Passage
from payments import ids

_SQL = sql.load("parking/device_decisions")


class SaidRow(Struct, frozen=True):
    """What a device said, as it is stored."""

    lot_id: int
    id: UUID
    kind: Kind
    at: datetime
    lane_id: int | None
    applies: bool
    outcome: Outcome | None
    of_event_id: str | None
    is_booked: bool


async def is_known(db: sql.Connection, lot_id: int, fact_id: UUID) -> bool:
    """Whether a device said something under this number."""
    return await db.fetchval(_SQL["is_known"], lot_id, fact_id) is not None


async def said(db: sql.Connection, lot_id: int, fact_id: UUID) -> Said | None:
    """What a device said."""
    row = await sql.one(db, SaidRow, _SQL["said"], lot_id, fact_id)
    if row is None:
        return None
    passage = None
    if row.outcome is not None and row.lane_id is not None and row.applies:
        passage = Passage(row.lot_id, row.id, row.lane_id, row.at, row.outcome, row.of_event_id)
    return Said(row.lot_id, row.id, row.kind, row.at, row.lane_id, row.applies, passage, row.is_booked)


async def decisions(db: sql.Connection, facts: Collection[UUID]) -> Sequence[DeviceDecision]:
    """The decisions about what devices said, those about one fact in their order."""
    wanted = list(facts)
    return await sql.every(db, DeviceDecision, _SQL["decisions"], [ids.shard_of(each) for each in wanted], wanted)


async def add(db: sql.Connection, decision: DeviceDecision) -> None:
    """Writes a decision."""
    await db.execute(_SQL["add"], *structs.astuple(decision))


async def decided_cases(db: sql.Connection, lot_id: int, fact_id: UUID) -> Sequence[OpenCase]:
    """The cases of a fact that decisions resolved."""
    return await sql.every(db, OpenCase, _SQL["decided_cases"], lot_id, fact_id)
