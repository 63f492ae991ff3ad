"""The end of a process, in order: it says so, takes events for a moment longer, and only then closes its port.

A balancer needs that moment to send gates elsewhere, and a connection that is kept alive needs it to be told that it
ends: each answer then says `Connection: close`. Live streams end at once, for they would never end by themselves.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# What a task does when it is told to end (a rollback, an answer that is still sent) takes less.
TOLD_AGAIN_EACH_S = 1.0


async def end(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancels tasks and waits until all have ended, whatever they end with.

    A task is told more than once if need be: up to Python 3.11 `asyncio.wait_for`, which libraries wait with, forgets a
    cancellation that comes together with what it waited for, and a task that goes on for ever would never end.
    """
    going = {task for task in tasks if not task.done()}
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=TOLD_AGAIN_EACH_S)
    await asyncio.gather(*tasks, return_exceptions=True)


class Ending:
    """Whether this process is about to end. `told`: what is called when that begins."""

    def __init__(self, grace_s: float, told: Sequence[Callable[[], None]] = ()) -> None:
        self._grace_s = grace_s
        self._told = told
        self.begun = False

    def begin(self) -> None:
        """From now on no new work should come. A second call does nothing."""
        if not self.begun:
            self.begun = True
            for tell in self._told:
                tell()

    @contextmanager
    def before_signals(self) -> Iterator[None]:
        """Puts the moment of grace before what the server does at SIGNALS. A second signal does that at once.

        Without a server that handles them, or outside of the main thread, nothing is changed.
        """
        loop = asyncio.get_running_loop()
        servers: dict[int, Callable[[int, FrameType | None], object]] = {}
        if threading.current_thread() is threading.main_thread():
            servers = {number: handler for number in SIGNALS if callable(handler := signal.getsignal(number))}

        def began(number: int, frame: FrameType | None) -> None:
            if self.begun:
                servers[number](number, frame)
                return
            loop.call_soon_threadsafe(self.begin)
            loop.call_soon_threadsafe(loop.call_later, self._grace_s, servers[number], number, None)

        for number in servers:
            signal.signal(number, began)
        try:
            yield
        finally:
            for number, handler in servers.items():
                if signal.getsignal(number) is began:
                    signal.signal(number, handler)
