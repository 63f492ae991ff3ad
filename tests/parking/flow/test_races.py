"""Several servers that are sent the same events: each is recorded once."""

import asyncio
import random
from datetime import timedelta

import pytest

from sql.pool import TRANSIENT
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, visit

LOTS = (QC, HOSPITAL, STATION)
HOUR = timedelta(hours=1)
# No two cars pass a lane at once.
APART = timedelta(seconds=15)
PATIENCE_S = 30


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
