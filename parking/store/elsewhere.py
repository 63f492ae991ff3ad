"""Where vehicles were in all lots, and the cases of stays that contradict each other."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.elsewhere import KnownCase, OtherStay
from parking.plates import PlateColor
from parking.reads import NumberPlate
from payments import ids

_SQL = sql.load("parking/elsewhere")
SHAPES = {"cases_of_stays": KnownCase, "open_after": KnownCase, "stays_shown": OtherStay}


class Began(Struct, frozen=True):
    """A vehicle, and since when what is known of it matters."""

    plate: str
    plate_color: PlateColor
    since: datetime


class NumberPlateRow(Struct, frozen=True):
    """A plate."""

    plate: str
    plate_color: PlateColor


class Place(Struct, frozen=True):
    """A stay somewhere."""

    plate: str
    plate_color: PlateColor
    lot_id: int
    id: UUID
    is_open: bool


class SeenFact(Struct, frozen=True):
    """A read of a plate, and whether an account pays for that or once did."""

    id: UUID
    plate: str
    plate_color: PlateColor
    at: datetime
    is_linked: bool


async def vehicles_of_stays(db: sql.Connection, stays: Sequence[tuple[int, UUID]]) -> dict[NumberPlate, datetime]:
    """Whose these closed stays are (each with its lot), and when the earliest of each vehicle began."""
    rows = await sql.every(db, Began, _SQL["vehicles_of_stays"], *zip(*stays, strict=True))
    return {(row.plate, row.plate_color): row.since for row in rows}


async def places(
    db: sql.Connection, since: Mapping[NumberPlate, datetime], id_range: tuple[UUID, UUID]
) -> Sequence[Place]:
    """The stays of vehicles, whatever the lot, that ended since an instant or are open."""
    return await sql.every(db, Place, _SQL["places"], *zip(*since, strict=True), list(since.values()), *id_range)


async def places_of_stays(db: sql.Connection, stay_ids: Collection[UUID]) -> Sequence[Place]:
    """Those of the stays that are there, and no part of others."""
    wanted = list(stay_ids)
    return await sql.every(db, Place, _SQL["places_of_stays"], [ids.shard_of(each) for each in wanted], wanted)


async def stays_shown(db: sql.Connection, stay_ids: Collection[UUID]) -> Sequence[OtherStay]:
    """Stays as a person is shown them."""
    wanted = list(stay_ids)
    return await sql.every(db, OtherStay, _SQL["stays_shown"], [ids.shard_of(each) for each in wanted], wanted)


async def cases_of_stays(db: sql.Connection, stay_ids: Collection[UUID]) -> Sequence[KnownCase]:
    """The cases in which one of these stays contradicts another."""
    return await sql.every(db, KnownCase, _SQL["cases_of_stays"], list(stay_ids))


async def open_after(db: sql.Connection, after: UUID, limit: int) -> Sequence[KnownCase]:
    """The next open cases of all lots by number."""
    return await sql.every(db, KnownCase, _SQL["open_after"], after, limit)


async def linked(db: sql.Connection, plates: Collection[NumberPlate]) -> frozenset[NumberPlate]:
    """Those of these plates that an account pays for, or once did."""
    rows = await sql.every(db, NumberPlateRow, _SQL["linked"], *zip(*plates, strict=True))
    return frozenset((row.plate, row.plate_color) for row in rows)


async def facts_after(db: sql.Connection, lot_id: int, after: UUID, before: UUID, limit: int) -> Sequence[SeenFact]:
    """The next reads of a lot between two numbers."""
    return await sql.every(db, SeenFact, _SQL["facts_after"], lot_id, after, before, limit)
