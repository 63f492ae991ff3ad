"""What the barrier is told, as one table of everything that can be at the gate."""

from datetime import datetime, timedelta

import pytest
from msgspec import structs

from parking import barrier
from parking.barrier import Command, Decision, Payment
from parking.cases import Reason
from parking.dated import Version
from parking.facts import Fact
from parking.fees import Bill
from parking.lots import Direction, Lot, LotKind, ProbableMatch
from parking.stays import Doubt
from tests.parking.events import passing
from tests.parking.reads import MIDNIGHT

LOT = Lot(1, "a", 3, "o", "", "", "", "", "", LotKind.GARAGE, 10, 117.0, 36.6, "Asia/Shanghai")
OPEN, HOLD, NONE = Command.OPEN, Command.HOLD, Command.NONE
FREE, CHARGED, AT_GATE = Payment.NOT_NEEDED, Payment.WILL_BE_CHARGED, Payment.PAY_AT_GATE


def at_gate(direction: Direction, *, doubt: Reason | None = None, replay: bool = False) -> Fact:
    read = passing(direction)
    return structs.replace(read, doubt=doubt, event=structs.replace(read.event, replay=replay))


def bill(fee_fen: int, account_id: int | None = None) -> Bill:
    return Bill(5, fee_fen, account_id)


@pytest.mark.parametrize(
    ("who", "bill", "owed_fen", "decision"),
    [
        ("nothing is due",                 bill(0),         None, Decision(OPEN, 0, FREE)),
        ("an account pays",                bill(600, 1001), None, Decision(OPEN, 600, CHARGED)),
        ("the driver pays",                bill(600),       None,  Decision(HOLD, 600, AT_GATE)),
        ("read again, paid",               bill(600),       0,     Decision(OPEN, 600, AT_GATE)),
        ("a part was paid",                bill(600),       200,   Decision(HOLD, 200, AT_GATE)),
        ("no stay is closed or repeated",  None,            None,  Decision(HOLD)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)  # fmt: skip
def test_at_the_exit(who: str, bill: Bill | None, owed_fen: int | None, decision: Decision) -> None:
    assert barrier.decide(at_gate(Direction.EXIT), bill, owed_fen=owed_fen) == decision
    # What is replayed is long over: the barrier is left alone, whatever it costs.
    replayed = barrier.decide(at_gate(Direction.EXIT, replay=True), bill, owed_fen=owed_fen)
    assert replayed == structs.replace(decision, gate=NONE)


@pytest.mark.parametrize("owed_fen", [None, 0, 200])
@pytest.mark.parametrize("bill", [bill(0), bill(600), bill(600, 1001)])
def test_whose_stay_is_only_probable_is_held_whatever_is_due(bill: Bill, owed_fen: int | None) -> None:
    leaving = at_gate(Direction.EXIT)
    assert barrier.decide(leaving, bill, owed_fen=owed_fen, unsure=True) == Decision(HOLD)
    now = ("closed", bill.fee_fen, bill.account_id, owed_fen or 0)
    assert barrier.decide_stay(*now, let_out=False, unsure=True) == Decision(HOLD)
    # Unless a person opened for it, or it is long over.
    assert barrier.decide(leaving, bill, owed_fen=owed_fen, let_out=True, unsure=True).gate is OPEN
    assert barrier.decide_stay(*now, let_out=True, unsure=True).gate is OPEN
    replayed = barrier.decide(at_gate(Direction.EXIT, replay=True), bill, owed_fen=owed_fen, unsure=True)
    assert (replayed.gate, replayed.fee_fen is None) == (NONE, False)


@pytest.mark.parametrize(
    ("doubts", "left_at", "unsure"),
    [
        ((Doubt.MATCH_PROBABLE,), MIDNIGHT - timedelta(seconds=1), False),
        ((Doubt.MATCH_PROBABLE,), MIDNIGHT, True),
        ((Doubt.LOOKED_AT,), MIDNIGHT, False),
        ((Doubt.READ_DOUBTFUL,), MIDNIGHT, False),
        ((), MIDNIGHT, False),
        ((Doubt.MATCH_PROBABLE,), None, False),
    ],
)
def test_a_lot_holds_probable_matches_from_an_instant_on(
    doubts: tuple[Doubt, ...], left_at: datetime | None, unsure: bool
) -> None:
    holding = structs.replace(LOT, probable_matches=(Version(MIDNIGHT, ProbableMatch.HOLD),))
    assert barrier.is_unsure(holding, doubts, left_at) is unsure
    assert not barrier.is_unsure(LOT, doubts, left_at)


@pytest.mark.parametrize("doubt", [None, *Reason])
def test_at_the_entry(doubt: Reason | None) -> None:
    wanted = HOLD if doubt in (Reason.NO_PLATE, Reason.KIND_CONTRADICTS_LANE, Reason.BANNED, Reason.CLOSED) else OPEN
    assert barrier.decide(at_gate(Direction.ENTRY, doubt=doubt), None) == Decision(wanted)
    assert barrier.decide(at_gate(Direction.ENTRY, doubt=doubt, replay=True), None) == Decision(NONE)


@pytest.mark.parametrize(
    ("first",                                  "direction",     "reason",        "live", "replayed"),
    [
        (Decision(OPEN),                       Direction.ENTRY, None,            OPEN,   NONE),
        (Decision(OPEN),                       Direction.ENTRY, Reason.BANNED,   HOLD,   NONE),
        (Decision(HOLD),                       Direction.ENTRY, None,            OPEN,   NONE),
        (Decision(HOLD, 600, AT_GATE),         Direction.EXIT,  None,            HOLD,   NONE),
        # The replay came first: a car waits all the same.
        (Decision(NONE),                       Direction.ENTRY, None,            OPEN,   NONE),
        (Decision(NONE),                       Direction.ENTRY, Reason.NO_PLATE, HOLD,   NONE),
        (Decision(NONE, 0, FREE),              Direction.EXIT,  None,            OPEN,   NONE),
        (Decision(NONE, 600, CHARGED),         Direction.EXIT,  None,            OPEN,   NONE),
        (Decision(NONE, 600, AT_GATE),         Direction.EXIT,  None,            HOLD,   NONE),
    ],
)  # fmt: skip
def test_an_event_that_comes_again(
    first: Decision, direction: Direction, reason: Reason | None, live: Command, replayed: Command
) -> None:
    assert barrier.decide_repeat(first, direction, reason, replay=False) is live
    assert barrier.decide_repeat(first, direction, reason, replay=True) is replayed
    if direction is Direction.ENTRY:
        assert barrier.decide_repeat(first, direction, reason, replay=False, let_in=True) is OPEN


@pytest.mark.parametrize(
    ("direction",     "kind",         "refused", "comes_again"),
    [
        (Direction.ENTRY, LotKind.GARAGE, HOLD,      OPEN),
        (Direction.ENTRY, LotKind.ROAD,   HOLD,      OPEN),
        (Direction.EXIT,  LotKind.GARAGE, HOLD,      HOLD),
        (Direction.EXIT,  LotKind.ROAD,   OPEN,      OPEN),  # nobody is there to be called
        (None,            LotKind.GARAGE, HOLD,      HOLD),
        (None,            LotKind.ROAD,   HOLD,      HOLD),
    ],
)  # fmt: skip
def test_an_event_that_was_not_taken(
    direction: Direction | None, kind: LotKind, refused: Command, comes_again: Command
) -> None:
    assert barrier.decide_untaken(direction, kind, replay=False, comes_again=False) is refused
    assert barrier.decide_untaken(direction, kind, replay=False, comes_again=True) is comes_again
    assert barrier.decide_untaken(direction, kind, replay=True, comes_again=True) is NONE
