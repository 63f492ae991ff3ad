"""The fan-out: everybody hears of every lot's latest count, whatever happens to Redis and however slow they read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from msgspec.structs import replace

import sql
from parking.live import counts
from parking.live import stream as stream_
from parking.live.redis import Client, LiveCounts, connect
from parking.live.stream import PACE_S, RESUME_MARGIN_MS, Listener, Stream, TooManyListeners
from parking.occupancy import Count
from parking.store.occupancy import counts_of
from tests.parking import network
from tests.parking.live.own_redis import Server
from tests.patience import PATIENCE_S


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Client]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@asynccontextmanager
async def running(stream: Stream) -> AsyncIterator[None]:
    task = asyncio.create_task(stream.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def heard(listener: Listener, expected: Count) -> None:
    """Returns when the listener was told of this very count."""
    async with asyncio.timeout(PATIENCE_S):
        while expected not in await listener.next(1.0):
            pass


async def test_a_listener_hears_of_what_another_process_writes(pool: sql.Pool, redis: Client, lots: list[int]) -> None:
    counters = LiveCounts(redis, timeout_s=2.0)
    await counts.repair(pool, counters)
    stream = Stream(pool, counters)
    async with running(stream), stream.listening() as listener:
        assert set(stream.known()) == set(lots)
        changed = replace(stream.known()[lots[0]], inside=3, version=1)
        await LiveCounts(redis, timeout_s=2.0).put([changed])
        await heard(listener, changed)
        assert stream.known()[lots[0]] == changed
    assert stream.listeners == 0


async def test_who_comes_again_is_told_what_was_missed(pool: sql.Pool, redis: Client, lots: list[int]) -> None:
    counters = LiveCounts(redis, timeout_s=2.0)
    await counts.repair(pool, counters)
    clock = [1_000_000]
    stream = Stream(pool, counters, time_ms=lambda: clock[0])
    async with running(stream), stream.listening() as listener:
        clock[0] += 2 * RESUME_MARGIN_MS
        changed = replace(stream.known()[lots[1]], inside=4, version=stream.known()[lots[1]].version + 1)
        await counters.put([changed])
        await heard(listener, changed)
        now = clock[0] = clock[0] + 2 * RESUME_MARGIN_MS
        # Sent an event before the change, or in the moment in which others may have heard of it.
        assert stream.heard_since(str(now - 2 * RESUME_MARGIN_MS - 1), now) == {lots[1]}
        assert stream.heard_since(str(now - RESUME_MARGIN_MS), now) == {lots[1]}
        assert stream.heard_since(str(now - RESUME_MARGIN_MS + 1), now) == set()
        # Before this process began, of another time, or none of ours: everything is told.
        for strange in ("1000000", str(now + 2 * RESUME_MARGIN_MS), "", "x", "-5"):
            assert stream.heard_since(strange, now) is None


async def test_a_lot_that_falls_silent_is_told_of(
    pool: sql.Pool, redis: Client, lots: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_, "COMPARE_S", 0.1)
    counters = LiveCounts(redis, timeout_s=2.0)
    await counts.repair(pool, counters)
    silent: set[int] = set()
    stream = Stream(pool, counters, state_of=lambda count: count.lot_id in silent)
    async with running(stream), stream.listening(wants=lambda: {lots[0], lots[1]}) as listener:
        assert await listener.next(4 * PACE_S) == []
        silent.update((lots[0], lots[2]))
        async with asyncio.timeout(PATIENCE_S):
            told = await listener.next(PATIENCE_S)
        assert [count.lot_id for count in told] == [lots[0]]


async def test_what_is_in_the_snapshot_is_not_heard_again(pool: sql.Pool, redis: Client, lots: list[int]) -> None:
    counters = LiveCounts(redis, timeout_s=2.0)
    await counts.repair(pool, counters)
    stream = Stream(pool, counters)
    async with AsyncExitStack() as early:
        # Somebody who listens before the first counts are there.
        listening = asyncio.create_task(early.enter_async_context(stream.listening()))
        await asyncio.sleep(0)
        async with running(stream):
            listener = await listening
            assert set(listener.snapshot) == set(lots)
            assert await listener.next(3 * PACE_S) == []
            # And somebody who comes when a change is known and not yet sent to the others.
            changed = replace(stream.known()[lots[0]], inside=7, version=stream.known()[lots[0]].version + 1)
            await counters.put([changed])
            async with asyncio.timeout(PATIENCE_S):
                while stream.known()[lots[0]] != changed:  # noqa: ASYNC110  the time between is what is tested
                    await asyncio.sleep(0)
            async with stream.listening() as late:
                assert late.snapshot[lots[0]] == changed
                assert await late.next(3 * PACE_S) == []
            assert await listener.next(0.0) == [changed]


async def test_counts_that_are_written_to_an_empty_redis_again_are_not_heard_again(
    pool: sql.Pool, redis: Client, lots: list[int]
) -> None:
    counters = LiveCounts(redis, timeout_s=2.0)
    await counts.repair(pool, counters)
    stream = Stream(pool, counters)
    async with running(stream), stream.listening() as listener:
        await redis.flushdb()
        assert await counts.repair(pool, counters) == len(lots)
        assert await listener.next(3 * PACE_S) == []


async def test_a_slow_listener_finds_the_latest_and_nothing_more(
    pool: sql.Pool, redis: Client, lots: list[int]
) -> None:
    counters = LiveCounts(redis, timeout_s=2.0)
    await counts.repair(pool, counters)
    stream = Stream(pool, counters)
    async with running(stream), stream.listening() as slow, stream.listening() as quick:
        last = Count(lots[1])
        for version in range(1, 301):
            last = Count(lots[1], inside=version, version=1000 + version)
            await counters.put([last])
        await heard(quick, last)
        waiting = await slow.next(1.0)
        assert len(waiting) == len({count.lot_id for count in waiting})
        assert last in waiting
        assert await slow.next(0.0) == []


async def test_listeners_hear_on_while_redis_is_away(pool: sql.Pool, lots: list[int], server: Server) -> None:
    redis = connect(server.url)
    counters = LiveCounts(redis)
    await counts.repair(pool, counters)
    stream = Stream(pool, counters, poll_s=0.1)
    try:
        async with running(stream), stream.listening() as listener:
            server.stop()
            await heard(listener, await move(pool, lots[2]))
            await heard(listener, await move(pool, lots[2]))
            server.start()
            await heard(listener, await move(pool, lots[2]))
            async with asyncio.timeout(PATIENCE_S):
                while not await counts.keep_whole(pool, counters):
                    await listener.next(0.1)
            # Nothing is in the database of this count: it can only have been heard from Redis.
            published = replace((await counts.current(pool, counters, [lots[2]]))[lots[2]], inside=99, version=900)
            async with asyncio.timeout(PATIENCE_S):
                while published not in await listener.next(0.3):
                    await counters.put([published])
    finally:
        await redis.aclose()


async def test_a_mended_count_is_heard_although_its_version_is_smaller(
    pool: sql.Pool, redis: Client, lots: list[int]
) -> None:
    counters = LiveCounts(redis, timeout_s=2.0)
    await counts.repair(pool, counters)
    stream = Stream(pool, counters)
    async with running(stream), stream.listening() as listener:
        wrong = Count(lots[0], inside=50, version=70_000)
        await counters.put([wrong])
        await heard(listener, wrong)
        assert await counts.repair(pool, counters) == 1
        async with pool.acquire() as db:
            (count,) = await counts_of(db, [lots[0]])
        await heard(listener, count)


async def test_there_is_a_limit_to_listeners(pool: sql.Pool, redis: Client) -> None:
    stream = Stream(pool, LiveCounts(redis), listeners_max=1)
    async with running(stream), stream.listening():
        with pytest.raises(TooManyListeners):
            stream.check_room()
    stream.check_room()


async def move(pool: sql.Pool, lot_id: int) -> Count:
    async with pool.acquire() as db:
        return await network.move(db, lot_id, 1)
