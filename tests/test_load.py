"""Races in small: many gateways at once for the same lots, a server that is killed, a day told twice and shuffled.

What is sent and what must be true afterwards stand in loadtests/; here it runs for a few seconds.
"""

from collections.abc import AsyncIterator

import pytest

from loadtests import faults, replay, throughput
from loadtests.world import Servers, World, world


@pytest.fixture
async def city(server_url: str, redis_url: str) -> AsyncIterator[World]:
    """Five lots and the drivers of a thousand cars, in a database of their own."""
    async with world(Servers(server_url, redis_url), lots=5, vehicles=1_000) as city:
        yield city


async def test_forty_gateways_at_once(city: World) -> None:
    report = await faults.run(city, seconds=3, connections=40, kills=0)
    assert report.ok, report
    assert report.acknowledged > 100
    assert (report.acknowledged, report.recognised, report.load.broken) == (report.in_database, 0, 0)


async def test_a_server_that_is_killed_loses_nothing_it_acknowledged(city: World) -> None:
    report = await faults.run(city, seconds=3, connections=20, kills=1)
    assert report.ok, report
    assert report.acknowledged > 50
    assert report.load.broken


async def test_a_day_told_twice_and_shuffled(city: World) -> None:
    report = await replay.run(city, events=1_000)
    assert report.ok, report
    assert (report.posted, set(report.answers)) == (2_000, {"recorded", "review", "duplicate"})
    assert report.answers["duplicate"] == 1_000


async def test_throughput_is_measured_beside_its_ceilings(server_url: str, redis_url: str) -> None:
    vehicles = throughput.VEHICLES * 3
    async with world(Servers(server_url, redis_url), lots=5, vehicles=vehicles) as few_lots:
        report = await throughput.run(few_lots, seconds=0.5, connections=4)
    assert report.ok, report
