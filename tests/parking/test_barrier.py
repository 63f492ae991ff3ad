"""What the barrier is told, as one table of everything that can be at the gate."""

from datetime import timedelta

import pytest
from msgspec import structs

from parking import barrier
from parking.barrier import Command, Decision, Payment
from parking.cases import Reason
from parking.fees import Bill
from parking.lots import Direction
from parking.passings import Passing
from tests.parking.reads import Read, passage

OPEN, HOLD, NONE = Command.OPEN, Command.HOLD, Command.NONE
FREE, CHARGED, AT_GATE = Payment.NOT_NEEDED, Payment.WILL_BE_CHARGED, Payment.PAY_AT_GATE


def at_gate(direction: Direction, *, doubt: Reason | None = None, replay: bool = False) -> Passing:
    read = passage(Read(direction, timedelta(hours=12)), 1)
    return structs.replace(read, doubt=doubt, event=structs.replace(read.event, replay=replay))


def bill(fee_fen: int, account_id: int | None = None) -> Bill:
    return Bill(5, fee_fen, account_id)


@pytest.mark.parametrize(
    ("who", "bill", "settled", "decision"),
    [
        ("nothing is due",                 bill(0),         False, Decision(OPEN, 0, FREE)),
        ("an account pays",                bill(600, 1001), False, Decision(OPEN, 600, CHARGED)),
        ("the driver pays",                bill(600),       False, Decision(HOLD, 600, AT_GATE)),
        ("read again, paid",               bill(600),       True,  Decision(OPEN, 600, AT_GATE)),
        ("no stay is closed or repeated",  None,            False, Decision(HOLD)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)  # fmt: skip
def test_at_the_exit(who: str, bill: Bill | None, settled: bool, decision: Decision) -> None:
    assert barrier.decide(at_gate(Direction.EXIT), bill, settled=settled) == decision
    # What is replayed is long over: the barrier is left alone, whatever it costs.
    replayed = barrier.decide(at_gate(Direction.EXIT, replay=True), bill, settled=settled)
    assert replayed == structs.replace(decision, gate=NONE)


@pytest.mark.parametrize("doubt", [None, *Reason])
def test_at_the_entry(doubt: Reason | None) -> None:
    wanted = HOLD if doubt is Reason.NO_PLATE else OPEN
    assert barrier.decide(at_gate(Direction.ENTRY, doubt=doubt), None, settled=False) == Decision(wanted)
    assert barrier.decide(at_gate(Direction.ENTRY, doubt=doubt, replay=True), None, settled=False) == Decision(NONE)
