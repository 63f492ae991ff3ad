"""Time and entropy, asked only at the edges. A demonstration may start its clock elsewhere and let it run faster."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time

Clock = Callable[[], datetime]


def system() -> datetime:
    """The instant it is."""
    return datetime.now(UTC)


def accelerated(starts_at: datetime, speed: float, *, started: float) -> Clock:
    """A clock that showed `starts_at` at the real instant `started` (Unix seconds) and runs `speed` times as fast.

    All processes of a demonstration are given the same three numbers and so agree on the time.
    """
    return lambda: starts_at + timedelta(seconds=(time() - started) * speed)


def random_bits() -> int:
    """64 bits nobody can foretell: identifiers are also what a casual driver pays by."""
    return secrets.randbits(64)
