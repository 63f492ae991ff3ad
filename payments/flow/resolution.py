"""Asking the channels about what was sent and has no end yet: attempts and refunds."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta

from payments.channels import Channels
from payments.flow import attempts, refunds
from payments.store import attempts as attempt_store
from payments.store import refunds as refund_store
from sql import Pool

QUERIES_PER_ROUND_MAX = 100
QUERIES_AT_ONCE_MAX = 4
# A worker that claimed a query and died leaves it to the others after this long.
CLAIM = timedelta(seconds=30)


async def resolve_unknown(pool: Pool, channels: Channels, *, now: datetime) -> int:
    """Asks the channels about attempts and refunds whose end is not known; returns about how many.

    A round is bounded; one that fails does not keep the others from being asked.

    Raises:
        ExceptionGroup: what failed, after all were asked. They come up again.
    """
    async with pool.acquire() as db:
        open_attempts = await attempt_store.claim_attempts_to_query(
            db, now=now, again_at=now + CLAIM, limit=QUERIES_PER_ROUND_MAX
        )
        open_refunds = await refund_store.claim_unresolved_refunds(
            db, now=now, untouched_since=now - CLAIM, limit=QUERIES_PER_ROUND_MAX
        )
    questions: list[Awaitable[object]] = [
        *(attempts.ask_again(pool, channels, attempt, now=now) for attempt in open_attempts),
        *(refunds.ask_again(pool, channels, refund, now=now) for refund in open_refunds),
    ]
    turns = asyncio.Semaphore(QUERIES_AT_ONCE_MAX)

    async def in_turn(question: Awaitable[object]) -> None:
        async with turns:
            await question

    ended = await asyncio.gather(*map(in_turn, questions), return_exceptions=True)
    failures = [end for end in ended if isinstance(end, Exception)]
    if failures:
        raise ExceptionGroup("some payments could not be resolved", failures)
    return len(questions)
