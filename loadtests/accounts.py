"""Accounts for the drivers of a run who have one, written in bulk."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sql
from loadtests import traffic
from payments import ids, ledger
from payments.ledger import Book, Funds
from payments.store import ledger as books

WALLET_FEN = 100_00
CLEARING = Funds(2, Book.CLEARING)
_POST_JOURNALS = 1000
_NUMBERS = "select nextval('owner_id') from generate_series(1, $1)"


async def open_accounts(db: sql.Connection, *, vehicles: int, now: datetime) -> None:
    """An account for each linked plate of the vehicles, with WALLET_FEN in every second wallet.

    By COPY and in large postings, and not as seeds/city/registration.py does it: opened one at a time, sixteen thousand
    accounts would take longer than the run.
    """
    linked = [traffic.plate(number) for number in range(vehicles) if traffic.is_linked(number)]
    async with db.transaction():
        accounts = [row[0] for row in await db.fetch(_NUMBERS, len(linked))]
        await _copy(db, "account", ("id", "name", "created_at"), ((id_, "", now) for id_ in accounts))
        plates = ((text, "blue", id_, now - timedelta(days=100)) for text, id_ in zip(linked, accounts, strict=True))
        await _copy(db, "account_plate", ("plate", "plate_color", "account_id", "linked_at"), plates)
        await db.execute("select open_balances(id) from account")
        await _top_up(db, accounts[::2], now)


async def _top_up(db: sql.Connection, accounts: Sequence[int], now: datetime) -> None:
    top_ups = [(account, ids.new(now, account, account)) for account in accounts]
    rows = ((account, id_, id_.hex, WALLET_FEN, now) for account, id_ in top_ups)
    await _copy(db, "top_up", ("account_id", "id", "key_digest", "amount_fen", "created_at"), rows)
    made = (
        "shard",
        "payable_id",
        "id",
        "kind",
        "request_no",
        "channel",
        "amount_fen",
        "state",
        "created_at",
        "updated_at",
    )
    ended = (
        (account, id_, id_, "top_up", id_.hex, "local", WALLET_FEN, "succeeded", now, now) for account, id_ in top_ups
    )
    await _copy(db, "attempt", made, ended)
    for at in range(0, len(top_ups), _POST_JOURNALS):
        some = top_ups[at : at + _POST_JOURNALS]
        journals = [ledger.topped_up(account, id_, CLEARING, WALLET_FEN, now.date()) for account, id_ in some]
        await books.post(db, journals, now=now)


async def _copy(db: sql.Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    await db.copy_records_to_table(table, columns=list(columns), records=list(rows))
