"""The books in Postgres: journals in, by one call of `post()`; balances and pages of journals out."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

import sql
from payments import ledger
from payments.ledger import Book, Booked, Filter, Journal
from sql import Connection

_LEDGER = sql.load("payments/ledger")
_FLOORS = ("wallet_floor", "receivable_floor")


async def post(db: Connection, journals: Sequence[Journal], *, now: datetime) -> list[bool]:
    """Posts all journals or none; returns of each whether the same one was booked already. One round trip.

    Raises:
        ledger.JournalContradicted: an id stands in the books with other content.
        ledger.FloorBroken: a wallet would be overdrawn, or a driver would owe less than nothing.
        ledger.BookMissing: no books were opened for an owner.
        asyncpg.CheckViolationError: a kind does not allow it (journal_rule, transfer_rule).
    """
    if not journals:
        return []
    owners, keys, kinds, refs, lots, days, reversed_, at = [], [], [], [], [], [], [], []
    debit_owners, debit_books, credit_owners, credit_books, amounts = [], [], [], [], []
    for n, journal in enumerate(journals, 1):
        owners.append(journal.owner_id)
        keys.append(journal.id)
        kinds.append(journal.kind)
        refs.append(journal.ref)
        lots.append(journal.lot_id)
        days.append(journal.business_date)
        reversed_.append(journal.reverses)
        for transfer in journal.transfers:
            at.append(n)
            debit_owners.append(transfer.debit_owner)
            debit_books.append(transfer.debit_book)
            credit_owners.append(transfer.credit_owner)
            credit_books.append(transfer.credit_book)
            amounts.append(transfer.amount_fen)
    legs = (at, debit_owners, debit_books, credit_owners, credit_books, amounts)
    try:
        rows = await db.fetch(_LEDGER["post"], owners, keys, kinds, refs, lots, days, reversed_, now, *legs)
    except asyncpg.UniqueViolationError as refused:
        raise ledger.JournalContradicted("The books hold this fact with other content.") from refused
    except asyncpg.ForeignKeyViolationError as refused:
        raise ledger.BookMissing("No books were opened for an owner named here.") from refused
    except asyncpg.CheckViolationError as refused:
        if refused.constraint_name not in _FLOORS:
            raise
        raise ledger.FloorBroken("A balance would fall below its floor.", floor=refused.constraint_name) from refused
    return [row["replayed"] for row in rows]


async def lock_wallets(db: Connection, account_ids: Sequence[int]) -> dict[int, int]:
    """What each wallet holds, in fen. Until the transaction ends nobody else moves the books of these accounts."""
    rows = await db.fetch(_LEDGER["lock_wallets"], account_ids)
    return {row["owner_id"]: row["available_fen"] for row in rows}


async def balances_of(db: Connection, owner_id: int) -> dict[Book, int]:
    """Balances in fen of the books that keep a row: what the wallet holds, and what the driver owes."""
    rows = await db.fetch(_LEDGER["balances_of"], owner_id)
    return {
        Book(row["book"]): (row["credits"] - row["debits"]) * (-1 if row["book"] == Book.RECEIVABLE else 1)
        for row in rows
    }


async def journals_of_day(
    db: Connection, day: date, wanted: Filter, *, after: tuple[int, UUID] | None, limit: int
) -> list[Booked]:
    """A page of a day's journals with their transfers, by owner and identifier."""
    owner, key = after or (None, None)
    like = (wanted.operator_id, wanted.operator_code, wanted.lot_id, wanted.kind)
    rows = await db.fetch(_LEDGER["journals_of_day"], day, owner, key, limit, *like)
    return [msgspec.convert({**row, "transfers": msgspec.json.decode(row["transfers"])}, Booked) for row in rows]
