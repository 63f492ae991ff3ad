"""Registering the network: operators, lots with their lanes, and the keys of gateways."""

from datetime import datetime
from hashlib import sha256

from asyncpg import UniqueViolationError
from msgspec import Struct

import sql
from parking.lots import (
    CodeTaken,
    KeysInUse,
    LotPlan,
    UnknownGateway,
    UnknownOperator,
    check_time_zone,
)
from payments.identity import key_text

_SQL = sql.load("parking/lots")
KEYS_ACTIVE_MAX = 2
# Which part of a plan a taken code stands in, by what refused it.
_FIELD_OF = {"lot_code_key": "code", "gateway_code_key": "gateway", "lane_code_key": "lanes"}


class KeyRow(Struct, frozen=True):
    """A key of a gateway as it may be shown: never its secret."""

    id: str
    slot: int
    created_at: datetime
    revoked_at: datetime | None


SHAPES = {"keys_of": KeyRow}


async def register_operator(
    db: sql.Connection,
    *,
    code: str,
    name_zh: str,
    name_en: str,
    platform_fee_bps: int,
    time_zone: str = "Asia/Shanghai",
) -> int:
    """A new operator's number, which is also its owner number in the ledger.

    Raises:
        CodeTaken: another operator has this code.
        UnknownTimeZone: the zone is not one of IANA's.
    """
    try:
        zone = check_time_zone(time_zone)
        number: int = await db.fetchval(_SQL["add_operator"], code, name_zh, name_en, platform_fee_bps, zone)
    except UniqueViolationError:
        raise CodeTaken(f"The operator code {code!r} is taken.", code=code) from None
    return number


async def register_lot(db: sql.Connection, plan: LotPlan, *, now: datetime) -> int:
    """A new lot's number, registered with its gates, lanes and gateway.

    Raises:
        UnknownOperator: the plan names an operator that is not registered.
        UnknownTimeZone: the zone is not one of IANA's.
        CodeTaken: the code of the lot, of its gateway or of a lane is taken.
    """
    place = (
        plan.district_zh,
        plan.district_en,
        plan.address_zh,
        plan.kind,
        plan.capacity,
        plan.longitude,
        plan.latitude,
    )
    gates = sorted({lane.gate for lane in plan.lanes})
    lanes = [(lane.code, lane.gate, lane.direction) for lane in plan.lanes]
    try:
        lot_id: int | None = await db.fetchval(
            _SQL["add_lot"],
            plan.code,
            plan.operator_code,
            plan.name_zh,
            plan.name_en,
            *place,
            check_time_zone(plan.time_zone),
        )
        if lot_id is None:
            raise UnknownOperator(
                f"No operator has the code {plan.operator_code!r}.", field="operator_code", code=plan.operator_code
            )
        await db.execute(_SQL["add_gates"], lot_id, gates)
        await db.execute(_SQL["add_gateway"], lot_id, plan.gateway)
        await db.execute(_SQL["add_lanes"], lot_id, plan.gateway, *zip(*lanes, strict=True))
        await db.execute(_SQL["add_occupancy"], lot_id, now)
    except UniqueViolationError as e:
        field = _FIELD_OF.get(e.constraint_name or "", "code")
        raise CodeTaken(f"A code of lot {plan.code!r} is taken.", field=field, code=plan.code) from None
    return lot_id


async def issue_gateway_key(db: sql.Connection, *, gateway_code: str, now: datetime, secret: bytes) -> str:
    """A new bearer key of a gateway, to be shown once; only its hash is kept. `secret` is 32 random bytes.

    Raises:
        UnknownGateway: no gateway has this code.
        KeysInUse: two keys are active; one must be revoked first.
    """
    if len(secret) != 32:
        raise ValueError("a key has 32 random bytes")
    gateway_id: int | None = await db.fetchval(_SQL["lock_gateway"], gateway_code)
    if gateway_id is None:
        raise UnknownGateway(f"No gateway has the code {gateway_code!r}.", code=gateway_code)
    used = {row["slot"] for row in await db.fetch(_SQL["active_slots"], gateway_id)}
    free = [slot for slot in range(1, KEYS_ACTIVE_MAX + 1) if slot not in used]
    if not free:
        raise KeysInUse(f"Gateway {gateway_code!r} has {KEYS_ACTIVE_MAX} active keys.", keys_active_max=KEYS_ACTIVE_MAX)
    # The key's name follows from its secret, so it needs no random bits of its own and reveals nothing.
    key_id = sha256(b"name" + secret).hexdigest()[:16]
    await db.execute(_SQL["add_key"], key_id, gateway_id, free[0], sha256(secret).digest(), now)
    return key_text(key_id, secret)


async def revoke_gateway_key(db: sql.Connection, *, gateway_code: str, key_id: str, now: datetime) -> None:
    """The key is refused from now on (within a second by every process).

    Raises:
        UnknownGateway: the gateway has no such active key.
    """
    if await db.fetchval(_SQL["revoke_key"], gateway_code, key_id, now) is None:
        raise UnknownGateway(
            f"Gateway {gateway_code!r} has no active key {key_id!r}.", code=gateway_code, key_id=key_id
        )


async def keys_of(db: sql.Connection, *, gateway_code: str) -> list[KeyRow]:
    """All keys a gateway has had."""
    return list(await sql.every(db, KeyRow, _SQL["keys_of"], gateway_code))


async def operator_of_gateway(db: sql.Connection, *, gateway_code: str) -> int:
    """The number of the operator whose lot a gateway speaks for.

    Raises:
        UnknownGateway: no gateway has this code.
    """
    number: int | None = await db.fetchval(_SQL["operator_of_gateway"], gateway_code)
    if number is None:
        raise UnknownGateway("No gateway has this code.")
    return number


async def operator_of_code(db: sql.Connection, *, code: str) -> int:
    """The number of an operator.

    Raises:
        UnknownOperator: no operator has this code.
    """
    number: int | None = await db.fetchval(_SQL["operator_of_code"], code)
    if number is None:
        raise UnknownOperator(f"No operator has the code {code!r}.", field="operator_code", code=code)
    return number
