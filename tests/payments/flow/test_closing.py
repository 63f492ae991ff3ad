"""Closing a day: when it may, who waits for whom, which days get a statement, and what is paged."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from payments.flow import charges as charges_flow
from payments.flow import settlement as settlement_flow
from payments.ledger import Filter
from payments.settlement import DayNotOver, DayTooOld, read_cursor
from payments.store import ledger as books
from payments.store import settlement as store
from tests.patience import PATIENCE_S
from tests.payments.city import City, registered

A_DAY = timedelta(days=1)
# Of exits that go on beside it; one that waited for it would end it first, or take as long as its patience lasts.
EXITS_MIN = 5


@pytest.fixture
def now() -> datetime:
    """Some weeks before the other tests' day: many days are settled here."""
    return datetime(2026, 9, 7, 2, tzinfo=UTC)


@pytest.fixture
async def town(city: City) -> City:
    """The city on a day that is open; each test settles days of its own."""
    last = await city.owner.fetchval("select max(closed_through) from operator_day where closed_through < '2026-11-01'")
    if last is not None and last >= city.now.date():
        city.now += last - city.now.date() + A_DAY
    return city


async def settle(city: City) -> list[int]:
    """Settles the day and goes on to the next; the operators that were settled."""
    day, city.now = city.now.date(), city.now + A_DAY
    return [s.operator_id for s in await settlement_flow.settle(city.pool, business_date=day, now=city.now)]


async def test_a_posting_that_stalls_holds_up_neither_exits_nor_the_others(town: City) -> None:
    other, _ = await registered(town.owner)
    await town.charge(None, day=town.now.date())
    day = town.now.date()
    async with town.pool.acquire() as stalled, stalled.transaction():
        # It has posted, and does not end.
        await charges_flow.request_charges(stalled, [town.request(None, day=day)], now=town.now)
        settling = asyncio.create_task(asyncio.wait_for(settle(town), PATIENCE_S))
        exits = 0
        while not settling.done():
            await asyncio.wait_for(town.charge(None, day=day), PATIENCE_S)
            exits += 1
        assert exits > EXITS_MIN
        settled = await settling
        assert other in settled
        assert town.operator_id not in settled
        stage = "select stage from settlement_run where business_date = $1"
        assert await town.owner.fetchval(stage, day) == "started"
    # The next round finds the way free.
    again = await settlement_flow.settle(town.pool, business_date=day, now=town.now)
    assert town.operator_id in {s.operator_id for s in again}
    assert await town.owner.fetchval(stage, day) == "done"


async def test_a_run_leaves_operators_alone_whose_day_is_settled(town: City) -> None:
    day = town.now.date()
    assert town.operator_id in await settle(town)
    async with town.pool.acquire() as busy, busy.transaction():
        await store.lock_settler(busy, town.operator_id)
        again = await asyncio.wait_for(settlement_flow.settle(town.pool, business_date=day, now=town.now), PATIENCE_S)
    assert town.operator_id in {s.operator_id for s in again}


async def test_a_clock_ahead_closes_no_day_that_is_not_over(town: City) -> None:
    today = await town.owner.fetchval("select (now() at time zone 'Asia/Shanghai')::date")
    for day in (today, today + A_DAY):
        with pytest.raises(DayNotOver):
            await settlement_flow.settle(town.pool, business_date=day, now=datetime.now(UTC) + 3 * A_DAY)
        async with town.pool.acquire() as db:
            with pytest.raises(asyncpg.DatetimeFieldOverflowError):
                await store.close_day(db, town.operator_id, day)
    assert not await town.count("select count(*) from operator_day where closed_through >= $1", today)


async def test_an_operator_elsewhere_closes_by_its_own_midnight(town: City) -> None:
    # Somewhere it is always still the day before, and somewhere else already the next.
    (west, _), (east, _) = await registered(town.owner), await registered(town.owner)
    zones = {west: "Etc/GMT+12", east: "Etc/GMT-14"}
    for operator, zone in zones.items():
        await town.owner.execute("update operator set time_zone = $2 where id = $1", operator, zone)
    try:
        for operator, zone in zones.items():
            there = await town.owner.fetchval("select (now() at time zone $1)::date", zone)
            async with town.pool.acquire() as db:
                with pytest.raises(asyncpg.DatetimeFieldOverflowError):
                    await store.close_day(db, operator, there)
                async with db.transaction():
                    assert await store.close_day(db, operator, there - 60 * A_DAY)
    finally:
        await town.owner.execute("delete from operator_day where operator_id = any($1)", list(zones))
        await town.owner.execute("delete from operator where id = any($1)", list(zones))


async def test_every_day_gets_a_statement_once_the_next_does(town: City) -> None:
    await town.charge(None, day=town.now.date())
    first = town.now.date()
    await settle(town)
    town.now += 3 * A_DAY
    last = town.now.date()
    await settle(town)
    async with town.pool.acquire() as db:
        found = await settlement_flow.settlements_of(db, first=first, last=last, operator_id=town.operator_id)
    assert [s.business_date for s in found] == [first + n * A_DAY for n in range(5)]
    assert [s.gross_fen for s in found] == [500, 0, 0, 0, 0]


async def test_a_gap_that_an_earlier_version_left_is_filled(town: City) -> None:
    await town.charge(None, day=town.now.date())
    for _ in range(3):
        await settle(town)
    gap = town.now.date() - 2 * A_DAY
    await town.owner.execute(
        "delete from settlement where operator_id = $1 and business_date = $2", town.operator_id, gap
    )
    await settle(town)
    assert await town.count(
        "select count(*) from settlement where operator_id = $1 and business_date = $2", town.operator_id, gap
    )


async def test_settling_old_days_makes_no_tables(town: City) -> None:
    tables = "select count(*) from pg_class where relkind in ('r', 'p')"
    before = await town.count(tables)
    rows = "select count(*) from settlement where operator_id = $1"
    settled_before, _ = await registered(town.owner)
    await settle(town)
    for months in range(12):
        await settlement_flow.settle(
            town.pool, business_date=town.now.date() - timedelta(days=300 - 10 * months), now=town.now
        )
    with pytest.raises(DayTooOld):
        await settlement_flow.settle(town.pool, business_date=town.now.date() - timedelta(days=367), now=town.now)
    assert await town.count(tables) == before
    # Whose first statement is later has none of a day before it, so nothing is missing in between.
    assert await town.count(rows, settled_before) == 1


async def test_pages_of_settlements_are_whole_and_filtered_before_they_are_cut(town: City) -> None:
    mine, others = town.operator_id, [(await registered(town.owner))[0] for _ in range(4)]
    first = town.now.date()
    for _ in range(6):
        await settle(town)
    for operator_id in (None, mine):
        seen, after = [], None
        async with town.pool.acquire() as db:
            while True:
                page = await settlement_flow.settlements_of(
                    db, first=first, last=town.now.date(), operator_id=operator_id, after=after, limit=7
                )
                seen += [(s.business_date, s.operator_id) for s in page]
                if len(page) < 7:
                    break
                after = read_cursor(f"{page[-1].business_date}.{page[-1].operator_id}")
        assert seen == sorted(set(seen))
        assert [day for day, operator in seen if operator == mine] == [first + n * A_DAY for n in range(6)]
        if operator_id is None:
            assert {*others, mine} <= {operator for _, operator in seen}
        else:
            assert {operator for _, operator in seen} == {mine}


async def test_an_operators_journals_add_up_to_its_statement(town: City) -> None:
    day = town.now.date()
    charge_id = await town.charge(None, 1_200, day=day)
    await town.pay(charge_id)
    await town.refund(charge_id, 200)
    await settle(town)
    async with town.pool.acquire() as db:
        [settled] = await settlement_flow.settlements_of(db, first=day, last=day, operator_id=town.operator_id)
        journals = await books.journals_of_day(db, day, Filter(town.operator_id), after=None, limit=50)
        assert await books.journals_of_day(db, day, Filter(town.operator_id + 1), after=None, limit=50) == []
    owed = sum(
        transfer.amount_fen * ((transfer.credit_book == "payable") - (transfer.debit_book == "payable"))
        for journal in journals
        for transfer in journal.transfers
    )
    assert owed == settled.net_fen == 994
    assert "platform_fee" in {journal.kind for journal in journals}
