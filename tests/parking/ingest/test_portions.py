"""Long work in portions: what else the event loop has to do comes between them, however much there is."""

import asyncio

from parking.ingest.portions import PORTION_EVENTS, Portions


async def test_between_two_portions_everybody_else_has_a_turn() -> None:
    portions, told = Portions(), list[str]()
    works = {name: list(range(4 * PORTION_EVENTS + rest)) for name, rest in (("a", 0), ("b", 1), ("c", 7))}

    async def work(name: str) -> list[int]:
        def tell(n: int) -> int:
            told.append(name)
            return n

        return await portions.each(works[name], tell)

    async def others() -> None:
        while True:
            told.append("others")
            await asyncio.sleep(0)

    beside = asyncio.ensure_future(others())
    done = await asyncio.gather(*map(work, works))
    beside.cancel()
    assert done == list(works.values())
    rounds = " ".join(told).split("others")
    assert max(len(each.split()) for each in rounds) == PORTION_EVENTS
    # And who has long work takes turns.
    ends = [len(told) - told[::-1].index(name) for name in works]
    assert max(ends) - min(ends) <= 4 * PORTION_EVENTS


async def test_what_is_no_longer_than_a_portion_waits_for_nobody() -> None:
    portions, told = Portions(), list[int]()
    long = asyncio.ensure_future(portions.each(range(2 * PORTION_EVENTS), told.append))
    await asyncio.sleep(0)
    assert await portions.each(range(PORTION_EVENTS), str) == [str(n) for n in range(PORTION_EVENTS)]
    assert len(told) == PORTION_EVENTS
    await long
    assert len(told) == 2 * PORTION_EVENTS
