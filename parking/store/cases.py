"""Cases, events that staff look up, and what could not be taken as an event."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.cases import Case, Filter, FoundEvent, Known, OpenCase, RefusedCount, RefusedEvent
from parking.decisions import Decision
from parking.device_decisions import DeviceDecision
from payments import ids

_SQL = sql.load("parking/cases")


class Half(Struct, frozen=True):
    """The reads by which a stay, or the known half of it, began and ended."""

    entry_event_id: UUID | None
    exit_event_id: UUID | None


class Images(Struct, frozen=True):
    """The pictures of an event, as JSON text."""

    id: UUID
    images: str


async def cases(db: sql.Connection, wanted: Filter, *, after: UUID, limit: int) -> Sequence[Known]:
    """The cases of a filter, the oldest first, from after a case's id on."""
    return await sql.every(
        db,
        Known,
        _SQL["cases"],
        wanted.lot_ids,
        after,
        limit,
        wanted.state,
        wanted.reason,
        wanted.plate,
        wanted.day,
        wanted.assignee,
        wanted.shift,
    )


async def count_open(db: sql.Connection, lot_ids: Sequence[int] | None, *, limit: int) -> int:
    """How many cases nobody has resolved, up to a limit."""
    found: int = await db.fetchval(_SQL["count_open"], lot_ids, limit)
    return found


async def case_by_id(db: sql.Connection, lot_id: int, case_id: UUID) -> OpenCase | None:
    return await sql.one(db, OpenCase, _SQL["case_by_id"], lot_id, case_id)


async def open_cases(db: sql.Connection, cases: Sequence[Case], *, now: datetime) -> None:
    """Puts cases before a person, those that settled themselves again."""
    rows = [(case.lot_id, case.id, case.event_id, case.reason, now, case.stay_id, case.other_stay_id) for case in cases]
    await db.execute(_SQL["open_cases"], *zip(*rows, strict=True))


async def settle_cases(db: sql.Connection, case_ids: Sequence[UUID], *, now: datetime) -> None:
    """Takes away what no person has to look at any more; those that are not there, or resolved, stay as they are."""
    await db.execute(_SQL["settle_cases"], [ids.shard_of(each) for each in case_ids], case_ids, now)


async def cases_of_decisions(db: sql.Connection, lot_id: int, decisions: Sequence[UUID]) -> Sequence[OpenCase]:
    """The cases that decisions resolved."""
    return await sql.every(db, OpenCase, _SQL["cases_of_decisions"], lot_id, decisions)


async def resolve(
    db: sql.Connection, decision: Decision | DeviceDecision, case_ids: Sequence[UUID], *, now: datetime
) -> None:
    """Cases are resolved by a decision; those that a person had resolved without one stay as they are."""
    by, note = decision.decided_by, decision.note
    await db.execute(_SQL["resolve_cases"], decision.lot_id, case_ids, now, by, note, decision.id)


async def reopen(db: sql.Connection, lot_id: int, case_ids: Sequence[UUID]) -> None:
    """Cases are before a person again."""
    await db.execute(_SQL["reopen_cases"], lot_id, case_ids)


async def assign(db: sql.Connection, lot_id: int, case_id: UUID, assignee: str | None, *, now: datetime) -> str | None:
    """Says who looks at a case (None: nobody yet); returns who did before."""
    before: str | None = await db.fetchval(_SQL["assign_case"], lot_id, case_id, assignee, now)
    return before


async def half(db: sql.Connection, lot_id: int, stay_id: UUID) -> Half | None:
    """The reads of a stay of the lot, open or over."""
    return await sql.one(db, Half, _SQL["half"], lot_id, stay_id)


async def images_of(db: sql.Connection, event_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The pictures of those of these events that have some."""
    lots = [ids.shard_of(each) for each in event_ids]
    return {row.id: row.images for row in await sql.every(db, Images, _SQL["images_of"], lots, event_ids)}


async def events(
    db: sql.Connection,
    places: Sequence[tuple[int, int]],
    *,
    since: datetime,
    until: datetime,
    after: UUID | None,
    plate: str | None,
    limit: int,
) -> Sequence[FoundEvent]:
    """The events at lanes (each with its lot) within a time, in its order. `plate`: a part of its text."""
    return await sql.every(
        db, FoundEvent, _SQL["events"], *zip(*places, strict=True), since, until, after, plate, limit
    )


async def refused_events(
    db: sql.Connection, *, lot_ids: Sequence[int] | None, after: UUID, limit: int
) -> Sequence[RefusedEvent]:
    """What was refused at the lots (None: at all), the oldest first."""
    return await sql.every(db, RefusedEvent, _SQL["refused_events"], lot_ids, after, limit)


async def refused_counts(db: sql.Connection, *, lot_ids: Sequence[int] | None, above: int) -> Sequence[RefusedCount]:
    """The gateways of the lots (None: of all) that had more than `above` events refused on their last such day."""
    return await sql.every(db, RefusedCount, _SQL["refused_counts"], lot_ids, above)
