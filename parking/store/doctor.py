"""What the doctor asks of a database."""

from collections.abc import Sequence
from datetime import date

import sql
from parking.doctor import Server

_SQL = sql.load("parking/doctor")


async def server(db: sql.Connection) -> Server:
    """What the server says of itself; any login may ask."""
    found = await sql.one(db, Server, _SQL["server"])
    assert found is not None
    return found


async def applied(db: sql.Connection) -> Sequence[int]:
    """The numbers of the migrations the database has had."""
    return [row["number"] for row in await db.fetch(_SQL["applied"])]


async def months_missing(db: sql.Connection, month: date) -> Sequence[str]:
    """The growing tables that have no partition for a month (any day of it)."""
    return [row["name"] for row in await db.fetch(_SQL["months_missing"], month)]
