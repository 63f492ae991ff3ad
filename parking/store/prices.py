"""Where published tariffs are in force."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

import sql

_SQL = sql.load("parking/prices")


class LotToPrice(Struct, frozen=True):
    """A lot that is to get a tariff or another area. `is_priced`: some tariff is in force there already."""

    id: int
    code: str
    operator_id: int
    time_zone: str
    is_priced: bool


class ZoneToPrice(Struct, frozen=True):
    """A price area that is to get a tariff. `is_priced`: some tariff is in force there already, or at a lot of it."""

    id: int
    is_priced: bool


class TariffToApply(Struct, frozen=True):
    """A published tariff that is to come into force somewhere."""

    code: str
    version: int
    time_zone: str


class Beginning(Struct, frozen=True):
    """What begins at an instant, by its number: a tariff, or (None: none) a price area."""

    number: int | None


class InForce(Struct, frozen=True):
    """Where a tariff is in force from an instant on: lots and price areas by their codes."""

    tariff_id: int
    valid_from: datetime
    lots: list[str]
    zones: list[str]


async def in_force(db: sql.Connection) -> Sequence[InForce]:
    """All that was put into force, by tariff and instant."""
    return await sql.every(db, InForce, _SQL["in_force"])


async def tariff_to_apply(db: sql.Connection, tariff_id: int) -> TariffToApply | None:
    return await sql.one(db, TariffToApply, _SQL["to_apply"], tariff_id)


async def lot_to_price(db: sql.Connection, code: str, now: datetime) -> LotToPrice | None:
    """What is to be known of a lot before its prices are changed."""
    return await sql.one(db, LotToPrice, _SQL["lot_to_price"], code, now)


async def zone_to_price(db: sql.Connection, code: str, now: datetime) -> ZoneToPrice | None:
    """What is to be known of a price area before its prices are changed."""
    return await sql.one(db, ZoneToPrice, _SQL["zone_to_price"], code, now)


async def time_zones_of_lots(db: sql.Connection, zone_id: int) -> list[str]:
    """The time zones of the lots that lie in a price area, or did."""
    return [row["time_zone"] for row in await db.fetch(_SQL["time_zones_in"], zone_id)]


async def time_zones_of_tariffs(db: sql.Connection, zone_id: int) -> list[str]:
    return [row["time_zone"] for row in await db.fetch(_SQL["time_zones_of_prices"], zone_id)]


async def tariff_at_lot(db: sql.Connection, lot_id: int, at: datetime) -> Beginning | None:
    """The tariff that begins at a lot at this very instant."""
    return await sql.one(db, Beginning, _SQL["lot_tariff_at"], lot_id, at)


async def tariff_in_zone(db: sql.Connection, zone_id: int, at: datetime) -> Beginning | None:
    """The tariff that begins in a price area at this very instant."""
    return await sql.one(db, Beginning, _SQL["zone_tariff_at"], zone_id, at)


async def zone_of_lot(db: sql.Connection, lot_id: int, at: datetime) -> Beginning | None:
    """The price area that a lot comes to lie in at this very instant."""
    return await sql.one(db, Beginning, _SQL["lot_zone_at"], lot_id, at)


async def apply_to_lot(db: sql.Connection, lot_id: int, valid_from: datetime, tariff_id: int) -> str | None:
    """A tariff is in force at a lot from an instant on; `code/version` of the lot's own one before, or that
    was to begin then.
    """
    before: str | None = await db.fetchval(_SQL["apply_to_lot"], lot_id, valid_from, tariff_id)
    return before


async def apply_to_zone(db: sql.Connection, zone_id: int, valid_from: datetime, tariff_id: int) -> str | None:
    """A tariff is in force in a price area from an instant on; `code/version` of the one before, or that was to begin
    then.
    """
    before: str | None = await db.fetchval(_SQL["apply_to_zone"], zone_id, valid_from, tariff_id)
    return before


async def move_lot(db: sql.Connection, lot_id: int, valid_from: datetime, zone_id: int | None) -> str | None:
    """A lot lies in a price area (None: in none) from an instant on; the code of the one before, or that was to
    be its from then on.
    """
    before: str | None = await db.fetchval(_SQL["move_lot"], lot_id, valid_from, zone_id)
    return before


async def add_zone(db: sql.Connection, *, code: str, name_zh: str, name_en: str) -> int:
    """A new price area's number."""
    number: int = await db.fetchval(_SQL["add_zone"], code, name_zh, name_en)
    return number
