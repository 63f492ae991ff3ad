"""Cash as a channel: money that an operator takes at its own booths, and has.

What was taken is told when it has happened, so there is nobody to ask for it; what goes back is given by a hand, and a
person says so (`payments.disputes`).
"""

from payments.attempts import NotFound, Outcome, PayRequest
from payments.channels.port import RequestRefused
from payments.ledger import Book, Funds
from payments.refunds import RefundByHand, RefundOutcome, RefundRequest


class Cash:
    """The cash of all operators."""

    name = "cash"
    takes_orders = False

    def funds(self, account_id: int | None, operator_id: int | None = None) -> Funds:  # noqa: ARG002 - whoever paid it
        """The operator's own book."""
        assert operator_id is not None, "only what an operator is owed is paid in cash"
        return Funds(operator_id, Book.CASH)

    async def pay(self, request: PayRequest) -> Outcome:  # noqa: ARG002 - nothing can be asked for
        """Refused: cash is not asked for.

        Raises:
            channels.RequestRefused: always.
        """
        raise RequestRefused("Cash is taken at a booth.", code="CASH")

    async def query(self, number: str) -> Outcome:  # noqa: ARG002 - nothing is under way
        """Nothing is ever under way."""
        return NotFound()

    async def refund(self, request: RefundRequest) -> RefundOutcome:  # noqa: ARG002 - whatever it is
        """A person gives it back."""
        return RefundByHand()

    async def query_refund(self, number: str) -> RefundOutcome:  # noqa: ARG002 - whatever it is
        """A person gives it back."""
        return RefundByHand()


CASH = Cash()
