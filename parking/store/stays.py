"""Stays as their gates ask for them, and as staff look them up."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.cases import Reason
from parking.lots import Direction
from parking.plates import PlateColor
from parking.reads import LetOut
from parking.stay_listing import FACTS_SHOWN_MAX, REVISIONS_SHOWN_MAX, Filter, FoundStay, Key, recorded_from
from parking.stays import Doubt, State
from payments import ids
from payments.pages import Place

_SQL = sql.load("parking/stays")


class StayRow(Struct, frozen=True):
    """A stay as its gate needs it, without the plate: who asks sees the car. `asked_id`: the number it was asked by."""

    asked_id: UUID
    lot_id: int
    id: UUID
    state: str
    entered_at: datetime | None
    left_at: datetime | None
    fee_fen: int | None
    account_id: int | None
    let_out: LetOut | None
    doubts: tuple[Doubt, ...]


class CaseRow(Struct, frozen=True):
    """A case of an event."""

    event_id: UUID
    id: UUID
    reason: Reason
    resolved_at: datetime | None


class FactRow(Struct, frozen=True):
    """An event that a stay stands on, as it was recorded; `images` is JSON text. `plate_now`: as a person decided."""

    id: UUID
    event_id: str
    kind: Direction
    lane: str | None
    at: datetime
    occurred_at: datetime
    received_at: datetime
    replay: bool
    plate: str
    plate_read: str
    plate_color: PlateColor
    confidence: float
    images: str | None
    plate_now: str | None
    counts: bool


class RevisionRow(Struct, frozen=True):
    """What was believed of a stay for a while; `believed_from` is None where that was not kept."""

    stay_id: UUID
    believed_from: datetime | None
    believed_until: datetime
    plate: str
    plate_color: PlateColor
    state: State
    entered_at: datetime | None
    left_at: datetime | None
    facts: tuple[UUID, ...]
    doubts: tuple[Doubt, ...]
    fee_fen: int | None
    account_id: int | None


async def stays_now(db: sql.Connection, lot_ids: Sequence[int], stay_ids: Sequence[UUID]) -> Sequence[StayRow]:
    """Stays by numbers that they have or once had, each with its lot, open or over."""
    return await sql.every(db, StayRow, _SQL["stays_now"], lot_ids, stay_ids)


async def stays_of_vehicle(db: sql.Connection, wanted: Filter, *, after: Place | None, limit: int) -> Sequence[Key]:
    """A page of the stays of a plate, what ended last first."""
    return await sql.every(
        db,
        Key,
        _SQL["stays_of_vehicle"],
        wanted.plate,
        wanted.plate_color,
        wanted.lot_ids,
        wanted.states,
        wanted.since,
        wanted.until,
        *(after or (None, None)),
        wanted.lane_id,
        recorded_from(wanted.since),
        limit,
    )


async def stays_of_lot(
    db: sql.Connection, lot_id: int, wanted: Filter, *, after: Place | None, limit: int
) -> Sequence[Key]:
    """A page of the stays of a lot, what ended last first."""
    return await sql.every(
        db,
        Key,
        _SQL["stays_of_lot"],
        lot_id,
        wanted.states,
        wanted.since,
        wanted.until,
        *(after or (None, None)),
        wanted.lane_id,
        recorded_from(wanted.since),
        limit,
    )


async def found_stays(db: sql.Connection, stay_ids: Sequence[UUID]) -> dict[UUID, FoundStay]:
    """Those of the stays that are there."""
    lots = [ids.shard_of(each) for each in stay_ids]
    return {stay.id: stay for stay in await sql.every(db, FoundStay, _SQL["found_stays"], lots, stay_ids)}


async def cases_of_facts(db: sql.Connection, event_ids: Collection[UUID]) -> dict[UUID, list[CaseRow]]:
    """The cases of events, the oldest first."""
    found: dict[UUID, list[CaseRow]] = {}
    if not event_ids:
        return found
    wanted = list(event_ids)
    lots = [ids.shard_of(each) for each in wanted]
    # A case has the instant of its event.
    for row in await sql.every(db, CaseRow, _SQL["cases_of_facts"], lots, wanted, *ids.span(wanted)):
        found.setdefault(row.event_id, []).append(row)
    return found


async def facts_of_stay(db: sql.Connection, lot_id: int, event_ids: Sequence[UUID]) -> Sequence[FactRow]:
    """The events of a lot, as far as they are kept, in their order."""
    return await sql.every(db, FactRow, _SQL["facts_of_stay"], lot_id, event_ids, FACTS_SHOWN_MAX)


async def revisions_of_stay(db: sql.Connection, lot_id: int, stay_ids: Sequence[UUID]) -> Sequence[RevisionRow]:
    """What was believed of the stays of these numbers before, the oldest first."""
    return await sql.every(db, RevisionRow, _SQL["revisions_of_stay"], lot_id, stay_ids, REVISIONS_SHOWN_MAX)
