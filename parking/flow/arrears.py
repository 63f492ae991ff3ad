"""What a vehicle owes, for whoever stands before it."""

from collections.abc import Callable, Sequence
from datetime import datetime

import sql
from parking import arrears
from parking.answers import Answer
from parking.arrears import ARREARS_WITHIN, LEFT_AFTER, LEFT_UNPAID_PER_ROUND_MAX, Arrears
from parking.cases import Case, Reason
from parking.facts import REPEATS_KEPT, Fact
from parking.network import Network
from parking.plates import PlateColor
from parking.spans import READ_AGAIN_MAX, STAY_MAX
from parking.store import arrears as store
from parking.store import cases as case_store
from payments import ids
from payments.flow import audit as audit_flow
from payments.identity import Principal


async def find_arrears(
    db: sql.Connection,
    plate: str,
    color: PlateColor,
    *,
    reader: Principal,
    now: datetime,
    random_bits: Callable[[], int],
) -> Arrears:
    """What a vehicle (made comparable) owes in all lots. That somebody looked is kept."""
    found = await store.owed_by(db, plate, color, since=now - ARREARS_WITHIN)
    await audit_flow.record_look(
        db, subject="arrears", rows=len(found), reader=reader, now=now, random_bits=random_bits
    )
    return arrears.of(found)


async def say_at_lanes(
    db: sql.Connection, events: Sequence[Fact], answers: list[Answer], network: Network, now: datetime
) -> list[Answer]:
    """The answers with what the cars owe from before, where their lots say so; nothing is read for others."""
    asked = arrears.asked(events, network.lots)
    if not asked:
        return answers
    plates = {(each.plate, each.plate_color) for each in asked}
    beside = {each.stay_id for each in answers if each.stay_id is not None}
    owed = await store.owed_by_vehicles(db, plates, since=now - ARREARS_WITHIN, beside=beside)
    return arrears.say(events, answers, owed, network.lots) if owed else answers


async def look_for_unpaid(pool: sql.Pool, *, now: datetime) -> int:
    """Puts before a person who left a lot with a barrier without paying, and takes away who has paid since; how many
    were new, LEFT_UNPAID_PER_ROUND_MAX at most.
    """
    left_since, limit = now - REPEATS_KEPT, LEFT_UNPAID_PER_ROUND_MAX
    since = ids.floor(left_since - STAY_MAX)
    async with pool.acquire() as db, db.transaction():
        found = await store.left_unpaid(
            db,
            since=since,
            left_since=left_since,
            left_before=now - LEFT_AFTER,
            last_read_before=now - READ_AGAIN_MAX,
            limit=limit,
        )
        if found:
            cases = [Case(each.lot_id, each.event_id, Reason.LEFT_UNPAID, each.stay_id) for each in found]
            await case_store.open_cases(db, cases, now=now)
        moot = await store.left_unpaid_no_more(db, since=since, limit=limit)
        if moot:
            await case_store.settle_cases(db, moot, now=now)
    return len(found)
