"""Cars that paid inside: what their gateways tell late, twice and in any parts comes out as what is told in order."""

import random
from datetime import timedelta
from typing import Any

import pytest

from parking.flow.prepayments import lapse
from tests.conftest import NOW
from tests.district import District, Say, event
from tests.parking.flow.test_orders import ANYHOW, IN_ORDER, in_lot, outcome, passage
from tests.parking.flow.test_prepayments import pays, quoted

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def afterwards(chance: random.Random, number: str, plate: str, at: Any) -> list[Say]:
    """What is read of a car after it has paid: it leaves in time or later, stands at the exit, comes again."""
    left_at = at + chance.choice((4, 12, 20, 90)) * MINUTE
    said = [event(f"{number}o", "exit", left_at, plate, replay=True), *passage(chance, f"{number}o", "exit", left_at)]
    if chance.random() < 0.4:
        said.append(event(f"{number}p", "exit", left_at + chance.choice((1, 9)) * MINUTE, plate, replay=True))
    if chance.random() < 0.4:
        said.append(event(f"{number}q", "entry", left_at + 40 * MINUTE, plate, replay=True))
    return sorted(said, key=lambda each: each["occurred_at"])


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_told_anyhow_of_who_paid_comes_out_as_in_order(district: District, seed: int) -> None:
    await told_anyhow_of_who_paid(district, seed)


async def told_anyhow_of_who_paid(district: District, seed: int) -> None:
    """Some cars are quoted inside in both lots, and most of them pay."""
    chance = random.Random(seed)
    name = "STUVWXYZ"[seed]
    told: list[Say] = []
    for number in range(6):
        plate = f"鲁{name}{number}{chance.randrange(10_000):04}"
        at = NOW - timedelta(days=1) + chance.randrange(600) * MINUTE
        asked_at = at + chance.choice((50 * MINUTE, 3 * HOUR))
        luck = chance.random()
        for lot in (IN_ORDER, ANYHOW):
            entry = event(f"{name}{number}i", "entry", at, plate)
            await district.record(in_lot(entry, lot), received_at=at)
            if luck < 0.9:
                quote = await quoted(district, plate, asked_at, lot)
                if luck < 0.7:
                    await pays(district, quote, asked_at + 2 * MINUTE)
        told += afterwards(chance, f"{name}{number}", plate, asked_at + 2 * MINUTE)
    for each in sorted(told, key=lambda each: each["occurred_at"]):
        await district.record(in_lot(each, IN_ORDER))
    anyhow = [in_lot(each, ANYHOW) for each in told] + [in_lot(each, ANYHOW) for each in told if chance.random() < 0.3]
    chance.shuffle(anyhow)
    while anyhow:
        batch, anyhow = anyhow[: (size := chance.randint(1, 8))], anyhow[size:]
        await district.record(*batch)
    # What nobody paid lapses, whatever was told of it meanwhile.
    await lapse(district.pool, network=district.network, now=NOW)
    assert await outcome(district, ANYHOW, name) == await outcome(district, IN_ORDER, name)
    assert await district.broken() == {}
