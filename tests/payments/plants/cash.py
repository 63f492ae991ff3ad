"""Ways in which cash could go wrong in the books, as in books.py."""

from tests.payments.planting import CASUAL_PAID, LOT_A, OF_CHARGE, A, B, journal, transfer

IN_CASH = (
    "update transfer set debit_owner = {}, debit_book = 'cash' where debit_book = 'clearing' "
    f"and {OF_CHARGE.format('charge_paid', CASUAL_PAID)}"
)
ELSEWHERE = {
    "payment_differs_from_books",
    "paid_another_way",
    "clearing_differs_from_payments",
    "cash_differs_from_payments",
    "settlement_differs_from_books",
}
CASH: dict[str, tuple[list[str], set[str]]] = {
    "k1 what a channel holds is booked as the operator's cash": ([IN_CASH.format(A)], ELSEWHERE),
    "k2 cash lies with another operator": (
        [IN_CASH.format(B)],
        {*ELSEWHERE, "moved_what_its_kind_does_not_allow"},
    ),
    "k3 cash is given back to nobody": (
        [
            journal("refund_paid", A, "id_last(id)", operator=A, lot=LOT_A),
            transfer("refund_paid", (A, "refund_payable"), (A, "cash"), 500),
        ],
        {
            "journal_differs_from_what_it_names",
            "refund_differs_from_books",
            "refunds_pending_differ",
            "cash_differs_from_payments",
        },
    ),
    "k4 a statement takes off cash that nobody took": (
        [
            "update settlement set cash_fen = 100, payout_fen = greatest(carried_fen + net_fen - 100, 0) "
            f"where operator_id = {A} and business_date = (select max(business_date) from settlement)"
        ],
        {"settlement_differs_from_books"},
    ),
}
