"""How appeals end: by what a person decides, or by themselves where a correction has done what they ask."""

from uuid import UUID

import pytest

from parking.appeals import AppealRefused, Outcome
from parking.cases import Reason, State
from parking.decisions import Kind
from parking.flow import appeals as flow
from parking.flow.appeals import AppealShown
from payments.flow.charges import void_charge
from tests.conftest import NOW
from tests.district import District, event, visit
from tests.parking.deciding import HOUR, MORNING, case_of, decide, fact


async def appealed(district: District, number: str, plate: str) -> tuple[int, UUID, UUID]:
    """An account whose stay of three hours was charged, the charge's reference, and the case of the appeal."""
    account_id = await district.account(plate)
    await district.record(*visit(number, plate, MORNING, NOW))
    reference: UUID = await district.owner.fetchval("select reference from charge where account_id = $1", account_id)
    return account_id, reference, await appeal(district, account_id, reference)


async def appeal(district: District, account_id: int, reference: UUID) -> UUID:
    async with district.pool.acquire() as db, db.transaction():
        return await flow.appeal(db, reference=reference, account_id=account_id, said="not so long", now=district.now)


async def seen(district: District, account_id: int) -> AppealShown:
    """The one appeal of an account, after a round of the worker."""
    await flow.settle_appeals(district.pool, now=district.now)
    async with district.pool.acquire() as db:
        (found,) = await flow.appeals_of(db, account_id, before=None, limit=5)
    return found


async def test_a_charge_found_right_stands(district: District) -> None:
    account_id, reference, case_id = await appealed(district, "pa", "鲁AP3K81")
    assert (await seen(district, account_id)).outcome is None
    await decide(district, Kind.RIGHT, case=case_id)
    found = await seen(district, account_id)
    assert (found.outcome, found.given_back_fen, found.ended_at) == (Outcome.STANDS, 0, district.now)
    assert (found.text_zh, found.text_en) == ("经核查，该笔费用无误。", "It was looked at: the charge is right.")
    with pytest.raises(AppealRefused):
        await appeal(district, account_id, reference)


async def test_a_later_event_answers_an_appeal(district: District) -> None:
    account_id, reference, case_id = await appealed(district, "pb", "鲁AQ5M29")
    await district.record(event("pbx", "exit", MORNING + HOUR, "鲁AQ5M29", replay=True))
    await district.record(event("pby", "entry", NOW - HOUR, "鲁AQ5M29", replay=True))
    found = await seen(district, account_id)
    assert found.case_id == case_id
    assert (found.outcome, found.appealed_fen, found.given_back_fen) == (Outcome.CORRECTED, 600, 400)
    assert found.text_en == (
        "The stay was corrected: less is asked for. 4.00 CNY less in all. "
        "Why: A later record of the vehicle corrected the stay."
    )
    case = await case_of(district, "鲁AQ5M29", Reason.APPEAL, state=State.RESOLVED)
    assert (case.resolved_by, case.note, case.reason_zh) == ("facts", "later_fact", "车主申诉")
    # Nobody has looked: the driver may ask for more.
    assert await appeal(district, account_id, reference) == case_id
    again = await seen(district, account_id)
    assert (again.outcome, again.appealed_fen, again.given_back_fen) == (None, 200, 0)
    assert again.text_zh == "已受理，等待核查。"
    assert await district.broken() == {}


async def test_what_is_taken_back_is_before_a_person_again(district: District) -> None:
    account_id, _, _ = await appealed(district, "pc", "鲁AR7N53")
    exit_id = await fact(district, "pco")
    await decide(district, Kind.LET_OUT_FREE, about=exit_id)
    gone = await seen(district, account_id)
    assert (gone.outcome, gone.given_back_fen) == (Outcome.CORRECTED_TO_NOTHING, 600)
    await decide(district, Kind.UNDO, about=exit_id, undoes=1)
    assert (await seen(district, account_id)).outcome is None
    case = await case_of(district, "鲁AR7N53", Reason.APPEAL)
    assert (case.resolved_by, case.note) == (None, None)


async def test_a_charge_that_was_withdrawn_needs_no_appeal(district: District) -> None:
    account_id, reference, _ = await appealed(district, "pd", "鲁AS8T64")
    charge_id = await district.owner.fetchval("select id from charge where reference = $1", reference)
    async with district.pool.acquire() as db, db.transaction():
        await void_charge(db, charge_id=charge_id, reason="billed twice", actor="finance", now=district.now)
    found = await seen(district, account_id)
    assert (found.outcome, found.given_back_fen) == (Outcome.CORRECTED_TO_NOTHING, 600)
    assert await flow.settle_appeals(district.pool, now=district.now) == 0
    with pytest.raises(AppealRefused):
        await appeal(district, account_id, reference)
