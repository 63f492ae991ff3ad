"""Passes from files: sold once, and written down again."""

from collections.abc import Sequence

import sql
from parking import plates
from parking.flow import passes as flow
from parking.flow.imports import At, Kind, RowRefused, State, Take, Taken
from parking.imports.passes import FORM, PassRow, written
from parking.passes import Pass, PassPlan
from parking.store import passes as store
from parking.store.events import lock_plates
from payments import ids
from payments.flow import audit as audit_flow
from payments.pages import ROWS_PER_PAGE_MAX


async def _begin(db: sql.Connection, rows: Sequence[PassRow], at: At) -> Take[PassRow]:
    await lock_plates(db, list({plates.identity(*vehicle) for row in rows for vehicle in row.vehicles}))

    async def take(row: PassRow) -> Taken:
        lots = flow.lots_named(at.network, row.lots, None)
        plan = PassPlan(row.code, row.vehicles, row.bays, lots, row.valid_from, row.valid_through, row.note)
        sold, is_new = await flow.sell_one(
            db, plan, principal=at.by, network=at.network, now=at.now, random_bits=at.random_bits
        )
        # Who edits a pass of an export would sell another one beside it.
        if row.id is not None and row.id != sold.id:
            raise RowRefused("id", row.id, "as the pass of this id was sold; it is changed and ended by itself")
        return Taken(State.NEW if is_new else State.UNCHANGED)

    return take


async def _rows(db: sql.Connection, operator_code: str | None, at: At) -> list[dict[str, object]]:
    """Those that nobody ended, also if they are over."""
    operators = {each.code: each.id for each in at.network.operators.values()}
    operator_id = at.by.operator_id if operator_code is None else operators.get(operator_code, 0)
    found, after = list[Pass](), ids.FIRST
    while True:
        page = await store.passes(
            db, operator_id=operator_id, plate=None, holding_on=None, after=after, limit=ROWS_PER_PAGE_MAX
        )
        found += [each for each in page if each.ended_at is None]
        if len(page) < ROWS_PER_PAGE_MAX:
            break
        after = page[-1].id
    await audit_flow.record_look(
        db, subject="passes", rows=len(found), reader=at.by, now=at.now, random_bits=at.random_bits
    )
    return [written(each, at.network.lots) for each in found]


KIND = Kind(form=FORM, action="pass.import", begin=_begin, rows=_rows)
