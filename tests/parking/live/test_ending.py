"""Tasks are ended, also those to which a cancellation is lost."""

import asyncio

import pytest

from parking.live import ending


async def test_a_task_to_which_a_cancellation_is_lost_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "TOLD_AGAIN_EACH_S", 0.01)
    told = 0

    async def for_ever() -> None:
        nonlocal told
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                told += 1
                if told > 1:
                    raise

    task = asyncio.create_task(for_ever())
    await asyncio.sleep(0)
    await ending.end([task])
    assert task.cancelled()
    assert told == 2


async def test_whatever_tasks_end_with_is_not_the_affair_of_who_ends_them() -> None:
    async def failing() -> None:
        raise ValueError

    async def asleep() -> None:
        await asyncio.sleep(60)

    failed, sleeping = asyncio.create_task(failing()), asyncio.create_task(asleep())
    await asyncio.wait([failed])
    await ending.end([failed, sleeping])
    assert sleeping.cancelled()
    await ending.end([])
