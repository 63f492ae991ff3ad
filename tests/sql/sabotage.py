"""What hands could do to the tables behind the service's back, which invariants say so, and what may be all the same.

Each is one or more statements, of which the last must change a row.
"""

from tests.district import STATION
from tests.sql.sabotage_of_cash import CASH
from tests.sql.sabotage_of_decisions import DECISIONS
from tests.sql.sabotage_of_rights import RIGHTS
from tests.sql.sabotage_of_stays import STAYS

FIRST = "(lot_id, id) = (select lot_id, id from charge where {} order by id limit 1)"
JOURNAL = "(owner_id, journal_id) = (select owner_id, id from journal where kind = '{}' order by id limit 1)"
ONE_EVENT = "id = (select id from gate_event order by id limit 1)"

EVENT_AGAIN = (
    "insert into gate_event select (jsonb_populate_record(e, jsonb_build_object("
    "'id', id_floor('{}'), 'stay_id', null))).* from gate_event e"
)
DISPUTE = (
    "insert into dispute (shard, id, kind, payable, payable_id, attempt_id, operator_id, channel, asked_fen, said, "
    "held_fen, opened_at) select shard, id, 'other_amount', kind, payable_id, id, 1, channel, amount_fen, '{{}}', {}, "
    "created_at from attempt where kind = 'charge' and channel = 'wallet' and code is not null"
)
# What is done behind the service's back, and which invariants must say so.
SABOTAGE: dict[str, tuple[str, set[str]]] = STAYS | {
    "a line of the audit log is hidden from the chain": (
        "insert into audit (owner_id, id, at, actor, action, subject) "
        "values (1, id_floor('2026-11-16'), now(), 'a', 'b', 'c')",
        {"audit_line_outside_the_chain"},
    ),
    "a line of the audit log disappears": (
        "delete from audit where id = (select audit_id from audit_link where position = 2)",
        {"audit_place_without_line"},
    ),
    "a place in the chain of the audit log is changed": (
        "update audit_link set leaf = sha256('x') where position = 2",
        {"audit_chain_is_broken"},
    ),
    "a place in the chain of the audit log is taken out with its line": (
        "delete from audit where id = (select audit_id from audit_link where position = 2); "
        "delete from audit_link where position = 2",
        {"audit_chain_is_broken"},
    ),
    "the chain of the audit log is cut off": (
        "delete from audit_link where position = (select max(position) from audit_link)",
        {"audit_chain_ends_elsewhere", "audit_line_outside_the_chain"},
    ),
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
        {"charge_differs_from_adjustments", "charge_keeps_too_little", "stay_without_charge"},
    ),
    "a charge is called paid": (
        "update charge set state = 'paid', paid_at = now(), method = 'wallet', collect_at = null, paid_fen = owed_fen, "
        "owed_fen = 0 "
        f"where {FIRST.format('account_id is null and state = $$due$$')}",
        {"charge_not_in_the_books", "paid_another_way", "paid_without_attempt"},
    ),
    "a driver's charge is called void": (
        "update charge set state = 'void', collect_at = null, owed_fen = 0 "
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
        {
            "paid_without_attempt",
            "payment_differs_from_books",
            "request_number_used_twice",
            "suspense_differs_from_payments",
        },
    ),
    "a charge is left asleep": (
        f"update charge set collect_at = null where {FIRST.format('account_id is not null and state = $$due$$')}",
        {"charge_asleep"},
    ),
    "a charge is held back": (
        "with held as (update charge set collect_at = null where collect_at is not null returning lot_id, id) "
        "insert into charge_hold (lot_id, charge_id, reason, held_at) "
        "select lot_id, id, 'billed_beyond_history', now() from held",
        {"charge_held"},
    ),
    "a charge is held back for what nobody looks at": (
        "with held as (update charge set collect_at = null where collect_at is not null returning lot_id, id) "
        "insert into charge_hold (lot_id, charge_id, reason, held_at) select lot_id, id, 'long_stay', now() from held",
        {"held_without_a_case"},
    ),
    "a held charge comes up to be collected": (
        "insert into charge_hold (lot_id, charge_id, reason, held_at) "
        "select lot_id, id, 'billed_beyond_history', now() from charge where collect_at is not null",
        {"charge_held", "charge_held_and_collected"},
    ),
    "an attempt is not asked for": (
        "update attempt set state = 'unknown' where state = 'declined'",
        {"attempt_without_a_question"},
    ),
    "a charge names another attempt": (
        f"update charge set paid_attempt_id = gen_random_uuid() where {FIRST.format('method = $$wallet$$')}",
        {"paid_without_attempt"},
    ),
    "a refund is not asked for": (
        "update refund set state = 'unknown'",
        {
            "clearing_differs_from_payments",
            "refund_differs_from_books",
            "refund_without_a_question",
            "refunds_pending_differ",
        },
    ),
    "a refund gives back another payment": (
        "update refund set attempt_id = gen_random_uuid()",
        {"refund_differs_from_books", "refund_of_another_payment"},
    ),
    "money in suspense is forgotten": (
        f"{DISPUTE.format(1)}",
        {"suspense_differs_from_disputes", "suspense_differs_from_payments"},
    ),
    "a payment is waited for without an end": (
        "set local onelot.now = '2026-11-18'; "
        "update attempt set state = 'accepted', query_at = now() where state = 'declined'",
        {"waited_for_too_long"},
    ),
    "what gave way is asked for without an end": (
        "set local onelot.now = '2026-11-24'; "
        "update attempt set state = 'void', query_at = now() where state = 'declined'",
        {"waited_for_too_long"},
    ),
    "a refund is asked for without an end": (
        "set local onelot.now = '2027-01-01'; update refund set state = 'unknown', query_at = now()",
        {
            "clearing_differs_from_payments",
            "refund_differs_from_books",
            "refunds_pending_differ",
            "waited_for_too_long",
        },
    ),
    "nobody looks at a dispute": (
        f"set local onelot.now = '2026-11-20'; {DISPUTE.format(0)}",
        {"waited_for_too_long"},
    ),
    "an attempt disappears": (
        "delete from attempt where state = 'succeeded' and channel = 'local' and kind = 'charge'",
        {
            "clearing_differs_from_payments",
            "paid_without_attempt",
            "payment_differs_from_books",
            "refund_differs_from_books",
            "refund_of_another_payment",
        },
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
        "update refund set state = 'unknown', query_at = updated_at",
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
        {
            "clearing_differs_from_payments",
            "refund_differs_from_books",
            "refund_of_another_payment",
            "refunded_more_than_paid",
        },
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
    "a lane is moved by another lot's gateway": (
        "update lane set gateway_id = (select max(id) from gateway) where id = 1",
        {"lane_of_a_strange_gateway"},
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
        {"count_differs_from_stays", "event_without_stay", "read_in_no_stay"},
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
    "an account is closed that owes": (
        "update account set status = 'closed' where id in "
        "(select owner_id from balance where book = 'receivable' and debits <> credits)",
        {"closed_account_owes"},
    ),
    "a month was not made": (
        "insert into audit (owner_id, id, at, actor, action, subject) "
        "values (1, id_floor('2031-01-01'), now(), 'a', 'b', 'c'); "
        "insert into audit_waiting select owner_id, id from audit where actor = 'a'",
        {"month_is_missing"},
    ),
    **CASH,
    **DECISIONS,
    **RIGHTS,
}


HARMLESS = {
    "an event's number comes again after a month and a half": (f"{EVENT_AGAIN.format('2026-12-31')} where {ONE_EVENT}"),
    "a disputed payment waits for a person": (
        "update attempt set state = 'unknown', code = 'evidence_mismatch' where state = 'declined'; "
        f"{DISPUTE.format(0)} and exists (select 1 from attempt where state = 'unknown')"
    ),
    "a closed day is being summed": (
        "update settlement_run set stage = 'started', started_at = now(); "
        f"delete from transfer where {JOURNAL.format('platform_fee')}; "
        "delete from journal where kind = 'platform_fee'; "
        "delete from settlement_line; delete from settlement"
    ),
}
