"""The end of a process, in order: it says so, takes events for a moment longer, and only then closes its port.

A balancer needs that moment to send gates elsewhere, and a connection that is kept alive needs it to be told that it
ends: each answer then says `Connection: close`. Live streams end at once, for they would never end by themselves.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """Whether this process is about to end, and those who want to hear of it."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._told: list[Callable[[], None]] = []
        self.begun = False

    def when_begun(self, tell: Callable[[], None]) -> None:
        """Calls `tell` when the end begins."""
        self._told.append(tell)

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
