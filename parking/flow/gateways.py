"""Gateways of a lot, what they say of themselves, and what follows where a clock begins or ceases to be wrong."""

from datetime import datetime
from uuid import UUID

import msgspec

import sql
from parking import dated
from parking.cases import Case
from parking.clocks import Spell
from parking.dated import Changed, Outcome
from parking.flow.commands import waiting
from parking.flow.lots import operator_of_gateway
from parking.flow.network import record_change
from parking.gateways import Gateway, Heartbeat, LotsApart, MovesLanes, OwnLot
from parking.lots import CodeTaken, UnknownGateway, UnknownLot
from parking.store import cases as case_store
from parking.store import events as event_store
from parking.store import gateways as store
from parking.store import lots as lot_store
from parking.store.tariffs import take_turns
from payments.identity import Principal, may_act_for


async def add_gateway(db: sql.Connection, lot_code: str, code: str, *, by: Principal, now: datetime) -> Outcome:
    """Another gateway of a lot; lanes are handed over to it by `lanes.change_lane`. The same again changes nothing.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
        CodeTaken: a gateway of another lot has this code.
    """
    await take_turns(db)
    lot = await lot_store.lot_of_code(db, lot_code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {lot_code!r}.", code=lot_code)
    may_act_for(by, lot.operator_id)
    known = await store.lot_of_gateway(db, code)
    if known is not None and known != lot.code:
        raise CodeTaken(f"Another lot has a gateway {code!r}.", field="code", code=code)
    if known is not None:
        return Outcome.UNCHANGED
    await store.add_gateway(db, lot.id, code)
    detail: dict[str, object] = {"before": {}, "after": {"lot": lot.code}}
    subject = f"gateway:{code}"
    await record_change(db, by=by.subject, action="gateway.register", subject=subject, detail=detail, now=now)
    return Outcome.CHANGED


async def rename_gateway(db: sql.Connection, code: str, becomes: str, *, by: Principal, now: datetime) -> Outcome:
    """Corrects the code of a gateway; its keys and its lanes stay with it.

    Raises:
        UnknownGateway: no gateway has this code.
        NotYours: it is another operator's.
        CodeTaken: another gateway has the new one.
    """
    await take_turns(db)
    operator_id = await operator_of_gateway(db, gateway_code=code)
    may_act_for(by, operator_id)
    if becomes == code:
        return Outcome.UNCHANGED
    await store.rename_gateway(db, code, becomes)
    detail: dict[str, object] = {"before": {"code": code}, "after": {"code": becomes}}
    # By its old code nobody finds it any more.
    about = f"gateway:{code}"
    await record_change(
        db, by=by.subject, action="gateway.change", subject=about, detail=detail, now=now, owner_id=operator_id
    )
    return Outcome.CHANGED


async def serve_lot(
    db: sql.Connection,
    code: str,
    lot_code: str,
    *,
    serves: bool,
    valid_from: datetime | None,
    by: Principal,
    now: datetime,
) -> Changed:
    """From an instant on (None: now) a gateway serves a lot beside its own, or no more: it speaks for it, and lanes
    there may be handed over to it (`lanes.change_lane`).

    Raises:
        UnknownGateway, UnknownLot: there is none of this code.
        NotYours: the gateway is another operator's.
        LotsApart: the lot is another operator's than the gateway's, or goes by another clock.
        OwnLot: its own lot it serves always.
        MovesLanes: it moves lanes there, which are to be handed over first.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`.
    """
    await take_turns(db)
    gateway = await store.gateway_to_change(db, code)
    if gateway is None:
        raise UnknownGateway(f"No gateway has the code {code!r}.", code=code)
    may_act_for(by, gateway.operator_id)
    lot = await lot_store.lot_of_code(db, lot_code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {lot_code!r}.", field="lot", code=lot_code)
    if lot.id == gateway.lot_id:
        if serves:
            return Changed(Outcome.UNCHANGED)
        raise OwnLot("A gateway serves its own lot always.", field="lot", code=lot.code)
    if (lot.operator_id, lot.time_zone) != (gateway.operator_id, gateway.time_zone):
        raise LotsApart("A gateway serves lots of one operator and one time zone.", field="lot", code=lot.code)
    moved = [] if serves else await store.lanes_moved(db, lot.id, gateway.id)
    if moved:
        raise MovesLanes("The gateway moves lanes of this lot: hand them over first.", field="lot", lanes=moved)
    versions = await store.served(db, gateway.id, lot.id)
    begins = dated.begin(False, versions, serves, valid_from=valid_from, now=now)
    if begins is None:
        return Changed(Outcome.UNCHANGED)
    await store.serve(db, gateway.id, lot.id, begins)
    was = dated.at(False, versions, begins.valid_from)
    after = {"lot": lot.code, "serves": serves, "valid_from": begins.valid_from}
    detail: dict[str, object] = {"before": {"lot": lot.code, "serves": was}, "after": after}
    action = "gateway.serve" if serves else "gateway.release"
    await record_change(db, by=by.subject, action=action, subject=f"gateway:{gateway.code}", detail=detail, now=now)
    return dated.changed(versions, begins)


async def beat(db: sql.Connection, gateway: Gateway, said: Heartbeat, *, now: datetime) -> int:
    """Keeps what a gateway says of itself; returns how many commands wait for it."""
    lanes = None if not said.lanes else msgspec.json.encode(said.lanes).decode()
    await store.beat(
        db,
        gateway.lot_id,
        gateway.id,
        now=now,
        sent_at=said.sent_at,
        backlog_events=said.backlog_events,
        software=said.software,
        lanes=lanes,
    )
    return len(await waiting(db, {gateway.id: 0}, now=now))


async def clock_changed(
    db: sql.Connection, *, ended: Spell | None, ended_at: datetime, begun: Spell | None, now: datetime
) -> None:
    """Writes that a clock ceased to be wrong in one way, or began to be so in another, or both. A person has one case
    of a gateway as long as any of its clocks is wrong. What another process wrote already is nothing.
    """
    lot_ids = {spell.lot_id for spell in (ended, begun) if spell is not None}
    await event_store.lock_lots(db, sorted(lot_ids))
    closed: UUID | None = None
    if ended is not None:
        closed = await store.end_spell(db, ended, ended_at)
    if begun is not None:
        opens = Case(begun.lot_id, begun.id, begun.reason, None)
        known = closed or await store.case_of_wrong_clocks(db, begun.lot_id, begun.gateway_id)
        if await store.begin_spell(db, begun, known or opens.id) and known is None:
            await case_store.open_cases(db, [opens], now=now)
    if ended is None or closed is None:
        return
    if await store.case_of_wrong_clocks(db, ended.lot_id, ended.gateway_id) is None:
        await case_store.settle_cases(db, [closed], now=now)
