"""The laws of the books, against the database that keeps them."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import date, timedelta

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sql
from payments import ids, ledger
from payments.ledger import Book, FloorBroken, Journal, JournalContradicted, Kind, Transfer
from payments.store import ledger as store
from tests.payments.city import DAY, City, registered

REAL_DATABASE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def moved(city: City, account_id: int, *transfers: Transfer, day: date = DAY) -> Journal:
    key = ids.new(city.now, account_id, city.random_bits())
    # A kind that no other row has to answer for.
    return Journal(account_id, key, Kind.OVERPAID, key, None, day, transfers)


def into_wallet(account_id: int, amount_fen: int) -> Transfer:
    return Transfer(2, Book.CLEARING, account_id, Book.WALLET, amount_fen)


def out_of_wallet(account_id: int, amount_fen: int) -> Transfer:
    return Transfer(account_id, Book.WALLET, 2, Book.CLEARING, amount_fen)


async def post(pool: sql.Pool, city: City, *journals: Journal) -> list[bool]:
    async with pool.acquire() as db:
        return await store.post(db, journals, now=city.now)


async def all_rows(city: City) -> list[Sequence[object]]:
    tables = ("journal", "transfer", "balance", "operator_day")
    return [sorted(map(repr, await city.owner.fetch(f"table {table}"))) for table in tables]


MOVES = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(1, 400)), min_size=1, max_size=4),
    min_size=1,
    max_size=8,
)


@given(batches=MOVES)
@REAL_DATABASE
async def test_balances_are_the_sum_of_transfers_whatever_is_refused(
    city: City, batches: list[list[tuple[int, bool, int]]]
) -> None:
    """Any sequence of postings, some refused at the floor: books balance, and balance rows equal a plain model."""
    accounts = [await city.account() for _ in range(3)]
    model = dict.fromkeys(accounts, 0)
    for batch in batches:
        after = dict(model)
        journals = []
        for which, inward, amount_fen in batch:
            account_id = accounts[which]
            transfer = into_wallet if inward else out_of_wallet
            journals.append(moved(city, account_id, transfer(account_id, amount_fen)))
            after[account_id] += amount_fen if inward else -amount_fen
        if min(after.values()) < 0:
            with pytest.raises(FloorBroken):
                await post(city.pool, city, *journals)
        else:
            assert await post(city.pool, city, *journals) == [False] * len(journals)
            model = after
    for account_id in accounts:
        assert await city.holds(account_id) == (model[account_id], 0)
        assert await city.book(account_id, "wallet") == model[account_id]
    assert await city.violations() == {}


async def test_one_journal_however_many_post_it(city: City) -> None:
    account_id = await city.account()
    journal = moved(city, account_id, into_wallet(account_id, 100))
    answers = await asyncio.gather(*(post(city.pool, city, journal) for _ in range(30)))
    assert sorted(replayed for [replayed] in answers) == [False] + [True] * 29
    assert await city.holds(account_id) == (100, 0)


async def test_the_same_id_with_other_content_is_refused(city: City) -> None:
    account_id = await city.account()
    journal = moved(city, account_id, into_wallet(account_id, 100))
    others = [
        msgspec.structs.replace(journal, transfers=(into_wallet(account_id, 101),)),
        msgspec.structs.replace(journal, kind=Kind.TOP_UP),
        msgspec.structs.replace(journal, ref=ids.derive(journal.ref, "other")),
        msgspec.structs.replace(journal, transfers=(into_wallet(account_id, 50), into_wallet(account_id, 50))),
    ]
    await post(city.pool, city, journal)
    before = await all_rows(city)
    for other in others:
        with pytest.raises(JournalContradicted):
            await post(city.pool, city, moved(city, account_id, into_wallet(account_id, 1)), other)
    assert await all_rows(city) == before
    # A closing may have moved the day meanwhile: it is no part of what is compared.
    assert await post(city.pool, city, msgspec.structs.replace(journal, business_date=DAY - timedelta(days=9))) == [
        True
    ]


async def test_of_concurrent_debits_as_many_succeed_as_the_wallet_covers(city: City) -> None:
    account_id = await city.account(1_000)
    journals = [moved(city, account_id, out_of_wallet(account_id, 70)) for _ in range(40)]

    async def covered(posting: Awaitable[object]) -> bool:
        try:
            await posting
        except FloorBroken:
            return False
        return True

    answers = await asyncio.gather(*(covered(post(city.pool, city, journal)) for journal in journals))
    assert sum(answers) == 1_000 // 70
    assert await city.holds(account_id) == (1_000 % 70, 0)


async def test_postings_in_opposite_orders_do_not_block_each_other(city: City) -> None:
    accounts = [await city.account(10_000) for _ in range(6)]

    async def several(k: int) -> None:
        order = accounts if k % 2 else accounts[::-1]
        await post(city.pool, city, *(moved(city, a, out_of_wallet(a, 1), into_wallet(a, 2)) for a in order))

    await asyncio.gather(*(several(k) for k in range(40)))
    assert [await city.holds(a) for a in accounts] == [(10_040, 0)] * 6


async def test_a_journal_is_reversed_once(city: City) -> None:
    account_id = await city.account(500)
    journal = moved(city, account_id, into_wallet(account_id, 200))
    await post(city.pool, city, journal)
    undone = ledger.reversal(journal, DAY)
    answers = await asyncio.gather(*(post(city.pool, city, undone) for _ in range(5)))
    assert sorted(replayed for [replayed] in answers) == [False] + [True] * 4
    assert await city.holds(account_id) == (500, 0)
    assert await city.count("select count(*) from journal where reverses = $1", journal.id) == 1
    for other in ("another", "and another"):
        with pytest.raises(JournalContradicted):
            await post(city.pool, city, msgspec.structs.replace(undone, id=ids.derive(undone.id, other)))
    twins = [msgspec.structs.replace(undone, id=ids.derive(undone.id, str(k)), reverses=undone.id) for k in range(2)]
    with pytest.raises(JournalContradicted):
        await post(city.pool, city, *twins)
    assert await city.holds(account_id) == (500, 0)


async def test_a_refused_posting_leaves_nothing(city: City) -> None:
    account_id = await city.account(10)
    before = await all_rows(city)
    fine = moved(city, account_id, into_wallet(account_id, 5))
    refused = [
        (FloorBroken, moved(city, account_id, out_of_wallet(account_id, 16))),
        (ledger.BookMissing, moved(city, 999_999_999, into_wallet(999_999_999, 5))),
        (asyncpg.CheckViolationError, moved(city, account_id)),
        (asyncpg.CheckViolationError, moved(city, account_id, into_wallet(account_id, 0))),
        (asyncpg.CheckViolationError, moved(city, account_id, Transfer(2, Book.CLEARING, 2, Book.CLEARING, 1))),
        (JournalContradicted, fine),
    ]
    for error, journal in refused:
        with pytest.raises(error):
            await post(city.pool, city, fine, journal)
        assert await all_rows(city) == before


@pytest.mark.parametrize(
    ("journals", "at", "amounts"),
    [
        (1, [2], [5]),
        (1, [0], [5]),
        (1, [None], [5]),
        (1, [1, None], [5, 5]),
        (0, [1], [5]),
        (2, [1, 1], [5, 5]),
        (1, [1], [5, 5]),
        (1, [1, 1], [5]),
        (1, [], []),
    ],
)
async def test_arrays_that_do_not_fit_are_refused(
    city: City, journals: int, at: list[int | None], amounts: list[int]
) -> None:
    account_id = await city.account(10)
    before = await all_rows(city)
    keys = [ids.new(city.now, account_id, city.random_bits()) for _ in range(journals)]
    legs = (at, [2] * len(at), ["clearing"] * len(at), [account_id] * len(at), ["wallet"] * len(at), amounts)
    head = ([account_id] * journals, keys, ["overpaid"] * journals, keys, [None] * journals, [DAY] * journals)
    async with city.pool.acquire() as db:
        with pytest.raises(asyncpg.CheckViolationError):
            await db.fetch(sql.load("payments/ledger")["post"], *head, [None] * journals, city.now, *legs)
        if journals:
            short = (*head[:5], [DAY] * (journals - 1))
            with pytest.raises(asyncpg.CheckViolationError):
                await db.fetch(sql.load("payments/ledger")["post"], *short, [None] * journals, city.now, *legs)
    assert await all_rows(city) == before


async def test_a_journal_belongs_to_the_operator_whose_payable_it_moves(city: City) -> None:
    other, _ = await registered(city.owner)
    billed = await city.charge(None, 500)
    account_id = await city.account(10)
    operators = "select operator_id from journal where ref = $1"
    assert await city.owner.fetchval(operators, billed) == city.operator_id
    assert await city.count("select count(operator_id) from journal where owner_id = $1", account_id) == 0
    two = [Transfer(2, Book.CLEARING, operator, Book.PAYABLE, 5) for operator in (city.operator_id, other)]
    with pytest.raises(asyncpg.CheckViolationError, match="two operators"):
        await post(city.pool, city, moved(city, account_id, *two))


# A transfer for a journal that stood before, in another transaction than the journal's.
LATE = """insert into {}
            (owner_id, journal_id, leg, debit_owner, debit_book, credit_owner, credit_book, amount_fen, txid)
          select owner_id, id, 2, 2, 'clearing', owner_id, 'wallet', 5, {} from journal where owner_id = $1"""
TRANSACTIONS = ("pg_current_xact_id()", "txid")


async def test_a_partition_addressed_by_its_name_is_as_closed_as_its_table(city: City) -> None:
    account_id = await city.account(10)
    month = f"{city.now:%Y_%m}"
    for txid in TRANSACTIONS:
        with pytest.raises(asyncpg.CheckViolationError, match="no transfers after"):
            await city.owner.execute(LATE.format(f"transfer_{month}", txid), account_id)
    for partition in (month, "default"):
        for table in ("journal", "transfer"):
            for attack in ("truncate {}", "delete from {}"):
                if partition == "default" and attack.startswith("delete"):
                    continue  # There is nothing in it.
                with pytest.raises(asyncpg.CheckViolationError):
                    await city.owner.execute(attack.format(f"{table}_{partition}"))
    assert await city.holds(account_id) == (10, 0)


async def test_a_day_that_has_not_come_is_not_closed(city: City) -> None:
    soon = await city.owner.fetchval("select current_date + 2")
    for day in (date(9999, 12, 31), soon, None):
        async with city.pool.acquire() as db:
            with pytest.raises(asyncpg.DatetimeFieldOverflowError):
                await db.fetchval("select close_day($1, $2)", city.operator_id, day)


async def test_nothing_in_the_books_changes_for_anyone(city: City) -> None:
    account_id = await city.account(10)
    attacks = [
        "update journal set business_date = business_date - 1",
        "update transfer set amount_fen = amount_fen + 1",
        "delete from transfer",
        "delete from journal",
        "truncate journal, transfer",
    ]
    async with city.pool.acquire() as service:
        for attack in [
            *attacks,
            "update balance set credits = credits + 1",
            "insert into balance values (1, 'wallet')",
        ]:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await service.execute(attack)
    for attack in attacks:
        with pytest.raises(asyncpg.CheckViolationError):
            await city.owner.execute(attack)
    for txid in TRANSACTIONS:
        with pytest.raises(asyncpg.CheckViolationError, match="no transfers after"):
            await city.owner.execute(LATE.format("transfer", txid), account_id)
    with pytest.raises(asyncpg.NotNullViolationError):
        await city.owner.execute(LATE.format("transfer", "null"), account_id)
    assert await city.holds(account_id) == (10, 0)


async def test_a_closed_day_takes_nothing_and_the_next_takes_its_place(city: City) -> None:
    await city.owner.execute("select close_day($1, $2)", city.operator_id, DAY)
    charge_id = await city.charge(None, 500, day=DAY - timedelta(days=3))
    booked = await city.owner.fetchval("select business_date from journal where ref = $1", charge_id)
    assert booked == DAY + timedelta(days=1)
    # The close above stands for a settlement that this test does not make.
    assert await city.count("select count(*) from journal where business_date <= $1 and ref = $2", DAY, charge_id) == 0


async def test_locking_wallets_says_what_they_hold(city: City) -> None:
    rich, poor = await city.account(900), await city.account()
    async with city.pool.acquire() as db, db.transaction():
        assert await store.lock_wallets(db, [rich, poor, 999_999_999]) == {rich: 900, poor: 0}
