"""What vehicles are known for: registered and ended by people, and the stays that this bears on priced again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import entitlements
from parking.entitlements import ExemptVehicle, NewVehicle, Reach, RightEnded, UnknownRight
from parking.flow import repricing
from parking.flow.derivation import RandomBits
from parking.lots import UnknownLot, UnknownOperator
from parking.network import Network
from parking.reads import By
from parking.repricing import Wanted
from parking.store import entitlements as store
from parking.store.events import lock_plates
from parking.tariffs.language.sources import Source
from payments import audit, identity, ledger
from payments.flow import audit as audit_flow
from payments.identity import Principal
from payments.store import audit as audit_store


def reach_of(network: Network, *, lot: str | None, operator: str | None) -> Reach:
    """Where something holds that names a lot, an operator or neither, by code.

    Raises:
        UnknownLot, UnknownOperator: there is none of this code, or the lot is another operator's.
    """
    if lot is not None:
        found = network.lots_by_code.get(lot)
        if found is None or operator not in (None, found.operator_code):
            raise UnknownLot(f"No lot has the code {lot!r}.", field="lot", code=lot)
        return Reach(found.operator_id, found.id)
    if operator is None:
        return Reach()
    for number, each in network.operators.items():
        if each.code == operator:
            return Reach(number)
    raise UnknownOperator(f"No operator has the code {operator!r}.", field="operator", code=operator)


def may_change(principal: Principal, reach: Reach) -> None:
    """Refuses staff of one operator what reaches beyond its lots.

    Raises:
        NotYours: see above.
    """
    if reach.operator_id is None:
        identity.may_act_for_all(principal)
    else:
        identity.may_act_for(principal, reach.operator_id)


async def register_vehicles(
    pool: sql.Pool,
    said: Sequence[NewVehicle],
    reach: Reach,
    *,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> list[ExemptVehicle]:
    """Vehicles are known for something from an instant on; those that were known for it already stay as they are. What
    their stays cost since follows.

    Raises:
        NotYours: the principal may not say so where it is to hold.
        RightUnfit, RightTooOld: as `entitlements.registered`; none is registered then.
    """
    may_change(principal, reach)
    about = {"platform": ledger.PLATFORM, "by": principal.subject, "now": now}
    rows = {each.id: each for each in (entitlements.registered(one, reach, **about) for one in said)}  # type: ignore[arg-type]
    async with pool.acquire() as db, db.transaction():
        await lock_plates(db, [(each.plate, each.plate_color) for each in rows.values()])
        new = await store.add_exempt_vehicles(db, list(rows.values()), by=principal.subject, now=now)
        added = [each for each in rows.values() if each.id in new]
        wanted = [Wanted(each.plate, each.plate_color, each.valid_from, each.id) for each in added]
        await repricing.ask(db, wanted, _lots(reach, network), cause=By.RIGHT, now=now)
        await audit_store.record_all(
            db, [_line("exempt_vehicle.add", each, each.reason, principal, now) for each in added]
        )
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)
    return list(rows.values())


async def end_vehicle(
    pool: sql.Pool,
    id_: UUID,
    *,
    at: datetime | None,
    reason: str,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> None:
    """A vehicle is known for it no more from an instant on (None: now).

    Raises:
        UnknownRight: there is no such row.
        NotYours: the principal may not say so where it holds.
        RightEnded: it was ended before.
        RightTooOld: the instant lies too far back.
    """
    at = at or now
    async with pool.acquire() as db, db.transaction():
        known = await store.exempt_vehicle(db, id_)
        if known is None:
            raise UnknownRight("There is nothing of this id.", id=str(id_))
        may_change(principal, known.reach)
        entitlements.check_back(at, now=now, field="at")
        await lock_plates(db, [(known.plate, known.plate_color)])
        if not await store.end_exempt_vehicle(db, id_, at, by=principal.subject, now=now, reason=reason):
            raise RightEnded("It has been ended already.", id=str(id_))
        wanted = [Wanted(known.plate, known.plate_color, at, id_)]
        await repricing.ask(db, wanted, _lots(known.reach, network), cause=By.RIGHT, now=now)
        await audit_store.record_all(db, [_line("exempt_vehicle.end", known, reason, principal, now)])
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)


async def find_vehicles(
    db: sql.Connection,
    *,
    plate: str | None,
    holding: bool,
    after: UUID,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[ExemptVehicle]:
    """A page of vehicles that are known for something, as far as the reader may change them. They show plates: who read
    is kept. `holding`: without those whose time is over.
    """
    found = await store.exempt_vehicles(
        db,
        operator_id=reader.operator_id,
        plate=plate,
        holding_at=now if holding else None,
        after=after,
        limit=limit,
    )
    about = {"subject": "exempt vehicles", "rows": len(found), "reader": reader}
    await audit_flow.record_look(db, **about, now=now, random_bits=random_bits)  # type: ignore[arg-type]
    return found


def _lots(reach: Reach, network: Network) -> list[int]:
    """The lots within a reach whose prices ask what vehicles are known for."""
    return [
        lot.id for lot in network.lots.values() if reach.covers(lot) and Source.REGISTER in network.prices[lot.id].asks
    ]


def _line(action: str, each: ExemptVehicle, reason: str, principal: Principal, now: datetime) -> audit.Line:
    detail: dict[str, object] = {
        "plate": each.plate,
        "plate_color": each.plate_color,
        "tags": each.tags,
        "lot_id": each.lot_id,
        "valid_from": each.valid_from,
        "reason": reason,
    }
    owner = each.operator_id or ledger.PLATFORM
    return audit.line(owner, actor=principal.subject, action=action, subject=str(each.id), detail=detail, now=now)
