"""Registering the network: operators, lots with their lanes, and the keys of gateways."""

from datetime import datetime
from hashlib import sha256

import sql
from parking.flow.network import record_change
from parking.lots import KeysInUse, LotPlan, UnknownGateway, UnknownOperator, check_time_zone
from parking.store import lots as store
from payments.identity import key_text

KEYS_ACTIVE_MAX = 2


async def register_operator(
    db: sql.Connection,
    *,
    code: str,
    name_zh: str,
    name_en: str,
    platform_fee_bps: int,
    by: str,
    now: datetime,
    time_zone: str = "Asia/Shanghai",
) -> int:
    """A new operator's number, which is also its owner number in the ledger.

    Raises:
        CodeTaken: another operator has this code.
        UnknownTimeZone: the zone is not one of IANA's.
    """
    number = await store.add_operator(
        db,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        platform_fee_bps=platform_fee_bps,
        time_zone=check_time_zone(time_zone),
    )
    detail: dict[str, object] = {"operator_id": number, "platform_fee_bps": platform_fee_bps}
    await record_change(db, by=by, action="operator.register", subject=f"operator:{code}", detail=detail, now=now)
    return number


async def register_lot(db: sql.Connection, plan: LotPlan, *, by: str, now: datetime) -> int:
    """A new lot's number, registered with its gates, lanes and gateway.

    Raises:
        UnknownOperator: the plan names an operator that is not registered.
        UnknownTimeZone: the zone is not one of IANA's.
        CodeTaken: the code of the lot, of its gateway or of a lane is taken.
    """
    check_time_zone(plan.time_zone)
    lot_id = await store.add_lot(db, plan, now=now)
    if lot_id is None:
        raise _unknown_operator(plan.operator_code)
    detail: dict[str, object] = {"lot_id": lot_id}
    await record_change(db, by=by, action="lot.register", subject=f"lot:{plan.code}", detail=detail, now=now)
    return lot_id


async def issue_gateway_key(db: sql.Connection, *, gateway_code: str, secret: bytes, by: str, now: datetime) -> str:
    """A new bearer key of a gateway, to be shown once; only its hash is kept. `secret` is 32 random bytes.

    Raises:
        UnknownGateway: no gateway has this code.
        KeysInUse: two keys are active; one must be revoked first.
    """
    if len(secret) != 32:
        raise ValueError("a key has 32 random bytes")
    gateway_id = await store.lock_gateway(db, gateway_code)
    if gateway_id is None:
        raise UnknownGateway(f"No gateway has the code {gateway_code!r}.", code=gateway_code)
    used = await store.active_slots(db, gateway_id)
    free = [slot for slot in range(1, KEYS_ACTIVE_MAX + 1) if slot not in used]
    if not free:
        raise KeysInUse(f"Gateway {gateway_code!r} has {KEYS_ACTIVE_MAX} active keys.", keys_active_max=KEYS_ACTIVE_MAX)
    # The key's name follows from its secret, so it needs no random bits of its own and reveals nothing.
    key_id = sha256(b"name" + secret).hexdigest()[:16]
    secret_hash = sha256(secret).digest()
    await store.add_key(db, key_id=key_id, gateway_id=gateway_id, slot=free[0], secret_hash=secret_hash, now=now)
    await _record_key(db, "gateway_key.issue", gateway_code, key_id, by=by, now=now)
    return key_text(key_id, secret)


async def revoke_gateway_key(db: sql.Connection, *, gateway_code: str, key_id: str, by: str, now: datetime) -> None:
    """The key is refused from now on (within a second by every process).

    Raises:
        UnknownGateway: the gateway has no such active key.
    """
    if not await store.revoke_key(db, gateway_code=gateway_code, key_id=key_id, now=now):
        raise UnknownGateway(
            f"Gateway {gateway_code!r} has no active key {key_id!r}.", code=gateway_code, key_id=key_id
        )
    await _record_key(db, "gateway_key.revoke", gateway_code, key_id, by=by, now=now)


async def operator_of_gateway(db: sql.Connection, *, gateway_code: str) -> int:
    """The number of the operator whose lot a gateway speaks for.

    Raises:
        UnknownGateway: no gateway has this code.
    """
    number = await store.operator_of_gateway(db, gateway_code)
    if number is None:
        raise UnknownGateway("No gateway has this code.")
    return number


async def operator_of_code(db: sql.Connection, *, code: str) -> int:
    """The number of an operator.

    Raises:
        UnknownOperator: no operator has this code.
    """
    number = await store.operator_of_code(db, code)
    if number is None:
        raise _unknown_operator(code)
    return number


def _unknown_operator(code: str) -> UnknownOperator:
    return UnknownOperator(f"No operator has the code {code!r}.", field="operator_code", code=code)


async def _record_key(
    db: sql.Connection, action: str, gateway_code: str, key_id: str, *, by: str, now: datetime
) -> None:
    detail: dict[str, object] = {"key_id": key_id}
    await record_change(db, by=by, action=action, subject=f"gateway:{gateway_code}", detail=detail, now=now)
