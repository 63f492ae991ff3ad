"""Who is banned and was let in by a person leaves as any other, however much later."""

from datetime import timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from parking import bans
from parking.bans import Ban
from parking.commands import Acknowledgement, Outcome
from parking.flow import commands
from parking.plates import PlateColor
from tests.conftest import NOW
from tests.district import QC, District, event
from tests.parking.deciding import LI

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Outcome.DONE, "closed", "long_stay"),
        # Nothing is known to have opened: it came another time, and nobody saw that.
        (Outcome.FAILED, "exit_only", "exit_without_entry"),
    ],
)
async def test_who_was_let_in_from_afar(district: District, outcome: Outcome, state: str, reason: str) -> None:
    plate, came = f"鲁R4K{len(outcome)}C8", NOW - 5 * DAY
    ban = Ban(uuid4(), None, None, plate, PlateColor.BLUE, came - DAY, None, "x", "admin:test", came - DAY)
    district.network = structs.replace(district.network, bans=bans.by_plate([ban]))
    district.now = came
    held = await district.answer(event(f"{plate}i", "entry", came, plate))
    assert (held.gate, held.reason) == ("hold", "banned")
    opened = await commands.open_lane(
        district.pool,
        district.network.lanes[f"{QC}-in"],
        reason="to deliver, and then it leaves",
        by=LI,
        network=district.network,
        now=came + MINUTE,
        random_bits=district.random_bits,
    )
    async with district.pool.acquire() as db:
        said = Acknowledgement(outcome, "relay 2")
        told = came + 2 * MINUTE
        await commands.acknowledge(db, said, gateway_id=opened.gateway_id, command_id=opened.command_id, now=told)
    district.now = NOW
    left = await district.answer(event(f"{plate}o", "exit", NOW, plate))
    assert (left.reason, (left.fee_fen or 0) > 0) == (reason, state == "closed")
    rows = await district.owner.fetch("select state::text from stay where plate = $1 order by last_at desc", plate)
    assert rows[0]["state"] == state
    assert await district.broken() == {}
