"""What lots offer."""

from datetime import datetime

import msgspec
from msgspec import Struct

import sql
from parking import facilities
from parking.facilities import Facilities
from parking.positions import Point

_SQL = sql.load("parking/facilities")


class LotToDescribe(Struct, frozen=True):
    """A lot of which something is to be said; `document`: what it has said, as JSON, if anything."""

    id: int
    code: str
    operator_id: int
    capacity: int
    longitude: float
    latitude: float
    document: str | None

    @property
    def place(self) -> Point:
        """Where it lies."""
        return Point(self.latitude, self.longitude)

    @property
    def facilities(self) -> Facilities:
        """What it has said; of a lot that has said nothing, a document without anything in it."""
        return Facilities() if self.document is None else facilities.decode(self.document)


async def lot_to_describe(db: sql.Connection, code: str) -> LotToDescribe | None:
    return await sql.one(db, LotToDescribe, _SQL["lot_to_describe"], code)


async def say(db: sql.Connection, lot_id: int, said: Facilities, *, now: datetime) -> None:
    """What a lot offers from now on, in place of what it said before."""
    await db.execute(_SQL["say"], lot_id, msgspec.json.encode(said).decode(), now)
