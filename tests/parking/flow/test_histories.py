"""Random histories hold: told as they happen and told anyhow they come out as one, and as the plain model says."""

import os
import random
from pprint import pformat

import pytest

import sql
from parking.flow.network import read_network
from tests.conftest import NOW
from tests.district import District
from tests.parking.flow.histories import places
from tests.parking.flow.histories.fleet import history
from tests.parking.flow.histories.outcomes import hold_always, outcome
from tests.parking.flow.histories.places import TOLD_ANYHOW, TOLD_IN_ORDER
from tests.parking.flow.histories.telling import anyhow, in_order
from tests.parking.flow.histories.told import Told

# How many, or from which to which ("100-199").
WANTED = os.environ.get("ONELOT_HISTORIES", "3")


def seeds() -> range:
    first, dash, last = WANTED.partition("-")
    return range(int(first), int(last) + 1) if dash else range(int(first))


@pytest.mark.parametrize("seed", seeds())
async def test_a_history_told_anyhow_comes_out_as_it_happened(district: District, pool: sql.Pool, seed: int) -> None:
    async with pool.acquire() as db, db.transaction():
        await places.register(db, seed)
    sides = []
    for side in (TOLD_IN_ORDER, TOLD_ANYHOW):
        async with pool.acquire() as db:
            district.network = await read_network(db, NOW)
        told = Told(district, history(seed), f"{seed}-{side}", side, refused=[], tickets={})
        if side == TOLD_IN_ORDER:
            await in_order(told)
        else:
            await anyhow(told, random.Random(seed + 10_000))
        sides.append(await outcome(told))
        await hold_always(told)
    one, other = sides
    for name in one:
        only = (
            [row for row in one[name] if row not in other[name]],
            [row for row in other[name] if row not in one[name]],
        )
        assert one[name] == other[name], f"{name}: in order\n{pformat(only[0])}\nanyhow\n{pformat(only[1])}"
