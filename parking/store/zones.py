"""What price areas are called."""

import sql
from parking.zones import ZoneNames

_SQL = sql.load("parking/zones")


async def zone_names(db: sql.Connection, code: str) -> ZoneNames | None:
    return await sql.one(db, ZoneNames, _SQL["zone_names"], code)


async def rename_zone(db: sql.Connection, named: ZoneNames) -> None:
    """The price area of this number is called so from now on."""
    await db.execute(_SQL["rename_zone"], named.id, named.name_zh, named.name_en)
