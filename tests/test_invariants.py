"""Each invariant is able to fail: broken by hand in a transaction that is thrown away, it is the one that reports."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

import sql
from payments.channels import ChannelSettings, open_all
from payments.charges import charge_id
from payments.flow import charges as charges_flow
from payments.flow import settlement as settlement_flow
from sql.invariants import check, says
from tests.conftest import NOW
from tests.district import STATION, District, district_in, event, visit
from tests.payments.city import City
from tests.payments.plants import PLANTS

MORNING = NOW - timedelta(hours=3)
TODAY = date(2026, 11, 16)
INVARIANTS = sql.load("invariants")


@pytest.fixture(scope="module")
async def lived_in(pool: sql.Pool, database_url: str, registered: dict[str, str]) -> None:
    """A day of everything: paid, refunded, withdrawn and due charges, a car inside, a review, a settled day."""
    owner = await asyncpg.connect(database_url)
    try:
        numbers = iter(range(1, 10_000_000, 7919))
        district = await district_in(pool, owner, registered, lambda: next(numbers) << 20, NOW)
        channels = open_all(pool, lambda: NOW, ChannelSettings(local=True))
        account_id = await district.account("鲁A10001", "鲁A10004")
        city = City(pool, owner, NOW, district.random_bits)
        await city.top_up(account_id, 1000)
        for n in range(1, 6):
            await district.record(*visit(f"v{n}", f"鲁A1000{n}", MORNING, NOW))
        await city.collect()  # the first is paid, the fourth stays due
        await district.record(event("in", "entry", MORNING, "鲁A10006"), event("no", "entry", MORNING, "无牌"))
        due = await charges_of(owner, "鲁A10002", "鲁A10003")
        paid = await charges_flow.pay_charge(
            pool, channels, charge_id=due[0], channel="local", payer="ok", now=NOW, random_bits=district.random_bits
        )
        city.channels = channels
        await city.refund(paid.charge_id, 200)
        async with pool.acquire() as db, db.transaction():
            await charges_flow.void_charge(db, charge_id=due[1], reason="kind", actor="li", now=NOW)
        await settlement_flow.settle(pool, business_date=TODAY, now=NOW + timedelta(days=1))
        assert [found.name for found in await check(owner) if found.rows] == []
    finally:
        await owner.close()


async def charges_of(owner: sql.Connection, *plates: str) -> list[UUID]:
    """The charges of the vehicles' only stays."""
    return [charge_id(await owner.fetchval("select id from stay where plate = $1", plate)) for plate in plates]


@pytest.fixture
async def broken(owner: sql.Connection, lived_in: None) -> AsyncIterator[sql.Connection]:
    """The owner's connection with triggers and foreign keys off, in a transaction that is thrown away."""
    transaction = owner.transaction()
    await transaction.start()
    try:
        await owner.execute("set local session_replication_role = replica")
        yield owner
    finally:
        await transaction.rollback()


FIRST = "(lot_id, id) = (select lot_id, id from charge where {} order by id limit 1)"
JOURNAL = "(owner_id, journal_id) = (select owner_id, id from journal where kind = '{}' order by id limit 1)"
ONE_STAY = "(lot_id, id) = (select lot_id, id from stay where state = 'closed' and fee_fen > 0 order by id limit 1)"
ONE_EVENT = "id = (select id from gate_event order by id limit 1)"

EVENT_AGAIN = (
    "insert into gate_event select (jsonb_populate_record(e, jsonb_build_object('id', id_floor('{}')))).* "
    "from gate_event e"
)
BALANCES = ("debits_differ_from_credits", "balance_differs_from_transfers")

# What is done behind the service's back, and which invariants must say so.
SABOTAGE: dict[str, tuple[str, set[str]]] = {
    "a transfer is smuggled into a journal": (
        "insert into transfer select owner_id, journal_id, leg + 1, debit_owner, debit_book, credit_owner, "
        f"credit_book, amount_fen, pg_current_xact_id() from transfer where {JOURNAL.format('top_up')}",
        {
            "balance_differs_from_transfers",
            "clearing_differs_from_payments",
            "debits_differ_from_credits",
            "payment_differs_from_books",
            "transfers_without_journal",
        },
    ),
    "a journal disappears": (
        "delete from journal where kind = 'top_up'",
        {"debits_differ_from_credits", "payment_differs_from_books", "transfers_without_journal"},
    ),
    "a transfer disappears": (
        f"delete from transfer where {JOURNAL.format('top_up')}",
        {
            "balance_differs_from_transfers",
            "clearing_differs_from_payments",
            "debits_differ_from_credits",
            "journals_without_transfers",
            "payment_differs_from_books",
        },
    ),
    "an amount in the books is changed": (
        f"update transfer set amount_fen = amount_fen + 1 where {JOURNAL.format('top_up')}",
        {
            "balance_differs_from_transfers",
            "clearing_differs_from_payments",
            "debits_differ_from_credits",
            "payment_differs_from_books",
        },
    ),
    "a top-up disappears": (
        "delete from top_up",
        {"journal_differs_from_what_it_names", "top_up_without_attempt"},
    ),
    "a top-up is called declined": (
        "update attempt set state = 'declined' where kind = 'top_up'",
        {"clearing_differs_from_payments", "payment_differs_from_books"},
    ),
    "a top-up is not asked for": (
        "insert into top_up select account_id, id_floor($$2026-11-20$$), 'n', 1, created_at from top_up limit 1; "
        "insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, state, created_at, "
        "updated_at) select account_id, id, id, 'top_up', 'n', 'local', 1, 'unknown', created_at, created_at "
        "from top_up where key_digest = 'n'",
        {"attempt_without_a_question"},
    ),
    "a top-up loses its attempt": (
        "delete from attempt where kind = 'top_up'",
        {"clearing_differs_from_payments", "payment_differs_from_books", "top_up_without_attempt"},
    ),
    "a journal names no operator": (
        "update journal set operator_id = null where kind = 'stay_billed'",
        {
            "fee_differs_from_what_was_kept",
            "journal_differs_from_what_it_names",
            "moved_what_its_kind_does_not_allow",
            "reversal_is_no_mirror",
            "settlement_differs_from_books",
        },
    ),
    "a journal names another operator": (
        "update journal set operator_id = 7 where kind = 'top_up'",
        {"journal_differs_from_what_it_names"},
    ),
    "a wallet is filled by hand": (
        "update balance set credits = credits + 1 where book = 'wallet'",
        {"balance_differs_from_transfers", "debits_differ_from_credits"},
    ),
    "a wallet is overdrawn": (
        "alter table balance drop constraint wallet_floor; "
        "update balance set debits = credits + 1, credits = credits where book = 'wallet'",
        {"balance_below_floor", "balance_differs_from_transfers", "debits_differ_from_credits"},
    ),
    "what a driver owes is forgotten": (
        "update balance set credits = debits where book = 'receivable'",
        {"balance_differs_from_transfers", "debits_differ_from_credits", "receivable_differs_from_charges"},
    ),
    "a charge is made dearer": (
        "update charge set amount_fen = amount_fen + 1 "
        f"where {FIRST.format('account_id is not null and state = $$paid$$')}",
        {"charge_not_in_the_books", "fee_lines_differ", "stay_without_charge", "suspense_differs_from_payments"},
    ),
    "a charge is called paid": (
        f"update charge set state = 'paid', paid_at = now(), method = 'wallet', collect_at = null "
        f"where {FIRST.format('account_id is null and state = $$due$$')}",
        {"charge_not_in_the_books", "paid_another_way"},
    ),
    "a driver's charge is called void": (
        f"update charge set state = 'void', collect_at = null "
        f"where {FIRST.format('account_id is not null and state = $$due$$')}",
        {"charge_not_in_the_books", "receivable_differs_from_charges"},
    ),
    "a charge disappears": (
        f"delete from charge where {FIRST.format('account_id is null and state = $$due$$')}",
        {"journal_differs_from_what_it_names", "stay_without_charge"},
    ),
    "a charge is collected twice": (
        "insert into attempt select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).* "
        "from attempt a where state = 'succeeded' and kind = 'charge' limit 1",
        {"payment_differs_from_books", "request_number_used_twice", "suspense_differs_from_payments"},
    ),
    "a charge is left asleep": (
        f"update charge set collect_at = null where {FIRST.format('account_id is not null and state = $$due$$')}",
        {"charge_asleep"},
    ),
    "an attempt is not asked for": (
        "update attempt set state = 'unknown' where state = 'declined'",
        {"attempt_without_a_question"},
    ),
    "an attempt disappears": (
        "delete from attempt where state = 'succeeded' and channel = 'local' and kind = 'charge'",
        {"clearing_differs_from_payments", "payment_differs_from_books"},
    ),
    "a refund disappears": (
        "delete from refund",
        {
            "clearing_differs_from_payments",
            "journal_differs_from_what_it_names",
            "refund_differs_from_books",
            "refunded_more_than_paid",
        },
    ),
    "a refund is called closed": (
        "update refund set state = 'closed'",
        {"clearing_differs_from_payments", "refund_differs_from_books", "refunded_more_than_paid"},
    ),
    "a refund that was paid is called open": (
        "update refund set state = 'unknown'",
        {"clearing_differs_from_payments", "refund_differs_from_books", "refunds_pending_differ"},
    ),
    "the books keep money back for no refund": (
        f"delete from transfer where {JOURNAL.format('refund_paid')}",
        {
            "clearing_differs_from_payments",
            "journals_without_transfers",
            "refund_differs_from_books",
            "refunds_pending_differ",
        },
    ),
    "more is given back than was paid": (
        "update refund set amount_fen = 100000",
        {"clearing_differs_from_payments", "refund_differs_from_books", "refunded_more_than_paid"},
    ),
    "a stay is made dearer": (
        f"update stay set fee_fen = fee_fen + 1 where {ONE_STAY}",
        {"stay_without_charge"},
    ),
    "a stay disappears": (
        f"delete from stay where {ONE_STAY}",
        {"charge_without_stay", "event_without_stay"},
    ),
    "a line of a charge is changed": (
        "update charge set lines = '[]' where id = (select id from charge order by id limit 1)",
        {"fee_lines_differ"},
    ),
    "a vehicle is in a lot twice": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, fee_fen) "
        "select lot_id, id_floor($$2026-11-20$$), plate, plate_color, vehicle_class, state, "
        f"entered_at + interval '1 min', left_at, 0 from stay where {ONE_STAY}",
        {"stays_overlap"},
    ),
    "a car that is inside has gone": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, fee_fen) "
        "select lot_id, id_floor($$2026-11-20$$), plate, plate_color, vehicle_class, 'closed', "
        "entered_at - interval '1 min', entered_at + interval '1 min', 0 from open_stay",
        {"inside_and_gone"},
    ),
    "a car that is inside left later, from another stay": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, fee_fen) "
        "select lot_id, id_floor($$2026-11-20$$), plate, plate_color, vehicle_class, 'closed', "
        "entered_at + interval '1 min', entered_at + interval '2 min', 0 from open_stay",
        {"inside_and_gone"},
    ),
    "an event is recorded twice": (
        f"{EVENT_AGAIN.format('2026-11-20')} where {ONE_EVENT}",
        {"event_recorded_twice"},
    ),
    "an event belongs to no stay": (
        f"update gate_event set stay_id = gen_random_uuid() where {ONE_EVENT}",
        {"event_without_stay"},
    ),
    "a review disappears": (
        "delete from review",
        {"review_lost"},
    ),
    "a tariff was published by nobody": (
        "alter table tariff drop constraint published_is_whole; update tariff set published_at = null",
        {"published_by_nobody"},
    ),
    "a draft holds at a lot": (
        "insert into tariff (code, version, document, registered_at, registered_by) "
        "select code, 2, document, now(), 'li' from tariff limit 1; "
        "insert into lot_tariff select 1, now(), max(id) from tariff",
        {"draft_holds"},
    ),
    "a draft holds in a price area": (
        "insert into tariff (code, version, document, registered_at, registered_by) "
        "select code, 2, document, now(), 'li' from tariff limit 1; "
        "insert into zone_tariff select 1, now(), max(id) from tariff",
        {"draft_holds"},
    ),
    "a lot's clock is moved": (
        "update lot set time_zone = 'Europe/Berlin' where id = 1",
        {"price_of_another_time_zone"},
    ),
    "a lot in an area has another clock": (
        "update lot set time_zone = 'Europe/Berlin' where id = 1; "
        "insert into zone_tariff select 1, valid_from, tariff_id from lot_tariff limit 1; "
        "delete from lot_tariff where lot_id = 1; insert into lot_zone values (1, now(), 1)",
        {"price_of_another_time_zone"},
    ),
    "the tariff of a stay disappears": (
        "update stay set tariff_id = 99 where tariff_id is not null",
        {"priced_by_a_draft"},
    ),
    "a lot is miscounted": (
        "update lot_occupancy set inside = inside + 1",
        {"count_differs_from_stays"},
    ),
    "a car inside is forgotten": (
        "delete from open_stay",
        {"count_differs_from_stays", "event_without_stay"},
    ),
    "a lot is not counted": (
        f"delete from lot_occupancy where lot_id = (select id from lot where code = '{STATION}')",
        {"lot_without_count"},
    ),
    "a settlement is changed": (
        "update settlement set gross_fen = gross_fen + 1, net_fen = net_fen + 1, payout_fen = payout_fen + 1 "
        "where gross_fen > 0",
        {"settlement_differs_from_books"},
    ),
    "the fee of a settlement is changed": (
        "update settlement set platform_fee_fen = platform_fee_fen + 1, net_fen = net_fen - 1, "
        "payout_fen = payout_fen - 1 where gross_fen > 0",
        {"settlement_differs_from_books", "fee_differs_from_what_was_kept"},
    ),
    "a line of a settlement is changed": (
        "update settlement_line set gross_fen = gross_fen + 1",
        {"settlement_differs_from_books"},
    ),
    "a settlement disappears": (
        "delete from settlement",
        {"closed_day_without_settlement", "journal_differs_from_what_it_names", "settlement_differs_from_books"},
    ),
    "a month was not made": (
        "insert into audit (owner_id, id, at, actor, action, subject) "
        "values (1, id_floor('2031-01-01'), now(), 'a', 'b', 'c')",
        {"month_is_missing"},
    ),
}


@pytest.mark.parametrize("done", SABOTAGE)
async def test_what_is_done_behind_the_services_back_is_seen(broken: sql.Connection, done: str) -> None:
    statements, expected = SABOTAGE[done]
    *first, last = statements.split("; ")
    for statement in first:
        await broken.execute(statement)
    assert (await broken.execute(last)).rpartition(" ")[2] != "0", "nothing was broken"
    reporting = {name for name, query in INVARIANTS.items() if await broken.fetch(query)}
    assert reporting == expected


HARMLESS = {
    "an event's number comes again after two months": (f"{EVENT_AGAIN.format('2027-01-20')} where {ONE_EVENT}"),
    "a disputed payment waits for a person": (
        "update attempt set state = 'unknown', code = 'evidence_mismatch' where state = 'declined'"
    ),
    "a closed day is being summed": (
        "update settlement_run set stage = 'started', started_at = now(); "
        f"delete from transfer where {JOURNAL.format('platform_fee')}; "
        "delete from journal where kind = 'platform_fee'; "
        "delete from settlement_line; delete from settlement"
    ),
}


@pytest.mark.parametrize("done", HARMLESS)
async def test_what_may_be_raises_no_alarm(broken: sql.Connection, done: str) -> None:
    *first, last = HARMLESS[done].split("; ")
    for statement in first:
        await broken.execute(statement)
    assert (await broken.execute(last)).rpartition(" ")[2] != "0", "nothing was done"
    assert {name for name, query in INVARIANTS.items() if await broken.fetch(query)} == set()


def test_every_invariant_has_been_seen_to_fail() -> None:
    seen = [*SABOTAGE.values(), *PLANTS.values()]
    assert set().union(*(expected for _, expected in seen)) == set(INVARIANTS)


def test_every_invariant_says_in_a_sentence_what_must_be_true() -> None:
    for name, query in INVARIANTS.items():
        assert says(query).endswith("."), name


async def test_sabotage_leaves_nothing_behind(district: District, lived_in: None) -> None:
    assert await district.broken() == {}
    assert await district.count("select inside from lot_occupancy where lot_id = $1", district.lot().id) == 1
