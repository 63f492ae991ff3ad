"""Adjusting charges when what their stays cost has changed: any number at once, in the transaction that derives the
stays.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from payments import adjustments, audit, ledger, refunds
from payments.accounts import AccountStatus
from payments.adjustments import Adjustment, Made
from payments.channels.wallet import WALLET
from payments.charges import Charge, NoSuchCharge
from payments.ledger import Journal
from payments.refunds import BY_ADJUSTMENT, Refund, RefundState
from payments.store import adjustments as store
from payments.store import audit as audit_store
from payments.store import holds as hold_store
from payments.store import ledger as books
from sql import Connection


async def adjust_charges(
    db: Connection, wanted: Sequence[Adjustment], *, beside: Collection[UUID] = (), now: datetime
) -> dict[UUID, Charge]:
    """Brings charges that exist to what their stays cost, with everything that follows: what is owed shrinks or grows,
    what was paid too much goes back (into wallets here, through channels by the worker), what the driver did not accept
    is waived. The same amount again is nothing; of several for one charge the last counts. A charge that a person made
    void stays as it is.

    Returns the charges as they stand after it, by their identifiers.

    Locks accounts and then charges (sql/parking/events.sql), and so is called once in a transaction. `beside`: charges
    that are held back or released in the same transaction (flow/holds.py), which are locked with them, in one order.
    Five statements for all, some more where money goes back or a charge is held.

    Raises:
        NoSuchCharge: one does not exist. Nothing was changed.
    """
    asked = {adjustment.charge_id: adjustment for adjustment in wanted}
    if not asked:
        return {}
    accounts = await store.lock_accounts(db, list(asked))
    locked = await store.lock_charges(db, list(asked.keys() | set(beside)))
    standing = {charge_id: charge for charge_id, charge in locked.items() if charge_id in asked}
    for charge_id in asked.keys() - standing.keys():
        raise NoSuchCharge("There is no such charge.", charge_id=str(charge_id))
    found = (adjustments.made(charge, asked[charge.id], now=now) for charge in standing.values())
    made = [each for each in found if each is not None]
    if made:
        await write(db, made, accounts, now=now)
    holds = {charge_id: each.hold for charge_id, each in asked.items() if each.hold is not None}
    if holds:
        await hold_store.place_holds(db, holds, now=now)
    return {**standing, **{each.charge.id: adjustments.after(each) for each in made}}


async def write(db: Connection, made: Sequence[Made], accounts: Mapping[int, AccountStatus], *, now: datetime) -> None:
    """Writes adjustments of charges that are locked, as their `accounts` are, with what follows for the money."""
    back = await _refunds(db, made, accounts, now=now)
    await store.insert_adjustments(db, made, now=now)
    await store.adjust_charges(db, made, [sum(refund.amount_fen for refund in of_one) for of_one in back], now=now)
    journals = [journal for each in made for journal in _owed(each)]
    if any(back):
        await store.insert_refunds(db, [refund for of_one in back for refund in of_one], now=now)
        wallets = [each.charge.owner_id for each, of_one in zip(made, back, strict=True) if any(map(_ended, of_one))]
        if wallets:
            await store.wake_accounts(db, wallets, now=now)
        for each, of_one in zip(made, back, strict=True):
            journals += _given_back(each.charge, of_one, now)
    await books.post(db, journals, now=now)
    lines = [_line(each, of_one, now) for each, of_one in zip(made, back, strict=True) if of_one]
    if lines:
        await audit_store.record_all(db, lines)


async def _refunds(
    db: Connection, made: Sequence[Made], accounts: Mapping[int, AccountStatus], *, now: datetime
) -> list[list[Refund]]:
    """What goes back of each. What a wallet paid that was closed since has to reach its holder by another way, as a
    person sees to: until then it is reported as kept (the invariant charge_keeps_too_much).
    """
    paid = [each.charge.id for each in made if each.change.returned_fen]
    payments = await store.payments_of(db, paid) if paid else {}
    closed = {account_id for account_id, status in accounts.items() if status is AccountStatus.CLOSED}
    back = []
    for each in made:
        open_ways = [
            payment
            for payment in payments.get(each.charge.id, ())
            if payment.channel != WALLET.name or each.charge.account_id not in closed
        ]
        back.append(refunds.of_adjustment(each, open_ways, wallet=WALLET.name, now=now))
    return back


def _owed(each: Made) -> list[Journal]:
    if not each.change.owed_fen:
        return []
    return [ledger.charge_adjusted(each.id, each.charge, each.change.owed_fen, each.business_date)]


def _given_back(charge: Charge, of_one: Sequence[Refund], now: datetime) -> list[Journal]:
    today = ledger.local_date(now, charge.time_zone)
    journals = [ledger.refund_requested(refund.id, charge, refund.amount_fen, today) for refund in of_one]
    for refund in filter(_ended, of_one):
        funds = WALLET.funds(charge.account_id)
        journals.append(ledger.refund_paid(refund.id, charge, refund.amount_fen, funds, today))
    return journals


def _ended(refund: Refund) -> bool:
    return refund.state is RefundState.SUCCEEDED


def _line(each: Made, of_one: Sequence[Refund], now: datetime) -> audit.Line:
    detail: dict[str, object] = {
        "adjustment_id": str(each.id),
        "from_fen": each.charge.amount_fen,
        "to_fen": each.change.amount_fen,
        "refunds": {str(refund.id): refund.amount_fen for refund in of_one},
        "cause": each.asked.cause,
        "cause_id": str(each.asked.cause_id),
    }
    return audit.line(
        each.charge.operator_id,
        actor=BY_ADJUSTMENT,
        action="charge.adjust",
        subject=str(each.charge.id),
        detail=detail,
        now=now,
    )
