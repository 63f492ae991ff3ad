"""What the worker does by the clock, beside what `payments.jobs` does. Each job is safe to run twice at once and picks
up what an earlier round left.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

import sql
from parking.clock import system
from parking.facts import REPEATS_KEPT
from parking.flow import (
    alarms,
    cash,
    coupons,
    elsewhere,
    forecast,
    phone_codes,
    prepayments,
    report_runs,
    repricing,
)
from parking.flow.appeals import settle_appeals
from parking.flow.arrears import look_for_unpaid
from parking.flow.commands import pass_on_cleared
from parking.flow.discrepancies import look_on
from parking.flow.network import read_network
from parking.flow.occupancy import keep_booked_spaces, leave_out_long_inside
from parking.live import counts
from parking.live.commands import Bell
from parking.live.metrics import Verified
from parking.live.redis import LiveCounts
from parking.network import Network
from parking.phone_codes import Gateway
from parking.report_runs import Room
from parking.store import alarms as alarm_store
from parking.store import contests as contest_store
from parking.store import gateways as gateway_store
from parking.store import jobs as store
from parking.store import network as network_store
from parking.store import phone_codes as phone_code_store
from parking.store import sessions as session_store
from parking.store.retention import (
    THINGS_FORGOTTEN,
    drop_expired,
    forget_a_day,
    forget_closed_accounts,
    forget_ended_links,
    forget_ended_rights,
)
from payments import jobs as payment_jobs
from payments.charges import AboutToBeTaken
from payments.jobs import Done, Work
from payments.store import identity as identity_store
from sql import invariants

# A driver who has paid waits before a barrier.
COMMANDS_EVERY_S = 0.2
COUNTERS_EVERY_S = 1
REPAIR_EVERY_S = 300
VERIFY_EVERY_S = 600
VERIFY_ALL_EVERY_S = 12 * 3600
# What was found is shown until another worker must have looked since.
VERIFIED_ROUNDS = 3
# Longer than a refund or a late event takes; what is older is looked at twice a day.
VERIFIED_DAYS = 45
LONG_INSIDE_EVERY_S = 600.0
LEFT_UNPAID_EVERY_S = 60.0
REPRICE_EVERY_S = 5.0
LAPSE_EVERY_S = 30.0
CASH_EVERY_S = 1.0
REPRICE_ROUNDS_MAX = 20
# How often, and for how long at a time, stays are derived again and compared.
DISCREPANCIES_EVERY_S, DISCREPANCIES_LIMIT_S = 60.0, 15.0
APPEALS_EVERY_S = 10.0
ALARMS_EVERY_S = 15.0
BOOKINGS_EVERY_S = 5.0
# So often that no quarter of an hour is missed, also where the worker was started anew.
HISTORY_EVERY_S, USUAL_EVERY_S = 240.0, 300.0
ELSEWHERE_EVERY_S, ELSEWHERE_LIMIT_S = 30.0, 5.0
PARTITIONS_EVERY_S = 6 * 3600
FORGET_DAYS_MAX = 400
ENDED_TOKENS_KEPT = timedelta(days=30)
ALARMS_KEPT = timedelta(days=400)
RESOLVED_CONTESTS_KEPT = timedelta(days=400)
COUPONS_EVERY_S, COUPONS_LIMIT_S = 60.0, 5.0
ANALYZE_EVERY_S = 5
REPORTS_EVERY_S, REPORTS_PER_ROUND = 5.0, 10
# Somebody waits for one with the phone in their hand.
TEXTS_EVERY_S = 1.0
_log = logging.getLogger(__name__)


class Texting(Struct, frozen=True):
    """What sends text messages, and the secret from which the codes in them follow."""

    gateway: Gateway
    secret: str


class Job(Struct, frozen=True):
    """Something done every `every_s` seconds by one worker at a time."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[Done]]


def jobs(
    work: Work, live_counts: LiveCounts, bell: Bell, verified: Verified, room: Room, texting: Texting | None = None
) -> list[Job]:
    """Everything the worker does."""
    return [
        *(Job(job.name, job.every_s, partial(job.run, work)) for job in payment_jobs.JOBS),
        Job("commands", COMMANDS_EVERY_S, lambda: _tell_gateways(work, bell)),
        Job("counters", COUNTERS_EVERY_S, lambda: _keep_counts(work, live_counts)),
        Job("repair", REPAIR_EVERY_S, lambda: _repair_counts(work, live_counts)),
        Job("verify", VERIFY_EVERY_S, lambda: _verify_lately(work, verified)),
        Job("discrepancies", DISCREPANCIES_EVERY_S, lambda: _discrepancies(work)),
        Job("elsewhere", ELSEWHERE_EVERY_S, lambda: _elsewhere(work)),
        Job("verify_all", VERIFY_ALL_EVERY_S, lambda: _verify_all(work, verified)),
        Job("analyze", ANALYZE_EVERY_S, lambda: _analyze(work)),
        Job("partitions", PARTITIONS_EVERY_S, lambda: _partitions(work)),
        Job("retention", PARTITIONS_EVERY_S, lambda: _retention(work)),
        Job("forget", PARTITIONS_EVERY_S, lambda: _forget(work)),
        Job("reprice", REPRICE_EVERY_S, lambda: _reprice(work)),
        Job("prepayments", LAPSE_EVERY_S, lambda: _lapse(work)),
        Job("cash", CASH_EVERY_S, lambda: _book_cash(work)),
        Job("coupons", COUPONS_EVERY_S, lambda: _look_at_coupons(work)),
        Job("appeals", APPEALS_EVERY_S, lambda: _settle_appeals(work)),
        Job("alarms", ALARMS_EVERY_S, lambda: _look_for_alarms(work)),
        Job("history", HISTORY_EVERY_S, lambda: _keep_history(work)),
        Job("usual", USUAL_EVERY_S, lambda: _compute_usual(work)),
        Job("bookings", BOOKINGS_EVERY_S, lambda: _keep_booked(work, live_counts)),
        Job("left_unpaid", LEFT_UNPAID_EVERY_S, lambda: _look_for_unpaid(work)),
        Job("reports", REPORTS_EVERY_S, lambda: _make_reports(work, room)),
        *([] if texting is None else [Job("texts", TEXTS_EVERY_S, lambda: _send_texts(work, texting))]),
        Job("long_inside", LONG_INSIDE_EVERY_S, lambda: _leave_out_long_inside(work)),
    ]


async def _make_reports(work: Work, room: Room) -> Done:
    """Those of schedules are asked for, what waits is made, one after the other, and what is done is delivered."""
    made = 0
    asked = await report_runs.ask_for_due(work.pool, now=work.clock(), random_bits=work.random_bits)
    while made < REPORTS_PER_ROUND and await report_runs.make_next(work.pool, room, clock=work.clock):
        made += 1
    delivered = await report_runs.deliver(work.pool, room, clock=work.clock)
    forgotten = await report_runs.forget(work.pool, room, work.clock())
    return {"asked": asked, "made": made, "delivered": delivered, "forgotten": forgotten}


async def _send_texts(work: Work, texting: Texting) -> Done:
    """Codes go by the time of people, however fast that of the city runs."""
    return {"sent": await phone_codes.send(work.pool, texting.gateway, texting.secret, wall=system)}


async def _tell_gateways(work: Work, bell: Bell) -> Done:
    gateways = await pass_on_cleared(work.pool, now=work.clock(), random_bits=work.random_bits)
    await bell.ring(gateways)
    return {"gateways": len(gateways)}


async def _keep_counts(work: Work, live_counts: LiveCounts) -> Done:
    return {"refilled": int(await counts.keep_whole(work.pool, live_counts))}


async def _repair_counts(work: Work, live_counts: LiveCounts) -> Done:
    return {"counts": await counts.repair(work.pool, live_counts) or 0}


async def _book_cash(work: Work) -> Done:
    return {"booked": await cash.book_waiting(work.pool, now=work.clock())}


async def _look_at_coupons(work: Work) -> Done:
    return {"mended": await coupons.look_on(work.pool, now=work.clock(), limit_s=COUPONS_LIMIT_S)}


async def _settle_appeals(work: Work) -> Done:
    return {"appeals": await settle_appeals(work.pool, now=work.clock())}


async def _look_for_alarms(work: Work) -> Done:
    raised, gone = await alarms.look(work.pool, now=work.clock(), random_bits=work.random_bits)
    return {"raised": raised, "gone": gone}


async def _keep_booked(work: Work, live_counts: LiveCounts) -> Done:
    moved = await keep_booked_spaces(work.pool, now=work.clock())
    await live_counts.put(moved)
    return {"lots": len(moved)}


async def _keep_history(work: Work) -> Done:
    now = work.clock()
    async with work.pool.acquire() as db:
        await forecast.keep_history(db, await read_network(db, now), now=now)
    return {}


async def _compute_usual(work: Work) -> Done:
    return {"lots": await forecast.compute_usual(work.pool, now=work.clock())}


async def _look_for_unpaid(work: Work) -> Done:
    return {"vehicles": await look_for_unpaid(work.pool, now=work.clock())}


async def _leave_out_long_inside(work: Work) -> Done:
    return {"vehicles": await leave_out_long_inside(work.pool, now=work.clock())}


async def _verify_lately(work: Work, verified: Verified) -> Done:
    rows = await _verify(work, since=work.clock() - timedelta(days=VERIFIED_DAYS))
    verified.put(rows, "lately", for_s=VERIFIED_ROUNDS * VERIFY_EVERY_S)
    return {"broken": sum(map(bool, rows.values()))}


async def _verify_all(work: Work, verified: Verified) -> Done:
    rows = await _verify(work, since=None)
    verified.put(rows, "ever", for_s=VERIFIED_ROUNDS * VERIFY_ALL_EVERY_S)
    return {"broken": sum(map(bool, rows.values()))}


async def _verify(work: Work, *, since: datetime | None) -> dict[str, int]:
    """How many rows break each invariant."""
    async with work.pool.acquire() as db:
        checked = await invariants.check(db, now=work.clock(), since=since)
    for invariant in checked:
        if invariant.rows:
            sample = "; ".join(invariant.sample)
            _log.error("INVARIANT %s broken by %d rows: %s", invariant.name, invariant.rows, sample)
    return {invariant.name: invariant.rows for invariant in checked}


async def _discrepancies(work: Work) -> Done:
    """What is found is reported by the invariants, until it is no more."""
    async with work.pool.acquire() as db:
        network = await read_network(db, work.clock())
    return {
        "found": await look_on(work.pool, network=network, clock=work.clock, limit_s=DISCREPANCIES_LIMIT_S),
    }


async def _elsewhere(work: Work) -> Done:
    """What it finds are cases, which are counted as such."""
    async with work.pool.acquire() as db:
        network = await read_network(db, work.clock())
    await elsewhere.look_on(work.pool, network=network, clock=work.clock, limit_s=ELSEWHERE_LIMIT_S)
    return {}


class LookElsewhere:
    """The look at charges before they are taken from accounts: what was paid in cash is booked first. It keeps the
    network until that has changed.
    """

    def __init__(self, pool: sql.Pool, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._clock = clock
        self._network: Network | None = None

    async def __call__(self, charges: Sequence[AboutToBeTaken]) -> None:
        now = self._clock()
        await cash.book_waiting(self._pool, now=now, lot_ids={charge.lot_id for charge in charges})
        async with self._pool.acquire() as db:
            if self._network is None or self._network.version != await network_store.version(db):
                self._network = await read_network(db, self._clock(), self._network)
        await elsewhere.look_at_charges(self._pool, charges, network=self._network, now=now)


async def _analyze(work: Work) -> Done:
    async with work.pool.acquire() as db:
        return {"tables": await store.analyze_grown(db)}


async def _retention(work: Work) -> Done:
    async with work.pool.acquire() as db:
        dropped = await drop_expired(db, work.clock())
    for name in dropped:
        _log.warning("dropped %s: its time was over", name)
    return {"dropped": len(dropped)}


async def _forget(work: Work) -> Done:
    """A day at a time, each in a transaction of its own: after an upgrade there may be years."""
    now = work.clock()
    forgotten = {}
    async with work.pool.acquire() as db:
        for what in THINGS_FORGOTTEN:
            days = 0
            while days < FORGET_DAYS_MAX and await forget_a_day(db, what, now):
                days += 1
            forgotten[f"{what}_days"] = days
        forgotten["links"] = await forget_ended_links(db, now)
        forgotten["rights"] = await forget_ended_rights(db, now)
        forgotten["accounts"] = await forget_closed_accounts(db, now)
        await identity_store.drop_ended_tokens(db, now - ENDED_TOKENS_KEPT)
        # Sessions go by the time of people, however fast that of the city runs.
        await session_store.drop_ended(db, system())
        await phone_code_store.drop_old(db, system())
        await alarm_store.drop(db, now - ALARMS_KEPT)
        await contest_store.drop_resolved(db, now - RESOLVED_CONTESTS_KEPT)
        await gateway_store.drop_spells(db, now - REPEATS_KEPT)
    return forgotten


async def _reprice(work: Work) -> Done:
    """Prices again what waits for it: what was not done at once, or turned out with events."""
    async with work.pool.acquire() as db:
        if not await repricing.waits(db):
            return {}
        network = await read_network(db, work.clock())
    vehicles = 0
    for _ in range(REPRICE_ROUNDS_MAX):
        more = await repricing.catch_up(work.pool, network=network, now=work.clock(), random_bits=work.random_bits)
        if not more:
            break
        vehicles += more
    return {"vehicles": vehicles}


async def _lapse(work: Work) -> Done:
    async with work.pool.acquire() as db:
        network = await read_network(db, work.clock())
    return {"quotes": await prepayments.lapse(work.pool, network=network, now=work.clock())}


async def _partitions(work: Work) -> Done:
    async with work.pool.acquire() as db:
        failed = await store.create_partitions(db, work.clock())
    if failed:
        _log.error("%d partitions could not be made; rows fall into the default ones until they can", failed)
    return {"failed": failed}
