"""What the worker does by the clock. Each is safe to run twice at once and picks up what an earlier round left."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from payments import flow, ledger
from payments.channels import Channels
from payments.charges import Collected
from payments.settlement import Settlement
from sql import Pool

COLLECT_EVERY_S = 0.2
RESOLVE_EVERY_S = 3
COLLECT_ROUNDS_MAX = 20
_COLLECT_LIMIT = 500


class Work(msgspec.Struct, frozen=True):
    """What jobs are done with: `clock` gives the time (aware), `random_bits` 64 random bits a call."""

    pool: Pool
    channels: Channels
    clock: Callable[[], datetime]
    random_bits: Callable[[], int]


async def collect(work: Work) -> Collected:
    """Takes what is due from wallets until little is left, at most COLLECT_ROUNDS_MAX batches."""
    paid = declined = 0
    for _ in range(COLLECT_ROUNDS_MAX):
        done = await flow.collect_due(work.pool, now=work.clock(), random_bits=work.random_bits, limit=_COLLECT_LIMIT)
        paid, declined = paid + done.paid, declined + done.declined
        if done.paid + done.declined < _COLLECT_LIMIT:
            break
    return Collected(paid, declined)


async def resolve(work: Work) -> int:
    """Asks channels about what ended without an answer."""
    return await flow.resolve_unknown(work.pool, work.channels, now=work.clock())


async def settle_yesterday(work: Work) -> list[Settlement]:
    """Settles the city's last whole business day, and whatever before it was not."""
    now = work.clock()
    yesterday = ledger.local_date(now, ledger.CITY_TIME_ZONE) - timedelta(days=1)
    return await flow.settle(work.pool, business_date=yesterday, now=now)
