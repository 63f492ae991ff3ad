"""How full lots were, and what is usual in them, as PostgreSQL has it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

import sql
from parking.forecast import DayKind, Seen, Usual, UsualDay

_SQL = sql.load("parking/forecast")


class LotDue(Struct, frozen=True):
    """A lot whose usual days are to be computed, and its clock."""

    lot_id: int
    time_zone: str


class UsualRow(Struct, frozen=True):
    """A usual day as it is kept; None where it was seen too seldom."""

    kind: DayKind
    free_low: list[int | None]
    free_median: list[int | None]
    free_high: list[int | None]
    days: list[int | None]


class UsualOfLot(Struct, frozen=True):
    """What is usual in a lot in one quarter of an hour."""

    lot_id: int
    free_low: int
    free_median: int
    free_high: int
    days: int


class MovesOfLot(Struct, frozen=True):
    """How many spaces of a lot usually change in quarters of an hour."""

    lot_id: int
    moves: list[int | None]


SHAPES = {"lots_due": LotDue, "history_of": Seen, "usual_of": UsualRow, "usual_at": UsualOfLot, "moves_of": MovesOfLot}


async def add_history(db: sql.Connection, at: datetime, free: Mapping[int, int]) -> None:
    """Keeps how many spaces were free at the beginning of a quarter of an hour, by lot; what stands there stays."""
    await db.execute(_SQL["add_history"], at, list(free), list(free.values()))


async def lots_due(db: sql.Connection, before: datetime, limit: int) -> Sequence[LotDue]:
    """Lots whose usual days were computed before an instant, or never."""
    return await sql.every(db, LotDue, _SQL["lots_due"], before, limit)


async def history_of(db: sql.Connection, lot_id: int, since: datetime) -> Sequence[Seen]:
    """What was seen of a lot since an instant."""
    return await sql.every(db, Seen, _SQL["history_of"], lot_id, since)


async def drop_history(db: sql.Connection, lot_id: int, before: datetime) -> None:
    """Forgets what was seen of a lot before an instant."""
    await db.execute(_SQL["drop_history"], lot_id, before)


async def put_usual(db: sql.Connection, lot_id: int, day: UsualDay, moves: Sequence[int | None], now: datetime) -> None:
    """Keeps a usual day of a lot, and how much moves on it, in the place of the one that stood there."""
    fields = [
        [None if quarter is None else getattr(quarter, name) for quarter in day.quarters]
        for name in Usual.__struct_fields__
    ]
    await db.execute(_SQL["put_usual"], lot_id, day.kind, *fields, now, moves)


async def usual_of(db: sql.Connection, lot_id: int) -> list[UsualDay]:
    """The usual days of a lot; none, if they were not computed yet."""
    rows = await sql.every(db, UsualRow, _SQL["usual_of"], lot_id)
    return [
        UsualDay(row.kind, tuple(map(_usual, row.free_low, row.free_median, row.free_high, row.days))) for row in rows
    ]


async def usual_at(db: sql.Connection, kind: DayKind, quarter: int) -> dict[int, Usual]:
    """What is usual in a quarter of an hour, by lot."""
    rows = await sql.every(db, UsualOfLot, _SQL["usual_at"], kind, quarter)
    return {row.lot_id: Usual(row.free_low, row.free_median, row.free_high, row.days) for row in rows}


async def moves_of(
    db: sql.Connection, lot_ids: Sequence[int], kind: DayKind, first: int, last: int
) -> dict[int, list[int | None]]:
    """How many spaces of lots usually change in each quarter of an hour from one to another of a kind of day; lots of
    which nothing is known are left out.
    """
    rows = await sql.every(db, MovesOfLot, _SQL["moves_of"], lot_ids, kind, first, last)
    return {row.lot_id: row.moves for row in rows}


def _usual(low: int | None, median: int | None, high: int | None, days: int | None) -> Usual | None:
    if low is None or median is None or high is None or days is None:
        return None
    return Usual(low, median, high, days)
