"""The read model under everything that happens to a Redis: writes out of order, a flush, a stop, a foreign past."""

from collections.abc import AsyncIterator
from time import monotonic

import pytest
from msgspec.structs import replace

import sql
from parking.live import counts
from parking.live.redis import PAUSE_S, LiveCounts, connect
from parking.occupancy import Count
from parking.store.occupancy import all_counts
from tests.parking import network
from tests.parking.live.own_redis import Server


@pytest.fixture
async def counters(redis_url: str) -> AsyncIterator[LiveCounts]:
    redis = connect(redis_url)
    yield LiveCounts(redis, timeout_s=2.0)
    await redis.aclose()


async def truth(pool: sql.Pool) -> dict[int, Count]:
    async with pool.acquire() as db:
        return {count.lot_id: count for count in await all_counts(db)}


async def move(pool: sql.Pool, lot_id: int, by: int) -> Count:
    async with pool.acquire() as db:
        return await network.move(db, lot_id, by)


async def test_nothing_is_read_before_the_read_model_is_whole(
    pool: sql.Pool, counters: LiveCounts, lots: list[int]
) -> None:
    await counters.put([Count(lots[0], inside=99, version=1)])
    assert await counters.is_whole() is False
    assert (await counters.get(lots), await counters.all()) == (None, None)
    assert await counts.current(pool, counters, lots) == await truth(pool)


async def test_a_flushed_redis_is_filled_again_by_itself(pool: sql.Pool, counters: LiveCounts, lots: list[int]) -> None:
    assert await counts.keep_whole(pool, counters)
    assert not await counts.keep_whole(pool, counters)
    assert await counters.all() == await truth(pool)

    await counters._redis.flushdb()
    moved = await move(pool, lots[0], 3)
    await counters.put([moved])
    assert await counters.get(lots) is None
    assert await counts.keep_whole(pool, counters)
    assert await counters.get(lots) == await truth(pool)
    assert (await counts.current(pool, counters, [lots[0]]))[lots[0]] == moved


async def test_versions_that_arrive_out_of_order(pool: sql.Pool, counters: LiveCounts, lots: list[int]) -> None:
    await counts.repair(pool, counters)
    first, second = [replace(Count(lots[1]), inside=inside, version=100 + inside) for inside in (1, 2)]
    await counters.put([second])
    await counters.put([first])
    await counters.put([second])
    assert await counters.get([lots[1]]) == {lots[1]: second}
    await counters.put([replace(second, version=7), replace(second, inside=8, version=200), replace(second, version=9)])
    assert await counters.get([lots[1]]) == {lots[1]: replace(second, inside=8, version=200)}


async def test_counts_of_another_past_are_overwritten(pool: sql.Pool, counters: LiveCounts, lots: list[int]) -> None:
    await counts.repair(pool, counters)
    stranger = Count(4711, inside=1, version=1)
    wrong = replace((await truth(pool))[lots[2]], inside=77)
    await counters.put([Count(lots[1], inside=9, version=10_000), stranger])
    await counters.mend({}, {lots[2]: replace(wrong, version=20_000)}, whole=True)
    assert await counts.repair(pool, counters) == 2
    assert await counters.all() == await truth(pool)
    assert await counts.repair(pool, counters) == 0


async def test_a_lot_nobody_counted_is_empty(pool: sql.Pool, counters: LiveCounts, lots: list[int]) -> None:
    await counts.repair(pool, counters)
    assert await counts.current(pool, counters, [4711]) == {4711: Count(4711)}


async def test_while_redis_is_down_the_database_answers(pool: sql.Pool, lots: list[int], server: Server) -> None:
    redis = connect(server.url)
    counters = LiveCounts(redis)
    try:
        await counts.repair(pool, counters)
        server.stop()
        moved = await move(pool, lots[0], 5)
        before = monotonic()
        for _ in range(200):
            await counters.put([moved])
        assert monotonic() - before < 0.5, "a dead Redis slows writers down"
        assert (counters.away, await counters.is_whole()) == (True, None)
        assert await counts.current(pool, counters, lots) == await truth(pool)
        assert not await counts.keep_whole(pool, counters)

        server.start()
        counters._away_until -= PAUSE_S
        assert await counts.keep_whole(pool, counters)
        assert await counters.all() == await truth(pool)
    finally:
        await redis.aclose()


async def test_what_could_not_be_written_is_written_later(pool: sql.Pool, lots: list[int], redis_url: str) -> None:
    redis = connect(redis_url)
    counters = LiveCounts(redis, timeout_s=2.0)
    try:
        await counts.repair(pool, counters)
        owed = replace((await truth(pool))[lots[0]], inside=42, version=500)
        counters._away_until = monotonic() + 60
        await counters.put([owed])
        await counters.put([replace(owed, version=499)])
        counters._away_until = 0.0
        await counters.catch_up()
        assert await counters.get([lots[0]]) == {lots[0]: owed}
    finally:
        await redis.aclose()
