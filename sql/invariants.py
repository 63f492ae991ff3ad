"""Running the invariants: queries that must return no row."""

from collections.abc import Mapping
from datetime import datetime
from time import perf_counter

from asyncpg import PostgresError
from msgspec import Struct

import sql
from sql.window import begin_at

_SQL = sql.load("invariants")
SAMPLE_ROWS_MAX = 5
TIMEOUT_S = 300


class Invariant(Struct, frozen=True):
    """One invariant: how many rows break it (0 is what it must be), a few of them as text, and how long it took."""

    name: str
    says: str
    rows: int
    sample: list[str]
    seconds: float


def says(query: str) -> str:
    """What an invariant says in words: the comment at its head."""
    lines = [line.removeprefix("-- ") for line in query.splitlines() if line.startswith("-- ")]
    return " ".join(lines)


def shown(row: Mapping[str, object]) -> str:
    """A row as text, without number plates: the log is no place for them."""
    return ", ".join(f"{name}={'…' if name.startswith('plate') else value}" for name, value in row.items())


async def set_clock(db: sql.Connection, now: datetime) -> None:
    """By which time (aware) the invariants of this connection judge what is too old."""
    await db.execute(f"set onelot.now = '{now.isoformat()}'")


async def check(db: sql.Connection, *, now: datetime, since: datetime | None = None) -> list[Invariant]:
    """All invariants in the order of the file, each on a snapshot of its own: one long snapshot would hold up others.

    What is too old is judged by `now`. What compares row with row begins at what was made `since` (aware; None: at the
    first row). An invariant that cannot be checked counts as broken.
    """
    checked: list[Invariant] = []
    await set_clock(db, now)
    for name, query in _SQL.items():
        started = perf_counter()
        try:
            async with db.transaction(readonly=True):
                if since is not None:
                    await begin_at(db, since)
                rows = await db.fetch(query, timeout=TIMEOUT_S)
            sample = [shown(dict(row)) for row in rows[:SAMPLE_ROWS_MAX]]
            broken = len(rows)
        except (PostgresError, TimeoutError) as e:
            sample, broken = [f"could not be checked: {type(e).__name__}"], 1
        checked.append(Invariant(name, says(query), broken, sample, round(perf_counter() - started, 3)))
    return checked
