"""Gates and lanes: registering them, and what changes of them."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import UNSET, structs

import sql
from parking import dated
from parking.commands import UnknownLane
from parking.dated import Changed, Outcome
from parking.flow.network import record_change
from parking.lanes import (
    Gate,
    GateChange,
    GateOfAnotherLot,
    GatePlan,
    GateWithoutLanes,
    LaneChange,
    NewLane,
    UnknownGate,
    Way,
)
from parking.lots import UnknownGateway, UnknownLot, registered_otherwise
from parking.store import events as event_store
from parking.store import lanes as store
from parking.store import lots as lot_store
from parking.store.lanes import GatewayOfLot, LaneToChange
from parking.store.lots import LotOfOperator
from parking.store.tariffs import take_turns
from payments.identity import Principal, may_act_for


async def add_gate(db: sql.Connection, lot_code: str, plan: GatePlan, *, by: Principal, now: datetime) -> Outcome:
    """A gate of a lot. The same again changes nothing.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
        RegisteredOtherwise: the gate of this code is called something else.
    """
    await take_turns(db)
    lot = await _lot(db, lot_code, by)
    known = await store.gate_of_lot(db, lot.id, plan.code)
    if known is not None:
        if known.name != plan.name:
            raise registered_otherwise("gate", plan.code, "name", known.name, plan.name)
        return Outcome.UNCHANGED
    await store.add_gate(db, lot.id, plan.code, plan.name)
    await _record(db, "gate.register", f"gate:{lot.code}/{plan.code}", {}, structs.asdict(plan), by=by, now=now)
    return Outcome.CHANGED


async def change_gate(
    db: sql.Connection, lot_code: str, code: str, said: GateChange, *, by: Principal, now: datetime
) -> Outcome:
    """Corrects what a gate is called.

    Raises:
        UnknownLot, NotYours: as `add_gate`.
        UnknownGate: the lot has no gate of this code.
        CodeTaken: another gate of it has the new one.
    """
    await take_turns(db)
    lot = await _lot(db, lot_code, by)
    gate = await _gate(db, lot.id, code)
    before = {"code": gate.code, "name": gate.name}
    after = before | {name: value for name, value in structs.asdict(said).items() if value is not UNSET}
    if after == before:
        return Outcome.UNCHANGED
    await store.change_gate(db, gate.id, after["code"], after["name"])
    await _record(db, "gate.change", f"gate:{lot.code}/{code}", before, after, by=by, now=now)
    return Outcome.CHANGED


async def set_gate_closed(
    db: sql.Connection,
    lot_code: str,
    code: str,
    *,
    is_closed: bool,
    valid_from: datetime | None,
    by: Principal,
    now: datetime,
) -> Changed:
    """From an instant on (None: now) all lanes through a gate are closed, or open again.

    Raises:
        UnknownLot, UnknownGate, NotYours: as `change_gate`; others as `set_lane_closed`.
        GateWithoutLanes: no lane leads through it.
    """
    await take_turns(db)
    lot = await _lot(db, lot_code, by)
    gate = await _gate(db, lot.id, code)
    lane_codes = await store.lanes_of_gate(db, gate.id)
    if not lane_codes:
        raise GateWithoutLanes(f"No lane leads through the gate {code!r}.", field="gate", code=code)
    made = Changed(Outcome.UNCHANGED)
    for lane_code in lane_codes:
        lane = await _lane(db, lane_code, by)
        each = await _set_closed(db, lane, is_closed=is_closed, valid_from=valid_from, by=by, now=now)
        made = each if each.outcome is not Outcome.UNCHANGED else made
    return made


async def add_lane(db: sql.Connection, lot_code: str, plan: NewLane, *, by: Principal, now: datetime) -> Outcome:
    """A lane through a gate of a lot. The same again changes nothing.

    Raises:
        UnknownLot, NotYours: as `add_gate`.
        UnknownGate, UnknownGateway: the lot has no such gate, or no such gateway, or several and none is named.
        RegisteredOtherwise: a lane of this code says something else.
    """
    await take_turns(db)
    lot = await _lot(db, lot_code, by)
    known = await store.lane_to_change(db, plan.code)
    if known is not None:
        said = {
            "lot": lot.code,
            "gate": plan.gate,
            "direction": plan.direction,
            "gateway": plan.gateway or known.gateway,
        }
        for field, value in said.items():
            if (registered := getattr(known, field)) != value:
                raise registered_otherwise("lane", plan.code, field, registered, value)
        return Outcome.UNCHANGED
    gate = await _gate(db, lot.id, plan.gate)
    gateway = await _gateway(db, lot, plan.gateway, now)
    await store.add_lane(db, lot.id, gate.id, gateway.id, plan.code, plan.direction)
    after = {**structs.asdict(plan), "lot": lot.code, "gateway": gateway.code}
    await _record(db, "lane.register", f"lane:{plan.code}", {}, after, by=by, now=now)
    return Outcome.CHANGED


async def change_lane(db: sql.Connection, code: str, said: LaneChange, *, by: Principal, now: datetime) -> Outcome:
    """Says by which code a lane is named, through which gate it leads and which gateway moves it, from now on.

    Raises:
        UnknownLane: no lane has this code.
        NotYours: it is another operator's.
        GateOfAnotherLot: its lot has no such gate or gateway.
        CodeTaken: another lane has the new code.
    """
    await take_turns(db)
    lane = await _lane(db, code, by)
    before = {"code": lane.code, "gate": lane.gate, "gateway": lane.gateway}
    after = before | {name: value for name, value in structs.asdict(said).items() if value is not UNSET}
    if after == before:
        return Outcome.UNCHANGED
    gate = await store.gate_of_lot(db, lane.lot_id, after["gate"])
    gateways = {each.code: each.id for each in await store.gateways_of_lot(db, lane.lot_id, now)}
    if gate is None or after["gateway"] not in gateways:
        field = "gate" if gate is None else "gateway"
        raise GateOfAnotherLot(f"The lot of the lane has no {field} {after[field]!r}.", field=field, lot=lane.lot)
    await store.change_lane(db, lane.id, after["code"], gate.id, gateways[after["gateway"]])
    # By its old code nobody finds it any more.
    await _record(db, "lane.change", f"lane:{code}", before, after, by=by, now=now, owner_id=lane.operator_id)
    return Outcome.CHANGED


async def set_way(
    db: sql.Connection, code: str, way: Way, *, valid_from: datetime | None, by: Principal, now: datetime
) -> Changed:
    """From an instant on (None: now) a lane leads this way.

    Raises:
        UnknownLane, NotYours: as `change_lane`.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`; no read that was taken goes another way.
    """
    await take_turns(db)
    lane = await _lane(db, code, by)
    await event_store.lock_lots(db, [lane.lot_id])
    first, versions = Way(lane.direction), await store.ways(db, lane.id)
    decided_until = await store.last_read_at(db, lane.lot_id, lane.id)
    begins = dated.begin(first, versions, way, valid_from=valid_from, now=now, decided_until=decided_until)
    if begins is None:
        return Changed(Outcome.UNCHANGED)
    await store.add_way(db, lane.id, begins)
    was = dated.at(first, versions, begins.valid_from)
    after = {"way": way, "valid_from": begins.valid_from}
    await _record(db, "lane.direction", f"lane:{code}", {"way": was}, after, by=by, now=now)
    return dated.changed(versions, begins)


async def set_lane_closed(
    db: sql.Connection, code: str, *, is_closed: bool, valid_from: datetime | None, by: Principal, now: datetime
) -> Changed:
    """From an instant on (None: now) a lane is closed, or open again: nobody is let in by it.

    Raises:
        UnknownLane, NotYours: as `change_lane`.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`; no read that was taken is decided anew.
    """
    await take_turns(db)
    lane = await _lane(db, code, by)
    return await _set_closed(db, lane, is_closed=is_closed, valid_from=valid_from, by=by, now=now)


async def _set_closed(
    db: sql.Connection,
    lane: LaneToChange,
    *,
    is_closed: bool,
    valid_from: datetime | None,
    by: Principal,
    now: datetime,
) -> Changed:
    await event_store.lock_lots(db, [lane.lot_id])
    versions = await store.closures(db, lane.id)
    decided_until = await store.last_read_at(db, lane.lot_id, lane.id)
    begins = dated.begin(False, versions, is_closed, valid_from=valid_from, now=now, decided_until=decided_until)
    if begins is None:
        return Changed(Outcome.UNCHANGED)
    await store.add_closure(db, lane.id, begins)
    action = "lane.close" if is_closed else "lane.reopen"
    after = {"is_closed": is_closed, "valid_from": begins.valid_from}
    await _record(db, action, f"lane:{lane.code}", {"is_closed": not is_closed}, after, by=by, now=now)
    return dated.changed(versions, begins)


async def _lot(db: sql.Connection, code: str, by: Principal) -> LotOfOperator:
    lot = await lot_store.lot_of_code(db, code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, lot.operator_id)
    return lot


async def _gate(db: sql.Connection, lot_id: int, code: str) -> Gate:
    gate = await store.gate_of_lot(db, lot_id, code)
    if gate is None:
        raise UnknownGate(f"The lot has no gate {code!r}.", field="gate", code=code)
    return gate


async def _lane(db: sql.Connection, code: str, by: Principal) -> LaneToChange:
    lane = await store.lane_to_change(db, code)
    if lane is None:
        raise UnknownLane(f"No lane has the code {code!r}.", code=code)
    may_act_for(by, lane.operator_id)
    return lane


async def _gateway(db: sql.Connection, lot: LotOfOperator, code: str | None, now: datetime) -> GatewayOfLot:
    known = await store.gateways_of_lot(db, lot.id, now)
    found = [each for each in known if code in (None, each.code)]
    if len(found) != 1:
        raise UnknownGateway("Name one of the gateways of the lot.", field="gateway", code=code)
    return found[0]


async def _record(
    db: sql.Connection,
    action: str,
    subject: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    *,
    by: Principal,
    now: datetime,
    owner_id: int | None = None,
) -> None:
    detail: dict[str, object] = {"before": before, "after": after}
    await record_change(db, by=by.subject, action=action, subject=subject, detail=detail, now=now, owner_id=owner_id)
