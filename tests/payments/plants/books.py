"""Corruptions of the books and the facts, each as a wrong program or hand would leave it, and which invariants say so.

Statements run one after the other with triggers and foreign keys off, and each must change a row. A and B are the
operators of tests/payments/lived.py, ZHANG and LI its drivers.
"""

from tests.payments.planting import (
    ATTEMPT_OF,
    CASUAL_PAID,
    CHARGE,
    LAST_FEE,
    LEG,
    LI,
    LOT_A,
    LOT_B,
    OF_CHARGE,
    ONE,
    OPEN_DAY,
    PLANTED,
    ZHANG,
    A,
    B,
    credited,
    debited,
    journal,
    transfer,
)

BOOKS: dict[str, tuple[list[str], set[str]]] = {
    # -- noticed from the beginning
    "n1 wallets shifted without a transfer": (
        [credited(LI, "wallet", 5), debited(ZHANG, "wallet", 5)],
        {"balance_differs_from_transfers"},
    ),
    "n2 casual charge to another operator": (
        [f"update charge set operator_id = {B} where {CHARGE.format('account_id is null and amount_fen = 1000')}"],
        {"charge_not_in_the_books", "charge_of_another_operator", "journal_differs_from_what_it_names"},
    ),
    "n3 refund journal on another day": (
        [f"update journal set business_date = business_date + 1 where {ONE.format('refund_requested')}"],
        {"settlement_differs_from_books", "fee_differs_from_what_was_kept"},
    ),
    "n4 settlement of a day deleted": (
        ["delete from settlement_line", f"delete from settlement where operator_id = {B}"],
        {"closed_day_without_settlement"},
    ),
    "n5 stay_billed doubled": (
        [
            f"insert into journal select {PLANTED.format('j', 'id')} from journal j where {ONE.format('stay_billed')}",
            f"insert into transfer select {PLANTED.format('t', 'journal_id')} "
            f"from transfer t where {LEG.format('stay_billed')}",
        ],
        {"charge_not_in_the_books"},
    ),
    "n6 charge_paid doubled": (
        [
            f"insert into journal select {PLANTED.format('j', 'id')} from journal j where {ONE.format('charge_paid')}",
            f"insert into transfer select {PLANTED.format('t', 'journal_id')} "
            f"from transfer t where {LEG.format('charge_paid')}",
        ],
        {"charge_not_in_the_books"},
    ),
    "n7 both refund journals gone": (
        [
            f"delete from transfer where {LEG.format('refund_requested')}",
            f"delete from transfer where {LEG.format('refund_paid')}",
            f"delete from journal where {ONE.format('refund_requested')}",
            f"delete from journal where {ONE.format('refund_paid')}",
        ],
        {"refund_differs_from_books"},
    ),
    "n8 paid charge loses its account": (
        [f"update charge set account_id = null where {CHARGE.format('account_id is not null and state = $$paid$$')}"],
        {"charge_not_in_the_books"},
    ),
    "n9 billing moved to an earlier closed day": (
        [f"update journal set business_date = business_date - 3 where kind = 'stay_billed' and ref = {OPEN_DAY}"],
        {"settlement_differs_from_books"},
    ),
    "n10 currency changed": (
        [f"update journal set currency = 'USD' where {ONE.format('top_up')}"],
        {"debits_differ_from_credits"},
    ),
    "n11 due charge in another driver's receivable": (
        [f"update charge set account_id = {LI} where {CHARGE.format('account_id is not null and state = $$due$$')}"],
        {"receivable_differs_from_charges"},
    ),
    # -- money at risk
    "01 charge of one driver paid from another's wallet": (
        [
            f"update transfer set debit_owner = {LI} where debit_owner = {ZHANG} and journal_id in "
            f"(select id from journal where kind = 'charge_paid' and lot_id = {LOT_A})",
            debited(LI, "wallet", 700),
            f"update balance set debits = debits - 700 where owner_id = {ZHANG} and book = 'wallet'",
        ],
        {"moved_what_its_kind_does_not_allow"},
    ),
    "03 wallet filled by a reversal that reverses nothing": (
        [
            journal("reversal", ZHANG, "id_last(id)"),
            transfer("reversal", (A, "suspense"), (ZHANG, "wallet"), 250_005),
            credited(ZHANG, "wallet", 250_005),
        ],
        {"journal_differs_from_what_it_names"},
    ),
    "04 wallet filled by a refund_paid of no refund": (
        [
            journal("refund_paid", ZHANG, "id_last(id)", operator=A, lot=LOT_A),
            transfer("refund_paid", (A, "refund_payable"), (ZHANG, "wallet"), 500),
            credited(ZHANG, "wallet", 500),
        ],
        {"journal_differs_from_what_it_names", "refund_differs_from_books"},
    ),
    "05 stay billed to the wrong operator, everywhere": (
        [
            f"update charge set operator_id = {B} where id = {OPEN_DAY}",
            f"update journal set operator_id = {B}, owner_id = {B} where ref = {OPEN_DAY}",
            f"update transfer set owner_id = {B}, credit_owner = {B}, debit_owner = case debit_book "
            "when 'clearing' then "
            f"debit_owner else {B} end where (journal_id) in (select id from journal where ref = {OPEN_DAY})",
        ],
        {"charge_of_another_operator"},
    ),
    "06 charge names the wrong operator": (
        [f"update charge set operator_id = {B} where lot_id = {LOT_A} and account_id is not null"],
        {"charge_of_another_operator"},
    ),
    "08 money in the clearing book of a channel that did not take it": (
        [
            "insert into channel values (3, 'other')",
            f"update transfer set debit_owner = 3 where {LEG.format('top_up')}",
        ],
        {"payment_differs_from_books"},
    ),
    "08b money in the clearing book of a channel that is none": (
        [f"update transfer set debit_owner = 99 where {LEG.format('top_up')}"],
        {"moved_what_its_kind_does_not_allow"},
    ),
    "09 overpaid of one fen": (
        [
            journal("overpaid", A, OPEN_DAY, operator=A, lot=LOT_A),
            transfer("overpaid", ("2", "clearing"), (A, "suspense"), 1),
        ],
        {"payment_differs_from_books"},
    ),
    "10 overpaid without a second success": (
        [
            journal("overpaid", A, OPEN_DAY, operator=A, lot=LOT_A),
            transfer("overpaid", ("2", "clearing"), (A, "suspense"), 450),
        ],
        {"payment_differs_from_books"},
    ),
    "14 platform fee doubled in settlement and journal alike": (
        [
            "update settlement set platform_fee_fen = platform_fee_fen * 2, net_fen = net_fen - platform_fee_fen, "
            "payout_fen = greatest(carried_fen + net_fen - platform_fee_fen, 0) where operator_id = "
            f"{B} and gross_fen > 0",
            "update transfer set amount_fen = amount_fen * 2 where credit_book = 'platform_income' and "
            f"debit_owner = {B}",
        ],
        {"fee_differs_from_what_was_kept"},
    ),
    "18 overpaid doubled": (
        [
            journal("overpaid", A, "ref", operator=A, lot=LOT_A, like="overpaid"),
            transfer("overpaid", ("2", "clearing"), (A, "suspense"), 500),
        ],
        {"payment_differs_from_books"},
    ),
    "19 refund landed in another driver's wallet": (
        [
            f"update transfer set credit_owner = {LI} where credit_book = 'wallet' and debit_book = 'refund_payable'",
            credited(LI, "wallet", 200),
            f"update balance set credits = credits - 200 where owner_id = {ZHANG} and book = 'wallet'",
        ],
        {"moved_what_its_kind_does_not_allow"},
    ),
    "20b succeeded refund without journals, settlement adjusted": (
        [
            "delete from transfer where amount_fen = 100 and 'refund_payable' in (debit_book, credit_book)",
            "delete from journal j where kind in ('refund_requested', 'refund_paid') and not exists "
            "(select 1 from transfer t where t.owner_id = j.owner_id and t.journal_id = j.id)",
            "update settlement set refunds_fen = 0, net_fen = net_fen + 100 - 10, platform_fee_fen = "
            "platform_fee_fen + 10, "
            f"payout_fen = payout_fen + 90, fee_exact = fee_exact + 100000 where operator_id = {A} "
            "and refunds_fen = 100",
            f"update settlement_line set refunds_fen = 0 where operator_id = {A} and refunds_fen = 100",
            "update transfer set amount_fen = amount_fen + 10 where credit_book = 'platform_income' and "
            f"journal_id = {LAST_FEE}",
        ],
        {"refund_differs_from_books"},
    ),
    "21 journals fifty fen above the refund row": (
        [
            "update transfer set amount_fen = 350 where amount_fen = 300 and 'refund_payable' in "
            "(debit_book, credit_book)"
        ],
        {"refund_differs_from_books"},
    ),
    "23 top-up landed in another driver's wallet": (
        [
            f"update transfer set credit_owner = {LI} where amount_fen = 301",
            credited(LI, "wallet", 301),
            f"update balance set credits = credits - 301 where owner_id = {ZHANG} and book = 'wallet'",
        ],
        {"moved_what_its_kind_does_not_allow"},
    ),
    "23b top-up and journal belong to another driver": (
        [
            f"update journal set owner_id = {LI} where id = (select journal_id from transfer where amount_fen = 301)",
            f"update transfer set owner_id = {LI}, credit_owner = {LI} where amount_fen = 301",
            credited(LI, "wallet", 301),
            f"update balance set credits = credits - 301 where owner_id = {ZHANG} and book = 'wallet'",
        ],
        {"journal_differs_from_what_it_names"},
    ),
    "24 overpaid with another amount": (
        [f"update transfer set amount_fen = 400 where {LEG.format('overpaid')}"],
        {"payment_differs_from_books"},
    ),
    "25 succeeded attempt on a due charge": ([ATTEMPT_OF.format("due")], {"payment_differs_from_books"}),
    "26 succeeded attempt on a void charge": ([ATTEMPT_OF.format("void")], {"payment_differs_from_books"}),
    "35 refund into the clearing book of another channel": (
        [
            "insert into channel values (3, 'other')",
            "update transfer set credit_owner = 3 where credit_book = 'clearing' and debit_book = 'refund_payable'",
        ],
        {"refund_differs_from_books"},
    ),
    "38 overpaid reversed with nothing paid back": (
        [
            journal("reversal", A, "id", operator=A, lot=LOT_A, like="overpaid"),
            "update journal set reverses = ref where kind = 'reversal'",
            transfer("reversal", (A, "suspense"), ("2", "clearing"), 500),
        ],
        {"payment_differs_from_books"},
    ),
    "40 casual receivable of the wrong operator": (
        [f"update transfer set debit_owner = {B} where debit_book = 'casual_receivable' and owner_id = {A}"],
        {"moved_what_its_kind_does_not_allow"},
    ),
    # -- statement wrong
    "11 gross moved between lots": (
        [
            f"insert into settlement_line select operator_id, business_date, {LOT_B}, 0, 100, 0, 0 "
            "from settlement_line "
            f"where operator_id = {A} and gross_fen > 600",
            f"update settlement_line set gross_fen = gross_fen - 100 where lot_id = {LOT_A} and gross_fen > 600",
        ],
        {"settlement_differs_from_books"},
    ),
    "12 count of charges": (
        ["update settlement set charges = charges + 1 where gross_fen > 0"],
        {"settlement_differs_from_books"},
    ),
    "13 platform_fee_bps": (
        ["update settlement set platform_fee_bps = platform_fee_bps + 1"],
        {"fee_differs_from_what_was_kept"},
    ),
    "31 closed day opened again": (
        [f"update operator_day set closed_through = closed_through - 1 where operator_id = {A}"],
        {"settlement_of_an_open_day"},
    ),
    "31b operator_day deleted": (
        [f"delete from operator_day where operator_id = {A}"],
        {"settlement_of_an_open_day"},
    ),
    "32 settlement of a day that was never closed": (
        [
            "insert into settlement (operator_id, business_date, id, charges, gross_fen, "
            "refunds_fen, platform_fee_bps, "
            "platform_fee_fen, net_fen, settled_at, fee_exact, carried_fen) "
            "select operator_id, business_date + 1, id_last(id), 0, 0, 0, platform_fee_bps, 0, 0, "
            "settled_at, fee_exact, 0 "
            f"from settlement where operator_id = {B} order by business_date desc limit 1"
        ],
        {"settlement_of_an_open_day"},
    ),
    # -- facts wrong
    "07 method": (
        [f"update charge set method = 'wallet' where id = {OPEN_DAY}"],
        {"paid_another_way"},
    ),
    "41 attempt's channel": (
        [f"update attempt set channel = 'wallet' where payable_id = {OPEN_DAY}"],
        {"payment_differs_from_books"},
    ),
    "22 refund's channel": (
        ["update refund set channel = 'wallet' where amount_fen = 300"],
        {"refund_differs_from_books"},
    ),
    "28 paid before it was made": (
        ["update charge set paid_at = created_at - interval '1 hour' where state = 'paid'"],
        {"ended_before_it_began"},
    ),
    "29 one request_no for all attempts": (
        ["update attempt set request_no = 'the same'"],
        {"request_number_used_twice"},
    ),
    "34 charge_paid of 2019": (
        [f"update journal set business_date = '2019-01-01', occurred_on = '2019-01-01' where ref = {OPEN_DAY}"],
        {"dated_far_off"},
    ),
    "37 negative line that sums": (
        [
            "update charge set lines = jsonb_build_array(jsonb_build_object('kind', 'units', "
            "'amount_fen', first_fen + 100), "
            "jsonb_build_object('kind', 'units', 'amount_fen', -100))"
        ],
        {"fee_lines_differ"},
    ),
    # -- others of the same kinds
    "a1 driver's charge paid out of the platform's income": (
        [
            "update transfer set debit_owner = 1, debit_book = 'platform_income' where "
            f"{OF_CHARGE.format('charge_paid', OPEN_DAY)}"
        ],
        {"moved_what_its_kind_does_not_allow"},
    ),
    "a2 a charge is paid twice, once as overpaid of another charge": (
        [f"update journal set ref = {OPEN_DAY} where {ONE.format('overpaid')}"],
        {"payment_differs_from_books"},
    ),
    "a3 a closed refund is called succeeded": (
        ["update refund set state = 'succeeded' where state = 'closed'"],
        {"refund_differs_from_books"},
    ),
    "a4 the fee of a refund is not given back": (
        [
            "update settlement set fee_exact = fee_exact + 100000, platform_fee_fen = platform_fee_fen + 10, "
            f"net_fen = net_fen - 10, payout_fen = payout_fen - 10 where operator_id = {A} and refunds_fen = 100",
            "update transfer set amount_fen = amount_fen + 10 where credit_book = 'platform_income' and "
            f"journal_id = {LAST_FEE}",
        ],
        {"fee_differs_from_what_was_kept"},
    ),
    "a5 a shortfall is paid out": (
        [
            "alter table settlement drop constraint paid_out_or_carried",
            "update settlement set payout_fen = payout_fen + 1",
        ],
        {"carried_differs_from_the_statement_before"},
    ),
    "a6 a rate is changed behind the statements": (
        [f"insert into operator_fee select {A}, '2026-11-16', 2000"],
        {"fee_differs_from_what_was_kept"},
    ),
    "a7 a quiet day loses its statement": (
        ["delete from settlement where gross_fen = 0 and refunds_fen = 0"],
        {"closed_day_without_settlement"},
    ),
    "a8 collected is overstated": (
        [
            f"update settlement set collected_fen = collected_fen + 1 where operator_id = {A}",
            f"update settlement_line set collected_fen = collected_fen + 1 where operator_id = {A}",
        ],
        {"settlement_differs_from_books"},
    ),
    "a9 a void's journal withdraws another charge's billing": (
        [
            "update journal set reverses = (select id from journal where kind = 'stay_billed' and ref = "
            f"{CASUAL_PAID}) where kind = 'charge_voided' and owner_id = {A}"
        ],
        {"reversal_is_no_mirror"},
    ),
    "a10 what is held back of a channel is written off": (
        [f"delete from transfer where {LEG.format('overpaid')}", f"delete from journal where {ONE.format('overpaid')}"],
        {"payment_differs_from_books"},
    ),
    "a11 a payment hangs for two months": (
        [
            "update attempt set state = 'unknown', paid_fen = 0, query_at = updated_at, created_at = created_at - "
            "interval '60 days' "
            f"where payable_id = {OPEN_DAY}"
        ],
        {"waited_for_too_long"},
    ),
    "a13 money in suspense given back by no refund": (
        [
            journal("suspense_returned", A, "id_last(id)", operator=A, lot=LOT_A),
            transfer("suspense_returned", (A, "suspense"), ("2", "clearing"), 500),
        ],
        {"journal_differs_from_what_it_names", "refund_differs_from_books", "suspense_differs_from_payments"},
    ),
    "a14 money in suspense was found by nobody": (
        [
            journal("suspense_received", A, "id_last(id)", operator=A, lot=LOT_A),
            transfer("suspense_received", ("2", "clearing"), (A, "suspense"), 500),
        ],
        {"journal_differs_from_what_it_names", "clearing_differs_from_payments", "suspense_differs_from_disputes"},
    ),
    "a15 a dispute is called smaller than what came": (
        ["update dispute set held_fen = held_fen - 1 where held_fen > 0"],
        {"suspense_differs_from_disputes"},
    ),
    "a12 a billing is dated a month ahead": (
        [f"update journal set business_date = business_date + 30 where kind = 'stay_billed' and ref = {OPEN_DAY}"],
        {"dated_far_off"},
    ),
}
