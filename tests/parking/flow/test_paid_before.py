"""What was paid of a stay is known to whatever is derived of it, also if it was none for a while or cost nothing."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

import sql
from parking.decisions import Kind
from payments.charges import charge_id
from payments.flow import charges as charges_flow
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, event
from tests.parking.deciding import decide, fact
from tests.parking.flow.test_prepayments import pays, quoted

BEGIN, MINUTE = NOW - timedelta(hours=12), timedelta(minutes=1)
DONE = {"void": Kind.VOID, "free": Kind.LET_OUT_FREE, "undo": Kind.UNDO}
STAYS = """
select id, state::text, entered_at, left_at, fee_fen, doubts::text[], exits from stay
 where plate = $1 and state not in ('open', 'merged')
union all
select id, 'inside', entered_at, null, null, '{}', '{}' from open_stay where plate = $1
 order by 3, 4
"""
# What went back while a stay was none is owed again.
COSTS = """
select amount_fen, owed_fen - refunded_fen as owed_fen from charge
 where stay_id = $1 and state <> 'void' and amount_fen > 0
"""
# Where, what happens, with the minute at which it does where something is read or paid, and what is decided of it.
IN, BOTH = "void in 0, undo in 0", "void in 0, void out 180, undo in 0, undo out 180"
STORIES = {
    "it has paid and left, and came again unseen": (HOSPITAL, "in 0, out 180, pay 181, out 480", IN),
    "it was read twice within what it paid": (STATION, "in 0, out 178, pay 179, out 182", IN),
    "it was paid inside": (HOSPITAL, "in 0, ask 178, out 182", IN),
    "both its reads were none": (HOSPITAL, "in 0, out 180, pay 181", BOTH),
    "both its reads were none, and nobody paid": (HOSPITAL, "in 0, out 180", BOTH),
    "it cost nothing for a while": (HOSPITAL, "in 0, out 180, pay 181, free out 180, out 480", "undo out 180"),
    "its exit was another's for a while": (HOSPITAL, "in 0, out 180, pay 181, out 480", "late in 100, void in 100"),
}


@pytest.fixture(autouse=True)
async def telling(owner: sql.Connection, registered: dict[str, str]) -> None:
    """The station tells passages; the hospital does not."""
    since = "update lot set confirms_passages_since = '2026-01-01', leave_within_min = 15 where code = $1"
    await owner.execute(since, STATION)


@pytest.mark.parametrize("story", STORIES)
async def test_what_was_paid_holds_when_what_was_decided_is_undone(district: District, story: str) -> None:
    lot, happens, decides = STORIES[story]
    n, steps = list(STORIES).index(story), happens.split(", ")
    undecided = [step for step in steps if not step.startswith("free")]
    straight = await told(district, f"p{n}", f"京A{n}K{n}C3", lot, undecided)
    roundabout = await told(district, f"q{n}", f"京X{n}W{n}H6", lot, [*steps, *decides.split(", ")])
    assert roundabout == straight
    assert await district.broken() == {}


async def test_what_is_charged_again_is_by_the_decision(district: District) -> None:
    """Also if it was read at the exit again meanwhile."""
    steps = ["in 0", "out 178", "void in 0", "out 240", "undo in 0"]
    ((state, *_),) = await told(district, "c", "京A7K3C9", HOSPITAL, steps)
    causes = "select cause from charge_adjustment a join stay s on a.charge_id = $1 where s.id = $2 order by n"
    stay_id = await fact(district, "cin0")
    rows = await district.owner.fetch(causes, charge_id(stay_id, None), stay_id)
    assert (state, [row["cause"] for row in rows]) == ("closed", ["decision", "decision"])


async def told(district: District, tag: str, plate: str, lot: str, steps: list[str]) -> list[tuple[Any, ...]]:
    """What comes of steps: the stays of the vehicle with what is charged of them."""
    decided: Counter[str] = Counter()
    for step in steps:
        what, *of = step.split()
        event_id = f"{tag}{''.join(of)}"
        if what in ("in", "out", "late"):
            way, minute = ([what, *of])[-2:]
            at = BEGIN + int(minute) * MINUTE
            said = event(f"{tag}{way}{minute}", "entry" if way == "in" else "exit", at, plate, lot=lot)
            await district.record({**said, "replay": what == "late"}, received_at=NOW if what == "late" else at)
        elif what in ("pay", "ask"):
            await pay(district, plate, BEGIN + int(of[0]) * MINUTE, lot, is_inside=what == "ask")
        else:
            undoes: dict[str, Any] = {"undoes": decided[event_id]} if what == "undo" else {}
            await decide(district, DONE[what], about=await fact(district, event_id), **undoes)
            decided[event_id] += 1
    rows = await district.owner.fetch(STAYS, plate)
    return [(*tuple(row)[1:], [tuple(each) for each in await district.owner.fetch(COSTS, row["id"])]) for row in rows]


async def pay(district: District, plate: str, at: datetime, lot: str, *, is_inside: bool) -> None:
    if is_inside:
        await pays(district, await quoted(district, plate, at, lot), at + MINUTE)
        return
    stay_id = await district.owner.fetchval("select id from stay where plate = $1 and state = 'closed'", plate)
    await charges_flow.pay_charge(
        district.pool,
        district.channels(at),
        charge_id=charge_id(stay_id, None),
        channel="local",
        payer="ok",
        now=at,
        random_bits=district.random_bits,
    )
