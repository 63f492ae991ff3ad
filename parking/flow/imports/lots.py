"""Lots from files: registered, or corrected as far as a file may, and written down again."""

from typing import Any

from msgspec import structs

import sql
from parking.flow import facilities as facilities_flow
from parking.flow import lots as lots_flow
from parking.flow.imports import At, Kind, State, Take, Taken
from parking.flow.matching import set_probable_match
from parking.imports.lots import FORM, LotRow, in_order, written
from parking.lots import Description, ExitRule, LotChange, LotPlan
from parking.store import facilities as facilities_store
from parking.store import lots as store

# What of a registered lot a file may correct; of the rest a contradiction is refused.
_EXITS = ExitRule.__struct_fields__
_CORRECTED = (*Description.__struct_fields__, "capacity", *_EXITS, "probable_match")


async def _begin(db: sql.Connection, _rows: object, at: At) -> Take[LotRow]:
    async def take(row: LotRow) -> Taken:
        state, changed = await _lot(db, row.plan, at)
        if await _offers(db, row, at):
            state, changed = State.CHANGED if state is State.UNCHANGED else state, (*changed, "facilities")
        return Taken(state, changed)

    return take


async def _rows(db: sql.Connection, operator_code: str | None, at: At) -> list[dict[str, object]]:
    """The lots that are registered, by their codes."""
    rows = list[dict[str, object]]()
    for code in sorted(lot.code for lot in at.network.lots.values()):
        registered = await store.registered_lot(db, code, at.now)
        if registered is None or operator_code not in (None, registered.operator_code):
            continue
        described = await facilities_store.lot_to_describe(db, code)
        assert described is not None
        rows.append(written(registered.plan, described.facilities))
    return rows


async def _lot(db: sql.Connection, plan: LotPlan, at: At) -> tuple[State, tuple[str, ...]]:
    await lots_flow.may_register(db, plan, at.by)
    known = await store.registered_lot(db, plan.code, at.now)
    if known is None:
        await lots_flow.register_lot(db, plan, by=at.by.subject, now=at.now, city=at.city)
        return State.NEW, ()
    changed = await _correct(db, known.plan, plan, at)
    # What cannot be corrected is refused here, as it is for a single lot.
    await lots_flow.register_lot(db, plan, by=at.by.subject, now=at.now, city=at.city)
    return State.CHANGED if changed else State.UNCHANGED, changed


async def _correct(db: sql.Connection, was: LotPlan, plan: LotPlan, at: At) -> tuple[str, ...]:
    """Brings the lot to what the plan says of its description, spaces and exits: the names of what was not so."""
    otherwise = [name for name in _CORRECTED if getattr(was, name) != getattr(plan, name)]
    said: dict[str, Any] = {name: getattr(plan, name) for name in Description.__struct_fields__ if name in otherwise}
    if said:
        await lots_flow.change_lot(db, plan.code, LotChange(**said), by=at.by, now=at.now, city=at.city)
    if "capacity" in otherwise:
        await lots_flow.set_capacity(db, plan.code, plan.capacity, valid_from=None, by=at.by, now=at.now)
    if any(name in otherwise for name in _EXITS):
        rule = ExitRule(plan.confirms_passages, plan.leave_within_min)
        await lots_flow.set_exit_rule(db, plan.code, rule, by=at.by, now=at.now)
    if "probable_match" in otherwise:
        await set_probable_match(db, plan.code, plan.probable_match, valid_from=None, by=at.by, now=at.now)
    return tuple(otherwise)


async def _offers(db: sql.Connection, row: LotRow, at: At) -> bool:
    """Says what the lot offers, as far as the row does; whether that was not said before."""
    if not row.offered:
        return False
    before = await facilities_flow.facilities_of(db, row.plan.code, reader=at.by)
    said = structs.replace(before, **{name: getattr(row.offers, name) for name in row.offered})
    await facilities_flow.say(db, row.plan.code, said, by=at.by, now=at.now)
    return said != before


KIND = Kind(form=FORM, action="lot.import", begin=_begin, rows=_rows, in_order=in_order)
