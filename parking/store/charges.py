"""Charges by the stays they are for."""

from collections.abc import Sequence
from datetime import datetime

import sql
from parking.charge_listing import Filter
from parking.stay_listing import Key, recorded_from
from payments.pages import Place

_SQL = sql.load("parking/charges")


async def charges_of_vehicle(db: sql.Connection, wanted: Filter, *, after: Place | None, limit: int) -> Sequence[Key]:
    """A page of what is charged for the stays of a plate, of what ended last first."""
    return await sql.every(
        db,
        Key,
        _SQL["charges_of_vehicle"],
        wanted.plate,
        wanted.plate_color,
        wanted.lot_ids,
        wanted.since,
        wanted.until,
        wanted.state,
        wanted.method,
        *(after or (None, None)),
        recorded_from(wanted.since),
        limit,
    )


async def charges_of_lot(
    db: sql.Connection,
    lot_id: int,
    since: datetime,
    until: datetime,
    wanted: Filter,
    *,
    after: Place | None,
    limit: int,
) -> Sequence[Key]:
    """A page of what is charged for the stays of a lot that ended within a time, of what ended last first."""
    return await sql.every(
        db,
        Key,
        _SQL["charges_of_lot"],
        lot_id,
        since,
        until,
        wanted.state,
        wanted.method,
        *(after or (None, None)),
        recorded_from(since),
        limit,
    )
