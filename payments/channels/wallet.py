"""The wallet as a channel: drivers' prepaid money, which lies in our own books.

To pay from it and to refund into it are postings of the transaction that decides them. Nobody is asked, no answer can
be lost, and an attempt has ended when it is written.
"""

from collections.abc import Sequence

from payments.charges import DueCharge
from payments.ledger import Book, Funds

INSUFFICIENT = "insufficient_balance"


class Wallet:
    """The wallets of all accounts."""

    name = "wallet"

    def funds(self, account_id: int | None, operator_id: int | None = None) -> Funds:  # noqa: ARG002 - whoever is paid
        """The account's own book."""
        assert account_id is not None, "a casual driver has no wallet"
        return Funds(account_id, Book.WALLET)

    def answer(self, due: Sequence[DueCharge], wallets_fen: dict[int, int]) -> tuple[list[DueCharge], list[DueCharge]]:
        """Which charges the wallets cover, oldest first per account, and which are declined as INSUFFICIENT.

        A small charge is taken although an older, larger one cannot be: what is collected cannot be owed any longer.
        """
        left_fen = dict(wallets_fen)
        paid, declined = [], []
        for charge in sorted(due, key=lambda charge: (charge.account_id, charge.id)):
            if charge.owed_fen <= left_fen.get(charge.account_id, 0):
                left_fen[charge.account_id] -= charge.owed_fen
                paid.append(charge)
            else:
                declined.append(charge)
        return paid, declined


WALLET = Wallet()
