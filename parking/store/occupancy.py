"""The counts of lots as PostgreSQL has them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.lots import LotKind
from parking.occupancy import Count

_SQL = sql.load("parking/occupancy")


class LongInside(Struct, frozen=True):
    """A lot in which cars are still counted that came before an instant."""

    lot_id: int
    came_before: datetime


class Uncounted(Struct, frozen=True):
    """A stay that no longer counts among the cars inside."""

    id: UUID
    entry_event_id: UUID
    entered_at: datetime


class BookedNow(Struct, frozen=True):
    """How many spaces of a lot are to be kept for who has not come."""

    lot_id: int
    spaces: int


SHAPES = {"lots_with_long_inside": LongInside, "leave_the_count": Uncounted, "count_without": Count}


async def all_counts(db: sql.Connection) -> Sequence[Count]:
    return await sql.every(db, Count, _SQL["all_counts"])


async def counts_of(db: sql.Connection, lot_ids: Collection[int]) -> Sequence[Count]:
    """The counts of some lots; a lot without one is left out."""
    return await sql.every(db, Count, _SQL["counts_of"], list(lot_ids))


async def hear(db: sql.Connection, lot_ids: Collection[int], *, now: datetime, before: datetime) -> Sequence[Count]:
    """Lots sent something now; the counts of those that were last heard of before an instant."""
    return await sql.every(db, Count, _SQL["hear"], list(lot_ids), now, before)


async def booked_now(db: sql.Connection, now: datetime) -> Sequence[BookedNow]:
    """Of the lots where that is another number than the one that stands."""
    return await sql.every(db, BookedNow, _SQL["booked_now"], now)


async def keep_spaces(db: sql.Connection, booked: BookedNow, *, now: datetime) -> Count | None:
    """So many spaces of a locked lot are kept."""
    return await sql.one(db, Count, _SQL["keep_spaces"], booked.lot_id, booked.spaces, now)


async def lots_with_long_inside(db: sql.Connection, came_before: Mapping[LotKind, datetime]) -> Sequence[LongInside]:
    """The lots in which cars are still counted that came before the instant of the lot's kind."""
    query = _SQL["lots_with_long_inside"]
    return await sql.every(db, LongInside, query, list(came_before), list(came_before.values()))


async def leave_the_count(db: sql.Connection, lot: LongInside) -> Sequence[Uncounted]:
    inside = await sql.every(db, Uncounted, _SQL["leave_the_count"], lot.lot_id, lot.came_before)
    return [*inside, *await sql.every(db, Uncounted, _SQL["leave_the_count_at_exits"], lot.lot_id, lot.came_before)]


async def count_without(db: sql.Connection, lot_id: int, came: Sequence[datetime], *, now: datetime) -> Count | None:
    """Takes cars that came at these instants off the count of their lot."""
    return await sql.one(db, Count, _SQL["count_without"], lot_id, came, now)
