"""What vehicles are known for, and what stays were priced with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

import sql
from parking.entitlements import ExemptVehicle, Rights
from parking.reads import NumberPlate
from payments import ids

_SQL = sql.load("parking/entitlements")


class Method(Struct, frozen=True):
    """A method of payment that was named with an event."""

    lot_id: int
    fact_id: UUID
    word: str


async def add_exempt_vehicles(
    db: sql.Connection, vehicles: Sequence[ExemptVehicle], *, by: str, now: datetime
) -> set[UUID]:
    """Registers vehicles; the numbers of those that were not there before."""
    rows = [
        (
            *(each.id, each.operator_id, each.lot_id, each.plate, each.plate_color),
            *(f"{{{','.join(each.tags)}}}", each.facts, each.valid_from, each.valid_until, each.reason),
        )
        for each in vehicles
    ]
    added = await db.fetch(_SQL["add_exempt_vehicles"], *zip(*rows, strict=True), by, now)
    return {row["id"] for row in added}


async def exempt_vehicle(db: sql.Connection, id_: UUID) -> ExemptVehicle | None:
    return await sql.one(db, ExemptVehicle, _SQL["exempt_vehicle"], id_)


async def exempt_vehicles(
    db: sql.Connection,
    *,
    operator_id: int | None,
    plate: str | None,
    holding_at: datetime | None,
    after: UUID,
    limit: int,
) -> Sequence[ExemptVehicle]:
    """A page of vehicles that are known for something: of an operator (None: all), of a plate, without those whose time
    was over at an instant.
    """
    return await sql.every(db, ExemptVehicle, _SQL["exempt_vehicles"], operator_id, plate, holding_at, after, limit)


async def end_exempt_vehicle(
    db: sql.Connection, id_: UUID, at: datetime, *, by: str, now: datetime, reason: str
) -> bool:
    """It is known for it no more from an instant on; False if its end was said before."""
    return await db.fetchval(_SQL["end_exempt_vehicle"], id_, at, by, now, reason) is not None


async def rights_of_vehicles(
    db: sql.Connection, plates: Sequence[NumberPlate], since: datetime
) -> dict[NumberPlate, list[ExemptVehicle]]:
    """What vehicles are known for that was not over at an instant."""
    known: dict[NumberPlate, list[ExemptVehicle]] = {}
    for row in await sql.every(db, ExemptVehicle, _SQL["rights_of_vehicles"], *zip(*plates, strict=True), since):
        known.setdefault((row.plate, row.plate_color), []).append(row)
    return known


async def put_rights(db: sql.Connection, rights: Mapping[UUID, Rights]) -> None:
    """Keeps what stays were priced with."""
    stays = list(rights)
    lots = [ids.shard_of(each) for each in stays]
    await db.execute(_SQL["put_rights"], lots, stays, [msgspec.json.encode(each).decode() for each in rights.values()])


async def drop_rights(db: sql.Connection, stays: Sequence[UUID]) -> None:
    """These stays were priced without any."""
    await db.execute(_SQL["drop_rights"], [ids.shard_of(each) for each in stays], stays)


async def add_methods(db: sql.Connection, methods: Sequence[tuple[int, UUID, str]]) -> None:
    """By which methods drivers pay (lot, event, word), as gates said."""
    await db.execute(_SQL["add_methods"], *zip(*methods, strict=True))


async def methods_of_facts(db: sql.Connection, facts: Mapping[UUID, int]) -> dict[UUID, str]:
    """By which method a driver pays, by the event with which a gate said so; each event of a lot."""
    return {
        row.fact_id: row.word
        for row in await sql.every(db, Method, _SQL["methods_of_facts"], list(facts.values()), list(facts))
    }
