"""What the barrier is told, as one table of everything that can be at the gate."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking import barrier
from parking.barrier import Ruling
from parking.gate import Command, Passage, Payment, Reason
from parking.lots import Direction
from parking.stays import Closing, History, State, Stay, Step
from parking.tariffs import Fee
from tests.conftest import NOW
from tests.parking.test_stays import Read, passage

OPEN, HOLD, NONE = Command.OPEN, Command.HOLD, Command.NONE
FREE, CHARGED, AT_GATE = Payment.NOT_NEEDED, Payment.WILL_BE_CHARGED, Payment.PAY_AT_GATE


def at_gate(direction: Direction, *, doubt: Reason | None = None, replay: bool = False) -> Passage:
    read = passage(Read(direction, timedelta(hours=12)), 1)
    return structs.replace(read, doubt=doubt, event=structs.replace(read.event, replay=replay))


def stay(fee_fen: int | None, account_id: int | None) -> Stay:
    read = at_gate(Direction.EXIT)
    state = State.EXIT_ONLY if fee_fen is None else State.CLOSED
    return Stay(
        *(1, UUID(int=5), read.plate, read.event.plate_color, read.event.vehicle_class, state, NOW, NOW),
        *(1, 2, UUID(int=1), UUID(int=2), 5, fee_fen, account_id),
    )


def ended(fee_fen: int, account_id: int | None = None) -> Step:
    return Step(History(None, ()), closing=Closing(stay(fee_fen, account_id), Fee(fee_fen, [])))


def again(fee_fen: int | None, account_id: int | None = None) -> Step:
    return Step(History(None, ()), repeat_of=stay(fee_fen, account_id))


FITS_NOTHING = Step(History(None, ()), reason=Reason.EXIT_WITHOUT_ENTRY)


@pytest.mark.parametrize(
    ("who", "step", "settled", "ruling"),
    [
        ("nothing is due",                ended(0),          False, Ruling(OPEN, 0, FREE)),
        ("an account pays",               ended(600, 1001),  False, Ruling(OPEN, 600, CHARGED)),
        ("the driver pays",               ended(600),        False, Ruling(HOLD, 600, AT_GATE)),
        ("read again, unpaid",            again(600),        False, Ruling(HOLD, 600, AT_GATE)),
        ("read again, paid",              again(600),        True,  Ruling(OPEN, 600, AT_GATE)),
        ("read again, an account pays",   again(600, 1001),  False, Ruling(OPEN, 600, CHARGED)),
        ("read again, nothing is due",    again(0),          False, Ruling(OPEN, 0, FREE)),
        ("no entry is known, read again", again(None),       False, Ruling(HOLD)),
        ("no entry is known",             FITS_NOTHING,      False, Ruling(HOLD)),
        ("kept without being applied",    None,              False, Ruling(HOLD)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)  # fmt: skip
def test_at_the_exit(who: str, step: Step | None, settled: bool, ruling: Ruling) -> None:
    assert barrier.rule(at_gate(Direction.EXIT), step, settled=settled) == ruling
    # What is replayed is long over: the barrier is left alone, whatever it costs.
    replayed = barrier.rule(at_gate(Direction.EXIT, replay=True), step, settled=settled)
    assert replayed == structs.replace(ruling, gate=NONE)


@pytest.mark.parametrize("doubt", [None, *Reason])
def test_at_the_entry(doubt: Reason | None) -> None:
    wanted = HOLD if doubt is Reason.NO_PLATE else OPEN
    assert barrier.rule(at_gate(Direction.ENTRY, doubt=doubt), None, settled=False) == Ruling(wanted)
    assert barrier.rule(at_gate(Direction.ENTRY, doubt=doubt, replay=True), None, settled=False) == Ruling(NONE)
