"""Cases that tests find and decide, as staff do."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from parking.answers import StayNow
from parking.cases import Filter, Reason
from parking.cases import State as CaseState
from parking.decisions import Kind
from parking.flow import cases as flow
from parking.flow import facts as facts_flow
from parking.flow.cases import CaseShown
from parking.flow.decisions import Decided
from parking.flow.stays import stay_by_id
from parking.verdicts import Verdict
from payments import ids
from payments.identity import Audience, Principal
from tests.conftest import NOW
from tests.district import QC, District

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MORNING = NOW - 3 * HOUR
LI = Principal(Audience.CLERK, "li")


async def found(
    district: District, *, lot: str = QC, state: CaseState = CaseState.OPEN, **more: Any
) -> list[CaseShown]:
    """The cases of a lot."""
    wanted = Filter(lot_ids=[district.lot(lot).id], state=state, **more)
    async with district.pool.acquire() as db, db.transaction():
        return await flow.find_cases(
            db, wanted, after=ids.FIRST, limit=100, reader=LI, now=district.now, random_bits=district.random_bits
        )


async def case_of(district: District, plate: str, reason: Reason, *, state: CaseState = CaseState.OPEN) -> CaseShown:
    (case,) = await found(district, plate=plate, reason=reason, state=state)
    return case


async def decide(
    district: District,
    kind: Kind,
    *,
    case: UUID | None = None,
    about: UUID | None = None,
    key: str | None = None,
    lot_ids: Sequence[int] | None = None,
    **said: Any,
) -> Decided:
    """Decides a case, or about an event."""
    verdict = Verdict(kind=kind, **{"note": "seen on the picture", **said})
    whole: Any = {"lot_ids": lot_ids, "by": LI, "request_key": key, "network": district.network, "now": district.now}
    if case is not None:
        return await flow.decide_case(district.pool, verdict, case_id=case, random_bits=district.random_bits, **whole)
    assert about is not None
    return await facts_flow.decide_event(
        district.pool, verdict, event_id=about, random_bits=district.random_bits, **whole
    )


async def fact(district: District, event_id: str) -> UUID:
    """The number of an event, by what its gateway called it."""
    found_: UUID = await district.owner.fetchval("select id from gate_event where event_id = $1", event_id)
    return found_


async def polled(district: District, stay_id: UUID | None, *, lot: str = QC) -> StayNow:
    """What the gateway is told that asks for a stay."""
    assert stay_id is not None
    async with district.pool.acquire() as db:
        return await stay_by_id(db, district.lot(lot), stay_id, now=district.now)


async def wallet(district: District, account_id: int) -> int:
    return await district.count(
        "select credits - debits from balance where owner_id = $1 and book = 'wallet'", account_id
    )
