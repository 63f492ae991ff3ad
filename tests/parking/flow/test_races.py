"""Several servers that are sent the same events: each is recorded once."""

import asyncio
import contextlib
import random
from datetime import timedelta

import pytest

from parking.prepayments import NothingToPay
from payments.charges import ChargeNotDue
from sql.pool import TRANSIENT
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, visit
from tests.parking.flow.test_prepayments import pays, quoted
from tests.patience import PATIENCE_S

LOTS = (QC, HOSPITAL, STATION)
HOUR = timedelta(hours=1)
# No two cars pass a lane at once.
APART = timedelta(seconds=15)


@pytest.mark.parametrize("seed", range(6))
async def test_two_servers_record_an_event_once(district: District, seed: int) -> None:
    """Each is sent everything, in an order of its own and in batches over several lots."""
    source = random.Random(seed)
    batch_events = source.randint(1, 40)
    said = [
        each
        for number in range(40)
        for each in visit(
            f"{seed}-{number}-",
            f"鲁A9{seed}{number:03}",
            NOW - 3 * HOUR + number * APART,
            NOW - number * APART,
            lot=LOTS[number % len(LOTS)],
        )
    ]
    events_before = await district.count("select count(*) from gate_event")
    stays_before = await district.count("select count(*) from stay where state <> 'merged'")

    async def served(order: list[Say]) -> None:
        for at in range(0, len(order), batch_events):
            await recorded(district, order[at : at + batch_events])

    orders = [source.sample(said, len(said)) for _ in range(3)]
    await asyncio.wait_for(asyncio.gather(*map(served, orders)), PATIENCE_S)
    assert await district.count("select count(*) from gate_event") == events_before + len(said)
    assert await district.count("select count(*) from stay where state <> 'merged'") == stays_before + 40


async def recorded(district: District, batch: list[Say]) -> None:
    """A batch is tried again after a deadlock, as the service does."""
    for _ in range(10):
        try:
            await district.record(*batch)
        except TRANSIENT:
            continue
        return
    raise AssertionError("the batch was never recorded")


STOOD = """
select s.state::text as state, s.fee_fen, c.state::text as charge, c.amount_fen, c.paid_fen, c.refunded_fen, c.owed_fen
  from stay s join charge c on c.lot_id = s.lot_id and c.stay_id = s.id where s.plate = $1
"""


@pytest.mark.parametrize("seed", range(8))
async def test_a_quote_an_exit_and_a_payment_at_once(district: District, seed: int) -> None:
    """A driver is quoted inside, pays that, asks again and is read at the exit, all at the same time. Whichever comes
    first, one charge is over what the stay costs, and what was paid of it counts once.
    """
    chance = random.Random(seed)
    plate = f"鲁R5{seed}001"
    await district.answer(event(f"race{seed}i", "entry", NOW - 3 * HOUR, plate))
    quote = await quoted(district, plate, NOW - timedelta(minutes=2), QC)

    async def asks() -> None:
        with contextlib.suppress(NothingToPay):
            await quoted(district, plate, NOW, QC)

    async def paying() -> None:
        with contextlib.suppress(ChargeNotDue):
            await pays(district, quote, NOW)

    async def leaves() -> None:
        await recorded(district, [event(f"race{seed}o", "exit", NOW, plate)])

    doing = [asks(), paying(), leaves(), asks()]
    chance.shuffle(doing)
    await asyncio.wait_for(asyncio.gather(*doing), PATIENCE_S)
    (stood,) = await district.owner.fetch(STOOD, plate)
    assert (stood["state"], stood["amount_fen"]) == ("closed", stood["fee_fen"])
    assert stood["paid_fen"] - stood["refunded_fen"] + stood["owed_fen"] == stood["amount_fen"]
    assert stood["paid_fen"] == 600
    again = await district.answer(event(f"race{seed}p", "exit", NOW + timedelta(seconds=5), plate))
    assert again.gate == ("open" if stood["owed_fen"] == 0 else "hold")
    assert await district.broken() == {}
