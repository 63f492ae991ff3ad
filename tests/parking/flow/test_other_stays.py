"""What was paid of a visit that is another stay since goes back, and nobody pays for it twice."""

from datetime import datetime, timedelta

import pytest

import sql
from parking.decisions import Kind
from parking.flow.prepayments import lapse
from parking.flow.repricing import catch_up
from payments.charges import charge_id
from payments.flow import charges as charges_flow
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, event
from tests.parking.deciding import decide, fact
from tests.parking.flow.test_prepayments import pays, quoted

BEGIN, MINUTE = NOW - timedelta(hours=12), timedelta(minutes=1)
# Where and what happens in which minute. misread: it comes in, and is read as another; asks: it is quoted inside, and
# pays if it says so; void, named: what is decided of what was read in that minute; late: an entry that is told late.
STORIES = {
    "the older entry is its own, no later one": (HOSPITAL, "misread 0, in 30, prepays 178, void 30, named 0, out 182"),
    "decided in another order": (HOSPITAL, "misread 0, in 30, prepays 178, named 0, void 30, out 182"),
    "decided once it has left": (HOSPITAL, "misread 0, in 30, out 180, pays 181, named 0, void 30"),
    "where it has to be seen to pass": (STATION, "misread 0, in 30, out 178, pays 179, named 0, void 30, out 182"),
    "read twice as it came": (HOSPITAL, "misread 0, in 5, prepays 178, named 0, out 182"),
    "it had come once more before it paid": (HOSPITAL, "in 0, prepays 178, late 60, out 182"),
    "asked at the exit, where it cost nothing, and was none": (STATION, "in 0, out 20, asks 90, void 0"),
    "paid at the exit, where it cost nothing, and was none": (STATION, "in 0, out 20, prepays 90, void 0"),
    "paid at the exit, where it cost nothing, and left before": (STATION, "in 0, out 20, prepays 90, late 60, out 95"),
}  # fmt: skip
STAYS = "select id, state::text, fee_fen from stay where plate = any($1) and state <> 'open'"
CHARGES = """
select stay_id, amount_fen, paid_fen, owed_fen, refunded_fen from charge
 where stay_id = any($1) and state <> 'void'
"""


@pytest.fixture(autouse=True)
async def telling(owner: sql.Connection, registered: dict[str, str]) -> None:
    """The station tells passages; the hospital does not."""
    since = "update lot set confirms_passages_since = '2026-01-01', leave_within_min = 15 where code = $1"
    await owner.execute(since, STATION)


@pytest.mark.parametrize("story", STORIES)
async def test_a_visit_is_paid_once_whatever_stay_it_is(district: District, story: str) -> None:
    n = list(STORIES).index(story)
    plate, other = f"京A7K{n}W3", f"京H9X{n}M6"
    await told(district, f"o{n}", plate, other, *STORIES[story])
    assert await district.broken() == {}
    rows = await district.owner.fetch(STAYS, [plate, other])
    costs = {row["id"]: row["fee_fen"] if row["state"] == "closed" else 0 for row in rows}
    for charge in await district.owner.fetch(CHARGES, list(costs)):
        kept_fen = charge["paid_fen"] - charge["refunded_fen"] + charge["owed_fen"]
        assert (charge["amount_fen"], kept_fen) == (costs[charge["stay_id"]],) * 2


async def told(district: District, tag: str, plate: str, other: str, lot: str, steps: str) -> None:
    for step in steps.split(", "):
        what, minute = step.split()
        name, at = f"{tag}-{minute}", BEGIN + int(minute) * MINUTE
        if what in ("in", "misread", "late", "out"):
            kind = "exit" if what == "out" else "entry"
            said = event(name, kind, at, other if what == "misread" else plate, lot=lot, replay=what == "late")
            await district.record(said, received_at=NOW if what == "late" else at)
        elif what in ("asks", "prepays"):
            quote = await quoted(district, plate, at, lot)
            if what == "prepays":
                await pays(district, quote, at + MINUTE)
        elif what == "pays":
            await at_gate(district, plate, at)
        elif what == "named":
            await decide(district, Kind.PLATE, about=await fact(district, name), plate=plate)
        else:
            await decide(district, Kind.VOID, about=await fact(district, name))
    await lapse(district.pool, network=district.network, now=NOW)
    await catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits)


async def at_gate(district: District, plate: str, at: datetime) -> None:
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
