"""Passes: sold, changed and ended by staff, and the stays that this bears on priced again."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import structs

import sql
from parking import passes
from parking.entitlements import RightUnfit
from parking.flow import repricing
from parking.flow.derivation import RandomBits
from parking.lots import Lot, UnknownLot, UnknownZone
from parking.network import Network
from parking.passes import LOTS_PER_PASS_MAX, Pass, PassPlan, UnknownPass, check_end
from parking.reads import By
from parking.repricing import Wanted
from parking.store import passes as store
from parking.store.events import lock_plates
from parking.tariffs.language.sources import Source
from payments import identity, ids, ledger
from payments.flow import audit as audit_flow
from payments.identity import NotYours, Principal
from payments.store import audit as audit_store


def lots_named(network: Network, codes: Sequence[str], zone: str | None) -> list[Lot]:
    """The lots of a pass: those that are named, and those that lie in a price area now.

    Raises:
        UnknownLot, UnknownZone: there is none of this code.
        RightUnfit: there are none, or too many.
    """
    if zone is not None and zone not in network.zones:
        raise UnknownZone(f"No price area has the code {zone!r}.", field="zone", code=zone)
    found = {lot.id: lot for lot in network.lots.values() if zone is not None and network.prices[lot.id].zone == zone}
    for code in codes:
        lot = network.lots_by_code.get(code)
        if lot is None:
            raise UnknownLot(f"No lot has the code {code!r}.", field="lots", code=code)
        found[lot.id] = lot
    if not 1 <= len(found) <= LOTS_PER_PASS_MAX:
        raise RightUnfit("A pass holds in one lot at least.", field="lots", lots_max=LOTS_PER_PASS_MAX)
    return list(found.values())


async def sell(
    pool: sql.Pool,
    plan: PassPlan,
    *,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Pass:
    """A pass of some vehicles. What their stays cost since it begins follows. The same again is the same pass.

    Raises:
        NotYours: one of the lots is another operator's.
        Otherwise as `passes.sold` and `passes.check_sale`.
    """
    async with pool.acquire() as db, db.transaction():
        made, is_new = await sell_one(db, plan, principal=principal, network=network, now=now, random_bits=random_bits)
    if is_new:
        await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)
    return made


async def sell_one(
    db: sql.Connection,
    plan: PassPlan,
    *,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> tuple[Pass, bool]:
    """As `sell`, within a transaction, and whether it is new; stays are priced again when somebody catches up."""
    for lot in plan.lots:
        identity.may_act_for(principal, lot.operator_id)
    id_ = ids.new(now, min(plan.lots, key=lambda lot: lot.id).id, random_bits())
    new = passes.sold(plan, id_=id_, group_id=id_, by=principal.subject, now=now)
    await lock_plates(db, new.vehicles)
    known = passes.sold_before(new, await store.passes_of_vehicles(db, new.vehicles, new.valid_from))
    if known is not None:
        return known, False
    passes.check_sale(new, network.prices, now=now)
    await _add(db, new, "pass.sell", principal, network, now)
    return new, True


async def change(
    pool: sql.Pool,
    id_: UUID,
    plan: PassPlan,
    *,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Pass:
    """From the day on which `plan` begins, it takes the place of a pass, which ends the day before.

    Raises:
        UnknownPass, PassEnded: there is no such pass, or it was ended before.
        Otherwise as `sell` and `passes.check_end`.
    """
    for lot in plan.lots:
        identity.may_act_for(principal, lot.operator_id)
    async with pool.acquire() as db, db.transaction():
        known = await _known(db, id_, principal)
        next_id = ids.new(now, ids.shard_of(id_), random_bits())
        about = {"id_": next_id, "group_id": known.group_id, "by": principal.subject, "now": now}
        new = passes.sold(plan, **about)  # type: ignore[arg-type]
        passes.check_sale(new, network.prices, now=now)
        await lock_plates(db, list({*known.vehicles, *new.vehicles}))
        await _end(db, known, plan.valid_from - timedelta(days=1), plan.note, principal, network, now)
        await _add(db, new, "pass.change", principal, network, now)
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)
    return new


async def end(
    pool: sql.Pool,
    id_: UUID,
    *,
    through: date,
    reason: str,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> None:
    """A pass holds through a day and no longer.

    Raises:
        UnknownPass, NotYours: there is no such pass, or it is not the principal's.
        Otherwise as `passes.check_end`.
    """
    async with pool.acquire() as db, db.transaction():
        known = await _known(db, id_, principal)
        await lock_plates(db, known.vehicles)
        await _end(db, known, through, reason, principal, network, now)
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)


async def find_passes(
    db: sql.Connection,
    *,
    plate: str | None,
    holding: bool,
    after: UUID,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[Pass]:
    """A page of passes, as far as the reader may change them. They show plates: who read is kept."""
    day = (now - timedelta(days=1)).date() if holding else None
    found = await store.passes(
        db, operator_id=reader.operator_id, plate=plate, holding_on=day, after=after, limit=limit
    )
    await audit_flow.record_look(db, subject="passes", rows=len(found), reader=reader, now=now, random_bits=random_bits)
    return found


async def _known(db: sql.Connection, id_: UUID, principal: Principal) -> Pass:
    known = await store.sold(db, id_)
    if known is None:
        raise UnknownPass("There is no pass of this id.", id=str(id_))
    if principal.operator_id not in (None, known.operator_id):
        raise NotYours("This pass is another operator's.")
    return known


async def _add(
    db: sql.Connection, new: Pass, action: str, principal: Principal, network: Network, now: datetime
) -> None:
    await store.add_pass(db, new)
    await _ask(db, new, new.valid_from, network, now)
    await _record(db, new, action, {"note": new.note}, principal, now)


async def _end(
    db: sql.Connection,
    known: Pass,
    through: date,
    reason: str,
    principal: Principal,
    network: Network,
    now: datetime,
) -> None:
    check_end(known, through, now=now)
    if not await store.end_pass(db, known.id, through, by=principal.subject, now=now, reason=reason):
        check_end(structs.replace(known, ended_at=now), through, now=now)
    await _ask(db, known, through + timedelta(days=1), network, now)
    await _record(db, known, "pass.end", {"through": through, "reason": reason}, principal, now)


async def _ask(db: sql.Connection, each: Pass, since: date, network: Network, now: datetime) -> None:
    lots = [network.lots[lot_id] for lot_id in each.lot_ids if Source.PASSES in network.prices[lot_id].asks]
    if lots:
        at = min(passes.midnight(since, lot) for lot in lots)
        wanted = [Wanted(*plate, at, each.id) for plate in each.vehicles]
        await repricing.ask(db, wanted, [lot.id for lot in lots], cause=By.PASSES, now=now)


async def _record(
    db: sql.Connection, each: Pass, action: str, detail: dict[str, object], principal: Principal, now: datetime
) -> None:
    detail = {
        "plate": each.plates,
        "code": each.code,
        "lot_ids": each.lot_ids,
        "bays": each.bays,
        "valid_from": each.valid_from,
        "valid_through": each.valid_through,
        **detail,
    }
    owner = each.operator_id or ledger.PLATFORM
    await audit_store.record(
        db, owner, actor=principal.subject, action=action, subject=str(each.id), detail=detail, now=now
    )
