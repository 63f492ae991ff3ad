"""How many gate events come in each minute, of several processes together."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from parking.live import metrics, redis
from parking.live.pulse import Pulse
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)


async def test_processes_add_up_what_came_in_a_minute(redis_url: str) -> None:
    clock = [NOW - MINUTE]
    client = redis.connect(redis_url)
    one, other = (Pulse(client, lambda: clock[0]) for _ in range(2))
    metrics.refused(3)
    await one.tell()
    await one.tell()
    await other.tell()
    clock[0] = NOW
    metrics.refused(2)
    await one.tell()
    assert await one.minutes(3) == [0, 6, 2]
    assert 0 < await client.ttl(await anext(client.scan_iter("onelot:pulse:*"))) <= 3600
    await client.aclose()


async def test_what_redis_did_not_take_is_told_later(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client: Redis = redis.connect(redis_url)
    pulse = Pulse(client, lambda: NOW)
    metrics.refused(4)
    with monkeypatch.context() as gone:
        gone.setattr(pulse, "_redis", redis.connect("redis://127.0.0.1:1/0"))
        await pulse.tell()
        assert await pulse.minutes(2) is None
    await pulse.tell()
    assert await pulse.minutes(1) == [4]
    await client.aclose()
