"""The laws of reports: what a statement has is what the ledger has, and the sum of the entries of which it is made."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.flow import charges as charges_flow
from payments.flow import reports as flow
from payments.flow import settlement as settlement_flow
from payments.reports.asked import Asked, Names, OperatorName, Step, heading
from payments.reports.settlement import fees_of_lots
from payments.reports.table import Cell, Report, Tally
from payments.settlement import LotName, RangeTooWide
from tests.payments.city import DAY, City

SUMS = ("gross_fen", "refunds_fen", "collected_fen")
_DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 9, 7, 2, tzinfo=UTC)


async def read(city: City, name: str, asked: Asked) -> tuple[Report, list[dict[str, Cell]], dict[str, Cell]]:
    """A report, its rows by their keys, and its totals."""
    lots = {
        lot_id: LotName(city.operator_id, f"lot-{lot_id}", "停车场", "Lot")
        for lot_id in (city.lot_id, city.other_lot_id)
    }
    code = await city.owner.fetchval("select code from operator where id = $1", city.operator_id)
    names = Names({city.operator_id: OperatorName(code, ("甲", "A"))}, lots)
    async with city.pool.acquire() as db, db.transaction():
        head = heading(asked, names, by="finance:li", now=city.now)
        report = await flow.BY_NAME[name].make(db, asked, names, head)
        tally, rows = Tally(report), []
        async for batch in report.rows:
            tally.add(batch)
            rows += [dict(zip([each.key for each in report.columns], row, strict=True)) for row in batch]
    return report, rows, tally.totals()


async def lived(city: City, source: random.Random, days: int) -> tuple[date, date]:
    """Days on which this and that happens in two lots; each is settled when it is over."""
    lots, first = (city.lot_id, city.other_lot_id), city.now.date()
    open_charges = []
    for _ in range(days):
        for _ in range(source.randrange(2, 7)):
            city.lot_id = source.choice(lots)
            charge = await city.charge(None, source.randrange(1, 3_000), day=city.now.date())
            match source.randrange(5):
                case 0 | 1:
                    await city.pay(charge)
                    open_charges.append(charge)
                case 2:
                    await city.adjust((charge, source.randrange(1, 4_000)))
                case 3:
                    async with city.pool.acquire() as db, db.transaction():
                        await charges_flow.void_charge(
                            db, charge_id=charge, reason="x", actor="finance:li", now=city.now
                        )
        if open_charges and source.random() < 0.7:
            charge = open_charges.pop(0)
            await city.refund(charge, 1)
        city.now += _DAY
        await settlement_flow.settle(city.pool, business_date=city.now.date() - _DAY, now=city.now)
    city.lot_id = lots[0]
    return first, city.now.date() - _DAY


def sums(rows: Iterable[dict[str, Cell]], keys: Iterable[str]) -> dict[str, int]:
    rows = list(rows)
    return {key: sum(cell for row in rows if isinstance(cell := row[key], int)) for key in keys}


async def test_statements_are_the_ledger_and_the_sum_of_their_entries(city: City) -> None:
    source = random.Random(20261116)
    first, last = await lived(city, source, 5)
    asked = Asked(first, last, city.operator_id)
    _, days, of_days = await read(city, "daily", asked)
    _, _, of_lines = await read(city, "lines", asked)
    _, _, of_money = await read(city, "money", asked)
    assert len(days) == 5
    for key in SUMS:
        assert of_days[key] == of_lines[key] == of_money[key]
    assert of_days["gross_fen"]
    assert of_days["refunds_fen"]
    assert of_days["fee_fen"] == of_money["fee_fen"] == of_lines["fee_fen"]
    # What is left of it is what the books owe the operator.
    assert of_days["net_fen"] == await city.book(city.operator_id, "payable")
    for step in Step:
        _, lots, of_lots = await read(city, "settlement", Asked(first, last, city.operator_id, step=step))
        assert {key: of_lots[key] for key in (*SUMS, "fee_fen", "net_fen", "charges")} == {
            key: of_days[key] for key in (*SUMS, "fee_fen", "net_fen", "charges")
        }
        assert len(lots) >= 2


async def test_a_line_is_the_sum_of_what_it_leads_to(city: City) -> None:
    first, last = await lived(city, random.Random(7), 3)
    asked = Asked(first, last, city.operator_id)
    _, money, _ = await read(city, "money", asked)
    columns = ("gross_fen", "refunds_fen", "fee_fen", "collected_fen", "paid_back_fen", "suspense_fen")
    _, lines, _ = await read(city, "lines", asked)
    assert sum(line["stay"] is not None for line in lines) > 3
    for row in money:
        of_row = [line for line in lines if all(line[key] == row[key] for key in ("lot", "kind", "channel"))]
        assert sums(of_row, columns) == {key: row[key] for key in columns}
        assert len(of_row) == row["entries"]
    lot = next(row["lot"] for row in money if row["lot"])
    _, of_lot, _ = await read(city, "lines", Asked(first, last, city.operator_id, lot_id=int(str(lot).split("-")[1])))
    assert of_lot
    assert sums(of_lot, columns) == sums([row for row in money if row["lot"] == lot], columns)
    none = Asked(first, last, city.operator_id, channel="")
    _, through_none, _ = await read(city, "lines", none)
    assert {line["channel"] for line in through_none} == {None}


async def test_the_trial_balance_balances_whatever_the_days(city: City) -> None:
    first, last = await lived(city, random.Random(11), 3)
    for since, until in product((first, last), (first, last)):
        if since > until:
            continue
        _, _, totals = await read(city, "trial-balance", Asked(since, until))
        for when in ("opening_debit", "debit", "closing_debit"):
            assert totals[f"{when}_fen"] == totals[f"{when.replace('debit', 'credit')}_fen"], (when, since, until)
    own = await read(city, "trial-balance", Asked(first, last, city.operator_id))
    payable = next(row for row in own[1] if row["book"] == "payable")
    assert payable["closing_credit_fen"] == await city.book(city.operator_id, "payable")
    _, _, whole = await read(city, "trial-balance", Asked(first, last))
    _, entries, _ = await read(city, "ledger", Asked(first, last))
    assert sums(entries, ["amount_fen"])["amount_fen"] == whole["debit_fen"] == whole["credit_fen"]


async def test_arrears_are_what_is_due_by_age(city: City) -> None:
    account = await city.account(0)
    old = city.now.date()
    await city.charge(None, 700, day=old)
    city.now += 40 * _DAY
    await city.charge(account, 300, day=city.now.date())
    paid = await city.charge(None, 900, day=city.now.date())
    await city.pay(paid)
    _, rows, totals = await read(city, "arrears", Asked(old, city.now.date(), city.operator_id))
    assert (totals["owed_fen"], totals["days_90_fen"], totals["days_7_fen"]) == (1_000, 700, 300)
    assert len(rows) == 2


async def test_refunds_say_who_bears_them(city: City) -> None:
    charge = await city.charge(None, 900, day=city.now.date())
    await city.pay(charge)
    await city.refund(charge, 200)
    today = city.now.date()
    _, [row], totals = await read(city, "refunds", Asked(today, today, city.operator_id))
    assert (row["bearer"], row["channel"], totals["paid_fen"]) == (("经营单位", "Operator"), "local", 200)


@given(st.integers(-10_000, 10_000), st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=8))
def test_fees_of_lots_add_up(fee_fen: int, kept: list[int]) -> None:
    fees = fees_of_lots(fee_fen, kept)
    assert sum(fees) == fee_fen
    whole = sum(kept)
    if whole:
        assert all(abs(fee - fee_fen * part / whole) < 1.001 for fee, part in zip(fees, kept, strict=True))


def test_days_that_no_report_is_of() -> None:
    with pytest.raises(RangeTooWide):
        flow.check_days(Asked(DAY, DAY - _DAY))
