"""Charges that are held back, in Postgres."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sql
from payments import ids
from payments.charges import Charge, ChargeRequest
from payments.holds import DOUBT_GONE, Filter, HeldCharge
from sql import Connection

_HOLDS = sql.load("payments/holds")
SHAPES = {"held_charges": HeldCharge}


async def insert_holds(db: Connection, held: Mapping[UUID, ChargeRequest], *, now: datetime) -> None:
    """Holds back charges (by their identifiers) that this transaction wrote."""
    requests = held.values()
    await db.execute(_HOLDS["insert_holds"], [r.lot_id for r in requests], list(held), [r.hold for r in requests], now)


async def place_holds(db: Connection, held: Mapping[UUID, str], *, now: datetime) -> None:
    """Holds back charges that are due from an account and locked, each for a reason; those that a person released for
    it stay free.
    """
    lots, charge_ids = [ids.shard_of(each) for each in held], list(held)
    await db.execute(_HOLDS["place_holds"], lots, charge_ids, list(held.values()), now, DOUBT_GONE)
    await db.execute(_HOLDS["keep_asleep"], lots, charge_ids)


async def lock_held(db: Connection, charge_ids: Sequence[UUID]) -> None:
    """Nobody else changes these charges until the transaction ends."""
    await db.execute(_HOLDS["lock_held"], [ids.shard_of(each) for each in charge_ids], charge_ids)


async def release_holds(db: Connection, held: Mapping[UUID, str], *, now: datetime) -> None:
    """Holds charges that are locked back no longer for a reason; those that nothing else holds back are collected."""
    lots, charge_ids = [ids.shard_of(each) for each in held], list(held)
    await db.execute(_HOLDS["release_holds"], lots, charge_ids, list(held.values()), now, DOUBT_GONE)
    await db.execute(_HOLDS["wake_released"], lots, charge_ids, now)


async def release_hold(db: Connection, charge: Charge, *, by: str, now: datetime) -> bool:
    """Holds a charge back no longer, whatever for; says whether it was held."""
    return await db.fetchval(_HOLDS["release_hold"], charge.lot_id, charge.id, now, by) is not None


async def held_charges(db: Connection, wanted: Filter, *, after: UUID, limit: int) -> Sequence[HeldCharge]:
    """The held charges of a filter, the oldest stay first."""
    of = (wanted.operator_id, wanted.lot_id, wanted.reason)
    return await sql.every(db, HeldCharge, _HOLDS["held_charges"], *of, after, limit)


async def held_for(db: Connection, charge_ids: Collection[UUID], reason: str) -> set[UUID]:
    """Those of the charges that are held back for a reason."""
    wanted = list(charge_ids)
    lots = [ids.shard_of(each) for each in wanted]
    return {row["charge_id"] for row in await db.fetch(_HOLDS["held_for"], lots, wanted, reason)}


async def holds_of(db: Connection, charge_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Why charges are held back, or were until a person released them."""
    held: dict[UUID, set[str]] = {}
    lots = [ids.shard_of(each) for each in charge_ids]
    for row in await db.fetch(_HOLDS["holds_of"], lots, charge_ids, DOUBT_GONE):
        held.setdefault(row["charge_id"], set()).add(row["reason"])
    return held
