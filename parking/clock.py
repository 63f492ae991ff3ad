"""Time and entropy, asked only at the edges. A demonstration may start its clock elsewhere and let it run faster."""

import math
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time

Clock = Callable[[], datetime]


def system() -> datetime:
    """The instant it is."""
    return datetime.now(UTC)


def accelerated(starts_at: datetime, speed: float, *, started: float, until: datetime | None = None) -> Clock:
    """A clock that shows `starts_at` up to the real instant `started` (Unix seconds), then runs `speed` times as fast,
    and from `until` on as any other.

    All processes of a demonstration are given the same numbers and so agree on the time.
    """
    fast_s = math.inf if until is None else max(0.0, (until - starts_at).total_seconds() / speed)

    def now() -> datetime:
        passed_s = max(0.0, time() - started)
        in_haste_s = min(passed_s, fast_s)
        return starts_at + timedelta(seconds=in_haste_s * speed + (passed_s - in_haste_s))

    return now


class _Entropy:
    """Random bits of the operating system, fetched for many draws at once: each fetch is a call into the kernel."""

    FETCHED_BYTES = 4096

    def __init__(self) -> None:
        self._bytes = b""
        self._at = 0
        # A process that was forked off would draw the same bits again.
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._bytes = b""
        self._at = 0

    def draw(self) -> int:
        """64 bits, each handed out once."""
        if self._at >= len(self._bytes):
            self._bytes, self._at = secrets.token_bytes(self.FETCHED_BYTES), 0
        self._at += 8
        return int.from_bytes(self._bytes[self._at - 8 : self._at])


_entropy = _Entropy()


def random_bits() -> int:
    """64 bits nobody can foretell: references are also what a casual driver pays by."""
    return _entropy.draw()
