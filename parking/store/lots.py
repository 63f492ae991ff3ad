"""Operators, lots, gateways and their keys."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import UniqueViolationError
from msgspec import Struct

import sql
from parking.lots import CodeTaken, IssuedKey, LotPlan

_SQL = sql.load("parking/lots")
# The field of a plan whose code is taken, by the constraint that refused it.
_FIELD_OF = {"lot_code_key": "code", "gateway_code_key": "gateway", "lane_code_key": "lanes"}


async def operator_of_code(db: sql.Connection, code: str) -> int | None:
    number: int | None = await db.fetchval(_SQL["operator_of_code"], code)
    return number


class LotOfOperator(Struct, frozen=True):
    """A lot's number and its operator's."""

    id: int
    operator_id: int


async def lot_of_code(db: sql.Connection, code: str) -> LotOfOperator | None:
    """The lot of a code, if there is one."""
    return await sql.one(db, LotOfOperator, _SQL["lot_of_code"], code)


async def operator_of_gateway(db: sql.Connection, gateway_code: str) -> int | None:
    """The number of the operator whose lot a gateway speaks for."""
    number: int | None = await db.fetchval(_SQL["operator_of_gateway"], gateway_code)
    return number


async def add_operator(
    db: sql.Connection, *, code: str, name_zh: str, name_en: str, platform_fee_bps: int, time_zone: str
) -> int:
    """A new operator's number.

    Raises:
        CodeTaken: another operator has this code.
    """
    try:
        number: int = await db.fetchval(_SQL["add_operator"], code, name_zh, name_en, platform_fee_bps, time_zone)
    except UniqueViolationError:
        raise CodeTaken(f"The operator code {code!r} is taken.", code=code) from None
    return number


async def add_lot(db: sql.Connection, plan: LotPlan, *, now: datetime) -> int | None:
    """A new lot's number, written with its gates, lanes, gateway and count; None if there is no such operator.

    Raises:
        CodeTaken: the code of the lot, of its gateway or of a lane is taken.
    """
    names = (plan.code, plan.operator_code, plan.name_zh, plan.name_en)
    place = (plan.district_zh, plan.district_en, plan.address_zh)
    facts = (plan.kind, plan.capacity, plan.longitude, plan.latitude, plan.time_zone)
    gates = sorted({lane.gate for lane in plan.lanes})
    lanes = [(lane.code, lane.gate, lane.direction) for lane in plan.lanes]
    try:
        lot_id: int | None = await db.fetchval(_SQL["add_lot"], *names, *place, *facts)
        if lot_id is None:
            return None
        await db.execute(_SQL["add_gates"], lot_id, gates)
        await db.execute(_SQL["add_gateway"], lot_id, plan.gateway)
        await db.execute(_SQL["add_lanes"], lot_id, plan.gateway, *zip(*lanes, strict=True))
        await db.execute(_SQL["add_occupancy"], lot_id, now)
    except UniqueViolationError as e:
        field = _FIELD_OF.get(e.constraint_name or "", "code")
        raise CodeTaken(f"A code of lot {plan.code!r} is taken.", field=field, code=plan.code) from None
    return lot_id


async def lock_gateway(db: sql.Connection, gateway_code: str) -> int | None:
    """The number of a gateway; nobody else changes its keys until the transaction ends."""
    number: int | None = await db.fetchval(_SQL["lock_gateway"], gateway_code)
    return number


async def active_slots(db: sql.Connection, gateway_id: int) -> set[int]:
    """The slots that active keys of a gateway take."""
    return {row["slot"] for row in await db.fetch(_SQL["active_slots"], gateway_id)}


async def add_key(
    db: sql.Connection, *, key_id: str, gateway_id: int, slot: int, secret_hash: bytes, now: datetime
) -> None:
    await db.execute(_SQL["add_key"], key_id, gateway_id, slot, secret_hash, now)


async def revoke_key(db: sql.Connection, *, gateway_code: str, key_id: str, now: datetime) -> bool:
    """Ends an active key of a gateway; returns whether there was one."""
    return await db.fetchval(_SQL["revoke_key"], gateway_code, key_id, now) is not None


async def keys_of(db: sql.Connection, gateway_code: str) -> Sequence[IssuedKey]:
    """All keys a gateway has had."""
    return await sql.every(db, IssuedKey, _SQL["keys_of"], gateway_code)
