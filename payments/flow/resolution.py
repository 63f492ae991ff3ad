"""Asking the channels about what was sent and has no end yet: attempts and refunds.

Each channel is asked on its own, some questions at once and for some seconds a round, so that one that hangs costs the
others nothing: after some questions in a row without an answer it is left alone until the next round, and as long as it
is waited for the others are looked after.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeAlias

from payments.attempts import Unknown
from payments.channels import Channels, Provider, Wallet
from payments.flow import attempts, refunds
from payments.refunds import RefundPending
from payments.store import attempts as attempt_store
from payments.store import refunds as refund_store
from sql import Pool

QUERIES_AT_ONCE_MAX = 4
# What is claimed at once is asked within a round: what is not waits for CLAIM.
QUERIES_PER_CLAIM_MAX = 8
ROUND_S = 5.0
# A channel that answers nothing so often in a row is not asked again in this round.
SILENT_MAX = 4
# How often a channel with nothing to ask is looked after while another is busy.
LOOK_AGAIN_S = 0.5
# A worker that claimed a query and died leaves it to the others after this long.
CLAIM = timedelta(seconds=30)

Clock: TypeAlias = Callable[[], datetime]
Question: TypeAlias = Callable[[], Coroutine[Any, Any, object]]


async def resolve_unknown(pool: Pool, channels: Channels, *, clock: Clock) -> int:
    """Asks the channels about attempts and refunds whose end is not known; returns how many were asked for.

    A round takes about ROUND_S and the time of a question; one that fails does not keep the others from being asked.

    Raises:
        ExceptionGroup: what failed, after all were asked. They come up again.
    """
    providers = {name: channel for name, channel in channels.items() if not isinstance(channel, Wallet)}
    rounds = [_Round(pool, [name], channel, clock) for name, channel in providers.items()]
    # What went through a channel that is connected no more is asked of nobody, and ends by its age.
    rounds.append(_Round(pool, sorted(providers), None, clock))
    quiet = asyncio.Event()
    await asyncio.gather(*(each.run(rounds, quiet) for each in rounds))
    failures = [failure for each in rounds for failure in each.failures]
    if failures:
        raise ExceptionGroup("some payments could not be resolved", failures)
    return sum(each.asked for each in rounds)


class _Round:
    """A round of questions to one channel; without one, about those of all channels but the named."""

    def __init__(self, pool: Pool, names: Sequence[str], channel: Provider | None, clock: Clock) -> None:
        self._pool, self._names, self._channel, self._clock = pool, names, channel, clock
        self._silent = 0
        self._turns = asyncio.Semaphore(QUERIES_AT_ONCE_MAX)
        self._ends_at = monotonic() + ROUND_S
        self._idle = False
        self.asked = 0
        self.failures: list[Exception] = []

    async def run(self, rounds: "Sequence[_Round]", quiet: asyncio.Event) -> None:
        """Asks until nothing is left to ask, here and of the others, which then is `quiet`."""
        while not self._over and not quiet.is_set():
            questions = await self._claim()
            self._idle = not questions
            await asyncio.gather(*map(self._ask, questions))
            if all(each._idle or each._over for each in rounds):
                quiet.set()
            elif self._idle:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(quiet.wait(), LOOK_AGAIN_S)

    @property
    def _over(self) -> bool:
        return monotonic() >= self._ends_at or self._silent >= SILENT_MAX

    async def _claim(self) -> list[Question]:
        """What is asked next: attempts first, since a driver may be waiting."""
        now, others = self._clock(), self._channel is None
        bounds: dict[str, Any] = {"others": others, "now": now, "again_at": now + CLAIM}
        async with self._pool.acquire() as db:
            open_attempts = await attempt_store.claim_attempts_to_query(
                db, self._names, limit=QUERIES_PER_CLAIM_MAX, **bounds
            )
            left = QUERIES_PER_CLAIM_MAX - len(open_attempts)
            open_refunds = await refund_store.claim_refunds_to_query(db, self._names, limit=left, **bounds)
        return [
            *(self._about(attempts.ask_again, attempt) for attempt in open_attempts),
            *(self._about(refunds.ask_again, refund) for refund in open_refunds),
        ]

    def _about(self, ask_again: Callable[..., Coroutine[Any, Any, object]], what: object) -> Question:
        return lambda: ask_again(self._pool, self._channel, what, clock=self._clock)

    async def _ask(self, question: Question) -> None:
        async with self._turns:
            if self._over:
                return
            self.asked += 1
            try:
                outcome = await question()
            except Exception as e:  # noqa: BLE001 - one that fails does not keep the others from being asked
                self.failures.append(e)
                return
            silent = self._channel is not None and isinstance(outcome, Unknown | RefundPending)
            self._silent = self._silent + 1 if silent else 0
