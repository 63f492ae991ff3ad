"""What the worker does by the clock. Each job is safe to run twice at once and picks up what an earlier round left."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from payments import settlement
from payments.channels import Channels
from payments.charges import Collected
from payments.flow import audit_chain, collection, resolution
from payments.flow import settlement as settlement_flow
from payments.flow.collection import Look
from payments.settlement import Settlement
from payments.store import settlement as settlement_store
from sql import Pool

COLLECT_ROUNDS_MAX = LINK_ROUNDS_MAX = 20
_COLLECT_LIMIT = 500


class Work(msgspec.Struct, frozen=True):
    """What jobs are done with: `clock` gives the time (aware), `random_bits` 64 random bits a call. `look`: at charges
    before they are taken from accounts.
    """

    pool: Pool
    channels: Channels
    clock: Callable[[], datetime]
    random_bits: Callable[[], int]
    look: Look | None = None


# What a round of a job did, as counts by their names. All zero: there was nothing to do.
Done: TypeAlias = Mapping[str, int]


class Job(msgspec.Struct, frozen=True):
    """Something done every `every_s` seconds, by one worker at a time."""

    name: str
    every_s: float
    run: Callable[[Work], Awaitable[Done]]


async def collect(work: Work) -> Collected:
    """Takes what is due from wallets until little is left, at most COLLECT_ROUNDS_MAX batches."""
    paid = declined = 0
    for _ in range(COLLECT_ROUNDS_MAX):
        done = await collection.collect_due(
            work.pool, now=work.clock(), random_bits=work.random_bits, limit=_COLLECT_LIMIT, look=work.look
        )
        paid, declined = paid + done.paid, declined + done.declined
        if done.paid + done.declined < _COLLECT_LIMIT:
            break
    return Collected(paid, declined)


async def resolve(work: Work) -> int:
    """Asks channels about what ended without an answer."""
    return await resolution.resolve_unknown(work.pool, work.channels, clock=work.clock)


async def settle(work: Work) -> list[Settlement]:
    """Settles the city's last whole business day once the night is late enough, and whatever before it was not.

    Every few minutes and not once a night: a worker that was away at the hour settles when it is back. A clock that
    runs ahead of the database's settles nothing earlier.
    """
    now = work.clock()
    async with work.pool.acquire() as db:
        day = settlement.day_to_settle(min(now, await settlement_store.database_now(db)))
    return [] if day is None else await settlement_flow.settle(work.pool, business_date=day, now=now)


async def _collect(work: Work) -> Done:
    collected = await collect(work)
    return {"paid": collected.paid, "declined": collected.declined}


async def _resolve(work: Work) -> Done:
    return {"asked": await resolve(work)}


async def _settle(work: Work) -> Done:
    begun = work.clock()
    return {"settlements": sum(each.settled_at >= begun for each in await settle(work))}


async def _link(work: Work) -> Done:
    """The audit log goes into its chain."""
    linked = 0
    for _ in range(LINK_ROUNDS_MAX):
        more = await audit_chain.link_waiting(work.pool, now=work.clock(), random_bits=work.random_bits)
        linked += more
        if more < audit_chain.LINES_PER_ROUND:
            break
    return {"lines": linked}


JOBS = (
    Job("collect", 0.2, _collect),
    Job("resolve", 3, _resolve),
    Job("settle", 600, _settle),
    Job("audit_chain", 2, _link),
)
