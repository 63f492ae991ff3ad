"""Answers that are given again within a second to who asks the very same: a crowd around one place costs one answer.

What is answered may be a second old, and says so itself (`etags.CACHE_CONTROL`).
"""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from msgspec import Struct

from parking.api.etags import Tagged, sent

KEPT_S = 1.0
# Of at most 500 lots each, a few hundred kilobytes: no more than this process has for all of them.
ANSWERS_MAX, BYTES_MAX = 2_000, 64 * 1024 * 1024


class _Kept(Struct, frozen=True):
    until: float
    answer: Tagged


class Kept:
    """Answers by what was asked, the oldest first."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._answers: OrderedDict[tuple[str, bytes], _Kept] = OrderedDict()
        self._bytes = 0

    def get(self, asked: tuple[str, bytes]) -> Tagged | None:
        """The answer that was given within the last second."""
        known = self._answers.get(asked)
        return None if known is None or known.until <= self._clock() else known.answer

    def put(self, asked: tuple[str, bytes], answer: Tagged) -> None:
        """Keeps an answer, and forgets those that are too old or too many."""
        now = self._clock()
        self._forget(asked)
        while self._answers:
            oldest, kept = next(iter(self._answers.items()))
            is_full = len(self._answers) >= ANSWERS_MAX or self._bytes + len(answer.body) > BYTES_MAX
            if kept.until > now and not is_full:
                break
            self._forget(oldest)
        self._answers[asked] = _Kept(now + KEPT_S, answer)
        self._bytes += len(answer.body)

    def _forget(self, asked: tuple[str, bytes]) -> None:
        if (known := self._answers.pop(asked, None)) is not None:
            self._bytes -= len(known.answer.body)


async def answered_before(request: Request[Any, Any, State]) -> Response[bytes] | None:
    """The answer to a question that was asked a moment ago, before it is read once more; None: it was not."""
    kept: Kept = request.app.state.kept
    known = kept.get(asked_by(request))
    return None if known is None else sent(request, known)


def asked_by(request: Request[Any, Any, State]) -> tuple[str, bytes]:
    """What is asked, as it came."""
    return request.scope["path"], request.scope["query_string"]
