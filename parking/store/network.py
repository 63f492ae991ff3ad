"""Reading the registered network whole."""

from collections.abc import Sequence
from datetime import datetime

import sql
from parking.bans import Ban
from parking.gateways import GatewayKey, GatewayLot, RegisteredGateway
from parking.lanes import Gate, LaneClosure, LaneRow, LaneWay
from parking.lots import LotCapacity, LotClosure, LotRow, LotSurroundings
from parking.network import FacilitiesRow, FormerCode, LotProbableMatch, NoPlateText, Rows
from parking.places import Place
from parking.prices import LotTariff, LotZone, PublishedRow, ZoneRow, ZoneTariff
from payments.store import settlement

_SQL = sql.load("parking/network")


async def version(db: sql.Connection) -> int:
    """A number that grows with every change of what is registered."""
    number: int = await db.fetchval(_SQL["version"])
    return number


async def bump_version(db: sql.Connection) -> None:
    """What is registered has changed: every process reads it again. Locks the version until the transaction ends."""
    await db.execute(_SQL["bump_version"])


async def operator_of_subject(db: sql.Connection, subject: str) -> int | None:
    """The operator that a subject of the audit log (`lane:qc-in`) is of; None for what is the city's."""
    kind, _, code = subject.partition(":")
    number: int | None = await db.fetchval(_SQL["operator_of_subject"], kind, code)
    return number


async def no_plate_texts(db: sql.Connection) -> Sequence[NoPlateText]:
    """What cameras say when they read no plate, by operator."""
    return await sql.every(db, NoPlateText, _SQL["no_plate_texts"])


async def rows(db: sql.Connection, now: datetime) -> Rows:
    """Everything that is registered, in one snapshot. `db` is outside any transaction, or in one of one snapshot."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        return Rows(
            version=await version(db),
            next_change_at=await db.fetchval(_SQL["next_change"], now),
            operators=await settlement.operators(db),
            tariffs=await sql.every(db, PublishedRow, _SQL["tariffs"]),
            zones=await sql.every(db, ZoneRow, _SQL["zones"]),
            zone_tariffs=await sql.every(db, ZoneTariff, _SQL["zone_tariffs"]),
            lot_tariffs=await sql.every(db, LotTariff, _SQL["lot_tariffs"]),
            lot_zones=await sql.every(db, LotZone, _SQL["lot_zones"]),
            lots=await sql.every(db, LotRow, _SQL["lots"], now),
            capacities=await sql.every(db, LotCapacity, _SQL["lot_capacities"]),
            closures=await sql.every(db, LotClosure, _SQL["lot_closures"]),
            surroundings=await sql.every(db, LotSurroundings, _SQL["lot_surroundings"]),
            probable_matches=await sql.every(db, LotProbableMatch, _SQL["lot_probable_matches"]),
            former_codes=await sql.every(db, FormerCode, _SQL["former_codes"]),
            gates=await sql.every(db, Gate, _SQL["gates"]),
            lanes=await sql.every(db, LaneRow, _SQL["lanes"]),
            ways=await sql.every(db, LaneWay, _SQL["lane_ways"]),
            lane_closures=await sql.every(db, LaneClosure, _SQL["lane_closures"]),
            gateways=await sql.every(db, RegisteredGateway, _SQL["gateways"]),
            gateway_lots=await sql.every(db, GatewayLot, _SQL["gateway_lots"]),
            keys=await sql.every(db, GatewayKey, _SQL["active_keys"]),
            no_plate_texts=await no_plate_texts(db),
            bans=await sql.every(db, Ban, _SQL["bans"], now),
            facilities=await sql.every(db, FacilitiesRow, _SQL["facilities"]),
            places=await sql.every(db, Place, _SQL["places"]),
            bookable=[row["lot_id"] for row in await db.fetch(_SQL["bookable"])],
        )
