"""What devices said beside plate reads, in PostgreSQL, and the passages by which reads stand."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct, structs

import sql
from parking.answers import EventKey
from parking.cases import Reason
from parking.device_events import Kind
from parking.device_facts import DeviceFact, DeviceRecord
from parking.passages import Passage, Seen
from parking.reads import CONFIDENCE_DIGITS, Read

_SQL = sql.load("parking/device_facts")
# A lot, one of its lanes, and from when to when.
LaneWindow: TypeAlias = tuple[int, int, datetime, datetime]


class Recorded(Struct, frozen=True):
    """What is read again of a fact."""

    lot_id: int
    gateway_id: int
    event_id: str
    id: UUID
    kind: Kind
    lane_id: int | None
    occurred_at: datetime
    received_at: datetime
    content_hash: bytes
    reason: Reason | None
    stay_id: UUID | None
    first_id: UUID | None


class SeenRow(Read, frozen=True, kw_only=True):
    """A read as it stands."""

    event_id: str
    applies: bool
    counts: bool
    decided: bool
    passage_id: UUID | None


class Around(Struct, frozen=True):
    """A vehicle that is inside, or came or left around an instant."""

    plate: str
    is_inside: bool
    is_moving: bool


SHAPES = {"records": Recorded, "passages": Passage, "seen": SeenRow}


async def records(
    db: sql.Connection, keys: Sequence[EventKey], id_range: tuple[UUID, UUID]
) -> dict[EventKey, list[DeviceRecord]]:
    """What was recorded under these keys before with identifiers of this range, the latest first."""
    found: dict[EventKey, list[DeviceRecord]] = {}
    for row in await sql.every(db, Recorded, _SQL["records"], *zip(*keys, strict=True), *id_range):
        record = DeviceRecord(*structs.astuple(row))
        found.setdefault(record.key, []).append(record)
    return found


async def add(db: sql.Connection, facts: Iterable[tuple[DeviceFact, DeviceRecord]]) -> None:
    """Keeps facts as they were told."""
    rows = [
        (
            *(f.lot_id, f.id, f.gateway_id, f.event.event_id, f.event.kind, f.lane_id, f.occurred_at, f.received_at),
            *(f.effective_at, f.event.replay, f.applies, f.event.outcome, f.event.of),
            *(msgspec.json.encode(f.event).decode(), f.content_hash, record.reason, record.stay_id),
            *(msgspec.json.encode(f.doubts).decode() if f.doubts else None, record.first_id, f.clock_ahead),
            None if record.found is None else msgspec.json.encode(record.found).decode(),
        )
        for f, record in facts
    ]
    await db.execute(_SQL["add"], *zip(*rows, strict=True))


async def tells_passages(db: sql.Connection, lot_ids: Collection[int]) -> None:
    """From now on new reads of these lots are held against passages."""
    await db.execute(_SQL["tells_passages"], list(lot_ids))


async def passages(db: sql.Connection, windows: Sequence[LaneWindow], id_range: tuple[UUID, UUID]) -> Sequence[Passage]:
    """The passages of lanes within a time."""
    return await sql.every(db, Passage, _SQL["passages"], *zip(*windows, strict=True), *id_range)


async def seen(db: sql.Connection, windows: Sequence[LaneWindow], id_range: tuple[UUID, UUID]) -> list[Seen]:
    """The reads of lanes within a time, as they stand."""
    rows = await sql.every(db, SeenRow, _SQL["seen"], *zip(*windows, strict=True), *id_range)
    return [Seen(_read(row), row.event_id, row.applies, row.counts, row.decided, row.passage_id) for row in rows]


def _read(row: SeenRow) -> Read:
    fields = {name: getattr(row, name) for name in Read.__struct_fields__}
    fields["confidence"] = round(row.confidence, CONFIDENCE_DIGITS)
    return Read(**fields)


async def put_read_passages(db: sql.Connection, marks: Sequence[tuple[Seen, Passage | None]]) -> None:
    """Writes by which passage reads stand now."""
    rows = [
        (
            *(each.read.lot_id, each.read.id),
            *((None, None) if passage is None else (passage.id, passage.outcome)),
            *(each.read.passed_at, each.counts),
        )
        for each, passage in marks
    ]
    await db.execute(_SQL["put_read_passages"], *zip(*rows, strict=True))


async def around(db: sql.Connection, lot_id: int, at: datetime, moving: timedelta) -> Sequence[Around]:
    """The vehicles that are inside a lot, and those that came or left so shortly before or after an instant."""
    return await sql.every(db, Around, _SQL["around"], lot_id, at, moving)
