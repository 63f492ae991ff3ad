"""What a driver takes along: every table that names a plate or an account is in it, or there is a reason why not."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

import sql
from parking.flow import accounts as flow
from parking.flow.accounts import Export
from payments import ids
from tests.conftest import NOW
from tests.district import District

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What is held of vehicles beside stays, and what of it tells one from another.
OF_VEHICLES = {
    "exempt": "reason",
    "bans": "reason",
    "passes": "code",
    "bookings": "reference",
    "tickets": "number",
    "charging": "session",
}
# Tables with a plate, an account or another person in a column, and where their rows are in the export.
EXPORTED = {
    "account_known_as": "known_as",
    "account_phone": "phone",
    "session": "sessions",
    "account_plate": "links",
    "plate_claim": "links",
    "stay": "stays",
    "exempt_vehicle": "exempt",
    "ban": "bans",
    "pass_vehicle": "passes",
    "booking": "bookings",
    "ticket": "tickets",
    "charging_session": "charging",
    "charge": "charges",
    "parking_case": "appeals",
    "top_up": "top_ups",
    "attempt": "top_ups",
    "token": "tokens",
    "audit": "audit",
    "balance": "account",
}
# Those that are not in it.
REASONS = {
    "gate_event": "what follows from it are stays, charges and what they cost",
    "decision": "what staff say of a read stands in the corrections of charges",
    "device_decision": "as of decisions",
    "cash_taken": "the charge says that it was paid in cash",
    "audit_link": "a hash over a line of the audit log, which is exported",
    "audit_waiting": "lines of the audit log that wait for theirs, for seconds",
    "open_stay": "it is a stay once the vehicle has left, and what is inside a lot tells its driver when asked",
    "stay_revision": "what was believed before a correction: the charge shows both",
    "repricing": "what waits to be priced again, for seconds",
    "plate_contest": "links say that they are contested, and not who contests them",
    "journal": "the books, of which charges and top-ups are the documents",
    "transfer": "as of journals",
    "channel": "of the operators and the platform",
    "report_run": "reports that staff asked for, of operators and lots",
    "report_schedule": "as of runs of reports",
}


async def test_every_table_that_names_somebody_is_exported_or_has_its_reason(owner: sql.Connection) -> None:
    named = await owner.fetch(
        "select distinct c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace"
        " and not a.attisdropped and a.attname in ('plate', 'account_id', 'owner_id', 'plate_read')"
    )
    assert {row["name"] for row in named} == EXPORTED.keys() | REASONS.keys()
    assert not EXPORTED.keys() & REASONS.keys()
    assert set(EXPORTED.values()) <= {each.name for each in msgspec.structs.fields(Export)}
    assert set(OF_VEHICLES) <= set(EXPORTED.values())


async def export(district: District, account_id: int) -> dict[str, Any]:
    async with district.pool.acquire() as db, db.transaction():
        whole = await flow.export_account(
            db, account_id=account_id, actor="driver", now=NOW, random_bits=district.random_bits
        )
    taken: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return taken


async def insert(district: District, table: str, **values: Any) -> None:
    """A row, seen by the owner of the database."""
    names, numbers = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await district.owner.execute(f"insert into {table} ({names}) values ({numbers})", *values.values())


async def hold(district: District, plate: str, at: datetime, mark: str) -> None:
    """Something of each kind about a vehicle, for an hour or a day from an instant on."""
    lot_id, id_ = district.lot().id, ids.new(at, district.lot().id, district.random_bits())
    vehicle = {"plate": plate, "plate_color": "blue"}
    added = {"added_by": "li", "added_at": at}
    valid = {"id": id_, "valid_from": at, "valid_until": at + HOUR, "reason": mark, **vehicle, **added}
    await insert(district, "exempt_vehicle", tags=["resident"], facts='{"seats": 5}', **valid)
    await insert(district, "ban", **valid)
    days = {"valid_from": at.date(), "valid_through": at.date(), "vehicles": 2, "bays": 1, "lot_ids": [lot_id]}
    await insert(district, "parking_pass", id=id_, group_id=id_, code=mark, note="", **days, **added)
    for each in (plate, f"{plate[:-1]}9"):
        await insert(district, "pass_vehicle", pass_id=id_, plate=each, plate_color="blue")
    here = {"lot_id": lot_id, "id": id_, **vehicle}
    kept = {"starts_at": at, "ends_at": at + HOUR, "holds_from": at, "holds_until": at + HOUR}
    await insert(district, "booking", reference=mark, note="", **here, **kept, **added)
    claimed = {"issued_at": at, "claimed_at": at, "claimed_by": "li"}
    await insert(district, "ticket", gateway_id=1, event_id=mark, lane_id=1, number=mark, **here, **claimed)
    await insert(district, "charging_session", session=mark, started_at=at, told_at=at, told_by="li", **here)


async def test_what_is_held_of_a_vehicle_while_the_account_pays_for_it_is_in_the_export(district: District) -> None:
    account_id = await district.account("鲁X10001", linked_at=NOW - 5 * DAY)
    await hold(district, "鲁X10001", NOW - DAY, "mine")
    await hold(district, "鲁X10001", NOW - 8 * DAY, "before it was linked")
    await hold(district, "鲁X10002", NOW - DAY, "another's")
    other = await district.account()
    await district.owner.execute("update ban set account_id = $1, said = 'it was sold', said_at = now()", other)
    taken = await export(district, account_id)
    found = {name: [each[mark] for each in taken[name]] for name, mark in OF_VEHICLES.items()}
    assert found == {name: ["mine"] for name in OF_VEHICLES}
    (exempt,), (ban,) = taken["exempt"], taken["bans"]
    assert (exempt["tags"], exempt["facts"], ban["said"]) == (["resident"], {"seats": 5}, None)
    assert not {"added_by", "claimed_by", "told_by"} & {field for name in OF_VEHICLES for field in taken[name][0]}
    # While somebody contests that the plate is its own, it shows nothing.
    contest = {"id": ids.new(NOW, 1, district.random_bits()), "plate": "鲁X10001", "plate_color": "blue"}
    contest |= {"account_id": account_id, "linked_at": NOW - 5 * DAY, "contested_at": NOW, "contested_by": "somebody"}
    await insert(district, "plate_contest", **contest)
    taken = await export(district, account_id)
    assert not any(taken[name] for name in OF_VEHICLES)
