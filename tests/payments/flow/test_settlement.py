"""A day is settled once, to the fen of the books, and a run that stops goes on where it stopped."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

import sql
from payments.api.settlement import date_of_file
from payments.flow import charges as charges_flow
from payments.flow import settlement as settlement_flow
from payments.jobs import Work, settle
from payments.settlement import DayNotOver, NoSuchSettlement, RangeTooWide, Settlement
from payments.store import settlement as store
from tests.patience import PATIENCE_S
from tests.payments.city import DAY, City, registered

TOMORROW = timedelta(days=1)


class Stopped(Exception):
    """The process was killed."""


@pytest.fixture
def now() -> datetime:
    """A Monday some weeks before the other tests' day: no day closes before it has come, and many are closed here."""
    return datetime(2026, 9, 7, 2, tzinfo=UTC)


@pytest.fixture
async def town(city: City) -> City:
    """The city at the day's end, with charges in several states; each test settles days of its own."""
    last = await city.owner.fetchval("select max(closed_through) from operator_day")
    city.now = max(city.now, city.now + (last - city.now.date() + TOMORROW)) if last else city.now
    return city


def day_of(city: City) -> date:
    return city.now.date()


async def a_day(city: City) -> None:
    """A day's trade: 10.00 and 5.00 kept, 3.00 of 6.00 refunded, 4.00 voided."""
    await city.pay(await city.charge(None, 1_000, day=day_of(city)))
    await city.charge(None, 500, day=day_of(city))
    refunded = await city.charge(None, 600, day=day_of(city))
    await city.pay(refunded)
    await city.refund(refunded, 300)
    voided = await city.charge(None, 400, day=day_of(city))
    async with city.pool.acquire() as db, db.transaction():
        await charges_flow.void_charge(db, charge_id=voided, reason="x", actor="finance:li", now=city.now)


async def settled(city: City, day: date) -> list[Settlement]:
    city.now += TOMORROW
    return await settlement_flow.settle(city.pool, business_date=day, now=city.now)


async def only(city: City, settlements: list[Settlement]) -> Settlement:
    [found] = [s for s in settlements if s.operator_id == city.operator_id]
    return found


async def test_a_day_is_what_the_books_say(town: City) -> None:
    await a_day(town)
    day = day_of(town)
    statement = await only(town, await settled(town, day))
    assert (statement.charges, statement.gross_fen, statement.refunds_fen) == (4, 2_500, 700)
    assert (statement.platform_fee_fen, statement.net_fen) == (11, 1_789)
    assert await town.book(town.operator_id, "payable") == statement.net_fen
    assert await town.count("select count(*) from settlement_run where stage = 'done' and business_date = $1", day) == 1


async def test_settled_twice_is_settled_once(town: City) -> None:
    await a_day(town)
    day = day_of(town)
    first = await settled(town, day)
    rows = await town.count("select count(*) from journal")
    assert await settlement_flow.settle(town.pool, business_date=day, now=town.now + TOMORROW) == first
    assert await town.count("select count(*) from journal") == rows


async def test_a_run_that_was_stopped_goes_on(town: City) -> None:
    others = [(await registered(town.owner, fee_bps=100))[0] for _ in range(3)]
    await a_day(town)
    day = day_of(town)

    def stop(done: int, of: int) -> None:
        # Killed after each operator in turn until the run comes through.
        if done < of and done not in seen:
            seen.add(done)
            raise Stopped

    seen: set[int] = set()
    town.now += TOMORROW
    stops = 0
    while True:
        try:
            statements = await settlement_flow.settle(town.pool, business_date=day, now=town.now, progress=stop)
            break
        except Stopped:
            stops += 1
            stages = "select count(*) from settlement_run where stage = 'started' and business_date = $1"
            assert await town.count(stages, day) == 1
            assert await town.violations() == {}
    assert stops >= 3
    assert {s.operator_id for s in statements} >= {town.operator_id, *others}
    assert (await only(town, statements)).net_fen == 1_789


async def test_a_run_that_stopped_between_closing_and_summing_goes_on(town: City) -> None:
    await a_day(town)
    day = day_of(town)
    async with town.pool.acquire() as db:
        await settlement_flow._close(db, town.operator_id, day)
    # What comes now is in the next day, and the closed one waits for the next run.
    await town.charge(None, 900, day=day)
    assert await town.violations() == {"closed_day_without_settlement": 1}
    statement = await only(town, await settled(town, day))
    assert (statement.gross_fen, statement.net_fen) == (2_500, 1_789)
    assert await town.count("select max(business_date) - $1 from journal where kind = 'platform_fee'", day) == 0
    following = await only(town, await settled(town, day_of(town)))
    assert (following.gross_fen, following.refunds_fen) == (900, 0)


async def test_gates_do_not_wait_for_the_sums(town: City) -> None:
    await a_day(town)
    day = day_of(town)
    town.now += TOMORROW
    async with town.pool.acquire() as db:
        await settlement_flow._close(db, town.operator_id, day)
    async with town.pool.acquire() as settler, settler.transaction():
        await store.lock_settler(settler, town.operator_id)
        movements = await store.movements(settler, town.operator_id, first=day, last=day)
        # The sums are under way, and cars of this operator leave.
        await asyncio.wait_for(town.charge(None, 300, day=day), PATIENCE_S)
        assert await store.movements(settler, town.operator_id, first=day, last=day) == movements
        second = asyncio.create_task(settlement_flow.settle(town.pool, business_date=day, now=town.now))
        assert not (await asyncio.wait({second}, timeout=0.3))[0]
    assert (await only(town, await second)).net_fen == 1_789


async def test_runs_at_once_settle_once(town: City) -> None:
    await a_day(town)
    day = day_of(town)
    town.now += TOMORROW
    runs = [settlement_flow.settle(town.pool, business_date=day, now=town.now) for _ in range(4)]
    first, *others = await asyncio.gather(*runs)
    assert all(other == first for other in others)
    assert (await only(town, first)).net_fen == 1_789


async def test_operators_whose_day_is_not_over_are_left_for_later(town: City) -> None:
    west, _ = await registered(town.owner)
    await town.owner.execute("update operator set time_zone = 'America/Los_Angeles' where id = $1", west)
    try:
        await a_day(town)
        day = day_of(town)
        statements = await settled(town, day)
        assert (await only(town, statements)).net_fen == 1_789
        assert west not in {s.operator_id for s in statements}
        stage = "select stage from settlement_run where business_date = $1"
        assert await town.owner.fetchval(stage, day) == "started"
        assert west in {s.operator_id for s in await settled(town, day)}
        assert await town.owner.fetchval(stage, day) == "done"
    finally:
        await town.owner.execute("update operator set time_zone = 'Asia/Shanghai' where id = $1", west)


async def test_days_that_were_left_out_are_made_up(town: City) -> None:
    await a_day(town)
    left_out = day_of(town)
    town.now += 2 * TOMORROW
    await a_day(town)
    last = day_of(town)
    await settled(town, last)
    async with town.pool.acquire() as db:
        found = await settlement_flow.settlements_of(db, first=left_out, last=last)
    mine = [s for s in found if s.operator_id == town.operator_id]
    # The day between them, on which nothing moved, has its statement too.
    assert [(s.business_date, s.net_fen) for s in mine] == [(left_out, 1_789), (left_out + TOMORROW, 0), (last, 1_789)]


async def test_a_day_that_is_not_over_is_refused(town: City) -> None:
    for day in (day_of(town), day_of(town) + TOMORROW):
        with pytest.raises(DayNotOver):
            await settlement_flow.settle(town.pool, business_date=day, now=town.now)


async def test_what_comes_late_is_in_the_next_day(town: City) -> None:
    day = day_of(town)
    await settled(town, day)
    await town.charge(None, 800, day=day)
    statement = await only(town, await settled(town, day_of(town)))
    assert (statement.business_date, statement.gross_fen) == (day + TOMORROW, 800)


async def test_refunds_of_earlier_days_may_exceed_the_day(town: City) -> None:
    charge_id = await town.charge(None, 1_000, day=day_of(town))
    await town.pay(charge_id)
    first = await only(town, await settled(town, day_of(town)))
    await town.refund(charge_id, 1_000)
    second = await only(town, await settled(town, day_of(town)))
    assert (first.net_fen, second.net_fen, second.platform_fee_fen) == (994, -994, -6)
    assert (first.payout_fen, second.payout_fen) == (994, 0)
    await town.charge(None, 2_000, day=day_of(town))
    third = await only(town, await settled(town, day_of(town)))
    assert (third.net_fen, third.carried_fen, third.payout_fen) == (1_988, -994, 994)


async def test_settlements_that_are_not_there(town: City, db: sql.Connection) -> None:
    for operator, file in (("nobody", "2026-11-16.csv"), ("nobody", "2026-11-16"), ("nobody", "x.csv")):
        with pytest.raises(NoSuchSettlement):
            await settlement_flow.settlement_of(db, operator_code=operator, business_date=date_of_file(file))
    for days in (-1, 366):
        with pytest.raises(RangeTooWide):
            await settlement_flow.settlements_of(db, first=DAY, last=DAY + timedelta(days=days))


async def test_the_worker_settles_yesterday(town: City) -> None:
    await a_day(town)
    town.now += TOMORROW
    statement = await only(town, await settle(Work(town.pool, town.channels, town.clock, town.random_bits)))
    assert statement.net_fen == 1_789
