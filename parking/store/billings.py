"""What gateways bill in an hour, in Postgres."""

from collections.abc import Collection, Sequence

import sql
from parking.billings import Billing, GatewayKey

_SQL = sql.load("parking/billings")
SHAPES = {"billings": Billing}


async def billings(db: sql.Connection, keys: Collection[GatewayKey]) -> Sequence[Billing]:
    """The last billings of gateways; one that never billed is left out."""
    return await sql.every(db, Billing, _SQL["billings"], *zip(*keys, strict=True))


async def put_billings(db: sql.Connection, billings: Sequence[Billing]) -> None:
    """Writes billings, one a gateway."""
    rows = [(b.lot_id, b.gateway_id, b.hour, b.billed_fen, b.day_largest_fen, b.usual_fen) for b in billings]
    await db.execute(_SQL["put_billings"], *zip(*rows, strict=True))
