"""What the barrier is to do: decided from what is known when the event is recorded."""

from enum import StrEnum

from msgspec import Struct

from parking.cases import Reason
from parking.fees import Bill
from parking.lots import Direction
from parking.passings import Passing


class Command(StrEnum):
    """What the barrier does."""

    OPEN = "open"
    HOLD = "hold"
    NONE = "none"


class Payment(StrEnum):
    """How a fee is paid."""

    NOT_NEEDED = "not_needed"
    WILL_BE_CHARGED = "will_be_charged"
    PAY_AT_GATE = "pay_at_gate"


class Decision(Struct, frozen=True):
    """What the barrier does, and what the stay costs if it ended."""

    gate: Command
    fee_fen: int | None = None
    payment: Payment | None = None


def decide(passing: Passing, bill: Bill | None, *, settled: bool) -> Decision:
    """What the barrier does for a passing. `bill` is that of the stay which it closed, or whose exit it repeats.

    `settled`: of a repeated exit, nothing is owed any more. A replayed passing is long over, so its barrier is left
    alone whatever it costs.
    """
    decision = _decide_entry(passing) if passing.direction is Direction.ENTRY else _decide_exit(bill, settled=settled)
    if passing.event.replay:
        return Decision(Command.NONE, decision.fee_fen, decision.payment)
    return decision


def _decide_entry(passing: Passing) -> Decision:
    # Letting a car in does no harm, but one without a plate could not be found again at the exit.
    return Decision(Command.HOLD if passing.doubt is Reason.NO_PLATE else Command.OPEN)


def _decide_exit(bill: Bill | None, *, settled: bool) -> Decision:
    # An exit that fits no stay is held, not waved through: a changed plate is the oldest way not to pay.
    # A person at the lot can always open; the event is in review either way.
    if bill is None:
        return Decision(Command.HOLD)
    return decide_fee(bill.fee_fen, bill.account_id, settled=settled)


def decide_fee(fee_fen: int, account_id: int | None, *, settled: bool) -> Decision:
    """What the barrier does for a stay that cost `fee_fen`: who pays (None: the driver, there), and is it settled."""
    if fee_fen == 0:
        return Decision(Command.OPEN, 0, Payment.NOT_NEEDED)
    if account_id is not None:
        return Decision(Command.OPEN, fee_fen, Payment.WILL_BE_CHARGED)
    return Decision(Command.OPEN if settled else Command.HOLD, fee_fen, Payment.PAY_AT_GATE)
