"""Registering the network: operators, lots with their lanes and what changes of them, and the keys of gateways."""

from datetime import datetime
from hashlib import sha256

from msgspec import UNSET, structs

import sql
from parking import dated
from parking.dated import Changed, Outcome, Version
from parking.flow import surroundings
from parking.flow.network import record_change
from parking.flow.operators import check_runs_lot, check_takes_lots
from parking.lots import (
    Around,
    Codes,
    CodeTaken,
    Description,
    ExitRule,
    InnerClock,
    KeysInUse,
    LotChange,
    LotPlan,
    Registered,
    SayArrears,
    UnknownGateway,
    UnknownLot,
    UnknownOperator,
    check_time_zone,
    difference,
    registered_otherwise,
)
from parking.positions import Box, check_position
from parking.store import events as event_store
from parking.store import lots as store
from parking.store.lots import LotToChange
from parking.store.tariffs import take_turns
from payments.identity import Principal, key_text, may_act_for

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
) -> Registered:
    """An operator's number, which is also its owner number in the ledger. The same again changes nothing.

    Raises:
        RegisteredOtherwise: an operator of this code says something else.
        UnknownTimeZone: the zone is not one of IANA's.
    """
    said = {"name_zh": name_zh, "name_en": name_en, "platform_fee_bps": platform_fee_bps}
    said["time_zone"] = check_time_zone(time_zone)
    await take_turns(db)
    known = await store.registered_operator(db, code)
    if known is not None:
        for field, value in said.items():
            if (registered := getattr(known, field)) != value:
                raise registered_otherwise("operator", code, field, registered, value)
        return Registered(known.id, Outcome.UNCHANGED)
    number = await store.add_operator(
        db,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        platform_fee_bps=platform_fee_bps,
        time_zone=time_zone,
    )
    detail: dict[str, object] = {"operator_id": number, "platform_fee_bps": platform_fee_bps}
    await record_change(db, by=by, action="operator.register", subject=f"operator:{code}", detail=detail, now=now)
    return Registered(number)


async def may_register(db: sql.Connection, plan: LotPlan, by: Principal) -> None:
    """Refuses staff of one operator the lots of another, and to stop the clocks there.

    Raises:
        UnknownOperator: the plan names an operator that is not registered.
        NotYours: it is another operator's.
    """
    may_act_for(by, await operator_of_code(db, code=plan.operator_code))
    if plan.inner_clock is InnerClock.STOPS and plan.inside_of is not None:
        await surroundings.may_stop(db, plan.inside_of, by)


async def register_lot(
    db: sql.Connection, plan: LotPlan, *, by: str, now: datetime, city: Box | None = None
) -> Registered:
    """A lot's number, registered with its gates, lanes and gateway. The same again changes nothing. `city`: its box.

    Raises:
        UnknownOperator: the plan names an operator that is not registered.
        UnknownLot: the lot that it lies in is not registered.
        UnknownTimeZone: the zone is not one of IANA's.
        OutsideTheCity: it does not lie there.
        RegisteredOtherwise: a lot of this code says something else.
        OperatorEnds: its operator takes no lots any more.
        CodeTaken: the code of its gateway or of a lane is taken.
    """
    check_time_zone(plan.time_zone)
    check_position(plan.longitude, plan.latitude, city)
    await take_turns(db)
    known = await store.registered_lot(db, plan.code, now)
    if known is not None:
        field = difference(known.plan, plan)
        if field is not None:
            raise registered_otherwise("lot", plan.code, field, getattr(known.plan, field), getattr(plan, field))
        return Registered(known.id, Outcome.UNCHANGED)
    await check_takes_lots(db, plan.operator_code, now)
    outer = None if plan.inside_of is None else await store.lot_of_code(db, plan.inside_of)
    if plan.inside_of is not None and outer is None:
        raise UnknownLot(f"No lot has the code {plan.inside_of!r}.", field="inside_of", code=plan.inside_of)
    within_min = None if plan.road is None else plan.road_within_min
    said = Around(None if outer is None else outer.id, plan.inner_clock, plan.road, within_min)
    lies = await surroundings.registered(db, said, now)
    lot_id = await store.add_lot(db, plan, lies=lies.first, now=now)
    if lot_id is None:
        raise _unknown_operator(plan.operator_code)
    if lies.then is not None:
        await store.add_surroundings(db, lot_id, lies.then)
    detail: dict[str, object] = {"lot_id": lot_id}
    await record_change(db, by=by, action="lot.register", subject=f"lot:{plan.code}", detail=detail, now=now)
    return Registered(lot_id)


async def change_lot(
    db: sql.Connection, code: str, said: LotChange, *, by: Principal, now: datetime, city: Box | None = None
) -> Outcome:
    """Corrects how a lot is described, for what was before as well. `city`: where it lies.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
        OutsideTheCity: it does not lie there.
        CodeTaken: another lot has the new code, or had it.
        NeverItsCode: see `Codes.changed`.
    """
    await take_turns(db)
    lot = await _to_change(db, code, by)
    was = Description(*(getattr(lot, name) for name in Description.__struct_fields__))
    wanted = {name: getattr(said, name) for name in Description.__struct_fields__}
    after = {name: value for name, value in wanted.items() if value is not UNSET and getattr(was, name) != value}
    before = {name: getattr(was, name) for name in after}
    if after:
        becomes = structs.replace(was, **after)
        if {"longitude", "latitude"} & after.keys():
            check_position(becomes.longitude, becomes.latitude, city)
        await store.describe_lot(db, lot.id, becomes)
    had = Codes(lot.code, tuple(await store.former_codes(db, lot.id)))
    has = had.changed(said)
    if has != had:
        await _recode(db, lot.id, had, has, now=now)
        before, after = before | structs.asdict(had), after | structs.asdict(has)
    if not after:
        return Outcome.UNCHANGED
    await _record_lot(db, "lot.change", lot.code, before, after, by=by, now=now)
    return Outcome.CHANGED


async def _recode(db: sql.Connection, lot_id: int, had: Codes, has: Codes, *, now: datetime) -> None:
    if await store.lot_called(db, has.code) not in (None, lot_id):
        raise CodeTaken(f"Another lot has the code {has.code!r}, or had it.", field="code", code=has.code)
    keeps = sorted(set(has.former_codes) - set(had.former_codes))
    drops = sorted(set(had.former_codes) - set(has.former_codes))
    await store.recode_lot(db, lot_id, has.code, keeps=keeps, drops=drops, now=now)


async def set_capacity(
    db: sql.Connection, code: str, capacity: int, *, valid_from: datetime | None, by: Principal, now: datetime
) -> Changed:
    """From an instant on (None: now) a lot has so many spaces.

    Raises:
        UnknownLot, NotYours: as `change_lot`.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`.
    """
    await take_turns(db)
    lot = await _to_change(db, code, by)
    versions = await store.capacities(db, lot.id)
    begins = dated.begin(lot.capacity, versions, capacity, valid_from=valid_from, now=now)
    if begins is None:
        return Changed(Outcome.UNCHANGED)
    await store.add_capacity(db, lot.id, begins)
    was = dated.at(lot.capacity, versions, begins.valid_from)
    await _begun(db, "lot.capacity", lot.code, "capacity", was, begins, by=by, now=now)
    return dated.changed(versions, begins)


async def set_closed(
    db: sql.Connection, code: str, *, is_closed: bool, valid_from: datetime | None, by: Principal, now: datetime
) -> Changed:
    """From an instant on (None: now) a lot is closed, or open again. Who is inside gets out as ever.

    Raises:
        UnknownLot, NotYours: as `change_lot`.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`; no read that was taken is decided anew.
        OperatorEnds: a lot is not opened again whose operator takes none any more.
    """
    await take_turns(db)
    lot = await _to_change(db, code, by)
    if not is_closed:
        await check_runs_lot(db, code)
    # Nobody is let in meanwhile whose read would be later than the instant.
    await event_store.lock_lots(db, [lot.id])
    versions = await store.closures(db, lot.id)
    decided_until = await store.last_read_at(db, [lot.id])
    begins = dated.begin(False, versions, is_closed, valid_from=valid_from, now=now, decided_until=decided_until)
    if begins is None:
        return Changed(Outcome.UNCHANGED)
    await store.add_closure(db, lot.id, begins)
    action = "lot.close" if is_closed else "lot.reopen"
    await _begun(db, action, lot.code, "is_closed", not is_closed, begins, by=by, now=now)
    return dated.changed(versions, begins)


async def _to_change(db: sql.Connection, code: str, by: Principal) -> LotToChange:
    lot = await store.lot_to_change(db, code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, lot.operator_id)
    return lot


async def _begun(
    db: sql.Connection,
    action: str,
    code: str,
    what: str,
    was: object,
    begins: Version[int] | Version[bool],
    *,
    by: Principal,
    now: datetime,
) -> None:
    after = {what: begins.value, "valid_from": begins.valid_from}
    await _record_lot(db, action, code, {what: was}, after, by=by, now=now)


async def _record_lot(
    db: sql.Connection,
    action: str,
    code: str,
    before: dict[str, object],
    after: dict[str, object],
    *,
    by: Principal,
    now: datetime,
) -> None:
    detail: dict[str, object] = {"before": before, "after": after}
    await record_change(db, by=by.subject, action=action, subject=f"lot:{code}", detail=detail, now=now)


async def set_exit_rule(db: sql.Connection, code: str, rule: ExitRule, *, by: Principal, now: datetime) -> None:
    """How vehicles leave a lot from now on; the same again changes nothing.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
    """
    was = await store.set_exit_rule(db, code, rule, now=now)
    if was is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, was.operator_id)
    before: dict[str, object] = {name: getattr(was, name) for name in ExitRule.__struct_fields__}
    if before != (after := structs.asdict(rule)):
        await _record_lot(db, "lot.exit_rule", was.code, before, after, by=by, now=now)


async def say_arrears_in_lot(
    db: sql.Connection, code: str, say: SayArrears | None, *, by: Principal, now: datetime
) -> None:
    """What the lanes of a lot say of what cars owe from before, from now on; None: what its operator says. The same
    again changes nothing.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
    """
    was = await store.say_arrears_in_lot(db, code, say)
    if was is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, was.operator_id)
    if was.before != say:
        await _record_lot(db, "lot.say_arrears", was.code, {"say": was.before}, {"say": say}, by=by, now=now)


async def say_arrears_in_lots_of(
    db: sql.Connection, code: str, say: SayArrears, *, by: Principal, now: datetime
) -> None:
    """The same of all lots of an operator that do not say otherwise.

    Raises:
        UnknownOperator: no operator has this code.
        NotYours: the caller acts for another one.
    """
    was = await store.say_arrears_in_lots_of(db, code, say)
    if was is None:
        raise _unknown_operator(code)
    may_act_for(by, was.operator_id)
    if was.before == say:
        return
    detail: dict[str, object] = {"before": {"say": was.before}, "after": {"say": say}}
    await record_change(
        db, by=by.subject, action="operator.say_arrears", subject=f"operator:{code}", detail=detail, now=now
    )


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
