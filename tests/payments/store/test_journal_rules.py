"""post() moves what a kind of journal allows and nothing else, whoever asks."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from uuid import UUID

import asyncpg
import msgspec
import pytest

from payments import ids, ledger
from payments.charges import Charge, ChargeRequest, charge_id
from payments.flow.charges import charge_by_id, request_charges, void_charge
from payments.flow.settlement import settle
from payments.ledger import Book, Funds, Journal, JournalContradicted, Kind, Transfer
from payments.store import ledger as store
from tests.payments.city import DAY, City

SUSPENSE, CLEARING, WALLET_BOOK = Book.SUSPENSE, Book.CLEARING, Book.WALLET
RECEIVABLE, PAYABLE = Book.RECEIVABLE, Book.PAYABLE


class Town:
    """A driver and a casual driver with a charge each, both paid, and one charge that is due."""

    def __init__(self, city: City, zhang: int, li: int, driven: UUID, casual: UUID, due: UUID) -> None:
        self.city, self.zhang, self.li = city, zhang, li
        self.driven, self.casual, self.due = driven, casual, due

    def new(self, owner: int) -> UUID:
        return ids.new(self.city.now, owner, self.city.random_bits())

    def journal(self, kind: Kind, owner: int, ref: UUID, transfer: Transfer, *, lot: int | None = None) -> Journal:
        return Journal(owner, self.new(owner), kind, ref, lot, DAY, (transfer,))

    def of_charge(self, kind: Kind, owner: int, charge: UUID, transfer: Transfer) -> Journal:
        return self.journal(kind, owner, charge, transfer, lot=self.city.lot_id)


@pytest.fixture
async def town(city: City) -> Town:
    zhang, li = await city.account(10_000), await city.account(10_000)
    driven, casual = await city.charge(zhang, 500), await city.charge(None, 600)
    await city.collect()
    await city.pay(casual)
    return Town(city, zhang, li, driven, casual, await city.charge(None, 700))


async def post(city: City, *journals: Journal) -> list[bool]:
    async with city.pool.acquire() as db:
        return await store.post(db, journals, now=city.now)


Attack = Callable[[Town], Journal]


def receivable(town: Town) -> tuple[int, Book]:
    return town.city.operator_id, Book.CASUAL_RECEIVABLE


# What the service's own role could be made to ask for.
ATTACKS: dict[str, Attack] = {
    "a reversal of nothing fills a wallet": lambda t: t.journal(
        Kind.REVERSAL, t.zhang, t.new(t.zhang), Transfer(t.city.operator_id, SUSPENSE, t.zhang, WALLET_BOOK, 250_005)
    ),
    "a refund of nothing fills a wallet": lambda t: t.of_charge(
        Kind.REFUND_PAID, t.zhang, t.new(t.city.lot_id), Transfer(99, CLEARING, t.zhang, WALLET_BOOK, 500)
    ),
    "overpaid into a wallet": lambda t: t.of_charge(
        Kind.OVERPAID, t.zhang, t.driven, Transfer(2, CLEARING, t.zhang, WALLET_BOOK, 500)
    ),
    "overpaid by a channel that is none": lambda t: t.of_charge(
        Kind.OVERPAID, t.zhang, t.driven, Transfer(99, CLEARING, t.zhang, SUSPENSE, 500)
    ),
    "overpaid from a wallet": lambda t: t.of_charge(
        Kind.OVERPAID, t.zhang, t.driven, Transfer(t.li, WALLET_BOOK, t.zhang, SUSPENSE, 500)
    ),
    "paid out of the platform's income": lambda t: t.of_charge(
        Kind.CHARGE_PAID, t.city.operator_id, t.due, Transfer(1, Book.PLATFORM_INCOME, *receivable(t), 700)
    ),
    "paid out of another driver's wallet": lambda t: t.of_charge(
        Kind.CHARGE_PAID, t.zhang, t.driven, Transfer(t.li, WALLET_BOOK, t.zhang, Book.RECEIVABLE, 500)
    ),
    "paid with another amount": lambda t: t.of_charge(
        Kind.CHARGE_PAID, t.city.operator_id, t.due, Transfer(2, CLEARING, *receivable(t), 1)
    ),
    "paid in two parts, one of them into a wallet": lambda t: msgspec.structs.replace(
        t.of_charge(Kind.CHARGE_PAID, t.city.operator_id, t.due, Transfer(2, CLEARING, *receivable(t), 600)),
        transfers=(Transfer(2, CLEARING, *receivable(t), 600), Transfer(2, CLEARING, t.zhang, WALLET_BOOK, 100)),
    ),
    "a charge of one driver in the books of another": lambda t: t.of_charge(
        Kind.CHARGE_PAID, t.li, t.driven, Transfer(t.li, WALLET_BOOK, t.li, Book.RECEIVABLE, 500)
    ),
    "billed to nobody's charge": lambda t: t.of_charge(
        Kind.STAY_BILLED, t.zhang, t.new(t.city.lot_id), Transfer(t.zhang, RECEIVABLE, t.city.operator_id, PAYABLE, 5)
    ),
    "billed to another operator": lambda t: t.of_charge(
        Kind.STAY_BILLED, t.zhang, t.driven, Transfer(t.zhang, RECEIVABLE, t.city.operator_id + 1, PAYABLE, 500)
    ),
    "a driver's charge as a casual one": lambda t: t.of_charge(
        Kind.STAY_BILLED, t.zhang, t.driven, Transfer(*receivable(t), t.city.operator_id, Book.PAYABLE, 500)
    ),
    "a top-up of nothing": lambda t: t.journal(
        Kind.TOP_UP, t.zhang, t.new(t.zhang), Transfer(2, CLEARING, t.zhang, WALLET_BOOK, 500)
    ),
    "a fee of no settlement": lambda t: t.journal(
        Kind.PLATFORM_FEE, t.city.operator_id, t.new(t.city.operator_id),
        Transfer(t.city.operator_id, Book.PAYABLE, 1, Book.PLATFORM_INCOME, 500),
    ),
    "a fee given back of no settlement": lambda t: t.journal(
        Kind.PLATFORM_FEE, t.city.operator_id, t.new(t.city.operator_id),
        Transfer(1, Book.PLATFORM_INCOME, t.city.operator_id, Book.PAYABLE, 500),
    ),
    "a payment that reverses something": lambda t: msgspec.structs.replace(
        t.of_charge(Kind.CHARGE_PAID, t.city.operator_id, t.due, Transfer(2, CLEARING, *receivable(t), 700)),
        reverses=t.new(t.city.operator_id),
    ),
    "no transfer": lambda t: msgspec.structs.replace(
        t.of_charge(Kind.OVERPAID, t.zhang, t.driven, Transfer(2, CLEARING, t.zhang, SUSPENSE, 5)), transfers=()
    ),
    "nothing": lambda t: t.of_charge(Kind.OVERPAID, t.zhang, t.driven, Transfer(2, CLEARING, t.zhang, SUSPENSE, 0)),
    "less than nothing": lambda t: t.of_charge(
        Kind.OVERPAID, t.zhang, t.driven, Transfer(2, CLEARING, t.zhang, SUSPENSE, -5)
    ),
    "of another lot": lambda t: t.journal(
        Kind.OVERPAID, t.zhang, t.driven, Transfer(2, CLEARING, t.zhang, SUSPENSE, 5), lot=t.city.lot_id + 1
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_a_kind_does_not_allow_is_refused(town: Town, attack: str) -> None:
    rows = await town.city.count("select count(*) from journal")
    with pytest.raises(asyncpg.CheckViolationError):
        await post(town.city, ATTACKS[attack](town))
    assert await town.city.count("select count(*) from journal") == rows


async def test_no_kind_moves_between_books_that_it_does_not_name(town: Town) -> None:
    """Every kind with every pair of books and several owners of them, for one charge that was paid."""
    operator = town.city.operator_id
    owners = ((town.zhang, operator), (operator, town.zhang), (2, operator), (operator, operator))
    booked = set()
    async with town.city.pool.acquire() as db:
        assert {row["kind"] for row in await db.fetch("select kind from journal_rule")} == set(Kind)
        for kind, debit, credit, (taker, giver) in product(Kind, Book, Book, owners):
            journal = town.of_charge(kind, operator, town.casual, Transfer(taker, debit, giver, credit, 600))
            transaction = db.transaction()
            await transaction.start()
            try:
                await store.post(db, [journal], now=town.city.now)
                booked.add((kind, debit, credit, taker, giver))
            except asyncpg.CheckViolationError:
                pass
            finally:
                await transaction.rollback()
    assert booked == {
        (Kind.STAY_BILLED, Book.CASUAL_RECEIVABLE, PAYABLE, operator, operator),
        (Kind.CHARGE_PAID, CLEARING, Book.CASUAL_RECEIVABLE, 2, operator),
        (Kind.OVERPAID, CLEARING, SUSPENSE, 2, operator),
        (Kind.CHARGE_PAID, Book.CASH, Book.CASUAL_RECEIVABLE, operator, operator),
        (Kind.OVERPAID, Book.CASH, SUSPENSE, operator, operator),
    }


# A clock that agrees with the day does not help: the charge was made when it was made, and the database has its own.
@pytest.mark.parametrize(
    ("days", "clock_days"), [(-2_000, 0), (-2_000, -2_000), (-60, 0), (-60, -60), (-3, 0), (-3, -3), (2, 0), (900, 900)]
)
async def test_a_day_far_from_what_is_booked_is_refused(town: Town, days: int, clock_days: int) -> None:
    charge = await charge_of(town.city, town.casual)
    attempt, funds, day = town.new(town.city.lot_id), Funds(2, CLEARING), DAY + timedelta(days=days)
    for journal in (
        ledger.charge_paid(town.casual, attempt, charge, 600, funds, day),
        ledger.overpaid(town.casual, attempt, charge, 600, funds, day),
    ):
        async with town.city.pool.acquire() as db:
            with pytest.raises(asyncpg.CheckViolationError, match="too far"):
                await store.post(db, [journal], now=town.city.now + timedelta(days=clock_days))


async def charge_of(city: City, charge: UUID) -> Charge:
    async with city.pool.acquire() as db:
        return await charge_by_id(db, charge)


async def test_what_reverses_a_journal_is_its_mirror_once(town: Town) -> None:
    city = town.city
    owed = await charge_of(city, town.due)
    billing = ledger.stay_billed(town.due, owed, DAY)
    voided = ledger.charge_voided(town.due, owed, DAY)
    other = ledger.stay_billed(town.casual, await charge_of(city, town.casual), DAY)
    [transfer] = voided.transfers
    twisted = [
        msgspec.structs.replace(voided, transfers=(msgspec.structs.replace(transfer, amount_fen=699),)),
        msgspec.structs.replace(voided, reverses=None),
        msgspec.structs.replace(voided, reverses=town.new(city.operator_id)),
        # Of its owner, but another journal.
        msgspec.structs.replace(voided, reverses=other.id),
        msgspec.structs.replace(ledger.reversal(billing, DAY), transfers=billing.transfers),
        msgspec.structs.replace(ledger.reversal(billing, DAY), ref=town.due),
        msgspec.structs.replace(ledger.reversal(billing, DAY), transfers=(*voided.transfers, *voided.transfers)),
    ]
    for journal in twisted:
        with pytest.raises(asyncpg.CheckViolationError):
            await post(city, journal)
    async with city.pool.acquire() as db, db.transaction():
        await db.execute("update charge set state = 'void', owed_fen = 0 where id = $1", town.due)
        assert await store.post(db, [voided], now=city.now) == [False]
    for again in (ledger.reversal(billing, DAY), msgspec.structs.replace(voided, id=ids.derive(voided.id, "again"))):
        with pytest.raises(JournalContradicted, match="other content"):
            await post(city, again)
    with pytest.raises(asyncpg.CheckViolationError, match="mirror"):
        await post(city, ledger.reversal(voided, DAY))


async def test_late_billing_keeps_its_own_day(city: City) -> None:
    before = DAY - timedelta(days=3)
    await city.owner.execute("select close_day($1, $2)", city.operator_id, DAY)
    request = city.request(None, 500, day=before)
    charge = await billed(city, request)
    days = await city.owner.fetch("select business_date, occurred_on from journal where ref = $1", charge)
    assert [tuple(row) for row in days] == [(DAY + timedelta(days=1), before)]
    # The same with another day is a contradiction: the day is part of what was said.
    with pytest.raises(JournalContradicted):
        await billed(city, msgspec.structs.replace(request, business_date=before + timedelta(days=1)))
    assert await billed(city, request) == charge
    await settled(city)


async def billed(city: City, request: ChargeRequest) -> UUID:
    async with city.pool.acquire() as db, db.transaction():
        await request_charges(db, [request], now=city.now)
    return charge_id(request.stay_id, request.account_id)


async def settled(city: City) -> None:
    await settle(city.pool, business_date=DAY, now=city.now + timedelta(days=1))


async def test_nothing_at_all_is_booked_into_a_closed_day(city: City) -> None:
    zhang = await city.account(10_000)
    casual, paid, owed, overpaid, void = [await city.charge(payer, 500) for payer in (None, None, zhang, None, None)]
    await city.pay(paid)
    await city.pay(overpaid, "fail-later")
    await city.resolve()
    await city.pay(overpaid)
    await settled(city)
    rows = "select count(*) from journal where business_date <= $1 and kind <> 'platform_fee'"
    booked = await city.count(rows, DAY)
    moved = """select count(*) from journal where business_date = $1 and occurred_on = $2
                                              and (operator_id = $3 or owner_id = $4)"""
    late = (DAY + timedelta(days=1), DAY, city.operator_id, zhang)
    before = await city.count(moved, *late)
    # The clock of a process is a day behind: it names a day that is closed.
    await city.pay(casual)
    await city.collect()
    await city.refund(paid, 100)
    await city.top_up(zhang, 700)
    async with city.pool.acquire() as db, db.transaction():
        await void_charge(db, charge_id=void, reason="x", actor="finance:li", now=city.now)
    assert await city.state(owed) == "paid"
    assert await city.count(rows, DAY) == booked
    assert await city.count(moved, *late) - before == 6
