"""Which journal each business fact makes."""

from datetime import UTC, date, datetime

import msgspec

from payments import ids, ledger
from payments.channels import WALLET
from payments.ledger import Book
from tests.payments.city import DAY, City


def test_every_journal_takes_from_one_book_to_another(city: City) -> None:
    request = city.request(1001, 500)
    charge, attempt, refund = (ids.derive(request.stay_id, name) for name in "car")
    casual = msgspec.structs.replace(request, account_id=None)
    billed = ledger.stay_billed(charge, request, DAY)
    for journal in (
        billed,
        ledger.stay_billed(charge, casual, DAY),
        ledger.charge_voided(charge, request, DAY),
        ledger.charge_adjusted(refund, request, 3, DAY),
        ledger.charge_adjusted(refund, casual, -3, DAY),
        ledger.charge_paid(charge, attempt, request, 500, WALLET.funds(1001), DAY),
        ledger.charge_paid(charge, attempt, casual, 500, city.local.funds(None), DAY),
        ledger.overpaid(charge, attempt, casual, 500, city.local.funds(None), DAY),
        ledger.refund_requested(refund, request, 5, DAY),
        ledger.refund_paid(refund, request, 5, WALLET.funds(1001), DAY),
        ledger.refund_paid(refund, casual, 5, city.local.funds(None), DAY),
        ledger.refund_closed(refund, request, 5, DAY),
        ledger.topped_up(1001, attempt, city.local.funds(1001), 7, DAY),
        ledger.platform_fee(city.operator_id, charge, 3, DAY),
        ledger.reversal(billed, DAY),
    ):
        assert journal.transfers
        assert ids.shard_of(journal.id) == journal.owner_id
        for t in journal.transfers:
            assert t.amount_fen > 0
            assert (t.debit_owner, t.debit_book) != (t.credit_owner, t.credit_book)
    voided = ledger.charge_voided(charge, request, DAY)
    assert voided.reverses == billed.id
    assert (voided.transfers[0].debit_book, voided.transfers[0].credit_book) == (Book.PAYABLE, Book.RECEIVABLE)


def test_local_dates() -> None:
    assert ledger.local_date(datetime(2026, 11, 16, 16, tzinfo=UTC), "Asia/Shanghai") == date(2026, 11, 17)
