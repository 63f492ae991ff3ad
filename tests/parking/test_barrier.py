"""What the barrier is told, as one table of everything that can be at the gate."""

from datetime import timedelta

import pytest
from msgspec import structs

from parking import barrier
from parking.barrier import Ruling
from parking.fees import Bill
from parking.gate import Command, Passage, Payment, Reason
from parking.lots import Direction
from tests.parking.test_stays import Read, passage

OPEN, HOLD, NONE = Command.OPEN, Command.HOLD, Command.NONE
FREE, CHARGED, AT_GATE = Payment.NOT_NEEDED, Payment.WILL_BE_CHARGED, Payment.PAY_AT_GATE


def at_gate(direction: Direction, *, doubt: Reason | None = None, replay: bool = False) -> Passage:
    read = passage(Read(direction, timedelta(hours=12)), 1)
    return structs.replace(read, doubt=doubt, event=structs.replace(read.event, replay=replay))


def bill(fee_fen: int, account_id: int | None = None) -> Bill:
    return Bill(5, fee_fen, account_id)


@pytest.mark.parametrize(
    ("who", "bill", "settled", "ruling"),
    [
        ("nothing is due",                 bill(0),         False, Ruling(OPEN, 0, FREE)),
        ("an account pays",                bill(600, 1001), False, Ruling(OPEN, 600, CHARGED)),
        ("the driver pays",                bill(600),       False, Ruling(HOLD, 600, AT_GATE)),
        ("read again, paid",               bill(600),       True,  Ruling(OPEN, 600, AT_GATE)),
        ("no stay is closed or repeated",  None,            False, Ruling(HOLD)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)  # fmt: skip
def test_at_the_exit(who: str, bill: Bill | None, settled: bool, ruling: Ruling) -> None:
    assert barrier.rule(at_gate(Direction.EXIT), bill, settled=settled) == ruling
    # What is replayed is long over: the barrier is left alone, whatever it costs.
    replayed = barrier.rule(at_gate(Direction.EXIT, replay=True), bill, settled=settled)
    assert replayed == structs.replace(ruling, gate=NONE)


@pytest.mark.parametrize("doubt", [None, *Reason])
def test_at_the_entry(doubt: Reason | None) -> None:
    wanted = HOLD if doubt is Reason.NO_PLATE else OPEN
    assert barrier.rule(at_gate(Direction.ENTRY, doubt=doubt), None, settled=False) == Ruling(wanted)
    assert barrier.rule(at_gate(Direction.ENTRY, doubt=doubt, replay=True), None, settled=False) == Ruling(NONE)
