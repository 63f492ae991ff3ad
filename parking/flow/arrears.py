"""What a vehicle owes, for whoever stands before it."""

from collections.abc import Callable, Sequence
from datetime import datetime

import sql
from parking import arrears
from parking.answers import Answer
from parking.arrears import ARREARS_WITHIN, Arrears
from parking.facts import Fact
from parking.network import Network
from parking.plates import PlateColor
from parking.store import arrears as store
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
