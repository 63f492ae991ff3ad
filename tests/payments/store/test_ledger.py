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
from payments.ledger import FloorBroken, Journal, JournalContradicted
from payments.store import ledger as store
from tests.payments.city import DAY, City
from tests.payments.postings import move, topped_up

REAL_DATABASE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


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
        moves = [(accounts[which], amount_fen if inward else -amount_fen) for which, inward, amount_fen in batch]
        for account_id, amount_fen in moves:
            after[account_id] += amount_fen
        if min(after.values()) < 0:
            with pytest.raises(FloorBroken):
                await move(city, moves)
        else:
            journals = await move(city, moves)
            assert await post(city.pool, city, *journals) == [True] * len(journals)
            model = after
    for account_id in accounts:
        assert await city.holds(account_id) == (model[account_id], 0)
        assert await city.book(account_id, "wallet") == model[account_id]
    assert await city.violations() == {}


async def test_one_journal_however_many_post_it(city: City) -> None:
    account_id = await city.account()
    async with city.pool.acquire() as db, db.transaction():
        journal = await topped_up(db, city, account_id, 100)
    answers = await asyncio.gather(*(post(city.pool, city, journal) for _ in range(30)))
    assert sorted(replayed for [replayed] in answers) == [False] + [True] * 29
    assert await city.holds(account_id) == (100, 0)


async def test_the_same_id_with_other_content_is_refused(city: City) -> None:
    account_id, other_id = await city.account(), await city.account()
    [journal] = await move(city, [(account_id, 100)])
    [other] = await move(city, [(account_id, 101)])
    [fine] = await move(city, [(other_id, 1)])
    before = await all_rows(city)
    # The same fact on another day is another fact; so is another fact under this one's number.
    for contradiction in (
        msgspec.structs.replace(journal, business_date=DAY - timedelta(days=1)),
        msgspec.structs.replace(other, id=journal.id),
    ):
        with pytest.raises(JournalContradicted):
            await post(city.pool, city, fine, contradiction)
    assert await all_rows(city) == before


async def test_of_concurrent_debits_as_many_succeed_as_the_wallet_covers(city: City) -> None:
    account_id = await city.account(1_000)

    async def covered(posting: Awaitable[object]) -> bool:
        try:
            await posting
        except FloorBroken:
            return False
        return True

    answers = await asyncio.gather(*(covered(move(city, [(account_id, -70)])) for _ in range(40)))
    assert sum(answers) == 1_000 // 70
    assert await city.holds(account_id) == (1_000 % 70, 0)


async def test_postings_in_opposite_orders_do_not_block_each_other(city: City) -> None:
    accounts = [await city.account(10_000) for _ in range(6)]

    async def several(k: int) -> None:
        order = accounts if k % 2 else accounts[::-1]
        await move(city, [(account_id, fen) for account_id in order for fen in (-1, 2)])

    await asyncio.gather(*(several(k) for k in range(40)))
    assert [await city.holds(a) for a in accounts] == [(10_040, 0)] * 6


async def test_a_journal_is_reversed_once(city: City) -> None:
    account_id = await city.account(500)
    [journal] = await move(city, [(account_id, 200)])
    undone = ledger.reversal(journal, DAY)
    answers = await asyncio.gather(*(post(city.pool, city, undone) for _ in range(5)))
    assert sorted(replayed for [replayed] in answers) == [False] + [True] * 4
    assert await city.holds(account_id) == (500, 0)
    assert await city.count("select count(*) from journal where reverses = $1", journal.id) == 1
    for other in ("another", "and another"):
        with pytest.raises(JournalContradicted):
            await post(city.pool, city, msgspec.structs.replace(undone, id=ids.derive(undone.id, other)))
    # The money came under another name, which is why it was reversed.
    await city.owner.execute("update attempt set state = 'declined' where payable_id = $1", journal.ref)


async def test_a_refused_posting_leaves_nothing(city: City) -> None:
    account_id = await city.account(10)
    before = await all_rows(city)
    for error, moves in (
        (FloorBroken, [(account_id, 5), (account_id, -16)]),
        (asyncpg.ForeignKeyViolationError, [(account_id, 5), (999_999_999, 5)]),
    ):
        with pytest.raises(error):
            await move(city, moves)
        assert await all_rows(city) == before


async def test_an_owner_without_books_is_refused(city: City) -> None:
    account_id = await city.owner.fetchval("insert into account (created_at) values ($1) returning id", city.now)
    with pytest.raises(ledger.BookMissing):
        await move(city, [(account_id, 5)])


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
    head = ([account_id] * journals, keys, ["top_up"] * journals, keys, [None] * journals, [DAY] * journals)
    async with city.pool.acquire() as db:
        with pytest.raises(asyncpg.CheckViolationError):
            await db.fetch(sql.load("payments/ledger")["post"], *head, [None] * journals, city.now, *legs)
        if journals:
            short = (*head[:5], [DAY] * (journals - 1))
            with pytest.raises(asyncpg.CheckViolationError):
                await db.fetch(sql.load("payments/ledger")["post"], *short, [None] * journals, city.now, *legs)
    assert await all_rows(city) == before


async def test_a_journal_belongs_to_the_operator_it_concerns(city: City) -> None:
    account_id = await city.account(10)
    casual, billed = await city.charge(None, 500), await city.charge(account_id, 5)
    await city.pay(casual)
    await city.refund(casual, 100)
    await city.collect()
    refunds = "select id from refund where payable_id = $1"
    operators = f"select distinct operator_id from journal where ref = $1 or ref in ({refunds})"
    for charge in (casual, billed):
        assert [row[0] for row in await city.owner.fetch(operators, charge)] == [city.operator_id]
    assert await city.count("select count(operator_id) from journal where kind = 'top_up'") == 0


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
    today = await city.owner.fetchval("select (now() at time zone 'Asia/Shanghai')::date")
    for day in (date(9999, 12, 31), today + timedelta(days=1), today, None):
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
