"""Long work of the event loop in portions, between which everybody else has a turn: no car waits for an array."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
# A few milliseconds of work.
PORTION_EVENTS = 25


class Portions:
    """Whose portion is next. However many have long work, the event loop does one portion of it in a round."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def each(self, items: Sequence[T], what: Callable[[T], R]) -> list[R]:
        """What becomes of each item, in their order. No more than a portion of them is done at once."""
        if len(items) <= PORTION_EVENTS:
            return [what(item) for item in items]
        done: list[R] = []
        for at in range(0, len(items), PORTION_EVENTS):
            async with self._turn:
                done += [what(item) for item in items[at : at + PORTION_EVENTS]]
                await asyncio.sleep(0)
        return done
