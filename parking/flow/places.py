"""Writing places down. Who did is said by the audit line of the file that they come from."""

import sql
from parking.places import Place
from parking.positions import Box, check_position
from parking.store import network as network_store
from parking.store import places as store


async def put_place(db: sql.Connection, place: Place, *, city: Box | None) -> Place | None:
    """Writes a place down; every process knows it within a second. Returns what stood there, None if it is new.

    Raises:
        positions.OutsideTheCity: it does not lie in the city.
    """
    check_position(place.longitude, place.latitude, city)
    was = await store.place_to_change(db, place.code)
    if was != place:
        await store.put_place(db, place)
        await network_store.bump_version(db)
    return was
