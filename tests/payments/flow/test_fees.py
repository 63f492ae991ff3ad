"""The platform's fee follows what an operator keeps, whenever it is given back, at the share of the stay's own day."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.flow import settlement as settlement_flow
from payments.money import fen_of
from payments.settlement import Carry, Movement, NoSuchOperator, Operator, Rate, RateNotOpen, Settlement, statement
from tests.payments.city import City, registered

A_DAY = timedelta(days=1)
NOW = datetime(2026, 9, 7, 2, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """Some weeks before the other tests' day: many days are settled here."""
    return NOW


async def trader(city: City, fee_bps: int) -> None:
    """The city's operator becomes a new one with this share, whose books are empty."""
    city.operator_id, [city.lot_id] = await registered(city.owner, lots=1, fee_bps=fee_bps)
    last = await city.owner.fetchval("select max(closed_through) from operator_day")
    if last is not None and last >= city.now.date():
        city.now += last - city.now.date() + A_DAY


async def end_of_day(city: City) -> Settlement:
    """Settles the day and goes on to the next."""
    day, city.now = city.now.date(), city.now + A_DAY
    settled = await settlement_flow.settle(city.pool, business_date=day, now=city.now)
    [mine] = [each for each in settled if each.operator_id == city.operator_id]
    return mine


async def trade(city: City, *amounts_fen: int) -> None:
    for amount_fen in amounts_fen:
        await city.pay(await city.charge(None, amount_fen, day=city.now.date()))


async def agree(city: City, since: date, bps: int) -> None:
    code = await city.owner.fetchval("select code from operator where id = $1", city.operator_id)
    async with city.pool.acquire() as db, db.transaction():
        await settlement_flow.agree_rate(
            db, operator_code=code, valid_from=since, platform_fee_bps=bps, actor="finance:li", now=city.now
        )


@pytest.mark.parametrize("later_day", [None, (), (4_000,), (20_000,)], ids=["same", "quiet", "small", "large"])
@pytest.mark.parametrize("changed", [False, True], ids=["one share", "another share since"])
async def test_what_is_given_back_in_full_costs_no_fee(
    city: City, later_day: tuple[int, ...] | None, changed: bool
) -> None:
    """One stay of 100.00 at 10 %, refunded on the same day, on a quiet one, and on days that trade less and more."""
    await trader(city, 1_000)
    charge_id = await city.charge(None, 10_000, day=city.now.date())
    await city.pay(charge_id)
    statements = []
    if changed:
        await agree(city, city.now.date() + A_DAY, 2_000)
    if later_day is not None:
        statements.append(await end_of_day(city))
        assert statements[0].platform_fee_fen == 1_000
        await trade(city, *later_day)
    await city.refund(charge_id, 10_000)
    statements.append(await end_of_day(city))
    kept_fen, share = sum(later_day or ()), 2_000 if changed and later_day is not None else 1_000
    fee_fen = fen_of(kept_fen * share)
    assert sum(each.platform_fee_fen for each in statements) == fee_fen
    assert sum(each.net_fen for each in statements) == kept_fen - fee_fen
    assert await city.book(1, "platform_income") - await income_of_others(city) == fee_fen
    assert await city.book(city.operator_id, "payable") == kept_fen - fee_fen


async def test_corrections_of_a_settled_day_are_booked_into_the_open_one(city: City) -> None:
    await trader(city, 1_000)
    cheaper, free, dearer = [await city.charge(None, 1_000, day=city.now.date()) for _ in range(3)]
    await city.pay(cheaper)
    first = await end_of_day(city)
    await agree(city, city.now.date(), 2_000)
    await city.adjust((cheaper, 400), (free, 0), (dearer, 1_300))
    await city.resolve()
    second = await end_of_day(city)
    assert (first.charges, first.gross_fen, first.refunds_fen, first.collected_fen) == (3, 3_000, 0, 1_000)
    assert (second.charges, second.gross_fen, second.refunds_fen) == (0, 300, 1_600)
    # The share is that of the stays' own day, of what is kept of them in the end.
    assert (first.platform_fee_fen, second.platform_fee_fen) == (300, -130)
    assert await city.book(city.operator_id, "payable") == first.net_fen + second.net_fen == 1_700 - 170


async def income_of_others(city: City) -> int:
    query = """select coalesce(sum(case when debit_book = 'payable' then amount_fen else -amount_fen end), 0)
                 from transfer where 'platform_income' in (debit_book, credit_book) and owner_id <> $1"""
    return await city.count(query, city.operator_id)


async def test_the_share_is_that_of_the_day_traded(city: City) -> None:
    await trader(city, 1_000)
    traded = city.now.date()
    await trade(city, 10_000)
    await agree(city, traded + A_DAY, 2_000)
    await agree(city, traded + A_DAY, 2_000)  # again is nothing
    first = await end_of_day(city)
    # A stay of the day before that is billed only now is of the day before.
    await city.charge(None, 1_000, day=traded)
    await trade(city, 1_000)
    second = await end_of_day(city)
    assert (first.platform_fee_bps, first.platform_fee_fen) == (1_000, 1_000)
    assert (second.platform_fee_bps, second.platform_fee_fen, second.gross_fen) == (2_000, 100 + 200, 2_000)
    for since, bps in ((traded, 500), (traded + A_DAY, 500)):
        with pytest.raises(RateNotOpen):
            await agree(city, since, bps)
    later = city.now.date() + A_DAY
    for bps in (500, 600, 600):
        await agree(city, later, bps)
    said = await city.owner.fetch(
        "select detail from audit where action = 'operator.fee' and detail::jsonb ->> 'valid_from' = $1", str(later)
    )
    # Of one instant, they have no order.
    assert sorted(json.loads(each["detail"])["before"]["platform_fee_bps"] for each in said) == [500, 2_000]
    assert (await end_of_day(city)).platform_fee_bps == 2_000
    await trade(city, 1_000)
    assert ((fourth := await end_of_day(city)).platform_fee_bps, fourth.platform_fee_fen) == (600, 60)
    # What was settled by it stays, whoever writes.
    for change in ("update operator_fee set platform_fee_bps = 1 where valid_from = $1",
                   "delete from operator_fee where valid_from = $1"):  # fmt: skip
        with pytest.raises(asyncpg.CheckViolationError):
            await city.owner.execute(change, later)
    async with city.pool.acquire() as db:
        with pytest.raises(NoSuchOperator):
            await settlement_flow.agree_rate(
                db, operator_code="nobody", valid_from=traded, platform_fee_bps=1, actor="x", now=city.now
            )


async def test_what_a_day_leaves_short_is_made_good_before_anything_is_paid_out(city: City) -> None:
    await trader(city, 0)
    charge_id = await city.charge(None, 10_000, day=city.now.date())
    await city.pay(charge_id)
    first = await end_of_day(city)
    await city.refund(charge_id, 10_000)
    second = await end_of_day(city)
    quiet = await end_of_day(city)
    await trade(city, 4_000)
    fourth = await end_of_day(city)
    await trade(city, 9_000)
    fifth = await end_of_day(city)
    assert [(s.net_fen, s.carried_fen, s.payout_fen) for s in (first, second, quiet, fourth, fifth)] == [
        (10_000, 0, 10_000),
        (-10_000, 0, 0),
        (0, -10_000, 0),
        (4_000, -10_000, 0),
        (9_000, -6_000, 3_000),
    ]


async def test_collected_stands_beside_billed(city: City) -> None:
    await trader(city, 0)
    owed = await city.charge(None, 700, day=city.now.date())
    await trade(city, 300)
    billed = await end_of_day(city)
    await city.pay(owed)
    paid = await end_of_day(city)
    assert [(s.gross_fen, s.collected_fen) for s in (billed, paid)] == [(1_000, 300), (0, 700)]


DAYS = st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(-3_000, 5_000)), max_size=5), min_size=1, max_size=8)
BPS = st.lists(st.integers(0, 10_000), min_size=4, max_size=4)
OPERATOR = Operator(7, "o", "o", "o", 0, "Asia/Shanghai")


@given(DAYS, BPS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_days_are_cut_the_fee_is_that_of_the_sum(days: list[list[tuple[int, int]]], bps: list[int]) -> None:
    """Whatever moves on which day, of stays of days with shares of their own: fees add up to the fee of everything."""
    first = date(2026, 9, 1)
    rates = [Rate(None, bps[0]), *(Rate(first + n * A_DAY, bps[n]) for n in (1, 2, 3))]
    before, statements = Carry(), list[Settlement]()
    for n, moves in enumerate(days):
        day = first + n * A_DAY
        moved = [Movement(day, 1, first + of * A_DAY, 1, max(fen, 0), max(-fen, 0), 0) for of, fen in moves]
        settled, before = statement(OPERATOR, day, moved, rates=rates, before=before, now=NOW)
        statements.append(settled)
    exact = sum(fen * bps[of] for moves in days for of, fen in moves)
    kept_fen = sum(fen for moves in days for _, fen in moves)
    assert sum(each.platform_fee_fen for each in statements) == fen_of(exact)
    assert sum(each.net_fen for each in statements) == kept_fen - fen_of(exact)
    paid_out(statements)


def paid_out(statements: Sequence[Settlement]) -> None:
    """What was paid out is the most that was ever owed in sum."""
    owed_fen = most_fen = 0
    for each in statements:
        owed_fen += each.net_fen
        most_fen = max(most_fen, owed_fen)
        assert each.payout_fen >= 0 >= each.carried_fen
    assert sum(each.payout_fen for each in statements) == most_fen
