"""Spaces with numbers of their own."""

from collections.abc import Sequence

from asyncpg import UniqueViolationError
from msgspec import Struct

import sql
from parking.bays import Bay, SensorTaken

_SQL = sql.load("parking/bays")


class LotWithBays(Struct, frozen=True):
    """A lot whose bays are looked at or changed."""

    id: int
    code: str
    operator_id: int
    capacity: int


async def lot_with_bays(db: sql.Connection, code: str) -> LotWithBays | None:
    return await sql.one(db, LotWithBays, _SQL["lot_with_bays"], code)


async def bays(db: sql.Connection, lot_id: int, *, after: str = "", limit: int) -> Sequence[Bay]:
    """The bays of a lot in order of their numbers, those behind a number."""
    return await sql.every(db, Bay, _SQL["bays"], lot_id, after, limit)


async def replace_bays(db: sql.Connection, lot_id: int, said: Sequence[Bay]) -> None:
    """These are the bays of a lot, and no others.

    Raises:
        SensorTaken: one of the sensors watches a bay of another lot.
    """
    numbers, sensors = [each.number for each in said], [each.sensor for each in said]
    await db.execute(_SQL["drop_bays"], lot_id)
    try:
        await db.execute(_SQL["add_bays"], lot_id, numbers, sensors)
    except UniqueViolationError:
        raise SensorTaken("One of the sensors watches a bay of another lot.", field="bays") from None


async def change_sensor(db: sql.Connection, lot_id: int, number: str, sensor: str | None) -> None:
    """Another sensor watches a bay (None: none does).

    Raises:
        SensorTaken: it watches another bay.
    """
    try:
        await db.execute(_SQL["change_sensor"], lot_id, number, sensor)
    except UniqueViolationError:
        raise SensorTaken(f"The sensor {sensor!r} watches another bay.", field="sensor") from None
