"""Plates from files: linked to the accounts that pay for them, and written down again."""

from collections.abc import Sequence

import sql
from parking import plates
from parking.flow import plates as flow
from parking.flow.imports import At, Kind, RowRefused, State, Take, Taken
from parking.flow.imports.accounts import all_accounts, number_of, owners_of
from parking.imports.plates import FORM, PlateRow, written
from parking.store import plates as store
from parking.store.events import lock_plates
from payments.flow import audit as audit_flow
from payments.identity import may_act_for_all
from payments.store import accounts as account_store


async def _begin(db: sql.Connection, rows: Sequence[PlateRow], at: At) -> Take[PlateRow]:
    await lock_plates(db, list({plates.identity(row.plate, row.plate_color) for row in rows}))
    numbers = await owners_of(db, (row.owner for row in rows), at=at)

    async def take(row: PlateRow) -> Taken:
        number = number_of(row.owner, numbers)
        if number is None:
            raise RowRefused("known_as", row.owner.known_as, "what an account is called")
        vehicle = plates.identity(row.plate, row.plate_color)
        linked = {(each.plate, each.plate_color) for each in await store.plates_of(db, number)}
        before = await store.plate_holder(db, *vehicle)
        await flow.link_plate(
            db,
            account_id=number,
            plate=row.plate,
            plate_color=row.plate_color,
            now=at.now,
            random_bits=at.random_bits,
            actor=at.by.subject,
        )
        if vehicle not in linked:
            return Taken(State.NEW)
        after = await store.plate_holder(db, *vehicle)
        return Taken(State.UNCHANGED) if after == before else Taken(State.CHANGED, ("plate",))

    return take


async def _rows(db: sql.Connection, _operator_code: str | None, at: At) -> list[dict[str, object]]:
    """Also those that an account waits for: imported again it waits on."""
    may_act_for_all(at.by)
    accounts = await all_accounts(db)
    called = await account_store.known_as(db, [each.id for each in accounts])
    rows = [
        written(each.id, called.get(each.id), linked)
        for each in accounts
        for linked in await store.plates_of(db, each.id)
    ]
    await audit_flow.record_look(
        db, subject="plates", rows=len(rows), reader=at.by, now=at.now, random_bits=at.random_bits
    )
    return rows


KIND = Kind(form=FORM, action="plate.import", begin=_begin, rows=_rows)
