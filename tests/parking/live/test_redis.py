"""The read model under everything that happens to a Redis: writes out of order, a flush, a stop, a foreign past."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest
from msgspec.structs import replace

import sql
from parking.live import counts
from parking.live.redis import PAUSE_S, LiveCounts, connect
from parking.live.stream import Stream
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
    await counters.put([replace(wrong, version=20_000)])
    assert await counts.repair(pool, counters) == 2
    assert await counters.all() == await truth(pool)
    assert await counts.repair(pool, counters) == 0


UNREADABLE = {
    "of another release": b'99999999 {"v2":true}',
    "no JSON": b"99999999 {",
    "no version": b"nonsense",
    "a version beyond numbers": b"9" * 400 + b" {}",
    "of another lot": b'99999999 {"lot_id":4711,"version":99999999}',
    "of another version": b'99999999 {"lot_id":%d,"version":3}',
    "no UTF-8": b'99999999 "\xff\xfe"',
    "brackets without end": b"1 " + b"[" * 50_000,
    "empty": b"",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=list(UNREADABLE))
async def test_what_cannot_be_read_is_absent_and_written_anew(
    pool: sql.Pool, counters: LiveCounts, lots: list[int], text: bytes
) -> None:
    await counts.repair(pool, counters)
    redis = counters._redis
    await redis.hset(counters._key, str(lots[1]), text % lots[1] if b"%d" in text else text)
    await redis.hset(counters._key, "no lot", b"1 {}")
    assert await counts.current(pool, counters, lots) == await truth(pool)
    # The reader took the marker away, so that the worker's next second fills it again.
    assert await counters.is_whole() is False
    assert await counts.keep_whole(pool, counters)
    assert await counters.all() == await truth(pool)
    assert not await redis.hexists(counters._key, "no lot")
    # A repair alone, before anybody has read.
    await redis.hset(counters._key, str(lots[1]), text)
    assert await counts.repair(pool, counters) == 1
    assert await counters.all() == await truth(pool)


@pytest.mark.parametrize("kind", ["string", "list", "stream"])
async def test_a_key_of_another_type_is_written_anew(
    pool: sql.Pool, counters: LiveCounts, lots: list[int], kind: str
) -> None:
    redis = counters._redis
    if kind == "string":
        await redis.set(counters._key, b"x")
    elif kind == "list":
        await redis.rpush(counters._key, b"x")
    else:
        await redis.xadd(counters._key, {"x": "y"})
    assert (await counters.get(lots), await counters.all(), await counters.is_whole()) == (None, None, False)
    assert not counters.away
    assert await counts.current(pool, counters, lots) == await truth(pool)
    assert await counts.keep_whole(pool, counters)
    assert await counters.get(lots) == await truth(pool)
    await redis.delete(counters._key)
    await redis.set(counters._key, b"x")
    await counters.put([(await truth(pool))[lots[0]]])
    assert await redis.type(counters._key) == b"hash"


async def test_a_message_that_cannot_be_read_interrupts_nobody(
    pool: sql.Pool, counters: LiveCounts, lots: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    await counts.repair(pool, counters)
    stream = Stream(pool, counters)
    running = asyncio.create_task(stream.run())
    try:
        async with stream.listening() as listener:
            for message in (b"{", b"\xff", b'{"counts":[{}]}', b"[" * 50_000):
                await counters._redis.publish(counters.channel, message)
            moved = await move(pool, lots[0], 1)
            await counters.put([moved])
            assert await listener.next(5) == [moved]
    finally:
        running.cancel()
    assert "interrupted" not in caplog.text


async def test_a_repair_says_that_redis_is_away(pool: sql.Pool, lots: list[int]) -> None:
    redis = connect("redis://127.0.0.1:1/0")
    try:
        assert await counts.repair(pool, LiveCounts(redis)) is None
    finally:
        await redis.aclose()


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
        await counters.put([moved])
        until = counters._away_until
        for _ in range(200):
            await counters.put([moved])
        assert counters._away_until == until, "a dead Redis is asked at every write"
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
