"""What the barrier is told: the decision taken from what is known when the event is recorded."""

from msgspec import Struct

from parking.fees import Bill
from parking.gate import Command, Passage, Payment, Reason
from parking.lots import Direction


class Ruling(Struct, frozen=True):
    """What the barrier does, and what the stay costs if it ended."""

    gate: Command
    fee_fen: int | None = None
    payment: Payment | None = None


def rule(passage: Passage, bill: Bill | None, *, settled: bool) -> Ruling:
    """The ruling for a passage. `bill` is that of the stay which it closed, or whose exit it repeats, if there is one.

    `settled`: of a repeated exit, nothing is owed any more. A replayed passage is long over, so its barrier is left
    alone whatever it costs.
    """
    ruling = _rule_entry(passage) if passage.direction is Direction.ENTRY else _rule_exit(bill, settled=settled)
    if passage.event.replay:
        return Ruling(Command.NONE, ruling.fee_fen, ruling.payment)
    return ruling


def _rule_entry(passage: Passage) -> Ruling:
    # Letting a car in does no harm, but one without a plate could not be found again at the exit.
    return Ruling(Command.HOLD if passage.doubt is Reason.NO_PLATE else Command.OPEN)


def _rule_exit(bill: Bill | None, *, settled: bool) -> Ruling:
    # An exit that fits no stay is held, not waved through: a changed plate is the oldest way not to pay.
    # A person at the lot can always open; the event is in review either way.
    if bill is None:
        return Ruling(Command.HOLD)
    return rule_fee(bill.fee_fen, bill.account_id, settled=settled)


def rule_fee(fee_fen: int, account_id: int | None, *, settled: bool) -> Ruling:
    """The ruling for a stay that cost `fee_fen`: who pays (None: the driver, there) and whether that is done."""
    if fee_fen == 0:
        return Ruling(Command.OPEN, 0, Payment.NOT_NEEDED)
    if account_id is not None:
        return Ruling(Command.OPEN, fee_fen, Payment.WILL_BE_CHARGED)
    return Ruling(Command.OPEN if settled else Command.HOLD, fee_fen, Payment.PAY_AT_GATE)
