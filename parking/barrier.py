"""What the barrier is to do: decided from what is known when the event is recorded."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from parking.cases import Reason
from parking.facts import Fact
from parking.fees import Bill
from parking.lots import Direction, Lot, LotKind, ProbableMatch
from parking.stays import Doubt


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


# Letting a car in does no harm, but one without a plate could not be found again at the exit. A car that drives out by
# the way in has not paid. One that is banned is kept out, and so is everybody where it is closed.
_HELD_AT_ENTRY = (Reason.NO_PLATE, Reason.KIND_CONTRADICTS_LANE, Reason.BANNED, Reason.CLOSED)


class Decision(Struct, frozen=True):
    """What the barrier does, and what the stay costs if it ended."""

    gate: Command
    fee_fen: int | None = None
    payment: Payment | None = None


# Whose stay it is nobody knows for sure, so nobody is told what it costs, or can pay the way out.
_UNSURE = Decision(Command.HOLD)


def decide(
    fact: Fact, bill: Bill | None, *, owed_fen: int | None = None, let_out: bool = False, unsure: bool = False
) -> Decision:
    """What the barrier does for an event. `bill` is that of the stay which it closed, or whose exit it repeats.

    `owed_fen`: what is owed of that, where it was billed before; `let_out`: a person opened for it. `unsure`: see
    `is_unsure`. A replayed event is long over, so its barrier is left alone whatever it costs.
    """
    if fact.direction is Direction.ENTRY:
        decision = _decide_entry(fact)
    else:
        decision = _decide_exit(bill, owed_fen, let_out=let_out, unsure=unsure and not fact.event.replay)
    if fact.event.replay:
        return Decision(Command.NONE, decision.fee_fen, decision.payment)
    return decision


def _decide_entry(fact: Fact) -> Decision:
    return Decision(Command.HOLD if is_held_at_entry(fact.doubt) else Command.OPEN)


def is_held_at_entry(reason: Reason | None) -> bool:
    """Whether a car is not let in for what is odd about its event."""
    return reason in _HELD_AT_ENTRY


def is_unsure(lot: Lot, doubts: Collection[Doubt], left_at: datetime | None) -> bool:
    """Whether the lot holds the vehicle of a stay until a person has looked, as it only probably came so."""
    if Doubt.MATCH_PROBABLE not in doubts or left_at is None:
        return False
    return lot.probable_match_at(left_at) is ProbableMatch.HOLD


def _decide_exit(bill: Bill | None, owed_fen: int | None, *, let_out: bool, unsure: bool) -> Decision:
    # An exit that fits no stay is held, not waved through: a changed plate is the oldest way not to pay.
    # A person at the lot can always open; the event is in review either way.
    if bill is None:
        return Decision(Command.OPEN if let_out else Command.HOLD)
    if unsure and not let_out:
        return _UNSURE
    return decide_fee(bill.fee_fen, bill.account_id, owed_fen, let_out=let_out)


def decide_fee(fee_fen: int, account_id: int | None, owed_fen: int | None, *, let_out: bool) -> Decision:
    """What the barrier does for a stay that costs `fee_fen`: who pays (None: the driver, there), and what of it is owed
    (None: all of it). A driver who has paid a part is asked for the rest.
    """
    if fee_fen == 0:
        return Decision(Command.OPEN, 0, Payment.NOT_NEEDED)
    if account_id is not None:
        return Decision(Command.OPEN, fee_fen, Payment.WILL_BE_CHARGED)
    if let_out or owed_fen == 0:
        return Decision(Command.OPEN, fee_fen, Payment.PAY_AT_GATE)
    return Decision(Command.HOLD, fee_fen if owed_fen is None else owed_fen, Payment.PAY_AT_GATE)


def decide_stay(
    state: str, fee_fen: int | None, account_id: int | None, owed_fen: int, *, let_out: bool, unsure: bool = False
) -> Decision:
    """What the barrier does now for a stay as it stands. `owed_fen`: of its fee; `let_out`: a person opened for it;
    `unsure`: see `is_unsure`.
    """
    if state == "open":
        return Decision(Command.NONE)
    if state != "closed":
        return Decision(Command.OPEN if let_out else Command.HOLD)
    if unsure and not let_out:
        return _UNSURE
    return decide_fee(fee_fen or 0, account_id, owed_fen, let_out=let_out)


def decide_repeat(
    first: Decision, direction: Direction, reason: Reason | None, *, replay: bool, let_in: bool = False
) -> Command:
    """What the barrier does for an event that was answered before. `first`: what that was, of an exit by how its stay
    stands now; `reason`: why an entry would be in doubt now; `let_in`: a person said that it is a vehicle.

    A replay moves nothing, whatever its live event was told. Where the replay came first, a car waits all the same.
    """
    if replay:
        return Command.NONE
    if direction is Direction.ENTRY:
        return Command.HOLD if is_held_at_entry(reason) and not let_in else Command.OPEN
    if first.gate is not Command.NONE:
        return first.gate
    return Command.OPEN if first.payment in (Payment.NOT_NEEDED, Payment.WILL_BE_CHARGED) else Command.HOLD


def decide_untaken(direction: Direction | None, kind: LotKind, *, replay: bool, comes_again: bool) -> Command:
    """What the barrier does for an event that was not taken.

    direction: of its lane; None: it names none that its gateway has. comes_again: it could not be stored now, so its
    gateway sends it again and it becomes a fact. What is refused never does.

    A car at the entry comes in if its event follows. One that would never be known is held outside, where it can turn
    round: let in, it would be held at the exit, where it cannot. At the exit nothing opens for a fee that nobody has
    seen, or a broken event were the cheapest way out; but a car is held only where a person can be called, and along a
    road there is none.
    """
    if replay:
        return Command.NONE
    if direction is Direction.ENTRY:
        return Command.OPEN if comes_again else Command.HOLD
    if direction is Direction.EXIT and kind is LotKind.ROAD:
        return Command.OPEN
    return Command.HOLD
