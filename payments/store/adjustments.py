"""Corrections of charges, in Postgres."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

import sql
from payments import ids
from payments.accounts import AccountStatus
from payments.adjustments import Adjusted, Correction, CorrectionOf, Made, Payment, Standing
from payments.charges import Charge
from payments.refunds import Refund
from sql import Connection

_ADJUSTMENTS = sql.load("payments/adjustments")


async def lock_accounts(db: Connection, charge_ids: Sequence[UUID]) -> dict[int, AccountStatus]:
    """The accounts that pay for these charges; none of them is closed until the transaction ends."""
    rows = await db.fetch(_ADJUSTMENTS["lock_accounts"], *_named(charge_ids))
    return {row["id"]: AccountStatus(row["status"]) for row in rows}


async def lock_charges(db: Connection, charge_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Those of these charges that exist, and nobody else changes them until the transaction ends."""
    found = await sql.every(db, Standing, _ADJUSTMENTS["lock_charges"], *_named(charge_ids))
    return {charge.id: charge for charge in found}


async def payments_of(db: Connection, charge_ids: Sequence[UUID]) -> dict[UUID, list[Payment]]:
    """What paid of each of these charges, the oldest first."""
    found: dict[UUID, list[Payment]] = {charge_id: [] for charge_id in charge_ids}
    for payment in await sql.every(db, Payment, _ADJUSTMENTS["payments_of"], *_named(charge_ids)):
        found[payment.charge_id].append(payment)
    return found


async def insert_adjustments(db: Connection, made: Sequence[Made], *, now: datetime) -> None:
    """Writes adjustments of charges that are locked."""
    await db.execute(
        _ADJUSTMENTS["insert_adjustments"],
        [each.charge.lot_id for each in made],
        [each.charge.id for each in made],
        [each.n for each in made],
        [each.id for each in made],
        [each.change.kind for each in made],
        [each.change.wanted_fen for each in made],
        [each.change.amount_fen for each in made],
        [each.change.change_fen for each in made],
        [each.change.waived_fen for each in made],
        [each.change.waived_for for each in made],
        [each.change.owed_fen for each in made],
        [each.change.returned_fen for each in made],
        [each.asked.cause for each in made],
        [each.asked.cause_id for each in made],
        [bytes(each.asked.lines).decode() for each in made],
        [each.business_date for each in made],
        now,
    )


async def adjust_charges(db: Connection, made: Sequence[Made], reserved_fen: Sequence[int], *, now: datetime) -> None:
    """Brings charges to what adjustments of them say. `reserved_fen`: what goes back of each."""
    await db.execute(
        _ADJUSTMENTS["adjust_charges"],
        [each.charge.lot_id for each in made],
        [each.charge.id for each in made],
        [each.n for each in made],
        [each.change.amount_fen for each in made],
        [each.change.waived_fen for each in made],
        [each.change.owed_fen for each in made],
        reserved_fen,
        [each.asleep for each in made],
        now,
    )


async def insert_refunds(db: Connection, refunds: Sequence[Refund], *, now: datetime) -> None:
    """Writes refunds that follow from adjustments."""
    await db.execute(
        _ADJUSTMENTS["insert_refunds"],
        [r.shard for r in refunds],
        [r.payable_id for r in refunds],
        [r.id for r in refunds],
        [r.attempt_id for r in refunds],
        [r.adjustment_id for r in refunds],
        [r.amount_fen for r in refunds],
        [r.channel for r in refunds],
        [r.state for r in refunds],
        [r.reason for r in refunds],
        [r.asked_by for r in refunds],
        now,
        [r.query_at for r in refunds],
    )


async def wake_accounts(db: Connection, account_ids: Iterable[int], *, now: datetime) -> None:
    """What these accounts owe is due to be collected now, as far as nobody else is at it."""
    await db.execute(_ADJUSTMENTS["wake_accounts"], sorted(set(account_ids)), now)


async def corrections_of(db: Connection, charges: Sequence[Charge]) -> dict[UUID, list[Correction]]:
    """What each of these charges was corrected by, the oldest first."""
    found: dict[UUID, list[Correction]] = {charge.id: [] for charge in charges}
    adjusted = [charge.id for charge in charges if charge.adjustments]
    if adjusted:
        for each in await sql.every(db, CorrectionOf, _ADJUSTMENTS["corrections_of"], *_named(adjusted)):
            shown = {name: getattr(each, name) for name in Correction.__struct_fields__}
            found[each.charge_id].append(Correction(**shown))
    return found


async def adjustments_page(
    db: Connection, first: date, last: date, *, operator_id: int | None, after: tuple[UUID, int] | None, limit: int
) -> Sequence[Adjusted]:
    """A page of the adjustments of days (both included) of an operator (None: of all), after one of these."""
    key = after or (None, None)
    return await sql.every(db, Adjusted, _ADJUSTMENTS["adjustments_page"], first, last, operator_id, *key, limit)


def _named(charge_ids: Sequence[UUID]) -> tuple[list[int], Sequence[UUID]]:
    return [ids.shard_of(each) for each in charge_ids], charge_ids
