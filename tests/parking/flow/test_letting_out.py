"""Letting vehicles out: free, for what the tariff says, or for what a person sets."""

import msgspec
import pytest

from parking.answers import Answer
from parking.barrier import Command
from parking.cases import Reason
from parking.decisions import DecisionContradicted, DecisionUnfit, Kind
from payments.charges import ChargeState
from tests.conftest import NOW
from tests.district import District, event, visit
from tests.parking.deciding import MINUTE, MORNING, case_of, decide, fact, found, polled


async def test_who_is_let_out_free_owes_nothing(district: District) -> None:
    _, left = await district.record(*visit("t", "鲁A90001", MORNING, NOW))
    assert isinstance(left, Answer)
    assert (await polled(district, left.stay_id)).gate is Command.HOLD
    await decide(district, Kind.LET_OUT_FREE, about=await fact(district, "to"))
    now = await polled(district, left.stay_id)
    assert (now.gate, now.fee_fen) == (Command.OPEN, 0)
    # The camera sees it once more on its way out.
    again = await district.answer(event("tp", "exit", NOW + MINUTE, "鲁A90001"), received_at=NOW + MINUTE)
    assert (again.gate, again.fee_fen, again.stay_id) == (Command.OPEN, 0, left.stay_id)
    assert await district.broken() == {}


async def test_who_is_let_out_and_charged_owes_what_it_costs(district: District) -> None:
    _, left = await district.record(*visit("u", "鲁A90002", MORNING, NOW))
    assert isinstance(left, Answer)
    await decide(district, Kind.LET_OUT_AND_CHARGE, about=await fact(district, "uo"))
    now = await polled(district, left.stay_id)
    assert (now.gate, now.fee_fen, now.charge_state) == (Command.OPEN, 600, ChargeState.DUE)
    again = await district.answer(event("up", "exit", NOW + MINUTE, "鲁A90002"), received_at=NOW + MINUTE)
    assert (again.gate, again.fee_fen) == (Command.OPEN, 600)
    await decide(district, Kind.UNDO, about=await fact(district, "uo"), undoes=1)
    assert (await polled(district, left.stay_id)).gate is Command.HOLD


async def test_who_was_not_seen_to_come_is_let_out_all_the_same(district: District) -> None:
    free = await district.answer(event("v1", "exit", NOW, "鲁A90003"))
    case = await case_of(district, "鲁A90003", Reason.EXIT_WITHOUT_ENTRY)
    await decide(district, Kind.LET_OUT_FREE, case=case.id)
    assert (await polled(district, free.stay_id)).gate is Command.OPEN
    assert await found(district, plate="鲁A90003") == []
    await district.answer(event("v2", "exit", NOW, "鲁A90004"))
    case = await case_of(district, "鲁A90004", Reason.EXIT_WITHOUT_ENTRY)
    decided = await decide(district, Kind.LET_OUT_AND_CHARGE, case=case.id, entered_at=MORNING)
    assert decided.stay is not None
    now = await polled(district, decided.stay.id)
    assert (now.gate, now.fee_fen, now.charge_state) == (Command.OPEN, 600, ChargeState.DUE)


async def test_who_is_let_out_owes_what_a_person_set(district: District) -> None:
    await district.account("鲁AL3V62")
    _, left = await district.record(*visit("sa", "鲁AL3V62", MORNING, NOW))
    assert isinstance(left, Answer)
    exit_id = await fact(district, "sao")
    charged = (
        "select amount_fen, owed_fen, set_fen, (select a.lines from charge_adjustment a where a.charge_id = c.id "
        "order by n desc limit 1) as lines from charge c join stay s on s.id = c.stay_id where s.id = $1"
    )
    await decide(district, Kind.LET_OUT_AND_CHARGE, about=exit_id, amount_fen=400, key="k")
    row = await district.owner.fetchrow(charged, left.stay_id)
    assert row is not None
    assert (row["amount_fen"], row["owed_fen"], row["set_fen"]) == (400, 400, 400)
    (line,) = msgspec.json.decode(row["lines"])
    assert (line["kind"], line["label_zh"], line["amount_fen"]) == ("set", "工作人员核定的停车费", 400)
    with pytest.raises(DecisionContradicted):
        await decide(district, Kind.LET_OUT_AND_CHARGE, about=exit_id, amount_fen=500, key="k")
    said = await district.owner.fetchval("select detail->>'amount_fen' from audit where subject = $1", str(exit_id))
    assert said == "400"
    # What a later event says of the stay does not change what was set; undoing it does.
    again = await district.answer(event("sap", "exit", NOW + MINUTE, "鲁AL3V62"), received_at=NOW + MINUTE)
    assert (again.gate, again.fee_fen) == (Command.OPEN, 400)
    assert await district.broken() == {}
    await decide(district, Kind.LET_OUT_AND_CHARGE, about=exit_id)
    assert (await polled(district, left.stay_id)).fee_fen == 600
    await decide(district, Kind.UNDO, about=exit_id, undoes=2)
    assert (await polled(district, left.stay_id)).fee_fen == 400
    await decide(district, Kind.UNDO, about=exit_id, undoes=1)
    row = await district.owner.fetchrow(charged, left.stay_id)
    assert row is not None
    assert (row["amount_fen"], row["set_fen"], await district.broken()) == (600, None, {})


async def test_an_amount_needs_a_stay_that_could_cost_it(district: District) -> None:
    await district.record(event("sb", "exit", NOW, "鲁AM7W52"))
    exit_id = await fact(district, "sb")
    for kind, field in ((Kind.LET_OUT_AND_CHARGE, "entered_at"), (Kind.LET_OUT_FREE, "amount_fen")):
        with pytest.raises(DecisionUnfit) as refused:
            await decide(district, kind, about=exit_id, amount_fen=400)
        assert refused.value.facts["field"] == field
    decided = await decide(district, Kind.LET_OUT_AND_CHARGE, about=exit_id, amount_fen=400, entered_at=MORNING)
    assert decided.stay is not None
    now = await polled(district, decided.stay.id)
    assert (now.gate, now.fee_fen, now.charge_state) == (Command.OPEN, 400, ChargeState.DUE)
    assert await district.broken() == {}
