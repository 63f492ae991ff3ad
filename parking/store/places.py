"""Places that people go to, as PostgreSQL has them; all of them are read with the network."""

import sql
from parking.places import Place

_SQL = sql.load("parking/places")


async def place_to_change(db: sql.Connection, code: str) -> Place | None:
    """The place of a code, locked; None if there is none."""
    return await sql.one(db, Place, _SQL["place_to_change"], code)


async def put_place(db: sql.Connection, place: Place) -> None:
    """Writes a place down, or writes it anew."""
    row = place.code, place.kind, place.name_zh, place.name_en, place.longitude, place.latitude, list(place.aliases)
    await db.execute(_SQL["put_place"], *row)
