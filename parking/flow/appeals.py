"""Appeals of drivers, which make cases."""

from datetime import datetime
from uuid import UUID

import sql
from parking import appeals
from parking.appeals import AppealRefused
from parking.cases import OpenCase, Reason
from parking.store import cases as store
from payments.charges import NoSuchCharge
from payments.flow import charges as charges_flow
from payments.store import audit as audit_store


async def appeal(db: sql.Connection, *, reference: UUID, account_id: int, said: str, now: datetime) -> UUID:
    """A driver says that a charge to the account is wrong; the number of the case. Twice is once, while nobody has
    looked.

    Raises:
        NoSuchCharge: the account has none of this reference.
        AppealRefused: it comes too late, is about a stay that is not known any more, or a person looked at one already.
        TooManyAppeals: the account has too many that are open.
    """
    charge = await charges_flow.charge_named(db, reference, by_id=False)
    if charge.account_id != account_id:
        raise NoSuchCharge("There is no such charge.", charge=str(reference))
    case_id = appeals.case_id(charge.id)
    there = await store.case_by_id(db, charge.lot_id, case_id)
    if there is not None and there.resolved_by is None:
        return case_id
    appeals.check_appeal(
        billed_at=charge.created_at,
        resolved_by=None if there is None else there.resolved_by,
        open_appeals=await store.open_appeals(db, account_id),
        now=now,
    )
    half = await store.half(db, charge.lot_id, charge.stay_id)
    if half is None or half.exit_event_id is None:
        raise AppealRefused("This charge is of a stay that is no more.")
    case = OpenCase(charge.lot_id, case_id, half.exit_event_id, Reason.APPEAL, charge.stay_id, None)
    await store.add_appeal(db, case, account_id=account_id, charge_id=charge.id, said=said, now=now)
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
