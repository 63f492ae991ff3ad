"""Charges in Postgres."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

import sql
from payments import ids
from payments.charges import AboutToBeTaken, Charge, ChargeRequest, Cleared, DueCharge, Settled
from payments.pages import Page
from sql import Connection

_CHARGES = sql.load("payments/charges")


class PaidAt(Struct, frozen=True):
    """When something was paid of a charge."""

    charge_id: UUID
    at: datetime


async def insert_charges(db: Connection, requests: dict[UUID, ChargeRequest], *, now: datetime) -> int:
    """Writes charges by their identifiers; those that exist already stay as they are. The worker finds them at once,
    but for those that are held back.

    Returns how many were written.
    """
    rows = [
        (
            *(r.lot_id, charge_id, r.stay_id, r.operator_id, r.account_id, r.amount_fen, bytes(r.lines).decode()),
            *(r.hold is not None, r.reference, r.place_hidden),
        )
        for charge_id, r in requests.items()
    ]
    done = await db.execute(_CHARGES["insert_charges"], rows, now)
    return int(done.removeprefix("INSERT 0 "))


async def charges_by_id(db: Connection, charge_ids: Iterable[UUID]) -> dict[UUID, Charge]:
    """The charges that exist of those asked for. An identifier names its lot, so each is looked up in one shard."""
    wanted = [charge_id for charge_id in charge_ids if ids.is_ours(charge_id)]
    lots = [ids.shard_of(charge_id) for charge_id in wanted]
    found = await sql.every(db, Charge, _CHARGES["charges_by_id"], lots, wanted)
    return {charge.id: charge for charge in found}


async def charges_of_stays(db: Connection, stay_ids: Collection[UUID]) -> dict[UUID, Charge]:
    """All charges of stays, whoever pays them."""
    wanted = [(ids.shard_of(each), each, *ids.span([each])) for each in stay_ids]
    found = await sql.every(db, Charge, _CHARGES["charges_of_stays"], *zip(*wanted, strict=True))
    return {charge.id: charge for charge in found}


async def paid_at(db: Connection, charge_ids: Sequence[UUID]) -> dict[UUID, list[datetime]]:
    """When each was paid of these that were, or a part of it: the first time first."""
    lots = [ids.shard_of(charge_id) for charge_id in charge_ids]
    paid: dict[UUID, list[datetime]] = {}
    for row in await sql.every(db, PaidAt, _CHARGES["paid_at"], lots, charge_ids):
        paid.setdefault(row.charge_id, []).append(row.at)
    return paid


async def settled_charges(
    db: Connection, operator_id: int, business_date: date, lot_id: int, page: Page
) -> Sequence[Settled]:
    """A page of the charges of which the line of a lot in a statement is made, by number."""
    return await sql.every(
        db, Settled, _CHARGES["settled_charges"], operator_id, business_date, lot_id, page.above, page.limit
    )


async def charge_by_reference(db: Connection, reference: UUID) -> Charge | None:
    return await sql.one(db, Charge, _CHARGES["charge_by_reference"], reference)


async def lock_charge(db: Connection, charge_id: UUID) -> Charge | None:
    """The charge, and nobody else changes it until the transaction ends."""
    return await sql.one(db, Charge, _CHARGES["lock_charge"], ids.shard_of(charge_id), charge_id)


async def charges_of_account(db: Connection, account_id: int, *, before: UUID | None, limit: int) -> Sequence[Charge]:
    """A page of an account's charges, the newest stay first; `before` is the reference of the last one before it."""
    return await sql.every(db, Charge, _CHARGES["charges_of_account"], account_id, before, limit)


async def due_charges(db: Connection, *, now: datetime, limit: int) -> Sequence[AboutToBeTaken]:
    """Charges whose time to be collected has come."""
    return await sql.every(db, AboutToBeTaken, _CHARGES["due_charges"], now, limit)


async def lock_due_charges(
    db: Connection, *, now: datetime, limit: int, of: Sequence[UUID] | None
) -> Sequence[DueCharge]:
    """Charges (`of` these; None: of all) whose time to be collected has come and that nobody else is working on,
    locked.
    """
    return await sql.every(db, DueCharge, _CHARGES["lock_due_charges"], now, limit, of)


async def mark_paid(
    db: Connection, paid: Sequence[tuple[UUID, DueCharge | Charge, int]], *, method: str, now: datetime
) -> None:
    """Charges, each with the attempt that paid of it and how much in fen."""
    charges = [charge for _, charge, _ in paid]
    by, fen = [attempt_id for attempt_id, _, _ in paid], [fen for _, _, fen in paid]
    await db.execute(_CHARGES["mark_paid"], [c.lot_id for c in charges], [c.id for c in charges], by, fen, method, now)


async def mark_declined(db: Connection, charges: Sequence[DueCharge], again_at: Sequence[datetime]) -> None:
    """Charges the wallet did not cover wait until they are tried again."""
    await db.execute(_CHARGES["mark_declined"], [c.lot_id for c in charges], [c.id for c in charges], again_at)


async def set_collect_at(db: Connection, charge: Charge, collect_at: datetime | None) -> None:
    """Puts a due charge to sleep (None) while a payment of it is under way, or wakes it unless it is held back."""
    await db.execute(_CHARGES["set_collect_at"], charge.lot_id, charge.id, collect_at)


async def mark_void(db: Connection, charge: Charge, reason: str) -> None:
    await db.execute(_CHARGES["mark_void"], charge.lot_id, charge.id, reason)


async def mark_withdrawn(db: Connection, charge: Charge, reason: str) -> None:
    """A charge that was corrected is void, or paid if something was paid of it."""
    await db.execute(_CHARGES["mark_withdrawn"], charge.lot_id, charge.id, reason)


async def wake_account(db: Connection, account_id: int, *, now: datetime) -> None:
    """What the account owes is due to be collected now."""
    await db.execute(_CHARGES["wake_account"], account_id, now)


async def hide_places(db: Connection, account_id: int, charges: Sequence[tuple[int, UUID]], *, hidden: bool) -> None:
    """Whether the driver of an account sees where and when of these charges, each by lot and identifier."""
    lots, charge_ids = [lot_id for lot_id, _ in charges], [charge_id for _, charge_id in charges]
    await db.execute(_CHARGES["hide_places"], account_id, lots, charge_ids, hidden)


async def note_cleared(db: Connection, charges: Sequence[Charge], *, now: datetime) -> None:
    """Notes those of the charges that no account pays and of which nothing is owed any more, for whoever waits."""
    await db.execute(_CHARGES["note_cleared"], [c.lot_id for c in charges], [c.id for c in charges], now)


async def take_cleared(db: Connection, *, limit: int) -> Sequence[Cleared]:
    """What was noted and not passed on yet, the oldest first; it is gone when the transaction commits."""
    return await sql.every(db, Cleared, _CHARGES["take_cleared"], limit)
