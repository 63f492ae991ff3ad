"""Appeals of drivers, which make cases."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking import appeals
from parking.appeals import AppealRefused, AppealRow, Outcome
from parking.cases import OpenCase, Reason
from parking.store import appeals as store
from parking.store import cases as case_store
from parking.texts import appeals as words
from parking.texts.corrections import CAUSES
from payments.charges import NoSuchCharge
from payments.flow import charges as charges_flow
from payments.store import audit as audit_store


class AppealShown(Struct, frozen=True):
    """An appeal as its driver sees it. `outcome`, `ended_at`: null while nobody has looked. `appealed_fen`: what the
    charge cost when the driver appealed; `given_back_fen`: by how much it costs less now. The texts say how it ended
    and why the charge was corrected since.
    """

    case_id: UUID
    charge_reference: UUID
    reason: str
    appealed_at: datetime
    appealed_fen: int
    given_back_fen: int
    outcome: Outcome | None
    ended_at: datetime | None
    text_zh: str
    text_en: str


async def appeal(db: sql.Connection, *, reference: UUID, account_id: int, said: str, now: datetime) -> UUID:
    """A driver says that a charge to the account is wrong; the number of the case. Twice is once, while nobody has
    looked.

    Raises:
        NoSuchCharge: the account has none of this reference.
        AppealRefused: it comes too late, nothing was asked for it, it is about a stay that is not known any more, or a
            person looked at one already.
        TooManyAppeals: the account has too many that are open.
    """
    charge = await charges_flow.charge_named(db, reference, by_id=False)
    if charge.account_id != account_id:
        raise NoSuchCharge("There is no such charge.", charge=str(reference))
    case_id = appeals.case_id(charge.id)
    there = await case_store.case_by_id(db, charge.lot_id, case_id)
    if there is not None and there.resolved_by is None:
        return case_id
    appeals.check_appeal(
        billed_at=charge.created_at,
        resolved_by=None if there is None else there.resolved_by,
        open_appeals=await store.open_appeals(db, account_id),
        now=now,
    )
    half = await case_store.half(db, charge.lot_id, charge.stay_id)
    if half is None or half.exit_event_id is None or not charge.kept_fen:
        raise AppealRefused("This charge costs nothing any more, or is of a stay that is no more.")
    case = OpenCase(charge.lot_id, case_id, half.exit_event_id, Reason.APPEAL, charge.stay_id, None)
    await store.add_appeal(
        db, case, account_id=account_id, charge_id=charge.id, said=said, appealed_fen=charge.kept_fen, now=now
    )
    await audit_store.record(
        db,
        account_id,
        actor=f"account:{account_id}",
        action="charge.appeal",
        subject=str(charge.id),
        detail={"case_id": case_id},
        now=now,
    )
    return case_id


async def appeals_of(db: sql.Connection, account_id: int, *, before: UUID | None, limit: int) -> list[AppealShown]:
    """The appeals of an account and how they ended, the latest charge first."""
    return [_shown(row) for row in await store.appeals_of_account(db, account_id, before=before, limit=limit)]


async def settle_appeals(pool: sql.Pool, *, now: datetime) -> int:
    """Settles what corrections have brought about by themselves; how many appeals moved."""
    async with pool.acquire() as db:
        return await store.settle_appeals(db, now=now)


def _shown(row: AppealRow) -> AppealShown:
    outcome, given_back_fen = appeals.outcome(row), appeals.given_back(row)
    because = None if row.cause is None or outcome in (None, Outcome.STANDS) else CAUSES.get(row.cause)
    zh, en = words.ended(outcome, given_back_fen, because)
    return AppealShown(
        case_id=row.case_id,
        charge_reference=row.charge_reference,
        reason=row.said,
        appealed_at=row.appealed_at,
        appealed_fen=row.appealed_fen,
        given_back_fen=given_back_fen,
        outcome=outcome,
        ended_at=row.ended_at,
        text_zh=zh,
        text_en=en,
    )
